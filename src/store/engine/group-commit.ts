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
const LOOK_AGAIN_MS = 10;
/** How long a job waits for the jobs before it; what settles waits until it is done. */
const WAIT_MS = 3_000;
/** Jobs in one transaction: nothing else runs in this process meanwhile. */
const BATCH = 256;

/** Tries again while another process holds the lock, and lets this one work meanwhile: SQLite itself would stop it. */
export const whenUnlocked = async <T>(work: () => T | Promise<T>): Promise<T> => {
  const startedAt = performance.now();
  for (;;) {
    try {
      return await work();
    } catch (error) {
      if (!isLocked(error) || performance.now() - startedAt > LOCKED_MS) throw error;
      await delay(LOOK_AGAIN_MS);
    }
  }
};

/**
 * Runs write jobs one after the other, many waiting ones in one transaction: a commit costs one fsync, so throughput
 * grows with concurrency while every caller still waits for a commit of its own job. The most urgent ones come first.
 * A job that throws undoes itself alone.
 */
export const createGroupCommit = (
  db: DatabaseSync,
  { check }: GroupCommitOptions = {},
): (<T>(job: () => Promise<T>, urgency?: Urgency) => Promise<T>) => {
  const statement = (sql: string) => {
    const prepared = db.prepare(sql);
    return () => void prepared.run();
  };
  const begin = statement('BEGIN IMMEDIATE');
  const commit = statement('COMMIT');
  const savepoint = statement('SAVEPOINT job');
  const release = statement('RELEASE job');
  const undo = statement('ROLLBACK TO job');
  let waiting: Job[] = [];
  let running = false;

  /** Whether the job is to be committed. */
  const runAlone = async (job: Job): Promise<boolean> => {
    savepoint();
    try {
      await job.run();
      return true;
    } catch (error) {
      // A full disk may have ended the whole transaction; then every job of the batch is undone, for this reason.
      if (!db.isTransaction) throw error;
      undo();
      job.failed(error);
      return false;
    } finally {
      if (db.isOpen && db.isTransaction) release();
    }
  };

  const runBatch = async (batch: readonly Job[]): Promise<void> => {
    const done: Job[] = [];
    try {
      check?.();
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

  /** Takes the next jobs out of the queue, the most urgent ones first, and refuses those that have waited for too long. */
  const nextBatch = (): Job[] => {
    const tooOld = performance.now() - WAIT_MS;
    const isLate = ({ urgency, since }: Job) => urgency !== 'settle' && since < tooOld;
    for (const job of waiting.filter(isLate))
      job.failed(new DatabaseOverloaded('More urgent calls need the database', { code: 'OVERLOADED' }));
    const inTime = waiting.filter((job) => !isLate(job));
    const ordered = urgencies.flatMap((urgency) => inTime.filter((job) => job.urgency === urgency));
    waiting = ordered.slice(BATCH);
    return ordered.slice(0, BATCH);
  };

  const run = async () => {
    while (waiting.length > 0) {
      await runBatch(nextBatch());
      // Whoever was answered, and everyone else, has a turn between two transactions.
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
      // Later in this turn of the event loop more jobs may come: they share the commit.
      setImmediate(run);
    });
};
