/** Deletes what has expired, in sweeps, and a payer on request. */
import { NOW } from './clock.ts';
import type { Transaction } from './engine/engine.ts';
import { identityTopic } from './identities.ts';
import { abandonOverdue, type RedemptionDeps, releaseOverdue } from './redemptions.ts';
import type { EraseReport, SweepReport } from './reports.ts';
import { announceOverdue } from './webhook-events.ts';

/** Rows of a kind in one transaction at most: so that no other call waits long, and no statement takes too long. */
const BATCH = 200;

/** How long after its time an event stays for the instance that sends it for the last time. */
const LEFT_BEHIND_MS = 3_600_000;

/** Ends a batch of one kind of row; returns how many. */
interface Chore {
  /** Undefined: what it does is no retention. */
  readonly counts?: keyof SweepReport;
  readonly run: (db: Transaction, deps: RedemptionDeps) => Promise<number>;
}

interface Expiry {
  readonly table: string;
  readonly key: string;
  /** The condition that a row has expired; `$2` is its retention. */
  readonly over: string;
  readonly oldest: string;
  readonly retentionMs?: (times: RedemptionDeps['times']) => number | undefined;
  /** The column that is cleared; absent: the row is deleted. */
  readonly scrub?: string;
  /** The topic that a row's deletion wakes, by its key. */
  readonly topicOf?: (key: string) => string;
}

const expiries: readonly Expiry[] = [
  {
    table: 'sessions',
    key: 'query_code_index',
    oldest: 'expires_at',
    // Until then its reader learns that it has expired; and the event of its end comes first.
    over: `expires_at <= ${NOW} - $2 AND webhook_due = 0`,
    retentionMs: ({ resultTtlMs }) => resultTtlMs,
  },
  {
    table: 'redemptions',
    key: 'id',
    oldest: 'outcome_until',
    scrub: 'answer_sealed',
    over: `answer_sealed IS NOT NULL AND outcome_until <= ${NOW}`,
  },
  { table: 'redemptions', key: 'id', over: `forget_at <= ${NOW}`, oldest: 'forget_at' },
  // Of an app that has no webhook any more: an instance that sends events ends them before.
  {
    table: 'webhook_events',
    key: 'id',
    over: `give_up_at <= ${NOW} - ${LEFT_BEHIND_MS}`,
    oldest: 'give_up_at',
  },
  { table: 'nonces', key: 'nonce_index', over: `forget_at <= ${NOW}`, oldest: 'forget_at' },
  {
    table: 'certifications',
    key: 'certify_id_index',
    oldest: 'started_at',
    // The instant is the database's, since it is shown: the row is deleted when its time is over by both clocks.
    over: `started_at <= ${NOW} - $2 AND started_at <= now_ms() - $2`,
    retentionMs: ({ certificationTtlMs }) => certificationTtlMs,
  },
  {
    table: 'identities',
    key: 'id',
    oldest: 'last_authenticated_at',
    // An identity outlives every outcome that shows it.
    over: `last_authenticated_at <= ${NOW} - $2 AND last_authenticated_at <= now_ms() - $2 AND NOT EXISTS
      (SELECT 1 FROM redemptions WHERE identity_id = identities.id AND outcome_until > ${NOW})`,
    retentionMs: ({ identityTtlMs }) => identityTtlMs,
    topicOf: identityTopic,
  },
];

const expire = ({ table, key, over, oldest, retentionMs, scrub, topicOf }: Expiry): Chore => {
  // The condition is repeated outside the subquery: PostgreSQL checks it again after it has waited for a row's lock.
  const sql = `${scrub ? `UPDATE ${table} SET ${scrub} = NULL` : `DELETE FROM ${table}`} WHERE ${key} IN
      (SELECT ${key} FROM ${table} WHERE ${over} ORDER BY ${oldest} LIMIT $1)
    AND ${over} RETURNING ${key} AS row_key`;
  return {
    counts: 'purged',
    async run(db, { times }) {
      const ms = retentionMs?.(times);
      if (retentionMs && ms === undefined) return 0;
      const rows = await db.all(sql, ms === undefined ? [BATCH] : [BATCH, ms]);
      if (topicOf) for (const { row_key } of rows) await db.wake(topicOf(String(row_key)));
      return rows.length;
    },
  };
};

const chores: readonly Chore[] = [
  { counts: 'released', run: (db) => releaseOverdue(db, BATCH) },
  { counts: 'abandoned', run: (db, deps) => abandonOverdue(db, deps, BATCH) },
  { run: (db) => announceOverdue(db, BATCH) },
  ...expiries.map(expire),
];

/** Undefined while another instance sweeps. */
const runChores = async (
  db: Transaction,
  deps: RedemptionDeps,
  pending: readonly Chore[],
): Promise<number[] | undefined> => {
  if (!(await db.tryLock('sweep'))) return undefined;
  // First, so that nothing is ended by a clock that has jumped.
  await deps.clock.tick(db);
  const rows: number[] = [];
  for (const { run } of pending) rows.push(await run(db, deps));
  return rows;
};

/** One transaction after the other, until none of them finds a whole batch. */
export const sweep = async (
  write: <T>(job: (db: Transaction) => Promise<T>) => Promise<T>,
  deps: RedemptionDeps,
): Promise<SweepReport> => {
  const report = { released: 0, abandoned: 0, purged: 0 };
  for (let pending = chores; pending.length > 0; ) {
    const rows = await write((db) => runChores(db, deps, pending));
    for (const [index, { counts }] of pending.entries()) if (counts) report[counts] += rows?.[index] ?? 0;
    pending = pending.filter((_, index) => rows?.[index] === BATCH);
  }
  return report;
};

/** Deletes a payer and what shows it. Part of one transaction. */
const erase = async (db: Transaction, identityId: string): Promise<EraseReport> => {
  // The payer's lock comes first: an outcome that is committed before it is found below, a later one finds no payer.
  await db.all('SELECT id FROM identities WHERE id = $1 FOR UPDATE', [identityId]);
  const tokens = await db.all(
    'UPDATE redemptions SET answer_sealed = NULL WHERE identity_id = $1 AND answer_sealed IS NOT NULL RETURNING state',
    [identityId],
  );
  // 0 instead of the present: for a transaction that began before this one, the present is still to come.
  const outcomes = await db.all(
    'UPDATE redemptions SET identity_id = NULL, outcome_until = 0 WHERE identity_id = $1 RETURNING state',
    [identityId],
  );
  const certifications = await db.all('DELETE FROM certifications WHERE identity_id = $1 RETURNING status', [
    identityId,
  ]);
  const identities = await db.all('DELETE FROM identities WHERE id = $1 RETURNING channel_id', [identityId]);
  await db.wake(identityTopic(identityId));
  return {
    identities: identities.length,
    certifications: certifications.length,
    outcomes: outcomes.length,
    tokens: tokens.length,
  };
};

/**
 * One erasure, however often it is run: a second run, after an indeterminate commit, that finds no payer returns the report of
 * the first.
 */
export const createErase = (identityId: string) => {
  let earlier: EraseReport | undefined;
  return async (db: Transaction, isIndeterminate: boolean): Promise<EraseReport> => {
    const report = await erase(db, identityId);
    if (isIndeterminate && earlier && report.identities === 0) return { ...earlier, indeterminate: true };
    earlier = report;
    return report;
  };
};
