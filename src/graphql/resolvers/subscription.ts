/** The subscription: its source is a stream of results, and each result is the root value of one answer. */
import type { SubscriptionResolvers } from '../../generated/resolvers.ts';
import { streamAuthResult } from '../result-stream.ts';

export const Subscription: SubscriptionResolvers = {
  authResult: {
    subscribe: (_, { queryCode }, context) => streamAuthResult(queryCode, context),
  },
};
