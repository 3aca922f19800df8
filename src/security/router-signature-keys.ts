/** The keys and algorithms of the router's HTTP message signatures. https://www.rfc-editor.org/rfc/rfc9421.html#section-3.3 */
import { constants, createHmac, createPublicKey, type KeyObject, timingSafeEqual, verify } from 'node:crypto';
import { z } from 'zod';

/** Whether a signature is valid over these bytes. */
export type Verify = (signed: Buffer, signature: Buffer) => boolean;

const MIN_SECRET_BYTES = 32;
const MIN_RSA_BITS = 2_048;

/** Throws for a private key: it would verify as well, and must not be in this configuration. */
const publicKey = (pem: string, fits: (key: KeyObject) => boolean): KeyObject => {
  const key = createPublicKey(pem);
  if (pem.includes('PRIVATE KEY') || !fits(key)) throw new Error('Not a public key of this kind');
  return key;
};

const ecdsa =
  (digest: string, curve: string) =>
  (pem: string): Verify => {
    const key = publicKey(pem, ({ asymmetricKeyDetails }) => asymmetricKeyDetails?.namedCurve === curve);
    return (signed, signature) => verify(digest, signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
  };

const algorithmNames = ['ed25519', 'ecdsa-p256-sha256', 'ecdsa-p384-sha384', 'rsa-pss-sha512', 'hmac-sha256'] as const;

const algorithms: Readonly<Record<(typeof algorithmNames)[number], (key: string) => Verify>> = {
  ed25519: (pem: string): Verify => {
    const key = publicKey(pem, ({ asymmetricKeyType }) => asymmetricKeyType === 'ed25519');
    return (signed, signature) => verify(null, signed, key, signature);
  },
  'ecdsa-p256-sha256': ecdsa('sha256', 'prime256v1'),
  'ecdsa-p384-sha384': ecdsa('sha384', 'secp384r1'),
  'rsa-pss-sha512': (pem: string): Verify => {
    const key = publicKey(
      pem,
      ({ asymmetricKeyType, asymmetricKeyDetails }) =>
        asymmetricKeyType?.startsWith('rsa') === true && (asymmetricKeyDetails?.modulusLength ?? 0) >= MIN_RSA_BITS,
    );
    const options = { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: 64 };
    return (signed, signature) => verify('sha512', signed, options, signature);
  },
  'hmac-sha256': (base64: string): Verify => {
    const secret = Buffer.from(z.base64().parse(base64), 'base64');
    if (secret.length < MIN_SECRET_BYTES) throw new Error('Too short');
    return (signed, signature) => {
      const expected = createHmac('sha256', secret).update(signed).digest();
      return signature.length === expected.length && timingSafeEqual(signature, expected);
    };
  },
};

const fields = z.strictObject({
  id: z.string().min(1).max(128).describe('The keyid that the router sends'),
  algorithm: z.enum(algorithmNames).describe('How the router signs'),
  key: z.string().describe('A public key in PEM; for hmac-sha256 at least 32 bytes in base64'),
});

/** Throws when the key does not fit its algorithm. */
export const openKey = ({ algorithm, key }: z.output<typeof fields>): Verify => algorithms[algorithm](key);

const opens = (record: z.output<typeof fields>): boolean => {
  try {
    openKey(record);
    return true;
  } catch {
    return false;
  }
};

export const signatureKey = fields.refine(opens, {
  path: ['key'],
  error:
    'does not fit the algorithm. Give a public key in PEM that fits the algorithm; for hmac-sha256 at least 32 bytes in base64 (openssl rand -base64 32).',
});
