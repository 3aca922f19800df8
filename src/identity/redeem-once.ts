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
import type { Claim, Redemption } from '../store/model.ts';
import { awaitOutcome, isPending } from './await-outcome.ts';
import { createRedeemClaimed, type RedeemConditions, type RedeemDeps } from './redeem-claimed.ts';
import { type Redeem, requireClient } from './redeem-with-retry.ts';
import { throwUnavailable } from './unavailable.ts';

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

export const createRedeemOnce = (deps: RedeemDeps): RedeemOnce => {
  const { store } = deps;
  const { latestSend, redeemClaimed } = createRedeemClaimed(deps);

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
          const sendBy = verdict.kind === 'MARKED' ? claimedBy : undefined;
          return redeemClaimed({ lease: verdict.lease, traceId: claim.traceId, sendBy }, redeem, conditions);
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
