/** The limits of one operation, checked before any of its resolvers runs. */
import type { ApolloServerPlugin } from '@apollo/server';
import { type DocumentNode, type FieldNode, GraphQLError, Kind, type OperationDefinitionNode, visit } from 'graphql';
import type { Context } from './context.ts';
import { ENTITIES, measureOperation, rootFields } from './operation-size.ts';
import { isSensitive, redeems } from './sensitive-fields.ts';

export interface OperationLimits {
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
  readonly fields: number;
  readonly longFields: number;
  readonly queryFields: number;
  readonly mutationFields: number;
  readonly sensitiveFields: number;
}

/** Of fields that redeem a code: each of them asks an upstream for another payer. */
const REDEEMING_FIELDS = 1;

type Variables = Readonly<Record<string, unknown>>;

/** How many representations a field has: in a literal, a variable or the default of one. A value that is no list is a list of one. */
const countPlaces = (field: FieldNode, variables: Variables, operation: OperationDefinitionNode): number => {
  const value = field.arguments?.find(({ name }) => name.value === 'representations')?.value;
  if (value?.kind === Kind.LIST) return value.values.length;
  if (value?.kind !== Kind.VARIABLE) return 1;
  const name = value.name.value;
  const given = variables[name];
  if (given !== undefined) return Array.isArray(given) ? given.length : 1;
  const fallback = operation.variableDefinitions?.find(({ variable }) => variable.name.value === name)?.defaultValue;
  return fallback?.kind === Kind.LIST ? fallback.values.length : 1;
};

const requireWithin = (count: number, max: number, code: string, what: string): void => {
  if (count <= max) return;
  throw new GraphQLError(`At most ${max} ${what} per operation`, { extensions: { code, http: { status: 400 } } });
};

/** `_entities` and `__typename` are the router's, which adds as many as it needs. */
const isClients = ({ name }: FieldNode): boolean => name.value !== '__typename' && name.value !== ENTITIES;

/** Throws for too many fields at the root; the document need not be valid. */
export const checkRootFields = (
  operation: OperationDefinitionNode,
  document: DocumentNode,
  limits: Pick<OperationLimits, 'queryFields' | 'mutationFields' | 'sensitiveFields'>,
): void => {
  const roots = rootFields(operation, document).filter(isClients);
  const count = (is: (field: string) => boolean) => roots.filter(({ name }) => is(name.value)).length;
  const code = 'TOO_MANY_SENSITIVE_FIELDS';
  requireWithin(count(redeems), REDEEMING_FIELDS, code, 'fields that redeem a code');
  requireWithin(count(isSensitive), limits.sensitiveFields, code, 'fields that redeem a code or return a secret');
  const maxRoots = operation.operation === 'mutation' ? limits.mutationFields : limits.queryFields;
  requireWithin(roots.length, maxRoots, 'TOO_MANY_ROOT_FIELDS', 'fields at the root');
};

const checkSize = (
  operation: OperationDefinitionNode,
  document: DocumentNode,
  variables: Variables,
  limits: OperationLimits,
): void => {
  const size = measureOperation(operation, document, (field) => countPlaces(field, variables, operation));
  requireWithin(size.depth, limits.depth, 'TOO_DEEP', 'levels of fields');
  requireWithin(size.aliases, limits.aliases, 'TOO_MANY_ALIASES', 'aliases');
  requireWithin(size.directives, limits.directives, 'TOO_MANY_DIRECTIVES', 'directives');
  requireWithin(size.longFields, limits.longFields, 'TOO_MANY_LONG_FIELDS', 'QR codes, HTML forms and schemas');
  const fields = 'fields, counted once for each entity reference';
  requireWithin(size.fields, limits.fields, 'TOO_MANY_FIELDS', fields);
};

/** Throws for an operation over a limit. */
export const checkOperation = (
  operation: OperationDefinitionNode,
  document: DocumentNode,
  variables: Variables,
  limits: OperationLimits,
): void => {
  checkRootFields(operation, document, limits);
  checkSize(operation, document, variables, limits);
};

/**
 * The same check for an operation that is sent again: only its variables differ, and of those only the number of
 * representations counts. It is measured again where there are more of them than in an operation that was within the limits.
 */
export const createRepeatedCheck = (
  operation: OperationDefinitionNode,
  document: DocumentNode,
  limits: OperationLimits,
): ((variables: Variables) => boolean) => {
  const entities: FieldNode[] = [];
  visit(document, { Field: (field) => void (field.name.value === ENTITIES && entities.push(field)) });
  let passed: readonly number[] | undefined;
  return (variables) => {
    const places = entities.map((field) => countPlaces(field, variables, operation));
    if (passed && places.every((count, position) => count <= (passed?.[position] ?? 0))) return true;
    try {
      checkOperation(operation, document, variables, limits);
    } catch {
      return false;
    }
    passed = places;
    return true;
  };
};

/** Rejects an operation over a limit before its resolvers run, and a subscription whose client accepts no stream. */
export const limitOperations = (limits: OperationLimits): ApolloServerPlugin<Context> => ({
  requestDidStart: async () => ({
    async didResolveOperation({ document, operation, request }) {
      if (operation) checkOperation(operation, document, request.variables ?? {}, limits);
    },
  }),
});
