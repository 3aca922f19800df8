/** Minimal subgraphs of other teams: each references payers by one key, and has no other field of them. */
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { gql } from 'graphql-tag';

/** References payers by the id that authenticate returned. */
export const ordersSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

  type Query {
    orders: [Order!]!
  }
  type Order @key(fields: "id") {
    id: ID!
    payer: PayerIdentity
  }
  type PayerIdentity @key(fields: "id", resolvable: false) {
    id: ID!
  }`;

/** References payers by ref. */
export const walletSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])

  type Query {
    wallets: [Wallet!]!
  }
  type Wallet @key(fields: "id") {
    id: ID!
    payer: PayerIdentity
  }
  type PayerIdentity @key(fields: "ref", resolvable: false) {
    ref: ID
  }`;

interface Order {
  readonly id: string;
  readonly payer: { readonly id: string } | null;
}

interface Wallet {
  readonly id: string;
  readonly payer: { readonly ref: string };
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

const startSubgraph = async (typeDefs: string, query: Record<string, () => unknown>) => {
  const schema = buildSubgraphSchema([{ typeDefs: gql(typeDefs), resolvers: { Query: query } }]);
  const server = new ApolloServer({ schema, logger: quiet, stopOnTerminationSignals: false });
  const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
  return { url, close: () => server.stop() };
};

export const startOrders = (orders: () => readonly Order[]) => startSubgraph(ordersSdl, { orders });
export const startWallets = (wallets: () => readonly Wallet[]) => startSubgraph(walletSdl, { wallets });
