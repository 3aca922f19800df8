/** Reading what has become of an authentication, by its query code: at once, or by waiting for it. */
import { type FailureCode, PayerIdentityError } from '../failure.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../metrics.ts';
import { permits } from '../security/caller.ts';
import type { FinalOutcome, Redemption, Session, Store } from '../store/store.ts';
import type { Apps } from './apps.ts';
import { type CallContext, noteOf } from './call.ts';
import { classify, failedOutcome } from './classify.ts';
import { readableTo, type VisibleIdentity } from './permission.ts';
import { throwUnavailable } from './unavailable.ts';

export type AuthResult = { readonly expiresAt: Date } & (
  | { readonly status: 'WAITING'; readonly pollAfterSeconds: number }
  /** Without the identity for callers without its scope: they know the query code and no more. */
  | { readonly status: 'SUCCESS'; readonly identity: VisibleIdentity | undefined }
  | { readonly status: 'REJECTED' | 'INDETERMINATE'; readonly failureCode: FailureCode; readonly traceId: string }
);

/**
 * Undefined when the query code stands for nothing that may be told to this caller.
 * Throws SERVICE_UNAVAILABLE while the store is away.
 */
export type ReadResult = (queryCode: string, waitMs: number, call: CallContext) => Promise<AuthResult | undefined>;

interface Deps {
  readonly store: Store;
  readonly apps: Apps;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'waiters'>;
  readonly times: { readonly deadlineMs: number };
  /** Readers beyond these are answered at once. */
  readonly limits: { readonly waiters: number };
  /** Aborts when the service is to stop: nobody is kept waiting then. */
  readonly stopping: AbortSignal;
}

/** How often a waiting reader looks without having been woken: what an upstream keeps wakes nobody. */
const HELD_POLL_MS = 3_000;

export const createReadResult = ({ store, apps, log, metrics, times, limits, stopping }: Deps): ReadResult => {
  /** Readers that wait now. */
  let waiting = 0;

  /** The identity that the upstream holds, or how it was lost; undefined when the next reader has to ask again. */
  const fetchHeld = async (
    held: Redemption,
    queryCode: string,
    call: CallContext,
  ): Promise<FinalOutcome | undefined> => {
    try {
      const { resultHolder } = apps.route(held.appId, held.channelId).source;
      if (!resultHolder) throw new PayerIdentityError('CHANNEL_MISCONFIGURED');
      const cancellation = { deadline: AbortSignal.timeout(times.deadlineMs), clientGone: call.signal };
      const traffic = permits(call.caller, 'payer:read', held.appId) ? 'trusted' : 'public';
      const redeemed = await resultHolder.collect(queryCode, cancellation, { channelId: held.channelId, traffic });
      return redeemed && { state: 'SUCCEEDED', ...redeemed };
    } catch (error) {
      if (classify(error) === 'bug') throw error;
      const isLost = error instanceof PayerIdentityError && error.code === 'OUTCOME_UNKNOWN';
      // The line has the trace id of the call whose code was redeemed, which is the one that the reader is shown.
      const { traceId, appId, channelId, source } = held;
      const fields = { operation: 'authResult', traceId, appId, channelId, source, ...noteOf(error) };
      log.warn(isLost ? 'a held result was lost' : 'a held result could not be read', fields);
      return isLost ? failedOutcome(error) : undefined;
    }
  };

  const collect = async (held: Redemption, queryCode: string, call: CallContext): Promise<Redemption> => {
    const outcome = await fetchHeld(held, queryCode, call);
    return (outcome && (await store.collect(held.id, outcome).catch(throwUnavailable))) ?? held;
  };

  const readSession = async (
    { appId, channelId, redemption, expiresAt }: Session,
    call: CallContext,
    queryCode: string,
    countPoll: () => ReturnType<Store['countPoll']>,
  ): Promise<AuthResult | undefined> => {
    const { caller } = call;
    call.note({ appId, channelId, source: redemption?.source });
    if (caller.apps?.has(appId) === false) return undefined;
    const current = redemption?.state === 'HELD' ? await collect(redemption, queryCode, call) : redemption;
    switch (current?.state) {
      case 'SUCCEEDED':
        return { status: 'SUCCESS', identity: readableTo(caller, current.identity), expiresAt };
      case 'REJECTED':
      case 'INDETERMINATE':
        return { status: current.state, failureCode: current.failureCode, traceId: current.traceId, expiresAt };
      default:
        return { status: 'WAITING', expiresAt, pollAfterSeconds: (await countPoll()).pollAfterMs / 1_000 };
    }
  };

  return async (queryCode, wantedWaitMs, call) => {
    const { signal } = call;
    const waitMs = waiting < limits.waiters ? wantedWaitMs : 0;
    const ends = [signal, stopping];
    // A call is one poll, however long it waits and however often it looks.
    let poll: ReturnType<Store['countPoll']> | undefined;
    const countPoll = () => {
      poll ??= store.countPoll(queryCode).catch(throwUnavailable);
      return poll;
    };
    waiting += 1;
    if (waitMs > 0) metrics.waiters.inc();
    const watch = store.watch({ queryCode });
    for (const end of ends) end.addEventListener('abort', watch.close, { once: true });
    try {
      const until = performance.now() + waitMs;
      for (;;) {
        const session = await store.session(queryCode).catch(throwUnavailable);
        const result = session && (await readSession(session, call, queryCode, countPoll));
        const leftMs = until - performance.now();
        if (result?.status !== 'WAITING' || leftMs <= 0 || ends.some(({ aborted }) => aborted)) return result;
        await watch.changed(Math.min(leftMs, HELD_POLL_MS));
      }
    } finally {
      waiting -= 1;
      if (waitMs > 0) metrics.waiters.dec();
      for (const end of ends) end.removeEventListener('abort', watch.close);
      watch.close();
    }
  };
};
