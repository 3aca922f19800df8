/**
 * Three instances on one PostgreSQL: 1,000 codes, each asked for ten times at once wherever it happens to arrive. The
 * upstream hears of each once, and the ten agree to the byte. Then what one instance learns wakes readers at the others.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import type { Emulator } from '../../src/emulators/emulator.ts';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import { contractTimes } from '../contract/store.ts';
import { startPostgres, type TestDatabase, type TestPostgres } from '../support/postgres.ts';
import { AUTH_RESULT, AUTHENTICATE } from '../support/service.ts';
import { type CrashService, openCrashService } from './crash-service.ts';

const INSTANCES = 3;
const CODES = 1_000;
const DUPLICATES = 10;
const IN_FLIGHT = 160;
const WAITERS = 500;
const WRITERS = 1;

let postgres: TestPostgres;
let database: TestDatabase;
let upstream: Emulator;
let services: CrashService[];
const keys = generateVaultKeys();

beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase();
  upstream = await startDaxpay({ apps: [{ appId: 'demo', secret: '123456' }] });
  const shared = { store: database.url, keys };
  services = Array.from({ length: INSTANCES }, () => openCrashService(upstream.origin, {}, shared));
  // All at once: they migrate one and the same empty database.
  await Promise.all(services.map((service) => service.start()));
}, 60_000);

afterAll(async () => {
  for (const service of services ?? []) await service.close();
  await upstream?.close();
  await database?.drop();
  await postgres?.close();
}, 30_000);

const instance = (index: number) => services[index % INSTANCES] as CrashService;
const percentile = (values: readonly number[], share: number): number => {
  const sorted = values.toSorted((left, right) => left - right);
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0);
};

test('10,000 calls for 1,000 codes at three instances make 1,000 requests and 10,000 consistent answers', {
  timeout: 180_000,
}, async () => {
  const payers = Array.from({ length: CODES }, (_, index) => `payer-${index}`);
  const waiting = payers.flatMap((payer) => Array.from({ length: DUPLICATES }, () => payer)).reverse();
  const answers = new Map<string, (string | undefined)[]>(payers.map((payer) => [payer, []]));
  const latenciesMs: number[] = [];
  let asked = 0;
  const worker = async () => {
    for (let payer = waiting.pop(); payer !== undefined; payer = waiting.pop()) {
      const askedAt = performance.now();
      const input = { channel: 'wechat_pay', authCode: `test_ok_${payer}` };
      asked += 1;
      answers.get(payer)?.push(await instance(asked).ask(AUTHENTICATE, { input }));
      latenciesMs.push(performance.now() - askedAt);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: IN_FLIGHT }, worker));
  const seconds = (performance.now() - startedAt) / 1_000;

  const sentCodes = upstream.ledger.map(({ body }) => JSON.parse(body).authCode as string);
  console.log(
    `duplicates on PostgreSQL: ${CODES} codes x ${DUPLICATES}, ${INSTANCES} instances, ${IN_FLIGHT} in flight: ` +
      `${sentCodes.length} upstream requests for ${new Set(sentCodes).size} codes, ` +
      `${[...answers.values()].flat().length} answers in ${seconds.toFixed(1)} s ` +
      `(${Math.round((CODES * DUPLICATES) / seconds)}/s, p50 ${percentile(latenciesMs, 0.5)} ms, ` +
      `p99 ${percentile(latenciesMs, 0.99)} ms)`,
  );
  expect(sentCodes).toHaveLength(CODES);
  expect(new Set(sentCodes)).toEqual(new Set(payers.map((payer) => `test_ok_${payer}`)));
  const wrong = payers.flatMap((payer) => {
    const told = answers.get(payer) ?? [];
    const openId = `"openId":${JSON.stringify(idsOf(payer).openid)}`;
    const right = told.length === DUPLICATES && new Set(told).size === 1 && told[0]?.includes(openId);
    return right && told[0]?.includes('"__typename":"Authenticated"') ? [] : [{ payer, told: [...new Set(told)] }];
  });
  expect(wrong).toEqual([]);
  const states = await database.query('SELECT state, count(*)::int AS count FROM redemptions GROUP BY state');
  expect(states).toEqual([{ state: 'SUCCEEDED', count: CODES }]);
});

test(`${WAITERS} readers at two instances are woken by what the third one learns`, { timeout: 120_000 }, async () => {
  const engine = await openPostgres({ url: database.url, log: createLog('silent') });
  const sessions = createStore(engine, { vault: openVault(keys), times: contractTimes });
  onTestFinished(() => sessions.close());
  const place = { appId: 'demo', channelId: 'wechat_pay' };
  const readers = Array.from({ length: WAITERS }, (_, index) => ({
    queryCode: `a-query-code-that-somebody-waits-for-${index}`,
    payer: `waited-for-${index}`,
    answer: undefined as { text: string | undefined; at: number } | undefined,
  }));
  await Promise.all(
    readers.map(({ queryCode }, index) => sessions.openSession({ queryCode, stateId: `state ${index}`, ...place })),
  );
  const giveUpAt = Date.now() + 90_000;
  const reading = readers.map(async (reader, index) => {
    const ask = () => instance(1 + (index % 2)).ask(AUTH_RESULT, { queryCode: reader.queryCode, waitSeconds: 25 });
    let text = await ask();
    // On a busy machine the writer is not through in time; then readers ask again, as clients do.
    while (text?.includes('"WAITING"') && Date.now() < giveUpAt) text = await ask();
    reader.answer = { text, at: Date.now() };
  });
  await delay(3_000);
  expect(readers.filter(({ answer }) => answer)).toEqual([]);

  const waiting = [...readers];
  const writer = async () => {
    for (let reader = waiting.pop(); reader !== undefined; reader = waiting.pop()) {
      const input = { channel: 'wechat_pay', authCode: `test_ok_${reader.payer}`, queryCode: reader.queryCode };
      expect(await instance(0).ask(AUTHENTICATE, { input })).toContain('"__typename":"Authenticated"');
    }
  };
  await Promise.all(Array.from({ length: WRITERS }, writer));
  await Promise.all(reading);

  // The upstream answers before the outcome is committed: the time from the commit on is shorter still.
  const upstreamAt = new Map(upstream.ledger.map(({ body, at }) => [JSON.parse(body).authCode as string, at]));
  const wakeMs = readers.map(({ payer, answer }) => (answer?.at ?? 0) - (upstreamAt.get(`test_ok_${payer}`) ?? 0));
  console.log(
    `wake-ups on PostgreSQL: ${WAITERS} readers at two instances, from the upstream's answer at a third to theirs: ` +
      `p50 ${percentile(wakeMs, 0.5)} ms, p99 ${percentile(wakeMs, 0.99)} ms, longest ${percentile(wakeMs, 1)} ms`,
  );
  const wrong = readers.filter(({ payer, answer }) => {
    const openId = `"openId":${JSON.stringify(idsOf(payer).openid)}`;
    return !answer?.text?.includes('"status":"SUCCESS"') || !answer.text.includes(openId);
  });
  expect(wrong).toEqual([]);
  // Without notices they would look every 3 s: the median would be far above this.
  expect(percentile(wakeMs, 0.5)).toBeLessThan(500);
});
