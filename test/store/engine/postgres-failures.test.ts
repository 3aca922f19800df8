/** Failures of a server and of the network: refused, lost and restored connections, and a COMMIT without an answer. */
import { readdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../../src/security/vault.ts';
import { createStore } from '../../../src/store/create-store.ts';
import { openPostgres } from '../../../src/store/engine/postgres.ts';
import type { Lease, Outcome } from '../../../src/store/model.ts';
import type { Store } from '../../../src/store/store.ts';
import { claimOf, contractTimes } from '../../contract/store/fixtures.ts';
import { type Cut, startCuttingProxy } from '../../support/databases/cutting-proxy.ts';
import { startPostgres, type TestDatabase, type TestPostgres } from '../../support/databases/postgres.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.close(), 30_000);

const log = createLog('silent');
const vault = openVault(generateVaultKeys());

const newDatabase = async (): Promise<TestDatabase> => {
  const database = await server.createDatabase();
  onTestFinished(() => database.drop());
  return database;
};
const openStore = async (url: string): Promise<Store> => {
  const store = createStore(await openPostgres({ url, log }), { vault, times: contractTimes });
  onTestFinished(() => store.close());
  return store;
};
const openProxied = async () => {
  const database = await newDatabase();
  const proxy = await startCuttingProxy(database.url);
  onTestFinished(() => proxy.close());
  return { database, proxy, store: await openStore(proxy.url), direct: await openStore(database.url) };
};

const place = { source: 'daxpay', upstreamAppId: 'upstream-app', appId: 'demo', channelId: 'ali_pay' };
const newClaim = (authCode: string) => claimOf({ ...place, authCode, caller: 'router', traceId: 'trace' });
const take = async (store: Store): Promise<Lease> => {
  const verdict = await store.claim(newClaim('code'));
  if (verdict.kind !== 'CLAIMED') throw new Error(`Expected CLAIMED, not ${verdict.kind}`);
  return verdict.lease;
};
const succeeded: Outcome = { state: 'SUCCEEDED', subject: { openId: 'o' }, accessToken: { value: 'token' } };

describe('a server that could lose what it has confirmed is refused', () => {
  test.each(['off', 'local', 'remote_write'])('P2: a server with synchronous_commit = %s is refused', async (value) => {
    const database = await newDatabase();
    const name = new URL(database.url).pathname.slice(1);
    await database.query(`ALTER DATABASE ${name} SET synchronous_commit = ${value}`);
    await expect(openPostgres({ url: database.url, log })).rejects.toThrow(
      `synchronous_commit = ${value}, so that it could lose what it has confirmed: set it to on`,
    );
    await database.query(`ALTER DATABASE ${name} SET synchronous_commit = on`);
    expect(await take(await openStore(database.url))).toBeDefined();
  });
});

describe('a start that cannot succeed says why, and repeats no password', () => {
  test('a start without a server names the reason, and no password', async () => {
    const opening = openPostgres({ url: 'postgres://user:the-password@127.0.0.1:1/database', log });
    await expect(opening).rejects.toThrow(
      'PostgreSQL, which store names, cannot be used: 127.0.0.1:1 refuses connections: start PostgreSQL there, or correct host and port (ECONNREFUSED)',
    );
    await expect(opening).rejects.not.toThrow(/the-password|user/);
  });

  test('a start whose host is not known names the host and the port that it has by default, and no password', async () => {
    const opening = openPostgres({ url: 'postgres://user:the-password@db.invalid/database', log });
    await expect(opening).rejects.toThrow(/db\.invalid:5432 (?:is not known|cannot be looked up)/);
    await expect(opening).rejects.not.toThrow(/the-password|user/);
  });

  test('a start without the database names the reason, and no password', async () => {
    const url = new URL((await newDatabase()).url);
    url.pathname = '/nowhere';
    await expect(openPostgres({ url: url.href, log })).rejects.toThrow(
      /cannot be used: database "nowhere" does not exist \(3D000\): create the database, or correct its name/,
    );
  });

  test('a start with a wrong password names the reason, and no password', async () => {
    const url = new URL((await newDatabase()).url);
    url.password = 'the-password';
    const opening = openPostgres({ url: url.href, log });
    await expect(opening).rejects.toThrow(
      /cannot be used: password authentication failed for user .* \(28P01\): correct user and password/,
    );
    await expect(opening).rejects.not.toThrow(/the-password/);
  });

  test('a start with TLS at a server without it names the reason, and no password', async () => {
    const { url } = await newDatabase();
    await expect(openPostgres({ url: `${url}?sslmode=verify-full`, log })).rejects.toThrow(
      /cannot be used: [\w.]+:\d+ offers no TLS: .* \(TLS_REFUSED\)/,
    );
  });

  test('a start with a file of TLS that is not there, or without the password, names what to write', async () => {
    const { url } = await newDatabase();
    await expect(openPostgres({ url: `${url}?sslrootcert=/nowhere/ca.crt`, log })).rejects.toThrow(
      /cannot be used: the file \/nowhere\/ca\.crt, which the address names, cannot be read \(ENOENT\): correct its path/,
    );
    const without = new URL(url);
    without.password = '';
    await expect(openPostgres({ url: without.href, log })).rejects.toThrow(
      /password.* \(28P01\): correct user and password/,
    );
  });

  test('a start for a role without a free connection names the reason, and no password', async () => {
    const { url, query } = await newDatabase();
    await query("CREATE ROLE crowded LOGIN CONNECTION LIMIT 0 PASSWORD 'the-password'");
    onTestFinished(async () => void (await query('DROP ROLE crowded')));
    const crowded = new URL(url);
    crowded.username = 'crowded';
    crowded.password = 'the-password';
    await expect(openPostgres({ url: crowded.href, log })).rejects.toThrow(
      /too many connections .*\(53300\): close other connections/,
    );
  });

  test('a start without a usable host names the reason of every host', async () => {
    const { host, username, password, pathname } = new URL((await newDatabase()).url);
    const url = `postgres://${username}:${password}@127.0.0.1:1,${host}${pathname}-not`;
    await expect(openPostgres({ url, log })).rejects.toThrow(
      new RegExp(
        `cannot be used: 127.0.0.1:1 refuses .*\\(ECONNREFUSED\\); ${host}: database .* does not exist \\(3D000\\)`,
      ),
    );
  });
});

describe('migrations', () => {
  const ledger = 'SELECT version, name, checksum FROM schema_migrations ORDER BY version';

  test('instances that start at once on an empty database migrate it once', async () => {
    const { url, query } = await newDatabase();
    const stores = await Promise.all(Array.from({ length: 5 }, () => openStore(url)));
    const files = readdirSync(new URL('../../../src/store/engine/migrations/postgres/', import.meta.url)).sort();
    expect((await query<{ name: string }>(ledger)).map(({ name }, index) => `000${index + 1}-${name}.sql`)).toEqual(
      files,
    );
    for (const store of stores) await store.ready();
  });

  test('a database of a newer release is refused, and not changed', async () => {
    const { url, query } = await newDatabase();
    await openStore(url);
    await query("INSERT INTO schema_migrations VALUES (9999, 'newer', '', 0)");
    const before = await query(ledger);
    await expect(openPostgres({ url, log })).rejects.toThrow(/schema 9999.*newer release/);
    expect(await query(ledger)).toEqual(before);
  });

  test('a database made by another text of a migration is refused', async () => {
    const { url, query } = await newDatabase();
    await openStore(url);
    await query("UPDATE schema_migrations SET checksum = 'another' WHERE version = 1");
    await expect(openPostgres({ url, log })).rejects.toThrow(/another migration 1 \(redemptions\)/);
  });
});

test("now_ms() is the database's clock in milliseconds, and stands still within a transaction", async () => {
  const { url, query } = await newDatabase();
  const engine = await openPostgres({ url, log });
  onTestFinished(() => engine.close());
  const instants = await engine.write(async (db) => {
    const [first] = await db.all('SELECT now_ms() AS now');
    await db.all('SELECT pg_sleep(0.02)');
    return [first?.now, (await db.all('SELECT now_ms() AS now'))[0]?.now];
  });
  expect(instants[0]).toBe(instants[1]);
  const [real] = await query<{ ms: number }>('SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS ms');
  expect(Math.abs(Number(instants[0]) - (real?.ms ?? 0))).toBeLessThan(5_000);
});

test('one instance sweeps at a time', async () => {
  const { url } = await newDatabase();
  const engines = [await openPostgres({ url, log }), await openPostgres({ url, log })] as const;
  onTestFinished(async () => {
    for (const engine of engines) await engine.close();
  });
  const alone = await engines[0].write(async (db) => {
    const first = await db.tryLock('sweep');
    const second = await engines[1].write((other) => other.tryLock('sweep'));
    return [first, second, await engines[1].write((other) => other.tryLock('something else'))];
  });
  expect(alone).toEqual([true, false, true]);
  expect(await engines[1].write((db) => db.tryLock('sweep'))).toBe(true);
});

describe.each<Cut>(['before the commit', 'after the commit'])('a connection that is lost %s', (cut) => {
  test('P11: a lost connection leaves a claim with its owner', async () => {
    const { proxy, store, direct } = await openProxied();
    proxy.cutNextCommit(cut);
    const lease = await take(store);
    expect(proxy.cuts()).toBe(1);
    expect(await direct.claim(newClaim('code'))).toMatchObject({
      kind: 'DUPLICATE',
      redemption: { id: lease.redemptionId, state: 'CLAIMED' },
    });
    expect(await store.markSent(lease)).toBe(true);
  });

  test('P1: a lost connection leaves markSent true for one call, and false for any other', async () => {
    const { proxy, store, direct } = await openProxied();
    const lease = await take(store);
    proxy.cutNextCommit(cut);
    expect(await store.markSent(lease)).toBe(true);
    expect(proxy.cuts()).toBe(1);
    expect(await store.markSent(lease)).toBe(false);
    expect(await direct.redemption(lease.redemptionId)).toMatchObject({ state: 'SENT' });
  });

  test('P4: a lost connection leaves one outcome, and settle returns it', async () => {
    const { database, proxy, store, direct } = await openProxied();
    const lease = await take(store);
    await store.markSent(lease);
    proxy.cutNextCommit(cut);
    const ended = await store.settle(lease, succeeded);
    expect(proxy.cuts()).toBe(1);
    expect(ended).toMatchObject({ state: 'SUCCEEDED', identity: { openId: 'o' }, accessToken: { value: 'token' } });
    expect(await direct.redemption(lease.redemptionId)).toEqual(ended);
    expect(await database.query('SELECT id FROM identities')).toHaveLength(1);
  });

  test('a lost connection leaves a payer erased, with the figures of the deletion', async () => {
    const { database, proxy, store } = await openProxied();
    const lease = await take(store);
    await store.markSent(lease);
    const ended = await store.settle(lease, succeeded);
    if (ended?.state !== 'SUCCEEDED') throw new Error('Expected SUCCEEDED');
    proxy.cutNextCommit(cut);
    const figures = { identities: 1, certifications: 0, outcomes: 1, tokens: 1 };
    const indeterminate = cut === 'after the commit' ? { indeterminate: true } : {};
    expect(await store.erase(ended.identity.id)).toEqual({ ...figures, ...indeterminate });
    expect(proxy.cuts()).toBe(1);
    expect(await database.query('SELECT id FROM identities')).toEqual([]);
    expect(await store.erase(ended.identity.id)).toMatchObject({ identities: 0, tokens: 0 });
  });

  test('a lost connection leaves a release done', async () => {
    const { proxy, store, direct } = await openProxied();
    const lease = await take(store);
    proxy.cutNextCommit(cut);
    await store.release(lease);
    expect(await direct.claim(newClaim('code'))).toMatchObject({ kind: 'CLAIMED' });
  });
});

describe('a server that is unavailable', () => {
  test('P6: an unavailable server makes claims and readiness fail at once, and both work again when it returns', async () => {
    const { proxy, store } = await openProxied();
    proxy.refuse(true);
    proxy.cutAll();
    await delay(20);
    const startedAt = performance.now();
    await expect(store.claim(newClaim('code'))).rejects.toThrow('PostgreSQL is not available');
    await expect(store.ready()).rejects.toThrow('PostgreSQL is not available');
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    proxy.refuse(false);
    expect(await take(store)).toBeDefined();
    await store.ready();
  });

  test('P5: an outcome waits for an unavailable server, and is stored', async () => {
    const { proxy, store } = await openProxied();
    const lease = await take(store);
    await store.markSent(lease);
    proxy.refuse(true);
    proxy.cutAll();
    const settling = store.settle(lease, succeeded);
    await delay(1_000);
    proxy.refuse(false);
    expect(await settling).toMatchObject({ state: 'SUCCEEDED' });
  });

  test('a server that returns wakes all readers, and notices arrive again', async () => {
    const { proxy, store, direct } = await openProxied();
    const lease = await take(store);
    await store.markSent(lease);
    const missed = store.watch({ redemptionId: lease.redemptionId });
    const later = store.watch({ queryCode: 'another' });
    onTestFinished(() => {
      missed.close();
      later.close();
    });
    proxy.refuse(true);
    proxy.cutAll();
    await delay(20);
    await direct.settle(lease, succeeded);
    const startedAt = performance.now();
    const woken = Promise.all([missed.changed(8_000), later.changed(8_000)]);
    proxy.refuse(false);
    await woken;
    expect(performance.now() - startedAt).toBeLessThan(6_000);

    const again = await direct.claim({ ...newClaim('other code'), session: { queryCode: 'another' } });
    if (again.kind !== 'CLAIMED') throw new Error('Expected CLAIMED');
    await direct.markSent(again.lease);
    const sleeping = later.changed(8_000);
    const settledAt = performance.now();
    await direct.settle(again.lease, succeeded);
    await sleeping;
    expect(performance.now() - settledAt).toBeLessThan(4_000);
  });
});
