/** Webhooks over real HTTP: signed, sent until they are acknowledged, and each app apart from the others. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { z } from 'zod';
import { verifyWebhook } from '../../examples/webhook.ts';
import { startWebhooks, webhookConfig } from '../../src/identity/webhooks.ts';
import { createLog } from '../../src/lib/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { contractTimes, succeeded, testClaim, times } from '../contract/store/fixtures.ts';
import { completeSource } from '../support/services/complete-source.ts';
import { startService } from '../support/services/service.ts';
import { type Answer, acknowledge, path, type Received, startReceiver } from '../support/webhooks/receiver.ts';

const secret = randomBytes(32).toString('base64');
const pair = generateKeyPairSync('ed25519');
const pem = pair.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const publicPem = pair.publicKey.export({ format: 'pem', type: 'spki' }).toString();
const hmac = { id: 'shared', algorithm: 'hmac-sha256' as const, key: secret };
const ed25519 = { id: 'shop', algorithm: 'ed25519' as const, key: pem };
const keys = { shared: hmac, shop: { algorithm: 'ed25519' as const, key: publicPem } };

const openStore = () => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-webhooks-'));
  const engine = openSqlite({ file: join(folder, 'store.sqlite'), now: Date.now });
  const store = createStore(engine, { vault: openVault(generateVaultKeys()), times: contractTimes });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return store;
};

let sessions = 0;
/** Ends sessions of an app, and returns their references. */
const endSessions = (store: Store, count: number, appId = 'demo'): Promise<string[]> =>
  times(count, async () => {
    sessions += 1;
    const number = sessions;
    const [queryCode, reference] = [`query-code-secret-${number}`, `order-${number}`];
    const place = { appId, channelId: 'wechat_pay' };
    const announced = { clientReferenceId: reference, announced: true };
    await store.openSession({ queryCode, stateId: `state-secret-${number}`, ...place, ...announced });
    const claim = testClaim({ authCode: `code-${number}`, queryCode, ...place });
    const verdict = await store.claim(claim);
    if (verdict.kind !== 'CLAIMED') throw new Error(verdict.kind);
    await store.markSent(verdict.lease);
    await store.settle(verdict.lease, succeeded({ openId: `open-secret-${number}` }));
    return reference;
  });

interface Options {
  readonly apps?: readonly { id: string; url: string; key?: z.input<typeof webhookConfig>['key'] }[];
  readonly pauseMs?: number;
}

const start = (store: Store, { apps = [], pauseMs = 1 }: Options) => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const metrics = createMetrics();
  const webhooks = startWebhooks({
    apps: apps.map(({ id, url, key = hmac }) => ({ id, webhook: webhookConfig.parse({ url, key }) })),
    ...{ store, log, metrics, now: Date.now },
    times: { leaseMs: 15_000, pollMs: 50, pauseAfter: () => pauseMs, backlogMs: 50 },
  });
  onTestFinished(() => webhooks.stop());
  const counted = async () => {
    const { values } = await metrics.webhooks.get();
    return Object.fromEntries(values.flatMap(({ labels, value }) => (value > 0 ? [[labels.result, value]] : [])));
  };
  const waiting = async () => {
    const [count, oldest] = await Promise.all([metrics.webhookBacklog.get(), metrics.webhookOldest.get()]);
    return [count.values[0]?.value, oldest.values[0]?.value];
  };
  return { webhooks, lines, counted, waiting };
};

const referencesOf = (received: readonly Received[]) => received.map(({ event }) => event?.clientReferenceId);

