/** The states of a redemption, in SQL. Every function is part of one transaction. */
import type { Log, LogFields } from '../lib/log.ts';
import type { Vault } from '../security/vault.ts';
import { NOW, type StoreClock } from './clock.ts';
import { type Db, firstRow, type Transaction } from './engine/engine.ts';
import { identityRow, upsertIdentity } from './identities.ts';
import type { KeyCheck } from './key-check.ts';
import { hex, isPending, READ, type RedemptionRow, readRedemption, sealAnswer, writeAccessToken } from './rows.ts';
import { extendSession } from './sessions.ts';
import type { Lease, Outcome, Redemption, StoreTimes } from './store.ts';

export interface RedemptionDeps {
  readonly vault: Vault;
  readonly times: StoreTimes;
  readonly clock: StoreClock;
  readonly keys: KeyCheck;
  /** Hears of sends that were left behind: the line that their own calls would have had. */
  readonly log?: Log | undefined;
}

export const redemptionTopic = (id: string): string => `redemption ${id}`;
export const queryCodeTopic = (index: Uint8Array): string => `query code ${hex(index)}`;
const wake = async (db: Transaction, { id, query_code_index }: RedemptionRow): Promise<void> => {
  await db.wake(redemptionTopic(id));
  if (query_code_index) await db.wake(queryCodeTopic(query_code_index));
};

export const redemptionRow = (db: Db, id: string): Promise<RedemptionRow | undefined> =>
  firstRow(db.all<RedemptionRow>(`SELECT ${READ} FROM redemptions WHERE id = $1`, id));

const lockedRow = (db: Db, id: string): Promise<RedemptionRow | undefined> =>
  firstRow(db.all<RedemptionRow>(`SELECT ${READ} FROM redemptions WHERE id = $1 FOR UPDATE`, id));

export const readRow = async (db: Db, vault: Vault, row: RedemptionRow): Promise<Redemption> =>
  readRedemption(vault, row, await identityRow(db, row.identity_id));

/** Undefined when the payer whom the redemption showed was erased. */
const readExisting = async (db: Db, vault: Vault, row: RedemptionRow): Promise<Redemption | undefined> => {
  const identity = await identityRow(db, row.identity_id);
  return row.state === 'SUCCEEDED' && !identity ? undefined : readRedemption(vault, row, identity);
};

/** Undefined when there is nothing to tell any more. What is under way is read until it has ended. */
export const readUnexpired = async (db: Db, vault: Vault, row: RedemptionRow): Promise<Redemption | undefined> =>
  row.outcome_until > row.now || isPending(row) ? readExisting(db, vault, row) : undefined;

export const ABANDONED = { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' } as const;

/** `inDoubt`: an earlier run of this very call may have marked it. */
export const markSent = async (
  db: Transaction,
  { times }: RedemptionDeps,
  lease: Lease,
  inDoubt: boolean,
): Promise<boolean> => {
  const marked = await db.all(
    `UPDATE redemptions SET state = 'SENT', lease_until = ${NOW} + $3
     WHERE id = $1 AND owner = $2 AND state IN ('CLAIMED', $4) RETURNING id`,
    ...[lease.redemptionId, lease.owner, times.leaseMs, inDoubt ? 'SENT' : 'CLAIMED'],
  );
  return marked.length > 0;
};

export const release = async (db: Transaction, { redemptionId, owner }: Lease): Promise<boolean> => {
  const released = await db.all<RedemptionRow>(
    `DELETE FROM redemptions WHERE id = $1 AND owner = $2 AND state IN ('CLAIMED', 'SENT') RETURNING *`,
    ...[redemptionId, owner],
  );
  for (const row of released) await wake(db, row);
  return released.length > 0;
};

/** Ends a redemption that `mayEnd`; one that has ended already stays as it is. */
export const settle = async (
  db: Transaction,
  deps: RedemptionDeps,
  id: string,
  outcome: Outcome,
  mayEnd: (row: RedemptionRow) => boolean,
): Promise<Redemption | undefined> => {
  const row = await lockedRow(db, id);
  if (!row) return undefined;
  if (mayEnd(row)) await finish(db, deps, row, outcome);
  const ended = await redemptionRow(db, id);
  return ended && readExisting(db, deps.vault, ended);
};

export const finish = async (
  db: Transaction,
  { vault, times, log }: Pick<RedemptionDeps, 'vault' | 'times' | 'log'>,
  row: RedemptionRow,
  outcome: Outcome,
) => {
  if (outcome === ABANDONED) log?.warn('a send was left behind', lineOf(row));
  const failed = outcome.state === 'REJECTED' || outcome.state === 'INDETERMINATE';
  const place = { channelId: row.channel_id, appId: row.app_id };
  const identityId = outcome.state === 'SUCCEEDED' ? await upsertIdentity(db, vault, place, outcome.subject) : null;
  const answer = answerOf(outcome);
  await db.all(
    `UPDATE redemptions SET state = $2, identity_id = $3, answer_sealed = $4, failure_code = $5, upstream_code = $6,
       outcome_until = ${NOW} + $7
     WHERE id = $1`,
    ...[row.id, outcome.state, identityId, answer === undefined ? null : sealAnswer(vault, row.id, answer)],
    ...[failed ? outcome.failureCode : null, (failed && outcome.upstreamCode) || null, times.resultTtlMs],
  );
  await extendSession(db, row.id, times.resultTtlMs);
  await wake(db, row);
};

/** Callers are answered with the traceId of the call whose instance is gone, and which never wrote a line. */
const lineOf = ({ trace_id: traceId, app_id: appId, channel_id: channelId, source }: RedemptionRow): LogFields => ({
  ...{ traceId, appId, channelId, source },
  ...{ state: ABANDONED.state, code: ABANDONED.failureCode },
});

const answerOf = (outcome: Outcome): string | undefined => {
  if (outcome.state === 'ANSWERED') return outcome.answer;
  return outcome.state === 'SUCCEEDED' && outcome.accessToken ? writeAccessToken(outcome.accessToken) : undefined;
};

/** In the words of the index redemptions_by_lease: without them SQLite does not see that it applies. */
const overdue = (state: 'CLAIMED' | 'SENT') =>
  `state IN ('CLAIMED', 'SENT') AND state = '${state}' AND lease_until <= ${NOW}`;

/** Releases up to `limit` claims that were left behind; answers how many. */
export const releaseOverdue = async (db: Transaction, limit: number): Promise<number> => {
  const released = await db.all<RedemptionRow>(
    `DELETE FROM redemptions WHERE id IN
       (SELECT id FROM redemptions WHERE ${overdue('CLAIMED')} ORDER BY lease_until LIMIT $1)
     AND ${overdue('CLAIMED')} RETURNING *`,
    limit,
  );
  for (const row of released) await wake(db, row);
  return released.length;
};

/** Ends up to `limit` sends that were left behind; answers how many. */
export const abandonOverdue = async (db: Transaction, deps: RedemptionDeps, limit: number): Promise<number> => {
  const abandoned = await db.all<RedemptionRow>(
    `SELECT * FROM redemptions WHERE ${overdue('SENT')} ORDER BY lease_until LIMIT $1 FOR UPDATE`,
    limit,
  );
  for (const row of abandoned) await finish(db, deps, row, ABANDONED);
  return abandoned.length;
};
