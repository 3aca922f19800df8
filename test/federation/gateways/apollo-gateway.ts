import { createRequire } from 'node:module';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { compose, type Gateway, quiet } from './gateway.ts';

interface Context {
  readonly authorization?: string;
}

const { version } = createRequire(import.meta.url)('@apollo/gateway/package.json') as { version: string };

/** Refuses a supergraph with scopes, so it is given the schema without them. */
export const apolloGateway: Gateway = {
  letter: 'A',
  name: '@apollo/gateway',
  version,
  takesScopes: false,
  async start(subgraphs, { headers = {}, timeoutMs } = {}) {
    class DataSource extends RemoteGraphQLDataSource<Context> {
      override willSendRequest({
        request,
        context,
      }: Parameters<NonNullable<RemoteGraphQLDataSource<Context>['willSendRequest']>>[0]) {
        for (const [name, value] of Object.entries(headers)) request.http?.headers.set(name, value);
        if (context?.authorization) request.http?.headers.set('authorization', context.authorization);
      }
    }
    const buildService = ({ url = '' }: { url?: string | undefined }) => {
      const source = new DataSource({ url });
      const { fetcher } = source;
      source.fetcher = (to, init) =>
        fetcher(to, {
          ...init,
          // It does not repeat a request whose connection was closed, for being idle, as it was written.
          headers: { ...init?.headers, connection: 'close' },
          // It has no time-out of its own.
          ...(timeoutMs && { signal: AbortSignal.timeout(timeoutMs) }),
        } as never);
      return source;
    };
    const gateway = new ApolloGateway({ supergraphSdl: compose(subgraphs).supergraph, logger: quiet, buildService });
    const server = new ApolloServer<Context>({
      gateway,
      logger: quiet,
      stopOnTerminationSignals: false,
      introspection: true,
    });
    const { url } = await startStandaloneServer(server, {
      listen: { host: '127.0.0.1', port: 0 },
      context: async ({ req }) => (req.headers.authorization ? { authorization: req.headers.authorization } : {}),
    });
    return { url, close: () => server.stop() };
  },
};
