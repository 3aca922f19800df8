import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import { GraphQLError } from 'graphql';
import { PayerIdentityError } from '../failure.ts';
import type { Log } from '../lib/log.ts';
import type { Context } from './context.ts';
import { formatError } from './errors.ts';
import { limitOperations, type OperationLimits } from './limits.ts';
import { admitFirst } from './limits-admission.ts';
import { resolvers } from './resolvers/resolvers.ts';
import { buildSchema, readTypeDefs, withoutScopes } from './schema.ts';

export interface GraphqlOptions {
  readonly log: Log;
  /** Introspection, suggestions and the landing page, for people who explore. */
  readonly explorable: boolean;
  /** Whether the schema that routers fetch declares the scopes. */
  readonly scopesInSdl: boolean;
  readonly limits: OperationLimits & { readonly tokens: number };
  /** The operation that the landing page opens with. */
  readonly firstOperation: string;
}

/** A failure says why by its cause. */
const causeOf = (error: Error): unknown => (error instanceof PayerIdentityError && error.cause) || error;

/** Unexpected errors reach the log by class and place; their text may quote a payer's data. */
const logUnexpected = (log: Log): ApolloServerPlugin<Context> => ({
  requestDidStart: async () => ({
    async didEncounterErrors({ errors, contextValue }) {
      for (const { originalError, extensions } of errors) {
        if (originalError && !(originalError instanceof GraphQLError) && extensions.code === undefined)
          log.error('a resolver failed unexpectedly', {
            traceId: contextValue.call.traceId,
            error: causeOf(originalError),
          });
      }
    },
  }),
});

/** Apollo Server with everything off that is not asked for: nothing is cached, reported, traced or batched. */
export const createGraphqlServer = ({ log, explorable, scopesInSdl, limits, firstOperation }: GraphqlOptions) => {
  const apolloEvent = () => log.warn('apollo server warned');
  const typeDefs = scopesInSdl ? readTypeDefs() : withoutScopes(readTypeDefs());
  return new ApolloServer<Context>({
    schema: admitFirst(buildSchema(resolvers, typeDefs)),
    introspection: explorable,
    hideSchemaDetailsFromClientErrors: !explorable,
    includeStacktraceInErrorResponses: false,
    allowBatchedHttpRequests: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: limits.tokens },
    formatError,
    logger: { debug() {}, info() {}, warn: apolloEvent, error: apolloEvent },
    plugins: [
      limitOperations(limits),
      logUnexpected(log),
      ApolloServerPluginCacheControlDisabled(),
      ApolloServerPluginInlineTraceDisabled(),
      ApolloServerPluginSchemaReportingDisabled(),
      ApolloServerPluginUsageReportingDisabled(),
      explorable
        ? ApolloServerPluginLandingPageLocalDefault({
            document: firstOperation,
            footer: false,
            embed: { runTelemetry: false },
          })
        : ApolloServerPluginLandingPageDisabled(),
    ],
  });
};
