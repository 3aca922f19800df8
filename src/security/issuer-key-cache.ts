/** Fetches the keys of an issuer, one fetch at a time and ahead of their age, and holds the last good set. */
import type { Log } from '../lib/log.ts';
import { BadKeySet, type KeySet } from './issuer-key-set.ts';

export interface KeyTimes {
  /** Beyond this age a set is fetched again before it is used, unless the issuer is known to be unavailable. */
  readonly maxAgeMs: number;
  /** Beyond this age a set is not used. */
  readonly staleMs: number;
  /** How often an unknown key id may cause a fetch, after BURST of them; and how soon a failed fetch is repeated. */
  readonly cooldownMs: number;
}

export interface KeyDeps {
  readonly log: Log;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** The part of its maximum age at which a set is fetched in the background. */
const REFRESH_AT = 0.75;
const MIN_DELAY_MS = 1_000;
const MAX_DELAY_MS = 86_400_000;
/** Withdrawn key ids that are remembered; the oldest are forgotten. */
const MAX_WITHDRAWN = 1_000;

/** The last good set, with when and by which attempt it was fetched. */
export interface FetchedKeys {
  readonly keys: KeySet;
  readonly at: number;
  readonly attempt: number;
}

export interface KeyCache {
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
export const createKeyCache = (
  fetchKeys: () => Promise<KeySet>,
  { maxAgeMs, cooldownMs }: KeyTimes,
  { log, now }: KeyDeps,
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
    for (const oldest of withdrawn) if (withdrawn.size > MAX_WITHDRAWN) withdrawn.delete(oldest);
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
