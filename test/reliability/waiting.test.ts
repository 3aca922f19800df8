/**
 * Many readers wait in one process: what each of them costs in memory beyond its connection, and how soon they are
 * woken. WAITING_READERS=10000 WAITING_P99_MS=100 for an idle machine; each connection is a file here and one in the
 * process of the clients (`ulimit -n`). Memory is printed, and compared with a limit when WAITING_KIB is set.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, onTestFinished, test } from 'vitest';
import type { Lease } from '../../src/store/model.ts';
import { claimOf } from '../contract/store/fixtures.ts';
import { AUTH_RESULT, startService } from '../support/services/service.ts';
import type { FromClients, ToClients } from '../support/services/waiting-clients.ts';

const READERS = Number(process.env.WAITING_READERS ?? 100);
/** Readers of one query code. */
const TOGETHER = Math.min(500, READERS);
/** Without a wake-up a reader would read after 3 s. */
const P99_MS = Number(process.env.WAITING_P99_MS ?? 1_500);
const KIB = Number(process.env.WAITING_KIB ?? Number.POSITIVE_INFINITY);
/** Outcomes that are stored one after the other while all readers wait. */
const OUTCOMES = Math.min(300, READERS);

const place = { appId: 'demo', channelId: 'wechat_pay' };
const of = { ...place, source: 'daxpay', upstreamAppId: 'demo', caller: 'router', traceId: 'trace' };
const codes = (kind: string, count: number) => Array.from({ length: count }, (_, index) => `the-${kind}-code-${index}`);
const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((left, right) => left - right)[Math.floor((values.length - 1) * share)] ?? 0;

setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');
/** After garbage: of one reader, when `before` was measured without them. */
const memory = (before = { heap: 0, rss: 0 }, readers = 1) => {
  for (let time = 0; time < 4; time += 1) collectGarbage();
  const { heapUsed, external, rss } = process.memoryUsage();
  return { heap: (heapUsed + external - before.heap) / readers, rss: (rss - before.rss) / readers };
};
const inKib = ({ heap, rss }: ReturnType<typeof memory>) =>
  `${(heap / 1_024).toFixed(1)} KiB of heap, ${(rss / 1_024).toFixed(1)} KiB resident`;

const startClients = async (port: number, count: number) => {
  const child = fork(new URL('../support/services/waiting-clients.ts', import.meta.url), { execArgv: [] });
  onTestFinished(() => void child.kill());
  const tell = async (message: ToClients): Promise<FromClients> => {
    child.send(message);
    const [answers] = await once(child, 'message');
    return answers;
  };
  await tell({ kind: 'open', port, count });
  return (queryCodes: readonly string[], waitSeconds: number) =>
    tell({ kind: 'ask', query: AUTH_RESULT, queryCodes, waitSeconds });
};

const start = async () => {
  const limits = { waiters: READERS + 1 };
  const service = await startService({ config: { limits }, http: { maxConnections: READERS + 1 } });
  onTestFinished(() => service.close());
  const { store } = service;
  const openSessions = (queryCodes: readonly string[]) =>
    Promise.all(
      queryCodes.map((queryCode) => store.openSession({ queryCode, stateId: `state ${queryCode}`, ...place })),
    );
  const claim = async (queryCode: string): Promise<Lease> => {
    const verdict = await store.claim(claimOf({ ...of, authCode: `of ${queryCode}`, queryCode }));
    if (verdict.kind !== 'CLAIMED') throw new Error(`Expected CLAIMED, not ${verdict.kind}`);
    await store.markSent(verdict.lease);
    return verdict.lease;
  };
  /** Returns when the outcome was stored. */
  const settle = async (lease: Lease): Promise<number> => {
    await store.settle(lease, { state: 'SUCCEEDED', subject: { openId: `the payer of ${lease.redemptionId}` } });
    return Date.now();
  };
  return { port: Number(new URL(service.url).port), openSessions, claim, settle };
};

/** Until as many readers have been counted as polls: each counts once, and waits then. */
const untilAsleep = () => delay(500 + READERS);

test(`${READERS} readers that wait in one process, each for its own outcome, are woken by it`, {
  timeout: 180_000,
}, async () => {
  const { port, openSessions, claim, settle } = await start();
  const queryCodes = codes('query', READERS);
  await openSessions(queryCodes);
  const ask = await startClients(port, READERS);
  // Connections that have carried a request, and carry none now.
  await ask(queryCodes, 0);
  const idle = memory();
  const reading = ask(queryCodes, 25);
  await untilAsleep();
  const each = memory(idle, READERS);

  const storedAt: number[] = [];
  for (const queryCode of queryCodes.slice(0, OUTCOMES)) {
    storedAt.push(await settle(await claim(queryCode)));
    await delay(10);
  }
  const { at, types } = await reading;
  const woken = types.slice(0, OUTCOMES);
  expect(woken.filter((type) => type !== 'PayerAuthSucceeded')).toEqual([]);
  expect(types.slice(OUTCOMES).filter((type) => type !== 'PayerAuthWaiting')).toEqual([]);
  const wakeMs = storedAt.map((stored, index) => (at[index] ?? 0) - stored);
  const [p50, p99] = [percentile(wakeMs, 0.5), percentile(wakeMs, 0.99)];
  console.log(
    `${READERS} waiting readers: ${inKib(each)} each beyond the connection; wake-up p50 ${p50} ms, p99 ${p99} ms`,
  );
  expect(p99).toBeLessThanOrEqual(P99_MS);
  expect(Math.max(each.heap, each.rss) / 1_024).toBeLessThanOrEqual(KIB);
});

test(`${TOGETHER} readers of one query code are answered together`, { timeout: 60_000 }, async () => {
  const { port, openSessions, claim, settle } = await start();
  const [queryCode = ''] = codes('shared-query', 1);
  await openSessions([queryCode]);
  const lease = await claim(queryCode);
  const ask = await startClients(port, TOGETHER);
  const reading = ask(
    Array.from({ length: TOGETHER }, () => queryCode),
    25,
  );
  await untilAsleep();
  const storedAt = await settle(lease);
  const { at, types } = await reading;
  expect(types.filter((type) => type !== 'PayerAuthSucceeded')).toEqual([]);
  const wakeMs = at.map((each) => each - storedAt);
  const [p50, p99] = [percentile(wakeMs, 0.5), percentile(wakeMs, 0.99)];
  console.log(`${TOGETHER} readers of one query code: wake-up p50 ${p50} ms, p99 ${p99} ms`);
  expect(p99).toBeLessThanOrEqual(P99_MS);
});
