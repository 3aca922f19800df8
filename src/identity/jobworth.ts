/** Zhima's job identity. Its once token buys one terminal answer, so it is redeemed as an auth code is. */
import { z } from 'zod';
import type { JobworthAnswer, JobworthReply } from '../channels/source.ts';
import { PayerIdentityError } from '../failure.ts';
import { canonicalJson } from '../lib/canonical-json.ts';
import type { Cancellation } from '../lib/exchange.ts';
import type { Claim, Outcome } from '../store/model.ts';
import type { Apps } from './apps.ts';
import type { CallContext } from './call.ts';
import { parseInput } from './input.ts';
import { requireScope } from './permission.ts';
import type { RedeemOnce } from './redeem-once.ts';
import { jobworthInput } from './verification-input.ts';

/** Zhima publishes no poll interval; the same as for results. */
const POLL_SECONDS = 5;

export type JobworthResult =
  | ({ readonly kind: 'ANSWERED' } & JobworthAnswer)
  | { readonly kind: 'PENDING'; readonly resultUrl?: string | undefined; readonly pollAfterSeconds: number };

/** An answer as it is stored. */
const storedAnswer = z.object({
  kind: z.literal('ANSWERED'),
  confirmed: z.boolean(),
  merchantIdentityId: z.string().optional(),
  resultUrl: z.string().optional(),
  userId: z.string().optional(),
  openId: z.string().optional(),
  authorizationStatus: z.string().optional(),
}) satisfies z.ZodType<Extract<JobworthResult, { kind: 'ANSWERED' }>>;

/** Throws PayerIdentityError for an expected failure. */
export type QueryJobworth = (input: unknown, call: CallContext) => Promise<JobworthResult>;

interface Deps {
  readonly apps: Apps;
  readonly redeemOnce: RedeemOnce;
}

export const createJobworth =
  ({ apps, redeemOnce }: Deps): QueryJobworth =>
  async (input, { caller, traceId, signal: clientGone, note }) => {
    const { appId: givenAppId, ...query } = parseInput(jobworthInput, input);
    const { appId, channelId, sourceName, source, upstreamApp } = apps.routeFor(givenAppId, 'jobworth');
    requireScope(caller, 'payer:jobworth', appId);
    const origin = { channelId, traffic: 'trusted' as const };

    // A reply that consumed nothing is not stored: the next query asks Zhima again.
    let unstored: Exclude<JobworthReply, { kind: 'ANSWERED' }> | undefined;
    const redeemAtSource = async (cancellation: Cancellation): Promise<Outcome | undefined> => {
      const reply = await source.jobworth.query(query, { ...cancellation, origin });
      if (reply.kind === 'ANSWERED') return { state: 'ANSWERED', answer: JSON.stringify(reply) };
      unstored = reply;
      return undefined;
    };
    const claim: Claim = {
      source: sourceName,
      upstreamAppId: upstreamApp,
      kind: 'onceToken',
      code: query.onceToken,
      binding: [caller.id, canonicalJson(query)],
      appId,
      channelId,
      traceId,
    };
    const conditions = { clientGone, requireReady: () => source.requireReady(origin), note };
    const redemption = await redeemOnce(claim, redeemAtSource, conditions).catch(asOnceToken);
    if (redemption?.state === 'ANSWERED') return storedAnswer.parse(JSON.parse(redemption.answer));
    if (redemption && 'failureCode' in redemption)
      throw new PayerIdentityError(redemption.failureCode, { traceId: redemption.traceId });
    return answerUnstored(unstored);
  };

const answerUnstored = (reply: Exclude<JobworthReply, { kind: 'ANSWERED' }> | undefined): JobworthResult => {
  if (!reply) throw new PayerIdentityError('OUTCOME_PENDING');
  if (reply.kind === 'PENDING') return { ...reply, pollAfterSeconds: POLL_SECONDS };
  const { code, upstreamCode, upstreamTraceId } = reply;
  throw new PayerIdentityError(code, { upstreamCode, upstreamTraceId });
};

/** redeemOnce speaks of auth codes; here the code is a once token. */
const asOnceToken = (error: unknown): never => {
  if (error instanceof PayerIdentityError && error.code === 'AUTH_CODE_USED')
    throw new PayerIdentityError('ONCE_TOKEN_USED');
  throw error;
};
