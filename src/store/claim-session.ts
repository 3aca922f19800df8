/** The session of a new claim: created, free for another code, or the verdict why it is not. Part of one transaction. */

import { NOW } from './clock.ts';
import type { Transaction } from './engine/engine.ts';
import type { Claim, ClaimVerdict, SessionClaim } from './model.ts';
import { ABANDONED, finish, type RedemptionDeps, readUnexpired, redemptionRow, releaseRow } from './redemptions.ts';
import { isPending, type RedemptionRow, type SessionRow, sessionColumns } from './rows.ts';
import { ANY_CHANNEL, queryCodeIndex, stateIndex } from './sessions.ts';
import { announceEnd } from './webhook-events.ts';

type SessionVerdict = Exclude<ClaimVerdict, { readonly kind: 'CLAIMED' | 'DUPLICATE' | 'CODE_USED' }>;

/** A row, or the verdict. */
export type ClaimedSession = { readonly row: SessionRow } | { readonly verdict: SessionVerdict };

const isIssuedOnly = (request: SessionClaim): boolean => 'queryCode' in request && request.issuedOnly === true;

const refused = (kind: 'SESSION_TAKEN' | 'SESSION_SPENT' | 'NO_SESSION'): ClaimedSession => ({ verdict: { kind } });

/** The session for a new redemption. A query code that the caller chose creates one. */
export const claimSession = async (
  db: Transaction,
  deps: RedemptionDeps,
  { appId, channelId }: Claim,
  request: SessionClaim,
): Promise<ClaimedSession> => {
  const row = await findOrCreate(db, deps, { appId, channelId }, request);
  if (!row || (isIssuedOnly(request) && !row.state_index)) return refused('NO_SESSION');
  if (row.app_id !== appId || ![ANY_CHANNEL, channelId].includes(row.channel_id)) return refused('SESSION_TAKEN');
  if (row.redemption_id === null) return { row };
  const latest = await endOverdue(db, deps, row.redemption_id);
  if (!latest) return { row };
  if (hasFailed(latest)) {
    // The end of an overdue send has counted as an attempt.
    const current = (await find(db, 'query_code_index', row.query_code_index)) ?? row;
    if (current.attempts_left > 0 && current.codes_until > (await deps.clock.read(db))) return { row: current };
  }
  // The holder of a query code chooses another one; the payer's page has no other state.
  if (!('stateId' in request)) return refused('SESSION_TAKEN');
  if (hasFailed(latest)) return refused('SESSION_SPENT');
  const redemption = await readUnexpired(db, deps.vault, latest);
  // The payer was erased.
  if (!redemption) return refused('NO_SESSION');
  return { verdict: { kind: isPending(latest) ? 'SESSION_BUSY' : 'SESSION_DONE', redemption } };
};

const find = (db: Transaction, column: 'query_code_index' | 'state_index', index: Uint8Array) =>
  sessionColumns.first(db, `SELECT ${sessionColumns.list} FROM sessions WHERE ${column} = $1 FOR UPDATE`, [index]);

const findOrCreate = async (
  db: Transaction,
  { vault, times, clock }: RedemptionDeps,
  { appId, channelId }: Pick<Claim, 'appId' | 'channelId'>,
  request: SessionClaim,
): Promise<SessionRow | undefined> => {
  const byState = 'stateId' in request;
  const column = byState ? 'state_index' : 'query_code_index';
  const index = byState ? stateIndex(vault, request.stateId) : queryCodeIndex(vault, request.queryCode);
  const session = await find(db, column, index);
  const isOver = session && session.expires_at <= session.now && session.expires_at <= (await clock.read(db));
  if (session && !isOver) return session;
  if (session) {
    await announceEnd(db, { queryCodeIndex: session.query_code_index });
    await db.all('DELETE FROM sessions WHERE query_code_index = $1', [session.query_code_index]);
  }
  if ('stateId' in request || isIssuedOnly(request)) return undefined;
  await db.all(
    `INSERT INTO sessions (query_code_index, app_id, channel_id, expires_at, codes_until, attempts_left)
     VALUES ($1, $2, $3, ${NOW} + $4, ${NOW} + $4, $5) ON CONFLICT DO NOTHING`,
    [index, appId, channelId, times.resultTtlMs, request.attempts ?? 1],
  );
  return find(db, column, index);
};

const hasFailed = ({ state }: RedemptionRow): boolean => state === 'REJECTED' || state === 'INDETERMINATE';

/**
 * The redemption, after what a sweep would do with it; undefined when nothing of it was sent, and it is released. A call
 * that ends it has its lock, and needs the session's: it is not waited for.
 */
const endOverdue = async (db: Transaction, deps: RedemptionDeps, id: string): Promise<RedemptionRow | undefined> => {
  const seen = await redemptionRow(db, id);
  if (!seen || !isPending(seen) || seen.lease_until > seen.now) return seen;
  const row = await redemptionRow(db, id, ' FOR UPDATE SKIP LOCKED');
  if (!row || !isPending(row) || row.lease_until > (await deps.clock.read(db))) return row ?? seen;
  if (row.state === 'CLAIMED') return void (await releaseRow(db, row));
  await finish(db, deps, row, ABANDONED);
  return redemptionRow(db, id);
};
