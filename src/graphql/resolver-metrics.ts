/** Counts and times the root fields. */
import type { GraphQLSchema } from 'graphql';
import { type RootResolver, wrapRootFields } from './root-fields.ts';

/** What a root field returned, as a metric's label: a failure's code, or else the status or the type of the answer. */
const outcomeOf = (answer: unknown): string => {
  if (answer === null) return 'null';
  if (typeof answer !== 'object') return 'answered';
  const labels: unknown[] = ['code', 'status', '__typename'].map((name) => Reflect.get(answer, name));
  return labels.find((label) => typeof label === 'string') ?? 'answered';
};

/** The schema given, whose root fields are measured; only `_service`, the text of the contract, is not. */
export const measureRootFields = (schema: GraphQLSchema): GraphQLSchema =>
  wrapRootFields(schema, (resolve, { name }): RootResolver | undefined => {
    if (name === '_service') return undefined;
    return async (root, args, context, info) => {
      const end = context.metrics.operations.startTimer({ field: name });
      try {
        const answer: unknown = await resolve(root, args, context, info);
        end({ outcome: outcomeOf(answer) });
        return answer;
      } catch (error) {
        end({ outcome: 'error' });
        throw error;
      }
    };
  });
