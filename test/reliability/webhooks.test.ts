/** P2 of webhooks: a process dies with kill -9 before an event was sent, and before it was acknowledged: it is sent nevertheless. */
import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import type { Engine } from '../../src/store/engine/engine.ts';
import { openPostgres } from '../../src/store/engine/postgres.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import { contractTimes } from '../contract/store/fixtures.ts';
import { startPostgres } from '../support/databases/postgres.ts';
import { AUTHENTICATE } from '../support/services/service.ts';
import { acknowledge, startReceiver } from '../support/webhooks/receiver.ts';
import { type CrashService, openCrashService } from './crash-service.ts';

const SESSIONS = 8;
const times = { patienceMs: 250, resultTtlMs: 3_600_000 };
/** Longer than the lease of an event that is being sent. */
const AGAIN_MS = 60_000;
const key = { id: 'shop', algorithm: 'hmac-sha256' as const, key: randomBytes(32).toString('base64') };

interface Deployment {
  readonly services: readonly CrashService[];
  readonly openEngine: () => Promise<Engine>;
  readonly keys: ReturnType<typeof generateVaultKeys>;
}
type Deploy = (upstream: string, url: string) => Promise<Deployment>;

const onSqlite: Deploy = async (upstream, url) => {
  const keys = generateVaultKeys();
  const service = openCrashService(upstream, times, { keys }, { webhook: { url, key } });
  const openEngine = async () => {
    mkdirSync(dirname(service.file), { recursive: true });
    return openSqlite({ file: service.file, now: Date.now });
  };
  return { services: [service], openEngine, keys };
};

const onPostgres: Deploy = async (upstream, url) => {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.close());
  const database = await postgres.createDatabase();
  const shared = { store: database.url, keys: generateVaultKeys() };
  const services = [1, 2].map(() => openCrashService(upstream, times, shared, { webhook: { url, key } }));
  return {
    services,
    openEngine: () => openPostgres({ url: database.url, log: createLog('silent') }),
    keys: shared.keys,
  };
};

const queryCode = (number: number) => `query-code-number-${number}`;
const references = Array.from({ length: SESSIONS }, (_, number) => `order-${number}`);

/** Sessions that wait for a code, as startAuthentication opens them. */
const openSessions = async ({ openEngine, keys }: Deployment) => {
  const store = createStore(await openEngine(), { vault: openVault(keys), times: { ...contractTimes, ...times } });
  await store.ready();
  for (const [number, clientReferenceId] of references.entries()) {
    const place = { appId: 'demo', channelId: 'wechat_pay', clientReferenceId, announced: true };
    await store.openSession({ queryCode: queryCode(number), stateId: `state-${number}`, ...place });
  }
  await store.close();
};

const authenticateAll = ([service]: readonly CrashService[]) =>
  Promise.all(
    references.map(async (_, number) => {
      const input = { channelId: 'wechat_pay', authCode: `test_ok_payer-${number}`, queryCode: queryCode(number) };
      expect(await service?.ask(AUTHENTICATE, { input })).toContain('PayerAuthenticated');
    }),
  );

type Moment = 'before it was sent' | 'before it was acknowledged';

/** Which events the app has acknowledged after a process was killed at that moment, and the ids of each of them. */
const sentAfterKill = async (deploy: Deploy, when: Moment) => {
  const isSent = when === 'before it was acknowledged';
  const upstream = await startDaxpay({ apps: [{ appId: 'demo', secret: '123456' }] });
  onTestFinished(() => upstream.close());
  let isLost = true;
  const receiver = await startReceiver({ [key.id]: key }, (response, ...rest) => {
    // The event has arrived; its acknowledgement does not.
    if (!isLost) acknowledge(response, ...rest);
    else if (!isSent) response.destroy();
  });
  const deployment = await deploy(upstream.origin, receiver.url);
  const { services } = deployment;
  for (const service of services) onTestFinished(() => service.close());
  await openSessions(deployment);
  await services[0]?.start();
  await authenticateAll(services);
  if (isSent) await receiver.count(1);
  await services[0]?.kill();
  const before = receiver.received.length;
  isLost = false;

  await Promise.all(services.map((service) => service.start()));
  const acknowledged = () => new Set(receiver.received.slice(before).map(({ event }) => event.clientReferenceId));
  const giveUpAt = performance.now() + AGAIN_MS;
  while (acknowledged().size < SESSIONS && performance.now() < giveUpAt) await delay(100);
  const ids = new Map(receiver.received.map(({ event }) => [event.clientReferenceId, new Set<string>()]));
  for (const { event } of receiver.received) ids.get(event.clientReferenceId)?.add(event.id);
  return { acknowledged: [...acknowledged()].sort(), idsOfEach: [...ids.values()].map(({ size }) => size) };
};

// Both at once, since most of the time passes until a lease has ended.
test.each<[string, Deploy]>([
  ['one process on SQLite', onSqlite],
  ['two processes on one PostgreSQL', onPostgres],
])(
  'P2: %s: an event is sent to the app although a process is killed before it was sent, and before it was acknowledged',
  { timeout: 240_000 },
  async (_, deploy) => {
    const moments: Moment[] = ['before it was sent', 'before it was acknowledged'];
    const found = await Promise.all(moments.map((when) => sentAfterKill(deploy, when)));
    const each = { acknowledged: references, idsOfEach: references.map(() => 1) };
    expect(found).toEqual([each, each]);
  },
);
