/** The engine for several instances: one PostgreSQL, 12 or newer, that all of them share. https://node-postgres.com */
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Log } from '../lib/log.ts';
import { createWakeups } from '../lib/wakeups.ts';
import { CommitInDoubt, DatabaseUnavailable, type Engine, type SqlParameter, type Transaction } from './engine.ts';
import { connectionTo, connectPostgres } from './postgres-connection.ts';
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

/** Lost races: whoever looks again sees what the other one did. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const RACES: readonly unknown[] = ['40001', '40P01', '23505'];
const isRace = (error: unknown) => error instanceof pg.DatabaseError && RACES.includes(error.code);

/** What the server says about a statement; all else, waits in vain and full disks included, is about the server. */
const isAboutStatement = (error: unknown) =>
  error instanceof pg.DatabaseError && !/^(?:08|53|55P03|57|58|XX)/.test(error.code ?? '');

const unavailable = (cause: unknown): never => {
  throw new DatabaseUnavailable('PostgreSQL is not available', { cause });
};

/** Opens a store's database, and brings it up to this release. */
export const openPostgres = async ({ url, log, maxConnections = 10 }: PostgresOptions): Promise<Engine> => {
  const { client: first } = await connectPostgres(url);
  await first.end().catch(() => undefined);
  const connection = connectionTo(url);

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
