/**
 * P1, P3: an instance that is paused for longer than its lease, at every await of a redemption in turn: at each statement, each
 * commit, before the request and before its reply is read. A second instance on the same database sweeps meanwhile and
 * gets the same call. No code is sent twice, none after it was declared INDETERMINATE, and no caller gets a false answer.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { once as event } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PayerIdentityError } from '../../src/failure.ts';
import { createRedeemOnce, type RedeemOnce } from '../../src/identity/redeem-once.ts';
import { openUpstream, type Upstream } from '../../src/lib/exchange.ts';
import { createLog } from '../../src/lib/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import type { Engine } from '../../src/store/engine/engine.ts';
import { openPostgres } from '../../src/store/engine/postgres.ts';
import type { Store } from '../../src/store/store.ts';
import { contractTimes, testClaim } from '../contract/store/fixtures.ts';
import { startPostgres, type TestDatabase, type TestPostgres } from '../support/databases/postgres.ts';

/** Redemptions for each await. */
const ROUNDS = Number(process.env.PAUSE_ROUNDS ?? 1);
const times = { ...contractTimes, leaseMs: 1_000, deadlineMs: 300, patienceMs: 400 };
const PAUSE_MS = times.leaseMs + 1_000;
const SWEEP_MS = 100;
const AT_ONCE = 24;

/** The awaits that this redemption has reached, and the one at which it is paused. */
const place = new AsyncLocalStorage<{ awaits: number; readonly pauseAt: number }>();
const point = async () => {
  const here = place.getStore();
  if (!here) return;
  here.awaits += 1;
  if (here.awaits === here.pauseAt) await delay(PAUSE_MS);
};

/** The same engine, which can be paused before and after everything that it awaits. */
const pausable = (engine: Engine): Engine => ({
  ...engine,
  read: {
    async all(sql, values) {
      await point();
      return engine.read.all(sql, values);
    },
  },
  async write(job) {
    await point();
    const value = await engine.write((db) =>
      job({
        ...db,
        async all(sql, values) {
          const rows = await db.all(sql, values);
          await point();
          return rows;
        },
      }),
    );
    await point();
    return value;
  },
});

const sent: { readonly code: string; readonly by: string; readonly at: number }[] = [];
const server = createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://upstream');
  sent.push({ code: url.searchParams.get('code') ?? '', by: url.pathname.slice(1), at: performance.now() });
  response.end('{}');
});

let postgres: TestPostgres;
let database: TestDatabase;
let upstream: Upstream;
const stores: Store[] = [];
const vault = openVault(generateVaultKeys());
let sweeping = true;
let swept: Promise<void>;

const openStore = async (wrap: (engine: Engine) => Engine): Promise<Store> => {
  const engine = await openPostgres({ url: database.url, log: createLog('silent'), maxConnections: 2 * AT_ONCE });
  const store = createStore(wrap(engine), { vault, times });
  await store.ready();
  stores.push(store);
  return store;
};

beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await event(server, 'listening');
  upstream = openUpstream(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  postgres = await startPostgres();
  database = await postgres.createDatabase();
  await openStore(pausable);
  const there = await openStore((engine) => engine);
  swept = (async () => {
    while (sweeping) {
      await there.sweep().catch(() => undefined);
      await delay(SWEEP_MS);
    }
  })();
}, 60_000);
afterAll(async () => {
  sweeping = false;
  await swept;
  for (const store of stores) await store.close();
  await upstream?.close();
  server.close();
  await database?.drop();
  await postgres?.close();
}, 60_000);

const onceAt = (store: Store): RedeemOnce =>
  createRedeemOnce({ store, log: createLog('silent'), metrics: createMetrics(), times });

/** What a caller of this instance is answered in the end: the outcome, or the code of the failure. */
const call = (store: Store, by: string, code: string): Promise<string> =>
  onceAt(store)(
    testClaim({ authCode: code }),
    async (cancellation) => {
      await point();
      await upstream.send({ method: 'GET', path: `/${by}?code=${code}` }, cancellation);
      await point();
      return { state: 'SUCCEEDED', subject: { openId: code } };
    },
    { clientGone: new AbortController().signal },
  ).then(
    (ended) => ended?.state ?? 'nothing',
    (error: unknown) => (error instanceof PayerIdentityError ? error.code : 'an unexpected error'),
  );

