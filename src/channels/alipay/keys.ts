/**
 * Alipay's keys: bare ones, or certificates whose serial numbers travel with every message. Keys that cannot be right
 * are refused when they are read, because every reply to a wrong key costs an auth code.
 * https://opendocs.alipay.com/common/02kipk (keys), https://opendocs.alipay.com/common/02kdnc (certificates)
 */
import { createPublicKey, type KeyObject, sign, verify, type X509Certificate } from 'node:crypto';
import { z } from 'zod';
import type { Expiring } from '../source.ts';
import {
  belongingTo,
  type Certificates,
  certificateFaults,
  isRsaSigned,
  keyOf,
  leaves,
  serialNumberOf,
} from './certificates.ts';
import { type Material, readMaterial } from './key-material.ts';

const MIN_BITS = 2_048;
const NEW_KEY = `make an RSA key of ${MIN_BITS} bits with Alipay's key tool`;

/** What `read` makes of a text; a string is the fault that it reports. */
const readAs = <T extends object>(read: (materials: readonly Material[]) => T | string) =>
  z.string().transform((text, context): T => {
    const result = read(readMaterial(text));
    if (typeof result !== 'string') return result;
    context.addIssue(result);
    return z.NEVER;
  });

const rsaFault = (key: KeyObject): string | undefined => {
  const { asymmetricKeyType: type, asymmetricKeyDetails: { modulusLength = 0, namedCurve } = {} } = key;
  if (type !== 'rsa') {
    const kind = namedCurve ?? type ?? 'SM2 or some other kind';
    return `it is a key of another kind (${kind}); RSA2 needs an RSA key: ${NEW_KEY}`;
  }
  if (modulusLength < MIN_BITS) return `it is an RSA key of ${modulusLength} bits; RSA2 needs ${MIN_BITS}: ${NEW_KEY}`;
  return isSound(key) ? undefined : 'it is a damaged RSA key: copy it again';
};

/** No real modulus has a factor below it; of moduli with one wrong digit, 19 in 20 have. */
const SMALL = 10_000n;

const isSound = (key: KeyObject): boolean => {
  if (key.type === 'private') return signsForItself(key);
  const { n = '' } = key.export({ format: 'jwk' });
  const modulus = BigInt(`0x${Buffer.from(n, 'base64url').toString('hex')}`);
  for (let factor = 2n; factor < SMALL; factor += 1n) if (modulus % factor === 0n) return false;
  return true;
};

const signsForItself = (key: KeyObject): boolean => {
  const text = Buffer.from('payer-identity');
  try {
    return verify('RSA-SHA256', text, createPublicKey(key), sign('RSA-SHA256', text, key));
  } catch {
    return false;
  }
};

/** As Alipay's key tool writes it: PEM, or the bare base64 of PKCS#1 or PKCS#8. */
const privateKey = readAs((materials): KeyObject | string => {
  const [material = { kind: 'unknown' as const }, ...more] = materials;
  if (more.length > 0) return 'it holds several keys: give one';
  switch (material.kind) {
    case 'private':
      return rsaFault(material.key) ?? material.key;
    case 'public':
      return "it is a public key: give the application's private key, which the key tool made together with it";
    case 'certificate':
      return "it is a certificate: give the application's private key here, and the certificate as certificates.app";
    case 'encrypted':
      return 'it is under a passphrase: give it without one (openssl pkey -in <key> -out <new key>)';
    default:
      return 'is no key that can be read. Give an RSA private key as PEM, or as base64 of PKCS#1 or PKCS#8.';
  }
});

const publicKey = readAs((materials): KeyObject | string => {
  const [material = { kind: 'unknown' as const }, ...more] = materials;
  if (more.length > 0) return 'it holds several keys: give one';
  switch (material.kind) {
    case 'public':
      return rsaFault(material.key) ?? material.key;
    case 'private':
    case 'encrypted':
      return 'it is a private key: give the public key of Alipay, which the console of the open platform shows';
    case 'certificate':
      return 'it is a certificate: give app, alipay and alipayRoot in certificates instead';
    default:
      return 'is no key that can be read. Give an RSA public key as PEM or base64.';
  }
});

const certificates = readAs((materials): X509Certificate[] | string => {
  const read = materials.flatMap((material) => (material.kind === 'certificate' ? [material.certificate] : []));
  if (read.length > 0 && read.length === materials.length) return read;
  const kinds = new Set(materials.map(({ kind }) => kind));
  if (kinds.has('private') || kinds.has('encrypted')) return 'it holds a private key: give certificates alone';
  if (kinds.has('public')) return 'it holds a public key: give certificates, or alipayPublicKey in place of all three';
  if (kinds.has('request')) return 'it is a request for a certificate: give the certificate that was issued for it';
  return 'is no certificate that can be read. Give certificates as PEM.';
});

