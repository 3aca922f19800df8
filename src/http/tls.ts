/** TLS that ends in this process, and the names in the router's client certificate. */
import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { z } from 'zod';
import type { Peer } from '../security/request-head.ts';

const pem = z.string().includes('-----BEGIN', 'is not PEM. Give the file that holds it: { "$file": … }.');
const NO_CERTIFICATE = 'is not a certificate in PEM. Give the certificate, and not its key or a request for it.';

const isCertificate = (text: string): boolean => {
  try {
    return new X509Certificate(text).raw.length > 0;
  } catch {
    return false;
  }
};

const fits = (options: { cert: string; key: string }): boolean => {
  try {
    createSecureContext(options);
    return true;
  } catch {
    return false;
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
  .refine(fits, { path: ['key'], error: 'is not the private key of cert. Give both of one pair, in PEM.' });
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
