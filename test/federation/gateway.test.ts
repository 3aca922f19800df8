/** Orders and wallets of other subgraphs resolve their payers through a running gateway. */
import { readFileSync } from 'node:fs';
import { composeServices } from '@apollo/composition';
import { ApolloGateway, RemoteGraphQLDataSource } from '@apollo/gateway';
import { ApolloServer } from '@apollo/server';
import { startStandaloneServer } from '@apollo/server/standalone';
import { parse } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { printedSchemaFile, schemaFileWithoutScopes } from '../../src/graphql/schema.ts';
import type { IdentityRef } from '../../src/model.ts';
import {
  AUTH_RESULT,
  AUTHENTICATE,
  AUTHENTICATE_AND_SET,
  type Service,
  startService,
} from '../support/services/service.ts';
import { ordersSdl, startOrders, startWallets, walletSdl } from './orders.ts';

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

let service: Service;
let gatewayUrl: string;
const closers: (() => Promise<void>)[] = [];

/** What reached payer-identity over HTTP: the operations of the gateway. */
const operations: string[] = [];
/** What reached the store: the references of each lookup. */
const lookups: (readonly IdentityRef[])[] = [];

let alice = '';
let bob = '';
let orders: { id: string; payer: { id: string } | null }[] = [];

const viaGateway = async (query: string, variables: Record<string, unknown> = {}, headers = {}) => {
  const response = await fetch(gatewayUrl, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests assert the shape that they select
  return (await response.json()) as { data: any; errors?: any };
};

/** A gateway over what the running subgraphs say of themselves, as routers are set up. */
interface Running {
  readonly name: string;
  readonly url: string;
  readonly sdl: string;
}

const startGateway = async (subgraphs: readonly Running[]) => {
  const composed = composeServices(subgraphs.map(({ name, url, sdl }) => ({ name, url, typeDefs: parse(sdl) })));
  if (!composed.supergraphSdl) throw new Error(composed.errors?.map(({ message }) => message).join('\n'));
  const gateway = new ApolloGateway({
    supergraphSdl: composed.supergraphSdl,
    logger: quiet,
    buildService: ({ name, url }) =>
      new RemoteGraphQLDataSource({
        ...(url && { url }),
        willSendRequest({ request }) {
          if (name === 'payer-identity') operations.push(request.query ?? '');
        },
      }),
  });
  const server = new ApolloServer({ gateway, logger: quiet, stopOnTerminationSignals: false });
  const { url } = await startStandaloneServer(server, { listen: { host: '127.0.0.1', port: 0 } });
  return { url, close: () => server.stop() };
};

beforeAll(async () => {
  service = await startService({ config: { callers: { scopesInSdl: false } } });
  const { identities } = service.store;
  service.store.identities = (refs) => {
    lookups.push(refs);
    return identities(refs);
  };
  const ordersSubgraph = await startOrders(() => orders);
  const wallets = await startWallets(() => [
    { id: 'w1', payer: { ref: `wechat_pay/demo/openId/${idsOf('alice').openid}` } },
    { id: 'w2', payer: { ref: 'wechat_pay/demo/openId/nobody' } },
  ]);
  const { data } = await service.graphql('{ _service { sdl } }');
  const gateway = await startGateway([
    { name: 'payer-identity', url: `${service.url}/graphql`, sdl: data._service.sdl },
    { name: 'orders', url: ordersSubgraph.url, sdl: ordersSdl },
    { name: 'wallet', url: wallets.url, sdl: walletSdl },
  ]);
  gatewayUrl = gateway.url;
  closers.push(gateway.close, ordersSubgraph.close, wallets.close, service.close);

  const authenticated = async (channel: string, authCode: string): Promise<string> => {
    const answer = await viaGateway(AUTHENTICATE, { input: { channelId: channel, authCode } });
    return answer.data.authenticate.identity.id;
  };
  alice = await authenticated('wechat_pay', 'test_ok_alice');
  bob = await authenticated('ali_pay', 'test_ok_bob');
});
afterAll(async () => {
  for (const close of closers) await close();
});
beforeEach(() => {
  operations.length = 0;
  lookups.length = 0;
});

test('this gateway refuses the schema that declares scopes, which is why there is one without', async () => {
  const sdl = readFileSync(printedSchemaFile, 'utf8');
  await expect(startGateway([{ name: 'payer-identity', url: service.url, sdl }])).rejects.toThrow(
    /requiresScopes.* is for: SECURITY but is unsupported/,
  );
});

test('with scopesInSdl off, gateways fetch the schema without scopes', async () => {
  const { data } = await service.graphql('{ _service { sdl } }');
  expect(`${data._service.sdl.trim()}\n`).toBe(readFileSync(schemaFileWithoutScopes, 'utf8'));
});

describe('orders of another subgraph', () => {
  const ORDERS = '{ orders { id payer { id openId userId channel { id title } } } }';
  const isAlice = () => ({
    id: alice,
    openId: idsOf('alice').openid,
    userId: null,
    channel: { id: 'wechat_pay', title: '微信支付' },
  });
  const isBob = () => ({
    id: bob,
    openId: null,
    userId: idsOf('bob').userId,
    channel: { id: 'ali_pay', title: '支付宝' },
  });

  test('orders show their payers, found in one request and one lookup', async () => {
    orders = [alice, bob, alice, 'pid_nobody', bob].map((id, i) => ({ id: `o${i}`, payer: { id } }));
    orders.push({ id: 'o5', payer: null });
    const { data, errors } = await viaGateway(ORDERS);
    expect(errors).toBeUndefined();
    expect(data.orders).toEqual([
      { id: 'o0', payer: isAlice() },
      { id: 'o1', payer: isBob() },
      { id: 'o2', payer: isAlice() },
      // The order has the id; every other field of an unknown payer is null.
      { id: 'o3', payer: { id: 'pid_nobody', openId: null, userId: null, channel: null } },
      { id: 'o4', payer: isBob() },
      { id: 'o5', payer: null },
    ]);
    expect(operations).toEqual([expect.stringContaining('_entities')]);
    expect(lookups).toHaveLength(1);
    expect(lookups[0]).toEqual([{ id: alice }, { id: bob }, { id: 'pid_nobody' }]);
  });

  test("orders that select only the payer's id send no request to this subgraph", async () => {
    orders = [{ id: 'o1', payer: { id: alice } }];
    const { data } = await viaGateway('{ orders { id payer { id } } }');
    expect(data.orders).toEqual([{ id: 'o1', payer: { id: alice } }]);
    expect(operations).toEqual([]);
  });

  test('all orders are shown when one reference is malformed, and the error says why', async () => {
    const tooLong = 'x'.repeat(129);
    orders = [alice, tooLong, bob].map((id, i) => ({ id: `o${i}`, payer: { id } }));
    const { data, errors } = await viaGateway(ORDERS);
    expect(data.orders).toEqual([
      { id: 'o0', payer: isAlice() },
      { id: 'o1', payer: { id: tooLong, openId: null, userId: null, channel: null } },
      { id: 'o2', payer: isBob() },
    ]);
    expect(errors).toMatchObject([{ extensions: { code: 'BAD_REPRESENTATION' } }]);
    expect(lookups).toHaveLength(1);
  });

  test('orders are shown without their payers while the store fails', async () => {
    orders = [{ id: 'o1', payer: { id: alice } }];
    const { identities } = service.store;
    service.store.identities = () => Promise.reject(new Error('disk-canary'));
    try {
      const { data, errors } = await viaGateway(ORDERS);
      expect(data.orders).toEqual([{ id: 'o1', payer: { id: alice, openId: null, userId: null, channel: null } }]);
      expect(errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE' } }]);
      expect(JSON.stringify(errors)).not.toContain('canary');
    } finally {
      service.store.identities = identities;
    }
  });

  test('a thousand orders of different payers resolve their payers in one request and one lookup', async () => {
    orders = Array.from({ length: 1_000 }, (_, i) => ({ id: `o${i}`, payer: { id: i === 999 ? alice : `pid_${i}` } }));
    const { data, errors } = await viaGateway(ORDERS);
    expect(errors).toBeUndefined();
    expect(data.orders).toHaveLength(1_000);
    expect(data.orders[999].payer).toEqual(isAlice());
    expect({ requests: operations.length, lookups: lookups.length }).toEqual({ requests: 1, lookups: 1 });
  });
});

describe('wallets that reference payers by ref', () => {
  test('wallets show their payers, found in one request and one lookup', async () => {
    const { data, errors } = await viaGateway('{ wallets { id payer { id openId userId channel { id title } } } }');
    expect(errors).toBeUndefined();
    expect(data.wallets).toEqual([
      {
        id: 'w1',
        payer: {
          id: alice,
          openId: idsOf('alice').openid,
          userId: null,
          channel: { id: 'wechat_pay', title: '微信支付' },
        },
      },
      // id cannot be null, so an unknown payer is null as a whole.
      { id: 'w2', payer: null },
    ]);
    expect(lookups).toEqual([
      [
        { channelId: 'wechat_pay', appId: 'demo', openId: idsOf('alice').openid },
        { channelId: 'wechat_pay', appId: 'demo', openId: 'nobody' },
      ],
    ]);
  });
});

describe('the operations of payer-identity itself', () => {
  test('authenticate answers through the gateway with every field', async () => {
    const input = { channelId: 'wechat_pay', authCode: 'test_ok_carol' };
    const { data, errors } = await viaGateway(AUTHENTICATE, { input });
    expect(errors).toBeUndefined();
    expect(data.authenticate).toEqual({
      __typename: 'PayerAuthenticated',
      identity: {
        id: expect.stringMatching(/^pid_/),
        appId: 'demo',
        openId: idsOf('carol').openid,
        userId: null,
        unionId: null,
        subAppId: null,
        subOpenId: null,
        firstAuthenticatedAt: expect.any(String),
        lastAuthenticatedAt: expect.any(String),
        channel: { id: 'wechat_pay', title: '微信支付' },
      },
      accessToken: { value: idsOf('carol').accessToken, expiresAt: null },
    });
    expect(operations).toHaveLength(1);
  });

  test('a refusal comes through the gateway as its union member', async () => {
    const input = { channelId: 'ali_pay', authCode: 'test_invalid_gateway' };
    const { data, errors } = await viaGateway(AUTHENTICATE, { input });
    expect(errors).toBeUndefined();
    expect(data.authenticate).toEqual({
      __typename: 'PayerAuthorizationRejected',
      code: 'AUTH_CODE_REFUSED',
      message: expect.any(String),
      traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  test('authResult reads through the gateway what authenticateAndSet stored', async () => {
    const input = { channelId: 'ali_pay', authCode: 'test_ok_dave' };
    const kept = await viaGateway(AUTHENTICATE_AND_SET, { input });
    expect(kept.data.authenticateAndSet).toMatchObject({ __typename: 'PayerAuthResultStored' });
    const { queryCode } = kept.data.authenticateAndSet;
    const { data, errors } = await viaGateway(AUTH_RESULT, { queryCode, waitSeconds: 0 });
    expect(errors).toBeUndefined();
    expect(data.authResult).toEqual({
      __typename: 'PayerAuthSucceeded',
      identity: { id: expect.stringMatching(/^pid_/), userId: idsOf('dave').userId, openId: null },
      clientReferenceId: null,
      expiresAt: expect.any(String),
    });
  });

  test('an unknown query code is PayerAuthNotFound through the gateway, and no error', async () => {
    const { data, errors } = await viaGateway(AUTH_RESULT, { queryCode: 'nobody-ever-used-this-one', waitSeconds: 0 });
    expect(errors).toBeUndefined();
    expect(data.authResult).toMatchObject({ __typename: 'PayerAuthNotFound', code: 'QUERY_CODE_UNKNOWN' });
  });
});