/** Either Alipay's bare public key, or the three certificates of certificate mode. */
export const keyConfig = {
  privateKey: privateKey.describe(
    "The application's private key (应用私钥): RSA of 2,048 bits, as PEM, or as base64 of PKCS#1 or PKCS#8",
  ),
  alipayPublicKey: publicKey
    .optional()
    .describe("Alipay's public key (支付宝公钥), in PEM or base64; in place of certificates"),
  certificates: z
    .strictObject({
      app: certificates.describe("The application's certificate (应用公钥证书), in PEM"),
      alipay: certificates.describe("Alipay's certificate (支付宝公钥证书), in PEM; both while it changes"),
      alipayRoot: certificates.describe("Alipay's root certificates (支付宝根证书), in PEM"),
    })
    .optional()
    .describe('The three certificates of certificate mode (公钥证书), in place of alipayPublicKey'),
};

interface KeySettings {
  readonly privateKey: KeyObject;
  readonly alipayPublicKey?: KeyObject | undefined;
  readonly certificates?: Certificates | undefined;
}

const BOTH_OR_NEITHER = 'needs one of two. Write either alipayPublicKey or certificates, and not both.';

/** Faults between settings that are right by themselves. */
export const keyFaults = ({ privateKey, alipayPublicKey, certificates }: KeySettings) => {
  if ((alipayPublicKey === undefined) === (certificates === undefined))
    return [{ path: ['alipayPublicKey'], message: BOTH_OR_NEITHER }];
  if (alipayPublicKey?.equals(createPublicKey(privateKey))) {
    const message =
      "it is the public half of privateKey, the application's own: give Alipay's, which the console shows beside it";
    return [{ path: ['alipayPublicKey'], message }];
  }
  if (!certificates) return [];
  const wrongKeys = leaves(certificates.alipay).flatMap((leaf) => {
    const key = keyOf(leaf);
    return (key ? rsaFault(key) : 'it is a certificate of another kind (SM2): give alipayCertPublicKey_RSA2.crt') ?? [];
  });
  const faults = wrongKeys.map((message) => ({ setting: 'alipay' as const, message }));
  return [...faults, ...certificateFaults(privateKey, certificates)].map(({ setting, message }) => ({
    path: ['certificates', setting],
    message,
  }));
};

export interface AlipayKeys {
  readonly privateKey: KeyObject;
  /** By the serial number that replies name in certificate mode; a bare key by the empty string. */
  readonly verifiers: ReadonlyMap<string, KeyObject>;
  /** What our requests name in certificate mode. */
  readonly serialNumbers?: { readonly app: string; readonly alipayRoot: string } | undefined;
  readonly expiring: readonly Expiring[];
}

/** The key that verifies a reply; undefined when the reply names a certificate that is not configured. */
export const verifierOf = ({ verifiers, serialNumbers }: AlipayKeys, named: string | undefined) =>
  verifiers.get(serialNumbers ? (named ?? '') : '');

/** Throws when there is no key to verify replies with. */
export const alipayKeys = ({ privateKey, alipayPublicKey, certificates }: KeySettings): AlipayKeys => {
  const alipay = leaves(certificates?.alipay ?? []);
  const [app] = belongingTo(privateKey, certificates?.app ?? []);
  if (!certificates || !app || alipay.length === 0) {
    if (!alipayPublicKey) throw new Error('alipay needs alipayPublicKey or certificates');
    return { privateKey, verifiers: new Map([['', alipayPublicKey]]), expiring: [] };
  }
  // While Alipay changes its certificate, replies name either one.
  const verifiers = new Map(alipay.map((leaf) => [serialNumberOf(leaf), leaf.publicKey]));
  const lasting = alipay.reduce((last, leaf) => (leaf.validToDate > last.validToDate ? leaf : last));
  return {
    privateKey,
    verifiers,
    serialNumbers: {
      app: serialNumberOf(app),
      alipayRoot: certificates.alipayRoot.filter(isRsaSigned).map(serialNumberOf).join('_'),
    },
    expiring: [expiry('certificates.app', app), expiry('certificates.alipay', lasting)],
  };
};

const expiry = (setting: string, { validFromDate, validToDate }: X509Certificate): Expiring => ({
  setting,
  validFrom: validFromDate,
  validTo: validToDate,
});
