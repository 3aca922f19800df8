/** Asks name servers for the addresses of a host, by c-ares. */
import { type LookupAddress, promises as system } from 'node:dns';
import { setTimeout as delay } from 'node:timers/promises';

/** Each query: the limit of an attempt, and how many attempts c-ares makes, over all servers. */
const QUERY = { timeout: 1_500, tries: 3 };
/** How long A or AAAA waits for the other: https://www.rfc-editor.org/rfc/rfc8305#section-3 */
const RESOLUTION_DELAY_MS = 50;
const LEAST_TTL_MS = 1_000;
const MOST_TTL_MS = 300_000;

export interface Answer {
  readonly addresses: readonly LookupAddress[];
  readonly ttlMs: number;
}

/** No such name, or no address: an answer, which replaces an earlier one. */
export const isNegative = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ENOTFOUND', 'ENODATA', 'EBADNAME'].includes(String(error.code));

type AddressRecord = LookupAddress & { readonly ttl: number };

/** The addresses of A and AAAA, IPv4 first. Throws when neither query has one: a failure rather than a negative answer. */
const askBoth = async (resolver: system.Resolver, name: string): Promise<Answer> => {
  const records: AddressRecord[] = [];
  const errors: unknown[] = [];
  const collect = async (query: Promise<{ address: string; ttl: number }[]>, family: 4 | 6): Promise<void> => {
    try {
      for (const { address, ttl } of await query) records.push({ address, ttl, family });
    } catch (error) {
      errors.push(error);
    }
  };
  const ipv4 = resolver.resolve4(name, { ttl: true });
  const ipv6 = resolver.resolve6(name, { ttl: true });
  const whole = Promise.all([collect(ipv4, 4), collect(ipv6, 6)]);
  const soonAfterOne = Promise.any([ipv4, ipv6]).then(
    () => delay(RESOLUTION_DELAY_MS),
    () => whole,
  );
  await Promise.race([whole, soonAfterOne]);
  if (records.length === 0) throw errors.find((error) => !isNegative(error)) ?? errors[0];
  const ttlMs = Math.min(...records.map(({ ttl }) => ttl * 1_000));
  const addresses = records.map(({ address, family }) => ({ address, family }));
  addresses.sort((left, right) => left.family - right.family);
  return { addresses, ttlMs: Math.min(Math.max(ttlMs, LEAST_TTL_MS), MOST_TTL_MS) };
};

/** Asks for each name until one has an address. A resolver for each look-up reads resolv.conf again. */
export const askServers = async (
  names: readonly string[],
  servers: readonly string[] | undefined,
  lookupMs: number,
): Promise<Answer> => {
  const resolver = new system.Resolver(QUERY);
  if (servers) resolver.setServers(servers);
  const timer = setTimeout(() => resolver.cancel(), lookupMs);
  try {
    let last: unknown;
    for (const name of names) {
      try {
        return await askBoth(resolver, name);
      } catch (error) {
        if (!isNegative(error)) throw error;
        last = error;
      }
    }
    throw last;
  } finally {
    clearTimeout(timer);
    resolver.cancel();
  }
};
