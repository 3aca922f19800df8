/**
 * Looks names up without the threads of libuv, of which two at most run `getaddrinfo`: a name server that does not
 * answer for one host would hold them, and every other host, PostgreSQL and the issuer of tokens with them.
 * https://nodejs.org/docs/latest-v24.x/api/dns.html#implementation-considerations
 *
 * c-ares asks the servers of resolv.conf, one look-up per host at a time. The last good answer outlives its time while
 * the name servers fail. Node's resolver reads neither /etc/hosts nor the search list (nodejs/node#17850): see
 * name-files.ts. cacheable-lookup would not do: it runs getaddrinfo beside each look-up and keeps no stale answers.
 */
import { type LookupAddress, type LookupOptions, promises as system } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { addressesIn, candidatesFor } from './resolver-files.ts';

/** For each query; c-ares asks again, and another server, up to so many times. */
const QUERY = { timeout: 1_500, tries: 3 };
/** A look-up goes on for so long, whether or not a connection still waits for it: a late answer serves the next one. */
const LOOKUP_MS = 10_000;
/** When one of A and AAAA is answered: https://www.rfc-editor.org/rfc/rfc8305#section-3 */
const RESOLUTION_DELAY_MS = 50;
const LEAST_TTL_MS = 1_000;
const MOST_TTL_MS = 300_000;
/** For what has no time to live: the hosts file, and answers of the system's resolver. */
const LOCAL_TTL_MS = 5_000;
/** How long a failure is remembered, so that a host that is asked for often is not looked up all the time. */
const FAILURE_TTL_MS = 1_000;
/** How long an expired answer serves while name servers fail. They fail for hours; addresses stay for days. */
const STALE_MS = 86_400_000;
/** How long a new answer is waited for while there is an expired one. https://www.rfc-editor.org/rfc/rfc8767 */
const STALE_PATIENCE_MS = 250;

interface Answer {
  readonly addresses: readonly LookupAddress[];
  readonly ttlMs: number;
}

interface Known {
  answer?: Answer & { readonly atMs: number };
  failure?: { readonly error: Error; readonly untilMs: number };
  pending?: Promise<readonly LookupAddress[]>;
}

/** No such name, or no address: an answer, after which no earlier one counts. */
const isNegative = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && ['ENOTFOUND', 'ENODATA', 'EBADNAME'].includes(String(error.code));

/** Of both queries the addresses, IPv4 first. Throws when neither has one: in doubt, what says least. */
const askBoth = async (resolver: system.Resolver, name: string): Promise<Answer> => {
  const both = [resolver.resolve4(name, { ttl: true }), resolver.resolve6(name, { ttl: true })] as const;
  const found: { readonly address: string; readonly family: number; readonly ttl: number }[] = [];
  const errors: unknown[] = [];
  const settled = both.map((asked, index) =>
    asked.then(
      (records) => void found.push(...records.map((record) => ({ ...record, family: index === 0 ? 4 : 6 }))),
      (error: unknown) => void errors.push(error),
    ),
  );
  const whole = Promise.all(settled);
  const soonAfterOne = Promise.any(both).then(
    () => delay(RESOLUTION_DELAY_MS),
    () => whole,
  );
  await Promise.race([whole, soonAfterOne]);
  if (found.length === 0) throw errors.find((error) => !isNegative(error)) ?? errors[0];
  const ttlMs = Math.min(...found.map(({ ttl }) => ttl * 1_000));
  const addresses = found.map(({ address, family }) => ({ address, family }));
  addresses.sort((left, right) => left.family - right.family);
  return { addresses, ttlMs: Math.min(Math.max(ttlMs, LEAST_TTL_MS), MOST_TTL_MS) };
};

interface ResolverOptions {
  /** `system`: getaddrinfo, with all that the machine's NSS modules know, and with libuv's two slots. */
  readonly resolver?: 'dns' | 'system';
  /** Name servers, such as 127.0.0.1:53; absent: those of resolv.conf. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  readonly resolvConf?: string;
  /** How long a look-up goes on. */
  readonly lookupMs?: number;
  /** Milliseconds of a clock that only goes forward. */
  readonly now?: () => number;
}

