/** A gateway over running subgraphs: it asks each for its schema, composes them, and serves GraphiQL from npm, not a CDN. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { buildHTTPExecutor } from '@graphql-tools/executor-http';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';

export interface Subgraph {
  readonly name: string;
  readonly url: string;
}

/** Asks a subgraph or gateway, and returns the data. */
export const ask = async <Data>(url: string, query: string): Promise<Data> => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  const { data, errors } = (await response.json()) as { data?: Data; errors?: unknown };
  if (!data || errors) throw new Error(`${url} answers ${JSON.stringify(errors)}`);
  return data;
};

const readSchema = async ({ name, url }: Subgraph) => {
  const { _service } = await ask<{ _service: { sdl: string } }>(url, '{ _service { sdl } }');
  return { name, url, typeDefs: parse(_service.sdl) };
};

const compose = async (subgraphs: readonly Subgraph[]): Promise<string> => {
  const { supergraphSdl, errors } = composeServices(await Promise.all(subgraphs.map(readSchema)));
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join('\n'));
  return supergraphSdl;
};

export const startGateway = async (port: number, subgraphs: readonly Subgraph[]) => {
  const gateway = createGatewayRuntime({
    supergraph: await compose(subgraphs),
    logging: 'warn',
    landingPage: false,
    renderGraphiQL,
    transports: {
      http: {
        getSubgraphExecutor: ({ transportEntry }) => buildHTTPExecutor({ endpoint: transportEntry.location ?? '' }),
      },
    },
  });
  const server = createServer(gateway);
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const close = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await gateway[Symbol.asyncDispose]();
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`, close };
};
