/**
 * One-time codes: exchanged at most once, and honest about doubt.
 *
 *   CLAIMED ─▶ SENT ─▶ SUCCEEDED | HELD | ANSWERED | REJECTED | INDETERMINATE
 *
 * SENT is durable before the first byte leaves, the outcome before the caller is answered. Whoever comes second reads
 * or awaits the first outcome. A send whose owner vanished ends INDETERMINATE; it is never repeated.
 */
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { failureMember, leftUnsent, PayerIdentityError } from '../failure.ts';
import { type Cancellation, ExchangeError } from '../lib/exchange.ts';
import type { Log } from '../lib/log.ts';
import { ABORTED, untilAborted } from '../lib/until-aborted.ts';
import type { Metrics } from '../metrics.ts';
import { VaultError } from '../security/vault.ts';
import type { Claim, ClaimVerdict, FinalOutcome, Lease, Outcome, Redemption, Store } from '../store/store.ts';
import { type CallContext, noteOf } from './call.ts';
import { throwUnavailable } from './unavailable.ts';

export interface RedeemTimes {
  /** For the whole exchange with the upstream, retries of unsent requests included. */
  readonly deadlineMs: number;
  /** How long a duplicate waits for the first caller's outcome. */
  readonly patienceMs: number;
  /** As the store has it: when it is over, another instance ends what was marked as sent. */
  readonly leaseMs: number;
}

export interface Deps {
  readonly store: Store;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'redemptions'>;
  readonly times: RedeemTimes;
}

export interface RedeemConditions {
  /** Once it aborts nothing is sent any more; what was sent is awaited and kept all the same. */
  readonly clientGone: AbortSignal;
  /** Asked before the code counts as sent; throws PayerIdentityError when there is no use in trying. */
  readonly requireReady?: (() => void) | undefined;
  /** What the call's log line says of the exchange. */
  readonly note?: CallContext['note'];
}

/**
 * Exchanges a code unless it was exchanged before, and answers how that ended. `exchange` answers undefined when the
 * upstream says that it consumed nothing; then the code stays as it was, and so does this.
 * Throws PayerIdentityError when it could not begin.
 */
export type RedeemOnce = (
  claim: Claim,
  redeem: (cancellation: Cancellation) => Promise<Outcome | undefined>,
  conditions: RedeemConditions,
) => Promise<Redemption | undefined>;

const MAX_ATTEMPTS = 3;
/** How long a caller waits for its code to be released. */
const RELEASE_MS = 1_000;
/** How often whoever waits looks without having been woken: a wake-up can get lost. */
const LOOK_EVERY_MS = 2_000;

