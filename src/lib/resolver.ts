/**
 * Looks up host names without the threads of libuv, of which at most two run `getaddrinfo`: a name server that does not
 * answer for one host would block them, and with them every other host, PostgreSQL and the issuer of tokens.
 * https://nodejs.org/docs/latest-v24.x/api/dns.html#implementation-considerations
 *
 * c-ares asks the servers of resolv.conf, one look-up per host at a time. While the name servers fail, the last good
 * answer is used beyond its time to live. Node's resolver reads neither /etc/hosts nor the search list
 * (nodejs/node#17850): see resolver-files.ts. cacheable-lookup is no alternative: it runs getaddrinfo beside each
 * look-up and has no stale answers.
 */
import { type LookupAddress, type LookupOptions, promises as system } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { createLookupCache } from './lookup-cache.ts';
import { addressesIn, candidatesFor } from './resolver-files.ts';
import { type Answer, askServers } from './resolver-query.ts';

/** The limit of a look-up, whether or not a connection still waits for it: a late answer serves the next connection. */
const LOOKUP_MS = 10_000;
/** For answers without a time to live: the hosts file, and the system's resolver. */
const LOCAL_TTL_MS = 5_000;

interface ResolverOptions {
  /** `system`: getaddrinfo, with the machine's NSS modules and libuv's two slots. */
  readonly resolver?: 'dns' | 'system';
  /** Name servers, such as 127.0.0.1:53; absent: those of resolv.conf. */
  readonly servers?: readonly string[];
  readonly hostsFile?: string;
  readonly resolvConf?: string;
  /** The limit of a look-up. */
  readonly lookupMs?: number;
  /** Milliseconds of a monotonic clock. */
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
  const ask = async (host: string): Promise<Answer> => {
    if (kind === 'system') return { addresses: await system.lookup(host, { all: true }), ttlMs: LOCAL_TTL_MS };
    const local = addressesIn(hostsFile, host);
    if (local.length > 0) return { addresses: local, ttlMs: LOCAL_TTL_MS };
    return askServers(candidatesFor(resolvConf, host), servers, lookupMs);
  };
  const resolveCached = createLookupCache(ask, now);

  const resolve = async (hostname: string): Promise<readonly LookupAddress[]> => {
    const host = hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1');
    const family = isIP(host);
    if (family > 0) return [{ address: host, family }];
    return /(?:^|\.)localhost\.?$/.test(host) ? LOOPBACK : resolveCached(host);
  };
  return { resolve, lookup: lookupBy(resolve) };
};

type Resolve = Resolver['resolve'];

const lookupBy =
  (resolve: Resolve): LookupFunction =>
  (host, options, done) => {
    const required = familyOf(options.family);
    resolve(host).then(
      (all) => {
        const addresses = all.filter(({ family }) => required === 0 || family === required);
        const [first] = addresses;
        if (!first) done(Object.assign(new Error('No address of this family'), { code: 'ENODATA' }), '', 0);
        else if (options.all) done(null, [...addresses]);
        else done(null, first.address, first.family);
      },
      (error: NodeJS.ErrnoException) => done(error, '', 0),
    );
  };

/** 0: any family. */
const familyOf = (family: LookupOptions['family']): number => Number(`${family ?? 0}`.replace('IPv', ''));

/** The resolver of this process: every connection shares it, so that no host is looked up twice at the same time. */
export const sharedResolver = createResolver();
