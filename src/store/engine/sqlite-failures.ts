/** Classifies failures of SQLite. https://www.sqlite.org/rescode.html */
import { DatabaseUnavailable } from './engine.ts';

const BUSY = 5;
/** Results of the file, its lock or its disk, and not of a statement. */
const UNUSABLE: ReadonlyMap<number, string> = new Map([
  [BUSY, 'SQLITE_BUSY'],
  [6, 'SQLITE_LOCKED'],
  [7, 'SQLITE_NOMEM'],
  [8, 'SQLITE_READONLY'],
  [10, 'SQLITE_IOERR'],
  [11, 'SQLITE_CORRUPT'],
  [13, 'SQLITE_FULL'],
  [14, 'SQLITE_CANTOPEN'],
  [26, 'SQLITE_NOTADB'],
]);

/** The primary result code; node:sqlite returns the extended one. */
const resultOf = (error: unknown): number | undefined =>
  error instanceof Error && 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : undefined;

/** Another process holds the lock that is needed. */
export const isLocked = (error: unknown): boolean => resultOf(error) === BUSY;

/** An error of the file as DatabaseUnavailable, any other unchanged. */
export const orUnavailable = (error: unknown): unknown => {
  const code = UNUSABLE.get(resultOf(error) ?? 0);
  if (code === undefined || !(error instanceof Error)) return error;
  return new DatabaseUnavailable(`SQLite is not available: ${error.message}`, { code, cause: error });
};
