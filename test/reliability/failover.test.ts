/**
 * P1 to P3: PostgreSQL fails over to its synchronous standby, under load of two instances that are not restarted: with
 * both hosts in the address, and with one address that leads to the standby before its promotion. FAILOVERS=<number>
 * makes the run longer.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openPostgres } from '../../src/store/engine/postgres.ts';
import { contractTimes } from '../contract/store/fixtures.ts';
import { startDatabaseProxy } from '../support/databases/database-proxy.ts';
import { type PostgresCluster, startCluster } from '../support/databases/postgres-cluster.ts';
import { account, openBooks, untilTerminal } from './crash-account.ts';
import { createRandom, type Load, startLoad } from './crash-load.ts';
import { type CrashService, openCrashService, startSlowProxy } from './crash-service.ts';

const FAILOVERS = Number(process.env.FAILOVERS ?? 1);
const RECOVERY_MS = 15_000;
const CLIENTS = 12;
const random = createRandom(20_261_125);

/** Shared by the tests, since its start takes seconds; each test begins with an empty database and a standby. */
let cluster: PostgresCluster;
let hasStandby = true;
const ensureStandby = async () => {
  if (!hasStandby) await cluster.addStandby();
  hasStandby = true;
};
beforeAll(async () => {
  cluster = await startCluster();
}, 60_000);
beforeEach(async () => {
  await ensureStandby();
  await cluster.query('DROP SCHEMA public CASCADE');
  await cluster.query('CREATE SCHEMA public');
}, 60_000);
afterAll(() => cluster.close(), 60_000);

/** Milliseconds until every instance has answered a call made after that moment with a success. */
const recovery = async (load: Load, services: readonly CrashService[], from: number): Promise<number> => {
  const first = (service: CrashService) =>
    load.calls.find((call) => call.service === service && call.askedAt > from && call.verdict === 'acknowledged');
  while (!services.every(first) && Date.now() - from < 2 * RECOVERY_MS) await delay(5);
  return Math.max(...services.map((service) => (first(service)?.answeredAt ?? Number.POSITIVE_INFINITY) - from));
};

/** Fails over FAILOVERS times under load; `failOver` kills the primary and resolves after the promotion. */
const run = async (store: string, failOver: () => Promise<void>) => {
  const upstream = await startDaxpay({ apps: [{ appId: 'demo', secret: '123456' }] });
  onTestFinished(() => upstream.close());
  const slow = await startSlowProxy(upstream.origin, () => random(2, 50));
  onTestFinished(() => slow.close());
  const shared = { store, keys: generateVaultKeys() };
  const times = { patienceMs: 1_000, resultTtlMs: 3_600_000 };
  const services = [openCrashService(slow.origin, times, shared), openCrashService(slow.origin, times, shared)];
  for (const service of services) onTestFinished(() => service.close());
  for (const service of services) await service.start();
  const giveUpMs = 60_000 + 30_000 * FAILOVERS;
  const load = startLoad({ services, random, clients: CLIENTS, minCodes: 0, giveUpMs });
  const recoveriesMs: number[] = [];
  for (let round = 0; round < FAILOVERS; round += 1) {
    await ensureStandby();
    await delay(random(600, 1_200));
    hasStandby = false;
    await failOver();
    recoveriesMs.push(await recovery(load, services, Date.now()));
  }
  const books = openBooks(cluster.query);
  const lastDeathAt = Date.now();
  const [terminalAfterMs] = await Promise.all([untilTerminal(books, lastDeathAt), load.finish()]);
  console.log(
    `${FAILOVERS} fail-overs; from the end of the promotion until both instances had answered with a success: ` +
      `${recoveriesMs.join(', ')} ms:`,
  );
  await account({ load, services, upstream, books, terminalAfterMs });
  expect(Math.max(...recoveriesMs)).toBeLessThanOrEqual(RECOVERY_MS);
  expect(load.acknowledged.size).toBeGreaterThan(10 * FAILOVERS);
};

const timeout = 120_000 + 40_000 * FAILOVERS;

test('P6: the service leaves a standby by itself when its address leads to the primary again', {
  timeout,
}, async () => {
  const proxy = await startDatabaseProxy(cluster.primaryUrl());
  onTestFinished(() => proxy.close());
  const engine = await openPostgres({ url: proxy.url, log: createLog('silent') });
  const vault = openVault(generateVaultKeys());
  const store = createStore(engine, { vault, times: contractTimes });
  onTestFinished(() => store.close());
  await store.ready();
  proxy.lead(cluster.standbyUrl());
  proxy.cutAll();
  const asked = Array.from({ length: 10 }, () => store.ready());
  for (const { status } of await Promise.allSettled(asked)) expect(status).toBe('rejected');
  // Connections to the standby still work: reused, they would lead to the standby for ever.
  proxy.lead(cluster.primaryUrl());
  await Promise.all(Array.from({ length: 10 }, () => store.ready()));
});

test(`P1–P3: ${FAILOVERS} fail-overs between two hosts of the address lose nothing and send nothing twice`, {
  timeout,
}, async () => {
  await run(cluster.url, async () => {
    await cluster.killPrimary();
    await delay(random(200, 1_000));
    await cluster.promote();
  });
});

test(`P1–P3: ${FAILOVERS} fail-overs of one address that leads to the standby first lose nothing and send nothing twice`, {
  timeout,
}, async () => {
  const proxy = await startDatabaseProxy(cluster.primaryUrl());
  onTestFinished(() => proxy.close());
  await run(proxy.url, async () => {
    const standbyUrl = cluster.standbyUrl();
    await cluster.killPrimary();
    proxy.lead(standbyUrl);
    proxy.cutAll();
    await delay(random(1_000, 2_000));
    await cluster.promote();
  });
});
