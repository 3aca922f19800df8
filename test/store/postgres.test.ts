/** The contract of the store on PostgreSQL. */
import { afterAll, beforeAll } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import type { Vault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openPostgres } from '../../src/store/engine/postgres.ts';
import type { Store } from '../../src/store/store.ts';
import { contractTimes } from '../contract/store/fixtures.ts';
import { type OpenedStore, storeContract } from '../contract/store.ts';
import { startPostgres, type TestDatabase, type TestPostgres } from '../support/databases/postgres.ts';
import { createTestKeys } from '../support/services/keys.ts';
import { createTestTime } from '../support/store-model/time.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.close(), 120_000);

/** Empty again, for the next test: a database takes longer to create and to migrate than most tests take. */
const emptied: TestDatabase[] = [];

const empty = async (database: TestDatabase) => {
  const tables = await database.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations'",
  );
  await database.query(`TRUNCATE ${tables.map(({ name }) => name).join(', ')}`);
  await database.setClock({ offsetMs: 0 });
  // As the migration leaves it.
  await database.query('INSERT INTO store_clock VALUES (1, now_ms(), now_ms(), 0)');
  emptied.push(database);
};

const log = createLog('silent');

const openTemporary = async (times = contractTimes): Promise<OpenedStore> => {
  const database = emptied.pop() ?? (await server.createDatabase());
  const keys = createTestKeys();
  const vault = keys.open();
  const joined: Store[] = [];
  let offsetMs = 0;
  let isClosed = false;
  let current: Store | undefined;
  const time = createTestTime();
  const openStore = async (vault: Vault) => {
    const engine = await openPostgres({ url: database.url, log });
    return createStore(engine, { vault, times, clock: time.clockOf(engine) });
  };
  const start = async () => {
    current = await openStore(vault);
    return current;
  };
  const stop = async () => {
    for (const store of joined.splice(0)) await store.close();
    await current?.close();
    current = undefined;
  };
  return {
    keys,
    store: await start(),
    async join(vault) {
      const store = await openStore(vault);
      joined.push(store);
      return store;
    },
    query: <Row>(sql: string) => database.query(sql) as Promise<Row[]>,
    clock: {
      async advance(ms) {
        offsetMs += ms;
        await database.setClock({ offsetMs });
        await time.pass(ms);
      },
      jump(ms) {
        offsetMs += ms;
        return database.setClock({ offsetMs });
      },
    },
    async reopen() {
      await stop();
      return start();
    },
    dump: database.dump,
    async close() {
      await stop();
      if (isClosed) return;
      isClosed = true;
      await empty(database);
    },
  };
};

storeContract({ name: 'PostgreSQL', open: openTemporary });
