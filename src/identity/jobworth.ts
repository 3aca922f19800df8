/** Zhima's job identity. Its once token buys one terminal answer, so it is exchanged like an auth code. */
import type { JobworthAnswer } from '../channels/source.ts';
import { PayerIdentityError } from '../failure.ts';
import type { Cancellation } from '../lib/exchange.ts';
import type { Outcome } from '../store/store.ts';
import type { Apps } from './apps.ts';
import type { CallContext } from './call.ts';
import { jobworthInput, parseInput } from './input.ts';
import { requireScope } from './permission.ts';
import type { RedeemOnce } from './redeem-once.ts';

export type JobworthResult =
  | ({ readonly kind: 'ANSWERED' } & JobworthAnswer)
  | { readonly kind: 'PENDING'; readonly resultUrl?: string | undefined };

/** Throws PayerIdentityError for an expected failure. */
export type QueryJobworth = (input: unknown, call: CallContext) => Promise<JobworthResult>;

interface Deps {
  readonly apps: Apps;
  readonly redeemOnce: RedeemOnce;
}

export const createJobworth =
  ({ apps, redeemOnce }: Deps): QueryJobworth =>
  async (input, { caller, traceId, signal: clientGone, note }) => {
    const { appId: wantedApp, ...query } = parseInput(jobworthInput, input);
    const { appId, channelId, sourceName, source, upstreamApp } = apps.routeFor(wantedApp, 'jobworth');
    requireScope(caller, 'payer:jobworth', appId);
    const { jobworth, requireReady } = source;
    if (!jobworth) throw new PayerIdentityError('CHANNEL_UNSUPPORTED');

    // What consumes nothing is not kept: the next query has to ask again.
    let unkept: JobworthResult | PayerIdentityError | undefined;
    const exchange = async (cancellation: Cancellation): Promise<Outcome | undefined> => {
      const reply = await jobworth.query(query, cancellation);
      if (reply.kind === 'ANSWERED') return { state: 'ANSWERED', answer: JSON.stringify(reply) };
      unkept =
        reply.kind === 'PENDING'
          ? reply
          : new PayerIdentityError(reply.code, {
              upstreamCode: reply.upstreamCode,
              upstreamTraceId: reply.upstreamTraceId,
            });
      return undefined;
    };
    const binding = [caller.id, ...Object.entries(query).sort().flat().map(String)];
    const claim = { source: sourceName, upstreamAppId: upstreamApp, kind: 'onceToken' as const, code: query.onceToken };
    const bound = { ...claim, binding, appId, channelId, traceId };
    const redemption = await redeemOnce(bound, exchange, { clientGone, requireReady, note }).catch(asOnceToken);
    if (redemption?.state === 'ANSWERED') return JSON.parse(redemption.answer);
    if (redemption && 'failureCode' in redemption) {
      const { failureCode, traceId: firstTraceId } = redemption;
      throw new PayerIdentityError(failureCode, { traceId: firstTraceId });
    }
    if (unkept && !(unkept instanceof PayerIdentityError)) return unkept;
    throw unkept ?? new PayerIdentityError('OUTCOME_PENDING');
  };

/** The machine speaks of codes; here the code is a once token. */
const asOnceToken = (error: unknown): never => {
  if (error instanceof PayerIdentityError && error.code === 'AUTH_CODE_USED')
    throw new PayerIdentityError('ONCE_TOKEN_USED');
  throw error;
};
