/**
 * Subgraphs of other teams, as real servers: each references payers in its own way. Their lists are named sets, which
 * the test fills, so that an operation says which list it asks for.
 */
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { parse } from 'graphql';
import type { Subgraph } from './gateways/gateway.ts';

const link = (...names: string[]) =>
  `extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ${JSON.stringify(['@key', ...names])})`;

/** References payers by id, and adds fields to PayerIdentity and PayerChannel. */
export const ordersSdl = `
  ${link()}

  type Query {
    orders(set: String = "few"): [Order!]
    order(id: ID!): Order
    "Through an interface."
    entries(set: String = "few"): [Entry!]
    "Through a union."
    results(set: String = "few"): [OrderResult!]
  }
  type Mutation {
    placeOrder(payerId: ID!): PlaceOrderResult!
  }
  interface Entry {
    id: ID!
    payer: PayerIdentity
  }
  type Order implements Entry @key(fields: "id") {
    id: ID!
    payer: PayerIdentity
    "Who must be there: the reference itself is never null."
    strictPayer: PayerIdentity!
    channel: PayerChannel
    replaces: Order
  }
  type Refund implements Entry @key(fields: "id") {
    id: ID!
    payer: PayerIdentity
    order: Order
  }
  type OrderMissing {
    reason: String!
  }
  union OrderResult = Order | Refund | OrderMissing
  union PlaceOrderResult = OrderPlaced | OrderMissing
  type OrderPlaced {
    order: Order!
  }
  type PayerIdentity @key(fields: "id") {
    id: ID!
    orderCount: Int
    latestOrder: Order
  }
  type PayerChannel @key(fields: "id") {
    id: ID!
    feeRate: String
  }`;

/** References payers by ref, with the openId that the channel gave. */
export const walletSdl = `
  ${link()}

  type Query {
    wallets(set: String = "few"): [Wallet!]
  }
  type Wallet @key(fields: "id") {
    id: ID!
    payer: PayerIdentity
  }
  type PayerIdentity @key(fields: "ref", resolvable: false) {
    ref: ID
  }`;

/** References payers by ref, with the userId that the channel gave, and adds a field to the payer of a ref. */
export const pointsSdl = `
  ${link()}

  type Query {
    accounts(set: String = "few"): [PointsAccount!]
  }
  type PointsAccount @key(fields: "id") {
    id: ID!
    payer: PayerIdentity
  }
  type PayerIdentity @key(fields: "ref") {
    ref: ID
    points: Int
  }`;

/** Computes a field from one of ours: with the scope of what it is computed from, or without. */
export const loyaltySdl = ({ scopes }: { scopes: boolean }) => `
  ${link('@external', '@requires', ...(scopes ? ['@requiresScopes'] : []))}

  type PayerIdentity @key(fields: "id") {
    id: ID!
    openId: ID @external
    tier: String @requires(fields: "openId") ${scopes ? '@requiresScopes(scopes: [["payer:read"]])' : ''}
  }`;

/** Has nothing to do with payers, and the names that many teams have. */
export const strangerSdl = `
  ${link()}

  type Query {
    channels: [Channel!]
    authResult2: AuthResult
    certification(id: ID!): Certification
  }
  type Mutation {
    login(input: AuthenticateInput!): LoginResult!
  }
  input AuthenticateInput {
    user: String!
  }
  "A channel of sales."
  type Channel @key(fields: "id") {
    id: ID!
    name: String
    capabilities: [ChannelCapability!]
  }
  enum ChannelCapability {
    PHONE
  }
  interface Failure {
    reason: String
    code: FailureCode
  }
  enum FailureCode {
    CARD_DECLINED
  }
  type NotAllowed implements Failure {
    reason: String
    code: FailureCode
  }
  type InvalidInput implements Failure {
    reason: String
    code: FailureCode
    field: String!
  }
  type ChannelUnavailable implements Failure {
    reason: String
    code: FailureCode
  }
  type Authenticated {
    token: String!
  }
  union LoginResult = Authenticated | NotAllowed | InvalidInput | ChannelUnavailable
  type AuthResult {
    token: String
    status: AuthStatus
  }
  enum AuthStatus {
    LOGGED_IN
  }
  type Certification @key(fields: "id") {
    id: ID!
    status: CertificationStatus
  }
  enum CertificationStatus {
    ISO_9001
  }
  type IdentityCertification {
    id: ID!
  }`;

