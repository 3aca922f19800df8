/** Makes the folder that DATA_DIR names, which only this user can read, and names its files that cannot be used. */
import { accessSync, constants, existsSync, mkdirSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { ConfigError } from './faults.ts';

/** Those that are missing, from the outermost on. Node's recursive mkdir never ends below /proc (nodejs/node#31481). */
const missing = (folder: string): string[] =>
  existsSync(folder) || dirname(folder) === folder ? [] : [...missing(dirname(folder)), folder];

const reasonOf = (error: unknown): string => {
  const code = error instanceof Error && 'code' in error ? `${error.code}` : 'it cannot be made';
  const reasons: Readonly<Record<string, string>> = {
    EACCES: 'this user has no permission',
    EPERM: 'this user has no permission',
    EROFS: 'the file system is read-only',
    ENOTDIR: 'a part of it is a file',
    EEXIST: 'it is a file',
    EISDIR: 'it is a folder',
    ENOENT: 'that file system takes no folders',
    ENOSPC: 'the disk is full',
  };
  return reasons[code] ? `${reasons[code]} (${code})` : code;
};

/** What an operator sees of a file in that folder that cannot be read or written. */
export const fileFault = (path: string, error: unknown): ConfigError =>
  new ConfigError(
    `DATA_DIR has the file ${path}, which cannot be used: ${reasonOf(error)}. Let this user read and write it, or set DATA_DIR to another folder`,
    { cause: error },
  );

/** Throws ConfigError when no folder of that name can be made, or none that this user may write to. */
export const prepareDataDir = (dataDir: string): void => {
  const folder = resolve(dataDir);
  try {
    for (const each of missing(folder)) mkdirSync(each, { mode: 0o700 });
    // A file here: with the slash, its name is not a folder's.
    accessSync(`${folder}/`, constants.W_OK | constants.X_OK);
  } catch (error) {
    throw new ConfigError(
      `DATA_DIR names the folder ${folder}, which cannot be used: ${reasonOf(error)}. Set DATA_DIR to a folder that this user can write to`,
    );
  }
};