test.each([
  ['HMAC-SHA256', hmac],
  ['Ed25519', ed25519],
])('an app gets one event of a session, signed by %s, as docs/webhooks.md verifies it', async (_, key) => {
  const store = openStore();
  const receiver = await startReceiver(keys);
  const { webhooks, counted } = start(store, { apps: [{ id: 'demo', url: receiver.url, key }] });
  const [reference] = await endSessions(store, 1);
  await receiver.count(1);
  await webhooks.stop();
  expect(receiver.received).toHaveLength(1);
  expect(receiver.received[0]).toMatchObject({ path, headers: { 'content-type': 'application/json' } });
  expect(receiver.received[0]?.event).toEqual({
    id: expect.stringMatching(/^evt_/),
    type: 'payer.authentication',
    appId: 'demo',
    clientReferenceId: reference,
    status: 'SUCCEEDED',
    occurredAt: expect.stringMatching(/^\d{4}-.*Z$/),
    expiresAt: expect.stringMatching(/^\d{4}-.*Z$/),
  });
  expect(JSON.stringify(receiver.received[0])).not.toContain('secret');
  expect(await counted()).toEqual({ acknowledged: 1 });
});

test('the verification of docs/webhooks.md refuses a request that differs in anything that is signed', async () => {
  const store = openStore();
  const receiver = await startReceiver(keys);
  start(store, { apps: [{ id: 'demo', url: receiver.url }] });
  await endSessions(store, 1);
  await receiver.count(1);
  const [one] = receiver.received;
  if (!one) throw new Error('Nothing was received');
  const { headers, body } = one;
  const as = { url: receiver.url, keys };
  const refused = (changes: object, receiving: object = {}, now = Date.now()) =>
    expect(() => verifyWebhook({ headers: { ...headers, ...changes }, body }, { ...as, ...receiving }, now)).toThrow();
  expect(verifyWebhook({ headers, body }, as)).toMatchObject({ status: 'SUCCEEDED' });
  const input = `${headers['signature-input']}`;
  refused({ 'content-type': 'text/plain' });
  refused({ 'content-digest': `sha-256=:${randomBytes(32).toString('base64')}:` });
  refused({ signature: `sig=:${randomBytes(32).toString('base64')}:` });
  refused({ signature: undefined });
  refused({ 'signature-input': undefined });
  refused({ 'signature-input': input.replace(/created=\d/, 'created=2') });
  refused({ 'signature-input': input.replace('"content-digest")', '"content-digest" "host")') });
  refused({ 'signature-input': input.replace(' "content-digest"', '') });
  refused({ 'signature-input': input.replace('shared', 'other') });
  refused({ 'signature-input': input.replace('alg="hmac-sha256"', 'alg="ed25519"') });
  refused({}, { url: `${receiver.url}&other` });
  refused({}, { keys: { shared: { ...hmac, key: randomBytes(32).toString('base64') } } });
  refused({}, {}, Date.now() + 301_000);
  refused({}, {}, Date.now() - 301_000);
  expect(() => verifyWebhook({ headers, body: Buffer.concat([body, Buffer.of(32)]) }, as)).toThrow();
});

test('docs/webhooks.md shows the example that these tests run', () => {
  const read = (name: string) => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
  expect(read('docs/webhooks.md')).toContain(`\`\`\`ts\n${read('examples/webhook.ts')}\`\`\``);
});

test.each<[string, Answer]>([
  ['500', (response) => void response.writeHead(500).end()],
  ['a redirect, which is not followed', (response) => void response.writeHead(307, { location: '/elsewhere' }).end()],
  ['a reply of more than 16 KiB', (response) => void response.writeHead(200).end('x'.repeat(20_000))],
  ['a reply that never ends', (response) => void response.writeHead(200).write('x')],
  ['a connection that is reset', (response) => void response.destroy()],
  ['no HTTP', (response) => void response.socket?.end('hello\r\n\r\n')],
])('an event that is answered with %s is sent again, under its id and with a new nonce', async (_, fault) => {
  const store = openStore();
  const receiver = await startReceiver(keys, (...of) => (of[2] < 2 ? fault : acknowledge)(...of));
  const { counted, lines } = start(store, { apps: [{ id: 'demo', url: receiver.url }] });
  await endSessions(store, 1);
  await receiver.count(3);
  await vi.waitFor(async () => expect(await counted()).toEqual({ failed: 2, acknowledged: 1 }));
  expect(new Set(receiver.received.map(({ event }) => event.id)).size).toBe(1);
  expect(new Set(receiver.received.map(({ headers }) => headers.signature)).size).toBe(3);
  expect(receiver.received.every((one) => one.path === path)).toBe(true);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({
    msg: 'a webhook event was not acknowledged',
    appId: 'demo',
    count: 1,
  });
});

