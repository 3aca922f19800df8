/** The limits of one operation, checked before any of its resolvers runs. */
import type { ApolloServerPlugin } from '@apollo/server';
import { type DocumentNode, type FieldNode, GraphQLError, Kind, type OperationDefinitionNode } from 'graphql';
import type { Context } from './context.ts';
import { measureOperation, rootFields } from './operation-size.ts';
import { isSensitive } from './sensitive-fields.ts';

export interface OperationLimits {
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  readonly longFields: number;
  readonly queryFields: number;
  readonly mutationFields: number;
  readonly sensitiveFields: number;
  readonly representations: number;
}

/** Counts the representations of a root field, in literals, variables and defaults of variables. */
const countRepresentations = (
  field: FieldNode,
  variables: Readonly<Record<string, unknown>>,
  { variableDefinitions = [] }: OperationDefinitionNode,
): number => {
  if (field.name.value === 'payerIdentity') return 1;
  if (field.name.value !== '_entities') return 0;
  const value = field.arguments?.find(({ name }) => name.value === 'representations')?.value;
  if (value?.kind === Kind.LIST) return value.values.length;
  if (value?.kind !== Kind.VARIABLE) return 1;
  const name = value.name.value;
  const given = variables[name];
  if (given !== undefined) return Array.isArray(given) ? given.length : 1;
  const fallback = variableDefinitions.find(({ variable }) => variable.name.value === name)?.defaultValue;
  return fallback?.kind === Kind.LIST ? fallback.values.length : 1;
};

const requireWithin = (count: number, max: number, code: string, what: string): void => {
  if (count <= max) return;
  throw new GraphQLError(`At most ${max} ${what} per operation`, { extensions: { code, http: { status: 400 } } });
};

const check = (
  operation: OperationDefinitionNode,
  document: DocumentNode,
  variables: Readonly<Record<string, unknown>>,
  limits: OperationLimits,
): void => {
  const roots = rootFields(operation, document).filter(({ name }) => name.value !== '__typename');
  const representations = roots.reduce((sum, field) => sum + countRepresentations(field, variables, operation), 0);
  requireWithin(representations, limits.representations, 'TOO_MANY_REPRESENTATIONS', 'representations');
  const sensitive = roots.filter(({ name }) => isSensitive(name.value)).length;
  requireWithin(
    sensitive,
    limits.sensitiveFields,
    'ONE_SENSITIVE_FIELD',
    'fields that redeem a code or return a secret',
  );
  const maxRoots = operation.operation === 'mutation' ? limits.mutationFields : limits.queryFields;
  requireWithin(roots.length, maxRoots, 'TOO_MANY_ROOT_FIELDS', 'fields at the root');
  const { depth, aliases, directives, longFields } = measureOperation(operation, document);
  requireWithin(depth, limits.depth, 'TOO_DEEP', 'levels of fields');
  requireWithin(aliases, limits.aliases, 'TOO_MANY_ALIASES', 'aliases');
  requireWithin(directives, limits.directives, 'TOO_MANY_DIRECTIVES', 'directives');
  requireWithin(longFields, limits.longFields, 'TOO_MANY_LONG_FIELDS', 'QR codes, HTML forms and schemas');
};

/** Rejects an operation over a limit before its resolvers run. */
export const limitOperations = (limits: OperationLimits): ApolloServerPlugin<Context> => ({
  requestDidStart: async () => ({
    async didResolveOperation({ document, operation, request }) {
      if (operation) check(operation, document, request.variables ?? {}, limits);
    },
  }),
});
