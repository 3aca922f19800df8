/**
 * Hive Gateway in front, which enforces @requiresScopes by itself: what it lets through is what the subgraph shows.
 * And gateways that enforce nothing: the subgraph does not rely on them.
 */
import { composeServices } from '@apollo/composition';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { type DocumentNode, parse, print } from 'graphql';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allScopes, type Scope } from '../../src/security/caller.ts';
import { operationFor, promisedPaths, shownBy } from '../support/schema/contract.ts';
import {
  type ContractCall,
  prepareCalls,
  type ScopedService,
  startScopedService,
  type Who,
} from '../support/services/scoped-service.ts';
import { AUTHENTICATE } from '../support/services/service.ts';
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
  scoped = await startScopedService();
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
    const input = { channelId: 'ali_pay', authCode: 'not_to_be_sent' };
    const { data, errors } = await gateway.ask(AUTHENTICATE, { input }, { scopes: ['payer:read'] });
    expect(data?.authenticate ?? null).toBeNull();
    expect(errors).toMatchObject([{ extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } }]);
    expect(operations).toEqual([]);
    await gateway.ask(AUTHENTICATE, { input });
    expect(operations).toEqual([]);
    expect((await gateway.ask(AUTHENTICATE, { input }, {})).data.authenticate.__typename).toBe('PayerAuthenticated');
    expect(operations).toHaveLength(1);
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
