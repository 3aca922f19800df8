/** The connection on which notices of other instances' commits arrive. https://www.postgresql.org/docs/current/sql-listen.html */
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import type { Log } from '../../lib/log.ts';
import type { Wakeups } from '../../lib/wakeups.ts';
import { codeOf } from './postgres-failures.ts';
import { CHANNEL } from './postgres-statements.ts';

const HEARTBEAT_MS = 5_000;
/** An answer to a heartbeat proves that every notice of a commit before it has arrived. Late answers prove nothing. */
const PROVEN_MS = HEARTBEAT_MS + 1_000;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 5_000;
/** A notice that the server sends to this connection arrives within this time. */
const ECHO_MS = 2_000;
/** The pause behind a pooler that gives every transaction another connection. */
const DEAF_PAUSE_MS = 60_000;

/** What a pooler in between does: `sessions` if each of our connections stays the same connection of the server. */
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
  /** A number for each connection that listens; undefined while none does, or its last heartbeat is too long ago. */
  hearing(): number | undefined;
  close(): Promise<void>;
}

/** LISTEN was accepted, and notices do not arrive. */
class Deaf extends Error {
  override readonly name = 'Deaf';
}

/** Resolves after a time, or when the signal aborts. */
const pause = (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal, ref: false }).catch(() => undefined);

/**
 * Sends a notice to this connection and waits for it. A pooler of transactions has given the server's connection that
 * LISTEN ran on to others by then, and drops the notice without an error.
 */
const requireEcho = async (
  client: Client,
  { notify }: ListenerOptions,
  ended: Promise<unknown>,
  signal: AbortSignal,
): Promise<void> => {
  const word = ` echo ${randomUUID()}`;
  const { promise: heard, resolve } = Promise.withResolvers<'heard'>();
  client.on('notification', ({ payload }) => payload === word && resolve('heard'));
  await notify(word, signal);
  if ((await Promise.race([heard, ended, pause(ECHO_MS, signal)])) === 'heard' || signal.aborted) return;
  // Best effort: it may reach another connection of the server than LISTEN did.
  await client.query('UNLISTEN *');
  throw new Deaf();
};

/** Learns whether notices arrive. */
interface Ear {
  listening(): void;
  /** Notices of all commits before this moment have arrived. */
  proven(atMs: number): void;
  lost(): void;
}

/** Listens on one connection until that is lost, and then rejects. */
const listenOnce = async (options: ListenerOptions, signal: AbortSignal, ear: Ear): Promise<never> => {
  const client = await options.connect(signal);
  const hangUp = () => void client.end().catch(() => undefined);
  signal.addEventListener('abort', hangUp, { once: true });
  try {
    const ended = once(client, 'end', { signal });
    ended.catch(() => undefined);
    client.once('end', ear.lost);
    client.on('notification', ({ payload }) => payload && options.wakeups.wake(payload));
    await client.query(`LISTEN ${CHANNEL}`);
    await requireEcho(client, options, ended, signal);
    ear.listening();
    for (;;) {
      await Promise.race([ended, pause(HEARTBEAT_MS, signal)]);
      const sentAt = performance.now();
      // A lost connection may give no sign; a statement finds out.
      await client.query('SELECT 1');
      ear.proven(sentAt);
    }
  } finally {
    ear.lost();
    signal.removeEventListener('abort', hangUp);
    hangUp();
  }
};

/** Reports once, not for every attempt, that notices do not arrive, and once that they arrive again. */
const createHearing = ({ log, onPooling }: Pick<ListenerOptions, 'log' | 'onPooling'>) => {
  let deaf = false;
  return {
    isDeaf: () => deaf,
    works() {
      if (deaf) log.info('notices come through now');
      deaf = false;
      onPooling('sessions');
    },
    fails() {
      onPooling('transactions');
      if (!deaf)
        log.warn(
          'notices do not come through, since a pooler gives every transaction another connection: readers look every ' +
            '2 to 3 seconds instead. storeListenUrl, an address without that pooler, wakes them at once',
        );
      deaf = true;
    },
  };
};

/** Passes notices on, and connects again, with growing pauses, when the connection is lost. */
export const createListener = (options: ListenerOptions): Listener => {
  const { wakeups, log } = options;
  const stopping = new AbortController();
  const { signal } = stopping;
  const { promise: tried, resolve: triedOnce } = Promise.withResolvers<void>();
  const hearing = createHearing(options);
  let connections = 0;
  let provenAt: number | undefined;
  /** Why it was lost, as logged; attempts that fail for the same reason have no line of their own. */
  let lostFor: { readonly code: string | undefined } | undefined;

  const run = async () => {
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      await listenOnce(options, signal, {
        listening() {
          pauseMs = FIRST_PAUSE_MS;
          hearing.works();
          if (lostFor) log.info('the connection for notices is back');
          lostFor = undefined;
          connections += 1;
          provenAt = performance.now();
          // Earlier notices are lost: every reader reads again.
          wakeups.wakeAll();
          triedOnce();
        },
        proven(atMs) {
          provenAt = atMs;
        },
        lost() {
          provenAt = undefined;
        },
      }).catch((error: unknown) => {
        if (signal.aborted) return;
        if (error instanceof Deaf) hearing.fails();
        else {
          const code = codeOf(error);
          if (lostFor && lostFor.code === code) return;
          lostFor = { code };
          log.warn('the connection for notices was lost, readers poll until it is back', { code, error });
        }
      });
      triedOnce();
      await pause(hearing.isDeaf() ? DEAF_PAUSE_MS : pauseMs * (0.5 + Math.random() / 2), signal);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  };
  const running = run();

  return {
    tried,
    hearing: () => (provenAt !== undefined && performance.now() - provenAt < PROVEN_MS ? connections : undefined),
    async close() {
      stopping.abort();
      await running;
    },
  };
};
