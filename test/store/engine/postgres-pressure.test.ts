/** Outcomes are stored while other calls use the whole database, while rows are locked, and after a failure. */
import { lookup } from 'node:dns';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../../src/security/vault.ts';
import { createStore } from '../../../src/store/create-store.ts';
import { DatabaseOverloaded } from '../../../src/store/engine/engine.ts';
import { openPostgres } from '../../../src/store/engine/postgres.ts';
import { createConnector } from '../../../src/store/engine/postgres-connection.ts';
import type { Lease } from '../../../src/store/model.ts';
import type { Store } from '../../../src/store/store.ts';
import { contractTimes, succeeded, testClaim } from '../../contract/store/fixtures.ts';
import { startDatabaseProxy } from '../../support/databases/database-proxy.ts';
import { startPostgres, type TestDatabase, type TestPostgres } from '../../support/databases/postgres.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.close(), 30_000);

const vault = openVault(generateVaultKeys());
const newClaim = (authCode: string) => testClaim({ authCode });
const send = async (store: Store, code: string): Promise<Lease> => {
  const verdict = await store.claim(newClaim(code));
  if (verdict.kind !== 'CLAIMED') throw new Error(`Expected CLAIMED, not ${verdict.kind}`);
  await store.markSent(verdict.lease);
  return verdict.lease;
};

const newDatabase = async (): Promise<TestDatabase> => {
  const database = await server.createDatabase();
  onTestFinished(() => database.drop());
  return database;
};
const openStore = async (url: string) => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const engine = await openPostgres({ url, log });
  const store = createStore(engine, { vault, times: contractTimes });
  onTestFinished(() => store.close());
  return { engine, store, lines };
};
const connect = async (url: string): Promise<pg.Client> => {
  const client = new pg.Client(url).on('error', () => undefined);
  await client.connect();
  onTestFinished(() => client.end().catch(() => undefined));
  return client;
};

describe('what was sent', () => {
  test('P5: an outcome is stored at once while claims, reads and polls use every place that they may have', async () => {
    const { engine, store } = await openStore((await newDatabase()).url);
    const leases = await Promise.all(Array.from({ length: 3 }, (_, index) => send(store, `code ${index}`)));
    const slow = (urgency: 'claim' | 'poll') =>
      engine.write((db) => db.all('SELECT pg_sleep(4)'), urgency).catch((error: unknown) => error);
    const others = Array.from({ length: 40 }, (_, index) => slow(index % 2 === 0 ? 'claim' : 'poll'));
    await delay(200);
    const startedAt = performance.now();
    const ended = await Promise.all(leases.map((lease) => store.settle(lease, succeeded())));
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    expect(ended).toMatchObject(ended.map(() => ({ state: 'SUCCEEDED' })));
    await delay(1_500);
    const refusedAt = performance.now();
    await expect(store.claim(newClaim('new'))).rejects.toThrow(DatabaseOverloaded);
    expect(performance.now() - refusedAt).toBeLessThan(500);
    await Promise.all(others);
  });

  test('P5: an outcome is stored although its row is locked for seven seconds', async () => {
    const { url } = await newDatabase();
    const { store } = await openStore(url);
    const lease = await send(store, 'code');
    const other = await connect(url);
    await other.query('BEGIN');
    await other.query('SELECT id FROM redemptions FOR UPDATE');
    const settling = store.settle(lease, succeeded());
    await delay(7_000);
    await other.query('ROLLBACK');
    expect(await settling).toMatchObject({ state: 'SUCCEEDED' });
  });

  test('P5: an outcome is stored after seven seconds without an answer of the server, and reads work again', {
    timeout: 40_000,
  }, async () => {
    const { url } = await newDatabase();
    const proxy = await startDatabaseProxy(url);
    onTestFinished(() => proxy.close());
    const { store, lines } = await openStore(proxy.url);
    const lease = await send(store, 'code');
    proxy.mute(true);
    const settling = store.settle(lease, succeeded());
    await delay(7_000);
    proxy.mute(false);
    expect(await settling).toMatchObject({ state: 'SUCCEEDED' });
    expect(await store.redemption(lease.redemptionId)).toMatchObject({ state: 'SUCCEEDED' });
    expect(lines.join('')).toMatch(/the database is not available/);
  });
});

describe('a server that stops taking writes', () => {
  test('P6: a server that refuses writes is reported once with its SQLSTATE, and used again without a restart', async () => {
    const { url, query } = await newDatabase();
    const { store, lines } = await openStore(url);
    const name = new URL(url).pathname.slice(1);
    const lease = await send(store, 'code');
    await query(`ALTER DATABASE ${name} SET default_transaction_read_only = on`);
    await query(`SELECT pg_terminate_backend(pid) FROM pg_stat_activity
      WHERE datname = '${name}' AND application_name = 'payer-identity'`);
    await expect(store.claim(newClaim('new'))).rejects.toThrow('default_transaction_read_only = on');
    const settling = store.settle(lease, succeeded());
    await delay(500);
    const owner = await connect(url);
    await owner.query('SET default_transaction_read_only = off');
    await owner.query(`ALTER DATABASE ${name} SET default_transaction_read_only = off`);
    expect(await settling).toMatchObject({ state: 'SUCCEEDED' });
    await store.ready();
    expect(lines.filter((line) => line.includes('is not available') && line.includes('"code":"25006"'))).toHaveLength(
      1,
    );
    expect(lines.filter((line) => line.includes('is available again')).length).toBeGreaterThan(0);
  });

  test('a connection to a server that refuses writes is discarded at the first refused write', async () => {
    const { url } = await newDatabase();
    const { engine } = await openStore(url);
    const setReadOnly = (value: string) =>
      engine.write((db) => db.all(`SELECT set_config('default_transaction_read_only', '${value}', false)`));
    await setReadOnly('on');
    const write = () => engine.write((db) => db.all("DELETE FROM redemptions WHERE id = 'none'"));
    expect(await write()).toEqual([]);
  });
});

test('the host of an address is looked up with the given look-up', async () => {
  const { url } = await newDatabase();
  const named = new URL(url);
  named.hostname = 'database.test';
  const asked: string[] = [];
  const connector = createConnector(named.href, (host, options, callback) => {
    asked.push(host);
    lookup('127.0.0.1', options, callback);
  });
  const client = await connector();
  onTestFinished(() => client.end());
  expect((await client.query('SELECT 1 AS one')).rows).toEqual([{ one: 1 }]);
  expect(asked).toEqual(['database.test']);
});
