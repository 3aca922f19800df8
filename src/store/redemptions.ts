/** The states of a redemption, in SQL. Every function is part of one transaction. */
import type { Log, LogFields } from '../lib/log.ts';
import type { Vault } from '../security/vault.ts';
import { NOW, type StoreClock } from './clock.ts';
import { bytes, columns, nullable, type RowOf, text } from './engine/columns.ts';
import type { Db, Transaction } from './engine/engine.ts';
import { identityRow, upsertIdentity } from './identities.ts';
import type { KeyCheck } from './key-check.ts';
import type { Lease, NewIdentityId, Outcome, Redemption, StoreTimes } from './model.ts';
import { hex, isPending, type RedemptionRow, redemptionColumns } from './rows.ts';
import { readRedemption, sealAnswer, writeAccessToken } from './sealed.ts';
import { countFailure, endExtension, extendSession, referenceWhere } from './sessions.ts';
import { announceEnd } from './webhook-events.ts';

export interface RedemptionDeps {
  readonly vault: Vault;
  readonly times: StoreTimes;
  readonly clock: StoreClock;
  readonly keys: KeyCheck;
  /** Gets a line for each abandoned send, whose own call never wrote one. */
  readonly log?: Log | undefined;
  readonly newIdentityId?: NewIdentityId | undefined;
}

export const redemptionTopic = (id: string): string => `redemption ${id}`;
export const queryCodeTopic = (index: Uint8Array): string => `query code ${hex(index)}`;

/** What ending a redemption needs of its row. */
const endingColumns = columns({
  id: text,
  query_code_index: nullable(bytes),
  source: text,
  app_id: text,
  channel_id: text,
  trace_id: text,
});
type EndingRow = RowOf<typeof endingColumns>;

const wake = async (db: Transaction, { id, query_code_index }: EndingRow): Promise<void> => {
  await db.wake(redemptionTopic(id));
  if (query_code_index) await db.wake(queryCodeTopic(query_code_index));
};

/** After a redemption was released: its code and its session are free again. */
const freed = async (db: Transaction, row: EndingRow): Promise<void> => {
  if (row.query_code_index) {
    await endExtension(db, row.query_code_index);
    await announceEnd(db, { queryCodeIndex: row.query_code_index });
  }
  await wake(db, row);
};

const BY_ID = `SELECT ${redemptionColumns.list} FROM redemptions WHERE id = $1`;

export const redemptionRow = (
  db: Db,
  id: string,
  lock: '' | ' FOR UPDATE' | ' FOR UPDATE SKIP LOCKED' = '',
): Promise<RedemptionRow | undefined> => redemptionColumns.first(db, `${BY_ID}${lock}`, [id]);

export const readRow = async (db: Db, vault: Vault, row: RedemptionRow): Promise<Redemption> =>
  readRedemption(vault, row, { payer: await identityRow(db, row.identity_id), skew: row.skew });

/** Undefined when the payer of the outcome was erased. */
const readExisting = async (db: Db, vault: Vault, row: RedemptionRow): Promise<Redemption | undefined> => {
  const payer = await identityRow(db, row.identity_id);
  return row.state === 'SUCCEEDED' && !payer ? undefined : readRedemption(vault, row, { payer, skew: row.skew });
};

/** Undefined when the outcome has expired. A pending redemption is read until it has ended. */
export const readUnexpired = async (db: Db, vault: Vault, row: RedemptionRow): Promise<Redemption | undefined> =>
  row.outcome_until > row.now || isPending(row) ? readExisting(db, vault, row) : undefined;

