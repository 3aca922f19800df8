import type { QueryResolvers } from '../../generated/resolvers.ts';
import { certificationFailures, jobworthFailures, orFailure, toFailure } from '../failures.ts';

/** Zhima publishes no interval; the same as for results. */
const JOBWORTH_POLL_SECONDS = 5;
const MAX_WAIT_SECONDS = 25;

export const Query: QueryResolvers = {
  authResult: async (_, { queryCode, waitSeconds }, { readResult, call }) => {
    const waitMs = Math.min(Math.max(waitSeconds ?? 0, 0), MAX_WAIT_SECONDS) * 1_000;
    call.prolong(waitMs);
    const result = await readResult(queryCode, waitMs, call);
    if (!result) return { status: 'NOT_EXIST' };
    const { status, expiresAt } = result;
    if (status === 'WAITING') return { status, expiresAt, pollAfterSeconds: result.pollAfterSeconds };
    if (status === 'SUCCESS') return { status, expiresAt, identity: result.identity ?? null };
    return { status, expiresAt, failure: toFailure(result.failureCode, result.traceId) };
  },

  channels: (_, { appId }, { apps }) => apps.channels(appId ?? undefined),

  identityCertification: (_, args, context) =>
    orFailure(context, certificationFailures, async () => ({
      __typename: 'IdentityCertification' as const,
      ...(await context.certify.check(args, context.call)),
    })),

  jobworthAuthentication: (_, { input }, context) =>
    orFailure(context, jobworthFailures, async () => {
      const result = await context.queryJobworth(input, context.call);
      return result.kind === 'PENDING'
        ? {
            __typename: 'JobworthPending' as const,
            pollAfterSeconds: JOBWORTH_POLL_SECONDS,
            resultUrl: result.resultUrl,
          }
        : { __typename: 'JobworthAuthenticated' as const, ...result };
    }),

  payerIdentity: async (_, { id }, { identities }) => (await identities.load({ id })) ?? null,
};
