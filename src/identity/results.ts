/** What a query code shows its reader: at once, or after waiting for the outcome. */

import { PayerIdentityError } from '../failure.ts';
import type { FailureCode } from '../failure-codes.ts';
import type { Log } from '../lib/log.ts';
import { shareReads } from '../lib/shared-reads.ts';
import type { Session, SessionFailure, StepReport } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import type { Apps } from './apps.ts';
import type { CallContext } from './call.ts';
import { createCollect } from './collect.ts';
import { readableTo, type VisibleIdentity } from './permission.ts';
import type { Readers } from './readers.ts';
import { throwUnavailable } from './unavailable.ts';

export type AuthResult = {
  readonly expiresAt: Date;
  /** As the caller that opened the session gave it. */
  readonly clientReferenceId: string | undefined;
} & (
  | {
      readonly status: 'WAITING';
      readonly pollAfterSeconds: number;
      /** Auth codes that may still fail before the authentication has. */
      readonly attemptsLeft: number;
      /** Why the last auth code failed, where one has, or SESSION_CANCELLED. */
      readonly lastFailure: SessionFailure | undefined;
      /** What the payer's page reported last. */
      readonly step: StepReport['step'] | undefined;
    }
  /** The identity is undefined for callers without the scope `payer:read`: they know the query code and no more. */
  | { readonly status: 'SUCCEEDED'; readonly identity: VisibleIdentity | undefined }
  | { readonly status: 'FAILED'; readonly failureCode: FailureCode; readonly traceId: string }
);

/**
 * Waits up to `waitSeconds` for an outcome, or for another step or failure before it. Undefined when the query
 * code does not exist for this caller. Throws INPUT_INVALID for a wait that is not 0 to 25 seconds, and
 * SERVICE_UNAVAILABLE while the store is unavailable.
 */
export type ReadResult = (queryCode: string, waitSeconds: number, call: CallContext) => Promise<AuthResult | undefined>;

/** Reads without waiting; counts a poll when there is no outcome. */
export type ReadSession = (
  queryCode: string,
  call: CallContext,
  pollAfterSeconds: () => Promise<number>,
) => Promise<AuthResult | undefined>;

interface SessionDeps {
  readonly store: Store;
  readonly apps: Apps;
  readonly log: Log;
  readonly times: { readonly deadlineMs: number };
}

/** What readers that wait need, by a query and in a subscription. */
export interface ReadingDeps extends Pick<SessionDeps, 'store'> {
  readonly readSession: ReadSession;
  /** A query beyond the limit is answered at once. */
  readonly readers: Readers;
  /** Aborts when the service stops: waiting readers are answered then. */
  readonly stopping: AbortSignal;
}

const MAX_WAIT_SECONDS = 25;

/** Fallback poll interval of a waiting reader: what an upstream holds notifies no reader. */
export const HELD_POLL_MS = 3_000;

export const createReadSession = ({ store, apps, log, times }: SessionDeps): ReadSession => {
  const collect = createCollect({ store, apps, log, times });
  // Shared before it is decided, for each caller alone, who may see what was read.
  const readShared = shareReads((queryCode) => store.session(queryCode));
  return async (queryCode, call, pollAfterSeconds) => {
    const session = await readShared(queryCode).catch(throwUnavailable);
    if (!session) return undefined;
    const { appId, channelId, redemption, clientReferenceId } = session;
    call.note({ appId, channelId, source: redemption?.source, clientReferenceId });
    if (call.caller.apps?.has(appId) === false) return undefined;
    if (redemption?.state !== 'HELD') return resultOf(session, call, pollAfterSeconds);
    const collected = await collect(redemption, { queryCode, clientReferenceId }, call);
    // Another code would overwrite the result at the upstream: how the collection ends is final.
    return resultOf({ ...session, redemption: collected, attemptsLeft: 0 }, call, pollAfterSeconds);
  };
};

