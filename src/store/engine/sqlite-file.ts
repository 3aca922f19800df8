/** Notices what other processes do to the file of a store: deleted, replaced, or served twice. */
import { type Stats, statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Log } from '../../lib/log.ts';
import { DatabaseUnavailable } from './engine.ts';
import { isLocked } from './sqlite-failures.ts';

/** In memory there is no file. */
const isFile = (file: string) => file !== ':memory:';

const find = (file: string): Stats | undefined => statSync(file, { throwIfNoEntry: false });

/** SQLite moves the log into the file every 4 MB, unless another process reads it all the time. */
const LONG_LOG_BYTES = 64 * 2 ** 20;

/**
 * Returns a check for before each transaction. It throws DatabaseUnavailable when a name no longer leads to the file that
 * was opened: commits to a deleted or replaced file would be lost at a restart.
 */
export const createFileCheck = (file: string, log: Log): (() => void) => {
  if (!isFile(file)) return () => undefined;
  const wal = `${file}-wal`;
  const opened = [file, wal, `${file}-shm`].map((name) => ({ name, ino: find(name)?.ino }));
  let reportedBytes = LONG_LOG_BYTES / 2;
  return () => {
    for (const { name, ino } of opened) {
      const current = find(name);
      if (current?.ino !== ino)
        throw new DatabaseUnavailable(
          `SQLite is not available: ${name} was ${current ? 'replaced' : 'deleted'} while it was in use`,
          { code: current ? 'FILE_REPLACED' : 'FILE_DELETED' },
        );
      if (name !== wal || !current || current.size < 2 * reportedBytes) continue;
      reportedBytes = current.size;
      log.warn('the log of the SQLite file grows, since another process reads it all the time', {
        count: current.size,
      });
    }
  };
};

const START_MS = 2_000;

/**
 * Locks the file for this process: two services on one file would not wake each other's readers. The lock is the
 * operating system's, on a separate file, so that commands beside the service can open the database.
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
