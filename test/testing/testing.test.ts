/** `payer-identity/testing`, as the tests of other teams use it: the sandbox in their process, and the double of the subgraph. */

import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { ApolloGateway, IntrospectAndCompose } from '@apollo/gateway';
import { expect, onTestFinished, test } from 'vitest';
import { printedSchemaFile } from '../../src/graphql/schema.ts';
import { type SandboxOptions, startPayerIdentityDouble, startSandbox } from '../../src/testing/index.ts';

const ask = async (url: string, query: string, variables: Record<string, unknown> = {}) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query, variables }),
  });
  return response.json();
};
const withSandbox = async (options: SandboxOptions = {}) => {
  const sandbox = await startSandbox(options);
  onTestFinished(() => sandbox.close());
  return sandbox;
};

const START = `mutation ($input: PayerStartAuthenticationInput!) { r: startAuthentication(input: $input) {
  ... on PayerAuthenticationStarted { queryCode authorizeUrl } ... on PayerFailure { code } } }`;
const RESULT = `query ($queryCode: String!) { r: authResult(queryCode: $queryCode, waitSeconds: 5) {
  ... on PayerAuthSucceeded { identity { id appId } } ... on PayerFailure { code } } }`;

test('two sandboxes run in one process, each with its options, and a payer authenticates in both', async () => {
  const lines: string[] = [];
  const [own, plain] = await Promise.all([
    withSandbox({
      apps: [{ id: 'shop', channels: { ali_pay: 'alipay' }, sessions: 'required' }],
      defaultApp: 'shop',
      scopesInSdl: false,
      config: { times: { resultTtlMs: 60_000 } },
      log: (line) => void lines.push(line),
    }),
    withSandbox(),
  ]);
  for (const [sandbox, appId] of [
    [own, 'shop'],
    [plain, 'demo'],
  ] as const) {
    const started = await ask(sandbox.graphqlUrl, START, {
      input: { channelId: 'ali_pay', returnUrl: 'http://localhost:5173/back' },
    });
    const { authorizeUrl, queryCode } = started.data.r;
    const [read, visit] = await Promise.all([
      ask(sandbox.graphqlUrl, RESULT, { queryCode }),
      sandbox.payer.authorizes({ authorizeUrl, payer: 'bob' }),
    ]);
    expect(visit.answer).toBe('PayerAuthResultStored');
    expect(read.data.r.identity.appId).toBe(appId);
    // The same id on every machine, as docs/federation.md lists them.
    expect(read.data.r.identity.id).toMatch(/^pid_[\w-]{22}$/);
  }
  const sdl = async (url: string) => (await ask(url, '{ _service { sdl } }')).data._service.sdl;
  expect(await sdl(own.graphqlUrl)).not.toContain('@requiresScopes');
  expect(await sdl(plain.graphqlUrl)).toContain('@requiresScopes');
  expect(lines.some((line) => line.includes('"appId":"shop"'))).toBe(true);
  const authCode = own.newAuthCode('carol', { kind: 'used' });
  expect(authCode).toMatch(/^test_used_carol~/);
});

test('a sandbox that was closed listens no more, and closing it again does nothing', async () => {
  const sandbox = await startSandbox();
  await Promise.all([sandbox.close(), sandbox.close()]);
  await sandbox.close();
  await expect(fetch(`${sandbox.url}/livez`)).rejects.toThrow('fetch failed');
});

test('an option that is not valid is named, and nothing stays open', async () => {
  await expect(startSandbox({ config: { time: {} } })).rejects.toThrow(/time: is not a setting. Did you mean times/);
  await expect(startSandbox({ defaultApp: 'shop' })).rejects.toThrow(/defaultApp: is not the id of an app/);
  await expect(startSandbox({ port: 70_000 })).rejects.toThrow(/PORT/);
  const misspelt = { scopesInSdl: true, time: {} };
  await expect(startSandbox(misspelt)).rejects.toThrow(/startSandbox has no option time: it takes apps, /);
  await expect(startPayerIdentityDouble(misspelt)).rejects.toThrow(/no option time: it takes identities, /);
});

test('on a port that is taken neither starts, each says which option to set, and nothing stays open', async () => {
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = typeof address === 'object' ? address?.port : undefined;
  const servers = () => process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length;
  // Those of the tests before have closed.
  await expect.poll(servers).toBe(1);
  const message =
    /another process listens on port \d+ of 127\.0\.0\.1 \(EADDRINUSE\): set the option port to a free one/;
  await expect(startSandbox({ port: port ?? -1 })).rejects.toThrow(message);
  await expect(startPayerIdentityDouble({ port: port ?? -1 })).rejects.toThrow(message);
  await expect.poll(servers).toBe(1);
  taken.close();
});

const payers = [
  { id: 'pid_1', appId: 'shop', openId: 'oABC/1', userId: '2088', unionId: 'u1' },
  {
    id: 'pid_2',
    channelId: 'ali_pay',
    lastAuthenticatedAt: '2026-11-22T16:37:00.000Z',
    certification: { certifyId: 'c1', status: 'PASSED', startedAt: '2026-11-22T16:37:00.000Z' },
  },
] as const;
const ENTITIES = `query ($representations: [_Any!]!) { _entities(representations: $representations) {
  ... on PayerIdentity { id ref openId userId unionId appId channel { id title } certification { status } lastAuthenticatedAt }
  ... on PayerChannel { title } } }`;

