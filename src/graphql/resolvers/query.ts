/** Resolvers of Query: one call of a use case each, and its result in the form of the contract. */
import type { QueryResolvers } from '../../generated/resolvers.ts';
import { certificationFailures, jobworthFailures, orFailure, resultFailures } from '../failures.ts';
import { identityKey } from '../loaders.ts';
import { authResultMember } from './auth-result.ts';

export const Query: QueryResolvers = {
  authResult: (_, { queryCode, waitSeconds }, context) =>
    orFailure(context, resultFailures, async () =>
      authResultMember(await context.readResult(queryCode, waitSeconds ?? 0, context.call)),
    ),

  identityCertification: (_, args, context) =>
    orFailure(context, certificationFailures, async () => ({
      __typename: 'PayerCertification' as const,
      ...(await context.certification.check(args, context.call)),
    })),

  jobworthAuthentication: (_, { input }, context) =>
    orFailure(context, jobworthFailures, async () => {
      const result = await context.queryJobworth(input, context.call);
      return result.kind === 'PENDING'
        ? {
            __typename: 'PayerJobworthPending' as const,
            pollAfterSeconds: result.pollAfterSeconds,
            resultUrl: result.resultUrl,
          }
        : { __typename: 'PayerJobworthAnswered' as const, ...result };
    }),

  payerChannels: (_, { appId }, { apps }) => apps.channels(appId ?? undefined),

  payerIdentity: async (_, { id }, { loaders, references }) => {
    const key = identityKey({ id });
    references.spend('PayerIdentity', key);
    const identity = (await loaders.identities(new Map([[key, { id }]]))).get(key);
    if (identity instanceof Error) throw identity;
    return identity ?? null;
  },
};
