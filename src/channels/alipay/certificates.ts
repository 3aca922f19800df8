/**
 * The three files of certificate mode: checks that they fit together, and computes their serial numbers.
 * https://opendocs.alipay.com/common/02kdnc; the numbers as the SDKs compute them:
 * https://github.com/alipay/alipay-sdk-java-all v2 AntCertificationUtil
 */
import { createHash, type KeyObject, type X509Certificate } from 'node:crypto';

/** Each file may hold several certificates. */
export interface Certificates {
  readonly app: readonly X509Certificate[];
  readonly alipay: readonly X509Certificate[];
  readonly alipayRoot: readonly X509Certificate[];
}

export interface CertificateFault {
  readonly setting: keyof Certificates;
  readonly message: string;
}

/** The public key; undefined for SM2, which Node does not read. */
export const keyOf = (certificate: X509Certificate): KeyObject | undefined => {
  try {
    return certificate.publicKey;
  } catch {
    return undefined;
  }
};

/** The certificates that issued no other one: Alipay's file may also hold the certificate of its issuer. */
export const leaves = (certificates: readonly X509Certificate[]): X509Certificate[] =>
  certificates.filter(
    (certificate) =>
      !certificate.ca &&
      !certificates.some(({ subject, issuer }) => issuer === certificate.subject && subject !== issuer),
  );

export const belongingTo = (privateKey: KeyObject, certificates: readonly X509Certificate[]): X509Certificate[] =>
  certificates.filter((certificate) => certificate.checkPrivateKey(privateKey));

/** Why the files do not fit together; empty when they do. Found at the start, before a wrong key costs an auth code. */
export const certificateFaults = (privateKey: KeyObject, given: Certificates): CertificateFault[] => {
  const { app, alipay, alipayRoot } = given;
  if (belongingTo(privateKey, app).length === 0) {
    const owner = (['alipayRoot', 'alipay'] as const).find((name) => belongingTo(privateKey, given[name]).length > 0);
    const message = owner
      ? `the certificate of privateKey stands in certificates.${owner}: the two settings are swapped`
      : 'it does not belong to privateKey: give the certificate that was issued for that key (appCertPublicKey_….crt)';
    return [{ setting: 'app', message }];
  }
  const faults: CertificateFault[] = [];
  const add = (setting: CertificateFault['setting'], message: string | false | undefined) => {
    if (message) faults.push({ setting, message });
  };
  add('alipayRoot', rootFault(alipayRoot));
  add(
    'alipay',
    belongingTo(privateKey, alipay).length > 0 &&
      "it holds the application's own certificate: give the one of Alipay (alipayCertPublicKey_RSA2.crt)",
  );
  add(
    'alipay',
    leaves(alipay).length === 0 &&
      'it holds certificates of authorities only: give the one that Alipay signs with (alipayCertPublicKey_RSA2.crt)',
  );
  if (faults.length > 0) return faults;
  for (const leaf of leaves(alipay)) add('alipay', chainFault(leaf, given));
  for (const leaf of belongingTo(privateKey, app)) add('app', chainFault(leaf, given));
  return faults;
};

const rootFault = (roots: readonly X509Certificate[]): string | undefined => {
  const isAuthority = (certificate: X509Certificate) => certificate.ca || certificate.subject === certificate.issuer;
  if (!roots.every(isAuthority))
    return 'it holds a certificate that is not of an authority: give the roots that Alipay publishes (alipayRootCert.crt)';
  if (!roots.some(isRsaSigned))
    return 'it holds no RSA root: give the whole file that Alipay publishes (alipayRootCert.crt)';
  return undefined;
};

const isSame = (left: X509Certificate, right: X509Certificate) => left.fingerprint256 === right.fingerprint256;

const isSignedBy = (certificate: X509Certificate, issuer: X509Certificate): boolean => {
  const key = keyOf(issuer);
  return key !== undefined && !isSame(certificate, issuer) && certificate.verify(key);
};

/** Longer than Alipay's chains, which have a root, an authority and a leaf. */
const MAX_CHAIN = 8;

/**
 * Follows the signatures from a certificate to one of the root file. Alipay's downloads leave out the authority in
 * between, and no SDK requires it. So a chain may end at an issuer that is in none of the files, if its name begins
 * with the organization of a root, as the names of Alipay's authorities do.
 */
const chainFault = (leaf: X509Certificate, { app, alipay, alipayRoot }: Certificates): string | undefined => {
  const all = [...alipayRoot, ...alipay, ...app];
  let certificate = leaf;
  for (let length = 0; length < MAX_CHAIN; length += 1) {
    const current = certificate;
    if (alipayRoot.some((root) => isSame(root, current))) return undefined;
    const named = all.filter(({ subject }) => subject === current.issuer);
    const issuer = named.find((candidate) => isSignedBy(current, candidate));
    if (!issuer && named.length > 0) break;
    if (!issuer) {
      const organization = organizationOf(current.issuer);
      if (alipayRoot.some(({ subject }) => organization.startsWith(organizationOf(subject) || '\n'))) return undefined;
      return 'its issuer is no authority of certificates.alipayRoot: give the files of one application, and where they leave out the certificate of an issuer, add it to this one';
    }
    certificate = issuer;
  }
  return 'its signatures do not lead to certificates.alipayRoot: it is damaged, or the files are not of one application; download them again';
};

const organizationOf = (name: string): string =>
  name
    .split('\n')
    .find((part) => part.startsWith('O='))
    ?.slice(2) ?? '';

/** Whether an RSA algorithm (PKCS #1) signed it: the root file also holds SM2 certificates, which are not counted. */
export const isRsaSigned = ({ signatureAlgorithmOid = '' }: X509Certificate): boolean =>
  signatureAlgorithmOid.startsWith('1.2.840.113549.1.1.');

/** MD5 of the issuer, its parts in reverse order, and the serial number in decimal. */
export const serialNumberOf = ({ issuer, serialNumber }: X509Certificate): string => {
  const name = issuer.split('\n').reverse().join(',');
  return createHash('md5')
    .update(`${name}${BigInt(`0x${serialNumber}`)}`)
    .digest('hex');
};
