/** Connections that are used again, shared out by urgency. */
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { DatabaseUnavailable, type Urgency } from './engine.ts';
import { unavailable } from './postgres-failures.ts';
import { createUrgencyQueue, type Release } from './urgency-queue.ts';

/** Connections that stay open when there is nothing to do, so that what settles need not wait for a new one. */
const KEPT = 3;
const IDLE_MS = 10_000;
/** How long a call waits for a new connection; what settles waits until that is made, or has failed. */
const WAIT_MS = 3_000;
const HANG_UP_MS = 1_000;

interface Connection {
  readonly client: pg.Client;
  /** Connections of an earlier generation are closed instead of used again. */
  readonly generation: number;
  idleSince: number;
}

/** Work on a connection that it has to itself; after `discard` the connection is not used again. */
export type PoolWork<T> = (client: pg.Client, discard: () => void) => Promise<T>;

export interface Pool {
  use<T>(urgency: Urgency, work: PoolWork<T>): Promise<T>;
  /** Closes the connections that exist now: the idle ones at once, the others after their use. */
  renew(): void;
  /** Resolves when what runs has ended. */
  close(): Promise<void>;
}

const hangUp = ({ client }: Connection): Promise<void> => client.end().catch(() => undefined);

export const createPool = (connect: () => Promise<pg.Client>, places: number): Pool => {
  const queue = createUrgencyQueue(places);
  const running = new Set<Promise<unknown>>();
  let idle: Connection[] = [];
  let generation = 0;
  let closed = false;

  const drop = (connection: Connection): void => {
    idle = idle.filter((other) => other !== connection);
    void hangUp(connection);
  };

  const keep = (connection: Connection): void => {
    connection.idleSince = performance.now();
    if (closed || connection.generation !== generation) drop(connection);
    else idle.push(connection);
  };

  const open = async (): Promise<Connection> => {
    const begunIn = generation;
    const client = await connect();
    const connection = { client, generation: begunIn, idleSince: 0 };
    client.once('end', () => drop(connection));
    return connection;
  };

  /** A connection that comes too late for its call is kept for the next one; it has the call's place until then. */
  const acquire = async (urgency: Urgency): Promise<{ connection: Connection; leave: Release }> => {
    const leave = await queue.enter(urgency);
    const spare = idle.pop();
    if (spare) return { connection: spare, leave };
    const opening = open();
    try {
      const wait = urgency === 'settle' ? [] : [delay(WAIT_MS, undefined, { ref: false })];
      const connection = await Promise.race([opening, ...wait]);
      if (connection) return { connection, leave };
    } catch (error) {
      leave();
      throw unavailable(error);
    }
    void opening.then(keep, () => undefined).then(leave);
    throw new DatabaseUnavailable('PostgreSQL is not available: it is slow to connect', { code: 'CONNECT_TIMEOUT' });
  };

  const run = async <T>(urgency: Urgency, work: PoolWork<T>): Promise<T> => {
    const { connection, leave } = await acquire(urgency);
    let discarded = false;
    try {
      return await work(connection.client, () => {
        discarded = true;
      });
    } finally {
      if (discarded) drop(connection);
      else keep(connection);
      leave();
    }
  };

  /** The last one used is used next, so that the first ones are those that have been idle for longest. */
  const prune = () => {
    const [first] = idle;
    if (first && idle.length > KEPT && performance.now() - first.idleSince > IDLE_MS) drop(first);
  };
  const pruner = setInterval(prune, IDLE_MS / 10).unref();

  const renew = () => {
    generation += 1;
    for (const connection of idle) drop(connection);
  };

  return {
    async use(urgency, work) {
      if (closed) throw new Error('The store is closed');
      const use = run(urgency, work);
      running.add(use);
      try {
        return await use;
      } finally {
        running.delete(use);
      }
    },
    renew,
    async close() {
      if (closed) return;
      closed = true;
      clearInterval(pruner);
      await Promise.allSettled(running);
      const ended = Promise.all(idle.map(hangUp));
      await Promise.race([ended, delay(HANG_UP_MS, undefined, { ref: false })]);
    },
  };
};
