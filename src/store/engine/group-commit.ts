/** Shares one SQLite transaction, and so one fsync, among the write jobs that wait at the same time. */
import type { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { DatabaseOverloaded, type Urgency, urgencies } from './engine.ts';
import { isLocked } from './sqlite-failures.ts';

interface Job {
  readonly urgency: Urgency;
  readonly since: number;
  run(): Promise<void>;
  committed(): void;
  failed(error: unknown): void;
}

interface GroupCommitOptions {
  /** Called before each transaction; what it throws fails the jobs of that one. */
  readonly check?: () => void;
}

/** How long another process may hold the lock before the jobs that wait for it fail. */
const LOCKED_MS = 2_000;
const RETRY_MS = 10;
/** How long a job waits for the jobs before it; one that settles waits without a limit. */
const WAIT_MS = 3_000;
/** Jobs in one transaction; other work of this process waits for its end. */
const BATCH = 256;

/** Tries again while another process holds the lock. SQLite's own busy timeout would block this process meanwhile. */
export const whenUnlocked = async <T>(work: () => T | Promise<T>): Promise<T> => {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isLocked(error) || performance.now() - startedAt > LOCKED_MS) throw error;
      await delay(RETRY_MS);
    }
  }
};

/** Runs a batch of jobs in one transaction. A job that throws undoes itself alone. */
const createBatchRunner = (db: DatabaseSync, check: () => void) => {
  const statement = (sql: string) => {
    const prepared = db.prepare(sql);
    return () => void prepared.run();
  };
  const begin = statement('BEGIN IMMEDIATE');
  const commit = statement('COMMIT');
  const savepoint = statement('SAVEPOINT job');
  const release = statement('RELEASE job');
  const undo = statement('ROLLBACK TO job');

  /** Returns whether the job is to be committed. */
  const runAlone = async (job: Job): Promise<boolean> => {
    savepoint();
    try {
      await job.run();
      return true;
    } catch (error) {
      // A full disk may have ended the whole transaction; then every job of the batch fails, for this reason.
      if (!db.isTransaction) throw error;
      undo();
      job.failed(error);
      return false;
    } finally {
      if (db.isOpen && db.isTransaction) release();
    }
  };

  return async (batch: readonly Job[]): Promise<void> => {
    const done: Job[] = [];
    try {
      check();
      await whenUnlocked(begin);
      for (const job of batch) if (await runAlone(job)) done.push(job);
      commit();
    } catch (error) {
      if (db.isOpen && db.isTransaction) db.exec('ROLLBACK');
      for (const job of batch) job.failed(error);
      return;
    }
    for (const job of done) job.committed();
  };
};

/** The next batch, the most urgent jobs first, and the jobs after it. Refuses those that have waited too long. */
const takeBatch = (waiting: readonly Job[]): { readonly batch: Job[]; readonly rest: Job[] } => {
  const oldest = performance.now() - WAIT_MS;
  const isLate = ({ urgency, since }: Job) => urgency !== 'settle' && since < oldest;
  for (const job of waiting.filter(isLate))
    job.failed(new DatabaseOverloaded('More urgent calls need the database', { code: 'OVERLOADED' }));
  const inTime = waiting.filter((job) => !isLate(job));
  const ordered = urgencies.flatMap((urgency) => inTime.filter((job) => job.urgency === urgency));
  return { batch: ordered.slice(0, BATCH), rest: ordered.slice(BATCH) };
};

/**
 * Runs write jobs one after the other, many waiting ones in one transaction: throughput grows with concurrency, while
 * every caller still waits for the commit of its own job.
 */
export const createGroupCommit = (
  db: DatabaseSync,
  { check = () => undefined }: GroupCommitOptions = {},
): (<T>(job: () => Promise<T>, urgency?: Urgency) => Promise<T>) => {
  const runBatch = createBatchRunner(db, check);
  let waiting: Job[] = [];
  let running = false;

  const run = async () => {
    while (waiting.length > 0) {
      const { batch, rest } = takeBatch(waiting);
      waiting = rest;
      await runBatch(batch);
      // Between two transactions, the callers that were answered and all other work of this process have a turn.
      if (waiting.length > 0) await new Promise((resolve) => setImmediate(resolve));
    }
    running = false;
  };

  return (job, urgency = 'claim') =>
    new Promise((resolve, reject) => {
      let committed: () => void = () => {};
      waiting.push({
        urgency,
        since: performance.now(),
        run: async () => {
          const value = await job();
          committed = () => resolve(value);
        },
        committed: () => committed(),
        failed: reject,
      });
      if (running) return;
      running = true;
      // Jobs that arrive later in this turn of the event loop share the commit.
      setImmediate(run);
    });
};
