import type { DatabaseSync } from 'node:sqlite';

interface Job {
  run(): void;
  committed(): void;
  failed(error: unknown): void;
}

/**
 * Runs write jobs in transactions, as many waiting jobs in one as there are: a commit costs one fsync,
 * so throughput grows with concurrency while every caller still waits for a commit of its own job.
 * A job that throws undoes itself alone.
 */
export const createGroupCommit = (db: DatabaseSync): (<T>(job: () => T) => Promise<T>) => {
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

  const runAlone = (job: Job): Job | undefined => {
    savepoint();
    try {
      job.run();
      return job;
    } catch (error) {
      // A full disk may have ended the whole transaction already; then this throws and the batch fails.
      undo();
      job.failed(error);
      return undefined;
    } finally {
      if (db.isTransaction) release();
    }
  };

  const flush = () => {
    const batch = waiting;
    waiting = [];
    const done: Job[] = [];
    try {
      begin();
      for (const job of batch) {
        const kept = runAlone(job);
        if (kept) done.push(kept);
      }
      commit();
    } catch (error) {
      if (db.isTransaction) db.exec('ROLLBACK');
      for (const job of batch) job.failed(error);
      return;
    }
    for (const job of done) job.committed();
  };

  return (job) =>
    new Promise((resolve, reject) => {
      let committed: () => void = () => {};
      waiting.push({
        run: () => {
          const value = job();
          committed = () => resolve(value);
        },
        committed: () => committed(),
        failed: reject,
      });
      if (waiting.length === 1) setImmediate(flush);
    });
};
