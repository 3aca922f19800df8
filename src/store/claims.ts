/** Claims of one-time codes, in SQL. A claim is one transaction. */

import { claimSession } from './claim-session.ts';
import { NOW } from './clock.ts';
import { bytes, columns, computed, nullable } from './engine/columns.ts';
import type { Db, Transaction } from './engine/engine.ts';
import type { Claim, ClaimVerdict } from './model.ts';
import { ABANDONED, finish, type RedemptionDeps, readRow, release } from './redemptions.ts';
import { isPending, newId, type RedemptionRow, redemptionColumns, type SessionRow } from './rows.ts';
import { clientReferenceOf, extendSession, sessionKey } from './sessions.ts';

/** Another instance claimed the same code or session at the same moment; the transaction runs again. */
export class ClaimRace extends Error {
  override readonly name = 'ClaimRace';
}

export const newOwner = (): string => newId('own');

/** One call of `claim`: who claims what, and the indexes by which the database knows it. */
interface ClaimCall {
  readonly request: Claim;
  readonly owner: string;
  readonly codeIndex: Buffer;
  readonly bindingIndex: Buffer;
}

const claimCall = ({ vault }: RedemptionDeps, request: Claim, owner: string): ClaimCall => {
  const { kind, upstreamAppId, code, binding, appId, channelId, session } = request;
  return {
    request,
    owner,
    codeIndex: vault.blindIndex(kind, upstreamAppId, code),
    bindingIndex: vault.blindIndex('binding', ...binding, appId, channelId, sessionKey(session)),
  };
};

/** One owner claims one redemption, however often its claim is run. */
export const claim = async (
  db: Transaction,
  deps: RedemptionDeps,
  request: Claim,
  owner: string,
): Promise<ClaimVerdict> => {
  deps.keys.requireMatch();
  const call = claimCall(deps, request, owner);
  if (!request.session) return claimWithoutSession(db, deps, call);
  const earlier = await claimExisting(db, deps, call);
  if (earlier) return { ...earlier, clientReferenceId: await clientReferenceOf(db, deps.vault, request.session) };
  const { row, verdict } = await claimSession(db, deps, request, request.session);
  const decided = verdict
    ? // The first call with this code may have held the session's lock until now: then this one is its duplicate.
      ((await claimExisting(db, deps, call)) ?? verdict)
    : ((await claimNew(db, deps, call, row)) ?? lostRace());
  return { ...decided, clientReferenceId: row?.client_reference_id ?? undefined };
};

/** Most codes are new: they are looked for only when they cannot be inserted. */
const claimWithoutSession = async (db: Transaction, deps: RedemptionDeps, call: ClaimCall): Promise<ClaimVerdict> =>
  (await claimNew(db, deps, call, undefined)) ??
  (await claimExisting(db, deps, call)) ??
  // The code was claimed long ago, and is forgotten now.
  (await claimNew(db, deps, call, undefined)) ??
  lostRace();

const lostRace = (): never => {
  throw new ClaimRace();
};

/** Deletes what a claim may have left whose owner will never know that it has committed: of that, nothing was sent. */
export const releaseUnconfirmed = async (
  db: Transaction,
  deps: RedemptionDeps,
  request: Claim,
  owner: string,
): Promise<void> => {
  const { codeIndex } = claimCall(deps, request, owner);
  const row = await redemptionColumns.first(
    db,
    `SELECT ${redemptionColumns.list} FROM redemptions WHERE code_index = $1`,
    [codeIndex],
  );
  if (row) await release(db, { redemptionId: row.id, owner });
};

/** The verdict when the code was claimed before; undefined when it is new, or was forgotten. */
const claimExisting = async (
  db: Transaction,
  deps: RedemptionDeps,
  call: ClaimCall,
): Promise<ClaimVerdict | undefined> => {
  const { clock } = deps;
  const find = (lock: '' | ' FOR UPDATE') =>
    redemptionColumns.first(db, `SELECT ${redemptionColumns.list} FROM redemptions WHERE code_index = $1${lock}`, [
      call.codeIndex,
    ]);
  const seen = await find('');
  // Most duplicates only read an outcome: they take no lock, wait for no other call, and write nothing.
  if (seen && !mayChange(seen, call.owner)) {
    const now = isReadable(seen) ? seen.now : await clock.read(db);
    return readForDuplicate(db, deps, call, { ...seen, now });
  }
  const locked = seen && (await find(' FOR UPDATE'));
  if (!locked) return undefined;
  // Nothing is ended or forgotten by a clock that may have jumped.
  const row = { ...locked, now: await clock.read(db) };
  if (row.forget_at > row.now) return claimAgain(db, deps, call, row);
  await db.all('DELETE FROM redemptions WHERE id = $1', [row.id]);
  return undefined;
};

