import { join } from 'node:path';
import type { Log } from '../lib/log.ts';
import type { Engine } from './engine.ts';
import { openPostgres } from './postgres.ts';
import { openSqlite } from './sqlite.ts';

interface Named {
  /** A postgres:// address; absent: SQLite. */
  readonly store?: string | undefined;
  readonly dataDir: string;
}

/** The database that a configuration names, for the service and for the commands beside it. */
export const openEngine = async ({ store, dataDir }: Named, log: Log): Promise<Engine> =>
  store === undefined
    ? openSqlite({ file: join(dataDir, 'payer-identity.sqlite'), now: Date.now })
    : openPostgres({ url: store, log });
