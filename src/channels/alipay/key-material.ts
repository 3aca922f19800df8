/**
 * Reads the keys and certificates that operators paste: PEM, also with lost or doubled line breaks, or bare base64.
 * The kind is read from the bytes, since the label of a PEM is often wrong.
 */
import { createPrivateKey, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto';

export type Material =
  | { readonly kind: 'private' | 'public'; readonly key: KeyObject }
  | { readonly kind: 'certificate'; readonly certificate: X509Certificate }
  /** A private key under a passphrase; a certificate request; anything else, also when damaged. */
  | { readonly kind: 'encrypted' | 'request' | 'unknown' };

const FRAME = '-----BEGIN ';
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----([^-]*)-----END [A-Z0-9 ]+-----/g;
const MARK = /-----(?:BEGIN|END) /g;
const ENCRYPTED = /Proc-Type: *4,ENCRYPTED|-----BEGIN ENCRYPTED PRIVATE KEY-----/;
/** OpenSSL writes such a block before the key of an elliptic curve. */
const PARAMETERS = / PARAMETERS$/;

/** All keys and certificates in a text, in its order. Text outside of PEM blocks is ignored (RFC 7468, 5.2). */
export const readMaterial = (text: string): Material[] => {
  // Environment variables and JSON inside JSON carry a line break as a backslash and a letter.
  const written = text.replaceAll(/\\[rn]/g, '\n');
  if (!written.includes(FRAME)) return [readDer(fromBase64(written))];
  if (ENCRYPTED.test(written)) return [{ kind: 'encrypted' }];
  const blocks = [...written.matchAll(BLOCK)];
  const isWhole = written.match(MARK)?.length === 2 * blocks.length;
  if (!isWhole) return [{ kind: 'unknown' }];
  return blocks
    .filter(([, label = '']) => !PARAMETERS.test(label))
    .map(([, label = '', body = '']) =>
      label.endsWith('CERTIFICATE REQUEST') ? { kind: 'request' } : readDer(fromBase64(body)),
    );
};

/** Empty for a text that is not base64. Blanks, line breaks and zero-width characters are ignored. */
const fromBase64 = (text: string): Buffer => {
  const digits = text.replaceAll(/[\s\p{Cf}]/gu, '');
  return Buffer.from(/^[\w+/-]+={0,2}$/.test(digits) ? digits : '', 'base64');
};

/** In the order of trial. Private keys come first, since OpenSSL also reads the public half of one. */
const readers: readonly ((der: Buffer) => Material)[] = [
  ...(['pkcs8', 'pkcs1'] as const).map(
    (type) =>
      (key: Buffer): Material => ({
        kind: 'private',
        key: createPrivateKey({ key, format: 'der', type }),
      }),
  ),
  ...(['spki', 'pkcs1'] as const).map(
    (type) =>
      (key: Buffer): Material => ({
        kind: 'public',
        key: createPublicKey({ key, format: 'der', type }),
      }),
  ),
  (der) => ({ kind: 'certificate', certificate: new X509Certificate(der) }),
];

const readDer = (der: Buffer): Material => {
  if (der.length !== lengthOf(der)) return { kind: 'unknown' };
  for (const read of readers) {
    try {
      return read(der);
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ERR_MISSING_PASSPHRASE')
        return { kind: 'encrypted' };
    }
  }
  return { kind: 'unknown' };
};

/** The length that a DER sequence states. OpenSSL ignores what follows it. */
const lengthOf = (der: Buffer): number => {
  const [tag, first = 0] = der;
  if (tag !== 0x30 || der.length < 6) return -1;
  const size = first & 0x7f;
  if (first < 0x80) return 2 + first;
  return size > 0 && size <= 4 ? 2 + size + der.readUIntBE(2, size) : -1;
};