export const createRedeemOnce = ({ store, log, metrics, times }: Deps): RedeemOnce => {
  /** Sends, again only while provably nothing was sent, and never after `sendBy`. */
  const redeemWithRetry = async (
    redeem: Parameters<RedeemOnce>[1],
    { clientGone, sendBy }: { readonly clientGone: AbortSignal; readonly sendBy: number },
  ): Promise<Outcome | undefined> => {
    const deadline = AbortSignal.timeout(times.deadlineMs);
    for (let attempt = 1; ; attempt += 1) {
      requireClient(clientGone);
      if (performance.now() > sendBy) throw new PayerIdentityError('CHANNEL_UNREACHABLE');
      try {
        return await redeem({ deadline, clientGone, sendBy });
      } catch (error) {
        if (!(error instanceof ExchangeError) || error.sent) throw error;
        if (attempt === MAX_ATTEMPTS || deadline.aborted)
          throw new PayerIdentityError('CHANNEL_UNREACHABLE', { cause: error });
        await delay(randomInt(50, 150) * attempt, undefined, { signal: clientGone }).catch(() => {});
      }
    }
  };

  /** How the exchange ended; undefined when the code is as it was. Throws when nothing was sent. */
  const attempt = async (
    redeem: Parameters<RedeemOnce>[1],
    { note, ...within }: { readonly note: RedeemConditions['note'] } & Parameters<typeof redeemWithRetry>[1],
  ): Promise<Outcome | undefined> => {
    try {
      return await redeemWithRetry(redeem, within);
    } catch (error) {
      if (error instanceof PayerIdentityError && leftUnsent(error.code)) throw error;
      const isExpected = error instanceof PayerIdentityError || error instanceof ExchangeError;
      note?.({ ...noteOf(error), ...(!isExpected && { isBug: true }) });
      return failedOutcome(error);
    }
  };

  /**
   * Frees a code of which nothing was sent. What cannot be released ends INDETERMINATE when its lease is over: safe, and
   * no reason to fail here. The store insists on it for longer than a caller should wait for the reason why nothing was
   * sent. Answers how the redemption ended when its lease was lost: others may have been answered so.
   */
  const release = async (lease: Lease, traceId: string): Promise<Redemption | undefined> => {
    const ended = await untilAborted(releaseOrRead(lease, traceId), AbortSignal.timeout(RELEASE_MS));
    return ended === ABORTED ? undefined : ended;
  };

  const releaseOrRead = async (lease: Lease, traceId: string): Promise<Redemption | undefined> => {
    try {
      if (await store.release(lease)) return undefined;
      const left = await store.redemption(lease.redemptionId);
      return left && !isPending(left) ? left : undefined;
    } catch (error) {
      log.error('a claim could not be released', { traceId, error });
      return undefined;
    }
  };

  /** The log line of the call was written when it was answered; this one says how its redemption ended. */
  const logLateOutcome = (settling: Promise<Redemption | undefined>, traceId: string): void =>
    void settling.then(
      (ended) => {
        if (!ended) return log.error('an outcome came after its redemption had ended', { traceId });
        metrics.redemptions.inc({ source: ended.source, state: ended.state });
        log.info('an outcome was stored after its call had ended', { traceId, state: ended.state });
      },
      (error: unknown) => log.error('an outcome could not be kept', { traceId, error }),
    );

  const redeemClaimed = async (
    lease: Lease,
    redeem: Parameters<RedeemOnce>[1],
    conditions: RedeemConditions,
    traceId: string,
  ): Promise<Redemption | undefined> => {
    const { requireReady, note } = conditions;
    try {
      requireReady?.();
    } catch (error) {
      await release(lease, traceId);
      throw error;
    }
    // The lease begins somewhere within markSent. What is sent by then has its whole deadline before the lease is over.
    const sendBy = performance.now() + times.leaseMs - times.deadlineMs;
    const marked = await store.markSent(lease).catch(async (cause: unknown) => {
      // Nothing is sent without the mark, also when that was made and its commit is in doubt.
      await release(lease, traceId);
      return throwUnavailable(cause);
    });
    if (!marked) throw new PayerIdentityError('OUTCOME_PENDING');
    let outcome: Outcome | undefined;
    try {
      outcome = await attempt(redeem, { clientGone: conditions.clientGone, note, sendBy });
    } catch (error) {
      const ended = await release(lease, traceId);
      if (ended) return ended;
      throw error;
    }
    if (!outcome) return release(lease, traceId);
    const settling = store.settle(lease, outcome);
    // The store insists on it for longer than the caller waits, who then reads it by the same call.
    const ended = await untilAborted(settling, conditions.clientGone).catch((error: unknown) => {
      note?.({ event: 'an outcome could not be kept', state: outcome.state, error, isBug: true });
    });
    if (ended === ABORTED) {
      logLateOutcome(settling, traceId);
      throw new PayerIdentityError('OUTCOME_PENDING');
    }
    if (!ended) throw new PayerIdentityError('OUTCOME_UNKNOWN');
    metrics.redemptions.inc({ source: ended.source, state: ended.state });
    note?.({ event: 'a code was exchanged', state: ended.state });
    return ended;
  };

  /** The outcome of another call with the same code. */
  const awaitOutcome = async (first: Redemption, clientGone: AbortSignal): Promise<Redemption> => {
    const watch = store.watch({ redemptionId: first.id });
    clientGone.addEventListener('abort', watch.close, { once: true });
    try {
      const until = performance.now() + times.patienceMs;
      const read = () => store.redemption(first.id).catch(asPending);
      let current = await read();
      while (current && isPending(current) && performance.now() < until && !clientGone.aborted) {
        await watch.changed(Math.min(Math.max(until - performance.now(), 0), LOOK_EVERY_MS));
        current = await read();
      }
      // Gone: nothing was consumed, and the code may be tried again.
      if (!current) throw new PayerIdentityError('CHANNEL_UNREACHABLE');
      if (isPending(current)) throw new PayerIdentityError('OUTCOME_PENDING');
      return current;
    } finally {
      clientGone.removeEventListener('abort', watch.close);
      watch.close();
    }
  };

  return async (claim, redeem, conditions) => {
    requireClient(conditions.clientGone);
    const verdict = await store.claim(claim).catch(throwUnavailable);
    if (verdict.kind === 'CLAIMED') return redeemClaimed(verdict.lease, redeem, conditions, claim.traceId);
    if (verdict.kind !== 'DUPLICATE') throw refusedClaim(verdict);
    const { redemption: first } = verdict;
    const outcome = isPending(first) ? await awaitOutcome(first, conditions.clientGone) : first;
    conditions.note?.({ event: 'an earlier outcome was read', state: outcome.state });
    return outcome;
  };
};

/** Nobody waits for what would be sent now, so it is not: the code stays good. */
const requireClient = ({ aborted }: AbortSignal): void => {
  if (aborted) throw new PayerIdentityError('CHANNEL_UNREACHABLE');
};

const isPending = ({ state }: Redemption) => state === 'CLAIMED' || state === 'SENT';

const refusedClaim = ({ kind }: Exclude<ClaimVerdict, { kind: 'CLAIMED' | 'DUPLICATE' }>): PayerIdentityError => {
  switch (kind) {
    case 'CODE_USED':
      return new PayerIdentityError('AUTH_CODE_USED');
    case 'SESSION_TAKEN':
      return new PayerIdentityError('QUERY_CODE_TAKEN', {
        fields: [{ path: 'queryCode', message: 'a new random value' }],
      });
    case 'NO_SESSION':
      return new PayerIdentityError('NOT_ALLOWED');
  }
};

/** Another call has the code; as long as the store does not tell how that ended, it may as well be under way. */
const asPending = (cause: unknown): never => {
  if (cause instanceof VaultError) throw cause;
  throw new PayerIdentityError('OUTCOME_PENDING', { cause });
};

/** What a failed exchange says about the code. Whatever is not a clear refusal by the channel is doubt. */
export const failedOutcome = (error: unknown): FinalOutcome => {
  if (!(error instanceof PayerIdentityError)) return { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' };
  const doubt = failureMember(error.code) === 'AuthenticationIndeterminate';
  return { state: doubt ? 'INDETERMINATE' : 'REJECTED', failureCode: error.code, upstreamCode: error.upstreamCode };
};
