/** Query codes, the states that may write them, and what they show. Every function is part of one transaction. */
import type { Vault } from '../security/vault.ts';
import { NOW, SKEW, type StoreClock } from './clock.ts';
import { firstRow, type Transaction } from './engine/engine.ts';
import { READ, type SessionRow } from './rows.ts';
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

/** Makes a session that waits for a code, and answers when it ends. */
export const openSession = async (
  db: Transaction,
  { vault, times }: Pick<SessionDeps, 'vault' | 'times'>,
  { queryCode, stateId, appId, channelId }: NewSession,
): Promise<Date> => {
  const [row] = await db.all<{ expires_at: number }>(
    `INSERT INTO sessions (query_code_index, state_index, app_id, channel_id, expires_at)
     VALUES ($1, $2, $3, $4, ${NOW} + $5) RETURNING expires_at + ${SKEW} AS expires_at`,
    ...[queryCodeIndex(vault, queryCode), stateIndex(vault, stateId), appId, channelId, times.resultTtlMs],
  );
  return new Date(row?.expires_at ?? 0);
};

/** The session that a new redemption is to be bound to, or why there is none. A query code of the caller's own makes one. */
export const claimSession = async (
  db: Transaction,
  { vault, times, clock }: SessionDeps,
  { appId, channelId }: Claim,
  request: SessionClaim,
): Promise<SessionRow | 'SESSION_TAKEN' | 'NO_SESSION'> => {
  const byState = 'stateId' in request;
  const index = byState ? stateIndex(vault, request.stateId) : queryCodeIndex(vault, request.queryCode);
  const find = () =>
    firstRow(
      db.all<SessionRow>(
        `SELECT ${READ} FROM sessions WHERE ${byState ? 'state_index' : 'query_code_index'} = $1 FOR UPDATE`,
        index,
      ),
    );
  let session = await find();
  if (session && session.expires_at <= session.now && session.expires_at <= (await clock.read(db))) {
    await db.all('DELETE FROM sessions WHERE query_code_index = $1', session.query_code_index);
    session = undefined;
  }
  if (!session && !byState && !request.issuedOnly) {
    await db.all(
      `INSERT INTO sessions (query_code_index, app_id, channel_id, expires_at) VALUES ($1, $2, $3, ${NOW} + $4)
       ON CONFLICT DO NOTHING`,
      ...[index, appId, channelId, times.resultTtlMs],
    );
    session = await find();
  }
  if (!session || (request.issuedOnly && !session.state_index)) return 'NO_SESSION';
  const free = session.redemption_id === null && session.app_id === appId && session.channel_id === channelId;
  return free ? session : 'SESSION_TAKEN';
};

export const extendSession = (db: Transaction, redemptionId: string, ttlMs: number) =>
  db.all(`UPDATE sessions SET expires_at = ${NOW} + $2 WHERE redemption_id = $1`, redemptionId, ttlMs);

/** Every poll counts from when it came, and one that came too soon makes the next wait longer. */
export const countPoll = async (db: Transaction, vault: Vault, queryCode: string): Promise<number> => {
  const [row] = await db.all<{ poll_interval_ms: number }>(
    `UPDATE sessions SET polled_at = ${NOW}, poll_interval_ms =
       CASE WHEN ${NOW} < polled_at + poll_interval_ms AND poll_interval_ms < 60000
         THEN poll_interval_ms + 5000 ELSE poll_interval_ms END
     WHERE query_code_index = $1 RETURNING poll_interval_ms`,
    queryCodeIndex(vault, queryCode),
  );
  return row?.poll_interval_ms ?? 5_000;
};
