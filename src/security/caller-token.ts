/** Bearer tokens of callers, verified here although the router may have verified them before. */
import { decodeJwt, decodeProtectedHeader, errors, type JWTPayload, type JWTVerifyOptions, jwtVerify } from 'jose';
import { parseUniqueJson } from '../lib/unique-json.ts';
import type { Caller } from './caller.ts';
import { createClaimsReader } from './caller-claims.ts';
import type { JwtConfig } from './caller-token-config.ts';
import { type IssuerDeps, openIssuerKeys } from './issuer-fetch.ts';
import type { KeySet } from './issuer-key-set.ts';
import { type IssuerKeys, KeysUnavailable } from './issuer-keys.ts';
import { rememberCallers } from './remembered-callers.ts';

/** Characters; as long as a header can be that reaches us. Verification costs time. */
const MAX_TOKEN_LENGTH = 8_192;

/** Of the tokens whose callers are remembered: 10,000 of usual length. */
const REMEMBERED_CHARACTERS = 8_388_608;

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

interface Verified {
  readonly payload: JWTPayload;
  readonly keys: KeySet;
}

/** Verifies with the keys at hand, and looks for the token's key at the issuer when they lack it. */
const createVerify = (
  config: JwtConfig,
  issuerKeys: Pick<IssuerKeys, 'lookFor'>,
): ((token: string, keys: KeySet) => Promise<Verified>) => {
  const options = verifyOptions(config);
  const verifyWith = async (token: string, keys: KeySet): Promise<Verified> => {
    const { payload } = await jwtVerify(token, keys.keyFor, options);
    return { payload, keys };
  };
  return async (token, keys) => {
    try {
      return await verifyWith(token, keys);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey) || !couldBeValid(token, config)) throw error;
      const { kid } = decodeProtectedHeader(token);
      if (kid !== undefined && typeof kid !== 'string') throw error;
      return verifyWith(token, await issuerKeys.lookFor(kid));
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
  const { clockToleranceSeconds } = config;
  const issuerKeys = openIssuerKeys(config, deps);
  const verify = createVerify(config, issuerKeys);
  const remembered = rememberCallers({ clockToleranceSeconds, characters: REMEMBERED_CHARACTERS });
  const readClaims = createClaimsReader('jwt', config);
  return async (authorization) => {
    const token = /^bearer +([\w.-]+)$/i.exec(authorization)?.[1];
    if (token === undefined || token.length > MAX_TOKEN_LENGTH) return undefined;
    try {
      const current = await issuerKeys.current();
      const known = remembered.find(token, current);
      if (known) return known;
      const { payload, keys } = await verify(token, current);
      requireUniqueNames(token);
      const caller = readClaims(payload);
      if (caller) remembered.add(token, { keys, payload, caller });
      return caller;
    } catch (error) {
      if (error instanceof KeysUnavailable) throw error;
      const code = error instanceof errors.JOSEError ? error.code : undefined;
      deps.log.info('a token was refused', code === undefined ? { error } : { code });
      return undefined;
    }
  };
};
