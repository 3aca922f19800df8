import type { MutationResolvers } from '../../generated/resolvers.ts';
import { orFailure } from '../failures.ts';

export const Mutation: MutationResolvers = {
  authenticate: async (_, { input }, context) => {
    const answer = await orFailure(context, context.authentication.authenticate(input, context.call));
    if ('code' in answer) return answer;
    const { identity, accessToken } = answer;
    return {
      __typename: 'Authenticated',
      identity,
      accessToken: accessToken?.value ?? null,
      expiresAt: accessToken?.expiresAt ?? null,
    };
  },
  authenticateAndSet: async (_, { input }, context) => {
    const answer = await orFailure(context, context.authentication.authenticateAndSet(input, context.call));
    return 'code' in answer ? answer : { __typename: 'AuthResultKept', ...answer };
  },
};
