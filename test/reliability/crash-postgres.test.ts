/**
 * A process of PostgreSQL is killed ten times under load, which makes it end all others and recover. What two instances
 * had answered is still so, no code reaches the upstream twice, and every failure has its type.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import { generateVaultKeys } from '../../src/security/vault.ts';
import { startPostgres } from '../support/postgres.ts';
import { AUTHENTICATE } from '../support/service.ts';
import { type CrashService, openCrashService, startSlowProxy } from './crash-service.ts';

const CRASHES = 10;
const CRASH_EVERY_MS = 1_500;
const CLIENTS = 24;
const RECOVERY_MS = 5_000;
const times = { deadlineMs: 2_000, patienceMs: 1_000, leaseMs: 3_000, sweepEveryMs: 500 };
const TERMINAL_AFTER_MS = times.leaseMs + times.sweepEveryMs + 2_000;
/** What a client may be told while the database is away. */
const TYPED = ['SERVICE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'OUTCOME_PENDING', 'CHANNEL_UNREACHABLE'];

interface Answer {
  readonly __typename: string;
  readonly code?: string;
}

test(`${CRASHES} crashes of PostgreSQL lose no acknowledged result and send no code twice`, {
  timeout: 120_000,
}, async () => {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.close());
  const database = await postgres.createDatabase();
  onTestFinished(() => database.drop());
  const upstream = await startDaxpay({ apps: [{ appId: 'demo', secret: '123456' }] });
  onTestFinished(() => upstream.close());
  const proxy = await startSlowProxy(upstream.origin, () => 20);
  onTestFinished(() => proxy.close());
  const shared = { store: database.url, keys: generateVaultKeys() };
  const services = [openCrashService(proxy.origin, times, shared), openCrashService(proxy.origin, times, shared)];
  for (const service of services) onTestFinished(() => service.close());
  for (const service of services) await service.start();

  const acknowledged = new Map<string, string>();
  const failures = new Map<string, number>();
  const unexpected: string[] = [];
  const acknowledgedAt: number[] = [];
  let drawn = 0;
  let running = true;
  const ask = async (service: CrashService, authCode: string): Promise<Answer & { text: string }> => {
    const text = (await service.ask(AUTHENTICATE, { input: { channel: 'wechat_pay', authCode } })) ?? '';
    return { ...((JSON.parse(text || '{}').data?.authenticate ?? { __typename: 'none' }) as Answer), text };
  };
  const client = async (_: unknown, index: number) => {
    while (running) {
      drawn += 1;
      const authCode = `test_ok_payer-${drawn}`;
      const askedAt = performance.now();
      const { __typename, code = '', text } = await ask(services[index % 2] as CrashService, authCode);
      if (__typename === 'Authenticated') {
        acknowledged.set(authCode, text);
        acknowledgedAt.push(askedAt);
      } else if (TYPED.includes(code)) {
        failures.set(code, (failures.get(code) ?? 0) + 1);
        await delay(20);
      } else unexpected.push(`${authCode}: ${text}`);
    }
  };
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  const recoveriesMs: number[] = [];
  for (let crash = 0; crash < CRASHES; crash += 1) {
    await delay(CRASH_EVERY_MS);
    const crashedAt = performance.now();
    await postgres.crash();
    await delay(20);
    const recovered = () => acknowledgedAt.find((at) => at > crashedAt + 20);
    while (recovered() === undefined && performance.now() - crashedAt < 2 * RECOVERY_MS) await delay(10);
    recoveriesMs.push(Math.round((recovered() ?? Number.POSITIVE_INFINITY) - crashedAt));
  }
  running = false;
  await clients;
  await delay(TERMINAL_AFTER_MS);

  const lost: string[] = [];
  for (const [authCode, text] of acknowledged)
    if ((await ask(services[acknowledged.size % 2] as CrashService, authCode)).text !== text) lost.push(authCode);
  const sent = upstream.ledger.map(({ body }) => JSON.parse(body).authCode as string);
  const states = await database.query<{ state: string; count: number }>(
    'SELECT state, count(*)::int AS count FROM redemptions GROUP BY state ORDER BY state',
  );
  console.log(
    `PostgreSQL crashes: ${CRASHES}, ${drawn} codes, ${acknowledged.size} acknowledged, ${lost.length} lost, ` +
      `${sent.length} sends, ${sent.length - new Set(sent).size} double, failures ` +
      `${JSON.stringify(Object.fromEntries(failures))}, states ${JSON.stringify(states)}, recovered after ` +
      `${recoveriesMs.join(', ')} ms`,
  );
  expect({ unexpected, lost }).toEqual({ unexpected: [], lost: [] });
  expect(sent.length).toBe(new Set(sent).size);
  expect(failures.size).toBeGreaterThan(0);
  expect(acknowledged.size).toBeGreaterThan(100);
  expect(states.filter(({ state }) => ['CLAIMED', 'SENT'].includes(state))).toEqual([]);
  expect(Math.max(...recoveriesMs)).toBeLessThanOrEqual(RECOVERY_MS);
});
