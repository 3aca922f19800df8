/**
 * Hive Gateway in front, which enforces @requiresScopes by itself: what it lets through is what the subgraph shows.
 * And gateways that enforce nothing: the subgraph does not rely on them.
 */
import { composeServices } from '@apollo/composition';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { type DocumentNode, graphql, parse, print } from 'graphql';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allScopes, type Scope } from '../../src/security/caller.ts';
import { operationFor, promisedPaths, refusedScopes, shownBy } from '../support/schema/contract.ts';
import {
  type ContractCall,
  prepareCalls,
  type ScopedService,
  startScopedService,
  type Who,
} from '../support/services/scoped-service.ts';
import { signed, signingKey } from '../support/signers/app-signer.ts';
import { audience } from '../support/signers/issuer.ts';
import { ordersSdl, startOrders } from './orders.ts';

/** None, each alone, all but each, and all. */
const scopeSets: readonly (readonly Scope[])[] = [
  [],
  ...allScopes.map((scope) => [scope]),
  ...allScopes.map((scope) => allScopes.filter((other) => other !== scope)),
  allScopes,
];

let scoped: ScopedService;
let calls: ContractCall[];
let orders: Awaited<ReturnType<typeof startOrders>>;
/** A neighbour that knows payers by the channel's id: it holds their ref. */
const walletSdl = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key"])
  type Query { wallets: [Wallet!]! }
  type Wallet @key(fields: "id") { id: ID! payer: PayerIdentity }
  type PayerIdentity @key(fields: "ref", resolvable: false) { ref: ID }`;
const ref = 'ali_pay/shop/openId/open';
const unknownRef = 'ali_pay/shop/openId/nobody';
const wallets = [ref, unknownRef].map((held, index) => ({ id: `w${index}`, payer: { ref: held } }));
const walletSchema = buildSubgraphSchema([
  { typeDefs: parse(walletSdl), resolvers: { Query: { wallets: () => wallets } } },
]);
let payerId = '';
/** What reached the subgraph. */
const operations: string[] = [];

interface SubgraphRequest {
  readonly document: DocumentNode;
  readonly variables?: unknown;
  /** What is passed on of the client's headers. */
  readonly extensions?: { readonly headers?: Record<string, string> };
}

/** How the gateway reaches a subgraph; its own way is a package that comes apart. */
const getSubgraphExecutor =
  ({ subgraphName, transportEntry }: { subgraphName: string; transportEntry: { location?: string } }) =>
  async ({ document, variables, extensions }: SubgraphRequest) => {
    // biome-ignore lint/suspicious/noExplicitAny: the gateway judges any value
    if (subgraphName === 'wallets') return graphql({ schema: walletSchema, source: print(document) }) as any;
    if (subgraphName === 'payer-identity') operations.push(print(document));
    const response = await fetch(transportEntry.location ?? '', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...extensions?.headers },
      body: JSON.stringify({ query: print(document), variables }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: the gateway judges any value
    return (await response.json()) as any;
  };

/** A gateway over the schema that the subgraph serves. It forwards tokens; `enforced` says whether it reads them. */
const openGateway = (sdl: string, { enforcing }: { enforcing: boolean }) => {
  const { supergraphSdl, errors } = composeServices([
    { name: 'payer-identity', url: `${scoped.service.url}/graphql`, typeDefs: parse(sdl) },
    { name: 'orders', url: orders.url, typeDefs: parse(ordersSdl) },
    { name: 'wallets', url: 'http://wallets.example', typeDefs: parse(walletSdl) },
  ]);
  if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join('\n'));
  const { issuer, jwks } = scoped.issuer;
  const verify = async (authorization: string) => {
    const options = { issuer, audience, algorithms: ['ES256'] };
    return (await jwtVerify(authorization.replace('Bearer ', ''), createLocalJWKSet(jwks()), options)).payload;
  };
  const gateway = createGatewayRuntime({
    supergraph: supergraphSdl,
    logging: false,
    maskedErrors: false,
    transports: { http: { getSubgraphExecutor } },
    propagateHeaders: {
      fromClientToSubgraphs: ({ request }) => ({ authorization: request.headers.get('authorization') ?? undefined }),
    },
    ...(enforcing && {
      genericAuth: {
        mode: 'protect-granular' as const,
        rejectUnauthenticated: false,
        resolveUserFn: async ({ headers }: { headers: Record<string, string> }) =>
          headers.authorization === undefined ? undefined : verify(headers.authorization),
      },
    }),
  });
  const ask = async (query: string, variables: Record<string, unknown> = {}, who?: Who) => {
    const response = await gateway.fetch('http://gateway.example/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(who && (await scoped.as(who))) },
      body: JSON.stringify({ query, variables }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: tests assert the shape that they select
    return (await response.json()) as { data?: any; errors?: any };
  };
  return { ask, close: () => gateway[Symbol.asyncDispose]() };
};
type Gateway = ReturnType<typeof openGateway>;

beforeAll(async () => {
  const channels = { ali_pay: 'complete' };
  const returnUrls = ['https://shop.example/payer'];
  scoped = await startScopedService(
    {},
    {
      apps: [
        { id: 'shop', channels, returnUrls },
        { id: 'bar', channels, returnUrls },
        { id: 'signing', channels, signature: { keys: [{ secret: signingKey }] } },
      ],
    },
  );
  calls = await prepareCalls(scoped);
  payerId = String(calls.find(({ field }) => field === 'payerIdentity')?.variables().id);
  orders = await startOrders(() => [{ id: 'o1', payer: { id: payerId } }]);
});
afterAll(async () => {
  await orders.close();
  await scoped.close();
});

const sdlOf = async () => (await scoped.service.graphql('{ _service { sdl } }')).data._service.sdl as string;

/** The gateway shows every caller what the contract declares; test/graphql/scopes.test.ts shows it of the subgraph. */
const expectAgreement = async ({ ask }: Gateway) => {
  for (const { name, root, field, variables } of calls) {
    const query = operationFor(root, field);
    const all = await scoped.service.graphql(query, variables(), await scoped.as());
    const everything = shownBy(root, field, all.data);
    for (const scopes of [...scopeSets, undefined]) {
      const who = scopes && { scopes };
      const through = await ask(query, variables(), who);
      const promised = promisedPaths(everything, scopes ?? []);
      const label = `${name} with ${scopes?.join(' ') ?? 'no token'}`;
      expect(
        shownBy(root, field, through.data).map(({ path }) => path),
        label,
      ).toEqual(promised);
    }
  }
};

const WALLETS = '{ wallets { id payer { id openId userId channel { id } } } }';
const ORDERS = '{ orders { id payer { id openId userId channel { id } certification { status } } } }';

describe('a gateway that enforces the scopes', () => {
  let gateway: Gateway;
  beforeAll(async () => {
    gateway = openGateway(await sdlOf(), { enforcing: true });
  });
  afterAll(() => gateway.close());

  test(
    'a gateway that enforces scopes shows every caller what the subgraph alone shows',
    () => expectAgreement(gateway),
    60_000,
  );

  test('a gateway that enforces scopes does not forward fields that the caller lacks the scope for', async () => {
    operations.length = 0;
    const query = operationFor('Query', 'payerIdentity');
    const { data, errors } = await gateway.ask(query, { id: payerId }, { scopes: ['payer:token'] });
    expect(data?.payerIdentity ?? null).toBeNull();
    expect(errors[0]).toMatchObject({ extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } });
    await gateway.ask(query, { id: payerId });
    expect(operations).toEqual([]);
    expect((await gateway.ask(query, { id: payerId }, {})).data.payerIdentity.openId).toBe('open');
    expect(operations).toHaveLength(1);
  });

  test('behind a gateway that enforces scopes a call without its scope is PayerNotAllowed, as without a gateway', async () => {
    const refusable = calls.filter(({ root, field }) => refusedScopes.has(`${root}.${field}`));
    expect(refusable.map(({ field }) => field)).toContain('authenticate');
    for (const { name, root, field, variables } of refusable) {
      const scope = refusedScopes.get(`${root}.${field}`);
      const selection = '{ __typename ... on PayerNotAllowed { code requiredScope } }';
      const query = operationFor(root, field, selection);
      for (const who of [undefined, { scopes: allScopes.filter((one) => one !== scope) }]) {
        const { data, errors } = await gateway.ask(query, variables(), who);
        expect(errors, name).toBeUndefined();
        const refusal = { __typename: 'PayerNotAllowed', code: 'NOT_ALLOWED', requiredScope: scope };
        expect(data[field], name).toEqual(refusal);
      }
    }
  });

  test('behind a gateway that enforces scopes the call that an app has signed is answered, without a token of the caller', async () => {
    const query = `mutation ($input: PayerAuthenticateInput!) { authenticate(input: $input) {
      __typename ... on PayerAuthenticated { identity { id channel { id } appId } } ... on PayerFailure { code } } }`;
    const input = signed({ appId: 'signing', channelId: 'ali_pay', authCode: 'signed_1' });
    const { data, errors } = await gateway.ask(query, { input });
    expect(errors).toBeUndefined();
    const identity = { id: expect.stringMatching(/^pid_/), channel: { id: 'ali_pay' }, appId: 'signing' };
    expect(data.authenticate).toEqual({ __typename: 'PayerAuthenticated', identity });
    const { signature: _, ...unsigned } = input;
    const refused = await gateway.ask(query, { input: unsigned });
    expect(refused.data.authenticate).toEqual({ __typename: 'PayerNotAllowed', code: 'SIGNATURE_MISSING' });
  });

  test('a gateway that enforces scopes shows the payers of orders to callers with the scope', async () => {
    const payer = {
      id: payerId,
      openId: 'open',
      userId: 'user',
      channel: { id: 'ali_pay' },
      certification: { status: 'PASSED' },
    };
    expect((await gateway.ask(ORDERS, {}, { scopes: ['payer:read'] })).data).toEqual({ orders: [{ id: 'o1', payer }] });
    const { data } = await gateway.ask(ORDERS, {}, { scopes: ['payer:token'] });
    expect(JSON.stringify(data)).not.toMatch(/"(open|user)"|PASSED/);
  });

  test('a gateway that enforces scopes shows the payers that a neighbour knows by ref to callers with the scope', async () => {
    const payer = { id: payerId, openId: 'open', userId: 'user', channel: { id: 'ali_pay' } };
    const { data, errors } = await gateway.ask(WALLETS, {}, { scopes: ['payer:read'] });
    expect(data.wallets).toEqual([
      { id: 'w0', payer },
      { id: 'w1', payer: null },
    ]);
    // Hive's own: it selects the id of a payer that it knows to be null.
    const message = 'Cannot return null for non-nullable field PayerIdentity.id.';
    expect(errors).toMatchObject([{ message, path: ['wallets', 1, 'payer', 'id'] }]);
    const refused = await gateway.ask(WALLETS, {}, { scopes: ['payer:token'] });
    expect(JSON.stringify(refused.data)).not.toMatch(/"(open|user)"|pid_/);
  });
});

const withoutDirectives = (sdl: string) =>
  sdl.replace(/ @requiresScopes\(scopes: \[\[.*?\]\]\)/g, '').replace(', "@requiresScopes"', '');

describe('a gateway that enforces nothing', () => {
  test.each([
    ['because it does not look at tokens', { enforcing: false, change: (sdl: string) => sdl }],
    ['because its schema says nothing of scopes', { enforcing: true, change: withoutDirectives }],
  ])(
    'a gateway that enforces nothing shows no more than the subgraph: %s',
    async (_, { enforcing, change }) => {
      const gateway = openGateway(change(await sdlOf()), { enforcing });
      try {
        await expectAgreement(gateway);
        for (const who of [undefined, { scopes: [] }, { apps: ['bar'] }, { scopes: ['payer:token' as const] }]) {
          const { data, errors } = await gateway.ask(ORDERS, {}, who);
          expect(errors).toBeUndefined();
          expect(data.orders[0]).toMatchObject({ id: 'o1', payer: { id: payerId, openId: null, userId: null } });
        }
      } finally {
        await gateway.close();
      }
    },
    60_000,
  );
});
