/** What a query code shows its reader: at once, or after waiting for the outcome. */
import { type FailureCode, PayerIdentityError } from '../failure.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../metrics.ts';
import type { Session, SessionFailure } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import type { Apps } from './apps.ts';
import type { CallContext } from './call.ts';
import { createCollect } from './collect.ts';
import { readableTo, type VisibleIdentity } from './permission.ts';
import { createReaders } from './readers.ts';
import { throwUnavailable } from './unavailable.ts';
import { createWatchResult, type WatchResult } from './watch-result.ts';

export type AuthResult = { readonly expiresAt: Date } & (
  | {
      readonly status: 'WAITING';
      readonly pollAfterSeconds: number;
      /** Auth codes that may still fail before the authentication has. */
      readonly attemptsLeft: number;
      /** Why the last auth code failed, where one has. */
      readonly lastFailure: SessionFailure | undefined;
    }
  /** The identity is undefined for callers without the scope `payer:read`: they know the query code and no more. */
  | { readonly status: 'SUCCEEDED'; readonly identity: VisibleIdentity | undefined }
  | { readonly status: 'REJECTED' | 'INDETERMINATE'; readonly failureCode: FailureCode; readonly traceId: string }
);

/**
 * Waits up to `waitSeconds`. Undefined when the query code does not exist for this caller. Throws INPUT_INVALID for a
 * wait that is not 0 to 25 seconds, and SERVICE_UNAVAILABLE while the store is unavailable.
 */
export type ReadResult = (queryCode: string, waitSeconds: number, call: CallContext) => Promise<AuthResult | undefined>;

interface Deps {
  readonly store: Store;
  readonly apps: Apps;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'waiters'>;
  readonly times: { readonly deadlineMs: number };
  /** Readers beyond these are answered at once. */
  readonly limits: { readonly waiters: number };
  /** Aborts when the service stops: waiting readers are answered then. */
  readonly stopping: AbortSignal;
}

const MAX_WAIT_SECONDS = 25;

/** Fallback poll interval of a waiting reader: what an upstream holds notifies no reader. */
const HELD_POLL_MS = 3_000;

/** Reading once or after a wait, and as a stream: one limit for both. */
export const createResults = (
  deps: Deps,
): { readonly readResult: ReadResult; readonly watchResult: WatchResult<AuthResult> } => {
  const { store, apps, log, metrics, times, limits, stopping } = deps;
  const collect = createCollect({ store, apps, log, times });
  const readers = createReaders(limits.waiters, metrics);

  const readSession = async (
    queryCode: string,
    call: CallContext,
    pollAfterSeconds: () => Promise<number>,
  ): Promise<AuthResult | undefined> => {
    const session = await store.session(queryCode).catch(throwUnavailable);
    if (!session) return undefined;
    const { appId, channelId, redemption } = session;
    call.note({ appId, channelId, source: redemption?.source });
    if (call.caller.apps?.has(appId) === false) return undefined;
    if (redemption?.state !== 'HELD') return resultOf(session, call, pollAfterSeconds);
    const collected = await collect(redemption, queryCode, call);
    // Another code would overwrite the result at the upstream: how the collection ends is final.
    return resultOf({ ...session, redemption: collected, attemptsLeft: 0 }, call, pollAfterSeconds);
  };

  const openReading = (queryCode: string, call: CallContext) => {
    const pollAfterSeconds = countOnce(store, queryCode);
    return () => readSession(queryCode, call, pollAfterSeconds);
  };

  const readResult: ReadResult = async (queryCode, waitSeconds, call) => {
    if (waitSeconds < 0 || waitSeconds > MAX_WAIT_SECONDS) throw invalidWait();
    const allowedMs = waitSeconds * 1_000;
    call.prolong(allowedMs);
    const waitMs = readers.isFull ? 0 : allowedMs;
    const read = openReading(queryCode, call);
    const ends = [call.signal, stopping];
    const leave = readers.enter(waitMs > 0);
    // Watched first, then read: a change between the two is not missed.
    const watch = store.watch({ queryCode });
    for (const end of ends) end.addEventListener('abort', watch.close, { once: true });
    try {
      const until = performance.now() + waitMs;
      for (;;) {
        const result = await read();
        const leftMs = until - performance.now();
        if (result?.status !== 'WAITING' || leftMs <= 0 || ends.some(({ aborted }) => aborted)) return result;
        await watch.changed(Math.min(leftMs, HELD_POLL_MS));
      }
    } finally {
      leave();
      for (const end of ends) end.removeEventListener('abort', watch.close);
      watch.close();
    }
  };

  const watchResult = createWatchResult({ store, readers, openReading, stopping, pollMs: HELD_POLL_MS });
  return { readResult, watchResult };
};

const invalidWait = () =>
  new PayerIdentityError('INPUT_INVALID', { fields: [{ path: 'waitSeconds', message: `0 to ${MAX_WAIT_SECONDS}` }] });

/** A call is one poll, however often it reads while it waits; only a read that finds WAITING counts. */
const countOnce = (store: Pick<Store, 'countPoll'>, queryCode: string): (() => Promise<number>) => {
  let counted: Promise<number> | undefined;
  const count = async () => (await store.countPoll(queryCode).catch(throwUnavailable)).pollAfterMs / 1_000;
  return () => {
    counted ??= count();
    return counted;
  };
};

const resultOf = async (
  { redemption, expiresAt, attemptsLeft, lastFailure }: Session,
  { caller }: CallContext,
  pollAfterSeconds: () => Promise<number>,
): Promise<AuthResult> => {
  switch (redemption?.state) {
    case 'SUCCEEDED':
      return { status: 'SUCCEEDED', identity: readableTo(caller, redemption.identity), expiresAt };
    case 'REJECTED':
    case 'INDETERMINATE': {
      if (attemptsLeft > 0) break;
      const { state: status, failureCode, traceId } = redemption;
      return { status, failureCode, traceId, expiresAt };
    }
  }
  return { status: 'WAITING', expiresAt, attemptsLeft, lastFailure, pollAfterSeconds: await pollAfterSeconds() };
};
