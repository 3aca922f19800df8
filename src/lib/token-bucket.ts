/** Token buckets, one for each key: how often something may happen, with room for a burst. */

export interface Rate {
  /** Tokens that come back each second. */
  readonly perSecond: number;
  /** Tokens of a full bucket. */
  readonly burst: number;
}

export interface TokenBuckets {
  /** Seconds until a key has a token; 0: it has one now. Takes none. */
  secondsUntil(key: string): number;
  /** Takes tokens, also such as are not there yet, at most another burst of them. */
  take(key: string, tokens?: number): void;
  readonly size: number;
}

interface Options {
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
  /**
   * The least recently used is forgotten beyond these, and is full when it comes back. That helps nobody as long as
   * fewer new keys can arrive than these within burst / perSecond seconds: by then it would be full anyway.
   */
  readonly maxKeys?: number;
}

/** Below a microsecond is what adding fractions loses. */
const ROUNDING_MS = 0.001;

export const createTokenBuckets = (
  { perSecond, burst }: Rate,
  { now = () => performance.now(), maxKeys = 100_000 }: Options = {},
): TokenBuckets => {
  const msPerToken = 1_000 / perSecond;
  /** When each bucket will be full again, the least recently used first. */
  const fullAt = new Map<string, number>();

  const keep = (key: string, at: number) => {
    fullAt.delete(key);
    fullAt.set(key, at);
    if (fullAt.size <= maxKeys) return;
    for (const oldest of fullAt.keys()) return void fullAt.delete(oldest);
  };

  return {
    secondsUntil(key) {
      const at = fullAt.get(key);
      if (at === undefined) return 0;
      // Who keeps knocking is not forgotten.
      keep(key, at);
      const waitMs = at - now() - (burst - 1) * msPerToken;
      return waitMs > ROUNDING_MS ? waitMs / 1_000 : 0;
    },
    take(key, tokens = 1) {
      const at = now();
      const full = Math.max(fullAt.get(key) ?? at, at) + tokens * msPerToken;
      keep(key, Math.min(full, at + 2 * burst * msPerToken));
    },
    get size() {
      return fullAt.size;
    },
  };
};