const markColumns = columns({
  index_mark: computed(nullable(bytes), '(SELECT index_mark FROM store_keys WHERE id = 1)'),
});

/** Undefined when there is a row of this code. */
const claimNew = async (
  db: Transaction,
  { times, keys }: RedemptionDeps,
  { request, owner, codeIndex, bindingIndex }: ClaimCall,
  session: SessionRow | undefined,
): Promise<ClaimVerdict | undefined> => {
  const id = newId('red');
  const inserted = await markColumns.first(
    db,
    `INSERT INTO redemptions (id, code_index, binding_index, query_code_index, source, app_id, channel_id, trace_id,
       state, owner, lease_until, created_at, outcome_until, forget_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, ${NOW} + $11, now_ms(), ${NOW} + $12, ${NOW} + $13)
     ON CONFLICT DO NOTHING RETURNING ${markColumns.list}`,
    [
      id,
      codeIndex,
      bindingIndex,
      session?.query_code_index ?? null,
      request.source,
      request.appId,
      request.channelId,
      request.traceId,
      request.marks ? 'SENT' : 'CLAIMED',
      owner,
      times.leaseMs,
      times.resultTtlMs,
      times.codeTtlMs,
    ],
  );
  if (!inserted) return undefined;
  // The database may have been replaced since the keys were compared; another one does not know the codes of this one.
  keys.requireMark(inserted.index_mark);
  if (session) {
    const own = request.session && 'queryCode' in request.session ? (request.session.attempts ?? 1) : undefined;
    const attemptsLeft = Math.min(session.attempts_left, own ?? session.attempts_left);
    await db.all(
      `UPDATE sessions SET redemption_id = $2, expires_at = ${NOW} + $3, attempts_left = $4,
         step = CASE WHEN step = 'DECLINED' THEN 'OPENED' ELSE step END
       WHERE query_code_index = $1`,
      [session.query_code_index, id, times.resultTtlMs, attemptsLeft],
    );
  }
  return { kind: request.marks ? 'MARKED' : 'CLAIMED', lease: { redemptionId: id, owner } };
};

/** A claim of a code that was claimed before. */
const claimAgain = async (
  db: Transaction,
  deps: RedemptionDeps,
  call: ClaimCall,
  existing: RedemptionRow,
): Promise<ClaimVerdict> => {
  const { vault, times } = deps;
  const { owner, request } = call;
  const leaseOver = existing.lease_until <= existing.now;
  const isBound = call.bindingIndex.equals(existing.binding_index);
  if (isBound && existing.owner === owner) {
    const lease = { redemptionId: existing.id, owner };
    if (existing.state === 'CLAIMED') return { kind: 'CLAIMED', lease };
    // Marked by an earlier run of this claim, whose commit was not confirmed: nothing is sent before it is.
    if (existing.state === 'SENT' && request.marks) return { kind: 'MARKED', lease };
  }
  if (isBound && existing.state === 'CLAIMED' && leaseOver) {
    await db.all(
      `UPDATE redemptions SET owner = $2, trace_id = $3, lease_until = ${NOW} + $4, outcome_until = ${NOW} + $5
       WHERE id = $1`,
      [existing.id, owner, request.traceId, times.leaseMs, times.resultTtlMs],
    );
    await extendSession(db, existing.id, times.resultTtlMs);
    return { kind: 'CLAIMED', lease: { redemptionId: existing.id, owner } };
  }
  if (isBound && existing.state === 'SENT' && leaseOver) {
    const ended = await finish(db, deps, existing, ABANDONED);
    return { kind: 'DUPLICATE', redemption: ended ?? (await readRow(db, vault, existing)) };
  }
  return readForDuplicate(db, deps, call, existing);
};

/** Whether a claim of this code could do more than read. */
const mayChange = (row: RedemptionRow, owner: string): boolean =>
  row.forget_at <= row.now || row.owner === owner || (isPending(row) && row.lease_until <= row.now);

const isReadable = (row: RedemptionRow): boolean => row.outcome_until > row.now || isPending(row);

/** The verdict on a claim that changes nothing. */
const readForDuplicate = async (
  db: Db,
  { vault }: RedemptionDeps,
  { bindingIndex }: ClaimCall,
  existing: RedemptionRow,
): Promise<ClaimVerdict> => {
  if (!bindingIndex.equals(existing.binding_index) || !isReadable(existing)) return { kind: 'CODE_USED' };
  return { kind: 'DUPLICATE', redemption: await readRow(db, vault, existing) };
};
