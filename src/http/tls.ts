/** TLS that ends in this process, and who is at its other end. */
import { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { createSecureContext, TLSSocket } from 'node:tls';
import { z } from 'zod';
import type { Peer } from '../security/request-head.ts';

const pem = z.string().includes('-----BEGIN', 'PEM');

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
    /** The certificate of this service and those between it and its root, in PEM. */
    cert: pem.refine(isCertificate, 'a certificate in PEM'),
    key: pem,
    /** Whose client certificates are verified; without one nobody is asked for any. */
    clientCa: pem.refine(isCertificate, 'a certificate in PEM').optional(),
    minVersion: z.enum(['TLSv1.2', 'TLSv1.3']).default('TLSv1.2'),
  })
  .refine(fits, { path: ['key'], error: 'the private key of cert, in PEM' });
export type TlsConfig = z.output<typeof tlsConfig>;

/** For node:https. A client without a good certificate gets in, to be told by HTTP that this is not enough. */
export const serverOptions = ({ cert, key, clientCa, minVersion }: TlsConfig) => ({
  cert,
  key,
  minVersion,
  handshakeTimeout: 5_000,
  ...(clientCa !== undefined && { ca: clientCa, requestCert: true, rejectUnauthorized: false }),
});

/** Node quotes a name that contains what separates names. */
const alternativeName = /(?:^|, )((?:[^",]|"(?:[^"\\]|\\.)*")+)/gy;

/** `URI:…` and `DNS:…` of the alternative names, `CN=…` of the subject. */
const namesOf = ({ subject, subjectAltName = '' }: X509Certificate): string[] => [
  ...[...subjectAltName.matchAll(alternativeName)]
    .map(([, name = '']) => name)
    .filter((name) => /^(?:URI|DNS):/.test(name)),
  ...subject.split('\n').filter((line) => line.startsWith('CN=')),
];

/** Who is at the other end of a connection, as far as that was verified. */
export const peerOf = (socket: Socket): Peer => {
  const address = socket.remoteAddress;
  if (!(socket instanceof TLSSocket)) return { address, certificateNames: [] };
  const certificate = socket.authorized ? socket.getPeerX509Certificate() : undefined;
  return { address, certificateNames: certificate ? namesOf(certificate) : [], encrypted: true };
};
