/**
 * P1, P4: codes that are each redeemed ten times at once, every fourth as a second chance, at any of three instances on one
 * PostgreSQL. The upstream receives each code once, and the ten answers are equal to the byte.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import type { Emulator } from '../../src/emulators/emulator.ts';
import { generateVaultKeys } from '../../src/security/vault.ts';
import { startPostgres, type TestDatabase, type TestPostgres } from '../support/databases/postgres.ts';
import { AUTHENTICATE } from '../support/services/service.ts';
import { type CrashService, openCrashService } from './crash-service.ts';
import { redeemTenTimes } from './duplicate-calls.ts';

const INSTANCES = 3;
const CODES = Number(process.env.DUPLICATE_CODES ?? 150);
/** More refusals than this are more than a passing overload. */
const MOST_REFUSED = 10 * CODES;

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
const isUnsent = (answer = ''): boolean => /"code":"(?:SERVICE_UNAVAILABLE|CHANNEL_UNREACHABLE)"/.test(answer);

test('P1, P4: ten calls at once for each code at three instances make one request and ten equal answers', {
  timeout: 180_000,
}, async () => {
  let asked = 0;
  let unavailable = 0;
  const next = (input: object) => {
    asked += 1;
    return instance(asked).ask(AUTHENTICATE, { input });
  };
  const { authCodes, failed, summary } = await redeemTenTimes(CODES, 'OUTCOME_UNKNOWN', async (input) => {
    let answer = await next(input);
    // An overloaded instance refuses a claim, or has claimed too late to send; nothing was sent, and its caller repeats the call.
    while (isUnsent(answer) && unavailable < MOST_REFUSED) {
      unavailable += 1;
      await delay(200);
      answer = await next(input);
    }
    return answer;
  });
  const sentCodes = upstream.ledger.map(({ body }) => JSON.parse(body).authCode as string);
  console.log(
    `duplicates on PostgreSQL, ${INSTANCES} instances: ${summary}, ${unavailable} refused first: ` +
      `${sentCodes.length} upstream requests for ${new Set(sentCodes).size} codes`,
  );
  expect(sentCodes.sort()).toEqual(authCodes.toSorted());
  const states = await database.query(
    'SELECT state, count(*)::int AS count FROM redemptions GROUP BY state ORDER BY state',
  );
  expect(states).toEqual([
    { state: 'INDETERMINATE', count: failed },
    { state: 'SUCCEEDED', count: CODES },
  ]);
});
