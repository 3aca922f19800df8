/** The code of a claim that this call owns, from its mark to its outcome: sent at most once, and no outcome is invented. */
import { PayerIdentityError } from '../failure.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../metrics.ts';
import type { Outcome, Redemption } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import { type CallContext, noteOf } from './call.ts';
import { classify, failedOutcome } from './classify.ts';
import { type Redeem, redeemWithRetry } from './redeem-with-retry.ts';
import { type OwnedLease, releaseClaim } from './release-claim.ts';
import { settleOutcome } from './settle-outcome.ts';
import { throwUnavailable } from './unavailable.ts';

/** Milliseconds. */
export interface RedeemTimes {
  /** For the whole exchange with the upstream, attempts that sent nothing included. */
  readonly deadlineMs: number;
  /** How long a duplicate waits for the first caller's outcome. */
  readonly patienceMs: number;
  /** The store's lease: when it is over, another instance abandons the send. */
  readonly leaseMs: number;
}

export interface RedeemDeps {
  readonly store: Store;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'redemptions'>;
  readonly times: RedeemTimes;
}

export interface RedeemConditions {
  /** After it aborts nothing is sent; the outcome of what was sent is awaited and stored all the same. */
  readonly clientGone: AbortSignal;
  /** Called before the code is marked as sent, perhaps twice; throws PayerIdentityError when the upstream is suspended. */
  readonly requireReady?: (() => void) | undefined;
  /** Adds to the log line of the call. */
  readonly note?: CallContext['note'];
}

/** `sendBy`: until when a code that its claim has marked may be sent; undefined when it is not marked yet. */
type ClaimedCode = OwnedLease & { readonly sendBy: number | undefined };

export const createRedeemClaimed = (deps: RedeemDeps) => {
  const { store, times } = deps;

  /** Asked before the lease begins. A byte sent by then has its whole deadline within the lease. */
  const latestSend = () => performance.now() + times.leaseMs - times.deadlineMs;

  /**
   * Marks a code whose claim did not: of a channel that was suspended, or one that another owner had left unsent. Returns
   * until when it may be sent.
   */
  const mark = async (owned: OwnedLease, { requireReady }: RedeemConditions): Promise<number> => {
    try {
      requireReady?.();
    } catch (error) {
      await releaseClaim(deps, owned);
      throw error;
    }
    const sendBy = latestSend();
    const isMarked = await store.markSent(owned.lease).catch(async (cause: unknown) => {
      // The commit may have happened; since the answer to it is missing, nothing is sent.
      await releaseClaim(deps, owned);
      return throwUnavailable(cause);
    });
    if (!isMarked) throw new PayerIdentityError('OUTCOME_PENDING');
    return sendBy;
  };

  const redeemClaimed = async (
    owned: ClaimedCode,
    redeem: Redeem,
    conditions: RedeemConditions,
  ): Promise<Redemption | undefined> => {
    const sendBy = owned.sendBy ?? (await mark(owned, conditions));
    const { clientGone, note } = conditions;
    const release = () => releaseClaim(deps, owned);
    let outcome: Outcome | undefined;
    try {
      outcome = await redeemWithRetry(redeem, { deadlineMs: times.deadlineMs, sendBy, clientGone });
    } catch (error) {
      const kind = classify(error);
      if (kind === 'unsent') {
        const ended = await release();
        if (ended) return ended;
        throw error;
      }
      note?.({ ...noteOf(error), isBug: kind === 'bug' || undefined });
      outcome = failedOutcome(error);
    }
    return outcome ? settleOutcome(deps, owned, outcome, { clientGone, note }) : release();
  };

  return { latestSend, redeemClaimed };
};
