/** Bearer tokens of callers: verified here again, whatever the router thinks of them. */
import { createLocalJWKSet, createRemoteJWKSet, customFetch, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { z } from 'zod';
import { openUpstream } from '../lib/exchange.ts';
import type { Log } from '../lib/log.ts';
import type { Caller } from './caller.ts';
import { claimNames, createClaimsReader } from './claims.ts';

/** Public keys only: whoever may verify with a symmetric key may also sign with it. */
const algorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const;

const publicKey = z
  .looseObject({ kty: z.enum(['RSA', 'EC', 'OKP'], 'RSA, EC or OKP: a public key') })
  .refine((key) => !('d' in key), 'a public key, without its private half');

const isSafeToFetch = (url: string) =>
  URL.canParse(url) &&
  (new URL(url).protocol === 'https:' || /^http:\/\/(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d+)?\//.test(url));

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
    /** How long fetched keys are believed without asking again. */
    jwksMaxAgeMs: milliseconds(600_000),
    /** How long an unknown key id waits after a fetch: key ids that somebody makes up cost the issuer nothing. */
    jwksCooldownMs: milliseconds(30_000),
    jwksTimeoutMs: milliseconds(2_000),
    clockToleranceSeconds: z.int().min(0).max(300).default(10),
    /** The `typ` that tokens must have, such as at+jwt, where the issuer signs others with the same keys. */
    type: z.string().min(1).optional(),
    ...claimNames,
  })
  .refine(({ jwks, jwksUrl }) => (jwks === undefined) !== (jwksUrl === undefined), 'either jwks or jwksUrl');

export type JwtConfig = z.output<typeof jwtConfig>;

/** The issuer's keys cannot be had now, so whether a token is valid is not known. */
export class KeysUnavailable extends Error {
  override readonly name = 'KeysUnavailable';
}

/** More than any header that reaches us; verification costs time. */
const MAX_TOKEN_LENGTH = 8_192;

/** Fetches through our own client: bounded in time and size, without redirects and retries. */
const remoteKeys = ({ jwksMaxAgeMs, jwksCooldownMs, jwksTimeoutMs }: JwtConfig, url: URL): JWTVerifyGetKey => {
  const upstream = openUpstream(url.origin, { connections: 1 });
  return createRemoteJWKSet(url, {
    cacheMaxAge: jwksMaxAgeMs,
    cooldownDuration: jwksCooldownMs,
    timeoutDuration: jwksTimeoutMs,
    [customFetch]: async (_, { headers, signal }) => {
      const path = url.pathname + url.search;
      const request = { method: 'GET', path, headers: Object.fromEntries(headers) } as const;
      const { status, body } = await upstream.send(request, { deadline: signal });
      return new Response(status === 200 ? new Uint8Array(body) : null, { status });
    },
  });
};

/** Faults of the token. Whatever else goes wrong is a fault of the keys. */
const isRefusal = (error: unknown): error is errors.JOSEError =>
  error instanceof errors.JOSEError &&
  !(error instanceof errors.JWKSInvalid || error instanceof errors.JWKSTimeout || error.code === 'ERR_JOSE_GENERIC');

/** Who an Authorization header proves its sender to be; undefined: nobody. Throws KeysUnavailable. */
export const createBearerCheck = (
  config: JwtConfig,
  log: Log,
): ((authorization: string) => Promise<Caller | undefined>) => {
  const { issuer, audience, algorithms, clockToleranceSeconds, type, jwks, jwksUrl } = config;
  const keys = jwksUrl === undefined ? createLocalJWKSet(jwks ?? { keys: [] }) : remoteKeys(config, new URL(jwksUrl));
  const options = {
    ...{ issuer, audience, algorithms, clockTolerance: clockToleranceSeconds, requiredClaims: ['exp', 'sub'] },
    ...(type !== undefined && { typ: type }),
  };
  const readClaims = createClaimsReader('jwt', config);
  return async (authorization) => {
    const token = /^bearer +([\w.-]+)$/i.exec(authorization)?.[1];
    if (token === undefined || token.length > MAX_TOKEN_LENGTH) return undefined;
    try {
      const { payload } = await jwtVerify(token, keys, options);
      return readClaims(payload);
    } catch (error) {
      if (isRefusal(error)) {
        log.info('a token was refused', { code: error.code });
        return undefined;
      }
      log.error('the keys that tokens are signed with cannot be had', { error });
      throw new KeysUnavailable('The keys that tokens are signed with cannot be had', { cause: error });
    }
  };
};
