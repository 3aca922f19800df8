/** The connection that hears of what other instances have committed. https://www.postgresql.org/docs/current/sql-listen.html */
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Log } from '../lib/log.ts';
import type { Wakeups } from '../lib/wakeups.ts';

export const CHANNEL = 'payer_identity';

const HEARTBEAT_MS = 5_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;

export interface Listener {
  /** Resolves when it listens for the first time, or has failed to. */
  readonly tried: Promise<void>;
  close(): Promise<void>;
}

/** Passes notices on, and connects again, with longer and longer pauses, whenever it has to. */
export const createListener = (newClient: () => Client, wakeups: Wakeups, log: Log): Listener => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const { promise: tried, resolve: triedOnce } = Promise.withResolvers<void>();
  const pause = (ms: number) => delay(ms, undefined, { signal, ref: false }).catch(() => undefined);

  /** Listens until the connection is lost; that is how it ends. */
  const listen = async (client: Client, onListening: () => void): Promise<never> => {
    const ended = once(client, 'end', { signal });
    ended.catch(() => undefined);
    // Ended while it connects, a client leaves that promise open for good.
    await Promise.race([client.connect(), ended]);
    await client.query(`LISTEN ${CHANNEL}`);
    onListening();
    for (;;) {
      await Promise.race([ended, pause(HEARTBEAT_MS)]);
      // A connection can be dead without anybody having said so.
      await client.query('SELECT 1');
    }
  };

  const run = async () => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      const client = newClient();
      client.on('error', () => undefined);
      client.on('notification', ({ payload }) => payload && wakeups.wake(payload));
      const hangUp = () => void client.end().catch(() => undefined);
      signal.addEventListener('abort', hangUp, { once: true });
      await listen(client, () => {
        pauseMs = FIRST_PAUSE_MS;
        // What was said while nobody listened is lost: everybody looks for themselves.
        wakeups.wakeAll();
        triedOnce();
      }).catch((error: unknown) => {
        if (!signal.aborted) log.warn('notices of other instances are not heard for now', { error });
      });
      signal.removeEventListener('abort', hangUp);
      hangUp();
      triedOnce();
      await pause(pauseMs * (0.5 + Math.random() / 2));
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  };
  const running = run();

  return {
    tried,
    async close() {
      stopping.abort();
      await running;
    },
  };
};
