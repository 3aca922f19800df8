/** Connections to PostgreSQL: to the first host of an address that is a durable primary. */
import { type LookupFunction, Socket } from 'node:net';
import pg from 'pg';
import { DatabaseUnavailable } from './engine.ts';
import { type Migration, migratePostgres } from './migrate.ts';
import { hostsOf } from './postgres-address.ts';
import { codeOf, unavailable } from './postgres-failures.ts';
import { checkServer, setLimits } from './postgres-server.ts';

/** For connecting: eight round trips with TLS, of up to half a second each. */
const CONNECT_MS = 5_000;
/** Ends a statement whose server does not answer, not even that the statement timed out. */
const QUERY_MS = 6_000;

/** Instants and counts fit a number; pg returns int8 as text. */
const types = {
  // Number is another kind of parser than the overloads of pg declare.
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** A socket that resolves its host with the configured look-up. https://nodejs.org/api/net.html#socketconnectoptions-connectlistener */
const socketWith = (lookup: LookupFunction) => (): Socket => {
  const socket = new Socket();
  const connect = socket.connect.bind(socket);
  return Object.assign(socket, {
    // The driver calls it with a port and a host, or with the path of a Unix socket.
    connect: (port: number | string, host?: string) =>
      typeof port === 'string' ? connect(port) : connect({ port, host: host ?? 'localhost', lookup }),
  });
};

export interface ConnectOptions {
  /** Looks up a host; absent: the system does. */
  readonly lookup?: LookupFunction | undefined;
  /** Sets the time limits for the whole session: only where no pooler gives every transaction another session. */
  readonly limitSession?: boolean;
  /** For migrations and copies, whose statements have no time limit. */
  readonly unhurried?: boolean;
  /** Ends the attempt when it aborts. */
  readonly signal?: AbortSignal;
}

/** The parameters of every connection. None that a pooler might refuse is sent at the start. */
const connectionTo = (url: string, { lookup, unhurried }: ConnectOptions) => ({
  connectionString: url,
  keepAlive: true,
  types,
  application_name: 'payer-identity',
  connectionTimeoutMillis: CONNECT_MS,
  // Statements are sent without waiting for the answers to those before them.
  ...(!unhurried && { query_timeout: QUERY_MS, pipeline: true }),
  ...(lookup && { stream: socketWith(lookup) }),
});

/** Connects to one host. */
const connectTo = async (url: string, options: ConnectOptions): Promise<pg.Client> => {
  const { limitSession = false, signal } = options;
  const client = new pg.Client(connectionTo(url, options));
  client.on('error', () => undefined);
  const hangUp = () => void client.end().catch(() => undefined);
  // A client that ends while it connects never settles the promise of connect().
  const ended = new Promise<never>((_, reject) =>
    client.once('end', () => reject(new Error('Connection terminated while it was made'))),
  );
  ended.catch(() => undefined);
  signal?.addEventListener('abort', hangUp, { once: true });
  try {
    signal?.throwIfAborted();
    await Promise.race([client.connect(), ended]);
    if (limitSession) await client.query(setLimits('SESSION'));
    await checkServer(client, limitSession);
    return client;
  } catch (error) {
    hangUp();
    throw unavailable(error);
  } finally {
    signal?.removeEventListener('abort', hangUp);
  }
};

export type Connector = (options?: ConnectOptions) => Promise<pg.Client>;

/**
 * Connects to the first suitable host of an address, beginning with the one that was suitable last. Rejects with
 * DatabaseUnavailable, whose message names the reason of every host and whose cause is that of the last.
 */
export const createConnector = (address: string, lookup?: LookupFunction): Connector => {
  const hosts = hostsOf(address);
  let preferred = 0;
  return async (options) => {
    const first = preferred;
    const failures: { readonly host: string; readonly error: DatabaseUnavailable }[] = [];
    for (const offset of hosts.keys()) {
      const index = (first + offset) % hosts.length;
      const host = hosts[index];
      if (!host || options?.signal?.aborted) break;
      try {
        const client = await connectTo(host.url, { lookup, ...options });
        preferred = index;
        return client;
      } catch (error) {
        failures.push({ host: host.name, error: unavailable(error) });
      }
    }
    throw combine(failures);
  };
};

/** Of a host that was not reached, or whose TLS is not trusted. */
const unreached: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refuses connections: start PostgreSQL there, or correct host and port',
  ENOTFOUND: 'is not known to the name servers: correct the host',
  EAI_AGAIN: 'cannot be looked up now: correct the host, or look at the name servers',
  ETIMEDOUT: 'does not answer: correct host and port, or open the firewall',
  EHOSTUNREACH: 'cannot be reached: correct the host, or look at the routes',
  ENETUNREACH: 'cannot be reached: correct the host, or look at the routes',
  CONNECT_TIMEOUT: 'does not answer: correct host and port, or open the firewall',
  CONNECTION_LOST: 'closes the connection: is it PostgreSQL that listens there?',
  TLS_REFUSED: 'offers no TLS: switch ssl on there, or remove sslmode if the server is on this machine',
  CERT_HAS_EXPIRED: 'has a certificate that has expired: renew it there',
  ERR_TLS_CERT_ALTNAME_INVALID: 'has a certificate of another name: write the name that it has as host',
  PASSWORD_MISSING: 'asks for a password: write it into the address, percent-encoded',
};

