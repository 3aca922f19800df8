import type { Context } from './context.ts';

type Resolve = (parent: never, args: never, context: Context, info: never) => unknown;

/** What became of a root field: the code of a failure, or else the member or the status that it answered. */
const outcomeOf = (result: unknown): string => {
  if (result === null) return 'null';
  if (typeof result !== 'object') return 'answered';
  const known = ['code', 'status', '__typename'].map((name) => Reflect.get(result, name));
  return known.find((value) => typeof value === 'string') ?? 'answered';
};

/** Counts and times every field of a root type. */
export const withMetrics = <Fields extends object>(fields: Fields): Fields => {
  const measure =
    (field: string, resolve: Resolve): Resolve =>
    async (parent, args, context, info) => {
      const end = context.metrics.operations.startTimer({ field });
      try {
        const result = await resolve(parent, args, context, info);
        end({ outcome: outcomeOf(result) });
        return result;
      } catch (error) {
        end({ outcome: 'error' });
        throw error;
      }
    };
  const entries = Object.entries(fields).map(([field, resolve]) => [field, measure(field, resolve)]);
  return Object.fromEntries(entries);
};
