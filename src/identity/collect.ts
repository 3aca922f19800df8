/** Collects a result that the upstream holds under a query code, when the code is read. */
import { PayerIdentityError } from '../failure.ts';
import type { Log } from '../lib/log.ts';
import { permits } from '../security/caller.ts';
import type { FinalOutcome, Redemption, Session } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import type { Apps } from './apps.ts';
import { type CallContext, noteOf } from './call.ts';
import { classify, failedOutcome } from './classify.ts';
import { throwUnavailable } from './unavailable.ts';

/** Answers how the redemption ended; the held one as it was when the next reader has to ask the upstream again. */
export type Collect = (held: Redemption, session: HeldSession, call: CallContext) => Promise<Redemption>;

interface HeldSession extends Pick<Session, 'clientReferenceId'> {
  readonly queryCode: string;
}

interface Deps {
  readonly store: Pick<Store, 'collect'>;
  readonly apps: Pick<Apps, 'route'>;
  readonly log: Log;
  /** Milliseconds for the exchange. */
  readonly times: { readonly deadlineMs: number };
}

export const createCollect = ({ store, apps, log, times }: Deps): Collect => {
  const fetchHeld = async (
    held: Redemption,
    { queryCode, clientReferenceId }: HeldSession,
    call: CallContext,
  ): Promise<FinalOutcome | undefined> => {
    try {
      const { resultHolder } = apps.route(held.appId, held.channelId).source;
      if (!resultHolder) throw new PayerIdentityError('CHANNEL_MISCONFIGURED');
      const traffic = permits(call.caller, 'payer:read', held.appId) ? 'trusted' : 'public';
      const redeemed = await resultHolder.collect(queryCode, {
        deadline: AbortSignal.timeout(times.deadlineMs),
        clientGone: call.signal,
        origin: { channelId: held.channelId, traffic },
      });
      return redeemed && { state: 'SUCCEEDED', ...redeemed };
    } catch (error) {
      if (classify(error) === 'bug') throw error;
      const isLost = error instanceof PayerIdentityError && error.code === 'OUTCOME_UNKNOWN';
      // The reader is shown the trace id of the call whose code was redeemed, so the line has that one too.
      const { traceId, appId, channelId, source } = held;
      const names = { appId, channelId, source, clientReferenceId };
      const fields = { operation: 'authResult', traceId, ...names, ...noteOf(error) };
      log.warn(isLost ? 'a held result was lost' : 'a held result could not be read', fields);
      return isLost ? failedOutcome(error) : undefined;
    }
  };

  return async (held, session, call) => {
    const outcome = await fetchHeld(held, session, call);
    return (outcome && (await store.collect(held.id, outcome).catch(throwUnavailable))) ?? held;
  };
};
