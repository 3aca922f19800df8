/** `callers.jwt`: which bearer tokens of callers are accepted, and with which keys of the issuer. */
import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { endpointAddress, isProtected } from '../lib/address.ts';
import { MAX_TIMER_MS } from '../lib/timers.ts';
import { claimNames } from './caller-claims.ts';

/** Of public keys only: a symmetric key that verifies can sign as well. */
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
  .looseObject({
    kty: z
      .enum(['RSA', 'EC', 'OKP'], 'is not a public key. Write RSA, EC or OKP: a public key.')
      .describe('The kind of the key'),
  })
  .refine((key) => !('d' in key), 'is a private key. Give a public key, without its private half.')
  .refine(isReadable, 'cannot be read. Give a key that can be read, of 2048 bits or more if it is RSA.');

/** The key types and curves of each algorithm. https://www.rfc-editor.org/rfc/rfc7518#section-3.1, RFC 8037 */
const fitting: Readonly<Record<(typeof algorithms)[number], string>> = {
  ...{ RS256: 'RSA', RS384: 'RSA', RS512: 'RSA', PS256: 'RSA', PS384: 'RSA', PS512: 'RSA' },
  ...{ ES256: 'P-256', ES384: 'P-384', ES512: 'P-521', EdDSA: 'Ed25519' },
};

const hasKeyFor = (keys: readonly z.output<typeof publicKey>[], wanted: readonly (keyof typeof fitting)[]): boolean =>
  // A key that cannot be read has a fault of its own.
  keys.some(
    ({ crv, alg, ...key }) =>
      !isReadable({ crv, ...key }) ||
      wanted.some((one) => fitting[one] === (crv ?? key.kty) && (alg === undefined || alg === one)),
  );

const isSafeToFetch = (url: string): boolean => {
  const address = endpointAddress.safeParse(url);
  return address.success && isProtected(address.data);
};

const milliseconds = (fallback: number) => z.int().positive().max(MAX_TIMER_MS).default(fallback);

export const jwtConfig = z
  .strictObject({
    issuer: z
      .string()
      .min(1)
      .regex(/^[^|]*$/, 'has a |. Write the iss of the tokens, without it.')
      .describe('The iss that tokens must have'),
    audience: z
      .union(
        [z.string().min(1), z.array(z.string().min(1)).min(1)],
        'is no audience. Write a text, or a list of texts.',
      )
      .describe('The aud that tokens must have: a text, or a list of which one is enough'),
    algorithms: z
      .array(z.enum(algorithms))
      .min(1)
      .describe('Those that the issuer signs with, and no others; asymmetric ones'),
    jwks: z
      .object({ keys: z.array(publicKey).min(1).describe('Public keys as JWK') })
      .optional()
      .describe("The issuer's keys, in place of jwksUrl"),
    jwksUrl: z
      .string()
      .refine(isSafeToFetch, 'is not an address to fetch keys from. Write https://…, or http://… on this machine.')
      .optional()
      .describe('Where the issuer publishes its keys'),
    jwksMaxAgeMs: milliseconds(600_000).describe('Milliseconds: the age at which keys are fetched again'),
    jwksStaleMs: milliseconds(21_600_000).describe(
      'Milliseconds: the age up to which keys are used while the issuer does not answer',
    ),
    /** Made-up ids cost the issuer no more. */
    jwksCooldownMs: milliseconds(5_000).describe(
      'Milliseconds: how often an unknown key id may cause a fetch, after a burst of 5',
    ),
    jwksTimeoutMs: milliseconds(2_000).describe('Milliseconds: how long a fetch of keys may take'),
    clockToleranceSeconds: z
      .int()
      .min(0)
      .max(300)
      .default(10)
      .describe("Seconds: how far the issuer's clock and ours may differ"),
    type: z
      .string()
      .min(1)
      .optional()
      .describe('The typ that tokens must have, such as at+jwt, where the issuer signs others with the same keys'),
    ...claimNames,
  })
  .refine(
    ({ jwks, jwksUrl }) => (jwks === undefined) !== (jwksUrl === undefined),
    'needs either jwks or jwksUrl. Write one of the two, and not both.',
  )
  .refine(
    ({ jwksMaxAgeMs, jwksStaleMs, jwksTimeoutMs }) => jwksStaleMs >= jwksMaxAgeMs + jwksTimeoutMs,
    'has a jwksStaleMs that is too short: jwksStaleMs has to be jwksMaxAgeMs + jwksTimeoutMs at least. Write more.',
  )
  .refine(({ jwks, algorithms: wanted }) => !jwks || hasKeyFor(jwks.keys, wanted), {
    path: ['jwks', 'keys'],
    error: 'has no key for any of algorithms. Give the key that the issuer signs with, or correct algorithms.',
  });

export type JwtConfig = z.output<typeof jwtConfig>;
