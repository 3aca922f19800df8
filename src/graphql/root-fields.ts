/** Wraps the root fields of a schema: for what holds for every call, and not for one resolver. */
import type { GraphQLField, GraphQLFieldResolver, GraphQLSchema } from 'graphql';
import type { Context } from './context.ts';

export type RootResolver = GraphQLFieldResolver<unknown, Context>;
export type RootField = GraphQLField<unknown, Context>;

/** The schema given, whose root fields run once in a context: outside all that admits, measures and logs a call. */
export const runOnce = (schema: GraphQLSchema): GraphQLSchema =>
  wrapRootFields(schema, (resolve) => (root, args, context, info) => {
    const { key } = info.path;
    return context.answers.has(key) ? context.answers.get(key) : resolve(root, args, context, info);
  });

/** Replaces the resolver of every root field by what `wrap` makes of it; undefined leaves the field as it is. */
export const wrapRootFields = (
  schema: GraphQLSchema,
  wrap: (resolve: RootResolver, field: RootField) => RootResolver | undefined,
): GraphQLSchema => {
  const roots = [schema.getQueryType(), schema.getMutationType()];
  for (const field of roots.flatMap((root) => Object.values(root?.getFields() ?? {})))
    if (field.resolve) field.resolve = wrap(field.resolve, field) ?? field.resolve;
  return schema;
};
