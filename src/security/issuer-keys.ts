/**
 * The keys of an issuer of caller tokens: fetched again before they are too old, used on while the issuer does not
 * answer, and fetched at once for a key id that they lack, within a budget.
 */
import { createTokenBuckets } from '../lib/token-bucket.ts';
import { createKeyCache, type KeyDeps, type KeyTimes } from './issuer-key-cache.ts';
import type { KeySet } from './issuer-key-set.ts';

/** Whether a token is valid cannot be determined now. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds = 2) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface IssuerKeys {
  /** The last good set. Throws KeysUnavailable when no set is recent enough. */
  current(): Promise<KeySet>;
  /**
   * A set that has the key id, or that was fetched after this call and lacks it.
   * Throws KeysUnavailable when the issuer does not answer or must not be asked now.
   */
  lookFor(kid: string | undefined): Promise<KeySet>;
}

/** Fetches that unknown key ids cause at once: enough for the rotations of a day, at any time of it. */
const BURST = 5;
/** The budget counts key ids by their first characters, at most so many. */
const KID_LENGTH = 128;
const MAX_KIDS = 1_000;
/** Takes a fetch from the budget, or returns the seconds until one is allowed. */
type Spend = (kid?: string) => number;

const createFetchBudget = (cooldownMs: number, now: () => number): Spend => {
  const perSecond = 1_000 / cooldownMs;
  const budget = createTokenBuckets({ perSecond, burst: BURST }, { now });
  const budgetOfKid = createTokenBuckets({ perSecond, burst: 1 }, { now, maxKeys: MAX_KIDS });
  return (kid) => {
    const seconds = Math.max(budget.secondsUntil(''), kid === undefined ? 0 : budgetOfKid.secondsUntil(kid));
    if (seconds > 0) return Math.ceil(seconds);
    budget.take('');
    if (kid !== undefined) budgetOfKid.take(kid);
    return 0;
  };
};

export const createIssuerKeys = (fetchKeys: () => Promise<KeySet>, times: KeyTimes, deps: KeyDeps): IssuerKeys => {
  const { maxAgeMs, staleMs, cooldownMs } = times;
  const { now } = deps;
  const spend = createFetchBudget(cooldownMs, now);
  const cache = createKeyCache(fetchKeys, times, deps);

  const ageMs = () => now() - (cache.latest()?.at ?? Number.NEGATIVE_INFINITY);
  const has = (kid: string) => cache.latest()?.keys.kids.has(kid) ?? false;
  const usable = (): KeySet => {
    const latest = cache.latest();
    if (latest && ageMs() <= staleMs) return latest.keys;
    throw new KeysUnavailable("The issuer's keys cannot be fetched");
  };

  void cache.refresh();
  return {
    async current() {
      const isDue = ageMs() > maxAgeMs && !cache.isFailing();
      const isStale = ageMs() > staleMs;
      const seconds = isStale && !isDue && !cache.running() ? spend() : 0;
      if (seconds > 0)
        throw new KeysUnavailable("The issuer's keys are not known, and must not be fetched now", seconds);
      if (isDue || isStale) await cache.refresh();
      return usable();
    },

    async lookFor(kid = '') {
      const before = cache.attempts();
      // A fetch that began before this call may bring the key id; that it lacks it proves nothing about now.
      await cache.running();
      if (has(kid)) return usable();
      if (cache.attempts() === before) {
        const seconds = spend(kid.slice(0, KID_LENGTH));
        if (seconds > 0 && cache.isWithdrawn(kid)) return usable();
        if (seconds > 0)
          throw new KeysUnavailable('The key of a token is not known, and must not be fetched now', seconds);
      }
      if (cache.attempts() === before || cache.running()) await cache.refresh();
      const latest = cache.latest();
      if (has(kid) || (latest && latest.attempt > before)) return usable();
      throw new KeysUnavailable('The key of a token is not known, and the issuer does not answer');
    },
  };
};
