/** How payer data is sealed in a row, and how a row becomes what the store returns. */
import { z } from 'zod';
import type { AccessToken, Certification, PayerIdentity, Subject } from '../model.ts';
import { type Vault, VaultError } from '../security/vault.ts';
import type { Redemption } from './model.ts';
import type { RowKey, SealedColumn } from './reports.ts';
import { type CertificationRow, hex, type OutcomeRow, type PayerRow } from './rows.ts';

/** Binds a sealed value to its column and row, so that it does not open in another one. */
export const additionalData = (column: SealedColumn, key: RowKey): string =>
  `${column}.${typeof key === 'string' ? key : hex(key)}`;
const subjectData = (id: string) => additionalData('identities.subject_sealed', id);
const answerData = (id: string) => additionalData('redemptions.answer_sealed', id);
const certifyIdData = (index: Uint8Array) => additionalData('certifications.certify_id_sealed', index);

/** The value, or the error of one that does not open: one unreadable row must not fail the others of its batch. */
export const openOrError = <T>(read: () => T): T | VaultError => {
  try {
    return read();
  } catch (error) {
    if (error instanceof VaultError) return error;
    throw error;
  }
};

const subjectMembers = ['openId', 'userId', 'unionId', 'subAppId', 'subOpenId'] as const satisfies (keyof Subject)[];

/** Without a schema of zod, which takes longer than to open the value. A member that a newer release wrote stays. */
const isSubject = (value: unknown): value is Subject =>
  typeof value === 'object' &&
  value !== null &&
  subjectMembers.every((name) => ['string', 'undefined'].includes(typeof Reflect.get(value, name)));

export const sealSubject = (vault: Vault, identityId: string, subject: Subject): Buffer =>
  vault.seal(JSON.stringify(subject), subjectData(identityId));

export const openSubject = (vault: Vault, { id, subject_sealed }: Pick<PayerRow, 'id' | 'subject_sealed'>): Subject => {
  const subject: unknown = JSON.parse(vault.open(subject_sealed, subjectData(id)));
  if (!isSubject(subject)) throw new Error('A sealed subject has another form');
  return subject;
};

export const sealAnswer = (vault: Vault, redemptionId: string, answer: string): Buffer =>
  vault.seal(answer, answerData(redemptionId));

export const openAnswer = (vault: Vault, redemptionId: string, sealed: Uint8Array): string =>
  vault.open(sealed, answerData(redemptionId));

/** The token's value, and the millisecond at which it expires. */
const sealedToken = z.tuple([z.string(), z.number().nullable()]);

export const writeAccessToken = ({ value, expiresAt }: AccessToken): string =>
  JSON.stringify([value, expiresAt?.getTime() ?? null] satisfies z.input<typeof sealedToken>);

const readAccessToken = (text: string): AccessToken => {
  const [value, expiresAt] = sealedToken.parse(JSON.parse(text));
  return { value, expiresAt: expiresAt === null ? undefined : new Date(expiresAt) };
};

export const readIdentity = (vault: Vault, row: PayerRow): PayerIdentity => {
  const subject = openSubject(vault, row);
  return {
    id: row.id,
    channelId: row.channel_id,
    appId: row.app_id,
    openId: subject.openId ?? null,
    userId: subject.userId ?? null,
    unionId: subject.unionId ?? null,
    subAppId: subject.subAppId ?? null,
    subOpenId: subject.subOpenId ?? null,
    firstAuthenticatedAt: new Date(row.first_authenticated_at),
    lastAuthenticatedAt: new Date(row.last_authenticated_at),
  };
};

interface Shown {
  readonly payer: PayerRow | undefined;
  /** What is added to instants of the store's clock. */
  readonly skew: number;
  /** The access token stays sealed. */
  readonly withoutToken?: boolean;
}

export const readRedemption = (vault: Vault, row: OutcomeRow, shown: Shown): Redemption => {
  const { payer, skew, withoutToken = false } = shown;
  const common = {
    id: row.id,
    source: row.source,
    appId: row.app_id,
    channelId: row.channel_id,
    traceId: row.trace_id,
    expiresAt: new Date(row.outcome_until + skew),
  };
  const { state, answer_sealed: sealed } = row;
  const open = () => (sealed ? openAnswer(vault, row.id, sealed) : undefined);
  switch (state) {
    case 'SUCCEEDED': {
      if (!payer) throw new Error('A succeeded redemption has no identity');
      const token = withoutToken ? undefined : open();
      const accessToken = token === undefined ? undefined : readAccessToken(token);
      return { ...common, state, identity: readIdentity(vault, payer), accessToken };
    }
    case 'ANSWERED':
      return { ...common, state, answer: open() ?? '' };
    case 'REJECTED':
    case 'INDETERMINATE':
      return { ...common, state, failureCode: row.failure_code ?? 'OUTCOME_UNKNOWN' };
    default:
      return { ...common, state };
  }
};

export const certifyIdIndex = (vault: Vault, certifyId: string): Buffer => vault.blindIndex('certifyId', certifyId);

export const sealCertifyId = (vault: Vault, certifyId: string): Buffer =>
  vault.seal(certifyId, certifyIdData(certifyIdIndex(vault, certifyId)));

export const readCertification = (vault: Vault, row: CertificationRow): Certification => ({
  certifyId: vault.open(row.certify_id_sealed, certifyIdData(row.certify_id_index)),
  appId: row.app_id,
  channelId: row.channel_id,
  identityId: row.identity_id,
  status: row.status,
  startedAt: new Date(row.started_at),
  checkedAt: row.checked_at === null ? null : new Date(row.checked_at),
});