test('the metrics show how many events wait and for how long, until the app answers again', async () => {
  const store = openStore();
  let isDown = true;
  const answer: Answer = (response, ...of) =>
    isDown ? void response.writeHead(503).end() : acknowledge(response, ...of);
  const receiver = await startReceiver(keys, answer);
  await endSessions(store, 7);
  const { waiting } = start(store, { apps: [{ id: 'demo', url: receiver.url }], pauseMs: 100 });
  await receiver.count(7);
  const wait = expect.poll(waiting, { timeout: 5_000 });
  await wait.toEqual([7, expect.toSatisfy((seconds) => seconds > 0.1 && seconds < 60)]);
  isDown = false;
  await expect.poll(waiting, { timeout: 5_000 }).toEqual([0, 0]);
});

test('the counter of events begins at 0 for each result, so that an alert sees the first one that is given up', async () => {
  const { values } = await createMetrics().webhooks.get();
  expect(values.map(({ labels, value }) => [labels.result, value])).toEqual([
    ['acknowledged', 0],
    ['failed', 0],
    ['given_up', 0],
  ]);
});

test('an event is given up after 20 attempts, with one line at the level error and no secret', async () => {
  const store = openStore();
  const receiver = await startReceiver(keys, (response) => void response.writeHead(404).end());
  const { counted, lines } = start(store, { apps: [{ id: 'demo', url: receiver.url }], pauseMs: -1 });
  const [reference] = await endSessions(store, 1);
  await receiver.count(20, 60_000);
  await vi.waitFor(async () => expect(await counted()).toEqual({ failed: 19, given_up: 1 }));
  await delay(100);
  expect(receiver.received).toHaveLength(20);
  const errors = lines.map((line) => JSON.parse(line)).filter(({ level }) => level === 'error');
  expect(errors).toMatchObject([
    {
      msg: 'a webhook event was given up',
      clientReferenceId: reference,
      state: 'SUCCEEDED',
      code: 'HTTP_404',
      count: 20,
    },
  ]);
  expect(lines.join()).not.toMatch(/secret|127\.0\.0\.1/);
});

test('P7: an app that never answers has 4 requests at a time, and delays no event of another app', async () => {
  const store = openStore();
  const [mute, quick] = [await startReceiver(keys, () => undefined), await startReceiver(keys)];
  await endSessions(store, 40, 'mute');
  const references = await endSessions(store, 40, 'quick');
  const startedAt = performance.now();
  start(store, {
    apps: [
      { id: 'mute', url: mute.url },
      { id: 'quick', url: quick.url },
    ],
  });
  await quick.count(40);
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  expect(mute.received.length).toBeLessThanOrEqual(4);
  expect(referencesOf(quick.received).sort()).toEqual(references.sort());
});

test('two instances send 60 events, each of them once', async () => {
  const store = openStore();
  const receiver = await startReceiver(keys);
  const apps = [{ id: 'demo', url: receiver.url }];
  const instances = [start(store, { apps }), start(store, { apps })];
  const references = await endSessions(store, 60);
  await receiver.count(60);
  await Promise.all(instances.map(({ webhooks }) => webhooks.stop()));
  expect(referencesOf(receiver.received).sort()).toEqual(references.sort());
});

test('an instance that stops waits for the events that it has sent, and takes no other one', async () => {
  const store = openStore();
  const receiver = await startReceiver(keys, (...of) => void setTimeout(() => acknowledge(...of), 500));
  const { webhooks, counted } = start(store, { apps: [{ id: 'demo', url: receiver.url }] });
  await endSessions(store, 10);
  await receiver.count(1);
  await webhooks.stop();
  const sent = receiver.received.length;
  expect(sent).toBeLessThanOrEqual(4);
  expect(await counted()).toEqual({ acknowledged: sent });
  expect(await store.claimEvents({ appId: 'demo', limit: 20, leaseMs: 1_000 })).toHaveLength(10 - sent);
});

