/** The contract of the store on PostgreSQL. */
import { afterAll, beforeAll } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import type { Vault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import type { Engine } from '../../src/store/engine/engine.ts';
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
afterAll(async () => {
  await Promise.all(emptied.flatMap(({ engines }) => engines.map((engine) => engine.close())));
  await server.close();
}, 120_000);

/** A database with the engines that tests have opened on it, whose connections are there. */
interface Opened {
  readonly database: TestDatabase;
  readonly engines: Engine[];
}

/** Empty again, for the next test: a database to create and a connection to open take longer than most tests do. */
const emptied: Opened[] = [];

const empty = async ({ database, engines }: Opened) => {
  const tables = await database.query<{ name: string }>(
    "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_migrations'",
  );
  await database.query(`TRUNCATE ${tables.map(({ name }) => name).join(', ')}`);
  await database.setClock({ offsetMs: 0 });
  // As the migration leaves it.
  await database.query('INSERT INTO store_clock VALUES (1, now_ms(), now_ms(), 0)');
  emptied.push({ database, engines });
};

const log = createLog('silent');

const openTemporary = async (times = contractTimes): Promise<OpenedStore> => {
  const opened = emptied.pop() ?? { database: await server.createDatabase(), engines: [] };
  const { database, engines } = opened;
  const keys = createTestKeys();
  const vault = keys.open();
  const joined: Store[] = [];
  let offsetMs = 0;
  /** At the end of a test its engines are left open for the next one. */
  let isEnding = false;
  let current: Store | undefined;
  const time = createTestTime();
  const openStore = async (vault: Vault) => {
    const engine = engines.pop() ?? (await openPostgres({ url: database.url, log }));
    const close = async () => (isEnding ? void engines.push(engine) : engine.close());
    return createStore({ ...engine, close }, { vault, times, clock: time.clockOf(engine) });
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
    stop,
    async reopen() {
      await stop();
      return start();
    },
    dump: database.dump,
    async close() {
      isEnding = true;
      await stop();
      await empty(opened);
    },
  };
};

storeContract({ name: 'PostgreSQL', open: openTemporary });
