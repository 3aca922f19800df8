/** Key sets of an issuer: which are used, and the fault that the log states for those that are not. */
import { generateKeyPairSync, type JsonWebKey } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readKeySet } from '../../src/security/issuer-key-set.ts';

const newEcKeys = () => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return { publicJwk: publicKey.export({ format: 'jwk' }), privateJwk: privateKey.export({ format: 'jwk' }) };
};
const { publicJwk, privateJwk } = newEcKeys();
const good = { ...publicJwk, kid: 'key-1' };
const other = newEcKeys().publicJwk;
/** Made once: that takes long. */
const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({ format: 'jwk' });

const read = (body: Uint8Array) => readKeySet(body, ['ES256', 'RS256']);
const setOf = (...keys: JsonWebKey[]) => Buffer.from(JSON.stringify({ keys }));

describe('a key set that is not used', () => {
  test.each<[what: string, body: Uint8Array, code: string]>([
    ['is no JSON', Buffer.from('<html>'), 'NO_KEY_SET'],
    [
      'has a byte that is not UTF-8',
      Buffer.from(setOf({ ...good, kid: 'key-\u00e9' }).toString(), 'latin1'),
      'NO_KEY_SET',
    ],
    ['has an oct key without any member', setOf(good, { kty: 'oct', kid: 'o' }), 'SECRET_KEY'],
    ['has a private key', setOf(good, { ...privateJwk, kid: 'p' }), 'SECRET_KEY'],
    ['has one prime of an RSA key', setOf(good, { ...rsaKey, p: 'AQAB' }), 'SECRET_KEY'],
    ['has a point that is not on its curve', setOf(good, { ...publicJwk, x: 'AAAA', kid: 'b' }), 'BROKEN_KEY'],
    ['has an RSA key with the exponent 1', setOf(good, { ...rsaKey, e: 'AQ' }), 'WEAK_KEY'],
    ['has two keys with one id', setOf(good, { ...other, kid: good.kid }), 'ONE_ID_FOR_TWO_KEYS'],
    ['has no key', setOf(), 'NO_USABLE_KEY'],
    ['has only a key for encryption', setOf({ ...good, use: 'enc' }), 'NO_USABLE_KEY'],
  ])('a key set that %s is not used, and its fault is named', async (_, body, code) => {
    // The log states both.
    await expect(read(body)).rejects.toMatchObject({ name: 'BadKeySet', code });
  });

  test('the fault of a key set keeps its cause, whose code the log states', async () => {
    const cause = { code: 'ERR_ENCODING_INVALID_ENCODED_DATA' };
    await expect(read(Buffer.from([0xff]))).rejects.toMatchObject({ code: 'NO_KEY_SET', cause });
  });
});

describe('a key set that is used', () => {
  test('a key set has the ids of the keys that verify, and none for a key without an id', async () => {
    const { kids } = await read(
      setOf(good, publicJwk, other, { ...rsaKey, kid: 'key-2' }, { ...other, kid: 'e', use: 'enc' }),
    );
    expect(kids).toEqual(new Set(['key-1', 'key-2']));
  });

  test('an RSA key of 2048 bits with the exponent 3 is used', async () => {
    expect((await read(setOf({ ...rsaKey, e: 'Aw', kid: 'r' }))).kids).toEqual(new Set(['r']));
  });
});
