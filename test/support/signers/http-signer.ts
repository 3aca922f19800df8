/** Signs requests as a router does: by RFC 9421, and with no code of the service. */
import { createHash, createHmac, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { RequestHead } from '../../../src/security/request-head.ts';
import { createRouterSignatureCheck, signaturesConfig } from '../../../src/security/router-signature.ts';

export interface Signing {
  readonly keyid: string;
  /** A private key, or the secret of an HMAC. */
  readonly key: KeyObject | Buffer;
  /** Component and value, in order. */
  readonly covered: readonly (readonly [string, string])[];
  /** Parameters as they are written, in order. */
  readonly parameters: string;
  readonly label?: string;
}

/** The two headers of a signature. */
const signatureHeaders = ({ keyid, key, covered, parameters, label = 'sig' }: Signing) => {
  const list = `(${covered.map(([name]) => `"${name}"`).join(' ')})${parameters};keyid="${keyid}"`;
  const lines = covered.map(([name, value]) => `"${name}": ${value}`);
  const base = Buffer.from([...lines, `"@signature-params": ${list}`].join('\n'));
  const signature = Buffer.isBuffer(key) ? createHmac('sha256', key).update(base).digest() : sign(null, base, key);
  return { 'signature-input': `${label}=${list}`, signature: `${label}=:${signature.toString('base64')}:` };
};

export const sha256Digest = (body: string): string => `sha-256=:${createHash('sha256').update(body).digest('base64')}:`;

/** An operation as it comes from a router over plain HTTP. */
export const postHead = (body: string, headers: Readonly<Record<string, string>> = {}): RequestHead => ({
  method: 'POST',
  target: '/graphql',
  headers: {
    host: 'identity.internal:4001',
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...headers,
  },
  peer: { certificateNames: [], encrypted: false },
});

/** The components that our configuration requires by default, with their values in `postHead`. */
export const defaultCovered = ({ method, target, headers }: RequestHead): [string, string][] => [
  ['@method', method],
  ['@authority', headers.host ?? ''],
  ['@request-target', target],
  ['content-type', headers['content-type'] ?? ''],
  ['content-length', headers['content-length'] ?? ''],
];

export const publicPem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

/** The time at which the requests of these tests are signed, in seconds. */
export const NOW = 1_800_000_000;

const secret = randomBytes(32);
export const routerKeys = generateKeyPairSync('ed25519');
/** Signs with the shared secret, instead of the router's private key. */
export const shared = { keyid: 'shared', key: secret };

/** Accepts the two keys above, with the defaults of the configuration. */
export const signaturesFixture = signaturesConfig.parse({
  keys: [
    { id: 'router', algorithm: 'ed25519', key: publicPem(routerKeys.publicKey) },
    { id: 'shared', algorithm: 'hmac-sha256', key: secret.toString('base64') },
  ],
});

export const withHeaders = (of: RequestHead, headers: RequestHead['headers']): RequestHead => ({
  ...of,
  headers: { ...of.headers, ...headers },
});

/** A request with a valid signature, but for the parts that are given. */
export const signWith = (signing: Partial<Signing> = {}, of = postHead('{"query":"{ __typename }"}')): RequestHead =>
  withHeaders(
    of,
    signatureHeaders({
      keyid: 'router',
      key: routerKeys.privateKey,
      covered: defaultCovered(of),
      parameters: `;created=${NOW}`,
      ...signing,
    }),
  );

/** Whether the signature of a request is accepted at a time in seconds. */
export const isTrusted = (signed: RequestHead, now = NOW, components = signaturesFixture.components): boolean =>
  createRouterSignatureCheck({ ...signaturesFixture, components }, () => now * 1_000)(signed);
