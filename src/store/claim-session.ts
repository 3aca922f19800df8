/** The session of a new claim: created, free for another code, or the verdict why it is not. Part of one transaction. */

import { equalSecrets } from '../lib/digest.ts';
import { NOW } from './clock.ts';
import type { Transaction } from './engine/engine.ts';
import type { Claim, ClaimVerdict, SessionClaim } from './model.ts';
import { ABANDONED, finish, type RedemptionDeps, readUnexpired, redemptionRow, releaseRow } from './redemptions.ts';
import { hasFailed, isPending, type RedemptionRow, type SessionRow, sessionColumns } from './rows.ts';
import { codesUntil, isOf, queryCodeIndex, stateIndex } from './sessions.ts';
import { announceEnd } from './webhook-events.ts';

type SessionVerdict = Exclude<ClaimVerdict, { readonly kind: 'CLAIMED' | 'MARKED' | 'DUPLICATE' | 'CODE_USED' }>;

/** The session, where there is one; with the verdict when it takes no code. */
export type ClaimedSession =
  | { readonly row: SessionRow; readonly verdict?: undefined }
  | { readonly row?: SessionRow | undefined; readonly verdict: SessionVerdict };

const isIssuedOnly = (request: SessionClaim): boolean => 'queryCode' in request && request.issuedOnly === true;

type Refusal = 'SESSION_TAKEN' | 'SESSION_SPENT' | 'SESSION_CANCELLED' | 'VERIFIER_WRONG' | 'NO_SESSION';

/** The session for a new redemption. A query code that the caller chose creates one. */
export const claimSession = async (
  db: Transaction,
  deps: RedemptionDeps,
  { appId, channelId }: Claim,
  request: SessionClaim,
): Promise<ClaimedSession> => {
  const row = await findOrCreate(db, deps, { appId, channelId }, request);
  if (!row) return { verdict: { kind: 'NO_SESSION' } };
  const refused = (kind: Refusal): ClaimedSession => ({ row, verdict: { kind } });
  if (isIssuedOnly(request) && !row.state_index) return refused('NO_SESSION');
  if (!isOf(row, { appId, channelId })) return refused('SESSION_TAKEN');
  // Before anything that ends a code or shows what became of one.
  if ('stateId' in request && !equalSecrets(request.codeChallenge ?? '', row.code_challenge ?? ''))
    return refused('VERIFIER_WRONG');
  const latest = row.redemption_id === null ? undefined : await endOverdue(db, deps, row.redemption_id);
  const byState = 'stateId' in request;
  if (!latest || hasFailed(latest)) {
    // The end of an overdue send has counted as an attempt.
    const current = latest ? ((await find(db, 'query_code_index', row.query_code_index)) ?? row) : row;
    const end = endOf(current, latest, await deps.clock.read(db));
    if (!end) return { row: current };
    return refused(byState ? end : 'SESSION_TAKEN');
  }
  // The holder of a query code chooses another one; the payer's page has no other state.
  if (!byState) return refused('SESSION_TAKEN');
  const redemption = await readUnexpired(db, deps.vault, latest);
  // The payer was erased.
  if (!redemption) return refused('NO_SESSION');
  return { row, verdict: { kind: isPending(latest) ? 'SESSION_BUSY' : 'SESSION_DONE', redemption } };
};

/** Why a session without a success and without a pending code takes no other one; undefined when it does. */
const endOf = (row: SessionRow, failed: RedemptionRow | undefined, now: number): Refusal | undefined => {
  if (row.step === 'CANCELLED') return 'SESSION_CANCELLED';
  if (failed && row.attempts_left === 0) return 'SESSION_SPENT';
  return codesUntil(row) <= now ? 'NO_SESSION' : undefined;
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
  // One that was issued is left to its reader, who learns that it has expired.
  if ('stateId' in request || isIssuedOnly(request)) return undefined;
  if (session) {
    await announceEnd(db, { queryCodeIndex: session.query_code_index });
    await db.all('DELETE FROM sessions WHERE query_code_index = $1', [session.query_code_index]);
  }
  await db.all(
    `INSERT INTO sessions (query_code_index, app_id, channel_id, expires_at, codes_until, attempts_left)
     VALUES ($1, $2, $3, ${NOW} + $4, ${NOW} + $4, $5) ON CONFLICT DO NOTHING`,
    [index, appId, channelId, times.resultTtlMs, request.attempts ?? 1],
  );
  return find(db, column, index);
};

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
