import { join } from 'node:path';
import type { Engine } from './engine.ts';
import { openSqlite } from './sqlite.ts';

/** The database that a configuration names, for the service and for the commands beside it. */
export const openEngine = async ({ dataDir }: { readonly dataDir: string }): Promise<Engine> =>
  openSqlite({ file: join(dataDir, 'payer-identity.sqlite'), now: Date.now });
