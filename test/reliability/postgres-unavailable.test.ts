/** P6: a service whose PostgreSQL becomes unavailable reports it, sends nothing, and needs no restart afterwards. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import { generateVaultKeys } from '../../src/security/vault.ts';
import { startCuttingProxy } from '../support/databases/cutting-proxy.ts';
import { startPostgres } from '../support/databases/postgres.ts';
import { AUTHENTICATE } from '../support/services/service.ts';
import { openCrashService } from './crash-service.ts';

const times = { deadlineMs: 1_500, patienceMs: 500 };

const openProxied = async () => {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.close());
  const database = await postgres.createDatabase();
  onTestFinished(() => database.drop());
  const proxy = await startCuttingProxy(database.url);
  onTestFinished(() => proxy.close());
  const upstream = await startDaxpay({ apps: [{ appId: 'demo', secret: '123456' }] });
  onTestFinished(() => upstream.close());
  const service = openCrashService(upstream.origin, times, { store: proxy.url, keys: generateVaultKeys() });
  onTestFinished(() => service.close());
  await service.start();
  const authenticate = (authCode: string) =>
    service.ask(AUTHENTICATE, { input: { channelId: 'wechat_pay', authCode } });
  return { proxy, upstream, service, authenticate };
};

test('P6: without its store the service is not ready, sends nothing upstream, and recovers by itself', {
  timeout: 60_000,
}, async () => {
  const { proxy, upstream, service, authenticate } = await openProxied();
  expect(await service.readiness()).toBe(200);
  expect(await authenticate('test_ok_before')).toContain('"__typename":"PayerAuthenticated"');

  proxy.refuse(true);
  proxy.cutAll();
  // /readyz answers what it found at most a second ago.
  await expect.poll(() => service.readiness(), { timeout: 5_000 }).toBe(503);
  expect(await authenticate('test_ok_meanwhile')).toContain('"code":"SERVICE_UNAVAILABLE"');
  expect(upstream.ledger).toHaveLength(1);

  proxy.refuse(false);
  await expect.poll(() => service.readiness(), { timeout: 5_000 }).toBe(200);
  expect(await authenticate('test_ok_meanwhile')).toContain('"__typename":"PayerAuthenticated"');
  expect(await authenticate('test_ok_before')).toContain('"__typename":"PayerAuthenticated"');
  expect(upstream.ledger).toHaveLength(2);
});

test('P6: a duplicate that waits while the store becomes unavailable is answered OUTCOME_PENDING', {
  timeout: 60_000,
}, async () => {
  const { proxy, upstream, authenticate } = await openProxied();
  const first = authenticate('test_hang_1');
  while (upstream.ledger.length === 0) await delay(5);
  const duplicate = authenticate('test_hang_1');
  await delay(200);
  proxy.refuse(true);
  proxy.cutAll();
  expect(await duplicate).toContain('"code":"OUTCOME_PENDING"');
  proxy.refuse(false);
  expect(await first).toContain('"code":"OUTCOME_UNKNOWN"');
  expect(await authenticate('test_hang_1')).toContain('"code":"OUTCOME_UNKNOWN"');
  expect(upstream.ledger).toHaveLength(1);
});
