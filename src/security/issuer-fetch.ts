/** Where the keys of an issuer come from: the configuration, or a GET of the key set that the issuer publishes. */
import { createLocalJWKSet } from 'jose';
import { openUpstream } from '../lib/exchange.ts';
import type { Log } from '../lib/log.ts';
import type { Resolver } from '../lib/resolver.ts';
import type { JwtConfig } from './caller-token-config.ts';
import { BadKeySet, type KeySet, readKeySet } from './issuer-key-set.ts';
import { createIssuerKeys, type IssuerKeys } from './issuer-keys.ts';

export interface IssuerDeps {
  readonly log: Log;
  readonly resolver: Resolver;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

/** One GET of the key set by our own client: bounded in time and size, without redirects and retries. */
const createFetch = (
  { jwksTimeoutMs, algorithms }: JwtConfig,
  url: URL,
  resolver: Resolver,
): (() => Promise<KeySet>) => {
  const upstream = openUpstream(url.origin, { connections: 1, resolver });
  const path = url.pathname + url.search;
  const headers = { accept: 'application/json, application/jwk-set+json' };
  return async () => {
    const cancellation = { deadline: AbortSignal.timeout(jwksTimeoutMs) };
    const { status, body } = await upstream.send({ method: 'GET', path, headers }, cancellation);
    if (status !== 200) throw new BadKeySet(`HTTP_${status}`);
    return readKeySet(body, algorithms);
  };
};

/** Keys of the configuration, which has no others to look for. */
const configuredKeys = (jwks: JwtConfig['jwks']): IssuerKeys => {
  const set = { keyFor: createLocalJWKSet(jwks ?? { keys: [] }), kids: new Set<string>() };
  return { current: async () => set, lookFor: async () => set };
};

export const openIssuerKeys = (config: JwtConfig, { log, resolver, now }: IssuerDeps): IssuerKeys => {
  const { jwks, jwksUrl, jwksMaxAgeMs, jwksStaleMs, jwksCooldownMs } = config;
  if (jwksUrl === undefined) return configuredKeys(jwks);
  const times = { maxAgeMs: jwksMaxAgeMs, staleMs: jwksStaleMs, cooldownMs: jwksCooldownMs };
  return createIssuerKeys(createFetch(config, new URL(jwksUrl), resolver), times, { log, now });
};
