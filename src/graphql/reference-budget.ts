/**
 * Counts the different references of a request, over all its lists: gateways merge the lists of a page into one request,
 * and some repeat equal references. A reference beyond the ceiling fails in its own place, and the others resolve.
 */
import { GraphQLError } from 'graphql';

export interface ReferenceBudget {
  /** Throws TOO_MANY_REPRESENTATIONS for a reference that is neither within the ceiling nor equal to one that is. */
  spend(entity: string, key: string): void;
}

export const createReferenceBudget = (max: number): ReferenceBudget => {
  const counted = new Set<string>();
  return {
    spend(entity, key) {
      const reference = `${entity} ${key}`;
      if (counted.has(reference)) return;
      if (counted.size >= max)
        throw new GraphQLError(`At most ${max} different references per operation`, {
          extensions: { code: 'TOO_MANY_REPRESENTATIONS' },
        });
      counted.add(reference);
    },
  };
};
