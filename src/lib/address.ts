/** The URLs of a configuration: the only place that checks, normalizes and joins them. */
import { z } from 'zod';

/** Whether plain HTTP to the host stays on this machine. */
const isLoopback = (hostname: string): boolean =>
  /^(?:(?:[\w-]+\.)*localhost\.?|127(?:\.\d{1,3}){3}|\[?::1\]?)$/.test(hostname);

/** The message for an http:// address whose replies only TLS could authenticate. */
export const NEEDS_TLS =
  'https:// is required, since TLS alone authenticates the replies (http:// only to this machine)';

/** Whether an address is on this machine. */
export const isLoopbackAddress = (address: string): boolean => isLoopback(new URL(address).hostname);

/** The names of this machine, as browsers write them in an address. */
const LOCAL_HOSTS = ['localhost', '127.0.0.1', '[::1]'];

/**
 * Whether an address, or an origin, is of this machine or of one of `others`, on any port and with any path. Only in the
 * spelling of a browser: no user name, no other notation of the host.
 */
export const isLocalPage = (address: string, others: readonly string[] = []): boolean => {
  const url = URL.parse(address);
  if (!url || !/^https?:$/.test(url.protocol) || /[\s\p{Cc}\\]/u.test(address) || !address.startsWith(url.origin))
    return false;
  return LOCAL_HOSTS.includes(url.hostname) || others.includes(url.hostname);
};

/** Whether the traffic with an address is under TLS or stays on this machine. */
export const isProtected = (address: string): boolean =>
  new URL(address).protocol === 'https:' || isLoopbackAddress(address);

const NO_ADDRESS =
  'is not an address of a server. Write an http:// or https:// address, such as https://pay.example.com.';

/** The fault of an address, if it has one. The text repeats nothing of the address, which may hold a password. */
const faultsOf = (text: string, query: 'without' | 'with'): string | undefined => {
  // URL parsers drop tabs and line feeds silently, and read a backslash as a slash.
  if (/[\s\p{Cc}\\]/u.test(text))
    return 'has spaces, control characters or backslashes. Write it without spaces, control characters and backslashes.';
  const [, authority] = /^https?:\/\/([^/?#]+)/i.exec(text) ?? [];
  if (authority === undefined) return NO_ADDRESS;
  if (authority.includes('@')) return 'has a user name. Write it without a user name and a password.';
  if (text.includes('#')) return 'has a #. Write it without a fragment.';
  if (query === 'without' && text.includes('?'))
    return 'has a query. Write it without a query: every parameter is added here.';
  // https://https://pay.example.com has the host https.
  const isHost = !/^https?:?$/i.test(authority) && URL.canParse(text) && new URL(text).port !== '0';
  return isHost ? undefined : NO_ADDRESS;
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
 * The address of an upstream: http or https, a host, optionally a port and a path, nothing else. Parsed into its normal
 * form: host in lower case and punycode, no default port, at least `/` as path.
 */
export const upstreamAddress = addressWith('without');

/** The address of an endpoint of another party: its query stays, and parameters are added to it. */
export const endpointAddress = addressWith('with');

/** A forward proxy: http or https, a host, a port, optionally user name and password, no path. */
export const proxyAddress = z.string().refine((text) => {
  const [, credentials = '', rest] = /^https?:\/\/(?:([^@]*)@)?([^@/?#\\\s]+)\/?$/i.exec(text) ?? [];
  return rest !== undefined && isDecodable(credentials) && URL.canParse(text) && new URL(text).port !== '0';
}, 'is not the address of a proxy. Write http://host:port or http://user:password@host:port, percent-encoded.');

/** Whether user name and password are valid percent-encoding: they are decoded when they are sent. */
const isDecodable = (text: string): boolean => {
  try {
    // Neither may end the header or hold what Basic cannot: https://www.rfc-editor.org/rfc/rfc7617
    return !/[\p{Cc}/?#\\\s]/u.test(text) && !/\p{Cc}/u.test(decodeURIComponent(text));
  } catch {
    return false;
  }
};

/** Requires TLS for an address whose replies only TLS authenticates. */
export const needsTls = <Schema extends z.ZodType<string>>(address: Schema) => address.refine(isProtected, NEEDS_TLS);

/** The path of a request, below the path of the address. */
export const joinPath = (address: URL, path: string): string => address.pathname.replace(/\/$/, '') + path;