/** OpenSSL's codes for a chain that leads to no known authority. */
const UNTRUSTED = /SELF_SIGNED|UNABLE_TO_|CERT_UNTRUSTED|INVALID_CA/;
const UNTRUSTED_FIX = 'has a certificate of an authority that is not known: name its file by sslrootcert=/path/ca.crt';

/** What to do about a refusal of the server. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const refused: Readonly<Record<string, string>> = {
  '28P01': 'correct user and password, percent-encoded',
  '28000': 'correct user, database and sslmode, or allow them in pg_hba.conf of the server',
  '3D000': 'create the database, or correct its name',
  '42501': 'GRANT the role what it lacks, or run migrate with one that has it',
  '53300': 'close other connections, or raise max_connections or the limit of the role',
  '57P03': 'wait until the server has started, and look at its log',
};

/** The port that the driver takes where the address names none. */
const withPort = (host: string): string => (/:\d+$|^the default host$/.test(host) ? host : `${host}:5432`);

/** The server's messages hold names of roles and databases, and no password; those of a host name it. */
const reasonOf = ({ cause, code = '', message }: DatabaseUnavailable, host?: string): string => {
  if (cause === undefined) return message;
  if (cause instanceof pg.DatabaseError && cause.message)
    return [`${cause.message} (${code})`, refused[code] ?? []].flat().join(': ');
  // A file that the address names by sslrootcert, sslcert or sslkey.
  if (cause instanceof Error && 'path' in cause)
    return `the file ${cause.path}, which the address names, cannot be read (${code}): correct its path`;
  const why = unreached[code] ?? (UNTRUSTED.test(code) ? UNTRUSTED_FIX : undefined);
  if (host !== undefined && why !== undefined) return `${withPort(host)} ${why} (${code})`;
  return code || (cause instanceof Error && cause.message ? cause.message : 'no answer');
};

/** The host of a failure, unless its reason begins with it. */
const placed = (host: string, reason: string): string => (reason.startsWith(host) ? reason : `${host}: ${reason}`);

const combine = (failures: readonly { readonly host: string; readonly error: DatabaseUnavailable }[]) => {
  const reasons = failures.map(({ host, error }) => {
    const reason = reasonOf(error, host);
    return failures.length === 1 ? reason : placed(host, reason);
  });
  const codes = new Set(failures.map(({ error }) => error.code ?? 'UNKNOWN'));
  const cause = failures.at(-1)?.error;
  return new DatabaseUnavailable(`PostgreSQL is not available: ${reasons.join('; ')}`, {
    code: [...codes].join(' ') || codeOf(cause),
    cause: cause?.cause ?? cause,
  });
};

interface Connected {
  readonly client: pg.Client;
  readonly migration: Migration;
}

/** Connects, and brings the database up to this release. The caller ends the connection. */
export const connectPostgres = async (address: string, lookup?: LookupFunction): Promise<Connected> => {
  let client: pg.Client | undefined;
  try {
    client = await createConnector(address, lookup)({ unhurried: true });
    return { client, migration: await migratePostgres(client) };
  } catch (error) {
    await client?.end().catch(() => undefined);
    // A message about a migration; every other failure is of the connection or the server.
    if (error instanceof Error && error.name === 'Error' && error.message && codeOf(error) === undefined) throw error;
    const reason =
      error instanceof DatabaseUnavailable
        ? error.message.replace(/^.*? available: /, '')
        : reasonOf(unavailable(error));
    throw new Error(`PostgreSQL, which store names, cannot be used: ${reason}`, { cause: error });
  }
};
