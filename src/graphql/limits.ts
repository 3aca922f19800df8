import type { ApolloServerPlugin } from '@apollo/server';
import { type FieldNode, GraphQLError, Kind, visit } from 'graphql';
import type { Context } from './context.ts';

/** The most representations that one `_entities` field of an operation lists; lists in variables count in full. */
const countRepresentations = (field: FieldNode, variables: Readonly<Record<string, unknown>>): number => {
  const value = field.arguments?.find(({ name }) => name.value === 'representations')?.value;
  if (value?.kind === Kind.LIST) return value.values.length;
  const list = value?.kind === Kind.VARIABLE ? variables[value.name.value] : undefined;
  return Array.isArray(list) ? list.length : 1;
};

/** Refuses an operation with more entity representations, all its `_entities` fields together, before it runs. */
export const limitRepresentations = (max: number): ApolloServerPlugin<Context> => ({
  requestDidStart: async () => ({
    async didResolveOperation({ document, request }) {
      let count = 0;
      visit(document, {
        Field(node) {
          if (node.name.value === '_entities') count += countRepresentations(node, request.variables ?? {});
        },
      });
      if (count <= max) return;
      throw new GraphQLError(`At most ${max} representations per operation`, {
        extensions: { code: 'TOO_MANY_REPRESENTATIONS', http: { status: 400 } },
      });
    },
  }),
});