export interface Resolver {
  /** The addresses of a host, at least one. Throws an error with the code of the resolver. */
  resolve(host: string): Promise<readonly LookupAddress[]>;
  /** The same for the `lookup` option of net, tls and undici. */
  readonly lookup: LookupFunction;
}

const LOOPBACK: readonly LookupAddress[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

export const createResolver = ({
  resolver: kind = 'dns',
  servers,
  hostsFile = '/etc/hosts',
  resolvConf = '/etc/resolv.conf',
  lookupMs = LOOKUP_MS,
  now = () => performance.now(),
}: ResolverOptions = {}): Resolver => {
  const hosts = new Map<string, Known>();

  /** A resolver for each look-up reads resolv.conf again, and can be cancelled without the others. */
  const askServers = async (host: string): Promise<Answer> => {
    const resolver = new system.Resolver(QUERY);
    if (servers) resolver.setServers(servers);
    const timer = setTimeout(() => resolver.cancel(), lookupMs);
    try {
      let last: unknown;
      for (const name of candidatesFor(resolvConf, host)) {
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

  const ask = async (host: string): Promise<Answer> => {
    if (kind === 'system') return { addresses: await system.lookup(host, { all: true }), ttlMs: LOCAL_TTL_MS };
    const local = addressesIn(hostsFile, host);
    return local.length > 0 ? { addresses: local, ttlMs: LOCAL_TTL_MS } : askServers(host);
  };

  const renew = async (host: string, known: Known): Promise<readonly LookupAddress[]> => {
    try {
      const answer = await ask(host);
      known.answer = { ...answer, atMs: now() };
      delete known.failure;
      return answer.addresses;
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error('A look-up failed', { cause });
      if (isNegative(error)) delete known.answer;
      known.failure = { error, untilMs: now() + FAILURE_TTL_MS };
      throw error;
    } finally {
      delete known.pending;
    }
  };

  const resolve = async (named: string): Promise<readonly LookupAddress[]> => {
    const host = named.toLowerCase().replace(/^\[(.*)\]$/, '$1');
    const family = isIP(host);
    if (family > 0) return [{ address: host, family }];
    if (/(?:^|\.)localhost\.?$/.test(host)) return LOOPBACK;

    const known = hosts.get(host) ?? {};
    hosts.set(host, known);
    const { answer, failure } = known;
    const age = answer ? now() - answer.atMs - answer.ttlMs : Number.POSITIVE_INFINITY;
    if (answer && age < 0) return answer.addresses;
    const stale = answer && age < STALE_MS ? answer.addresses : undefined;
    if (failure && now() < failure.untilMs) {
      if (stale) return stale;
      throw failure.error;
    }
    known.pending ??= renew(host, known);
    if (!stale) return known.pending;
    const renewed = known.pending.catch((error: unknown) => {
      if (isNegative(error)) throw error;
      return stale;
    });
    const patience = delay(STALE_PATIENCE_MS, stale);
    return Promise.race([renewed, patience]);
  };

  const familyOf = (family: LookupOptions['family']): number => Number(`${family ?? 0}`.replace('IPv', ''));

  return {
    resolve,
    lookup(host, options, done) {
      const wanted = familyOf(options.family);
      resolve(host).then(
        (all) => {
          const addresses = all.filter(({ family }) => wanted === 0 || family === wanted);
          const [first] = addresses;
          if (!first) done(Object.assign(new Error('No address of this family'), { code: 'ENODATA' }), '', 0);
          else if (options.all) done(null, [...addresses]);
          else done(null, first.address, first.family);
        },
        (error: NodeJS.ErrnoException) => done(error, '', 0),
      );
    },
  };
};

/** Those of this process: every connection shares them, so that no host is looked up twice at the same time. */
export const sharedResolver = createResolver();