/** Reads of one call, however many: they count as one poll. */
export const openReading = (
  { store, readSession }: Pick<ReadingDeps, 'store' | 'readSession'>,
  queryCode: string,
  call: CallContext,
): (() => Promise<AuthResult | undefined>) => {
  const pollAfterSeconds = countOnce(store, queryCode);
  return () => readSession(queryCode, call, pollAfterSeconds);
};

export const createReadResult = (deps: ReadingDeps): ReadResult => {
  const { store, readers, stopping } = deps;
  return async (queryCode, waitSeconds, call) => {
    if (waitSeconds < 0 || waitSeconds > MAX_WAIT_SECONDS) throw invalidWait();
    const allowedMs = waitSeconds * 1_000;
    call.prolong(allowedMs);
    const waitMs = readers.isFull ? 0 : allowedMs;
    const read = openReading(deps, queryCode, call);
    if (waitMs === 0) return read();
    const ends = [call.signal, stopping];
    const leave = readers.enter();
    // Watched first, then read: a change between the two is not missed.
    const watch = store.watch({ queryCode });
    for (const end of ends) end.addEventListener('abort', watch.close, { once: true });
    try {
      const until = performance.now() + waitMs;
      const first = await read();
      for (let result = first; ; result = await read()) {
        const leftMs = until - performance.now();
        if (!isSame(result, first) || leftMs <= 0 || ends.some(({ aborted }) => aborted)) return result;
        await watch.changed(Math.min(leftMs, HELD_POLL_MS));
      }
    } finally {
      leave();
      for (const end of ends) end.removeEventListener('abort', watch.close);
      watch.close();
    }
  };
};

const invalidWait = () =>
  new PayerIdentityError('INPUT_INVALID', { fields: [{ path: 'waitSeconds', message: `0 to ${MAX_WAIT_SECONDS}` }] });

/** Whether a reader who has seen `first` need not hear of this one. */
const isSame = (result: AuthResult | undefined, first: AuthResult | undefined): boolean =>
  result?.status === 'WAITING' &&
  first?.status === 'WAITING' &&
  result.step === first.step &&
  result.lastFailure?.traceId === first.lastFailure?.traceId;

/** A call is one poll, however often it reads while it waits; only a read that finds WAITING counts. */
export const countOnce = (store: Pick<Store, 'countPoll'>, queryCode: string): (() => Promise<number>) => {
  let counted: Promise<number> | undefined;
  const count = async () => (await store.countPoll(queryCode).catch(throwUnavailable)).pollAfterMs / 1_000;
  return () => {
    counted ??= count();
    return counted;
  };
};

const resultOf = async (
  session: Session,
  { caller, traceId }: CallContext,
  pollAfterSeconds: () => Promise<number>,
): Promise<AuthResult> => {
  const { redemption, expiresAt, clientReferenceId, attemptsLeft, lastFailure } = session;
  const common = { expiresAt, clientReferenceId };
  if (session.isExpired) return { status: 'FAILED', failureCode: 'SESSION_EXPIRED', traceId, ...common };
  if (redemption?.state === 'SUCCEEDED')
    return { status: 'SUCCEEDED', identity: readableTo(caller, redemption.identity), ...common };
  const failure = endOf(session);
  if (failure) return { status: 'FAILED', ...failure, ...common };
  const step = session.step === 'CANCELLED' ? undefined : session.step;
  return { status: 'WAITING', attemptsLeft, lastFailure, step, pollAfterSeconds: await pollAfterSeconds(), ...common };
};

/** The failure that a session without a success has ended with; undefined while a code is pending or may arrive. */
const endOf = ({ redemption, attemptsLeft, step, lastFailure }: Session): SessionFailure | undefined => {
  const hasFailed = redemption !== undefined && 'failureCode' in redemption;
  if (redemption && !hasFailed) return undefined;
  if (step === 'CANCELLED' && lastFailure?.failureCode === 'SESSION_CANCELLED') return lastFailure;
  if (!hasFailed || attemptsLeft > 0) return undefined;
  return { failureCode: redemption.failureCode, traceId: redemption.traceId };
};
