/**
 * The redemption of a one-time code, from its claim to its answer: at most once, and with no success or refusal that the
 * channel did not give. docs/redemption.md has the diagram and every event.
 *
 *   CLAIMED ─▶ SENT ─▶ SUCCEEDED | HELD | ANSWERED | REJECTED | INDETERMINATE
 *
 * SENT is durable before the first byte is sent, the outcome before the caller is answered. A duplicate gets the outcome
 * of the first call. A send whose owner has gone ends INDETERMINATE and is never repeated.
 */
import { PayerIdentityError } from '../failure.ts';
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../metrics.ts';
import type { Claim, Outcome, Redemption } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import { awaitOutcome, isPending } from './await-outcome.ts';
import { type CallContext, noteOf } from './call.ts';
import { classify, failedOutcome } from './classify.ts';
import { type Redeem, redeemWithRetry, requireClient } from './redeem-with-retry.ts';
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

interface Deps {
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

/**
 * Redeems a code unless it was redeemed before, and answers the outcome; undefined when the upstream consumed nothing,
 * which leaves no record. Throws PayerIdentityError when nothing was sent and when the outcome is not known yet.
 */
export type RedeemOnce = (
  claim: Claim,
  redeem: Redeem,
  conditions: RedeemConditions,
) => Promise<Redemption | undefined>;

/** Whether a new code may be marked by its claim. */
const isReady = ({ requireReady }: RedeemConditions): boolean => {
  try {
    requireReady?.();
    return true;
  } catch {
    return false;
  }
};

export const createRedeemOnce = (deps: Deps): RedeemOnce => {
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

  const redeemMarked = async (
    owned: OwnedLease,
    redeem: Redeem,
    { clientGone, note }: RedeemConditions,
    sendBy: number,
  ): Promise<Redemption | undefined> => {
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

  return async (claim, redeem, conditions) => {
    const { clientGone, note } = conditions;
    const readFirst = async (first: Redemption): Promise<Redemption> => {
      const outcome = isPending(first) ? await awaitOutcome(deps, first, clientGone) : first;
      if (!outcome) throw new PayerIdentityError('CHANNEL_UNREACHABLE');
      note?.({ event: 'an earlier outcome was read', state: outcome.state });
      return outcome;
    };
    for (;;) {
      requireClient(clientGone);
      const claimedBy = latestSend();
      const verdict = await store.claim({ ...claim, marks: isReady(conditions) }).catch(throwUnavailable);
      const { clientReferenceId } = verdict;
      if (clientReferenceId !== undefined) note?.({ clientReferenceId });
      switch (verdict.kind) {
        case 'CLAIMED':
        case 'MARKED': {
          const owned = { lease: verdict.lease, traceId: claim.traceId };
          const sendBy = verdict.kind === 'MARKED' ? claimedBy : await mark(owned, conditions);
          return redeemMarked(owned, redeem, conditions, sendBy);
        }
        case 'DUPLICATE':
        case 'SESSION_DONE':
          return readFirst(verdict.redemption);
        case 'SESSION_BUSY':
          // It ends this wait as well when it lasts too long: the call is answered OUTCOME_PENDING, and nothing was sent.
          await awaitOutcome(deps, verdict.redemption, clientGone);
          break;
        default:
          if (verdict.kind === 'VERIFIER_WRONG') note?.({ event: 'a code verifier was refused' });
          throw refusedClaim(verdict.kind, claim);
      }
    }
  };
};

type Refusal = 'CODE_USED' | 'SESSION_TAKEN' | 'SESSION_SPENT' | 'SESSION_CANCELLED' | 'VERIFIER_WRONG' | 'NO_SESSION';

const refusedClaim = (kind: Refusal, { session }: Claim): PayerIdentityError => {
  switch (kind) {
    case 'CODE_USED':
      return new PayerIdentityError('AUTH_CODE_USED');
    case 'SESSION_TAKEN':
      return new PayerIdentityError('QUERY_CODE_TAKEN', {
        fields: [{ path: 'queryCode', message: 'a new random value' }],
      });
    case 'SESSION_SPENT':
    case 'SESSION_CANCELLED':
      return new PayerIdentityError(kind);
    case 'VERIFIER_WRONG': {
      // One message for a wrong, a missing and a superfluous one.
      const message = 'the verifier of the codeChallenge that the session was started with; none where it had none';
      return new PayerIdentityError('INPUT_INVALID', { fields: [{ path: 'codeVerifier', message }] });
    }
    case 'NO_SESSION':
      return new PayerIdentityError(session && 'stateId' in session ? 'SESSION_EXPIRED' : 'NOT_ALLOWED');
  }
};
