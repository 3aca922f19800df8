/** The connection that hears of what other instances have committed. https://www.postgresql.org/docs/current/sql-listen.html */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Log } from '../../lib/log.ts';
import type { Wakeups } from '../../lib/wakeups.ts';
import { codeOf } from './postgres-failures.ts';
import { CHANNEL } from './postgres-statements.ts';

const HEARTBEAT_MS = 5_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** A notice that the server has sent to this connection is here by then. */
const ECHO_MS = 2_000;
/** How often a pooler that gives every transaction another connection is tried again. */
const DEAF_PAUSE_MS = 60_000;

/** Whether a connection of ours stays one and the same connection of the server. */
export type Pooling = 'sessions' | 'transactions';

interface ListenerOptions {
  /** Makes the connection that listens. */
  connect(signal: AbortSignal): Promise<Client>;
  /** Sends a notice by another connection. */
  notify(payload: string, signal: AbortSignal): Promise<void>;
  readonly wakeups: Wakeups;
  readonly log: Log;
  onPooling(pooling: Pooling): void;
}

export interface Listener {
  /** Resolves when it listens for the first time, or has failed to. */
  readonly tried: Promise<void>;
  close(): Promise<void>;
}

/** LISTEN was accepted, and what was said is not heard. */
class Deaf extends Error {
  override readonly name = 'Deaf';
}

/** Passes notices on, and connects again, with longer and longer pauses, whenever it has to. */
export const createListener = ({ connect, notify, wakeups, log, onPooling }: ListenerOptions): Listener => {
  const stopping = new AbortController();
  const { signal } = stopping;
  const { promise: tried, resolve: triedOnce } = Promise.withResolvers<void>();
  const pause = (ms: number) => delay(ms, undefined, { signal, ref: false }).catch(() => undefined);
  let deaf = false;

  /**
   * Says something to this very connection. A pooler of transactions has given the connection that LISTEN ran on to
   * others by then, and drops the notice, without an error anywhere.
   */
  const requireEcho = async (client: Client, ended: Promise<unknown>): Promise<void> => {
    const word = ` echo ${randomUUID()}`;
    const { promise: heard, resolve } = Promise.withResolvers<'heard'>();
    client.on('notification', ({ payload }) => payload === word && resolve('heard'));
    await notify(word, signal);
    if ((await Promise.race([heard, ended, pause(ECHO_MS)])) === 'heard' || signal.aborted) return;
    // Best effort: it may reach another connection of the server than LISTEN has.
    await client.query('UNLISTEN *');
    throw new Deaf();
  };

  const reportDeaf = () => {
    onPooling('transactions');
    if (!deaf)
      log.warn(
        'notices do not come through, since a pooler gives every transaction another connection: readers look every ' +
          '2 to 3 seconds instead. storeListenUrl, an address without that pooler, wakes them at once',
      );
    deaf = true;
  };

  /** Listens until the connection is lost; that is how it ends. */
  const listen = async (onListening: () => void): Promise<never> => {
    const client = await connect(signal);
    const hangUp = () => void client.end().catch(() => undefined);
    signal.addEventListener('abort', hangUp, { once: true });
    try {
      const ended = once(client, 'end', { signal });
      ended.catch(() => undefined);
      client.on('notification', ({ payload }) => payload && wakeups.wake(payload));
      await client.query(`LISTEN ${CHANNEL}`);
      await requireEcho(client, ended);
      onListening();
      for (;;) {
        await Promise.race([ended, pause(HEARTBEAT_MS)]);
        // A connection can be dead without a sign of it.
        await client.query('SELECT 1');
      }
    } finally {
      signal.removeEventListener('abort', hangUp);
      hangUp();
    }
  };

  const run = async () => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      await listen(() => {
        pauseMs = FIRST_PAUSE_MS;
        if (deaf) log.info('notices come through now');
        deaf = false;
        onPooling('sessions');
        // What was said before this is lost: every reader looks for itself.
        wakeups.wakeAll();
        triedOnce();
      }).catch((error: unknown) => {
        if (signal.aborted) return;
        if (error instanceof Deaf) reportDeaf();
        else log.warn('notices of other instances are not heard for now', { code: codeOf(error), error });
      });
      triedOnce();
      await pause(deaf ? DEAF_PAUSE_MS : pauseMs * (0.5 + Math.random() / 2));
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
