/** Resolvers of Query: one call of a use case each, and its result in the form of the contract. */
import type { QueryResolvers } from '../../generated/resolvers.ts';
import { certificationFailures, jobworthFailures, orFailure, toFailure } from '../failures.ts';

export const Query: QueryResolvers = {
  authResult: async (_, { queryCode, waitSeconds }, { readResult, call }) => {
    const result = await readResult(queryCode, waitSeconds ?? 0, call);
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
      ...(await context.certification.check(args, context.call)),
    })),

  jobworthAuthentication: (_, { input }, context) =>
    orFailure(context, jobworthFailures, async () => {
      const result = await context.queryJobworth(input, context.call);
      return result.kind === 'PENDING'
        ? {
            __typename: 'JobworthPending' as const,
            pollAfterSeconds: result.pollAfterSeconds,
            resultUrl: result.resultUrl,
          }
        : { __typename: 'JobworthAuthenticated' as const, ...result };
    }),

  payerIdentity: async (_, { id }, { loaders }) => (await loaders.identities.load({ id })) ?? null,
};
