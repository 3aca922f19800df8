/** Reads the key set that an issuer of caller tokens publishes, as a whole or not at all. https://www.rfc-editor.org/rfc/rfc7517#section-5 */
import { KeyObject } from 'node:crypto';
import { type CryptoKey, calculateJwkThumbprint, createLocalJWKSet, errors, type JWK } from 'jose';
import { z } from 'zod';
import { jsonValue, readJson } from '../lib/strict-json.ts';

export interface KeySet {
  /** Throws errors.JWKSNoMatchingKey for a key id, or an algorithm, that the set has no key for. */
  readonly keyFor: ReturnType<typeof createLocalJWKSet>;
  readonly kids: ReadonlySet<string>;
}

/** Why a set is not used; for the log. */
type KeySetFault =
  | `HTTP_${number}`
  | 'NO_KEY_SET'
  | 'SECRET_KEY'
  | 'BROKEN_KEY'
  | 'WEAK_KEY'
  | 'ONE_ID_FOR_TWO_KEYS'
  | 'NO_USABLE_KEY';

export class BadKeySet extends Error {
  override readonly name = 'BadKeySet';
  readonly code: KeySetFault;

  constructor(code: KeySetFault, cause?: unknown) {
    super(`The key set of the issuer is not used: ${code}`, { cause });
    this.code = code;
  }
}

/** Issuers publish a few; importing a key costs time. */
const MAX_KEYS = 100;

/** Members of secret and private keys. https://www.iana.org/assignments/jose/jose.xhtml#web-key-parameters */
const secretMembers = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv'];
const isSecret = (key: JWK): boolean => key.kty === 'oct' || secretMembers.some((member) => member in key);

const jwk = z.looseObject({ kty: z.string().min(1), kid: z.string().exactOptional(), alg: z.string().exactOptional() });
const jwkSet = z.looseObject({ keys: z.array(jwk).max(MAX_KEYS) });

const parseKeySet = (body: Uint8Array): JWK[] => {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
    return jwkSet.parse(jsonValue(readJson(text))).keys;
  } catch (cause) {
    throw new BadKeySet('NO_KEY_SET', cause);
  }
};

/** RSA keys below 2048 bits are refused by RFC 7518, section 3.3; with an exponent of 1 any text is a signature. */
const isStrong = (key: CryptoKey): boolean => {
  const { modulusLength, publicExponent } = KeyObject.from(key).asymmetricKeyDetails ?? {};
  return (modulusLength ?? 2_048) >= 2_048 && (publicExponent ?? 3n) > 1n;
};

/** Whether a key verifies one of the algorithms. Throws BadKeySet for a key that should and cannot. */
const verifies = async (key: JWK, algorithms: readonly string[]): Promise<boolean> => {
  const keyFor = createLocalJWKSet({ keys: [key] });
  for (const alg of algorithms) {
    const imported = await keyFor({ alg, ...(key.kid !== undefined && { kid: key.kid }) }).catch((cause: unknown) => {
      // A key for encryption, or for an algorithm that is not configured, is no fault of the set.
      if (cause instanceof errors.JWKSNoMatchingKey) return undefined;
      throw new BadKeySet('BROKEN_KEY', cause);
    });
    if (!imported) continue;
    if (!isStrong(imported)) throw new BadKeySet('WEAK_KEY');
    return true;
  }
  return false;
};

/**
 * The keys of a set that verify one of the algorithms. Throws BadKeySet when the set has no such key, when one of them
 * is broken or two share a key id, and when it holds a secret: such a set was published by mistake.
 */
export const readKeySet = async (body: Uint8Array, algorithms: readonly string[]): Promise<KeySet> => {
  const published = parseKeySet(body);
  if (published.some(isSecret)) throw new BadKeySet('SECRET_KEY');
  const usable = new Map<string, JWK>();
  const prints = new Map<string, string>();
  for (const key of published) {
    if (!(await verifies(key, algorithms))) continue;
    const print = await calculateJwkThumbprint(key);
    if (key.kid !== undefined && (prints.get(key.kid) ?? print) !== print) throw new BadKeySet('ONE_ID_FOR_TWO_KEYS');
    if (key.kid !== undefined) prints.set(key.kid, print);
    usable.set(JSON.stringify([key.kid, key.alg, print]), key);
  }
  if (usable.size === 0) throw new BadKeySet('NO_USABLE_KEY');
  return { keyFor: createLocalJWKSet({ keys: [...usable.values()] }), kids: new Set(prints.keys()) };
};