const withDouble = async () => {
  const double = await startPayerIdentityDouble({ identities: payers, channelTitles: { wechat_pay: '微信支付' } });
  onTestFinished(() => double.close());
  return double;
};

test('the double answers references by each key from its fixtures, and null for a payer that it has not', async () => {
  const double = await withDouble();
  const reference = (keys: object) => ({ __typename: 'PayerIdentity', ...keys });
  const representations = [
    reference({ id: 'pid_1' }),
    reference({ ref: 'wechat_pay/shop/openId/oABC%2F1' }),
    reference({ ref: 'wechat_pay/shop/userId/2088' }),
    reference({ id: 'pid_2' }),
    reference({ id: 'pid_3' }),
    { __typename: 'PayerChannel', id: 'wechat_pay' },
  ];
  const { data, errors } = await ask(double.graphqlUrl, ENTITIES, { representations });
  expect(errors).toBeUndefined();
  const first = {
    id: 'pid_1',
    ref: 'wechat_pay/shop/openId/oABC%2F1',
    openId: 'oABC/1',
    userId: '2088',
    unionId: 'u1',
    appId: 'shop',
    channel: { id: 'wechat_pay', title: '微信支付' },
    certification: null,
    lastAuthenticatedAt: null,
  };
  expect(data._entities).toMatchObject([
    first,
    first,
    first,
    { id: 'pid_2', ref: null, channel: { id: 'ali_pay', title: null }, certification: { status: 'PASSED' } },
    null,
    { title: '微信支付' },
  ]);
  double.add({ id: 'pid_3', openId: 'oNew' });
  double.remove('pid_1');
  const second = await ask(double.graphqlUrl, ENTITIES, { representations });
  expect(second.data._entities).toMatchObject([null, null, null, { id: 'pid_2' }, { openId: 'oNew' }, {}]);
  expect(double.requests.at(-1)).toEqual({ query: ENTITIES, variables: { representations } });
});

test('the double serves the SDL of the service, and @apollo/gateway composes it without scopes', async () => {
  const double = await withDouble();
  expect(`${double.sdl.trim()}\n`).toBe(readFileSync(printedSchemaFile, 'utf8'));
  const closed = await startPayerIdentityDouble({ identities: payers, scopesInSdl: false });
  onTestFinished(() => closed.close());
  const quiet = { debug() {}, info() {}, warn() {}, error() {} };
  const subgraphs = [{ name: 'payer-identity', url: closed.graphqlUrl }];
  const gateway = new ApolloGateway({
    supergraphSdl: new IntrospectAndCompose({ subgraphs, logger: quiet }),
    logger: quiet,
  });
  onTestFinished(() => gateway.stop().catch(() => {}));
  expect((await gateway.load()).schema.getQueryType()?.getFields()).toHaveProperty('payerIdentity');
});

test('the double refuses what it has no fixtures for, and what is no GraphQL', async () => {
  const double = await withDouble();
  const { errors } = await ask(
    double.graphqlUrl,
    'mutation { authenticate(input: { channelId: "a", authCode: "b" }) { __typename } }',
  );
  expect(errors[0].extensions.code).toBe('NOT_IN_THE_DOUBLE');
  const channels = await ask(double.graphqlUrl, '{ payerChannels { authCodeKind } }');
  expect(channels.errors[0].extensions.code).toBe('NOT_IN_THE_DOUBLE');
  const bad = await ask(double.graphqlUrl, ENTITIES, { representations: [{ __typename: 'PayerIdentity' }] });
  expect(bad.errors[0].extensions.code).toBe('BAD_REPRESENTATION');
  expect((await ask(double.graphqlUrl, '{ payerIdentity(id: "pid_1") { userId } }')).data.payerIdentity.userId).toBe(
    '2088',
  );
  expect((await fetch(double.url)).status).toBe(404);
  expect((await fetch(double.graphqlUrl)).status).toBe(405);
  expect((await fetch(double.graphqlUrl, { method: 'POST', body: '{' })).status).toBe(400);
});

test('docs/sandbox.md shows an overlay that is accepted, and an operation that steers', async () => {
  const page = readFileSync(new URL('../../docs/sandbox.md', import.meta.url), 'utf8');
  const block = (language: string) => new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(page)?.[1] ?? '';
  const sandbox = await withSandbox({ config: JSON.parse(block('json')) });
  const start = (returnUrl: string) => ask(sandbox.graphqlUrl, START, { input: { channelId: 'ali_pay', returnUrl } });
  const started = await start('https://dev.shop.example.com/back');
  expect((await start('https://elsewhere.example.com/back')).data.r.code).toBe('INPUT_INVALID');
  const { data } = await ask(sandbox.steeringUrl, block('graphql'), { url: started.data.r.authorizeUrl });
  expect(data).toEqual({
    payerOpens: { answer: 'PayerAuthStepReported' },
    payerAuthorizes: { answer: 'PayerAuthResultStored', code: null },
  });
});

test.each([
  [{ id: '' }, /id: /],
  [{ id: 'a', lastAuthenticatedAt: 'yesterday' }, /lastAuthenticatedAt: /],
  [{ id: 'a', openID: 'o' }, /"openID"/],
])('the double refuses the fixture %j and names the field', async (identity, message) => {
  await expect(startPayerIdentityDouble({ identities: [identity] })).rejects.toThrow(message);
});
