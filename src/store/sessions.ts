/** Sessions as their writers see them: opened, claimed by a redemption, extended. Every function is part of one transaction. */
import { randomBytes } from 'node:crypto';
import type { Vault } from '../security/vault.ts';
import { NOW, SKEW, type StoreClock } from './clock.ts';
import { columns, computed, integer } from './engine/columns.ts';
import type { Transaction } from './engine/engine.ts';
import { type SessionRow, sessionColumns } from './rows.ts';
import type { Claim, NewSession, SessionClaim, StoreTimes } from './store.ts';

interface SessionDeps {
  readonly vault: Vault;
  readonly times: StoreTimes;
  readonly clock: StoreClock;
}

export const queryCodeIndex = (vault: Vault, queryCode: string): Buffer => vault.blindIndex('queryCode', queryCode);
const stateIndex = (vault: Vault, stateId: string): Buffer => vault.blindIndex('state', stateId);

export const sessionKey = (session: SessionClaim | undefined): string => {
  if (!session) return '';
  return 'stateId' in session ? `state ${session.stateId}` : `query code ${session.queryCode}`;
};

const expiryColumns = columns({ expires_at: computed(integer, `expires_at + ${SKEW}`) });

/** Creates a session that waits for a code, and returns when it expires. */
export const openSession = async (
  db: Transaction,
  { vault, times }: Pick<SessionDeps, 'vault' | 'times'>,
  { queryCode, stateId, appId, channelId }: NewSession,
): Promise<{ readonly expiresAt: Date }> => {
  const row = await expiryColumns.first(
    db,
    `INSERT INTO sessions (query_code_index, state_index, app_id, channel_id, expires_at)
     VALUES ($1, $2, $3, $4, ${NOW} + $5) RETURNING ${expiryColumns.list}`,
    [queryCodeIndex(vault, queryCode), stateIndex(vault, stateId), appId, channelId, times.resultTtlMs],
  );
  return { expiresAt: new Date(row?.expires_at ?? 0) };
};

/** The session for a new redemption, or the verdict without one. A query code that the caller chose creates one. */
export const claimSession = async (
  db: Transaction,
  { vault, times, clock }: SessionDeps,
  { appId, channelId }: Claim,
  request: SessionClaim,
): Promise<SessionRow | 'SESSION_TAKEN' | 'NO_SESSION'> => {
  const byState = 'stateId' in request;
  const column = byState ? 'state_index' : 'query_code_index';
  const index = byState ? stateIndex(vault, request.stateId) : queryCodeIndex(vault, request.queryCode);
  const find = () =>
    sessionColumns.first(db, `SELECT ${sessionColumns.list} FROM sessions WHERE ${column} = $1 FOR UPDATE`, [index]);
  let session = await find();
  if (session && session.expires_at <= session.now && session.expires_at <= (await clock.read(db))) {
    await db.all('DELETE FROM sessions WHERE query_code_index = $1', [session.query_code_index]);
    session = undefined;
  }
  if (!session && !byState && !request.issuedOnly) {
    await db.all(
      `INSERT INTO sessions (query_code_index, app_id, channel_id, expires_at) VALUES ($1, $2, $3, ${NOW} + $4)
       ON CONFLICT DO NOTHING`,
      [index, appId, channelId, times.resultTtlMs],
    );
    session = await find();
  }
  if (!session || (request.issuedOnly && !session.state_index)) return 'NO_SESSION';
  const free = session.redemption_id === null && session.app_id === appId && session.channel_id === channelId;
  return free ? session : 'SESSION_TAKEN';
};

export const extendSession = (db: Transaction, redemptionId: string, ttlMs: number) =>
  db.all(`UPDATE sessions SET expires_at = ${NOW} + $2 WHERE redemption_id = $1`, [redemptionId, ttlMs]);

/** Proves that the database can be written to: on a full disk, a transaction that writes nothing would still commit. */
export const writeProbe = async (db: Transaction): Promise<void> => {
  const index = randomBytes(32);
  await db.all("INSERT INTO sessions (query_code_index, app_id, channel_id, expires_at) VALUES ($1, '', '', 0)", [
    index,
  ]);
  await db.all('DELETE FROM sessions WHERE query_code_index = $1', [index]);
};
