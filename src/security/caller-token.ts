/** Bearer tokens of callers, verified here although the router may have verified them before. */
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { parseUniqueJson } from '../lib/unique-json.ts';
import type { Caller } from './caller.ts';
import { createClaimsReader } from './caller-claims.ts';
import type { JwtConfig } from './caller-token-config.ts';
import { type IssuerDeps, openIssuerKeys } from './issuer-fetch.ts';
import { type IssuerKeys, KeysUnavailable } from './issuer-keys.ts';

/** Characters; as long as a header can be that reaches us. Verification costs time. */
const MAX_TOKEN_LENGTH = 8_192;

/** Whether a token would be valid under the right key: only for such a token is a key looked for. */
const couldBeValid = (token: string, { issuer, audience, clockToleranceSeconds }: JwtConfig): boolean => {
  const { iss, aud, exp = 0 } = decodeJwt(token);
  const audiences = new Set([audience].flat());
  return (
    iss === issuer &&
    [aud].flat().some((one) => audiences.has(one ?? '')) &&
    exp > Date.now() / 1_000 - clockToleranceSeconds
  );
};

/** Throws for a name that occurs twice: another reader might take the other value. RFC 7519, section 4. */
const requireUniqueNames = (token: string): void => {
  for (const part of token.split('.', 2)) parseUniqueJson(Buffer.from(part, 'base64url').toString());
};

const verifyOptions = (config: JwtConfig): JWTVerifyOptions => ({
  issuer: config.issuer,
  audience: config.audience,
  algorithms: config.algorithms,
  clockTolerance: config.clockToleranceSeconds,
  requiredClaims: ['exp', 'sub'],
  ...(config.type !== undefined && { typ: config.type }),
});

/** Verifies with the keys at hand, and looks for the token's key at the issuer when they lack it. */
const createVerify = (config: JwtConfig, keys: IssuerKeys): ((token: string) => Promise<JWTPayload>) => {
  const options = verifyOptions(config);
  return async (token) => {
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
};

/**
 * Returns the caller that an Authorization header proves, and undefined when it proves none.
 * Throws KeysUnavailable when that cannot be determined now.
 */
export const createBearerCheck = (
  config: JwtConfig,
  deps: IssuerDeps,
): ((authorization: string) => Promise<Caller | undefined>) => {
  const verify = createVerify(config, openIssuerKeys(config, deps));
  const readClaims = createClaimsReader('jwt', config);
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
      deps.log.info('a token was refused', code === undefined ? { error } : { code });
      return undefined;
    }
  };
};
