/** The contract, executed: Apollo Server for queries and mutations, with every feature off that is not asked for: no cache, reports, traces, batches. */
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import type { GraphQLSchema } from 'graphql';
import type { Log } from '../lib/log.ts';
import { createWriteLine, recordCalls, writeCallLines } from './call-lines.ts';
import type { Context } from './context.ts';
import { createDocumentStore, type RepeatedDocuments } from './document-store.ts';
import { formatError } from './errors.ts';
import { admitField } from './field-admission.ts';
import { rootFaultOf } from './long-text.ts';
import { limitOperations, type OperationLimits } from './operation-limits.ts';
import { createPreparedOperations, type GraphqlRequest, type PreparedOperations } from './prepared.ts';
import { measureRootFields } from './resolver-metrics.ts';
import { resolvers } from './resolvers/resolvers.ts';
import { runOnce } from './root-fields.ts';
import { buildSchema, readTypeDefs, withoutScopes } from './schema.ts';
import { createSubscriptions, type Subscriptions } from './subscriptions.ts';

export interface ApolloOptions {
  readonly log: Log;
  /** Introspection and suggestions, for people who explore. */
  readonly explorable: boolean;
  /** Whether the schema that routers fetch declares the scopes. */
  readonly scopesInSdl: boolean;
  readonly limits: OperationLimits & { readonly tokens: number; readonly preparedOperations: number };
}

/** Inside out: a call is measured when it was admitted, and logged in any case. */
const openSchema = (scopesInSdl: boolean): GraphQLSchema => {
  const typeDefs = scopesInSdl ? readTypeDefs() : withoutScopes(readTypeDefs());
  return runOnce(recordCalls(admitField(measureRootFields(buildSchema(resolvers, typeDefs)))));
};

export interface Graphql {
  /** Queries and mutations. */
  readonly apollo: ApolloServer<Context>;
  /** Asked before Apollo Server. */
  readonly prepared: PreparedOperations;
  /** Asked then: why the request is not given to Apollo Server. */
  readonly faultOf: (request: GraphqlRequest) => ReturnType<typeof rootFaultOf>;
  readonly subscriptions: Subscriptions;
}

export const createGraphql = (options: ApolloOptions): Graphql => {
  const schema = openSchema(options.scopesInSdl);
  const writeLine = createWriteLine(options.log);
  const documentStore = createDocumentStore({ sentOnce: 1_000, characters: 256 * 1_024 });
  const { isRepeated } = documentStore;
  const prepared = createPreparedOperations({ schema, limits: options.limits, isRepeated, writeLine });
  const plugins = [limitOperations(options.limits), writeCallLines(writeLine), prepared.plugin];
  return {
    apollo: createApolloServer(options, { schema, documentStore, plugins }),
    prepared,
    faultOf: (request) => rootFaultOf(request, options.limits),
    subscriptions: createSubscriptions({ ...options, schema, writeLine }),
  };
};

interface Parts {
  readonly schema: GraphQLSchema;
  readonly documentStore: RepeatedDocuments;
  readonly plugins: readonly ApolloServerPlugin<Context>[];
}

const createApolloServer = (
  options: ApolloOptions,
  { schema, documentStore, plugins }: Parts,
): ApolloServer<Context> => {
  const { log, explorable, limits } = options;
  // Apollo's texts may quote a request, so only the event is logged.
  const logEvent = () => log.warn('apollo server warned');
  return new ApolloServer<Context>({
    schema,
    introspection: explorable,
    hideSchemaDetailsFromClientErrors: !explorable,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    documentStore,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: limits.tokens },
    formatError,
    logger: { debug() {}, info() {}, warn: logEvent, error: logEvent },
    plugins: [
      ...plugins,
      ApolloServerPluginLandingPageDisabled(),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
    ],
  });
};
