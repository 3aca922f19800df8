/** Sessions as their writers see them: opened, extended, and charged for a code that failed. Each function is part of one transaction. */
import { randomBytes } from 'node:crypto';
import type { FailureCode } from '../failure-codes.ts';
import type { Vault } from '../security/vault.ts';
import { NOW, SKEW } from './clock.ts';
import { columns, computed, integer, nullable, text } from './engine/columns.ts';
import type { Db, Transaction } from './engine/engine.ts';
import type { Claim, NewSession, SessionClaim, StoreTimes } from './model.ts';
import type { SessionRow } from './rows.ts';

interface SessionDeps {
  readonly vault: Vault;
  readonly times: StoreTimes;
}

export const queryCodeIndex = (vault: Vault, queryCode: string): Buffer => vault.blindIndex('queryCode', queryCode);
export const stateIndex = (vault: Vault, stateId: string): Buffer => vault.blindIndex('state', stateId);

/** `channel_id` of a session that takes a code of any channel of its app. */
const ANY_CHANNEL = '';

/** Whether a state, or a query code, of this app and channel may name the session. */
export const isOf = (row: SessionRow, { appId, channelId }: Pick<Claim, 'appId' | 'channelId'>): boolean =>
  row.app_id === appId && [ANY_CHANNEL, channelId].includes(row.channel_id);

/** Until when the session takes codes. An instance of an earlier release opens sessions without that time. */
export const codesUntil = (row: SessionRow): number => row.codes_until || row.expires_at;

export const sessionKey = (session: SessionClaim | undefined): string => {
  if (!session) return '';
  if ('queryCode' in session) return `query code ${session.queryCode}`;
  return `state ${[session.stateId, session.codeChallenge ?? []].flat().join(' ')}`;
};

const referenceColumns = columns({ client_reference_id: nullable(text) });

export const referenceWhere = async (
  db: Db,
  column: 'state_index' | 'query_code_index',
  index: Uint8Array,
): Promise<string | undefined> => {
  const sql = `SELECT ${referenceColumns.list} FROM sessions WHERE ${column} = $1`;
  return (await referenceColumns.first(db, sql, [index]))?.client_reference_id ?? undefined;
};

/** What the caller that opened the session calls it. */
export const clientReferenceOf = async (db: Db, vault: Vault, session: SessionClaim): Promise<string | undefined> => {
  if ('stateId' in session) return referenceWhere(db, 'state_index', stateIndex(vault, session.stateId));
  return referenceWhere(db, 'query_code_index', queryCodeIndex(vault, session.queryCode));
};

const expiryColumns = columns({ expires_at: computed(integer, `expires_at + ${SKEW}`) });

/** Creates a session that waits for a code, and returns when it expires. */
export const openSession = async (
  db: Transaction,
  { vault, times }: SessionDeps,
  session: NewSession,
): Promise<{ readonly expiresAt: Date }> => {
  const { queryCode, stateId, appId, channelId = ANY_CHANNEL, attempts = 1, announced = false } = session;
  const row = await expiryColumns.first(
    db,
    `INSERT INTO sessions (query_code_index, state_index, app_id, channel_id, expires_at, codes_until, attempts_left,
       return_url, code_challenge, client_reference_id, webhook_due)
     VALUES ($1, $2, $3, $4, ${NOW} + $5, ${NOW} + $5, $6, $7, $8, $9, $10) RETURNING ${expiryColumns.list}`,
    [
      queryCodeIndex(vault, queryCode),
      stateIndex(vault, stateId),
      appId,
      channelId,
      times.resultTtlMs,
      attempts,
      session.returnUrl ?? null,
      session.codeChallenge ?? null,
      session.clientReferenceId ?? null,
      announced && session.clientReferenceId !== undefined ? 1 : 0,
    ],
  );
  return { expiresAt: new Date(row?.expires_at ?? 0) };
};

/** Returns the session, when there is one, with whether an event of its end is due. */
export const extendSession = (db: Transaction, redemptionId: string, ttlMs: number) =>
  db.all(`UPDATE sessions SET expires_at = ${NOW} + $2 WHERE redemption_id = $1 RETURNING webhook_due`, [
    redemptionId,
    ttlMs,
  ]);

/** After a release the session waits as before the claim, which had extended it: its state token does not last longer. */
export const endExtension = (db: Transaction, queryCodeIndex: Uint8Array) =>
  db.all(
    `UPDATE sessions SET expires_at = codes_until
     WHERE query_code_index = $1 AND redemption_id IS NULL AND codes_until > 0`,
    [queryCodeIndex],
  );

/** Counts a code that failed, for the session that shows it. */
export const countFailure = (db: Transaction, redemptionId: string, failureCode: FailureCode, traceId: string) =>
  db.all(
    `UPDATE sessions SET attempts_left = CASE WHEN attempts_left > 0 THEN attempts_left - 1 ELSE 0 END,
       failure_code = $2, failure_trace_id = $3 WHERE redemption_id = $1`,
    [redemptionId, failureCode, traceId],
  );

/** Proves that the database can be written to: on a full disk, a transaction that writes nothing would still commit. */
export const writeProbe = async (db: Transaction): Promise<void> => {
  const index = randomBytes(32);
  await db.all("INSERT INTO sessions (query_code_index, app_id, channel_id, expires_at) VALUES ($1, '', '', 0)", [
    index,
  ]);
  await db.all('DELETE FROM sessions WHERE query_code_index = $1', [index]);
};
