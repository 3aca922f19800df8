/** The subgraph of another team: its orders name payers by PayerIdentity.id, and it adds a field to PayerIdentity. */
import { readFileSync } from 'node:fs';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginInlineTraceDisabled } from '@apollo/server/plugin/disabled';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { gql } from 'graphql-tag';

/** Ids of test payers are the same in every sandbox: docs/federation.md lists them. */
const alice = 'pid_g74uq5ZuXjpEJrFizFbDh9';
const bob = 'pid_kXX8amA6IOlEUgXqRRx-cU';

const orders = [
  { id: 'order-3', amount: 4_900, payerId: bob },
  { id: 'order-2', amount: 12_800, payerId: alice },
  { id: 'order-1', amount: 1_990, payerId: alice },
];

const resolvers = {
  Query: { orders: () => orders },
  Order: {
    // The reference alone: the gateway asks payer-identity for every other field.
    payer: ({ payerId }: { payerId: string }) => ({ id: payerId }),
  },
  PayerIdentity: {
    // Without await a throw would fail the whole list of references. Hive sends a null id for a payer that it did not find.
    __resolveReference: async ({ id }: { id: string | null }) => (id === null ? null : { id }),
    orders: ({ id }: { id: string }) => orders.filter(({ payerId }) => payerId === id),
  },
};

export const startOrders = async (port: number) => {
  const typeDefs = gql(readFileSync(new URL('orders.graphql', import.meta.url), 'utf8'));
  const server = new ApolloServer({
    schema: buildSubgraphSchema([{ typeDefs, resolvers }]),
    plugins: [ApolloServerPluginInlineTraceDisabled()],
    stopOnTerminationSignals: false,
  });
  const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port } });
  return { name: 'orders', url, close: () => server.stop() };
};
