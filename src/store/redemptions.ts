/** The states of a redemption, in SQL. Every function is part of one transaction. */
import type { Vault } from '../security/vault.ts';
import { type Db, one, type Transaction } from './engine.ts';
import { identityRow, upsertIdentity } from './identities.ts';
import { hex, newId, type RedemptionRow, readRedemption, sealAnswer, writeAccessToken } from './rows.ts';
import { claimSession, extendSession, sessionKey } from './sessions.ts';
import type { Claim, ClaimVerdict, Lease, Outcome, Redemption, StoreTimes, SweepReport } from './store.ts';

export interface RedemptionTools {
  readonly vault: Vault;
  readonly times: StoreTimes;
}

/** Another instance claimed the same code or session at this moment; the transaction has to be run again. */
export class ClaimRace extends Error {
  override readonly name = 'ClaimRace';
}

export const redemptionTopic = (id: string): string => `redemption ${id}`;
export const queryCodeTopic = (index: Uint8Array): string => `query code ${hex(index)}`;
const wake = async (db: Transaction, { id, query_code_index }: RedemptionRow): Promise<void> => {
  await db.wake(redemptionTopic(id));
  if (query_code_index) await db.wake(queryCodeTopic(query_code_index));
};

export const redemptionRow = (db: Db, id: string): Promise<RedemptionRow | undefined> =>
  one(db.all<RedemptionRow>('SELECT *, now_ms() AS now FROM redemptions WHERE id = $1', id));

const lockedRow = (db: Db, id: string): Promise<RedemptionRow | undefined> =>
  one(db.all<RedemptionRow>('SELECT *, now_ms() AS now FROM redemptions WHERE id = $1 FOR UPDATE', id));

const readRow = async (db: Db, vault: Vault, row: RedemptionRow): Promise<Redemption> =>
  readRedemption(vault, row, await identityRow(db, row.identity_id));

/** Undefined when the payer whom the redemption showed was erased. */
const readUnlessErased = async (db: Db, vault: Vault, row: RedemptionRow): Promise<Redemption | undefined> => {
  const identity = await identityRow(db, row.identity_id);
  return row.state === 'SUCCEEDED' && !identity ? undefined : readRedemption(vault, row, identity);
};

/** Undefined when there is nothing to tell any more. */
export const readTold = async (db: Db, vault: Vault, row: RedemptionRow): Promise<Redemption | undefined> =>
  row.outcome_until > row.now ? readUnlessErased(db, vault, row) : undefined;

export const claim = async (db: Transaction, tools: RedemptionTools, wish: Claim): Promise<ClaimVerdict> => {
  const { vault, times } = tools;
  const codeIndex = vault.index(wish.kind, wish.source, wish.upstreamAppId, wish.code);
  const bindingIndex = vault.index('binding', ...wish.binding, wish.appId, wish.channelId, sessionKey(wish.session));
  const owner = newId('own');

  const known = await one(
    db.all<RedemptionRow>('SELECT *, now_ms() AS now FROM redemptions WHERE code_index = $1 FOR UPDATE', codeIndex),
  );
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
  if (!bindingIndex.equals(known.binding_index)) return { kind: 'CODE_USED' };
  const leaseOver = known.lease_until <= known.now;
  if (known.state === 'CLAIMED' && leaseOver) {
    await db.all(
      `UPDATE redemptions SET owner = $2, trace_id = $3, lease_until = now_ms() + $4, outcome_until = now_ms() + $5
       WHERE id = $1`,
      ...[known.id, owner, wish.traceId, times.leaseMs, times.resultTtlMs],
    );
    await extendSession(db, known.id, times.resultTtlMs);
    return { kind: 'CLAIMED', lease: { redemptionId: known.id, owner } };
  }
  if (known.state === 'SENT' && leaseOver) {
    await finish(db, { vault, times }, known, ABANDONED);
    const row = (await redemptionRow(db, known.id)) ?? known;
    return { kind: 'DUPLICATE', redemption: await readRow(db, vault, row) };
  }
  if (known.outcome_until <= known.now) return { kind: 'CODE_USED' };
  return { kind: 'DUPLICATE', redemption: await readRow(db, vault, known) };
};

