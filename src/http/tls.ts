/** TLS that ends in this process, and the names in the router's client certificate. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { z } from 'zod';
import type { Peer } from '../security/request-head.ts';

const pem = z.string().includes('-----BEGIN', 'is not PEM. Give the file that holds it: { "$file": … }.');
const NO_CERTIFICATE = 'is not a certificate in PEM. Give the certificate, and not its key or a request for it.';
const NO_PAIR = 'is not the private key of cert. Give both of one pair, in PEM.';
const UNDER_PASSPHRASE = 'is under a passphrase. Give it without one: openssl pkey -in <key> -out <new key>';
const WRONG_ORDER =
  'begins with another certificate than that of key. Put that first, and its intermediates behind it.';

const CERTIFICATE = /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[^-]+-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;

/** Every certificate of a text; undefined when it has no certificate, or one that cannot be read. */
const certificatesIn = (text: string): X509Certificate[] | undefined => {
  try {
    const certificates = (text.match(CERTIFICATE) ?? []).map((one) => new X509Certificate(one));
    return certificates.length > 0 ? certificates : undefined;
  } catch {
    return undefined;
  }
};

const isCertificate = (text: string): boolean => certificatesIn(text) !== undefined;

/** Why the two are no pair; undefined when they are. */
const pairFault = ({
  cert,
  key,
}: {
  cert: string;
  key: string;
}): { path: ['cert' | 'key']; message: string } | undefined => {
  const certificates = certificatesIn(cert);
  // A text that is no certificate has a fault of its own.
  if (!certificates || !key.includes('-----BEGIN')) return undefined;
  if (/ENCRYPTED/.test(key)) return { path: ['key'], message: UNDER_PASSPHRASE };
  try {
    const own = createPrivateKey(key);
    if (certificates[0]?.checkPrivateKey(own)) createSecureContext({ cert, key });
    else if (certificates.some((one) => one.checkPrivateKey(own))) return { path: ['cert'], message: WRONG_ORDER };
    else return { path: ['key'], message: NO_PAIR };
    return undefined;
  } catch {
    return { path: ['key'], message: NO_PAIR };
  }
};

export const tlsConfig = z
  .strictObject({
    cert: pem
      .refine(isCertificate, NO_CERTIFICATE)
      .describe('The certificate of this service and its intermediates, in PEM'),
    key: pem.describe('The private key of cert, in PEM'),
    clientCa: pem
      .refine(isCertificate, NO_CERTIFICATE)
      .optional()
      .describe('The authority of client certificates, in PEM; without it none is requested'),
    minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2').describe('The lowest version of TLS'),
  })
  .superRefine((given, context) => {
    const fault = pairFault(given);
    if (fault) context.addIssue({ code: 'custom', ...fault });
  });
export type TlsConfig = z.output<typeof tlsConfig>;

/** For node:https. A client without a valid certificate is accepted here, and refused by HTTP, which can say why. */
export const serverOptions = ({ cert, key, clientCa, minVersion }: TlsConfig) => ({
  cert,
  key,
  minVersion,
  handshakeTimeout: 5_000,
  ...(clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: false }),
});

/** Node quotes a name that contains a separator of names. */
const alternativeName = /(?:^|, )((?:[^",]|"(?:[^"\\]|\\.)*")+)/gy;

/** `URI:…` and `DNS:…` of the alternative names, `CN=…` of the subject. */
const namesOf = ({ subject, subjectAltName = '' }: X509Certificate): string[] => [
  ...[...subjectAltName.matchAll(alternativeName)]
    .map(([, name = '']) => name)
    .filter((name) => /^(?:URI|DNS):/.test(name)),
  ...subject.split('\n').filter((line) => line.startsWith('CN=')),
];

/** The other end of a connection, as far as TLS has verified it. */
export const peerOf = (socket: Socket): Peer => {
  if (!(socket instanceof TLSSocket)) return { certificateNames: [], encrypted: false };
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  return { certificateNames: certificate ? namesOf(certificate) : [], encrypted: true };
};
