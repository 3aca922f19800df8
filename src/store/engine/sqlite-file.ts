/** What other processes may do to the file of a store, which the connections to it would not notice. */
import { type Stats, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Log } from '../../lib/log.ts';
import { DatabaseUnavailable } from './engine.ts';
import { isLocked } from './sqlite-failures.ts';

/** In memory there is no file. */
const isFile = (file: string) => file !== ':memory:';

const find = (file: string): Stats | undefined => statSync(file, { throwIfNoEntry: false });

/** SQLite moves the log into the file every 4 MB, unless another process keeps on reading from it. */
const LONG_LOG_BYTES = 64 * 2 ** 20;

/**
 * Makes a check, for before each transaction, that the names still lead to the files which were opened: what is
 * committed to a file that was deleted or replaced would be gone after a restart. Throws DatabaseUnavailable.
 */
export const createFileCheck = (file: string, log: Log): (() => void) => {
  if (!isFile(file)) return () => undefined;
  const wal = `${file}-wal`;
  const opened = [file, wal, `${file}-shm`].map((name) => ({ name, ino: find(name)?.ino }));
  let reportedBytes = LONG_LOG_BYTES / 2;
  return () => {
    for (const { name, ino } of opened) {
      const found = find(name);
      if (found?.ino !== ino)
        throw new DatabaseUnavailable(
          `SQLite is not available: ${name} was ${found ? 'replaced' : 'deleted'} while it was in use`,
          { code: found ? 'FILE_REPLACED' : 'FILE_DELETED' },
        );
      if (name !== wal || !found || found.size < 2 * reportedBytes) continue;
      reportedBytes = found.size;
      log.warn('the log of the SQLite file grows, since another process keeps on reading it', { count: found.size });
    }
  };
};

const START_MS = 2_000;

/**
 * Takes the file for this process, until that ends: two that serve it would not wake each other's readers. The lock is
 * the operating system's, on a file of its own, so that commands beside the service can open the database.
 */
export const takeFile = (file: string): (() => void) => {
  if (!isFile(file)) return () => undefined;
  const lock = new DatabaseSync(`${file}.lock`, { timeout: START_MS });
  try {
    lock.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    lock.close();
    if (!isLocked(error)) throw error;
    throw new Error(
      `${file} is served by another process. One process at a time serves a SQLite file; several share a PostgreSQL, which store names`,
      { cause: error },
    );
  }
  return () => lock.close();
};
