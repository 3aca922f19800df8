/**
 * Executes subscriptions and writes them as server-sent events, in the distinct connections mode of graphql-sse. Apollo
 * Server executes none over HTTP: so a subscription is parsed, validated, limited, logged and masked here as it would be there.
 * https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md
 */
import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  parse,
  subscribe,
  validate,
} from 'graphql';
import { createHandler } from 'graphql-sse';
import { addError, merge, type WriteLine } from './call-lines.ts';
import type { CallLine, Context } from './context.ts';
import { formatError } from './errors.ts';
import { checkOperation, type OperationLimits } from './operation-limits.ts';
import type { GraphqlRequest } from './prepared.ts';

export type SubscriptionRequest = Pick<GraphqlRequest, 'query' | 'operationName' | 'variables'>;

type Events = AsyncGenerator<string, void, undefined>;

export interface Subscriptions {
  /** Undefined for a document that cannot be read, and one without the operation. */
  kindOf(request: SubscriptionRequest): 'subscription' | 'other' | undefined;
  /**
   * Why a document with a subscription is not to be given to Apollo Server: the operation is one, or graphql's rule for
   * subscriptions throws at it, which Apollo would answer as a fault of ours. Messages hold only names.
   */
  faultOf(request: SubscriptionRequest): { readonly code: string; readonly message: string } | undefined;
  /** The events, keep-alive comments included. They end with the operation, and when the client has gone. */
  stream(request: SubscriptionRequest, context: Context): Promise<Events>;
}

interface Deps {
  readonly schema: GraphQLSchema;
  readonly limits: OperationLimits & { readonly tokens: number };
  /** Whether messages may suggest names of the schema. */
  readonly explorable: boolean;
  readonly writeLine: WriteLine;
}

export const createSubscriptions = (deps: Deps): Subscriptions => {
  const handle = createHandler<undefined, Context>({
    // Without a token there are no streams that several requests share.
    authenticate: () => null,
    onSubscribe: async ({ context }, params) => execute(deps, params, context),
    onNext: (_, { context }, result) => mask(result, context),
  });
  const documentOf = (query: string): DocumentNode | undefined => {
    try {
      return parse(query, { maxTokens: deps.limits.tokens });
    } catch {
      return undefined;
    }
  };
  const kindIn = (document: DocumentNode | undefined, operationName: SubscriptionRequest['operationName']) => {
    const operation = document && getOperationAST(document, operationName);
    if (!operation) return undefined;
    return operation.operation === 'subscription' ? 'subscription' : 'other';
  };
  return {
    kindOf: ({ query, operationName }) => kindIn(documentOf(query), operationName),
    faultOf({ query, operationName }) {
      // Most documents are not parsed for it.
      const document = query.includes('subscription') ? documentOf(query) : undefined;
      if (!document) return undefined;
      if (kindIn(document, operationName) === 'subscription')
        return { code: 'BAD_USER_INPUT', message: 'A subscription is answered as text/event-stream.' };
      try {
        validate(deps.schema, document);
        return undefined;
      } catch (error) {
        if (!(error instanceof GraphQLError)) throw error;
        return { code: 'GRAPHQL_VALIDATION_FAILED', message: error.message };
      }
    },
    async stream({ query, operationName, variables }, given) {
      const line: CallLine = { key: FIELD, operation: FIELD, asked: {}, note: {}, errors: 0 };
      const call = { ...given.call, note: (fields: CallLine['note']) => merge(line, fields) };
      const context = { ...given, call, lines: [line] };
      const params = { query, ...(operationName && { operationName }), ...(variables && { variables }) };
      const [body] = await handle({ ...head, body: params, raw: undefined, context });
      if (typeof body !== 'object' || body === null) throw new Error('A subscription was not answered by a stream');
      // It may be waiting for the next event, and would return only after that.
      call.signal.addEventListener('abort', () => void body.return(undefined), { once: true });
      return logged(body, () => deps.writeLine(line, context));
    },
  };
};

/** The root field of Subscription, for the log. */
const FIELD = 'authResult';

/** What graphql-sse reads of the request, which the edge has checked. */
const headers = new Map([
  ['accept', 'text/event-stream'],
  ['content-type', 'application/json'],
]);
const head = { method: 'POST', url: '/graphql', headers: { get: (name: string) => headers.get(name) } };

async function* logged(events: Events, writeLine: () => void): Events {
  try {
    yield* events;
  } finally {
    writeLine();
  }
}

type Params = Parameters<Subscriptions['stream']>[0];

/** A stream of results, or the one result of an operation that is refused. */
const execute = async (deps: Deps, params: Params, context: Context) => {
  try {
    const result = await subscribe(prepare(deps, params, context));
    return Symbol.asyncIterator in result ? result : refused(result.errors ?? []);
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
    return refused([error]);
  }
};

/** Errors without a code are of variables and arguments: those of a resolver have a path. */
const refused = (errors: readonly GraphQLError[]): ExecutionResult => ({
  data: null,
  errors: errors.map((error) => (error.extensions.code || error.path ? error : coded(error, 'BAD_USER_INPUT'))),
});

const prepare = (
  { schema, limits, explorable }: Deps,
  { query, operationName, variables }: Params,
  contextValue: Context,
): ExecutionArgs => {
  const document = parseOrThrow(query, limits.tokens);
  const [fault] = validate(schema, document);
  if (fault) throw coded(fault, 'GRAPHQL_VALIDATION_FAILED', explorable ? fault.message : withoutHint(fault.message));
  const operation = getOperationAST(document, operationName);
  if (!operation) throw coded(new GraphQLError('Unknown operation'), 'OPERATION_RESOLUTION_FAILURE');
  checkOperation(operation, document, variables ?? {}, limits);
  return { schema, document, operationName, variableValues: variables, contextValue };
};

const parseOrThrow = (query: string, maxTokens: number): DocumentNode => {
  try {
    return parse(query, { maxTokens });
  } catch (error) {
    throw error instanceof GraphQLError ? coded(error, 'GRAPHQL_PARSE_FAILED') : error;
  }
};

const withoutHint = (message: string): string => message.split(' Did you mean ', 1)[0] ?? '';

const coded = (error: GraphQLError, code: string, message = error.message): GraphQLError =>
  new GraphQLError(message, { ...(error.nodes && { nodes: error.nodes }), extensions: { code } });

/** The result as a client may see it. An error at a field is in the log line, which its traceId finds. */
const mask = <Result extends { errors?: readonly GraphQLError[] }>(
  result: Result,
  { lines, call }: Context,
): Result => {
  if (!result.errors) return result;
  const errors = result.errors.map((error) => {
    const shown = formatError(error.toJSON(), error);
    const [line] = lines;
    const extensions = { ...shown.extensions, ...(error.path && { traceId: call.traceId }) };
    if (line && error.path) addError(line, shown, error);
    return new GraphQLError(shown.message, { path: shown.path, extensions });
  });
  return { ...result, errors };
};
