/**
 * P1, P4: codes that are each redeemed ten times at once, at any of three instances on one PostgreSQL. The upstream
 * receives each code once, and the ten answers are equal to the byte.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import type { Emulator } from '../../src/emulators/emulator.ts';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { generateVaultKeys } from '../../src/security/vault.ts';
import { startPostgres, type TestDatabase, type TestPostgres } from '../support/databases/postgres.ts';
import { AUTHENTICATE } from '../support/services/service.ts';
import { type CrashService, openCrashService } from './crash-service.ts';

const INSTANCES = 3;
const CODES = Number(process.env.DUPLICATE_CODES ?? 150);
const DUPLICATES = 10;
const IN_FLIGHT = 160;
/** More refusals than this are more than a passing overload. */
const MOST_REFUSED = 2_000;

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
  // All at once: they migrate the same empty database.
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

test('P1, P4: ten calls at once for each code at three instances make one request and ten equal answers', {
  timeout: 180_000,
}, async () => {
  const payers = Array.from({ length: CODES }, (_, index) => `payer-${index}`);
  const waiting = payers.flatMap((payer) => Array.from({ length: DUPLICATES }, () => payer)).reverse();
  const answers = new Map<string, (string | undefined)[]>(payers.map((payer) => [payer, []]));
  const latenciesMs: number[] = [];
  let asked = 0;
  let refused = 0;
  const worker = async () => {
    for (let payer = waiting.pop(); payer !== undefined; payer = waiting.pop()) {
      const askedAt = performance.now();
      const input = { channelId: 'wechat_pay', authCode: `test_ok_${payer}` };
      asked += 1;
      let answer = await instance(asked).ask(AUTHENTICATE, { input });
      // An instance that is overloaded refuses a claim before anything is sent; its caller repeats the call.
      while (answer?.includes('"code":"SERVICE_UNAVAILABLE"') && refused < MOST_REFUSED) {
        refused += 1;
        await delay(200);
        answer = await instance(asked).ask(AUTHENTICATE, { input });
      }
      answers.get(payer)?.push(answer);
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
      `${[...answers.values()].flat().length} answers (${refused} refused first) in ${seconds.toFixed(1)} s ` +
      `(${Math.round((CODES * DUPLICATES) / seconds)}/s, p50 ${percentile(latenciesMs, 0.5)} ms, ` +
      `p99 ${percentile(latenciesMs, 0.99)} ms)`,
  );
  expect(sentCodes).toHaveLength(CODES);
  expect(new Set(sentCodes)).toEqual(new Set(payers.map((payer) => `test_ok_${payer}`)));
  const wrong = payers.flatMap((payer) => {
    const bodies = answers.get(payer) ?? [];
    const openId = `"openId":${JSON.stringify(idsOf(payer).openid)}`;
    const right = bodies.length === DUPLICATES && new Set(bodies).size === 1 && bodies[0]?.includes(openId);
    return right && bodies[0]?.includes('"__typename":"PayerAuthenticated"')
      ? []
      : [{ payer, bodies: [...new Set(bodies)] }];
  });
  expect(wrong).toEqual([]);
  const states = await database.query('SELECT state, count(*)::int AS count FROM redemptions GROUP BY state');
  expect(states).toEqual([{ state: 'SUCCEEDED', count: CODES }]);
});
