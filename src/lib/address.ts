/** Addresses that a configuration names: checked, read and joined here and nowhere else. */
import { z } from 'zod';

/** The host of a URL that never leaves this machine: there plain HTTP shows nothing to the network. */
const isLoopback = (hostname: string): boolean =>
  /^(?:(?:[\w-]+\.)*localhost\.?|127(?:\.\d{1,3}){3}|\[?::1\]?)$/.test(hostname);

/** What is said of an address that has to be authenticated by TLS. */
export const NEEDS_TLS =
  'https:// is required, since TLS alone authenticates the replies (http:// only to this machine)';

/** Whether an address is on this machine. */
export const isLoopbackAddress = (address: string): boolean => isLoopback(new URL(address).hostname);

/** Whether TLS protects what is exchanged with this address, or nothing of it leaves this machine. */
export const isProtected = (address: string): boolean => {
  return new URL(address).protocol === 'https:' || isLoopbackAddress(address);
};

/** The faults of an address, none of which repeats any of it: it may hold a password. */
const faultsOf = (text: string, query: 'without' | 'with'): string | undefined => {
  // URL parsers drop tabs and line feeds without a word, and read a backslash as a slash.
  if (/[\s\p{Cc}\\]/u.test(text)) return 'without spaces, control characters and backslashes';
  const [, authority] = /^https?:\/\/([^/?#]+)/i.exec(text) ?? [];
  if (authority === undefined) return 'an http:// or https:// address';
  if (authority.includes('@')) return 'without a user name and a password';
  if (text.includes('#')) return 'without a fragment';
  if (query === 'without' && text.includes('?')) return 'without a query: every parameter is added here';
  return URL.canParse(text) && new URL(text).port !== '0' ? undefined : 'an http:// or https:// address';
};

const addressWith = (query: 'without' | 'with') =>
  z
    .string()
    .superRefine((text, context) => {
      const message = faultsOf(text, query);
      if (message) context.addIssue({ code: 'custom', message, continue: false });
    })
    .transform((text) => new URL(text).href);

/**
 * An address of an upstream: http or https, a host, perhaps a port and a path, and nothing else. It is parsed into its
 * normal form: host in lower case and punycode, no default port, at least `/` as path.
 */
export const upstreamAddress = addressWith('without');

/** The same for an endpoint that is not the source's own: its query is kept, and parameters are added to it. */
export const endpointAddress = addressWith('with');

/** A forward proxy: http or https, a host, a port, perhaps user name and password, and no path. */
export const proxyAddress = z.string().refine((text) => {
  const [, credentials = '', rest] = /^https?:\/\/(?:([^@]*)@)?([^@/?#\\\s]+)\/?$/i.exec(text) ?? [];
  return rest !== undefined && isDecodable(credentials) && URL.canParse(text) && new URL(text).port !== '0';
}, 'http://host:port or http://user:password@host:port, percent-encoded');

/** User name and password are decoded when they are sent; what is no percent-encoding is refused before. */
const isDecodable = (text: string): boolean => {
  try {
    // No part of the header may end it, or hold what Basic cannot: https://www.rfc-editor.org/rfc/rfc7617
    return !/[\p{Cc}/?#\\\s]/u.test(text) && !/\p{Cc}/u.test(decodeURIComponent(text));
  } catch {
    return false;
  }
};

/** Refuses an address whose replies nothing but TLS can authenticate, unless TLS is there. */
export const needsTls = <Schema extends z.ZodType<string>>(address: Schema) => address.refine(isProtected, NEEDS_TLS);

/** The path of a request below the path of its upstream's address. */
export const joinPath = (address: URL, path: string): string => address.pathname.replace(/\/$/, '') + path;
