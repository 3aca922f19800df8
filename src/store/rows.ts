/** How what is remembered lies in a table, and how it is sealed there. */
import { randomBytes } from 'node:crypto';
import type { FailureCode } from '../failure.ts';
import type { AccessToken, Certification, CertificationStatus, PayerIdentity, Subject } from '../model.ts';
import { type Vault, VaultError } from '../security/vault.ts';
import { NOW, SKEW } from './clock.ts';
import type { RowKey, SealedColumn } from './reports.ts';
import type { Redemption } from './store.ts';

export interface IdentityRow {
  readonly id: string;
  readonly channel_id: string;
  readonly app_id: string;
  readonly open_id_index: Uint8Array | null;
  readonly user_id_index: Uint8Array | null;
  readonly subject_sealed: Uint8Array;
  readonly first_authenticated_at: number;
  readonly last_authenticated_at: number;
}

export interface RedemptionRow {
  readonly id: string;
  readonly binding_index: Uint8Array;
  readonly query_code_index: Uint8Array | null;
  readonly source: string;
  readonly app_id: string;
  readonly channel_id: string;
  readonly trace_id: string;
  readonly state: Redemption['state'];
  readonly owner: string;
  readonly lease_until: number;
  readonly identity_id: string | null;
  readonly answer_sealed: Uint8Array | null;
  readonly failure_code: FailureCode | null;
  readonly outcome_until: number;
  readonly forget_at: number;
  /** The store's clock when the row was read, and what has to be added to its instants for people; see READ. */
  readonly now: number;
  readonly skew: number;
}

export interface SessionRow {
  readonly query_code_index: Uint8Array;
  readonly state_index: Uint8Array | null;
  readonly app_id: string;
  readonly channel_id: string;
  readonly redemption_id: string | null;
  readonly expires_at: number;
  readonly now: number;
  readonly skew: number;
}

/** What reading a redemption or a session selects. */
export const READ = `*, ${NOW} AS now, ${SKEW} AS skew`;

export const isPending = ({ state }: Pick<RedemptionRow, 'state'>): boolean => state === 'CLAIMED' || state === 'SENT';

export interface CertificationRow {
  readonly certify_id_index: Uint8Array;
  readonly certify_id_sealed: Uint8Array;
  readonly app_id: string;
  readonly channel_id: string;
  readonly identity_id: string | null;
  readonly status: CertificationStatus;
  readonly started_at: number;
  readonly checked_at: number | null;
}

export const newId = (prefix: string): string => `${prefix}_${randomBytes(16).toString('base64url')}`;
export const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

export const additionalData = (column: SealedColumn, key: RowKey): string =>
  `${column}.${typeof key === 'string' ? key : hex(key)}`;
const subjectPlace = (id: string) => additionalData('identities.subject_sealed', id);
const answerPlace = (id: string) => additionalData('redemptions.answer_sealed', id);
const certifyIdPlace = (index: Uint8Array) => additionalData('certifications.certify_id_sealed', index);

/** What a row says, or that it does not open: one bad row of many must not take the others with it. */
export const openOrError = <T>(read: () => T): T | VaultError => {
  try {
    return read();
  } catch (error) {
    if (error instanceof VaultError) return error;
    throw error;
  }
};

export const sealSubject = (vault: Vault, identityId: string, subject: Subject): Buffer =>
  vault.seal(JSON.stringify(subject), subjectPlace(identityId));

export const openSubject = (vault: Vault, row: IdentityRow): Subject =>
  JSON.parse(vault.open(row.subject_sealed, subjectPlace(row.id)));

export const sealAnswer = (vault: Vault, redemptionId: string, answer: string): Buffer =>
  vault.seal(answer, answerPlace(redemptionId));

export const writeAccessToken = ({ value, expiresAt }: AccessToken): string =>
  JSON.stringify([value, expiresAt?.getTime()]);

const readAccessToken = (text: string): AccessToken => {
  const [value, expiresAt] = JSON.parse(text);
  return { value, expiresAt: typeof expiresAt === 'number' ? new Date(expiresAt) : undefined };
};

export const readIdentity = (vault: Vault, row: IdentityRow): PayerIdentity => {
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

export const readRedemption = (vault: Vault, row: RedemptionRow, identity: IdentityRow | undefined): Redemption => {
  const common = {
    id: row.id,
    source: row.source,
    appId: row.app_id,
    channelId: row.channel_id,
    traceId: row.trace_id,
    expiresAt: new Date(row.outcome_until + row.skew),
  };
  const answer = row.answer_sealed ? vault.open(row.answer_sealed, answerPlace(row.id)) : undefined;
  const { state } = row;
  switch (state) {
    case 'SUCCEEDED':
      if (!identity) throw new Error('A succeeded redemption has no identity');
      return {
        ...common,
        state,
        identity: readIdentity(vault, identity),
        accessToken: answer === undefined ? undefined : readAccessToken(answer),
      };
    case 'ANSWERED':
      return { ...common, state, answer: answer ?? '' };
    case 'REJECTED':
    case 'INDETERMINATE':
      return { ...common, state, failureCode: row.failure_code ?? 'OUTCOME_UNKNOWN' };
    default:
      return { ...common, state };
  }
};

export const certifyIdIndex = (vault: Vault, certifyId: string): Buffer => vault.blindIndex('certifyId', certifyId);

export const sealCertifyId = (vault: Vault, certifyId: string): Buffer =>
  vault.seal(certifyId, certifyIdPlace(certifyIdIndex(vault, certifyId)));

export const readCertification = (vault: Vault, row: CertificationRow): Certification => ({
  certifyId: vault.open(row.certify_id_sealed, certifyIdPlace(row.certify_id_index)),
  appId: row.app_id,
  channelId: row.channel_id,
  identityId: row.identity_id,
  status: row.status,
  startedAt: new Date(row.started_at),
  checkedAt: row.checked_at === null ? null : new Date(row.checked_at),
});
