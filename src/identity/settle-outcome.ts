/** Stores the outcome of a sent code, and answers it only when it is durable. */
import { PayerIdentityError } from '../failure.ts';
import type { Log } from '../lib/log.ts';
import { ABORTED, untilAborted } from '../lib/until-aborted.ts';
import type { Metrics } from '../metrics.ts';
import type { Outcome, Redemption } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import type { CallContext } from './call.ts';
import type { OwnedLease } from './release-claim.ts';

interface Deps {
  readonly store: Pick<Store, 'settle'>;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'redemptions'>;
}

interface Answering {
  readonly clientGone: AbortSignal;
  readonly note?: CallContext['note'] | undefined;
}

/**
 * Answers how the redemption ended, which is the outcome of another instance when that came first. Throws
 * OUTCOME_PENDING when the client has gone before it is stored: the store goes on retrying, and the same call reads it.
 * Throws OUTCOME_UNKNOWN when it cannot be stored.
 */
export const settleOutcome = async (
  deps: Deps,
  { lease, traceId }: OwnedLease,
  outcome: Outcome,
  { clientGone, note }: Answering,
): Promise<Redemption> => {
  const settling = deps.store.settle(lease, outcome);
  const ended = await untilAborted(settling, clientGone).catch((error: unknown) => {
    note?.({ event: 'an outcome could not be stored', state: outcome.state, error, isBug: true });
  });
  if (ended === ABORTED) {
    logLateOutcome(deps, settling, traceId);
    throw new PayerIdentityError('OUTCOME_PENDING');
  }
  if (!ended) throw new PayerIdentityError('OUTCOME_UNKNOWN');
  deps.metrics.redemptions.inc({ source: ended.source, state: ended.state });
  note?.({ event: 'a code was redeemed', state: ended.state });
  return ended;
};

/** The log line of the call was written when it was answered; this one says how its redemption ended. */
const logLateOutcome = ({ log, metrics }: Deps, settling: Promise<Redemption | undefined>, traceId: string): void => {
  settling.then(
    (ended) => {
      if (!ended) return log.error('an outcome came after its redemption had ended', { traceId });
      metrics.redemptions.inc({ source: ended.source, state: ended.state });
      log.info('an outcome was stored after its call had ended', { traceId, state: ended.state });
    },
    (error: unknown) => log.error('an outcome could not be stored', { traceId, error }),
  );
};
