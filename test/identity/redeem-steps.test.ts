/** The steps of a redemption, each by itself: what they answer, store, log and count. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { PayerIdentityError } from '../../src/failure.ts';
import type { FailureCode } from '../../src/failure-codes.ts';
import { awaitOutcome } from '../../src/identity/await-outcome.ts';
import type { CallNote } from '../../src/identity/call.ts';
import { classify, failedOutcome } from '../../src/identity/classify.ts';
import { redeemWithRetry } from '../../src/identity/redeem-with-retry.ts';
import { releaseClaim } from '../../src/identity/release-claim.ts';
import { settleOutcome } from '../../src/identity/settle-outcome.ts';
import { ExchangeError } from '../../src/lib/exchange.ts';
import { VaultError } from '../../src/security/vault.ts';
import type { Redemption } from '../../src/store/model.ts';
import type { Store } from '../../src/store/store.ts';
import { testClaim } from '../contract/store/fixtures.ts';
import { claim, openSteps, rejected, send, traceId } from './redeem-steps.ts';

/** The levels of pino. */
const [INFO, ERROR] = ['info', 'error'];

const present = () => new AbortController().signal;
const unsent = () => new ExchangeError('not sent', false);
const sent = () => new ExchangeError('no reply', true);
const failure = (code: FailureCode, upstreamCode?: string) => new PayerIdentityError(code, { upstreamCode });

