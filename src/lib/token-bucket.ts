/** Token buckets, one per key: a rate with a burst. */

export interface Rate {
  /** Tokens per second. */
  readonly perSecond: number;
  /** The size of a full bucket. */
  readonly burst: number;
}

export interface TokenBuckets {
  /** Seconds until the key has a token; 0: now. Takes none. */
  secondsUntil(key: string): number;
  /** Takes tokens and may go into debt, by `debtBursts` at most. */
  take(key: string, tokens?: number): void;
  readonly size: number;
}

interface Options {
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
  /** What the debt of a bucket is bounded by, in bursts. */
  readonly debtBursts?: number;
  /**
   * Beyond this number the least recently used bucket is deleted, and is full when its key comes back. An attacker
   * gains nothing unless this many new keys arrive within burst / perSecond seconds: after that it is full anyway.
   */
  readonly maxKeys?: number;
}

/** The error of adding fractions stays below a microsecond. */
const ROUNDING_MS = 0.001;

export const createTokenBuckets = (
  { perSecond, burst }: Rate,
  { now = () => performance.now(), debtBursts = 1, maxKeys = 100_000 }: Options = {},
): TokenBuckets => {
  const msPerToken = 1_000 / perSecond;
  /** When each bucket will be full again, the least recently used first. */
  const fullAt = new Map<string, number>();

  const store = (key: string, at: number) => {
    fullAt.delete(key);
    fullAt.set(key, at);
    if (fullAt.size <= maxKeys) return;
    for (const oldest of fullAt.keys()) return void fullAt.delete(oldest);
  };

  return {
    secondsUntil(key) {
      const at = fullAt.get(key);
      if (at === undefined) return 0;
      // A refused call uses its bucket too, so that the bucket is not deleted.
      store(key, at);
      const waitMs = at - now() - (burst - 1) * msPerToken;
      return waitMs > ROUNDING_MS ? waitMs / 1_000 : 0;
    },
    take(key, tokens = 1) {
      const at = now();
      const full = Math.max(fullAt.get(key) ?? at, at) + tokens * msPerToken;
      store(key, Math.min(full, at + (1 + debtBursts) * burst * msPerToken));
    },
    get size() {
      return fullAt.size;
    },
  };
};
