/** `callers.jwt`: what a configuration of bearer tokens may not have. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { jwtConfig } from '../../src/security/caller-token-config.ts';
import { audience } from '../support/signers/issuer.ts';

describe('the configuration of tokens', () => {
  const good = { issuer: 'https://issuer.example', audience, algorithms: ['ES256'], jwksUrl: 'https://i.example/jwks' };
  const secretKey = { kty: 'oct', k: 'c2VjcmV0' };
  const only = (key: object) => ({ jwksUrl: undefined, jwks: { keys: [key] } });
  const refusal = (change: object) => {
    const messages = jwtConfig.safeParse({ ...good, ...change }).error?.issues.map(({ message }) => message);
    return messages?.join();
  };

  test.each([
    ['an algorithm with a shared key', { algorithms: ['HS256'] }],
    ['no algorithm', { algorithms: [] }],
    ['the algorithm none', { algorithms: ['ES256', 'none'] }],
    ['a shared key', { jwksUrl: undefined, jwks: { keys: [secretKey] } }],
    ['a key that is cut off', { jwksUrl: undefined, jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: 'AAAA' }] } }],
    ['fetched keys that are too old before they are due', { jwksMaxAgeMs: 2_000, jwksStaleMs: 3_999 }],
    ['a private key', { jwksUrl: undefined, jwks: { keys: [{ kty: 'EC', crv: 'P-256', x: '', y: '', d: 'x' }] } }],
    ['no keys', { jwksUrl: undefined }],
    ['keys in two places', { jwks: { keys: [{ kty: 'EC' }] } }],
    ['keys over the network in the clear', { jwksUrl: 'http://issuer.example/jwks' }],
    ['keys at what only looks like this machine', { jwksUrl: 'http://127.0.0.1.evil.example/jwks' }],
    ['keys at this machine as a user name', { jwksUrl: 'http://localhost:80@evil.example/jwks' }],
    ['no issuer', { issuer: '' }],
    ['no audience', { audience: [] }],
  ])('a configuration is refused with %s', (_, change) => {
    expect(jwtConfig.safeParse(good).success).toBe(true);
    expect(jwtConfig.safeParse({ ...good, ...change }).success).toBe(false);
  });

  test('a configured RSA key of 1,024 bits is refused, and one of 2,048 bits is accepted', () => {
    const rsaKey = (modulusLength: number) =>
      generateKeyPairSync('rsa', { modulusLength }).publicKey.export({ format: 'jwk' });
    expect(refusal(only(rsaKey(1_024)))).toBe(
      'cannot be read. Give a key that can be read, of 2048 bits or more if it is RSA.',
    );
    const readable = only(rsaKey(2_048));
    expect(refusal({ ...readable, algorithms: ['RS256'] })).toBeUndefined();
    expect(refusal(readable)).toMatch(/^has no key for any of algorithms\./);
  });

  test('a configured key with its private half is refused, although it can be read', () => {
    const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    expect(refusal(only(privateKey.export({ format: 'jwk' })))).toBe(
      'is a private key. Give a public key, without its private half.',
    );
    expect(refusal(only(publicKey.export({ format: 'jwk' })))).toBeUndefined();
  });
});
