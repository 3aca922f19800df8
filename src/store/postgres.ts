/** The engine for several instances: one PostgreSQL, 12 or newer, that all of them share. https://node-postgres.com */
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../lib/log.ts';
import { createWakeups } from '../lib/wakeups.ts';
import { CommitInDoubt, DatabaseUnavailable, type Engine, type SqlParameter, type Transaction } from './engine.ts';
import { migratePostgres } from './migrate.ts';
import { CHANNEL, createListener } from './postgres-listener.ts';

interface PostgresOptions {
  /** postgres://user:password@host:port/database; `?sslmode=verify-full&sslrootcert=…` as libpq has it. */
  readonly url: string;
  readonly log: Log;
  /** Connections for statements; one more listens. */
  readonly maxConnections?: number;
}

/** Longer than any statement of ours takes; a server that hangs must not take the service with it. */
const TIMEOUTS = {
  connectionTimeoutMillis: 2_000,
  statement_timeout: 5_000,
  lock_timeout: 2_000,
  /** A process that was stopped in a transaction gives its locks back. */
  idle_in_transaction_session_timeout: 5_000,
  /** Ours, should the server not even say that a statement took too long. */
  query_timeout: 6_000,
} as const;
const MAX_ATTEMPTS = 5;

/** The shared SQL in PostgreSQL's words. */
const translate = (sql: string): string =>
  sql.replace(/in_texts\((\$\d+)\)/g, '= ANY($1::text[])').replace(/in_blobs\((\$\d+)\)/g, '= ANY($1::bytea[])');

/** Instants and counts fit a number; pg hands int8 out as text. */
const types = {
  getTypeParser: ((oid: number, format?: 'text' | 'binary') =>
    oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format)) as typeof pg.types.getTypeParser,
};

/** Lost races: whoever looks again sees what the other one did. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const RACES: readonly unknown[] = ['40001', '40P01', '23505'];
const isRace = (error: unknown) => error instanceof pg.DatabaseError && RACES.includes(error.code);

/** What the server says about a statement; all else, waits in vain and full disks included, is about the server. */
const isAboutStatement = (error: unknown) =>
  error instanceof pg.DatabaseError && !/^(?:08|53|55P03|57|58|XX)/.test(error.code ?? '');

const unavailable = (cause: unknown): never => {
  throw new DatabaseUnavailable('PostgreSQL is not available', { cause });
};

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

const prepare = async (client: pg.Client): Promise<void> => {
  try {
    await client.connect();
    await checkServer(client);
    await migratePostgres(client);
  } catch (error) {
    // Of the driver's errors some have no message, and some a name that tells nobody anything.
    if (error instanceof Error && error.name === 'Error' && error.message && !('code' in error)) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = error instanceof pg.DatabaseError ? message : (code ?? message) || 'no answer';
    throw new Error(`PostgreSQL, which store names, cannot be used: ${reason}`, { cause: error });
  } finally {
    await client.end().catch(() => undefined);
  }
};

/** Opens a store's database, and brings it up to this release. */
export const openPostgres = async ({ url, log, maxConnections = 10 }: PostgresOptions): Promise<Engine> => {
  const connection = { connectionString: url, keepAlive: true, types, application_name: 'payer-identity' };
  const { connectionTimeoutMillis } = TIMEOUTS;
  await prepare(new pg.Client({ ...connection, connectionTimeoutMillis }));

  const pool = new pg.Pool({ ...connection, ...TIMEOUTS, max: maxConnections });
  // A connection that breaks fails the statement it is at, or the next one; that is where it is dealt with.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const wakeups = createWakeups();
  const listener = createListener(() => new pg.Client({ ...connection, ...TIMEOUTS }), wakeups, log);
  await listener.tried;

  const query = async <Row>(
    client: pg.Pool | pg.ClientBase,
    sql: string,
    values: readonly SqlParameter[],
  ): Promise<Row[]> => {
    try {
      const { rows } = await client.query({ text: translate(sql), values: [...values] });
      return rows;
    } catch (error) {
      return isAboutStatement(error) ? Promise.reject(error) : unavailable(error);
    }
  };

  const runJob = async <T>(client: pg.ClientBase, job: (db: Transaction) => Promise<T>, topics: Set<string>) => {
    await query(client, 'BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE', []);
    const value = await job({
      all: (sql, ...values) => query(client, sql, values),
      wake: async (topic) => void topics.add(topic),
      alone: async (chore) => {
        const rows = await query<{ alone: boolean }>(
          client,
          'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS alone',
          [`payer-identity ${chore}`],
        );
        return rows[0]?.alone === true;
      },
    });
    if (topics.size > 0)
      await query(client, `SELECT pg_notify('${CHANNEL}', topic) FROM unnest($1::text[]) AS topic`, [[...topics]]);
    return value;
  };

  const commit = async (client: pg.ClientBase): Promise<void> => {
    const { command } = await client.query('COMMIT').catch((cause: unknown) => {
      throw new CommitInDoubt('PostgreSQL did not say whether it committed', { cause });
    });
    // A transaction that a statement has failed in answers COMMIT with a rollback.
    if (command !== 'COMMIT') throw new Error('A job went on after a statement had failed');
  };

  const transact = async <T>(job: (db: Transaction) => Promise<T>): Promise<T> => {
    const client = await pool.connect().catch(unavailable);
    const topics = new Set<string>();
    let broken = false;
    try {
      const value = await runJob(client, job, topics);
      broken = true;
      await commit(client);
      broken = false;
      // The notices come by way of the listener, which may be away just now.
      for (const topic of topics) wakeups.wake(topic);
      return value;
    } catch (error) {
      broken ||= error instanceof DatabaseUnavailable;
      broken ||= await client.query('ROLLBACK').then(
        () => false,
        () => true,
      );
      throw error;
    } finally {
      client.release(broken);
    }
  };

  return {
    read: {
      async all(sql, ...values) {
        try {
          return await query(pool, sql, values);
        } catch (error) {
          // The connection may have been dead since before; another one need not be.
          if (!(error instanceof DatabaseUnavailable) || pool.ended) throw error;
          return query(pool, sql, values);
        }
      },
    },
    async write(job) {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await transact(job);
        } catch (error) {
          if (!isRace(error) || attempt === MAX_ATTEMPTS) throw error;
          await delay(randomInt(1, 10) * attempt);
        }
      }
    },
    watch: wakeups.watch,
    async close() {
      await listener.close();
      if (!pool.ending) await pool.end();
    },
  };
};
