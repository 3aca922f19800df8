/** Options that every source has: how its upstreams are reached. */
import { X509Certificate } from 'node:crypto';
import { z } from 'zod';
import { isLoopbackAddress, proxyAddress } from '../lib/address.ts';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** The certificates in a PEM text; undefined when any of it is something else. */
const certificatesIn = (pem: string): string[] | undefined => {
  const found = pem.match(CERTIFICATE) ?? [];
  try {
    for (const each of found) new X509Certificate(each);
  } catch {
    return undefined;
  }
  return found.length > 0 && !pem.replace(CERTIFICATE, '').includes('-----') ? found : undefined;
};

const ca = z.string().transform((pem, context) => {
  const found = certificatesIn(pem);
  if (found) return found;
  context.addIssue({ code: 'custom', message: 'one or more certificates in PEM' });
  return z.NEVER;
});

export const egressConfig = z.object({
  /** A forward proxy that every connection of the source goes through, by CONNECT. */
  proxy: proxyAddress.optional(),
  /** Certificate authorities that count beside those of the system. */
  ca: ca.optional(),
});

/** An address on this machine means another machine to the proxy, and plain HTTP would cross the network to it. */
export const isLoopbackBehindProxy = (address: string, proxy: string | undefined): boolean =>
  proxy !== undefined && isLoopbackAddress(address) && !isLoopbackAddress(proxy);
