/** The columns that the store reads of each table, with their types. docs/storage.md describes every column. */
import { randomBytes } from 'node:crypto';
import { isFailureCode } from '../failure-codes.ts';
import type { CertificationStatus } from '../model.ts';
import { NOW, SKEW } from './clock.ts';
import { bytes, columns, computed, integer, nullable, type RowOf, text, textOf } from './engine/columns.ts';
import type { Redemption, SessionStep } from './model.ts';

export const isState = (value: string): value is Redemption['state'] =>
  /^(?:CLAIMED|SENT|HELD|SUCCEEDED|ANSWERED|REJECTED|INDETERMINATE)$/.test(value);
export const isStep = (value: string): value is SessionStep => /^(?:OPENED|DECLINED|CANCELLED)$/.test(value);
const isStatus = (value: string): value is CertificationStatus => /^(?:STARTED|NOT_PASSED|PASSED)$/.test(value);

/** The store's clock when the row was read, and what is added to its instants when they are shown. */
const clock = { now: computed(integer, NOW), skew: computed(integer, SKEW) };

export const clockColumns = columns(clock);
export type ClockRow = RowOf<typeof clockColumns>;

/** What an identity is read from. */
const payer = {
  id: text,
  channel_id: text,
  app_id: text,
  subject_sealed: bytes,
  first_authenticated_at: integer,
  last_authenticated_at: integer,
};
export const payerColumns = columns(payer);
export type PayerRow = RowOf<typeof payerColumns>;

/** With what it is found by. */
export const identityColumns = columns({ ...payer, open_id_index: nullable(bytes), user_id_index: nullable(bytes) });
export type IdentityRow = RowOf<typeof identityColumns>;

/** What a redemption is shown from. */
const outcome = {
  id: text,
  source: text,
  app_id: text,
  channel_id: text,
  trace_id: text,
  state: textOf(isState),
  answer_sealed: nullable(bytes),
  failure_code: nullable(textOf(isFailureCode)),
  outcome_until: integer,
};
export const outcomeColumns = columns(outcome);
export type OutcomeRow = RowOf<typeof outcomeColumns>;

export const redemptionColumns = columns({
  ...outcome,
  binding_index: bytes,
  query_code_index: nullable(bytes),
  owner: text,
  lease_until: integer,
  identity_id: nullable(text),
  forget_at: integer,
  ...clock,
});
export type RedemptionRow = RowOf<typeof redemptionColumns>;

/** What a session is shown from. */
const shownSession = {
  query_code_index: bytes,
  app_id: text,
  channel_id: text,
  expires_at: integer,
  attempts_left: integer,
  codes_until: integer,
  failure_code: nullable(textOf(isFailureCode)),
  failure_trace_id: nullable(text),
  step: nullable(textOf(isStep)),
  client_reference_id: nullable(text),
  ...clock,
};
export const shownSessionColumns = columns(shownSession);

export const sessionColumns = columns({
  ...shownSession,
  state_index: nullable(bytes),
  redemption_id: nullable(text),
  return_url: nullable(text),
  code_challenge: nullable(text),
});
export type SessionRow = RowOf<typeof sessionColumns>;

export const certificationColumns = columns({
  certify_id_index: bytes,
  certify_id_sealed: bytes,
  app_id: text,
  channel_id: text,
  identity_id: nullable(text),
  status: textOf(isStatus),
  started_at: integer,
  checked_at: nullable(integer),
});
export type CertificationRow = RowOf<typeof certificationColumns>;

export const isPending = ({ state }: Pick<OutcomeRow, 'state'>): boolean => state === 'CLAIMED' || state === 'SENT';

export const hasFailed = ({ state }: Pick<OutcomeRow, 'state'>): boolean =>
  state === 'REJECTED' || state === 'INDETERMINATE';

export const newId = (prefix: string): string => `${prefix}_${randomBytes(16).toString('base64url')}`;
export const hex = (value: Uint8Array): string => Buffer.from(value).toString('hex');