export interface Order {
  readonly __typename?: 'Order' | 'Refund' | 'OrderMissing';
  readonly id?: string;
  readonly payer?: { readonly id: string } | null;
  readonly channel?: { readonly id: string };
  readonly replaces?: Order;
  readonly order?: Order;
  readonly reason?: string;
}

export interface Holder {
  readonly id: string;
  readonly payer: { readonly ref: string } | null;
}

/** The lists by their names. */
export interface Sets {
  readonly orders: Map<string, readonly Order[]>;
  readonly wallets: Map<string, readonly Holder[]>;
  readonly accounts: Map<string, readonly Holder[]>;
}

interface Args {
  readonly set: string;
  readonly id: string;
  readonly payerId: string;
}

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

type Resolver = (source: never, args: Args) => unknown;

const startSubgraph = async (name: string, sdl: string, resolvers: Record<string, Record<string, Resolver>>) => {
  const schema = buildSubgraphSchema([{ typeDefs: parse(sdl), resolvers: resolvers as never }]);
  const server = new ApolloServer({ schema, logger: quiet, stopOnTerminationSignals: false });
  const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
  return { name, url, sdl, close: () => server.stop() };
};

const typeOf: Resolver = ({ __typename = 'Order' }: Order) => __typename;
/** A reference resolver that returns the reference. */
const itself: Resolver = (reference) => reference;

const startOrders = (sets: Pick<Sets, 'orders'>) => {
  const list: Resolver = (_, { set }) => sets.orders.get(set);
  return startSubgraph('orders', ordersSdl, {
    Query: {
      orders: list,
      entries: list,
      results: list,
      order: (_, { id }) => [...sets.orders.values()].flat().find((order) => order.id === id) ?? null,
    },
    Mutation: {
      placeOrder: (_, { payerId }) => ({ __typename: 'OrderPlaced', order: { id: 'placed', payer: { id: payerId } } }),
    },
    Entry: { __resolveType: typeOf },
    OrderResult: { __resolveType: typeOf },
    PlaceOrderResult: { __resolveType: ({ __typename }: { __typename: string }) => __typename },
    Order: { strictPayer: ({ payer }: Order) => payer },
    PayerIdentity: {
      __resolveReference: itself,
      orderCount: ({ id }: { id: string }) => id.length,
      latestOrder: ({ id }: { id: string }) => ({ id: 'latest', payer: { id } }),
    },
    PayerChannel: { __resolveReference: itself, feeRate: ({ id }: { id: string }) => `0.6 % of ${id}` },
  });
};

const startWallets = (sets: Pick<Sets, 'wallets'>) =>
  startSubgraph('wallet', walletSdl, { Query: { wallets: (_, { set }) => sets.wallets.get(set) } });

const startPoints = (sets: Pick<Sets, 'accounts'>) =>
  startSubgraph('points', pointsSdl, {
    Query: { accounts: (_, { set }) => sets.accounts.get(set) },
    PayerIdentity: { __resolveReference: itself, points: ({ ref }: { ref: string | null }) => ref?.length ?? null },
  });

const startLoyalty = () =>
  startSubgraph('loyalty', loyaltySdl({ scopes: true }), {
    PayerIdentity: {
      __resolveReference: itself,
      tier: ({ openId }: { openId: string | null }) => (openId ? `gold of ${openId.slice(0, 3)}` : null),
    },
  });

const startStranger = () =>
  startSubgraph('stranger', strangerSdl, {
    Query: { channels: () => [{ id: 'shop', name: 'Shop', capabilities: ['PHONE'] }] },
    Failure: { __resolveType: () => 'NotAllowed' },
    LoginResult: { __resolveType: () => 'NotAllowed' },
  });

export const newSets = (): Sets => ({ orders: new Map(), wallets: new Map(), accounts: new Map() });

/** Every neighbour. What they serve does not depend on scopes; what composes may not name them for every gateway. */
export const startNeighbours = async (sets: Sets) => {
  const started = [startOrders(sets), startWallets(sets), startPoints(sets), startLoyalty(), startStranger()];
  const all = await Promise.all(started);
  return {
    subgraphs: ({ scopes }: { scopes: boolean }): readonly Subgraph[] =>
      all.map(({ name, url, sdl }) => ({ name, url, sdl: name === 'loyalty' ? loyaltySdl({ scopes }) : sdl })),
    close: async () => void (await Promise.all(all.map(({ close }) => close()))),
  };
};
