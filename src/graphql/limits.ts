import type { ApolloServerPlugin } from '@apollo/server';
import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import type { Context } from './context.ts';

/** The fields at the root of an operation; each fragment once, since a field that is spread twice runs once. */
const rootFields = (operation: OperationDefinitionNode, document: DocumentNode): FieldNode[] => {
  const fragments = new Map(
    document.definitions.flatMap((node) => (node.kind === Kind.FRAGMENT_DEFINITION ? [[node.name.value, node]] : [])),
  );
  const collect = ({ selections }: SelectionSetNode): FieldNode[] =>
    selections.flatMap((selection) => {
      if (selection.kind === Kind.FIELD) return [selection];
      if (selection.kind === Kind.INLINE_FRAGMENT) return collect(selection.selectionSet);
      const fragment = fragments.get(selection.name.value);
      fragments.delete(selection.name.value);
      return fragment ? collect(fragment.selectionSet) : [];
    });
  return collect(operation.selectionSet);
};

/** Lists in variables count in full, and so do lists that are a variable's default. */
const countRepresentations = (
  field: FieldNode,
  variables: Readonly<Record<string, unknown>>,
  { variableDefinitions = [] }: OperationDefinitionNode,
): number => {
  const value = field.arguments?.find(({ name }) => name.value === 'representations')?.value;
  if (value?.kind === Kind.LIST) return value.values.length;
  if (value?.kind !== Kind.VARIABLE) return 1;
  const name = value.name.value;
  const given = variables[name];
  if (given !== undefined) return Array.isArray(given) ? given.length : 1;
  const fallback = variableDefinitions.find(({ variable }) => variable.name.value === name)?.defaultValue;
  return fallback?.kind === Kind.LIST ? fallback.values.length : 1;
};

/** Refuses an operation with more entity representations, all its `_entities` fields together, before it runs. */
export const limitRepresentations = (max: number): ApolloServerPlugin<Context> => ({
  requestDidStart: async () => ({
    async didResolveOperation({ document, operation, request }) {
      if (!operation) return;
      const count = rootFields(operation, document)
        .filter(({ name }) => name.value === '_entities')
        .reduce((sum, field) => sum + countRepresentations(field, request.variables ?? {}, operation), 0);
      if (count <= max) return;
      throw new GraphQLError(`At most ${max} representations per operation`, {
        extensions: { code: 'TOO_MANY_REPRESENTATIONS', http: { status: 400 } },
      });
    },
  }),
});
