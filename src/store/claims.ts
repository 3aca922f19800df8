/** Claims of one-time codes, in SQL. A claim is one transaction. */
import type { Vault } from '../security/vault.ts';
import { NOW } from './clock.ts';
import { type Db, firstRow, type Transaction } from './engine/engine.ts';
import { ABANDONED, finish, type RedemptionDeps, readRow, redemptionRow } from './redemptions.ts';
import { isPending, newId, READ, type RedemptionRow, type SessionRow } from './rows.ts';
import { claimSession, extendSession, sessionKey } from './sessions.ts';
import type { Claim, ClaimVerdict } from './store.ts';

/** Another instance claimed the same code or session at this moment; the transaction has to be run again. */
export class ClaimRace extends Error {
  override readonly name = 'ClaimRace';
}

export const newOwner = (): string => newId('own');

/** One owner claims one redemption, however often its claim is run. */
export const claim = async (
  db: Transaction,
  deps: RedemptionDeps,
  request: Claim,
  owner: string,
): Promise<ClaimVerdict> => {
  deps.keys.requireMatch();
  const known = await claimKnown(db, deps, request, owner);
  if (known) return known;
  const session = request.session && (await claimSession(db, deps, request, request.session));
  // The session was looked at under its lock, which the first call with this very code may have held until now.
  if (typeof session === 'string') return (await claimKnown(db, deps, request, owner)) ?? { kind: session };
  return claimNew(db, deps, request, owner, session);
};

const codeIndexOf = (vault: Vault, { kind, upstreamAppId, code }: Claim): Buffer =>
  vault.blindIndex(kind, upstreamAppId, code);
const bindingIndexOf = (vault: Vault, { binding, appId, channelId, session }: Claim): Buffer =>
  vault.blindIndex('binding', ...binding, appId, channelId, sessionKey(session));

/** The verdict when the code was claimed before; undefined when it is new, or was forgotten. */
const claimKnown = async (
  db: Transaction,
  deps: RedemptionDeps,
  request: Claim,
  owner: string,
): Promise<ClaimVerdict | undefined> => {
  const { vault, clock } = deps;
  const codeIndex = codeIndexOf(vault, request);
  const bindingIndex = bindingIndexOf(vault, request);
  const find = (lock: '' | ' FOR UPDATE') =>
    firstRow(db.all<RedemptionRow>(`SELECT ${READ} FROM redemptions WHERE code_index = $1${lock}`, codeIndex));
  const seen = await find('');
  // Most duplicates come to read an outcome: they need no lock, wait for nobody, and write nothing.
  if (seen && !mayChange(seen, owner)) {
    const now = isTold(seen) ? seen.now : await clock.read(db);
    return readAgain(db, vault, { ...seen, now }, bindingIndex);
  }
  const known = seen && (await find(' FOR UPDATE'));
  if (!known) return undefined;
  // Nothing is ended or forgotten by a clock that may have jumped.
  const row = { ...known, now: await clock.read(db) };
  if (row.forget_at > row.now) return claimAgain(db, deps, request, row, bindingIndex, owner);
  await db.all('DELETE FROM redemptions WHERE id = $1', row.id);
  return undefined;
};

const claimNew = async (
  db: Transaction,
  { vault, times, keys }: RedemptionDeps,
  request: Claim,
  owner: string,
  session: SessionRow | undefined,
): Promise<ClaimVerdict> => {
  const id = newId('red');
  const [inserted] = await db.all<{ index_mark: Uint8Array | null }>(
    `INSERT INTO redemptions (id, code_index, binding_index, query_code_index, source, app_id, channel_id, trace_id,
       state, owner, lease_until, created_at, outcome_until, forget_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'CLAIMED', $9, ${NOW} + $10, now_ms(), ${NOW} + $11, ${NOW} + $12)
     ON CONFLICT DO NOTHING RETURNING (SELECT index_mark FROM store_keys WHERE id = 1) AS index_mark`,
    ...[id, codeIndexOf(vault, request), bindingIndexOf(vault, request), session?.query_code_index ?? null],
    ...[request.source, request.appId, request.channelId, request.traceId, owner],
    ...[times.leaseMs, times.resultTtlMs, times.codeTtlMs],
  );
  if (!inserted) throw new ClaimRace();
  // The database may have been replaced since it was checked; one that knows other codes must not let this one be sent.
  keys.requireMark(inserted.index_mark);
  if (session)
    await db.all(
      `UPDATE sessions SET redemption_id = $2, expires_at = ${NOW} + $3 WHERE query_code_index = $1`,
      ...[session.query_code_index, id, times.resultTtlMs],
    );
  return { kind: 'CLAIMED', lease: { redemptionId: id, owner } };
};

/** A claim of a code that was claimed before. */
const claimAgain = async (
  db: Transaction,
  deps: RedemptionDeps,
  request: Claim,
  known: RedemptionRow,
  bindingIndex: Buffer,
  owner: string,
): Promise<ClaimVerdict> => {
  const { vault, times } = deps;
  const leaseOver = known.lease_until <= known.now;
  const isBound = bindingIndex.equals(known.binding_index);
  if (isBound && known.state === 'CLAIMED' && known.owner === owner)
    return { kind: 'CLAIMED', lease: { redemptionId: known.id, owner } };
  if (isBound && known.state === 'CLAIMED' && leaseOver) {
    await db.all(
      `UPDATE redemptions SET owner = $2, trace_id = $3, lease_until = ${NOW} + $4, outcome_until = ${NOW} + $5
       WHERE id = $1`,
      ...[known.id, owner, request.traceId, times.leaseMs, times.resultTtlMs],
    );
    await extendSession(db, known.id, times.resultTtlMs);
    return { kind: 'CLAIMED', lease: { redemptionId: known.id, owner } };
  }
  if (isBound && known.state === 'SENT' && leaseOver) {
    await finish(db, deps, known, ABANDONED);
    const row = (await redemptionRow(db, known.id)) ?? known;
    return { kind: 'DUPLICATE', redemption: await readRow(db, vault, row) };
  }
  return readAgain(db, vault, known, bindingIndex);
};

/** Whether a claim of this code could do more than read. */
const mayChange = (row: RedemptionRow, owner: string): boolean =>
  row.forget_at <= row.now || row.owner === owner || (isPending(row) && row.lease_until <= row.now);

const isTold = (row: RedemptionRow): boolean => row.outcome_until > row.now || isPending(row);

/** What a claim that changes nothing is told. */
const readAgain = async (db: Db, vault: Vault, known: RedemptionRow, bindingIndex: Buffer): Promise<ClaimVerdict> => {
  if (!bindingIndex.equals(known.binding_index) || !isTold(known)) return { kind: 'CODE_USED' };
  return { kind: 'DUPLICATE', redemption: await readRow(db, vault, known) };
};
