/**
 * The redemption of an auth code: at most once, and honest about doubt.
 *
 *   CLAIMED ─▶ SENT ─▶ SUCCEEDED | HELD | REJECTED | INDETERMINATE
 *
 * SENT is durable before the first byte leaves, the outcome before the caller is answered. Whoever comes second reads
 * or awaits the first outcome. A send whose owner vanished ends INDETERMINATE; it is never repeated.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { type FailureCode, failureMember, PayerIdentityError } from '../failure.ts';
import { ExchangeError } from '../lib/exchange.ts';
import type { Log } from '../lib/log.ts';
import type { RedeemRequest } from '../model.ts';
import type { Lease, Outcome, Redemption, Store } from '../store/store.ts';
import type { Route } from './apps.ts';

export interface RedemptionWish {
  readonly route: Route;
  readonly authCode: string;
  readonly request: RedeemRequest;
  /** Whose outcome it is; another caller with the same code is refused. */
  readonly caller: string;
  readonly queryCode?: string | undefined;
  /** Let the upstream keep the identity under the query code, if it can. */
  readonly keep: boolean;
  readonly traceId: string;
}

export interface RedemptionTimes {
  /** For the whole exchange with the upstream, retries of unsent requests included. */
  readonly deadlineMs: number;
  /** How long a duplicate waits for the first caller's outcome. */
  readonly patienceMs: number;
}

interface Tools {
  readonly store: Store;
  readonly log: Log;
  readonly times: RedemptionTimes;
}

const MAX_ATTEMPTS = 3;

/** Ends a redemption and answers how it ended. Throws PayerIdentityError when it could not begin. */
export const createRedeem = ({ store, log, times }: Tools) => {
  /** Sends, again only while provably nothing was sent. */
  const exchange = async ({ route, authCode, request, queryCode, keep }: RedemptionWish): Promise<Outcome> => {
    const signal = AbortSignal.timeout(times.deadlineMs);
    const { keeper } = route.source;
    for (let attempt = 1; ; attempt += 1) {
      try {
        if (!keep || !keeper || queryCode === undefined)
          return { state: 'SUCCEEDED', ...(await route.source.redeem(authCode, request, signal)) };
        await keeper.redeemAndKeep(authCode, queryCode, request, signal);
        return { state: 'HELD' };
      } catch (error) {
        if (!(error instanceof ExchangeError) || error.sent) throw error;
        if (attempt === MAX_ATTEMPTS || signal.aborted)
          throw new PayerIdentityError('CHANNEL_UNREACHABLE', { cause: error });
        await delay(randomInt(50, 150) * attempt);
      }
    }
  };

  const redeemClaimed = async (wish: RedemptionWish, lease: Lease): Promise<Redemption> => {
    if (!(await store.markSent(lease).catch(nothingSent))) throw new PayerIdentityError('OUTCOME_PENDING');
    let outcome: Outcome;
    try {
      outcome = await exchange(wish);
    } catch (error) {
      if (error instanceof PayerIdentityError && error.code === 'CHANNEL_UNREACHABLE') {
        await store.release(lease);
        throw error;
      }
      outcome = failedOutcome(error);
      if (!(error instanceof PayerIdentityError || error instanceof ExchangeError))
        log.error('redemption failed unexpectedly', { traceId: wish.traceId, error });
    }
    const ended = await store.settle(lease, outcome).catch((error: unknown) => {
      log.error('an outcome could not be kept', { traceId: wish.traceId, error });
    });
    if (!ended) throw new PayerIdentityError('OUTCOME_UNKNOWN');
    return ended;
  };

  /** The outcome of another call with the same code. */
  const awaitOutcome = async (first: Redemption): Promise<Redemption> => {
    const watch = store.watch({ redemptionId: first.id });
    try {
      const until = Date.now() + times.patienceMs;
      let redemption: Redemption | undefined = (await store.redemption(first.id)) ?? undefined;
      while (redemption && isPending(redemption) && Date.now() < until) {
        await watch.changed(until - Date.now());
        redemption = await store.redemption(first.id);
      }
      // Gone: nothing was sent, and the code may be tried again.
      if (!redemption) throw new PayerIdentityError('CHANNEL_UNREACHABLE');
      if (isPending(redemption)) throw new PayerIdentityError('OUTCOME_PENDING');
      return redemption;
    } finally {
      watch.close();
    }
  };

  return async (wish: RedemptionWish): Promise<Redemption> => {
    const { route, authCode, caller, queryCode, traceId } = wish;
    const startedAt = performance.now();
    const { appId, channelId, sourceName, source } = route;
    const claim = { source: sourceName, upstreamAppId: source.upstreamAppId, authCode, caller, appId, channelId };
    const verdict = await store.claim({ ...claim, queryCode, traceId }).catch(nothingSent);
    switch (verdict.kind) {
      case 'CODE_USED':
        throw new PayerIdentityError('AUTH_CODE_USED');
      case 'QUERY_CODE_TAKEN':
        throw new PayerIdentityError('QUERY_CODE_TAKEN', {
          fields: [{ path: 'queryCode', message: 'a new random value' }],
        });
      case 'DUPLICATE':
        return isPending(verdict.redemption) ? awaitOutcome(verdict.redemption) : verdict.redemption;
      case 'CLAIMED': {
        const redemption = await redeemClaimed(wish, verdict.lease);
        log.info('redemption ended', {
          traceId,
          appId,
          channelId,
          source: sourceName,
          state: redemption.state,
          ...('failureCode' in redemption && { code: redemption.failureCode }),
          durationMs: Math.round(performance.now() - startedAt),
        });
        return redemption;
      }
    }
  };
};

/** The store cannot keep its promises: fail before anything leaves. */
const nothingSent = (cause: unknown): never => {
  throw new PayerIdentityError('SERVICE_UNAVAILABLE', { cause });
};

const isPending = ({ state }: Redemption) => state === 'CLAIMED' || state === 'SENT';

/** What a failed exchange says about the code. Whatever is not a clear refusal by the channel is doubt. */
export const failedOutcome = (error: unknown): Outcome & { failureCode: FailureCode } => {
  if (!(error instanceof PayerIdentityError)) return { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' };
  const doubt = failureMember(error.code) === 'AuthenticationIndeterminate';
  return {
    state: doubt ? 'INDETERMINATE' : 'REJECTED',
    failureCode: error.code,
    upstreamCode: error.upstreamCode,
  };
};
