/** The last good keys of an issuer: when they are fetched again, which ids were withdrawn, and what the log states. */
import { createLocalJWKSet } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { createKeyCache } from '../../src/security/issuer-key-cache.ts';
import { BadKeySet, type KeySet } from '../../src/security/issuer-key-set.ts';

const MAX_AGE_MS = 60_000;
const COOLDOWN_MS = 5_000;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const keySet = (...kids: readonly string[]): KeySet => ({
  keyFor: createLocalJWKSet({ keys: [] }),
  kids: new Set(kids),
});

/** A cache of what the issuer publishes last: a key set, or a fault. */
const open = (first: KeySet | BadKeySet = keySet('key-1')) => {
  let published = first;
  const fetchKeys = async () => {
    if (published instanceof BadKeySet) throw published;
    return published;
  };
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const times = { maxAgeMs: MAX_AGE_MS, staleMs: MAX_AGE_MS * 2, cooldownMs: COOLDOWN_MS };
  const cache = createKeyCache(fetchKeys, times, { log, now: () => 0 });
  return {
    cache,
    logged: () => lines.map((line) => JSON.parse(line)),
    async publish(next: KeySet | BadKeySet) {
      published = next;
      await cache.refresh();
    },
  };
};

describe('when keys are fetched in the background', () => {
  test('keys are fetched again at three quarters of their maximum age', async () => {
    const { cache } = open();
    await cache.refresh();
    await vi.advanceTimersByTimeAsync(MAX_AGE_MS * 0.75 - 1);
    expect(cache.attempts()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(cache.attempts()).toBe(2);
  });

  test('keys are fetched again jwksCooldownMs after a failure', async () => {
    const { cache } = open(new BadKeySet('HTTP_503'));
    await cache.refresh();
    await vi.advanceTimersByTimeAsync(COOLDOWN_MS - 1);
    expect(cache.attempts()).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(cache.attempts()).toBe(2);
  });

  test('keys are fetched in the background by their latest age, also after a fetch in between', async () => {
    const { cache } = open();
    await cache.refresh();
    await vi.advanceTimersByTimeAsync(10_000);
    await cache.refresh();
    await vi.advanceTimersByTimeAsync(44_999);
    expect(cache.attempts()).toBe(2);
    await vi.advanceTimersByTimeAsync(1);
    expect(cache.attempts()).toBe(3);
  });
});

describe('key ids that were withdrawn', () => {
  test('a key id is withdrawn while the latest set lacks it, and no longer once it is published again', async () => {
    const { cache, publish } = open();
    await cache.refresh();
    expect(cache.isWithdrawn('key-1')).toBe(false);
    await publish(keySet('key-2'));
    expect(['key-1', 'key-2'].map(cache.isWithdrawn)).toEqual([true, false]);
    await publish(keySet('key-1'));
    expect(['key-1', 'key-2'].map(cache.isWithdrawn)).toEqual([false, true]);
  });

  test('of the withdrawn key ids the latest 1,000 are remembered', async () => {
    const kids = Array.from({ length: 1_000 }, (_, index) => `key-${index}`);
    const { cache, publish } = open(keySet(...kids));
    await cache.refresh();
    await publish(keySet('last'));
    expect(kids.every(cache.isWithdrawn)).toBe(true);
    await publish(keySet('latest'));
    expect(kids.filter((kid) => !cache.isWithdrawn(kid))).toEqual(['key-0']);
    expect(cache.isWithdrawn('last')).toBe(true);
  });
});

describe('the log', () => {
  test('keys that are fetched without a failure before are not logged', async () => {
    const { cache, logged } = open();
    await cache.refresh();
    await cache.refresh();
    expect(logged()).toEqual([]);
  });

  test('a series of failures is logged once, with the reason of the first, and its end with their number', async () => {
    const { cache, logged, publish } = open(new BadKeySet('HTTP_503'));
    await cache.refresh();
    await publish(new BadKeySet('SECRET_KEY'));
    await publish(keySet('key-1'));
    expect(logged()).toMatchObject([
      { level: 'error', msg: "the issuer's keys could not be fetched; the last good ones stay", code: 'HTTP_503' },
      { level: 'info', msg: 'the issuer publishes its keys again', count: 2 },
    ]);
    expect(logged()[0].error.name).toBe('BadKeySet');
  });
});
