/** Subscription.authResult over server-sent events, at the edge of the service. */
import { setTimeout as delay } from 'node:timers/promises';
import { createClient } from 'graphql-sse';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FileConfig } from '../../src/config/load.ts';
import { SUBSCRIPTION, subscribeAt } from '../support/http/sse-client.ts';
import { completeSource } from '../support/services/complete-source.ts';
import { startScopedService } from '../support/services/scoped-service.ts';
import { type Service, type ServiceOptions, startService } from '../support/services/service.ts';

const channelId = 'ali_pay';
const returnUrl = 'https://shop.example/payer';

const start = async (config: Partial<FileConfig> = {}, others: ServiceOptions = {}) => {
  const service = await startService({
    sources: { complete: completeSource('upstream') },
    config: { apps: [{ id: 'demo', channels: { [channelId]: 'complete' }, returnUrls: [returnUrl] }], ...config },
    ...others,
  });
  onTestFinished(() => service.close().catch(() => undefined));
  return service;
};

/** A session that waits for a code. */
const begin = async ({ graphql }: Service): Promise<{ queryCode: string; state: string }> => {
  const { data } = await graphql(
    `mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) {
       ... on PayerAuthenticationStarted { queryCode state } } }`,
    { input: { channelId, returnUrl } },
  );
  return data.startAuthentication;
};

let codes = 0;
const redeem = ({ graphql }: Service, state: string, outcome: string) => {
  codes += 1;
  const input = { channelId, state, authCode: `${outcome}_${codes}` };
  return graphql(
    `mutation ($input: PayerAuthenticateAndSetInput!) { authenticateAndSet(input: $input) { __typename } }`,
    { input },
  );
};

