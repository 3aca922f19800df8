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

/** What makes a file usable again, by its result; of the others, the name and the reason are all that is known. */
const REMEDIES: Readonly<Record<string, string>> = {
  SQLITE_READONLY: 'Let this user write to it and to its folder, or set DATA_DIR to another folder',
  SQLITE_CANTOPEN: 'Let this user write to it and to its folder, or set DATA_DIR to another folder',
  SQLITE_FULL: 'Make room on that disk, or set DATA_DIR to another folder',
  SQLITE_NOTADB: 'Put the backup in its place, or set DATA_DIR to another folder',
  SQLITE_CORRUPT: 'Put the backup in its place, or set DATA_DIR to another folder',
};

/** An error of the file, at the start, with its path and what to do; any other unchanged. */
export const unusableFile = (file: string, error: unknown): unknown => {
  const code = UNUSABLE.get(resultOf(error) ?? 0);
  if (code === undefined || !(error instanceof Error)) return error;
  const remedy = REMEDIES[code] ?? 'Set DATA_DIR to another folder, if that one cannot be used';
  return new DatabaseUnavailable(`The database ${file} cannot be used: ${error.message} (${code}). ${remedy}`, {
    code,
    cause: error,
  });
};
