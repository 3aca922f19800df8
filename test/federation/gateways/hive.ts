/** Hive Gateway with its planner in JavaScript and the one in Rust; and as a gateway that enforces scopes. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { createGatewayRuntime, type GatewayConfigSupergraph } from '@graphql-hive/gateway-runtime';
import { buildHTTPExecutor } from '@graphql-tools/executor-http';
import { compose, type Gateway, type GatewayOptions, type Subgraph } from './gateway.ts';
import { heavyVersion, requireHeavy, whyNotHeavy } from './heavy.ts';

type Settings = Partial<Pick<GatewayConfigSupergraph, 'unifiedGraphHandler' | 'genericAuth'>>;

const startHive = async (
  subgraphs: readonly Subgraph[],
  { headers, timeoutMs }: GatewayOptions,
  settings: Settings,
) => {
  const { supergraph } = compose(subgraphs);
  const gateway = createGatewayRuntime({
    supergraph: () => supergraph,
    logging: false,
    // Hive loads its HTTP transport by name from a package of its own; this is what that one is made of.
    transports: {
      http: {
        getSubgraphExecutor: ({ transportEntry, fetch }) =>
          buildHTTPExecutor({
            ...transportEntry.options,
            endpoint: transportEntry.location ?? '',
            fetch: fetch as never,
          }),
      },
    },
    // It subscribes by GET otherwise, which the subgraph does not answer.
    transportEntries: { '*.http': { options: { method: 'POST' } } },
    propagateHeaders: {
      fromClientToSubgraphs: ({ request }) => ({
        ...headers,
        authorization: request.headers.get('authorization') ?? undefined,
      }),
    },
    ...(timeoutMs && { upstreamTimeout: timeoutMs }),
    ...settings,
  });
  const server = createServer((request, response) => void gateway(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    async close() {
      server.closeAllConnections();
      server.close();
      await gateway.dispose();
    },
  };
};

const { version } = createRequire(import.meta.url)('@graphql-hive/gateway-runtime/package.json') as { version: string };

export const hiveJavaScript: Gateway = {
  letter: 'Hj',
  name: 'Hive Gateway, JavaScript planner (@graphql-hive/gateway-runtime)',
  version,
  takesScopes: true,
  start: (subgraphs, options = {}) => startHive(subgraphs, options, {}),
};

export const hiveRust: Gateway = {
  letter: 'Hr',
  name: 'Hive Gateway, Rust planner (@graphql-hive/router-runtime)',
  version: heavyVersion('@graphql-hive/router-runtime'),
  unavailable: whyNotHeavy,
  takesScopes: true,
  async start(subgraphs, options = {}) {
    const url = pathToFileURL(requireHeavy.resolve('@graphql-hive/router-runtime')).href;
    const { unifiedGraphHandler } = (await import(url)) as Required<Pick<Settings, 'unifiedGraphHandler'>>;
    return startHive(subgraphs, options, { unifiedGraphHandler });
  },
};

/** How a Hive that enforces scopes reads a token; throws for one that is not valid. */
export type Verify = (authorization: string) => Promise<object>;

export const hiveEnforcing = (
  letter: string,
  name: string,
  verify: Verify,
  rejectUnauthenticated?: false,
): Gateway => ({
  ...hiveJavaScript,
  letter,
  name,
  start: (subgraphs, options = {}) =>
    startHive(subgraphs, options, {
      genericAuth: {
        mode: 'protect-granular',
        ...(rejectUnauthenticated === false && { rejectUnauthenticated }),
        resolveUserFn: async ({ headers }: { headers: Record<string, string> }) =>
          headers.authorization === undefined ? undefined : verify(headers.authorization),
      } as never,
    }),
});