describe('a subscription of authResult', () => {
  let service: Service;
  beforeEach(async () => {
    service = await start();
  });
  const subscribeTo = (queryCode: string, others: Parameters<typeof subscribeAt>[1] = {}) =>
    subscribeAt(`${service.url}/graphql`, { variables: { queryCode }, ...others });

  test('shows the session at once, every change of it, and completes after the success', async () => {
    const { queryCode, state } = await begin(service);
    const stream = await subscribeTo(queryCode);
    expect(stream.status).toBe(200);
    expect(Object.fromEntries(stream.headers)).toMatchObject({
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      connection: 'close',
    });
    await vi.waitFor(() => expect(stream.results()).toHaveLength(1));
    expect(stream.seen.comments).toBe(1);
    await redeem(service, state, 'refused');
    await vi.waitFor(() => expect(stream.results()).toHaveLength(2), { timeout: 2_000 });
    await redeem(service, state, 'ok');
    expect(await stream.ended).toBe('ended');
    expect(stream.results()).toMatchObject([
      { __typename: 'PayerAuthWaiting', attemptsLeft: 5, lastFailure: null },
      { __typename: 'PayerAuthWaiting', attemptsLeft: 4, lastFailure: { __typename: 'PayerAuthorizationRejected' } },
      { __typename: 'PayerAuthSucceeded', identity: { openId: expect.any(String) } },
    ]);
    expect(stream.events.at(-1)).toEqual({ event: 'complete', data: undefined });
  });

  test('of a session that has ended shows that once, and completes', async () => {
    const { queryCode, state } = await begin(service);
    for (let code = 1; code <= 5; code += 1) await redeem(service, state, 'refused');
    const stream = await subscribeTo(queryCode);
    expect(await stream.ended).toBe('ended');
    expect(stream.results()).toMatchObject([{ __typename: 'PayerAuthFailed', failure: { code: expect.any(String) } }]);
  });

  test('of an unknown query code completes with PayerAuthNotFound, whose line shows no secret', async () => {
    const stream = await subscribeTo('query-code-that-nobody-has');
    expect(await stream.ended).toBe('ended');
    expect(stream.results()).toMatchObject([{ __typename: 'PayerAuthNotFound', code: 'QUERY_CODE_UNKNOWN' }]);
    const lines = service.logLines.filter((line) => line.includes('QUERY_CODE_UNKNOWN'));
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { operation: 'authResult', traceId: stream.results()[0].traceId },
    ]);
    expect(service.logLines.join()).not.toContain('query-code-that-nobody-has');
  });

  test('is read by the client of graphql-sse', async () => {
    const { queryCode, state } = await begin(service);
    const client = createClient({ url: `${service.url}/graphql`, retryAttempts: 0 });
    const seen: unknown[] = [];
    const ended = new Promise<void>((resolve, reject) => {
      client.subscribe<Record<string, { __typename: string }>>(
        { query: SUBSCRIPTION, variables: { queryCode } },
        { next: ({ data }) => void seen.push(data?.authResult?.__typename), error: reject, complete: () => resolve() },
      );
    });
    await vi.waitFor(() => expect(seen).toHaveLength(1));
    await redeem(service, state, 'ok');
    await ended;
    expect(seen).toEqual(['PayerAuthWaiting', 'PayerAuthSucceeded']);
  });

  test.each<[string, object, string]>([
    ['that is no GraphQL', { query: 'subscription {' }, 'GRAPHQL_PARSE_FAILED'],
    ['with an unknown field', { query: 'subscription { authResults { __typename } }' }, 'GRAPHQL_VALIDATION_FAILED'],
    [
      'with two root fields',
      {
        query:
          'subscription { a: authResult(queryCode: "a") { __typename } b: authResult(queryCode: "b") { __typename } }',
      },
      'GRAPHQL_VALIDATION_FAILED',
    ],
    ['without its variable', { variables: {} }, 'BAD_USER_INPUT'],
    ['with a variable of another type', { variables: { queryCode: ['secret'] } }, 'BAD_USER_INPUT'],
    [
      'over a limit',
      {
        query: `subscription { authResult(queryCode: "a") { ${Array.from({ length: 40 }, (_, i) => `a${i}: __typename`).join(' ')} } }`,
      },
      'TOO_MANY_ALIASES',
    ],
    [
      'of too many tokens',
      { query: `subscription { authResult(queryCode: "a") { ${'__typename '.repeat(2_001)} } }` },
      'GRAPHQL_PARSE_FAILED',
    ],
  ])('%s is answered by its error in an event', async (_, changes, code) => {
    const stream = await subscribeTo('query-code', changes);
    expect(await stream.ended).toBe('ended');
    expect(stream.events).toMatchObject([
      { event: 'next', data: { data: null, errors: [{ extensions: { code } }] } },
      { event: 'complete' },
    ]);
    expect(JSON.stringify(stream.events)).not.toContain('secret');
  });

  test.each([
    [
      'a subscription that skips its field',
      'subscription A { authResult(queryCode: "a") @skip { __typename } }',
      'BAD_USER_INPUT',
    ],
    [
      'a query beside such a subscription',
      'query A { __typename } subscription B { authResult(queryCode: "a") @skip { __typename } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'a query beside one that is included by a variable without a value',
      'query A { __typename } subscription B($v: Boolean!) { authResult(queryCode: "a") @include(if: $v) { __typename } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
    [
      'such a subscription that operationName does not name',
      'subscription B { authResult(queryCode: "a") @skip { __typename } }',
      'GRAPHQL_VALIDATION_FAILED',
    ],
  ])('%s is a fault of the document for a client that accepts JSON alone', async (_, query, code) => {
    const response = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query, operationName: 'A' }),
    });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ errors: [expect.objectContaining({ extensions: { code } })] });
  });

  test('is BAD_USER_INPUT for a client that accepts JSON alone', async () => {
    const { status, data, errors } = await service.graphql(SUBSCRIPTION, { queryCode: 'query-code' });
    expect(status).toBe(200);
    expect(data).toBeUndefined();
    expect(errors).toMatchObject([
      { message: 'A subscription is answered as text/event-stream.', extensions: { code: 'BAD_USER_INPUT' } },
    ]);
  });

  test('a query is answered as JSON where that is accepted too, and 406 where it is not', async () => {
    const query = '{ __typename }';
    const both = await subscribeTo('x', { query, headers: { accept: 'application/json, text/event-stream' } });
    expect([both.status, both.text]).toEqual([200, expect.stringContaining('{"data":{"__typename":"Query"}}')]);
    expect((await subscribeTo('x', { query })).status).toBe(406);
    expect((await subscribeTo('x', { headers: { accept: 'text/event-stream;q=0' } })).status).toBe(406);
  });

  test('in a stream that several requests share is not offered', async () => {
    for (const method of ['PUT', 'GET', 'DELETE']) {
      const response = await fetch(`${service.url}/graphql`, {
        method,
        headers: { 'x-graphql-event-stream-token': 'a' },
      });
      expect([method, response.status]).toEqual([method, 405]);
    }
    const stream = await subscribeTo('unknown', { headers: { 'x-graphql-event-stream-token': 'a' } });
    await stream.ended;
    expect(stream.results()).toMatchObject([{ __typename: 'PayerAuthNotFound' }]);
  });
});

test('a subscription shows the end of a session whose time is over', async () => {
  const times = { resultTtlMs: 3_000, leaseMs: 2_000, deadlineMs: 1_000, sweepEveryMs: 200 };
  const service = await start({ times });
  const { queryCode } = await begin(service);
  const stream = await subscribeAt(`${service.url}/graphql`, { variables: { queryCode } });
  expect(await stream.ended).toBe('ended');
  expect(stream.results().map(({ __typename }: { __typename: string }) => __typename)).toEqual([
    'PayerAuthWaiting',
    expect.stringMatching(/^PayerAuth(?:NotFound|Failed)$/),
  ]);
});

