import { join } from 'node:path';
import type { Log } from '../lib/log.ts';
import type { Engine } from './engine.ts';
import type { Migration } from './migrate.ts';
import { openPostgres } from './postgres.ts';
import { connectPostgres } from './postgres-connection.ts';
import { migrateFile, openSqlite } from './sqlite.ts';

interface Named {
  /** A postgres:// address; absent: SQLite. */
  readonly store?: string | undefined;
  /** The same database, for the connection that listens. */
  readonly storeListenUrl?: string | undefined;
  readonly dataDir: string;
}

const sqliteIn = (dataDir: string) => ({ file: join(dataDir, 'payer-identity.sqlite'), now: Date.now });

/** The database that a configuration names. `serve`: for the service, and not for a command beside it. */
export const openEngine = async (
  { store, storeListenUrl, dataDir }: Named,
  log: Log,
  serve = false,
): Promise<Engine> =>
  store === undefined
    ? openSqlite({ ...sqliteIn(dataDir), log, serve })
    : openPostgres({ url: store, listenUrl: storeListenUrl, log });

/** Brings that database up to this release, which opening it does as well. */
export const migrateDatabase = async ({ store, dataDir }: Named): Promise<Migration> => {
  if (store === undefined) return migrateFile(sqliteIn(dataDir));
  const { client, migration } = await connectPostgres(store);
  await client.end();
  return migration;
};
