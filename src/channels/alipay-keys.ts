/**
 * Alipay's two ways of naming keys: bare keys, or certificates whose serial numbers travel with every message.
 * https://opendocs.alipay.com/common/02kipk (keys), https://opendocs.alipay.com/common/02kdnc (certificates)
 */
import { createHash, createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';
import { z } from 'zod';

/** What Alipay's key tool gives out: PEM, or the bare base64 of PKCS#1 or PKCS#8. */
const privateKey = z.string().transform((text, context): KeyObject => {
  for (const type of ['pkcs8', 'pkcs1'] as const) {
    try {
      if (text.includes('-----BEGIN')) return createPrivateKey(text);
      return createPrivateKey({ key: Buffer.from(text, 'base64'), format: 'der', type });
    } catch {
      // Not this kind.
    }
  }
  context.addIssue('an RSA private key as PEM, or as base64 of PKCS#1 or PKCS#8');
  return z.NEVER;
});

const publicKey = z.string().transform((text, context): KeyObject => {
  try {
    if (text.includes('-----BEGIN')) return createPublicKey(text);
    return createPublicKey({ key: Buffer.from(text, 'base64'), format: 'der', type: 'spki' });
  } catch {
    context.addIssue('an RSA public key as PEM or base64');
    return z.NEVER;
  }
});

const certificates = z.string().transform((text, context): X509Certificate[] => {
  try {
    const blocks = text.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
    if (blocks.length > 0) return blocks.map((block) => new X509Certificate(block));
  } catch {
    // Falls through to the issue.
  }
  context.addIssue('certificates as PEM');
  return z.NEVER;
});

/** Either Alipay's bare public key, or the three certificates of certificate mode. */
export const keyConfig = {
  privateKey,
  alipayPublicKey: publicKey.optional(),
  certificates: z.strictObject({ app: certificates, alipay: certificates, alipayRoot: certificates }).optional(),
};

/** The serial numbers of certificate mode. */
export interface SerialNumbers {
  readonly app: string;
  readonly alipay: string;
  readonly alipayRoot: string;
}

export interface AlipayKeys {
  readonly privateKey: KeyObject;
  readonly alipayPublicKey: KeyObject;
  readonly serialNumbers?: SerialNumbers | undefined;
}

interface KeySettings {
  readonly privateKey: KeyObject;
  readonly alipayPublicKey?: KeyObject | undefined;
  readonly certificates?: Readonly<Record<keyof SerialNumbers, X509Certificate[]>> | undefined;
}

/** Throws without a key to verify with: a source that believes everything must not start. */
export const alipayKeys = ({ privateKey, alipayPublicKey, certificates }: KeySettings): AlipayKeys => {
  const [alipay] = certificates?.alipay ?? [];
  const [app] = certificates?.app ?? [];
  if (!certificates || !alipay || !app) {
    if (!alipayPublicKey) throw new Error('alipay needs alipayPublicKey or certificates');
    return { privateKey, alipayPublicKey };
  }
  const alipayRoot = certificates.alipayRoot.filter(isRsaSigned).map(serialNumber).join('_');
  return {
    privateKey,
    alipayPublicKey: alipay.publicKey,
    serialNumbers: { app: serialNumber(app), alipay: serialNumber(alipay), alipayRoot },
  };
};

/** The root file holds SM2 certificates as well; only those signed with an RSA algorithm (PKCS #1) are counted. */
const isRsaSigned = ({ signatureAlgorithmOid = '' }: X509Certificate): boolean =>
  signatureAlgorithmOid.startsWith('1.2.840.113549.1.1.');

/** MD5 of the issuer, its parts in reverse order, and the serial number in decimal. */
const serialNumber = ({ issuer, serialNumber }: X509Certificate): string => {
  const name = issuer.split('\n').reverse().join(',');
  return createHash('md5')
    .update(`${name}${BigInt(`0x${serialNumber}`)}`)
    .digest('hex');
};
