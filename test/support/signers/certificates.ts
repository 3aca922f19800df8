/** Issues X.509 certificates with any names, dates, keys and extensions. RFC 5280. */
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';

const der = (tag: number, ...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts);
  if (body.length < 0x80) return Buffer.concat([Buffer.of(tag, body.length), body]);
  const size =
    body.length < 0x100 ? Buffer.of(0x81, body.length) : Buffer.of(0x82, body.length >> 8, body.length & 0xff);
  return Buffer.concat([Buffer.of(tag), size, body]);
};
const sequence = (...parts: Buffer[]) => der(0x30, ...parts);
const hex = (text: string) => Buffer.from(text, 'hex');

const attributes: Readonly<Record<string, string>> = { C: '550406', O: '55040a', OU: '55040b', CN: '550403' };

/** A name such as `O=Ant Financial,CN=Root`. */
const nameOf = (text: string): Buffer =>
  sequence(
    ...text.split(',').map((part) => {
      const [type = '', value = ''] = part.split('=');
      const oid = attributes[type] ?? '';
      return der(0x31, sequence(der(0x06, hex(oid)), der(0x0c, Buffer.from(value))));
    }),
  );

const timeOf = (date: Date) => der(0x18, Buffer.from(`${date.toISOString().slice(0, 19).replaceAll(/[-:T]/g, '')}Z`));

/** SHA-256 with RSA and with ECDSA. */
const algorithms = {
  rsa: sequence(der(0x06, hex('2a864886f70d01010b')), der(0x05)),
  ec: sequence(der(0x06, hex('2a8648ce3d040302'))),
};

const BASIC_CONSTRAINTS_CA = sequence(
  sequence(der(0x06, hex('551d13')), der(0x04, sequence(der(0x01, Buffer.of(0xff))))),
);

export interface Made {
  readonly name: string;
  readonly key: KeyObject;
  readonly pem: string;
}

export const newRsaKey = (modulusLength = 2_048): KeyObject => generateKeyPairSync('rsa', { modulusLength }).privateKey;

interface CertificateOptions {
  readonly name: string;
  readonly key?: KeyObject;
  /** Absent: signed by its own key. */
  readonly issuer?: Pick<Made, 'name' | 'key'>;
  readonly isAuthority?: boolean;
  readonly validFrom?: Date;
  readonly validTo?: Date;
}

const DAY_MS = 86_400_000;

export const makeCertificate = ({
  name,
  key = newRsaKey(),
  issuer = { name, key },
  isAuthority = false,
  validFrom = new Date(Date.now() - DAY_MS),
  validTo = new Date(Date.now() + 365 * DAY_MS),
}: CertificateOptions): Made => {
  const algorithm = issuer.key.asymmetricKeyType === 'ec' ? algorithms.ec : algorithms.rsa;
  const content = sequence(
    ...(isAuthority ? [der(0xa0, der(0x02, Buffer.of(2)))] : []),
    der(0x02, Buffer.of(0x11, ...randomBytes(8))),
    algorithm,
    nameOf(issuer.name),
    sequence(timeOf(validFrom), timeOf(validTo)),
    nameOf(name),
    createPublicKey(key).export({ format: 'der', type: 'spki' }),
    ...(isAuthority ? [der(0xa3, BASIC_CONSTRAINTS_CA)] : []),
  );
  const signature = sign('sha256', content, issuer.key);
  const whole = sequence(content, algorithm, der(0x03, Buffer.of(0), signature));
  return { name, key, pem: toPem(whole, 'CERTIFICATE') };
};

export const toPem = (bytes: Buffer, label: string): string =>
  `-----BEGIN ${label}-----\n${bytes
    .toString('base64')
    .match(/.{1,64}/g)
    ?.join('\n')}\n-----END ${label}-----\n`;

export const pemOf = (key: KeyObject): string =>
  key.export({ format: 'pem', type: key.type === 'private' ? 'pkcs8' : 'spki' }).toString();
