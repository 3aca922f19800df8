import { ApolloServer } from '@apollo/server';
import {
  ApolloServerPluginCacheControlDisabled,
  ApolloServerPluginInlineTraceDisabled,
  ApolloServerPluginLandingPageDisabled,
  ApolloServerPluginSchemaReportingDisabled,
  ApolloServerPluginUsageReportingDisabled,
} from '@apollo/server/plugin/disabled';
import { ApolloServerPluginLandingPageLocalDefault } from '@apollo/server/plugin/landingPage/default';
import type { Log } from '../lib/log.ts';
import { recordCalls, writeCallLines } from './call-lines.ts';
import type { Context } from './context.ts';
import { formatError } from './errors.ts';
import { admitField } from './field-admission.ts';
import { limitOperations, type OperationLimits } from './operation-limits.ts';
import { resolvers } from './resolvers/resolvers.ts';
import { buildSchema, readTypeDefs, withoutScopes } from './schema.ts';

export interface ApolloOptions {
  readonly log: Log;
  /** Introspection, suggestions and the landing page, for people who explore. */
  readonly explorable: boolean;
  /** Whether the schema that routers fetch declares the scopes. */
  readonly scopesInSdl: boolean;
  readonly limits: OperationLimits & { readonly tokens: number };
  /** The operation that the landing page opens with. */
  readonly firstOperation: string;
}

/** Apollo Server with everything off that is not asked for: nothing is cached, reported, traced or batched. */
export const createApolloServer = ({ log, explorable, scopesInSdl, limits, firstOperation }: ApolloOptions) => {
  const apolloEvent = () => log.warn('apollo server warned');
  const typeDefs = scopesInSdl ? readTypeDefs() : withoutScopes(readTypeDefs());
  return new ApolloServer<Context>({
    schema: recordCalls(admitField(buildSchema(resolvers, typeDefs))),
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
      writeCallLines(log),
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
