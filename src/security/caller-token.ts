/** Bearer tokens of callers: verified here again, whatever the router thinks of them. */
import { createPublicKey } from 'node:crypto';
import { createLocalJWKSet, decodeJwt, decodeProtectedHeader, errors, type JWTPayload, jwtVerify } from 'jose';
import { z } from 'zod';
import { endpointAddress, isProtected } from '../lib/address.ts';
import { openUpstream } from '../lib/exchange.ts';
import type { Log } from '../lib/log.ts';
import { type Resolver, sharedResolver } from '../lib/resolver.ts';
import { parseUniqueJson } from '../lib/unique-json.ts';
import type { Caller } from './caller.ts';
import { claimNames, createClaimsReader } from './caller-claims.ts';
import { BadKeySet, type KeySet, readKeySet } from './issuer-key-set.ts';
import { type IssuerKeys, KeysUnavailable, keepIssuerKeys } from './issuer-keys.ts';

/** Public keys only: whoever may verify with a symmetric key may also sign with it. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

const isReadable = (key: object): boolean => {
  try {
    const { modulusLength = 2_048 } = createPublicKey({ key: { ...key }, format: 'jwk' }).asymmetricKeyDetails ?? {};
    return modulusLength >= 2_048;
  } catch {
    return false;
  }
};

const publicKey = z
  .looseObject({ kty: z.enum(['RSA', 'EC', 'OKP'], 'RSA, EC or OKP: a public key') })
  .refine((key) => !('d' in key), 'a public key, without its private half')
  .refine(isReadable, 'a key that can be read, of 2048 bits or more if it is RSA');

const isSafeToFetch = (url: string): boolean => {
  const address = endpointAddress.safeParse(url);
  return address.success && isProtected(address.data);
};

const milliseconds = (fallback: number) => z.int().positive().default(fallback);

export const jwtConfig = z
  .strictObject({
    issuer: z
      .string()
      .min(1)
      .regex(/^[^|]*$/),
    audience: z.union([z.string().min(1), z.array(z.string().min(1)).min(1)]),
    /** Those that the issuer signs with, and no others. */
    algorithms: z.array(z.enum(algorithms)).min(1),
    /** The issuer's keys, or where it publishes them. */
    jwks: z.object({ keys: z.array(publicKey).min(1) }).optional(),
    jwksUrl: z.string().refine(isSafeToFetch, 'https://…, or http://… on this machine').optional(),
    /** How old fetched keys become before the issuer is asked again. */
    jwksMaxAgeMs: milliseconds(600_000),
    /** How old they may become while the issuer cannot be asked. */
    jwksStaleMs: milliseconds(21_600_000),
    /** How often an unknown key id may cause a fetch, after a burst of 5: made-up ones cost the issuer no more. */
    jwksCooldownMs: milliseconds(5_000),
    jwksTimeoutMs: milliseconds(2_000),
    clockToleranceSeconds: z.int().min(0).max(300).default(10),
    /** The `typ` that tokens must have, such as at+jwt, where the issuer signs others with the same keys. */
    type: z.string().min(1).optional(),
    ...claimNames,
  })
  .refine(({ jwks, jwksUrl }) => (jwks === undefined) !== (jwksUrl === undefined), 'either jwks or jwksUrl')
  .refine(
    ({ jwksMaxAgeMs, jwksStaleMs, jwksTimeoutMs }) => jwksStaleMs >= jwksMaxAgeMs + jwksTimeoutMs,
    'jwksStaleMs has to be jwksMaxAgeMs + jwksTimeoutMs at least',
  );

export type JwtConfig = z.output<typeof jwtConfig>;

/** More than any header that reaches us; verification costs time. */
const MAX_TOKEN_LENGTH = 8_192;

