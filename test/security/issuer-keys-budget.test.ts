/** When an issuer is asked for its keys: their ages to the millisecond, and the budget of fetches. */
import { createLocalJWKSet } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { BadKeySet, type KeySet } from '../../src/security/issuer-key-set.ts';
import { createIssuerKeys, KeysUnavailable } from '../../src/security/issuer-keys.ts';

const MAX_AGE_MS = 60_000;
const COOLDOWN_MS = 5_000;

// Nothing is fetched in the background.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const keySet = (...kids: readonly string[]): KeySet => ({
  keyFor: createLocalJWKSet({ keys: [] }),
  kids: new Set(kids),
});
type Published = KeySet | BadKeySet | Promise<KeySet>;

/** The keys of an issuer, at a clock of our own, and how often they were fetched. */
const open = (first: Published = keySet('key-1')) => {
  let published = first;
  let fetches = 0;
  let now = 0;
  const fetchKeys = async () => {
    fetches += 1;
    if (published instanceof BadKeySet) throw published;
    return published;
  };
  const times = { maxAgeMs: MAX_AGE_MS, staleMs: MAX_AGE_MS * 2, cooldownMs: COOLDOWN_MS };
  const keys = createIssuerKeys(fetchKeys, times, { log: createLog('silent'), now: () => now });
  return {
    keys,
    fetches: () => fetches,
    publish(next: Published) {
      published = next;
    },
    pass(ms: number) {
      now += ms;
    },
  };
};

/** The key ids of a set, or the seconds after which the call may be repeated. */
const outcomeOf = (set: Promise<KeySet>): Promise<string[] | number> =>
  set.then(
    ({ kids }) => [...kids],
    (error: unknown) => {
      if (error instanceof KeysUnavailable) return error.retryAfterSeconds;
      throw error;
    },
  );

describe('the current keys', () => {
  test('keys of exactly jwksMaxAgeMs are used without a fetch, and older ones are fetched again', async () => {
    const { keys, fetches, pass } = open();
    await keys.current();
    pass(MAX_AGE_MS);
    await keys.current();
    expect(fetches()).toBe(1);
    pass(1);
    await keys.current();
    expect(fetches()).toBe(2);
  });

  test('without usable keys calls ask a failing issuer 5 times at once, and then once each jwksCooldownMs', async () => {
    const { keys, fetches, publish, pass } = open(new BadKeySet('HTTP_503'));
    // The first call waits for the fetch with which the service begins.
    for (const seconds of [2, 2, 2, 2, 2, 2, 5, 5]) expect(await outcomeOf(keys.current())).toBe(seconds);
    expect(fetches()).toBe(6);
    pass(COOLDOWN_MS - 1_000);
    expect(await outcomeOf(keys.current())).toBe(1);
    pass(1_000);
    publish(keySet('key-1'));
    expect(await outcomeOf(keys.current())).toEqual(['key-1']);
    expect(fetches()).toBe(7);
  });
});

describe('a key id that the keys lack', () => {
  test('a fetch that runs and brings the key id is enough', async () => {
    const { keys, fetches, publish, pass } = open();
    await keys.current();
    const { promise, resolve } = Promise.withResolvers<KeySet>();
    publish(promise);
    pass(MAX_AGE_MS + 1);
    const current = keys.current();
    const found = keys.lookFor('key-2');
    resolve(keySet('key-1', 'key-2'));
    expect(await Promise.all([current, found].map(outcomeOf))).toEqual(Array(2).fill(['key-1', 'key-2']));
    expect(fetches()).toBe(2);
  });

  test('a key id is fetched also while there is no good set', async () => {
    const { keys, fetches, publish } = open(new BadKeySet('HTTP_503'));
    expect(await outcomeOf(keys.current())).toBe(2);
    publish(keySet('key-1'));
    expect(await outcomeOf(keys.lookFor('key-1'))).toEqual(['key-1']);
    expect(fetches()).toBe(2);
  });

  test('one key id is fetched once each jwksCooldownMs, and until then it is undetermined', async () => {
    const { keys, fetches, pass } = open();
    await keys.current();
    expect(await outcomeOf(keys.lookFor('key-9'))).toEqual(['key-1']);
    expect(await outcomeOf(keys.lookFor('key-9'))).toBe(5);
    pass(COOLDOWN_MS);
    expect(await outcomeOf(keys.lookFor('key-9'))).toEqual(['key-1']);
    expect(fetches()).toBe(3);
  });

  test('key ids with the same first 128 characters count as one', async () => {
    const { keys, fetches } = open();
    await keys.current();
    const start = 'k'.repeat(127);
    expect(await outcomeOf(keys.lookFor(`${start}1a`))).toEqual(['key-1']);
    expect(await outcomeOf(keys.lookFor(`${start}1b`))).toBe(5);
    expect(await outcomeOf(keys.lookFor(`${start}2a`))).toEqual(['key-1']);
    expect(fetches()).toBe(3);
  });

  test('a withdrawn key id is fetched within the budget, and known to be withdrawn beyond it', async () => {
    const { keys, fetches, publish, pass } = open();
    await keys.current();
    publish(keySet('key-2'));
    pass(MAX_AGE_MS + 1);
    await keys.current();
    expect(await outcomeOf(keys.lookFor('key-1'))).toEqual(['key-2']);
    expect(fetches()).toBe(3);
    expect(await outcomeOf(keys.lookFor('key-1'))).toEqual(['key-2']);
    expect(fetches()).toBe(3);
    publish(keySet('key-1', 'key-2'));
    pass(COOLDOWN_MS);
    expect(await outcomeOf(keys.lookFor('key-1'))).toEqual(['key-1', 'key-2']);
  });
});
