/** A pool of connections to PostgreSQL, given out by urgency. */
import { setTimeout as delay } from 'node:timers/promises';
import type pg from 'pg';
import { DatabaseUnavailable, type Urgency } from './engine.ts';
import { unavailable } from './postgres-failures.ts';
import { createUrgencyQueue, type Release, type UrgencyQueue } from './urgency-queue.ts';

/** Connections that stay open while idle, so that a call that settles need not wait for a new one. */
const MIN_IDLE = 3;
const IDLE_MS = 10_000;
/** How long a call waits for a new connection; one that settles waits until it is made, or has failed. */
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

/** Connections that are not in use now; the one used last is used next. */
const createIdle = () => {
  let idle: Connection[] = [];
  let generation = 0;
  let closed = false;

  const drop = (connection: Connection): void => {
    idle = idle.filter((other) => other !== connection);
    void hangUp(connection);
  };
  /** The first one has been idle for longest. */
  const prune = () => {
    const [first] = idle;
    if (first && idle.length > MIN_IDLE && performance.now() - first.idleSince > IDLE_MS) drop(first);
  };
  const pruner = setInterval(prune, IDLE_MS / 10).unref();

  return {
    drop,
    take: () => idle.pop(),
    generation: () => generation,
    put(connection: Connection): void {
      connection.idleSince = performance.now();
      if (closed || connection.generation !== generation) drop(connection);
      else idle.push(connection);
    },
    renew() {
      generation += 1;
      for (const connection of idle) drop(connection);
    },
    /** From now on, connections are closed instead of put here. */
    close() {
      closed = true;
      clearInterval(pruner);
    },
    hangUpAll: () => Promise.all(idle.map(hangUp)),
  };
};
type Idle = ReturnType<typeof createIdle>;

const open = async (connect: () => Promise<pg.Client>, idle: Idle): Promise<Connection> => {
  const generation = idle.generation();
  const client = await connect();
  const connection = { client, generation, idleSince: 0 };
  client.once('end', () => idle.drop(connection));
  return connection;
};

/** Takes a place, and a connection for it. One that is made too late for its call holds the place until then. */
const createAcquire =
  (connect: () => Promise<pg.Client>, idle: Idle, queue: UrgencyQueue) =>
  async (urgency: Urgency): Promise<{ connection: Connection; leave: Release }> => {
    const leave = await queue.enter(urgency);
    const spare = idle.take();
    if (spare) return { connection: spare, leave };
    const opening = open(connect, idle);
    try {
      const wait = urgency === 'settle' ? [] : [delay(WAIT_MS, undefined, { ref: false })];
      const connection = await Promise.race([opening, ...wait]);
      if (connection) return { connection, leave };
    } catch (error) {
      leave();
      throw unavailable(error);
    }
    void opening.then(idle.put, () => undefined).then(leave);
    throw new DatabaseUnavailable('PostgreSQL is not available: it is slow to connect', { code: 'CONNECT_TIMEOUT' });
  };

export const createPool = (connect: () => Promise<pg.Client>, places: number): Pool => {
  const idle = createIdle();
  const acquire = createAcquire(connect, idle, createUrgencyQueue(places));
  const running = new Set<Promise<unknown>>();
  let closed = false;

  const run = async <T>(urgency: Urgency, work: PoolWork<T>): Promise<T> => {
    const { connection, leave } = await acquire(urgency);
    let discarded = false;
    try {
      return await work(connection.client, () => {
        discarded = true;
      });
    } finally {
      if (discarded) idle.drop(connection);
      else idle.put(connection);
      leave();
    }
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
    renew: idle.renew,
    async close() {
      if (closed) return;
      closed = true;
      idle.close();
      await Promise.allSettled(running);
      await Promise.race([idle.hangUpAll(), delay(HANG_UP_MS, undefined, { ref: false })]);
    },
  };
};