/** One GET of the key set through our own client: bounded in time and size, without redirects and retries. */
const createFetch = (
  { jwksTimeoutMs, algorithms }: JwtConfig,
  url: URL,
  resolver: Resolver,
): (() => Promise<KeySet>) => {
  const upstream = openUpstream(url.origin, { connections: 1, resolver });
  const path = url.pathname + url.search;
  const headers = { accept: 'application/json, application/jwk-set+json' };
  return async () => {
    const until = { deadline: AbortSignal.timeout(jwksTimeoutMs) };
    const { status, body } = await upstream.send({ method: 'GET', path, headers }, until);
    if (status !== 200) throw new BadKeySet(`HTTP_${status}`);
    return readKeySet(body, algorithms);
  };
};

/** Keys of the configuration: there are no others to look for. */
const configuredKeys = (jwks: JwtConfig['jwks']): IssuerKeys => {
  const set = { keyFor: createLocalJWKSet(jwks ?? { keys: [] }), kids: new Set<string>() };
  return { current: async () => set, lookFor: async () => set };
};

const openKeys = (config: JwtConfig, log: Log, now: (() => number) | undefined, resolver: Resolver): IssuerKeys => {
  const { jwks, jwksUrl, jwksMaxAgeMs, jwksStaleMs, jwksCooldownMs } = config;
  if (jwksUrl === undefined) return configuredKeys(jwks);
  const times = { maxAgeMs: jwksMaxAgeMs, staleMs: jwksStaleMs, cooldownMs: jwksCooldownMs, ...(now && { now }) };
  return keepIssuerKeys(createFetch(config, new URL(jwksUrl), resolver), times, log);
};

/** Whether a token would be valid under the right key: a key is looked for on behalf of no other. */
const couldBeValid = (token: string, { issuer, audience, clockToleranceSeconds }: JwtConfig): boolean => {
  const { iss, aud, exp = 0 } = decodeJwt(token);
  const audiences = new Set([audience].flat());
  return (
    iss === issuer &&
    [aud].flat().some((one) => audiences.has(one ?? '')) &&
    exp > Date.now() / 1_000 - clockToleranceSeconds
  );
};

/** Throws for a name that occurs twice, of which others may read the other value. RFC 7519, section 4. */
const requireUniqueNames = (token: string): void => {
  for (const part of token.split('.', 2)) parseUniqueJson(Buffer.from(part, 'base64url').toString());
};

/** Who an Authorization header proves its sender to be; undefined: nobody. Throws KeysUnavailable. */
export const createBearerCheck = (
  config: JwtConfig,
  log: Log,
  { now, resolver = sharedResolver }: { readonly now?: () => number; readonly resolver?: Resolver | undefined } = {},
): ((authorization: string) => Promise<Caller | undefined>) => {
  const { issuer, audience, algorithms, clockToleranceSeconds, type } = config;
  const keys = openKeys(config, log, now, resolver);
  const options = {
    ...{ issuer, audience, algorithms, clockTolerance: clockToleranceSeconds, requiredClaims: ['exp', 'sub'] },
    ...(type !== undefined && { typ: type }),
  };
  const readClaims = createClaimsReader('jwt', config);

  const verify = async (token: string): Promise<JWTPayload> => {
    const { keyFor } = await keys.current();
    try {
      return (await jwtVerify(token, keyFor, options)).payload;
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !couldBeValid(token, config)) throw error;
      const { kid } = decodeProtectedHeader(token);
      if (kid !== undefined && typeof kid !== 'string') throw error;
      const { keyFor } = await keys.lookFor(kid);
      return (await jwtVerify(token, keyFor, options)).payload;
    }
  };

  return async (authorization) => {
    const token = /^bearer +([\w.-]+)$/i.exec(authorization)?.[1];
    if (token === undefined || token.length > MAX_TOKEN_LENGTH) return undefined;
    try {
      const payload = await verify(token);
      requireUniqueNames(token);
      return readClaims(payload);
    } catch (error) {
      if (error instanceof KeysUnavailable) throw error;
      const code = error instanceof errors.JOSEError ? error.code : undefined;
      log.info('a token was refused', code === undefined ? { error } : { code });
      return undefined;
    }
  };
};
