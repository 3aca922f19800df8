/**
 * The keys of an issuer of caller tokens: fetched again before they are too old, used on while the issuer does not
 * answer, and fetched at once for a key id that they lack, within a budget.
 */
import type { Log } from '../lib/log.ts';
import { createTokenBuckets } from '../lib/token-bucket.ts';
import { BadKeySet, type KeySet } from './issuer-key-set.ts';

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

export interface KeyTimes {
  /** Beyond this age a set is fetched again before it is used, unless the issuer is known to be unavailable. */
  readonly maxAgeMs: number;
  /** Beyond this age a set is not used. */
  readonly staleMs: number;
  /** How often an unknown key id may cause a fetch, after BURST of them; and how soon a failed fetch is repeated. */
  readonly cooldownMs: number;
}

interface Deps {
  readonly log: Log;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** Fetches that unknown key ids cause at once: enough for the rotations of a day, at any time of it. */
const BURST = 5;
/** The budget counts key ids by their first characters, at most so many. */
const KID_LENGTH = 128;
const MAX_KIDS = 1_000;
/** The part of its maximum age at which a set is fetched in the background. */
const REFRESH_AT = 0.75;
const MIN_DELAY_MS = 1_000;
const MAX_DELAY_MS = 86_400_000;

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

/** The last good set, with when and by which attempt it was fetched. */
interface FetchedKeys {
  readonly keys: KeySet;
  readonly at: number;
  readonly attempt: number;
}

interface KeyCache {
  /** Fetches the keys. One fetch at a time: a call during another waits for that one. Never rejects. */
  refresh(): Promise<void>;
  /** The fetch that runs; undefined when none does. */
  running(): Promise<void> | undefined;
  /** The number of fetches so far. */
  attempts(): number;
  /** Whether the last fetch failed. */
  isFailing(): boolean;
  latest(): FetchedKeys | undefined;
  /** Whether an earlier good set had the key id, and the latest does not. */
  isWithdrawn(kid: string): boolean;
}

/** Fetches in the background before the keys are too old, and after a failure every `cooldownMs`. */
const createKeyCache = (
  fetchKeys: () => Promise<KeySet>,
  { maxAgeMs, cooldownMs }: KeyTimes,
  { log, now }: Deps,
): KeyCache => {
  let latest: FetchedKeys | undefined;
  let attempts = 0;
  let failures = 0;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  const withdrawn = new Set<string>();

  const replace = (fetched: FetchedKeys) => {
    for (const kid of latest?.keys.kids ?? []) withdrawn.add(kid);
    for (const kid of fetched.keys.kids) withdrawn.delete(kid);
    for (const oldest of withdrawn) if (withdrawn.size > MAX_KIDS) withdrawn.delete(oldest);
    latest = fetched;
  };

  const fetchOnce = async () => {
    attempts += 1;
    const attempt = attempts;
    const at = now();
    try {
      replace({ keys: await fetchKeys(), at, attempt });
      if (failures > 0) log.info('the issuer publishes its keys again', { count: failures });
      failures = 0;
    } catch (error) {
      failures += 1;
      const code = error instanceof BadKeySet ? error.code : undefined;
      if (failures === 1) log.error("the issuer's keys could not be fetched; the last good ones stay", { code, error });
    }
  };

  const schedule = () => {
    clearTimeout(timer);
    const delayMs = failures > 0 ? cooldownMs : maxAgeMs * REFRESH_AT;
    timer = setTimeout(refresh, Math.min(Math.max(delayMs, MIN_DELAY_MS), MAX_DELAY_MS)).unref();
  };

  const refresh = (): Promise<void> => {
    running ??= fetchOnce().finally(() => {
      running = undefined;
      schedule();
    });
    return running;
  };

  return {
    refresh,
    running: () => running,
    attempts: () => attempts,
    isFailing: () => failures > 0,
    latest: () => latest,
    isWithdrawn: (kid) => withdrawn.has(kid),
  };
};

export const createIssuerKeys = (fetchKeys: () => Promise<KeySet>, times: KeyTimes, deps: Deps): IssuerKeys => {
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