describe('classify', () => {
  test.each([
    [unsent(), 'unsent'],
    [sent(), 'indeterminate'],
    [new Error('other'), 'bug'],
    [failure('CHANNEL_UNREACHABLE'), 'unsent'],
    [failure('CHANNEL_SUSPENDED'), 'unsent'],
    [failure('OVERLOADED'), 'unsent'],
    [failure('REPLY_MALFORMED'), 'indeterminate'],
    [failure('AUTH_CODE_INVALID'), 'refused'],
    [failure('CHANNEL_BUSY'), 'refused'],
  ])('the failure %s is %s', (error, kind) => {
    expect(classify(error)).toBe(kind);
  });

  test.each([
    [sent(), { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' }],
    [new Error('other'), { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' }],
    [failure('REPLY_UNVERIFIED'), { state: 'INDETERMINATE', failureCode: 'REPLY_UNVERIFIED' }],
    [failure('AUTH_CODE_USED', '40029'), { state: 'REJECTED', failureCode: 'AUTH_CODE_USED', upstreamCode: '40029' }],
  ])('P3: a code whose exchange failed with %s ends as %j', (error, outcome) => {
    expect(failedOutcome(error)).toEqual(outcome);
  });
});

describe('redeemWithRetry', () => {
  const limits = (changes: object = {}) => ({
    deadlineMs: 5_000,
    sendBy: performance.now() + 5_000,
    clientGone: present(),
    ...changes,
  });
  /** Fails with these errors, one for each attempt, and then succeeds. */
  const failing = (...errors: Error[]) => {
    const attempts: number[] = [];
    const redeem = async () => {
      attempts.push(performance.now());
      const error = errors[attempts.length - 1];
      if (error) throw error;
      return rejected;
    };
    return { attempts, redeem };
  };
  const unreachable = { name: 'PayerIdentityError', code: 'CHANNEL_UNREACHABLE' };

  test('P1: a code of which nothing was sent is tried three times at most, with pauses that grow', async () => {
    const { attempts, redeem } = failing(unsent(), unsent());
    expect(await redeemWithRetry(redeem, limits())).toEqual(rejected);
    const [first = 0, second = 0, third = 0] = attempts;
    expect(second - first).toBeGreaterThan(45);
    expect(third - second).toBeGreaterThan(95);
    const last = failing(unsent(), unsent(), unsent());
    await expect(redeemWithRetry(last.redeem, limits())).rejects.toMatchObject({ ...unreachable, cause: unsent() });
    expect(last.attempts).toHaveLength(3);
  });

  test.each([sent(), failure('AUTH_CODE_USED'), new Error('other')])(
    'P1: a code that may have been sent is not tried again: %s',
    async (error) => {
      const { attempts, redeem } = failing(error);
      await expect(redeemWithRetry(redeem, limits())).rejects.toBe(error);
      expect(attempts).toHaveLength(1);
    },
  );

  test.each([
    ['when the client has gone', { clientGone: AbortSignal.abort() }],
    ['after sendBy', { sendBy: 0 }],
  ])('nothing is tried %s', async (_, changes) => {
    const { attempts, redeem } = failing();
    await expect(redeemWithRetry(redeem, limits(changes))).rejects.toMatchObject(unreachable);
    expect(attempts).toHaveLength(0);
  });

  test('a client that leaves ends the pause before the next attempt', async () => {
    const { attempts, redeem } = failing(unsent(), unsent());
    const client = new AbortController();
    const startedAt = performance.now();
    const redeemed = redeemWithRetry(redeem, limits({ clientGone: client.signal }));
    setTimeout(() => client.abort(), 5);
    await expect(redeemed).rejects.toMatchObject(unreachable);
    expect(performance.now() - startedAt).toBeLessThan(45);
    expect(attempts).toHaveLength(1);
  });

  test('an attempt that fails after the deadline is the last one', async () => {
    let attempts = 0;
    const redeem = async () => {
      attempts += 1;
      await delay(20);
      throw unsent();
    };
    await expect(redeemWithRetry(redeem, limits({ deadlineMs: 5 }))).rejects.toMatchObject(unreachable);
    expect(attempts).toBe(1);
  });
});

describe('awaitOutcome', () => {
  const patient = { patienceMs: 60_000 };
  const first = async (store: Store, id: string): Promise<Redemption> => {
    const redemption = await store.redemption(id);
    if (!redemption) throw new Error('Expected a redemption');
    return redemption;
  };

  test('P4: a duplicate gets the outcome as soon as it is settled', async () => {
    const { store } = openSteps();
    const lease = await send(store);
    const awaited = awaitOutcome({ store, times: patient }, await first(store, lease.redemptionId), present());
    await delay(30);
    const settledAt = performance.now();
    await store.settle(lease, rejected);
    expect(await awaited).toMatchObject(rejected);
    expect(performance.now() - settledAt).toBeLessThan(1_000);
  });

  test('a duplicate of a code that is released has no outcome to read', async () => {
    const { store } = openSteps();
    const lease = await send(store);
    const awaited = awaitOutcome({ store, times: patient }, await first(store, lease.redemptionId), present());
    await delay(30);
    await store.release(lease);
    expect(await awaited).toBeUndefined();
  });

  test.each([
    ['claimed', claim],
    ['sent', send],
  ])('a duplicate of a code that is %s waits for patienceMs, then gets OUTCOME_PENDING', async (_, begin) => {
    const { store } = openSteps();
    const { redemptionId } = await begin(store);
    const startedAt = performance.now();
    const awaited = awaitOutcome({ store, times: { patienceMs: 80 } }, await first(store, redemptionId), present());
    await expect(awaited).rejects.toMatchObject({ code: 'OUTCOME_PENDING' });
    const tookMs = performance.now() - startedAt;
    expect(tookMs).toBeGreaterThan(75);
    expect(tookMs).toBeLessThan(1_500);
  });

  test('a duplicate whose client leaves gets OUTCOME_PENDING at once, and its watch is closed once', async () => {
    let closed = 0;
    const { store } = openSteps((plain) => ({
      watch: (subject) => {
        const watch = plain.watch(subject);
        const close = () => {
          closed += 1;
          watch.close();
        };
        return { ...watch, changed: (ms) => watch.changed(ms), close };
      },
    }));
    const { redemptionId } = await send(store);
    const redemption = await first(store, redemptionId);
    const client = new AbortController();
    const startedAt = performance.now();
    const awaited = awaitOutcome({ store, times: patient }, redemption, client.signal);
    setTimeout(() => client.abort(), 20);
    await expect(awaited).rejects.toMatchObject({ code: 'OUTCOME_PENDING' });
    expect(performance.now() - startedAt).toBeLessThan(1_000);
    expect(closed).toBe(2);

    const other = new AbortController();
    await expect(awaitOutcome({ store, times: { patienceMs: 1 } }, redemption, other.signal)).rejects.toThrow();
    other.abort();
    expect(closed).toBe(3);
  });

  test.each([
    [new Error('unavailable'), { code: 'OUTCOME_PENDING', cause: new Error('unavailable') }],
    [new VaultError('does not open'), { name: 'VaultError' }],
  ])('P6: a duplicate whose store rejects with %s gets %j', async (error, expected) => {
    const { plain, store } = openSteps(() => ({ redemption: () => Promise.reject(error) }));
    const { redemptionId } = await send(plain);
    const awaited = awaitOutcome({ store, times: patient }, await first(plain, redemptionId), present());
    await expect(awaited).rejects.toMatchObject(expected);
  });
});

describe('releaseClaim', () => {
  test('a code that is released can be claimed again', async () => {
    const { store, log } = openSteps();
    expect(await releaseClaim({ store, log }, { lease: await send(store), traceId })).toBeUndefined();
    expect(await store.claim(testClaim({ caller: 'other' }))).toMatchObject({ kind: 'CLAIMED' });
  });

  test('P4: a lease that was lost answers how the redemption ended', async () => {
    const { store, log } = openSteps();
    const lease = await send(store);
    await store.settle(lease, rejected);
    expect(await releaseClaim({ store, log }, { lease, traceId })).toMatchObject(rejected);
  });

  test('a lease that another call holds answers nothing', async () => {
    const { store, log } = openSteps();
    const lease = { ...(await send(store)), owner: 'other' };
    expect(await releaseClaim({ store, log }, { lease, traceId })).toBeUndefined();
  });

  test('P6: a release that fails is logged with the trace id, and one that hangs is left after a second', async () => {
    const { plain, store, log, lines } = openSteps(() => ({ release: () => Promise.reject(new Error('full')) }));
    const lease = await send(plain);
    expect(await releaseClaim({ store, log }, { lease, traceId })).toBeUndefined();
    expect(lines).toMatchObject([{ level: ERROR, msg: 'a claim could not be released', traceId }]);
    const hanging = { ...store, release: () => new Promise<boolean>(() => undefined) };
    const startedAt = performance.now();
    expect(await releaseClaim({ store: hanging, log }, { lease, traceId })).toBeUndefined();
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });
});

describe('settleOutcome', () => {
  const answering = (clientGone = present()) => {
    const notes: CallNote[] = [];
    return { notes, answering: { clientGone, note: (fields: CallNote) => void notes.push(fields) } };
  };

  test('P5: an outcome is stored, counted, noted and answered', async () => {
    const { store, log, metrics, counted } = openSteps();
    const { notes, answering: given } = answering();
    expect(
      await settleOutcome({ store, log, metrics }, { lease: await send(store), traceId }, rejected, given),
    ).toMatchObject(rejected);
    expect(await counted()).toEqual({ REJECTED: 1 });
    expect(notes).toEqual([{ event: 'a code was redeemed', state: 'REJECTED' }]);
  });

  test('P3: an outcome that cannot be stored is OUTCOME_UNKNOWN, and noted as a fault of the service', async () => {
    const error = new Error('full');
    const { plain, store, log, metrics, counted } = openSteps(() => ({ settle: () => Promise.reject(error) }));
    const { notes, answering: given } = answering();
    const settled = settleOutcome({ store, log, metrics }, { lease: await send(plain), traceId }, rejected, given);
    await expect(settled).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(notes).toEqual([{ event: 'an outcome could not be stored', state: 'REJECTED', error, isBug: true }]);
    expect(await counted()).toEqual({});
  });

  test.each([
    [
      'is stored',
      (redemption: Redemption) => Promise.resolve(redemption),
      INFO,
      'an outcome was stored after its call had ended',
      { REJECTED: 1 },
    ],
    ['comes too late', () => Promise.resolve(undefined), ERROR, 'an outcome came after its redemption had ended', {}],
    ['fails', () => Promise.reject(new Error('full')), ERROR, 'an outcome could not be stored', {}],
  ])(
    'P5: an outcome whose client has gone is OUTCOME_PENDING, and the log reports that it %s',
    async (_, end, level, msg, count) => {
      const { promise, resolve } = Promise.withResolvers<void>();
      const steps = openSteps((plain) => ({
        settle: async (lease, outcome) => {
          const redemption = await plain.settle(lease, outcome);
          await promise;
          return redemption && end(redemption);
        },
      }));
      const { store, plain, log, lines, metrics, counted } = steps;
      const client = new AbortController();
      const { answering: given } = answering(client.signal);
      const settled = settleOutcome({ store, log, metrics }, { lease: await send(plain), traceId }, rejected, given);
      setTimeout(() => client.abort(), 20);
      await expect(settled).rejects.toMatchObject({ code: 'OUTCOME_PENDING' });
      expect(lines).toEqual([]);
      resolve();
      await expect.poll(() => lines).toMatchObject([{ level, msg, traceId }]);
      expect(await counted()).toEqual(count);
    },
  );
});