/** Codes of failures after which this call has sent nothing. */
const UNSENT = ['SERVICE_UNAVAILABLE', 'CHANNEL_UNREACHABLE'];
const ENDED = ['SUCCEEDED', 'INDETERMINATE'];

const redeem = async (pauseAt: number, round: number) => {
  const [here, there] = stores;
  if (!here || !there) throw new Error('Two stores were expected');
  const code = `code-${pauseAt}-${round}`;
  let declaredAt = Number.POSITIVE_INFINITY;
  const state = { awaits: 0, pauseAt };
  const first = place.run(state, () => call(here, 'first', code));
  const others: string[] = [];
  const ask = async () => {
    const startedAt = performance.now();
    // While the first is paused, after a sweep has ended its lease and before it goes on, and later.
    for (const ms of [200, ...[200, 500, 800].map((late) => times.leaseMs + late), PAUSE_MS + 1_000]) {
      await delay(Math.max(0, startedAt + ms - performance.now()));
      const answer = await call(there, 'second', code);
      if (answer === 'INDETERMINATE') declaredAt = Math.min(declaredAt, performance.now());
      others.push(answer);
    }
  };
  await ask();
  const answer = await first;
  others.push(await call(there, 'second', code));
  return { code, pauseAt, awaits: state.awaits, answer, others, declaredAt };
};

test('P1, P3: an instance that is paused at any await sends at most once, never late, and answers nothing false', {
  timeout: 120_000,
}, async () => {
  const { awaits } = await redeem(0, 0);
  expect(awaits).toBeGreaterThan(10);
  const schedule = Array.from({ length: awaits * ROUNDS }, (_, index) => ({
    pauseAt: 1 + (index % awaits),
    round: 1 + Math.floor(index / awaits),
  }));
  const redeemed: Awaited<ReturnType<typeof redeem>>[] = [];
  for (let from = 0; from < schedule.length; from += AT_ONCE)
    redeemed.push(
      ...(await Promise.all(schedule.slice(from, from + AT_ONCE).map(({ pauseAt, round }) => redeem(pauseAt, round)))),
    );

  const faults: object[] = [];
  const ends = new Map<string, number>();
  for (const one of redeemed) {
    const { code, answer, others, declaredAt } = one;
    const sends = sent.filter((request) => request.code === code);
    const answers = [answer, ...others];
    const ended = new Set(answers.filter((answer) => ENDED.includes(answer)));
    const wrong =
      (sends.length > 1 && 'sent twice') ||
      (sends.some(({ at }) => at > declaredAt) && 'sent after it was declared INDETERMINATE') ||
      (ended.size > 1 && 'two outcomes') ||
      (ended.has('SUCCEEDED') && sends.length === 0 && 'a success that the upstream did not give') ||
      (UNSENT.includes(answer) && sends.some(({ by }) => by === 'first') && 'answered that nothing was sent') ||
      (answers.some((answer) => ![...ENDED, ...UNSENT, 'OUTCOME_PENDING', 'OUTCOME_UNKNOWN'].includes(answer)) &&
        'an odd answer') ||
      (!ENDED.includes(others.at(-1) ?? '') && 'still under way');
    if (wrong) faults.push({ ...one, sends, wrong });
    const end = `first ${answer}, then ${others.at(-1)}, sent ${sends.length}`;
    ends.set(end, (ends.get(end) ?? 0) + 1);
  }
  console.log(
    `${redeemed.length} pauses of ${PAUSE_MS} ms at ${awaits} awaits, lease ${times.leaseMs} ms: ` +
      `${faults.length} faults; ${JSON.stringify(Object.fromEntries([...ends].sort()))}`,
  );
  expect(faults).toEqual([]);
});
