/** Addresses of PostgreSQL as libpq writes them. https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS */

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
  // A slash in a password ends the host early, and what follows would be taken for the database.
  if (/^[^?#]*@/.test(tail))
    throw new Error('the password in percent-encoding: / as %2F, @ as %40, ? as %3F, # as %23');
  return hosts.split(',').map((name) => {
    const url = `${head}${name}${tail}`;
    if (!URL.canParse(url) && hosts !== '')
      throw new Error('postgres://user:password@host:port/database, or several host:port with commas between them');
    const attributes = new URLSearchParams(tail.split('?')[1]).get('target_session_attrs') ?? 'any';
    if (!WRITABLE.includes(attributes))
      throw new Error('target_session_attrs=read-write or primary, since the service writes');
    return { name: name || 'the default host', url };
  });
};