test('subscriptions and waiting readers share limits.waiters, and a place is free when a client has gone', async () => {
  const service = await start({ limits: { waiters: 2 } });
  const { queryCode, state } = await begin(service);
  const subscribe = () => subscribeAt(`${service.url}/graphql`, { variables: { queryCode } });
  const [first, second] = [await subscribe(), await subscribe()];
  await vi.waitFor(() => expect([...first.results(), ...second.results()]).toHaveLength(2));
  const third = await subscribe();
  await third.ended;
  expect(third.results()).toMatchObject([{ __typename: 'PayerServiceBusy', code: 'OVERLOADED' }]);
  first.leave();
  await delay(200);
  const fourth = await subscribe();
  await vi.waitFor(() => expect(fourth.results()).toMatchObject([{ __typename: 'PayerAuthWaiting' }]));
  await redeem(service, state, 'ok');
  for (const stream of [second, fourth]) expect(await stream.ended).toBe('ended');
  expect(third.results()).toHaveLength(1);
});

test('subscriptions are charged and admitted as polls are', async () => {
  const one = { perSecond: 0.001, burst: 2 };
  const config = {
    http: { clientAddressHeader: 'x-forwarded-for' },
    limits: { rates: { address: one }, bulkheads: { polls: { running: 2, waiting: 0 } } },
  };
  const service = await start(config, { sandbox: false });
  const { queryCode } = await begin(service);
  const from = (address: string, code = queryCode) =>
    subscribeAt(`${service.url}/graphql`, { variables: { queryCode: code }, headers: { 'x-forwarded-for': address } });
  const unknown = await from('192.0.2.1', 'unknown');
  await unknown.ended;
  expect(unknown.results()).toMatchObject([{ __typename: 'PayerAuthNotFound' }]);
  const charged = await from('192.0.2.1');
  await charged.ended;
  expect(charged.results()).toMatchObject([{ code: 'RATE_LIMITED' }]);
  const open = [await from('192.0.2.2'), await from('192.0.2.3')];
  await vi.waitFor(() => expect(open.flatMap((stream) => stream.results())).toHaveLength(2));
  const beyond = await from('192.0.2.4');
  await beyond.ended;
  expect(beyond.results()).toMatchObject([{ code: 'OVERLOADED' }]);
});

test('a subscription needs the credentials of the router and a valid token, as every operation', async () => {
  const service = await start(
    { router: { secrets: ['the secret of the router, long enough'] }, callers: {} },
    { sandbox: false },
  );
  const refused = await subscribeAt(`${service.url}/graphql`, { variables: { queryCode: 'q' } });
  expect([refused.status, refused.text]).toEqual([401, expect.stringContaining('UNAUTHENTICATED')]);
});

test('a subscription that meets an unavailable store completes with PayerServiceBusy', async () => {
  const session = () => Promise.reject(new Error('the store is unavailable: query-code-secret'));
  const service = await start({}, { wrap: (store) => ({ ...store, session }) });
  const stream = await subscribeAt(`${service.url}/graphql`, { variables: { queryCode: 'query-code-secret' } });
  await stream.ended;
  expect(stream.results()).toMatchObject([{ __typename: 'PayerServiceBusy', code: 'SERVICE_UNAVAILABLE' }]);
  expect(service.logLines.join() + JSON.stringify(stream.events)).not.toContain('secret');
});

test('when the service stops, its streams complete at once, and nothing is left running', async () => {
  const service = await start();
  const { queryCode } = await begin(service);
  const streams = await Promise.all(
    Array.from({ length: 20 }, () => subscribeAt(`${service.url}/graphql`, { variables: { queryCode } })),
  );
  await vi.waitFor(() => expect(streams.flatMap((stream) => stream.results())).toHaveLength(20));
  const startedAt = performance.now();
  await Promise.all([service.drain(), ...streams.map(async (stream) => expect(await stream.ended).toBe('ended'))]);
  expect(performance.now() - startedAt).toBeLessThan(2_000);
  for (const stream of streams) expect(stream.events.at(-1)).toMatchObject({ event: 'complete' });
});

test('a subscription shows the identity with payer:read for the app alone, and nothing to callers of other apps', async () => {
  const { service, as, close } = await startScopedService();
  onTestFinished(close);
  const { queryCode, state } = await begin(service);
  const to = async (who: Parameters<typeof as>[0]) =>
    subscribeAt(`${service.url}/graphql`, { variables: { queryCode }, headers: await as(who) });
  const reader = await to({});
  const scopeless = await to({ scopes: [] });
  const anonymous = await subscribeAt(`${service.url}/graphql`, { variables: { queryCode } });
  const foreign = await to({ apps: ['bar'] });
  await foreign.ended;
  expect(foreign.results()).toMatchObject([{ __typename: 'PayerAuthNotFound' }]);
  await redeem(service, state, 'ok');
  for (const stream of [reader, scopeless, anonymous]) expect(await stream.ended).toBe('ended');
  expect(reader.results().at(-1)).toMatchObject({ identity: { openId: expect.any(String) } });
  for (const stream of [scopeless, anonymous])
    expect(stream.results().at(-1)).toMatchObject({ __typename: 'PayerAuthSucceeded', identity: null });
  const forged = await subscribeAt(`${service.url}/graphql`, {
    variables: { queryCode },
    headers: { authorization: 'Bearer forged' },
  });
  expect([forged.events, forged.text]).toEqual([[], expect.stringContaining('UNAUTHENTICATED')]);
});
