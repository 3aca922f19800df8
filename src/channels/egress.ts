/** The options of every source by which its upstreams are reached: a proxy and certificate authorities. */
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { isLoopbackAddress, proxyAddress } from '../lib/address.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates in a PEM text; undefined when it holds anything else. */
const certificatesIn = (pem: string): string[] | undefined => {
  const certificates = pem.match(CERTIFICATE) ?? [];
  try {
    for (const certificate of certificates) new X509Certificate(certificate);
  } catch {
    return undefined;
  }
  const isWhole = certificates.length > 0 && !pem.replace(CERTIFICATE, '').includes('-----');
  return isWhole ? certificates : undefined;
};

const ca = z.string().transform((pem, context) => {
  const certificates = certificatesIn(pem);
  if (certificates) return certificates;
  context.addIssue({ code: 'custom', message: 'is not PEM. Give one or more certificates in PEM, and nothing else.' });
  return z.NEVER;
});

export const egressConfig = z.object({
  proxy: proxyAddress
    .optional()
    .describe('A forward proxy that every connection goes through, by CONNECT: http://user:password@host:port'),
  ca: ca.optional().describe('Certificate authorities that are trusted beside those of the system, in PEM'),
});

/** To a proxy on another machine, a loopback address is that machine, and plain HTTP to it would cross the network. */
export const isLoopbackBehindProxy = (address: string, proxy: string | undefined): boolean =>
  proxy !== undefined && isLoopbackAddress(address) && !isLoopbackAddress(proxy);
