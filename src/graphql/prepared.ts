/**
 * Prepared operations: a query that Apollo Server has parsed, validated and admitted within the limits is compiled when
 * it is sent the second time; later requests with its text run compiled. What is unusual in a request, and each answer
 * with an error, is left to Apollo Server, which returns what the root fields have answered and runs none of them again.
 */
import type { ApolloServerPlugin } from '@apollo/server';
import { type DocumentNode, type GraphQLSchema, getArgumentValues, type OperationDefinitionNode, visit } from 'graphql';
import { isRead, type WriteLine } from './call-lines.ts';
import type { Context } from './context.ts';
import { createRepeatedCheck, type OperationLimits } from './operation-limits.ts';
import { compileType, createRun } from './operation-plan.ts';
import { fragmentsOf } from './operation-size.ts';
import { type Compiling, fieldsOf, infoOf, NotCompiled } from './selected-fields.ts';
import { createCoercion, type Variables } from './variables.ts';

export interface GraphqlRequest {
  readonly query: string;
  readonly operationName?: string | null | undefined;
  readonly variables?: Readonly<Record<string, unknown>> | null | undefined;
  readonly extensions?: Readonly<Record<string, unknown>> | null | undefined;
}

/** Runs a compiled query; undefined when Apollo Server has to answer it, with the same context. */
type Plan = (variables: Variables, context: Context) => Promise<object | undefined>;

export interface PreparedOperations {
  /** The body of the answer; undefined when Apollo Server has to answer the request, with the same context. */
  answer(request: GraphqlRequest, context: Context): Promise<string | undefined>;
  /** Compiles what Apollo Server executes. */
  readonly plugin: ApolloServerPlugin<Context>;
}

interface Deps {
  readonly schema: GraphQLSchema;
  readonly limits: OperationLimits & { readonly preparedOperations: number };
  /** Whether the document was sent before, and so is worth the memory. */
  readonly isRepeated: (document: DocumentNode) => boolean;
  readonly writeLine: WriteLine;
}

/** Characters of a text that is compiled. Queries of routers have hundreds. */
const MAX_LENGTH = 8_192;

/** A name could end with a part of a text: so its length comes first. */
const keyOf = ({ query, operationName }: Pick<GraphqlRequest, 'query' | 'operationName'>): string =>
  operationName === undefined || operationName === null
    ? `:${query}`
    : `${operationName.length}:${operationName}${query}`;

interface RootField {
  readonly key: string;
  /** Starts the field; the arguments were coerced before any field is started. */
  readonly prepare: (variables: Record<string, unknown>) => (context: Context) => unknown;
  readonly complete: ReturnType<typeof compileType>;
}

const hasDirectives = (document: DocumentNode): boolean => {
  let found = false;
  visit(document, {
    Directive: () => {
      found = true;
    },
  });
  return found;
};

const compileRoots = (
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): RootField[] => {
  const type = schema.getQueryType();
  if (!type || operation.operation !== 'query' || hasDirectives(document)) throw new NotCompiled();
  const fragments = fragmentsOf(document);
  const compiling: Compiling = { operation, schema, fragments, fields: 0 };
  return [...fieldsOf(type, [operation.selectionSet], compiling)].map(([key, nodes]) => {
    const [node] = nodes;
    if (!node) throw new NotCompiled();
    if (node.name.value === '__typename')
      return { key, prepare: () => () => type.name, complete: (value: unknown) => value };
    const field = type.getFields()[node.name.value];
    if (!field?.resolve || !isRead(field.name)) throw new NotCompiled();
    const { resolve } = field;
    // Its wrappers read the path: the resolver inside them has three parameters.
    const info = infoOf(compiling, { type, key, nodes, field });
    const prepare: RootField['prepare'] = (variableValues) => {
      const args = getArgumentValues(field, node, variableValues);
      return (context) => resolve(undefined, args, context, info);
    };
    return { key, prepare, complete: compileType(field.type, nodes, compiling) };
  });
};

/** Throws NotCompiled for an operation that graphql has to execute. */
const compile = (deps: Deps, document: DocumentNode, operation: OperationDefinitionNode): Plan => {
  const roots = compileRoots(deps.schema, document, operation);
  const isWithinLimits = createRepeatedCheck(operation, document, deps.limits);
  const coerce = createCoercion(deps.schema, operation);
  /** The functions that start the root fields; undefined where the variables do not fit. */
  const startersOf = (variables: Variables) => {
    try {
      const coerced = coerce(variables);
      return roots.map(({ prepare }) => prepare(coerced));
    } catch {
      return undefined;
    }
  };
  return async (variables, context) => {
    const starters = isWithinLimits(variables) ? startersOf(variables) : undefined;
    if (!starters) return undefined;
    const run = createRun(context);
    const data: Record<string, unknown> = {};
    for (const [position, { key, complete }] of roots.entries()) {
      const value = starters[position]?.(context);
      context.answers.set(key, value);
      run.put(data, key, value, complete);
    }
    return (await run.isComplete()) ? data : undefined;
  };
};

export const createPreparedOperations = (deps: Deps): PreparedOperations => {
  const { limits, isRepeated, writeLine } = deps;
  /** The least recently used plan comes first; undefined: the operation is not compiled. */
  const plans = new Map<string, Plan | undefined>();

  const add = (key: string, document: DocumentNode, operation: OperationDefinitionNode) => {
    if (plans.has(key)) return;
    try {
      plans.set(key, compile(deps, document, operation));
    } catch (error) {
      if (!(error instanceof NotCompiled)) throw error;
      plans.set(key, undefined);
    }
    for (const oldest of plans.keys()) if (plans.size > limits.preparedOperations) plans.delete(oldest);
  };

  const planOf = (key: string): Plan | undefined => {
    const plan = plans.get(key);
    if (!plan) return undefined;
    plans.delete(key);
    plans.set(key, plan);
    return plan;
  };

  return {
    async answer(request, context) {
      const isUsual = !request.extensions || !('persistedQuery' in request.extensions);
      const plan = isUsual ? planOf(keyOf(request)) : undefined;
      const data = await plan?.(request.variables ?? {}, context);
      const missed = plan ? 'left' : 'miss';
      context.metrics.prepared.inc({ result: data ? 'hit' : missed });
      if (!data) return undefined;
      for (const line of context.lines) writeLine(line, context);
      return `${JSON.stringify({ data })}\n`;
    },
    plugin: {
      requestDidStart: async () => ({
        async executionDidStart({ document, operation, request: { query = '', operationName } }) {
          // Undefined, against its type, for a name that no operation has.
          if (!operation || limits.preparedOperations === 0 || query.length > MAX_LENGTH || !isRepeated(document))
            return;
          add(keyOf({ query, operationName }), document, operation);
        },
      }),
    },
  };
};
