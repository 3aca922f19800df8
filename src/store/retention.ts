/** The end of what is kept: when its time is over, or when somebody asks. */
import { NOW } from './clock.ts';
import type { Transaction } from './engine/engine.ts';
import { abandonOverdue, type RedemptionDeps, releaseOverdue } from './redemptions.ts';
import type { EraseReport, SweepReport } from './reports.ts';

/** So many rows of a kind at most in a transaction: nobody waits long for it, and no statement takes too long. */
const BATCH = 200;

/** Ends a batch of one kind of row; answers how many. */
interface Chore {
  readonly counts: keyof SweepReport;
  readonly run: (db: Transaction, deps: RedemptionDeps) => Promise<number>;
}

interface Expiry {
  readonly table: string;
  readonly key: string;
  /** When a row's time is over; `$2` is how long it is kept. */
  readonly over: string;
  readonly oldest: string;
  readonly keptMs?: (times: RedemptionDeps['times']) => number | undefined;
  /** What goes of the row; absent: the row. */
  readonly scrub?: string;
}

const expiries: readonly Expiry[] = [
  { table: 'sessions', key: 'query_code_index', over: `expires_at <= ${NOW}`, oldest: 'expires_at' },
  {
    ...{ table: 'redemptions', key: 'id', oldest: 'outcome_until', scrub: 'answer_sealed' },
    over: `answer_sealed IS NOT NULL AND outcome_until <= ${NOW}`,
  },
  { table: 'redemptions', key: 'id', over: `forget_at <= ${NOW}`, oldest: 'forget_at' },
  { table: 'nonces', key: 'nonce_index', over: `forget_at <= ${NOW}`, oldest: 'forget_at' },
  {
    // Shown to people, such instants are the database's; a payer goes when its time is over by either clock.
    ...{ table: 'certifications', key: 'certify_id_index', oldest: 'started_at' },
    over: `started_at <= ${NOW} - $2 AND started_at <= now_ms() - $2`,
    keptMs: ({ certificationTtlMs }) => certificationTtlMs,
  },
  {
    ...{ table: 'identities', key: 'id', oldest: 'last_authenticated_at' },
    // An outcome that is still told goes before the payer whom it shows.
    over: `last_authenticated_at <= ${NOW} - $2 AND last_authenticated_at <= now_ms() - $2 AND NOT EXISTS
      (SELECT 1 FROM redemptions WHERE identity_id = identities.id AND outcome_until > ${NOW})`,
    keptMs: ({ identityTtlMs }) => identityTtlMs,
  },
];

const expire = ({ table, key, over, oldest, keptMs, scrub }: Expiry): Chore => {
  // The condition stands there once more for whoever has changed a row while this waited for it.
  const sql = `${scrub ? `UPDATE ${table} SET ${scrub} = NULL` : `DELETE FROM ${table}`} WHERE ${key} IN
      (SELECT ${key} FROM ${table} WHERE ${over} ORDER BY ${oldest} LIMIT $1)
    AND ${over} RETURNING 1`;
  return {
    counts: 'purged',
    async run(db, { times }) {
      if (!keptMs) return (await db.all(sql, BATCH)).length;
      const ms = keptMs(times);
      return ms === undefined ? 0 : (await db.all(sql, BATCH, ms)).length;
    },
  };
};

const chores: readonly Chore[] = [
  { counts: 'released', run: (db) => releaseOverdue(db, BATCH) },
  { counts: 'abandoned', run: (db, deps) => abandonOverdue(db, deps, BATCH) },
  ...expiries.map(expire),
];

/** Undefined while another instance is at it. */
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
    for (const [index, { counts }] of pending.entries()) report[counts] += rows?.[index] ?? 0;
    pending = pending.filter((_, index) => rows?.[index] === BATCH);
  }
  return report;
};

/** Part of one transaction. */
export const erase = async (db: Transaction, identityId: string): Promise<EraseReport> => {
  // First the payer, so that nobody authenticates it meanwhile; an outcome under way is seen below or finds it gone.
  await db.all('SELECT id FROM identities WHERE id = $1 FOR UPDATE', identityId);
  const tokens = await db.all(
    'UPDATE redemptions SET answer_sealed = NULL WHERE identity_id = $1 AND answer_sealed IS NOT NULL RETURNING state',
    identityId,
  );
  // 0 and not now: a transaction that began before this one must not take the outcome for one that is still told.
  const outcomes = await db.all(
    'UPDATE redemptions SET identity_id = NULL, outcome_until = 0 WHERE identity_id = $1 RETURNING state',
    identityId,
  );
  const certifications = await db.all('DELETE FROM certifications WHERE identity_id = $1 RETURNING status', identityId);
  const identities = await db.all('DELETE FROM identities WHERE id = $1 RETURNING channel_id', identityId);
  return {
    identities: identities.length,
    certifications: certifications.length,
    outcomes: outcomes.length,
    tokens: tokens.length,
  };
};