export const ABANDONED = { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' } as const;

/** `isIndeterminate`: an earlier run of the same call may have marked it. */
export const markSent = async (
  db: Transaction,
  { times }: RedemptionDeps,
  lease: Lease,
  isIndeterminate: boolean,
): Promise<boolean> => {
  const marked = await db.all(
    `UPDATE redemptions SET state = 'SENT', lease_until = ${NOW} + $3
     WHERE id = $1 AND owner = $2 AND state IN ('CLAIMED', $4) RETURNING id`,
    [lease.redemptionId, lease.owner, times.leaseMs, isIndeterminate ? 'SENT' : 'CLAIMED'],
  );
  return marked.length > 0;
};

export const release = async (db: Transaction, { redemptionId, owner }: Lease): Promise<boolean> => {
  const released = await endingColumns.all(
    db,
    `DELETE FROM redemptions WHERE id = $1 AND owner = $2 AND state IN ('CLAIMED', 'SENT')
     RETURNING ${endingColumns.list}`,
    [redemptionId, owner],
  );
  for (const row of released) await freed(db, row);
  return released.length > 0;
};

/** Deletes a redemption of which nothing was sent, and whose owner has stopped. */
export const releaseRow = async (db: Transaction, row: EndingRow): Promise<void> => {
  await db.all('DELETE FROM redemptions WHERE id = $1', [row.id]);
  await freed(db, row);
};

/** An outcome for a redemption, and the condition under which it may still end with it. */
interface Ending {
  readonly id: string;
  readonly outcome: Outcome;
  mayEnd(row: RedemptionRow): boolean;
}

/** Ends a redemption that may end; one that has ended already stays as it is. Returns the redemption as it is then. */
export const settle = async (
  db: Transaction,
  deps: RedemptionDeps,
  { id, outcome, mayEnd }: Ending,
): Promise<Redemption | undefined> => {
  const row = await redemptionRow(db, id, ' FOR UPDATE');
  if (!row) return undefined;
  return mayEnd(row) ? finish(db, deps, row, outcome) : readExisting(db, deps.vault, row);
};

/** Returns the redemption as it has ended. */
export const finish = async (
  db: Transaction,
  { vault, times, log, newIdentityId }: Omit<RedemptionDeps, 'clock' | 'keys'>,
  row: EndingRow,
  outcome: Outcome,
): Promise<Redemption | undefined> => {
  if (outcome === ABANDONED) log?.warn('a send was left behind', await abandonedFields(db, row));
  const failed = outcome.state === 'REJECTED' || outcome.state === 'INDETERMINATE';
  const place = { channelId: row.channel_id, appId: row.app_id };
  const identity =
    outcome.state === 'SUCCEEDED'
      ? await upsertIdentity(db, { vault, newIdentityId }, place, outcome.subject)
      : undefined;
  const answer = answerOf(outcome);
  const ended = await redemptionColumns.first(
    db,
    `UPDATE redemptions SET state = $2, identity_id = $3, answer_sealed = $4, failure_code = $5, upstream_code = $6,
       outcome_until = ${NOW} + $7
     WHERE id = $1 RETURNING ${redemptionColumns.list}`,
    [
      row.id,
      outcome.state,
      identity?.id ?? null,
      answer === undefined ? null : sealAnswer(vault, row.id, answer),
      failed ? outcome.failureCode : null,
      (failed && outcome.upstreamCode) || null,
      times.resultTtlMs,
    ],
  );
  if (row.query_code_index) {
    const sessions = await extendSession(db, row.id, times.resultTtlMs);
    if (failed) await countFailure(db, row.id, outcome.failureCode, row.trace_id);
    if (sessions.some(({ webhook_due }) => webhook_due === 1)) await announceEnd(db, { redemptionId: row.id });
  }
  await wake(db, row);
  return ended && readRedemption(vault, ended, { payer: identity, skew: ended.skew });
};

/** With the traceId of the call whose instance is gone: the answer to its caller carries it. */
const abandonedFields = async (db: Db, row: EndingRow): Promise<LogFields> => ({
  traceId: row.trace_id,
  appId: row.app_id,
  channelId: row.channel_id,
  source: row.source,
  clientReferenceId: row.query_code_index
    ? await referenceWhere(db, 'query_code_index', row.query_code_index)
    : undefined,
  state: ABANDONED.state,
  code: ABANDONED.failureCode,
});

const answerOf = (outcome: Outcome): string | undefined => {
  if (outcome.state === 'ANSWERED') return outcome.answer;
  return outcome.state === 'SUCCEEDED' && outcome.accessToken ? writeAccessToken(outcome.accessToken) : undefined;
};

/** Repeats the condition of the index redemptions_by_lease: without it SQLite does not use that index. */
const overdue = (state: 'CLAIMED' | 'SENT') =>
  `state IN ('CLAIMED', 'SENT') AND state = '${state}' AND lease_until <= ${NOW}`;

/** Releases up to `limit` claims whose lease is over; returns how many. */
export const releaseOverdue = async (db: Transaction, limit: number): Promise<number> => {
  const released = await endingColumns.all(
    db,
    `DELETE FROM redemptions WHERE id IN
       (SELECT id FROM redemptions WHERE ${overdue('CLAIMED')} ORDER BY lease_until LIMIT $1)
     AND ${overdue('CLAIMED')} RETURNING ${endingColumns.list}`,
    [limit],
  );
  for (const row of released) await freed(db, row);
  return released.length;
};

/** Abandons up to `limit` sends whose lease is over; returns how many. */
export const abandonOverdue = async (db: Transaction, deps: RedemptionDeps, limit: number): Promise<number> => {
  const abandoned = await endingColumns.all(
    db,
    `SELECT ${endingColumns.list} FROM redemptions WHERE ${overdue('SENT')} ORDER BY lease_until LIMIT $1 FOR UPDATE`,
    [limit],
  );
  for (const row of abandoned) await finish(db, deps, row, ABANDONED);
  return abandoned.length;
};
