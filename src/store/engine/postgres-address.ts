/** Addresses of PostgreSQL as libpq writes them. https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS */

import { nearest } from '../../lib/nearest.ts';

const SCHEME = /^postgres(?:ql)?:\/\//i;

/** Scheme and user, hosts, and the rest; undefined for an address of another kind. */
const partsOf = (address: string): { head: string; hosts: string; tail: string } | undefined => {
  const scheme = SCHEME.exec(address)?.[0];
  if (scheme === undefined) return undefined;
  const behind = address.slice(scheme.length);
  const end = behind.search(/[/?#]/);
  const authority = end < 0 ? behind : behind.slice(0, end);
  const user = authority.lastIndexOf('@') + 1;
  const hosts = authority.slice(user);
  return { head: scheme + authority.slice(0, user), hosts, tail: behind.slice(authority.length) };
};

/** What target_session_attrs may ask for: the service writes, and checks that every connection leads to a primary. */
const WRITABLE: readonly string[] = ['any', 'read-write', 'primary'];

const MODES: readonly string[] = ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full', 'no-verify'];

/** Of libpq and of the driver; others are left to a pooler in between. */
const PARAMETERS: readonly string[] = [
  ...['sslmode', 'sslrootcert', 'sslcert', 'sslkey', 'sslnegotiation', 'target_session_attrs', 'application_name'],
  ...['host', 'port', 'user', 'password', 'options', 'client_encoding', 'connect_timeout', 'channel_binding'],
];

/** The driver ignores a name that it does not know, and would connect without TLS for `sslmod=require`. */
const requireParameters = (query: URLSearchParams): void => {
  for (const name of query.keys()) {
    const meant = PARAMETERS.includes(name) ? undefined : nearest(name, PARAMETERS);
    if (meant) throw new Error(`${meant}, and not ${name}`);
    if (query.getAll(name).length > 1) throw new Error(`${name} once`);
  }
  if (!MODES.includes(query.get('sslmode') ?? 'disable')) throw new Error(`sslmode as one of: ${MODES.join(', ')}`);
  if (!WRITABLE.includes(query.get('target_session_attrs') ?? 'any'))
    throw new Error('target_session_attrs=read-write or primary, since the service writes');
};

/** One host of an address, with the other parts of that address. */
export interface Host {
  /** As the address names it, for messages. */
  readonly name: string;
  /** An address of this host alone. */
  readonly url: string;
}

/** The hosts of an address, in its order. Its errors do not quote the address, which may hold a password. */
export const hostsOf = (address: string): Host[] => {
  const parts = partsOf(address);
  if (!parts) throw new Error('postgres://user:password@host:port/database');
  const { head, hosts, tail } = parts;
  // A slash in a password ends the host early, and what follows would be taken for the database; so does # or ?.
  if (/^[^?#]*@/.test(tail) || tail.includes('#') || (!head.endsWith('@') && tail.includes('@')))
    throw new Error('the password in percent-encoding: / as %2F, @ as %40, ? as %3F, # as %23');
  requireParameters(new URLSearchParams(tail.split('?')[1]));
  return hosts.split(',').map((name) => {
    const url = `${head}${name}${tail}`;
    if (!URL.canParse(url) && hosts !== '')
      throw new Error('postgres://user:password@host:port/database, or several host:port with commas between them');
    return { name: name || 'the default host', url };
  });
};
