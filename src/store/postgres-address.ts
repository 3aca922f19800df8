/** Addresses of PostgreSQL as libpq writes them. https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS */

/** Scheme and user, hosts, and everything behind them. */
const ADDRESS = /^(postgres(?:ql)?:\/\/(?:[^/?#]*@)?)([^/?#@]*)(.*)$/i;

/** The service writes, so that only a primary will do, and every connection is checked to lead to one. */
const WRITABLE: readonly string[] = ['any', 'read-write', 'primary'];

/** One host of an address, with all else that the address says. */
export interface Host {
  /** As the address names it, for messages. */
  readonly name: string;
  /** An address of this host alone. */
  readonly url: string;
}

/** The hosts of an address, in its order. Throws an error that does not quote the address, which may hold a password. */
export const hostsOf = (address: string): Host[] => {
  const [, head = '', hosts, tail = ''] = ADDRESS.exec(address) ?? [];
  if (hosts === undefined) throw new Error('postgres://user:password@host:port/database');
  return hosts.split(',').map((name) => {
    const url = `${head}${name}${tail}`;
    if (!URL.canParse(url) && hosts !== '')
      throw new Error('postgres://user:password@host:port/database, or several host:port with commas between them');
    const attributes = new URLSearchParams(tail.split('?')[1]).get('target_session_attrs') ?? 'any';
    if (!WRITABLE.includes(attributes))
      throw new Error(`target_session_attrs has to be read-write or primary, since the service writes`);
    return { name: name || 'the default host', url };
  });
};
