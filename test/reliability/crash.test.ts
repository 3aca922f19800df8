/**
 * The service is killed 20 times with codes in every state, and started again on what it left behind. What it had
 * answered is still so, and no code reaches the upstream twice. CRASH_SEED=<number> repeats a run's kills and delays;
 * what they meet depends on the machine.
 */
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { AUTHENTICATE } from '../support/service.ts';
import { openCrashService, startSlowProxy } from './crash-service.ts';

const KILLS = 20;
const MIN_CODES = 500;
const MIN_ACKNOWLEDGED = 100;
const CLIENTS = 24;
const times = { deadlineMs: 2_000, patienceMs: 250, leaseMs: 3_000, sweepEveryMs: 2_000 };
const GIVE_UP_MS = 150_000;
/** After a last restart every lease has run out and been swept by then. */
const TERMINAL_AFTER_MS = times.leaseMs + times.sweepEveryMs + 2_000;

/** Mulberry32: small, and the same numbers for the same seed. */
type Random = (from: number, to: number) => number;
const createRandom = (seed: number): Random => {
  let state = seed;
  return (from, to) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return from + (((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * (to - from);
  };
};

interface Answer {
  readonly __typename: string;
  readonly code?: string;
  readonly identity?: { readonly id: string; readonly openId: string };
}

const payerOf = (authCode: string) => authCode.replace('test_ok_', '');

/** What a client does with an answer: keep it, give the code up, or repeat the call. */
const judge = ({ __typename, code }: Answer): 'acknowledged' | 'unknown' | 'again' | 'unexpected' => {
  if (__typename === 'Authenticated') return 'acknowledged';
  if (code === 'OUTCOME_UNKNOWN') return 'unknown';
  return code === 'OUTCOME_PENDING' || code === 'CHANNEL_UNREACHABLE' ? 'again' : 'unexpected';
};

test(`${KILLS} kills lose no acknowledged result, send no code twice and leave nothing hanging`, {
  timeout: 180_000,
}, async () => {
  const seed = Number(process.env.CRASH_SEED ?? 20_261_122);
  const [killAfter, answerAfter, random] = [seed, seed + 1, seed + 2].map(createRandom) as [Random, Random, Random];
  const startedAt = performance.now();
  const upstream = await startDaxpay({ apps: [{ appId: 'demo', secret: '123456' }] });
  onTestFinished(() => upstream.close());
  const proxy = await startSlowProxy(upstream.origin, () => answerAfter(2, 50));
  onTestFinished(() => proxy.close());
  const service = openCrashService(proxy.origin, times);
  onTestFinished(() => service.close());

  const acknowledged = new Map<string, string>();
  const unknown = new Set<string>();
  /** Codes whose caller did not come back after the connection broke: only the sweep ends these. */
  const leftBehind = new Set<string>();
  const unexpected: string[] = [];
  const changed: string[] = [];
  /** Calls to repeat; new codes are drawn in between. */
  const again: string[] = [];
  let drawn = 0;
  let cutOff = 0;
  let repeated = 0;
  let killing = true;

  const isLate = () => performance.now() - startedAt > GIVE_UP_MS;
  const next = (): string | undefined => {
    const repeat = again.length > 0 && (random(0, 1) < 0.25 || !killing);
    if (repeat) return again.splice(Math.floor(random(0, again.length)), 1)[0];
    if (!killing && drawn >= MIN_CODES) return undefined;
    drawn += 1;
    return `test_ok_payer-${drawn}`;
  };

  const keep = (authCode: string, text: string) => {
    const answer = JSON.parse(text).data?.authenticate as Answer | undefined;
    const verdict = answer ? judge(answer) : 'unexpected';
    if (verdict === 'again') again.push(authCode);
    else if (verdict === 'unknown' && !acknowledged.has(authCode)) unknown.add(authCode);
    else if (verdict === 'acknowledged' && !unknown.has(authCode)) {
      if ((acknowledged.get(authCode) ?? text) !== text) changed.push(authCode);
      acknowledged.set(authCode, text);
      // A part of the clients ask again, later, for what they were told already.
      if (killing && random(0, 1) < 0.1) again.push(authCode);
    } else unexpected.push(`${authCode}: ${text}`);
  };

  const client = async () => {
    while (!isLate()) {
      if (!service.isUp()) {
        await delay(random(10, 50));
        continue;
      }
      const authCode = next();
      if (authCode === undefined) return;
      const text = await service.ask(AUTHENTICATE, { input: { channel: 'wechat_pay', authCode } });
      if (text === undefined) {
        cutOff += 1;
        const comesBack = acknowledged.has(authCode) || random(0, 1) < 0.75;
        if (comesBack) again.push(authCode);
        else leftBehind.add(authCode);
        continue;
      }
      repeated += acknowledged.has(authCode) ? 1 : 0;
      keep(authCode, text);
    }
  };

  await service.start();
  const clients = Promise.all(Array.from({ length: CLIENTS }, client));
  for (let kill = 0; kill < KILLS; kill += 1) {
    await delay(killAfter(50, 900));
    await service.kill();
    await service.start();
  }
  const lastStart = performance.now();
  killing = false;
  await clients;
  await delay(Math.max(0, TERMINAL_AFTER_MS - (performance.now() - lastStart)));

  const lost: string[] = [];
  for (const [authCode, text] of acknowledged) {
    const repeat = await service.ask(AUTHENTICATE, { input: { channel: 'wechat_pay', authCode } });
    if (repeat !== text) lost.push(authCode);
  }
  const wrong = [...acknowledged].filter(
    ([authCode, text]) => !text.includes(JSON.stringify(idsOf(payerOf(authCode)).openid)),
  );
  const sends = new Map<string, number>();
  for (const { body } of upstream.ledger) {
    const { authCode } = JSON.parse(body) as { authCode: string };
    sends.set(authCode, (sends.get(authCode) ?? 0) + 1);
  }
  const twice = [...sends].filter(([, count]) => count > 1).map(([authCode]) => authCode);
  const db = new DatabaseSync(service.file, { readOnly: true });
  const states: Record<string, number> = Object.fromEntries(
    db
      .prepare('SELECT state, count(*) AS count FROM redemptions GROUP BY state')
      .all()
      .map(({ state, count }) => [String(state), Number(count)]),
  );
  db.close();

  const neverArrived = [...unknown].filter((authCode) => !sends.has(authCode)).length;
  console.log(
    `crash: seed ${seed}, ${KILLS} kills, ${drawn} codes, ${cutOff} calls cut off, ${acknowledged.size} acknowledged ` +
      `(${repeated} asked again), ${lost.length} lost, ${unknown.size} unknown (${neverArrived} never arrived), ` +
      `${leftBehind.size} left behind, ${upstream.ledger.length} sends, ${twice.length} double, states ${JSON.stringify(states)}, ` +
      `${((performance.now() - startedAt) / 1_000).toFixed(0)} s`,
  );
  expect(drawn).toBeGreaterThanOrEqual(MIN_CODES);
  expect(acknowledged.size).toBeGreaterThanOrEqual(MIN_ACKNOWLEDGED);
  expect(cutOff).toBeGreaterThanOrEqual(KILLS);
  expect(unknown.size).toBeGreaterThan(0);
  expect({ unexpected, changed, lost, wrong, twice }).toEqual({
    unexpected: [],
    changed: [],
    lost: [],
    wrong: [],
    twice: [],
  });
  expect(leftBehind.size).toBeGreaterThan(0);
  expect(acknowledged.size + unknown.size + leftBehind.size).toBe(drawn);
  // Only what was in flight when a process died may be in doubt.
  expect(unknown.size).toBeLessThanOrEqual(cutOff);
  const { SUCCEEDED = 0, INDETERMINATE = 0, ...others } = states;
  expect(others).toEqual({});
  expect(SUCCEEDED).toBeGreaterThanOrEqual(acknowledged.size);
  expect(INDETERMINATE).toBeGreaterThanOrEqual(unknown.size);
  expect(SUCCEEDED + INDETERMINATE).toBeLessThanOrEqual(drawn);
});
