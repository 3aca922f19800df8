/** Claims of one-time codes, in SQL. A claim is one transaction. */
import type { Vault } from '../security/vault.ts';
import { type Db, one, type Transaction } from './engine.ts';
import { ABANDONED, finish, type RedemptionTools, readRow, redemptionRow } from './redemptions.ts';
import { newId, type RedemptionRow } from './rows.ts';
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
  tools: RedemptionTools,
  wish: Claim,
  owner: string,
): Promise<ClaimVerdict> => {
  const { vault, times } = tools;
  const codeIndex = vault.index(wish.kind, wish.source, wish.upstreamAppId, wish.code);
  const bindingIndex = vault.index('binding', ...wish.binding, wish.appId, wish.channelId, sessionKey(wish.session));

  const find = (lock: '' | ' FOR UPDATE') =>
    one(db.all<RedemptionRow>(`SELECT *, now_ms() AS now FROM redemptions WHERE code_index = $1${lock}`, codeIndex));
  const seen = await find('');
  // Most duplicates come to read an outcome: they need no lock, wait for nobody, and write nothing.
  if (seen && !mayChange(seen, owner)) return readAgain(db, vault, seen, bindingIndex);
  const known = seen && (await find(' FOR UPDATE'));
  if (known && known.forget_at > known.now) return claimAgain(db, tools, wish, known, bindingIndex, owner);
  if (known) await db.all('DELETE FROM redemptions WHERE id = $1', known.id);

  const session = wish.session && (await claimSession(db, tools, wish, wish.session));
  if (typeof session === 'string') return { kind: session };

  const id = newId('red');
  const inserted = await db.all(
    `INSERT INTO redemptions (id, code_index, binding_index, query_code_index, source, app_id, channel_id, trace_id,
       state, owner, lease_until, created_at, outcome_until, forget_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'CLAIMED', $9, now_ms() + $10, now_ms(), now_ms() + $11, now_ms() + $12)
     ON CONFLICT DO NOTHING RETURNING id`,
    ...[id, codeIndex, bindingIndex, session?.query_code_index ?? null],
    ...[wish.source, wish.appId, wish.channelId, wish.traceId, owner],
    ...[times.leaseMs, times.resultTtlMs, times.codeTtlMs],
  );
  if (inserted.length === 0) throw new ClaimRace();
  if (session)
    await db.all(
      'UPDATE sessions SET redemption_id = $2, expires_at = now_ms() + $3 WHERE query_code_index = $1',
      ...[session.query_code_index, id, times.resultTtlMs],
    );
  return { kind: 'CLAIMED', lease: { redemptionId: id, owner } };
};

/** A claim of a code that was claimed before. */
const claimAgain = async (
  db: Transaction,
  { vault, times }: RedemptionTools,
  wish: Claim,
  known: RedemptionRow,
  bindingIndex: Buffer,
  owner: string,
): Promise<ClaimVerdict> => {
  const leaseOver = known.lease_until <= known.now;
  const isBound = bindingIndex.equals(known.binding_index);
  if (isBound && known.state === 'CLAIMED' && known.owner === owner)
    return { kind: 'CLAIMED', lease: { redemptionId: known.id, owner } };
  if (isBound && known.state === 'CLAIMED' && leaseOver) {
    await db.all(
      `UPDATE redemptions SET owner = $2, trace_id = $3, lease_until = now_ms() + $4, outcome_until = now_ms() + $5
       WHERE id = $1`,
      ...[known.id, owner, wish.traceId, times.leaseMs, times.resultTtlMs],
    );
    await extendSession(db, known.id, times.resultTtlMs);
    return { kind: 'CLAIMED', lease: { redemptionId: known.id, owner } };
  }
  if (isBound && known.state === 'SENT' && leaseOver) {
    await finish(db, { vault, times }, known, ABANDONED);
    const row = (await redemptionRow(db, known.id)) ?? known;
    return { kind: 'DUPLICATE', redemption: await readRow(db, vault, row) };
  }
  return readAgain(db, vault, known, bindingIndex);
};

/** Whether a claim of this code could do more than read. */
const mayChange = (row: RedemptionRow, owner: string): boolean =>
  row.forget_at <= row.now || row.owner === owner || (isPending(row) && row.lease_until <= row.now);

const isPending = ({ state }: RedemptionRow): boolean => state === 'CLAIMED' || state === 'SENT';

/** What a claim that changes nothing is told. */
const readAgain = async (db: Db, vault: Vault, known: RedemptionRow, bindingIndex: Buffer): Promise<ClaimVerdict> => {
  if (!bindingIndex.equals(known.binding_index) || known.outcome_until <= known.now) return { kind: 'CODE_USED' };
  return { kind: 'DUPLICATE', redemption: await readRow(db, vault, known) };
};
