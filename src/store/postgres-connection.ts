/** The first connection to a PostgreSQL: whether the server will do, and bringing its database up to this release. */
import pg from 'pg';
import { type Migration, migratePostgres } from './migrate.ts';

/** A server that is busy at the start is no reason to give up; nobody is kept waiting yet. */
const CONNECT_MS = 10_000;

/** Instants and counts fit a number; pg hands int8 out as text. */
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** How every connection of ours is made. */
export const connectionTo = (url: string) => ({
  connectionString: url,
  keepAlive: true,
  types,
  application_name: 'payer-identity',
});

/** Refuses a server that would confirm what a loss of power can take back. */
const checkServer = async (client: pg.ClientBase): Promise<void> => {
  const { rows } = await client.query(`SELECT current_setting('server_version_num')::int AS version,
    current_setting('synchronous_commit') AS synchronous_commit, current_setting('fsync') AS fsync,
    pg_is_in_recovery() AS is_standby`);
  const { version, synchronous_commit, fsync, is_standby } = rows[0];
  if (version < 120_000) throw new Error('The store needs PostgreSQL 12 or newer');
  if (is_standby) throw new Error('The store needs the primary, and this PostgreSQL is a standby: correct store');
  if (!['on', 'remote_apply'].includes(synchronous_commit))
    throw new Error(
      `PostgreSQL has synchronous_commit = ${synchronous_commit}, so that it could lose what it has confirmed: ` +
        'set it to on, for example by ALTER ROLE … SET synchronous_commit = on',
    );
  if (fsync !== 'on')
    throw new Error('PostgreSQL has fsync = off, so that it could lose what it has confirmed: set it to on');
};

interface Connected {
  readonly client: pg.Client;
  readonly migration: Migration;
}

/** Connects to a database that is then of this release. Whoever calls ends the connection. */
export const connectPostgres = async (url: string): Promise<Connected> => {
  const client = new pg.Client({ ...connectionTo(url), connectionTimeoutMillis: CONNECT_MS });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await checkServer(client);
    return { client, migration: await migratePostgres(client) };
  } catch (error) {
    await client.end().catch(() => undefined);
    // Of the driver's errors some have no message, and some a name that tells nobody anything.
    if (error instanceof Error && error.name === 'Error' && error.message && !('code' in error)) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = error instanceof pg.DatabaseError ? message : (code ?? message) || 'no answer';
    throw new Error(`PostgreSQL, which store names, cannot be used: ${reason}`, { cause: error });
  }
};
