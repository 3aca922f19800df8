/** The engine for several instances: one PostgreSQL, 12 or newer, that all of them share. https://node-postgres.com */
import { randomInt } from 'node:crypto';
import type { LookupFunction } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Log } from '../../lib/log.ts';
import { createWakeups } from '../../lib/wakeups.ts';
import { createAvailability } from './availability.ts';
import {
  CommitInDoubt,
  DatabaseUnavailable,
  type Db,
  type Engine,
  type SqlParameter,
  type Transaction,
  type Urgency,
} from './engine.ts';
import { connectPostgres, createConnector, LOCAL_LIMITS } from './postgres-connection.ts';
import { isAboutStatement, isConnectionLost, isRace, unavailable } from './postgres-failures.ts';
import { CHANNEL, createListener, type Pooling } from './postgres-listener.ts';
import { createPool } from './postgres-pool.ts';

interface PostgresOptions {
  /**
   * postgres://user:password@host:port/database; several `host:port` with commas between them, and
   * `?sslmode=verify-full&sslrootcert=…`, as libpq has it.
   */
  readonly url: string;
  /** The same database past a pooler that pools transactions: notices come by this address. */
  readonly listenUrl?: string | undefined;
  readonly log: Log;
  /** Connections for statements; one more listens. */
  readonly maxConnections?: number;
  readonly lookup?: LookupFunction | undefined;
}

const MAX_ATTEMPTS = 5;

/** The shared SQL in PostgreSQL's words. */
const translate = (sql: string): string =>
  sql.replace(/in_texts\((\$\d+)\)/g, '= ANY($1::text[])').replace(/in_blobs\((\$\d+)\)/g, '= ANY($1::bytea[])');

const query = async <Row>(client: pg.ClientBase, sql: string, values: readonly SqlParameter[]): Promise<Row[]> => {
  try {
    const { rows } = await client.query({ text: translate(sql), values: [...values] });
    return rows;
  } catch (error) {
    throw isAboutStatement(error) ? error : unavailable(error);
  }
};

const commit = async (client: pg.ClientBase): Promise<void> => {
  const { command } = await client.query('COMMIT').catch((cause: unknown) => {
    throw new CommitInDoubt('PostgreSQL did not say whether it committed', { cause });
  });
  // A transaction that a statement has failed in answers COMMIT with a rollback.
  if (command !== 'COMMIT') throw new Error('A job went on after a statement had failed');
};

const inTransaction = (client: pg.ClientBase, topics: Set<string>): Transaction => ({
  all: (sql, ...values) => query(client, sql, values),
  wake: async (topic) => void topics.add(topic),
  tryLock: async (chore) => {
    const rows = await query<{ alone: boolean }>(
      client,
      'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS alone',
      [`payer-identity ${chore}`],
    );
    return rows[0]?.alone === true;
  },
});

/** Opens a store's database, and brings it up to this release. */
export const openPostgres = async (options: PostgresOptions): Promise<Engine> => {
  const { url, listenUrl = url, log, maxConnections = 10, lookup } = options;
  const { client: first } = await connectPostgres(url, lookup);
  await first.end().catch(() => undefined);
  const connect = createConnector(url, lookup);
  const connectToListen = listenUrl === url ? connect : createConnector(listenUrl, lookup);
  const availability = createAvailability(log);
  const wakeups = createWakeups();

  // Until it is known to pool sessions, what is between may give every transaction another connection.
  let pooling: Pooling = 'transactions';
  const pool = createPool(() => connect({ limitSession: pooling === 'sessions' }), maxConnections);

  const listener = createListener({
    connect: (signal) => connectToListen({ signal }),
    async notify(payload, signal) {
      const client = await connect({ signal });
      await client
        .query('SELECT pg_notify($1, $2)', [CHANNEL, payload])
        .finally(() => void client.end().catch(() => undefined));
    },
    ...{ wakeups, log },
    onPooling(found) {
      // By way of another address, notices tell nothing about this one.
      if (listenUrl !== url || found === pooling) return;
      pooling = found;
      pool.renew();
    },
  });
  await listener.tried;

  type Work<T> = (client: pg.Client, discard: () => void) => Promise<T>;

  /**
   * Runs work on a connection. Unless its commit is in doubt, failed work has changed nothing: when a connection turns
   * out to be lost, which it may have been for long, the work is run once more on a new one.
   */
  const use = async <T>(urgency: Urgency, work: Work<T>, isLast = false): Promise<T> => {
    let lost = false;
    const attempt: Work<T> = (client, discard) =>
      work(client, () => {
        lost = true;
        discard();
      });
    try {
      const value = await pool.use(urgency, attempt);
      availability.worked();
      return value;
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable)) throw error;
      if (lost && !isLast && error.code !== 'QUERY_TIMEOUT') return use(urgency, work, true);
      availability.failed(error);
      throw error;
    }
  };

  /** Leaves a connection as good as new, or discards it, and with a lost one all others that exist now. */
  const recover = async (client: pg.ClientBase, error: unknown, discard: () => void): Promise<void> => {
    const lost = error instanceof CommitInDoubt || (error instanceof DatabaseUnavailable && isConnectionLost(error));
    if (!lost) return void (await client.query('ROLLBACK').catch(discard));
    discard();
    pool.renew();
  };

  const begin = () => `BEGIN ISOLATION LEVEL READ COMMITTED${pooling === 'transactions' ? `; ${LOCAL_LIMITS}` : ''}`;

  const transact = <T>(job: (db: Transaction) => Promise<T>, urgency: Urgency): Promise<T> =>
    use(urgency, async (client, discard) => {
      const topics = new Set<string>();
      try {
        await query(client, begin(), []);
        const value = await job(inTransaction(client, topics));
        if (topics.size > 0)
          await query(client, `SELECT pg_notify('${CHANNEL}', topic) FROM unnest($1::text[]) AS topic`, [[...topics]]);
        await commit(client);
        // The notices come by way of the listener, which may be unavailable just now.
        for (const topic of topics) wakeups.wake(topic);
        return value;
      } catch (error) {
        await recover(client, error, discard);
        throw error;
      }
    });

  /** One statement; with the time limits around it where the session does not have them. */
  const reading = (urgency: Urgency): Db => ({
    all: <Row>(sql: string, ...values: readonly SqlParameter[]) =>
      use(urgency, async (client, discard) => {
        const limited = pooling === 'sessions';
        try {
          if (!limited) await query(client, begin(), []);
          const rows = await query<Row>(client, sql, values);
          if (!limited) await query(client, 'COMMIT', []);
          return rows;
        } catch (error) {
          await recover(client, error, discard);
          throw error;
        }
      }),
  });

  return {
    read: reading('read'),
    poll: reading('poll'),
    async write(job, urgency = 'claim') {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await transact(job, urgency);
        } catch (error) {
          if (!isRace(error) || attempt === MAX_ATTEMPTS) throw error;
          await delay(randomInt(1, 10) * attempt);
        }
      }
    },
    watch: wakeups.watch,
    async close() {
      await listener.close();
      await pool.close();
    },
  };
};
