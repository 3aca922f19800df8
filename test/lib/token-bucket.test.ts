import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createTokenBuckets } from '../../src/lib/token-bucket.ts';

/** Buckets with a clock that a test sets, in milliseconds. */
const bucketsAt = (rate: { perSecond: number; burst: number }, maxKeys?: number) => {
  const clock = { ms: 0 };
  const buckets = createTokenBuckets(rate, { now: () => clock.ms, ...(maxKeys && { maxKeys }) });
  const knock = (key: string): boolean => {
    if (buckets.secondsUntil(key) > 0) return false;
    buckets.take(key);
    return true;
  };
  return { clock, buckets, knock };
};

describe('a bucket', () => {
  test.each([1, 3, 100, 1_000])('a bucket admits a burst of %i, and not one more', (burst) => {
    const { knock } = bucketsAt({ perSecond: 3, burst });
    const passed = Array.from({ length: burst + 1 }, () => knock('a'));
    expect(passed).toEqual([...Array(burst).fill(true), false]);
  });

  test('a bucket returns to the millisecond when it has a token again', () => {
    const { clock, buckets, knock } = bucketsAt({ perSecond: 4, burst: 2 });
    knock('a');
    knock('a');
    expect(buckets.secondsUntil('a')).toBeCloseTo(0.25, 9);
    clock.ms = 249;
    expect(buckets.secondsUntil('a')).toBeCloseTo(0.001, 9);
    for (const ms of [250, 251, 500, 10_000]) {
      clock.ms = ms;
      expect(buckets.secondsUntil('a')).toBe(0);
    }
  });

  test('a bucket does not fill beyond its burst in any time', () => {
    const { clock, knock } = bucketsAt({ perSecond: 10, burst: 5 });
    knock('a');
    clock.ms = 86_400_000;
    expect(Array.from({ length: 6 }, () => knock('a')).filter(Boolean)).toHaveLength(5);
  });

  test('a bucket is not changed by the calls of other keys', () => {
    const { knock } = bucketsAt({ perSecond: 1, burst: 1 });
    expect([knock('a'), knock('a'), knock('b'), knock('b')]).toEqual([true, false, true, false]);
  });

  test('a bucket goes into debt for a high cost, by one burst at most', () => {
    const { buckets } = bucketsAt({ perSecond: 1, burst: 10 });
    buckets.take('a', 15);
    expect(buckets.secondsUntil('a')).toBe(6);
    buckets.take('a', 1_000);
    expect(buckets.secondsUntil('a')).toBe(11);
  });

  test('a bucket whose debt may be ten bursts goes into debt by ten, and no further', () => {
    const buckets = createTokenBuckets({ perSecond: 1, burst: 10 }, { now: () => 0, debtBursts: 10 });
    buckets.take('a', 15);
    expect(buckets.secondsUntil('a')).toBe(6);
    buckets.take('a', 95);
    expect(buckets.secondsUntil('a')).toBe(101);
    buckets.take('a', 1);
    expect(buckets.secondsUntil('a')).toBe(101);
  });

  test('a refused call costs no token', () => {
    const { clock, knock } = bucketsAt({ perSecond: 1, burst: 1 });
    knock('a');
    for (clock.ms = 0; clock.ms < 1_000; clock.ms += 10) expect(knock('a')).toBe(false);
    expect(knock('a')).toBe(true);
  });

  test('a bucket never admits more than its burst and its refill, in any order of calls', () => {
    const rates = fc.record({ perSecond: fc.integer({ min: 1, max: 1_000 }), burst: fc.integer({ min: 1, max: 50 }) });
    fc.assert(
      fc.property(rates, fc.array(fc.integer({ min: 0, max: 500 }), { maxLength: 200 }), (rate, pausesMs) => {
        const { clock, knock } = bucketsAt(rate);
        let passed = 0;
        for (const pauseMs of pausesMs) {
          clock.ms += pauseMs;
          if (knock('a')) passed += 1;
          expect(passed).toBeLessThanOrEqual(rate.burst + (clock.ms * rate.perSecond) / 1_000 + 1e-6);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('a flood of keys', () => {
  test('a flood of keys never exceeds maxKeys', () => {
    const { buckets, knock } = bucketsAt({ perSecond: 1, burst: 1 }, 1_000);
    for (let index = 0; index < 1_000; index += 1) knock(`key ${index}`);
    expect(buckets.size).toBe(1_000);
    for (let index = 0; index < 100_000; index += 1) knock(`other ${index}`);
    expect(buckets.size).toBe(1_000);
  });

  test('a flood of keys resets the least recently used bucket, and none that is in use', () => {
    const { knock } = bucketsAt({ perSecond: 0.001, burst: 1 }, 3);
    expect([knock('idle'), knock('knocking')]).toEqual([true, true]);
    for (let index = 0; index < 100; index += 1) {
      expect(knock(`key ${index}`)).toBe(true);
      expect(knock('knocking')).toBe(false);
    }
    expect(knock('idle')).toBe(true);
  });

  test('a key of which no token was taken is not stored', () => {
    const { buckets } = bucketsAt({ perSecond: 1, burst: 1 });
    for (let index = 0; index < 1_000; index += 1) buckets.secondsUntil(`key ${index}`);
    expect(buckets.size).toBe(0);
  });
});
