/** The fence: a send is allowed until a deadline before the end of the lease, and a success in hand is stored. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { createRedeemOnce } from '../../src/identity/redeem-once.ts';
import { type Cancellation, ExchangeError } from '../../src/lib/exchange.ts';
import { createLog } from '../../src/lib/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { DatabaseUnavailable, type Engine } from '../../src/store/engine/engine.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import type { Outcome } from '../../src/store/model.ts';
import type { Store } from '../../src/store/store.ts';
import { contractTimes, send, succeeded, testClaim } from '../contract/store/fixtures.ts';

const times = { ...contractTimes, leaseMs: 600, deadlineMs: 200, patienceMs: 1_000 };
const conditions = { clientGone: new AbortController().signal };

const start = (wrap: (store: Store) => Partial<Store> = () => ({}), wrapEngine = (engine: Engine) => engine) => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-fence-'));
  const engine = openSqlite({ file: join(folder, 'store.sqlite'), now: Date.now });
  const store = createStore(wrapEngine(engine), { vault: openVault(generateVaultKeys()), times });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const wrapped = { ...store, ...wrap(store) };
  return {
    store,
    redeemOnce: createRedeemOnce({ store: wrapped, log: createLog('silent'), metrics: createMetrics(), times }),
  };
};

const success = async (): Promise<Outcome> => succeeded();
const neverSent = () => Promise.reject(new Error('it was sent'));
/** What marks a code: its claim, or the step after a claim that does not mark. */
const marks = ['claim', 'markSent'] as const;
/** That step answers its caller so late, as after a pause. */
const late =
  (step: (typeof marks)[number], ms: number, meanwhile?: (store: Store) => Promise<unknown>) => (store: Store) => {
    const pause = async <T>(done: T): Promise<T> => {
      await delay(ms);
      await meanwhile?.(store);
      return done;
    };
    const byClaim: Partial<Store> = { claim: async (request) => pause(await store.claim(request)) };
    const byMark: Partial<Store> = {
      claim: (request) => store.claim({ ...request, marks: false }),
      markSent: async (lease) => pause(await store.markSent(lease)),
    };
    return step === 'claim' ? byClaim : byMark;
  };

test.each(marks)(
  'a request may leave until a deadline before the end of the lease, counted from before the code was marked (%s)',
  async (step) => {
    const seen: { until: Cancellation; at: number }[] = [];
    const { redeemOnce } = start(late(step, 100));
    const startedAt = performance.now();
    const exchange = async (cancellation: Cancellation) => {
      seen.push({ until: cancellation, at: performance.now() });
      return succeeded();
    };
    expect(await redeemOnce(testClaim(), exchange, conditions)).toMatchObject({ state: 'SUCCEEDED' });
    const [{ until: cancellation, at } = { until: undefined, at: 0 }] = seen;
    const { sendBy = 0 } = cancellation ?? {};
    expect(sendBy).toBeGreaterThanOrEqual(startedAt + times.leaseMs - times.deadlineMs);
    expect(sendBy).toBeLessThan(at - 95 + times.leaseMs - times.deadlineMs);
  },
);

test.each(marks)(
  'after a pause of more than leaseMs - deadlineMs nothing is sent, and the code can be redeemed (%s)',
  async (step) => {
    const { store, redeemOnce } = start(late(step, times.leaseMs - times.deadlineMs + 50));
    await expect(redeemOnce(testClaim(), neverSent, conditions)).rejects.toMatchObject({ code: 'CHANNEL_UNREACHABLE' });
    expect(await store.claim(testClaim({ caller: 'other' }))).toMatchObject({ kind: 'CLAIMED' });
  },
);

test.each(marks)(
  'after a pause in which a sweep ended the redemption nothing is sent, and that end is answered (%s)',
  async (step) => {
    const { store, redeemOnce } = start(late(step, times.leaseMs + 50, (store) => store.sweep()));
    expect(await redeemOnce(testClaim(), neverSent, conditions)).toMatchObject({ state: 'INDETERMINATE' });
    expect(await store.claim(testClaim())).toMatchObject({ kind: 'DUPLICATE', redemption: { state: 'INDETERMINATE' } });
  },
);

test('a request that was not sent is not tried again after leaseMs - deadlineMs', async () => {
  const { store, redeemOnce } = start();
  let attempts = 0;
  const exchange = async (): Promise<Outcome> => {
    attempts += 1;
    await delay(times.leaseMs - times.deadlineMs);
    throw new ExchangeError('not connected', false);
  };
  await expect(redeemOnce(testClaim(), exchange, conditions)).rejects.toMatchObject({ code: 'CHANNEL_UNREACHABLE' });
  expect(attempts).toBe(1);
  expect(await store.claim(testClaim())).toMatchObject({ kind: 'CLAIMED' });
});

test('P5: a success that comes after the lease is stored when nothing else has ended the redemption', async () => {
  const { store, redeemOnce } = start((store) => ({
    async settle(lease, outcome) {
      await delay(times.leaseMs + 50);
      return store.settle(lease, outcome);
    },
  }));
  expect(await redeemOnce(testClaim(), success, conditions)).toMatchObject({ state: 'SUCCEEDED' });
  expect(await store.claim(testClaim())).toMatchObject({ kind: 'DUPLICATE', redemption: { state: 'SUCCEEDED' } });
});

test('P4: a success that comes after a sweep ended the redemption does not change it, and its caller gets that end', async () => {
  const { redeemOnce } = start((store) => ({
    async settle(lease, outcome) {
      await delay(times.leaseMs + 50);
      await store.sweep();
      return store.settle(lease, outcome);
    },
  }));
  expect(await redeemOnce(testClaim(), success, conditions)).toMatchObject({ state: 'INDETERMINATE' });
});

test('P5: an outcome is settled after a pause that is longer than the store retries', { timeout: 15_000 }, async () => {
  let failing = 0;
  const { store } = start(undefined, (engine) => ({
    ...engine,
    async write(job) {
      if (failing === 0) return engine.write(job);
      failing -= 1;
      // The first attempt loses its connection while the process is paused.
      if (failing === 1) await delay(5_200);
      throw new DatabaseUnavailable('gone');
    },
  }));
  const lease = await send(store);
  failing = 2;
  expect(await store.settle(lease, succeeded())).toMatchObject({ state: 'SUCCEEDED' });
});
