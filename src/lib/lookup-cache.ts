/** What is known of the addresses of hosts: answers for their time to live, expired ones while asking fails, failures. */
import type { LookupAddress } from 'node:dns';
import { setTimeout as delay } from 'node:timers/promises';
import { type Answer, isNegative } from './resolver-query.ts';

/** How long a failure is cached, so that a host in frequent use is not looked up all the time. */
const FAILURE_TTL_MS = 1_000;
/** How long an expired answer is used while name servers fail. They fail for hours; addresses stay for days. */
const STALE_MS = 86_400_000;
/** How long a new answer is awaited while there is an expired one. https://www.rfc-editor.org/rfc/rfc8767 */
const STALE_PATIENCE_MS = 250;

/** What is cached of one host. */
interface Entry {
  answer?: Answer & { readonly atMs: number };
  failure?: { readonly error: Error; readonly untilMs: number };
  pending?: Promise<readonly LookupAddress[]>;
}

/** Caches answers for their time to live, and uses expired ones while asking fails. */
export const createLookupCache = (
  ask: (host: string) => Promise<Answer>,
  now: () => number,
): ((host: string) => Promise<readonly LookupAddress[]>) => {
  const hosts = new Map<string, Entry>();

  return async (host) => {
    const entry = hosts.get(host) ?? {};
    hosts.set(host, entry);
    const { answer, failure } = entry;
    const age = answer ? now() - answer.atMs - answer.ttlMs : Number.POSITIVE_INFINITY;
    if (answer && age < 0) return answer.addresses;
    const stale = answer && age < STALE_MS ? answer.addresses : undefined;
    if (failure && now() < failure.untilMs) {
      if (stale) return stale;
      throw failure.error;
    }
    entry.pending ??= renew(entry, ask(host), now);
    if (!stale) return entry.pending;
    const renewed = entry.pending.catch((error: unknown) => {
      if (isNegative(error)) throw error;
      return stale;
    });
    const patience = delay(STALE_PATIENCE_MS, stale);
    return Promise.race([renewed, patience]);
  };
};

/** Puts an answer into its entry, or how the look-up failed. */
const renew = async (entry: Entry, pending: Promise<Answer>, now: () => number): Promise<readonly LookupAddress[]> => {
  try {
    const answer = await pending;
    entry.answer = { ...answer, atMs: now() };
    delete entry.failure;
    return answer.addresses;
  } catch (cause) {
    const error = cause instanceof Error ? cause : new Error('A look-up failed', { cause });
    if (isNegative(error)) delete entry.answer;
    entry.failure = { error, untilMs: now() + FAILURE_TTL_MS };
    throw error;
  } finally {
    delete entry.pending;
  }
};
