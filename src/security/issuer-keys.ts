/**
 * The keys of an issuer: fetched again before they are too old, kept in use while the issuer cannot be asked, and
 * fetched at once for a key id that they lack, within a budget.
 */
import type { Log } from '../lib/log.ts';
import { createTokenBuckets } from '../lib/token-bucket.ts';
import { BadKeySet, type KeySet } from './issuer-key-set.ts';

/** Whether a token is valid is not known now. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
  readonly retryAfterSeconds: number;

  constructor(message: string, retryAfterSeconds = 2) {
    super(message);
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export interface IssuerKeys {
  /** The last good set. Throws KeysUnavailable when there is none, or none that is recent enough. */
  current(): Promise<KeySet>;
  /**
   * A set that has the key id, or that was asked for after this call and lacks it.
   * Throws KeysUnavailable when the issuer cannot be asked now.
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
  /** Milliseconds of a clock that never goes back. */
  readonly now?: () => number;
}

/** Fetches that unknown key ids cause at once: enough for the rotations of a day, at any time of it. */
const BURST = 5;
/** The budget counts key ids by their beginning, of at most so many. */
const KID_LENGTH = 128;
const MAX_KIDS = 1_000;
/** How much of its age a set reaches before it is fetched in the background. */
const REFRESH_AT = 0.75;
const MIN_DELAY_MS = 1_000;
const MAX_DELAY_MS = 86_400_000;

export const keepIssuerKeys = (fetchKeys: () => Promise<KeySet>, times: KeyTimes, log: Log): IssuerKeys => {
  const { maxAgeMs, staleMs, cooldownMs, now = () => performance.now() } = times;
  const perSecond = 1_000 / cooldownMs;
  const budget = createTokenBuckets({ perSecond, burst: BURST }, { now });
  const budgetOfKid = createTokenBuckets({ perSecond, burst: 1 }, { now, maxKeys: MAX_KIDS });

  let good: { readonly keys: KeySet; readonly at: number; readonly attempt: number } | undefined;
  let attempts = 0;
  let failures = 0;
  let running: Promise<void> | undefined;
  let timer: NodeJS.Timeout | undefined;
  /** Key ids that a good set no longer has. */
  const withdrawn = new Set<string>();

  const keep = (keys: KeySet, at: number, attempt: number) => {
    for (const kid of good?.keys.kids ?? []) withdrawn.add(kid);
    for (const kid of keys.kids) withdrawn.delete(kid);
    for (const oldest of withdrawn) if (withdrawn.size > MAX_KIDS) withdrawn.delete(oldest);
    good = { keys, at, attempt };
  };

  const attempt = async () => {
    attempts += 1;
    const [own, at] = [attempts, now()];
    try {
      keep(await fetchKeys(), at, own);
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

  /** One fetch at a time: a call during another waits for that one. */
  const refresh = (): Promise<void> => {
    running ??= attempt().finally(() => {
      running = undefined;
      schedule();
    });
    return running;
  };

  const ageMs = () => (good ? now() - good.at : Number.POSITIVE_INFINITY);

  /** Seconds until a fetch may begin; 0: it may now, and is counted. */
  const spend = (kid?: string): number => {
    const seconds = Math.max(budget.secondsUntil(''), kid === undefined ? 0 : budgetOfKid.secondsUntil(kid));
    if (seconds > 0) return Math.ceil(seconds);
    budget.take('');
    if (kid !== undefined) budgetOfKid.take(kid);
    return 0;
  };

  const usable = (): KeySet => {
    if (good && ageMs() <= staleMs) return good.keys;
    throw new KeysUnavailable("The issuer's keys cannot be had");
  };

  void refresh();
  return {
    async current() {
      const isDue = ageMs() > maxAgeMs && failures === 0;
      const isGone = ageMs() > staleMs;
      const seconds = isGone && !isDue && !running ? spend() : 0;
      if (seconds > 0) throw new KeysUnavailable("The issuer's keys are not known, and cannot be asked for", seconds);
      if (isDue || isGone) await refresh();
      return usable();
    },

    async lookFor(kid = '') {
      const since = attempts;
      // What was asked for before may have the key id; that it lacks it says nothing about now.
      await running;
      if (good?.keys.kids.has(kid)) return usable();
      if (attempts === since) {
        const seconds = spend(kid.slice(0, KID_LENGTH));
        if (seconds > 0 && withdrawn.has(kid)) return usable();
        if (seconds > 0) throw new KeysUnavailable('The key of a token is not known, and cannot be asked for', seconds);
      }
      if (attempts === since || running) await refresh();
      if (good?.keys.kids.has(kid) || (good && good.attempt > since)) return usable();
      throw new KeysUnavailable('The key of a token is not known, and the issuer cannot be asked');
    },
  };
};
