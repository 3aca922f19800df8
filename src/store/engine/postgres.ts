/** The engine for several instances: one PostgreSQL, 12 or newer, that all of them share. https://node-postgres.com */
import type { LookupFunction } from 'node:net';
import type { Log } from '../../lib/log.ts';
import { createWakeups } from '../../lib/wakeups.ts';
import { createAvailability } from './availability.ts';
import { observeWakeups } from './changes.ts';
import type { Engine } from './engine.ts';
import { type Connector, connectPostgres, createConnector } from './postgres-connection.ts';
import { createListener, type Pooling } from './postgres-listener.ts';
import { createPool } from './postgres-pool.ts';
import { CHANNEL } from './postgres-statements.ts';
import { createReads, createWrites } from './postgres-transactions.ts';

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

/** Sends a notice on a connection of its own. */
const createNotify = (connect: Connector) => async (payload: string, signal: AbortSignal) => {
  const client = await connect({ signal });
  try {
    await client.query('SELECT pg_notify($1, $2)', [CHANNEL, payload]);
  } finally {
    void client.end().catch(() => undefined);
  }
};

/** Opens a store's database, and brings it up to this release. */
export const openPostgres = async (options: PostgresOptions): Promise<Engine> => {
  const { url, listenUrl = url, log, maxConnections = 10, lookup } = options;
  const { client: first } = await connectPostgres(url, lookup);
  await first.end().catch(() => undefined);
  const connect = createConnector(url, lookup);
  const connectToListen = listenUrl === url ? connect : createConnector(listenUrl, lookup);
  const availability = createAvailability(log);
  const wakeups = observeWakeups(createWakeups());

  // A pooler in between may give every transaction another connection; the listener finds out.
  let pooling: Pooling = 'transactions';
  const pool = createPool(() => connect({ limitSession: pooling === 'sessions' }), maxConnections);
  const listener = createListener({
    connect: (signal) => connectToListen({ signal }),
    notify: createNotify(connect),
    wakeups,
    log,
    onPooling(detected) {
      // Notices by another address prove nothing about this one.
      if (listenUrl !== url || detected === pooling) return;
      pooling = detected;
      pool.renew();
    },
  });
  await listener.tried;

  const deps = { pool, availability, wakeups, pooling: () => pooling };
  return {
    read: createReads(deps, 'read'),
    poll: createReads(deps, 'poll'),
    write: createWrites(deps),
    watch: wakeups.watch,
    changes: { state: listener.hearing, onWake: wakeups.onWake },
    async close() {
      await listener.close();
      await pool.close();
    },
  };
};
