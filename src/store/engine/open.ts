/** Opens, or migrates, the database that a configuration names: PostgreSQL or SQLite. */
import type { LookupFunction } from 'node:net';
import { join } from 'node:path';
import type { Log } from '../../lib/log.ts';
import type { Engine } from './engine.ts';
import type { Migration } from './migrate.ts';
import { openPostgres } from './postgres.ts';
import { connectPostgres } from './postgres-connection.ts';
import { migrateFile, openSqlite } from './sqlite.ts';
import { unusableFile } from './sqlite-failures.ts';

interface Named {
  /** A postgres:// address; absent: SQLite. */
  readonly store?: string | undefined;
  /** The same database, for the connection that listens. */
  readonly storeListenUrl?: string | undefined;
  readonly dataDir: string;
}

export const sqliteFile = (dataDir: string): string => join(dataDir, 'payer-identity.sqlite');
const sqliteIn = (dataDir: string) => ({ file: sqliteFile(dataDir), now: Date.now });

/** Names the file when it is the reason that it does not open. */
const atFile = <Result>(file: string, open: () => Result): Result => {
  try {
    return open();
  } catch (error) {
    throw unusableFile(file, error);
  }
};

export interface EngineOptions {
  /** True for the service, false for a command beside it. */
  readonly serve?: boolean;
  /** Looks up the database's host; absent: the system does. */
  readonly lookup?: LookupFunction | undefined;
}

/** The database that a configuration names. */
export const openEngine = async (
  { store, storeListenUrl, dataDir }: Named,
  log: Log,
  { serve = false, lookup }: EngineOptions = {},
): Promise<Engine> => {
  if (store !== undefined) return openPostgres({ url: store, listenUrl: storeListenUrl, log, lookup });
  const sqlite = sqliteIn(dataDir);
  return atFile(sqlite.file, () => openSqlite({ ...sqlite, log, serve }));
};

/** Brings that database up to this release, as opening it does. */
export const migrateDatabase = async ({ store, dataDir }: Named): Promise<Migration> => {
  const sqlite = sqliteIn(dataDir);
  if (store === undefined) return atFile(sqlite.file, () => migrateFile(sqlite));
  const { client, migration } = await connectPostgres(store);
  await client.end();
  return migration;
};
