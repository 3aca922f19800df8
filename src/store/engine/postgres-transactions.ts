/** Transactions and single statements on the connections of a pool, each repeated where that is safe. */
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import type { Wakeups } from '../../lib/wakeups.ts';
import type { Availability } from './availability.ts';
import {
  CommitIndeterminate,
  DatabaseUnavailable,
  type Db,
  type Engine,
  type Transaction,
  type Urgency,
} from './engine.ts';
import { isAboutName, isConnectionLost, isRace } from './postgres-failures.ts';
import type { Pooling } from './postgres-listener.ts';
import type { Pool, PoolWork } from './postgres-pool.ts';
import { LOCAL_LIMITS } from './postgres-server.ts';
import { commit, inTransaction, notifyAll, query, queryPrepared } from './postgres-statements.ts';

interface TransactionDeps {
  readonly pool: Pool;
  readonly availability: Availability;
  readonly wakeups: Wakeups;
  /** What is known of the way to the database now. */
  pooling(): Pooling;
}

const MAX_ATTEMPTS = 5;

/**
 * Runs work on a connection. When that connection proves to be lost, which may have happened long before, the work runs
 * once more on a new one: failed work has changed nothing, unless its commit is indeterminate.
 */
const useConnection = async <T>(
  deps: TransactionDeps,
  urgency: Urgency,
  work: PoolWork<T>,
  isLast = false,
): Promise<T> => {
  const { pool, availability } = deps;
  let lost = false;
  const attempt: PoolWork<T> = (client, discard) =>
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
    if (lost && !isLast && error.code !== 'QUERY_TIMEOUT') return useConnection(deps, urgency, work, true);
    availability.failed(error);
    throw error;
  }
};

/** Ends a failed transaction. A lost connection is discarded, and with it all others that exist now. */
const recover = async (pool: Pool, client: pg.ClientBase, error: unknown, discard: () => void): Promise<void> => {
  const lost =
    error instanceof CommitIndeterminate || (error instanceof DatabaseUnavailable && isConnectionLost(error));
  if (!lost) return void (await client.query('ROLLBACK').catch(discard));
  discard();
  pool.renew();
};

const BEGIN = 'BEGIN ISOLATION LEVEL READ COMMITTED';
/** Behind a pooler that pools transactions, the limits of the session do not hold, and each transaction sets its own. */
const beginFor = (pooling: Pooling): string => (pooling === 'transactions' ? `${BEGIN}; ${LOCAL_LIMITS}` : BEGIN);

const transact = <T>(deps: TransactionDeps, urgency: Urgency, job: (db: Transaction) => Promise<T>): Promise<T> =>
  useConnection(deps, urgency, async (client, discard) => {
    const topics = new Set<string>();
    try {
      await query(client, beginFor(deps.pooling()));
      const value = await job(inTransaction(client, topics));
      if (topics.size > 0) await notifyAll(client, topics);
      await commit(client);
      // This instance's listener, by which its own notices arrive too, may be disconnected now.
      for (const topic of topics) deps.wakeups.wake(topic);
      return value;
    } catch (error) {
      await recover(deps.pool, client, error, discard);
      throw error;
    }
  });

/** Single statements; in a transaction with time limits where the session has none. One round trip in both cases. */
export const createReads = (deps: TransactionDeps, urgency: Urgency): Db => ({
  all: (sql, values) =>
    useConnection(deps, urgency, async (client, discard) => {
      const pooling = deps.pooling();
      try {
        if (pooling === 'sessions')
          return await queryPrepared(client, sql, values).catch((error: unknown) => {
            if (!isAboutName(error)) throw error;
            // A pooler has given this connection another one of the server, since its mode was changed.
            discard();
            return query(client, sql, values);
          });
        const [, rows] = await Promise.all([
          query(client, beginFor(pooling)),
          query(client, sql, values),
          query(client, 'COMMIT'),
        ]);
        return rows;
      } catch (error) {
        await recover(deps.pool, client, error, discard);
        throw error;
      }
    }),
});

/** Transactions. One that lost a race runs again, after a random pause. */
export const createWrites =
  (deps: TransactionDeps): Engine['write'] =>
  async (job, urgency = 'claim') => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await transact(deps, urgency, job);
      } catch (error) {
        if (!isRace(error) || attempt === MAX_ATTEMPTS) throw error;
        await delay(randomInt(1, 10) * attempt);
      }
    }
  };
