/** A pooler between the service and PostgreSQL: the service works, its time limits hold, and the log reports what does not work. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../../src/security/vault.ts';
import { createStore } from '../../../src/store/create-store.ts';
import { openPostgres } from '../../../src/store/engine/postgres.ts';
import type { Store } from '../../../src/store/store.ts';
import { contractTimes, succeeded, testClaim } from '../../contract/store/fixtures.ts';
import { pgbouncer, startPgbouncer } from '../../support/databases/pgbouncer.ts';
import { startPooler } from '../../support/databases/pooler-proxy.ts';
import { startPostgres, type TestDatabase, type TestPostgres } from '../../support/databases/postgres.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.close(), 30_000);

type Mode = 'session' | 'transaction';
const LIMITS = ['statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'];
const DEAF = 'notices do not come through';
const vault = openVault(generateVaultKeys());
const newClaim = (authCode: string, queryCode?: string) => testClaim({ authCode, queryCode });

const openThrough = async (url: string, listenUrl?: string) => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const engine = await openPostgres({ url, listenUrl, log });
  const store = createStore(engine, { vault, times: contractTimes });
  onTestFinished(() => store.close());
  return { engine, store, lines };
};

/** From the commit at one instance until a reader at the other one is woken, in milliseconds. */
const wakeUp = async (reader: Store, writer: Store, name: string): Promise<number> => {
  const verdict = await writer.claim(newClaim(name, `query ${name}`));
  if (verdict.kind !== 'CLAIMED') throw new Error(`Expected CLAIMED, not ${verdict.kind}`);
  await writer.markSent(verdict.lease);
  const watch = reader.watch({ queryCode: `query ${name}` });
  onTestFinished(watch.close);
  const sleeping = watch.changed(1_500);
  const startedAt = performance.now();
  await writer.settle(verdict.lease, succeeded());
  await sleeping;
  return performance.now() - startedAt;
};

interface Pooler {
  readonly url: string;
  close(): Promise<void>;
}

const promises = (start: (database: TestDatabase, mode: Mode) => Promise<Pooler>) => {
  const open = async (mode: Mode) => {
    const database = await server.createDatabase();
    onTestFinished(() => database.drop());
    const pooler = await start(database, mode);
    onTestFinished(() => pooler.close());
    return { database, pooler };
  };

  test.each<Mode>(['session', 'transaction'])(
    'with pooling by %s the store is ready, and codes are redeemed',
    async (mode) => {
      const { pooler } = await open(mode);
      const { store } = await openThrough(pooler.url);
      await store.ready();
      const ended = await Promise.all(
        Array.from({ length: 20 }, async (_, index) => {
          const verdict = await store.claim(newClaim(`code ${index}`));
          if (verdict.kind !== 'CLAIMED' || !(await store.markSent(verdict.lease))) return verdict.kind;
          return (await store.settle(verdict.lease, succeeded()))?.state;
        }),
      );
      expect(ended).toEqual(ended.map(() => 'SUCCEEDED'));
    },
  );

  test.each<Mode>(['session', 'transaction'])(
    'with pooling by %s the time limits hold in every transaction',
    async (mode) => {
      const { pooler } = await open(mode);
      const { engine } = await openThrough(pooler.url);
      const sql = `SELECT ${LIMITS.map((name) => `current_setting('${name}') AS ${name}`)}`;
      const seen = await Promise.all(
        Array.from({ length: 10 }, () => [
          engine.write((db) => db.all(sql)),
          engine.read.all(sql),
          engine.poll.all(sql),
        ]).flat(),
      );
      const limits = { statement_timeout: '5s', lock_timeout: '2s', idle_in_transaction_session_timeout: '5s' };
      expect(seen).toEqual(seen.map(() => [limits]));
    },
  );

  test('with pooling by session another instance wakes readers at once', async () => {
    const { pooler } = await open('session');
    const [{ store, lines }, other] = [await openThrough(pooler.url), await openThrough(pooler.url)];
    expect(await wakeUp(store, other.store, 'code')).toBeLessThan(1_000);
    expect(lines.join('')).not.toContain(DEAF);
  });

  test('with pooling by transaction the log reports once that notices do not arrive, and no limit stays on a connection', async () => {
    const { database, pooler } = await open('transaction');
    const { engine, lines } = await openThrough(pooler.url);
    expect(lines.filter((line) => line.includes(DEAF))).toHaveLength(1);
    await Promise.all(Array.from({ length: 10 }, () => engine.write((db) => db.all('SELECT 1'))));
    const [fresh] = await database.query("SELECT current_setting('statement_timeout') AS it");
    const client = new (await import('pg')).default.Client({ connectionString: pooler.url });
    await client.connect();
    const { rows } = await client.query("SELECT current_setting('statement_timeout') AS it");
    await client.end();
    expect(rows).toEqual([fresh]);
  });

  test('with pooling by transaction and storeListenUrl another instance wakes readers at once', async () => {
    const { database, pooler } = await open('transaction');
    const reader = await openThrough(pooler.url, database.url);
    const writer = await openThrough(pooler.url, database.url);
    expect(await wakeUp(reader.store, writer.store, 'code')).toBeLessThan(1_000);
    expect(reader.lines.join('')).not.toContain(DEAF);
  });
};

describe('a pooler as PgBouncer is, in this test', () => {
  promises((database, mode) => startPooler(database.url, mode));

  test('the pooler of this test refuses the parameters that the store must not send at the start', async () => {
    const database = await server.createDatabase();
    onTestFinished(() => database.drop());
    const pooler = await startPooler(database.url, 'session');
    onTestFinished(() => pooler.close());
    const url = new URL(pooler.url);
    url.searchParams.set('options', '-c statement_timeout=5000');
    await expect(openThrough(url.href)).rejects.toThrow('unsupported startup parameter: options (08P01)');
    await openThrough(pooler.url);
    expect(pooler.refused).toEqual(['options']);
  });
});

describe.skipIf(pgbouncer === undefined)('PgBouncer itself, where PGBOUNCER or the PATH has it', () => {
  promises((database, mode) => startPgbouncer(database.url, mode));
});
