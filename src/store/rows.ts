/** How redemptions and identities lie in a table, for every engine. */
import type { FailureCode } from '../failure.ts';
import type { AccessToken, PayerIdentity, Subject } from '../model.ts';
import type { Vault } from '../security/vault.ts';
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
  readonly access_token_sealed: Uint8Array | null;
  readonly failure_code: FailureCode | null;
  readonly outcome_until: number;
  readonly forget_at: number;
}

export interface SessionRow {
  readonly app_id: string;
  readonly channel_id: string;
  readonly redemption_id: string | null;
  readonly expires_at: number;
}

const subjectPlace = (identityId: string) => `identities.subject_sealed.${identityId}`;
const accessTokenPlace = (redemptionId: string) => `redemptions.access_token_sealed.${redemptionId}`;

export const sealSubject = (vault: Vault, identityId: string, subject: Subject): Buffer =>
  vault.seal(JSON.stringify(subject), subjectPlace(identityId));

export const openSubject = (vault: Vault, row: IdentityRow): Subject =>
  JSON.parse(vault.open(row.subject_sealed, subjectPlace(row.id)));

export const sealAccessToken = (vault: Vault, redemptionId: string, token: AccessToken): Buffer =>
  vault.seal(JSON.stringify([token.value, token.expiresAt?.getTime()]), accessTokenPlace(redemptionId));

const openAccessToken = (vault: Vault, row: RedemptionRow): AccessToken | undefined => {
  if (!row.access_token_sealed) return undefined;
  const [value, expiresAt] = JSON.parse(vault.open(row.access_token_sealed, accessTokenPlace(row.id)));
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
    expiresAt: new Date(row.outcome_until),
  };
  const { state } = row;
  if (state === 'SUCCEEDED') {
    if (!identity) throw new Error('A succeeded redemption has no identity');
    return { ...common, state, identity: readIdentity(vault, identity), accessToken: openAccessToken(vault, row) };
  }
  if (state === 'REJECTED' || state === 'INDETERMINATE') {
    return { ...common, state, failureCode: row.failure_code ?? 'OUTCOME_UNKNOWN' };
  }
  return { ...common, state };
};

/** The index by which an identity is found; the same for writing and for reading. */
export const identityIndex = (
  vault: Vault,
  kind: 'openId' | 'userId',
  channelId: string,
  appId: string,
  value: string,
): Buffer => vault.index(kind, channelId, appId, value);