test('while the store is unavailable nothing is sent, and afterwards everything is', async () => {
  const store = openStore();
  let isDown = true;
  const failing: Store = {
    ...store,
    claimEvents: (claim) => (isDown ? Promise.reject(new Error('unavailable')) : store.claimEvents(claim)),
  };
  const receiver = await startReceiver(keys);
  start(failing, { apps: [{ id: 'demo', url: receiver.url }] });
  await endSessions(store, 3);
  await delay(300);
  expect(receiver.received).toEqual([]);
  isDown = false;
  await receiver.count(3);
});

test.each([
  ['http:// to another machine', { url: 'http://shop.example/hook' }],
  ['an address with a password', { url: 'https://user:password@shop.example/hook' }],
  ['a short secret', { key: { ...hmac, key: randomBytes(31).toString('base64') } }],
  ['a public key', { key: { ...ed25519, key: publicPem } }],
  ['a key of another kind', { key: { ...ed25519, algorithm: 'hmac-sha256' as const } }],
  ['an unknown setting', { retries: 3 }],
  ['this machine through a proxy', { url: 'http://127.0.0.1/hook', proxy: 'http://proxy.example:3128' }],
])('a webhook with %s is refused at start', (_, changes) => {
  const valid = { url: 'https://shop.example/hook', key: hmac };
  expect(webhookConfig.safeParse(valid).success).toBe(true);
  const { success, error } = webhookConfig.safeParse({ ...valid, ...changes });
  expect(success).toBe(false);
  expect(JSON.stringify(error?.issues)).not.toMatch(/password@|[A-Za-z0-9+/]{40}/);
});

test('the whole service notifies the app of a success, a failure, a cancel and an expiry', async () => {
  const receiver = await startReceiver(keys);
  const returnUrl = 'https://shop.example/payer';
  let references = 0;
  const service = await startService({
    sources: { complete: completeSource('upstream') },
    config: {
      apps: [
        {
          id: 'demo',
          channels: { ali_pay: 'complete' },
          returnUrls: [returnUrl],
          webhook: { url: receiver.url, key: hmac },
        },
      ],
      times: { resultTtlMs: 3_000, leaseMs: 2_000, deadlineMs: 1_000, sweepEveryMs: 200 },
    },
  });
  onTestFinished(() => service.close());
  const begin = async () => {
    references += 1;
    const { data } = await service.graphql(
      `mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) {
        ... on PayerAuthenticationStarted { queryCode state } } }`,
      { input: { channelId: 'ali_pay', returnUrl, clientReferenceId: `order-${references}` } },
    );
    return data.startAuthentication as { queryCode: string; state: string };
  };
  const redeem = (state: string, authCode: string) =>
    service.graphql(
      `mutation ($input: PayerAuthenticateAndSetInput!) { authenticateAndSet(input: $input) { __typename } }`,
      { input: { channelId: 'ali_pay', authCode, state } },
    );
  await redeem((await begin()).state, 'ok_1');
  const refused = (await begin()).state;
  for (let code = 1; code <= 5; code += 1) await redeem(refused, `refused_${code}`);
  const { queryCode } = await begin();
  await service.graphql(
    'mutation ($input: PayerCancelAuthenticationInput!) { cancelAuthentication(input: $input) { __typename } }',
    { input: { queryCode } },
  );
  await begin();
  await receiver.count(4);
  const byReference = Object.fromEntries(receiver.received.map(({ event }) => [event.clientReferenceId, event.status]));
  expect(byReference).toEqual({
    'order-1': 'SUCCEEDED',
    'order-2': 'FAILED',
    'order-3': 'CANCELLED',
    'order-4': 'EXPIRED',
  });
});