const ABANDONED = { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' } as const;

export const markSent = async (db: Transaction, { times }: RedemptionTools, lease: Lease): Promise<boolean> => {
  const marked = await db.all(
    `UPDATE redemptions SET state = 'SENT', lease_until = now_ms() + $3
     WHERE id = $1 AND owner = $2 AND state = 'CLAIMED' RETURNING id`,
    ...[lease.redemptionId, lease.owner, times.leaseMs],
  );
  return marked.length > 0;
};

export const release = async (db: Transaction, { redemptionId, owner }: Lease): Promise<void> => {
  const released = await db.all<RedemptionRow>(
    `DELETE FROM redemptions WHERE id = $1 AND owner = $2 AND state IN ('CLAIMED', 'SENT') RETURNING *`,
    ...[redemptionId, owner],
  );
  for (const row of released) await wake(db, row);
};

/** Ends a redemption that `mayEnd`; one that has ended already stays as it is. */
export const settle = async (
  db: Transaction,
  tools: RedemptionTools,
  id: string,
  outcome: Outcome,
  mayEnd: (row: RedemptionRow) => boolean,
): Promise<Redemption | undefined> => {
  const row = await lockedRow(db, id);
  if (!row) return undefined;
  if (mayEnd(row)) await finish(db, tools, row, outcome);
  const ended = await redemptionRow(db, id);
  return ended && readUnlessErased(db, tools.vault, ended);
};

const finish = async (db: Transaction, { vault, times }: RedemptionTools, row: RedemptionRow, outcome: Outcome) => {
  const failed = outcome.state === 'REJECTED' || outcome.state === 'INDETERMINATE';
  const place = { channelId: row.channel_id, appId: row.app_id };
  const identityId = outcome.state === 'SUCCEEDED' ? await upsertIdentity(db, vault, place, outcome.subject) : null;
  const answer = answerOf(outcome);
  await db.all(
    `UPDATE redemptions SET state = $2, identity_id = $3, answer_sealed = $4, failure_code = $5, upstream_code = $6,
       outcome_until = now_ms() + $7
     WHERE id = $1`,
    ...[row.id, outcome.state, identityId, answer === undefined ? null : sealAnswer(vault, row.id, answer)],
    ...[failed ? outcome.failureCode : null, (failed && outcome.upstreamCode) || null, times.resultTtlMs],
  );
  await extendSession(db, row.id, times.resultTtlMs);
  await wake(db, row);
};

const answerOf = (outcome: Outcome): string | undefined => {
  if (outcome.state === 'ANSWERED') return outcome.answer;
  return outcome.state === 'SUCCEEDED' && outcome.accessToken ? writeAccessToken(outcome.accessToken) : undefined;
};

/** In the words of the index redemptions_by_lease: without them SQLite does not see that it applies. */
const LEASED = "state IN ('CLAIMED', 'SENT')";

export const sweep = async (db: Transaction, tools: RedemptionTools): Promise<SweepReport> => {
  const released = await db.all<RedemptionRow>(
    `DELETE FROM redemptions WHERE ${LEASED} AND state = 'CLAIMED' AND lease_until <= now_ms() RETURNING *`,
  );
  for (const row of released) await wake(db, row);
  const abandoned = await db.all<RedemptionRow>(
    `SELECT * FROM redemptions WHERE ${LEASED} AND state = 'SENT' AND lease_until <= now_ms() FOR UPDATE`,
  );
  for (const row of abandoned) await finish(db, tools, row, ABANDONED);
  const purged = [
    await db.all('DELETE FROM sessions WHERE expires_at <= now_ms() RETURNING app_id'),
    await db.all(
      `UPDATE redemptions SET answer_sealed = NULL
       WHERE answer_sealed IS NOT NULL AND outcome_until <= now_ms() RETURNING id`,
    ),
    await db.all('DELETE FROM redemptions WHERE forget_at <= now_ms() RETURNING id'),
  ];
  return {
    released: released.length,
    abandoned: abandoned.length,
    purged: purged.reduce((sum, rows) => sum + rows.length, 0),
  };
};
