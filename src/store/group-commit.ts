import type { DatabaseSync } from 'node:sqlite';

interface Job {
  run(): Promise<void>;
  committed(): void;
  failed(error: unknown): void;
}

/**
 * Runs write jobs one after the other, as many waiting ones in a transaction as there are: a commit costs one fsync,
 * so throughput grows with concurrency while every caller still waits for a commit of its own job.
 * A job that throws undoes itself alone.
 */
export const createGroupCommit = (db: DatabaseSync): (<T>(job: () => Promise<T>) => Promise<T>) => {
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
      begin();
      for (const job of batch) if (await runAlone(job)) done.push(job);
      commit();
    } catch (error) {
      if (db.isOpen && db.isTransaction) db.exec('ROLLBACK');
      for (const job of batch) job.failed(error);
      return;
    }
    for (const job of done) job.committed();
  };

  const run = async () => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      await runBatch(batch);
    }
    running = false;
  };

  return (job) =>
    new Promise((resolve, reject) => {
      let committed: () => void = () => {};
      waiting.push({
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
