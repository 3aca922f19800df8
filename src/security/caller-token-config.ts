/** `callers.jwt`: which bearer tokens of callers are accepted, and with which keys of the issuer. */
import { createPublicKey } from 'node:crypto';
import { z } from 'zod';
import { endpointAddress, isProtected } from '../lib/address.ts';
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
    /** The age at which keys are fetched again. */
    jwksMaxAgeMs: milliseconds(600_000),
    /** The age up to which keys are used while the issuer does not answer. */
    jwksStaleMs: milliseconds(21_600_000),
    /** How often an unknown key id may cause a fetch, after a burst of 5: made-up ids cost the issuer no more. */
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
