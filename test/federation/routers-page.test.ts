/** docs/routers.md: its blocks are configurations that routers take, and what it says of enforcing gateways is so. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { connect } from 'node:net';
import { gzipSync } from 'node:zlib';
import { composeServices } from '@apollo/composition';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { buildHTTPExecutor } from '@graphql-tools/executor-http';
import { parse } from 'graphql';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { parseDocument } from 'yaml';
import { configFile } from '../../src/config/file.ts';
import { printedSchemaFile } from '../../src/graphql/schema.ts';
import { readBlocks } from '../support/markdown.ts';
import { grafbase, runGrafbase } from '../support/schema/grafbase.ts';
import { type ScopedService, startScopedService, type Who } from '../support/services/scoped-service.ts';
import { AUTHENTICATE_AND_SET } from '../support/services/service.ts';
import { audience } from '../support/signers/issuer.ts';

const blocks = readBlocks('routers.md');
const blockOf = (title: string) => blocks.find((block) => block.title.startsWith(title))?.text ?? '';
const sdl = readFileSync(printedSchemaFile, 'utf8');
const routerSecret = 'router-secret-0123456789-abcdefghij';
const example = (name: string, queryCode: string) =>
  readFileSync(new URL(`../../examples/${name}.graphql`, import.meta.url), 'utf8').replace(
    /\$queryCode: String! = "\w+"/,
    `$queryCode: String! = "${queryCode}"`,
  );

let scoped: ScopedService;
let queryCode = '';
beforeAll(async () => {
  scoped = await startScopedService({}, { router: { secrets: [routerSecret] } });
  const input = { channelId: 'ali_pay', authCode: 'ok_1' };
  const { data } = await scoped.service.graphql(
    AUTHENTICATE_AND_SET,
    { input },
    { 'router-authorization': routerSecret },
  );
  queryCode = data.authenticateAndSet.queryCode;
});
afterAll(() => scoped.close());

test('every block of the page parses, and names this subgraph or is a part of its configuration', () => {
  expect(blocks.length).toBeGreaterThan(10);
  for (const { language, text } of blocks) {
    if (language === 'yaml') {
      expect(parseDocument(text).errors).toEqual([]);
      expect(text).toContain('payer-identity');
    } else if (language === 'json') {
      const parts = JSON.parse(text);
      expect(Object.keys(configFile.shape)).toEqual(expect.arrayContaining(Object.keys(parts)));
    } else if (language === 'ts') expect(() => stripTypeScriptTypes(text)).not.toThrow();
    else expect({ language, named: text.includes('payer-identity') }).toEqual({ language: 'toml', named: true });
  }
});

test('every whole configuration sends the credentials, forwards the token and waits for 35 s where it can', () => {
  for (const title of [
    'router.yaml of Apollo Router 2',
    'router.config.yaml of Hive',
    'config.yaml of Cosmo',
    'grafbase.toml',
  ]) {
    const text = blocks.findLast((block) => block.title.startsWith(title))?.text ?? '';
    expect(text, title).toMatch(/[Rr]outer-[Aa]uthorization/);
    expect(text, title).toMatch(/named?[:=\s"]+[Aa]uthorization/);
    expect(text, title).toMatch(/time-?out[:=\s"]+35s/);
  }
});

describe('what the page says of settings to leave off', () => {
  const send = async (body: string | Uint8Array<ArrayBuffer>, headers = {}) => {
    const response = await fetch(`${scoped.service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'router-authorization': routerSecret, ...headers },
      body,
    });
    const { data, errors, extensions } = await response.json();
    return { status: response.status, data, code: errors?.[0]?.extensions?.code, extensions };
  };
  const query = JSON.stringify({ query: '{ __typename }' });
  const served = { status: 200, data: { __typename: 'Query' } };
  const hash = createHash('sha256').update('{ __typename }').digest('hex');
  const persisted = JSON.stringify({ extensions: { persistedQuery: { version: 1, sha256Hash: hash } } });

  test.each([
    ['a batch of operations is 400', `[${query}]`, {}, { status: 400, code: 'BAD_REQUEST' }],
    ['a compressed request is read', gzipSync(query), { 'content-encoding': 'gzip' }, served],
    ['another coding is 415', query, { 'content-encoding': 'zstd' }, { status: 415 }],
    ['a hash alone is answered so that routers fall back', persisted, {}, { code: 'PERSISTED_QUERY_NOT_SUPPORTED' }],
    [
      'a subscription that accepts no stream is refused',
      '{"query":"subscription { authResult(queryCode: \\"x\\") { __typename } }"}',
      {},
      { status: 200, code: 'BAD_USER_INPUT' },
    ],
    [
      'a request for traces is ignored',
      query,
      { 'apollo-federation-include-trace': 'ftv1' },
      { ...served, extensions: undefined },
    ],
  ])('%s', async (_, body, headers, expected) => {
    expect(await send(body as string, headers)).toMatchObject(expected);
  });

  test('HTTP/2 without TLS is not served, and the connection is closed', async () => {
    const { hostname, port } = new URL(scoped.service.url);
    const socket = connect(Number(port), hostname);
    socket.write('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    expect((await socket.setEncoding('utf8').toArray()).join('')).toMatch(/^(?:HTTP\/1\.1 [45]\d\d .*)?$/s);
  });

  test('every answer carries no-store', async () => {
    const response = await fetch(`${scoped.service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'router-authorization': routerSecret },
      body: query,
    });
    expect(response.headers.get('cache-control')).toBe('no-store');
  });
});

/** Hive Gateway with the block of the page, changed by `change`. */
const openHive = (change: (text: string) => string = (text) => text) => {
  const { issuer, jwks } = scoped.issuer;
  const verifyToken = async ({ headers }: { headers: Record<string, string> }) => {
    if (headers.authorization === undefined) return undefined;
    const options = { issuer, audience, algorithms: ['ES256'] };
    const token = headers.authorization.replace('Bearer ', '');
    return (await jwtVerify(token, createLocalJWKSet(jwks()), options)).payload;
  };
  const text = stripTypeScriptTypes(
    change(blockOf('Hive Gateway: gateway.config.ts')).replace('export const', 'const'),
  );
  const settings = new Function('defineConfig', 'verifyToken', 'process', `${text}; return gatewayConfig;`)(
    (config: object) => config,
    verifyToken,
    { env: { ROUTER_SECRET: routerSecret } },
  );
  const subgraph = { name: 'payer-identity', url: `${scoped.service.url}/graphql`, typeDefs: parse(sdl) };
  const gateway = createGatewayRuntime({
    ...settings,
    supergraph: composeServices([subgraph]).supergraphSdl,
    logging: false,
    transports: {
      http: {
        getSubgraphExecutor: ({ transportEntry }: { transportEntry: { location?: string } }) =>
          buildHTTPExecutor({ endpoint: transportEntry.location ?? '' }),
      },
    },
  });
  onTestFinished(async () => void (await gateway[Symbol.asyncDispose]()));
  return async (query: string, who?: Who) => {
    const response = await gateway.fetch('http://gateway.example/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(who && (await scoped.as(who))) },
      body: JSON.stringify({ query }),
    });
    return { status: response.status, ...(await response.json()) };
  };
};

describe('Hive Gateway with the block of the page, which enforces scopes', () => {
  const outcome = { authResult: { __typename: 'PayerAuthSucceeded', expiresAt: expect.any(String) } };
  const refused = [expect.objectContaining({ extensions: { code: 'UNAUTHORIZED_FIELD_OR_TYPE' } })];

  test('a payer page gets the outcome, and a server with payer:read the identity', async () => {
    const ask = openHive();
    expect(await ask(example('auth-result', queryCode))).toEqual({ status: 200, data: outcome });
    const identity = await ask(example('auth-result-identity', queryCode), { scopes: ['payer:read'] });
    expect(identity).toMatchObject({ status: 200, data: { authResult: { identity: { userId: 'user' } } } });
    expect(identity).not.toHaveProperty('errors');
  });

  test('a page that asks for the identity without the scope gets the rest of its data, an error and status 401', async () => {
    const { status, data, errors } = await openHive()(example('auth-result-identity', queryCode));
    expect({ status, data, errors }).toEqual({
      status: 401,
      data: { authResult: { __typename: 'PayerAuthSucceeded', identity: null } },
      errors: refused,
    });
  });

  test('without rejectUnauthenticated: false that page is refused as a whole, and the outcome alone is not', async () => {
    const ask = openHive((text) => text.replace('    rejectUnauthenticated: false,\n', ''));
    const { status, data, errors } = await ask(example('auth-result-identity', queryCode));
    expect({ status, data: data ?? null, errors }).toMatchObject({ status: 401, data: null, errors: refused });
    expect(await ask(example('auth-result', queryCode))).toEqual({ status: 200, data: outcome });
  });

  test('authenticate without its scope is PayerNotAllowed, as without an enforcing gateway', async () => {
    const mutation = `mutation { authenticate(input: { channelId: "ali_pay", authCode: "not_sent" }) {
      __typename ... on PayerNotAllowed { code requiredScope } } }`;
    expect(await openHive()(mutation)).toEqual({
      status: 200,
      data: {
        authenticate: { __typename: 'PayerNotAllowed', code: 'NOT_ALLOWED', requiredScope: 'payer:authenticate' },
      },
    });
  });
});

test.skipIf(!grafbase)(
  'Grafbase starts with the block of the page, and sends secret and token',
  async () => {
    const toml = blocks.findLast(({ title }) => title === 'grafbase.toml')?.text ?? '';
    const gateway = await runGrafbase({
      config: [
        toml
          .replace('http://payer-identity.internal/graphql', `${scoped.service.url}/graphql`)
          .replace('{{ env.ROUTER_SECRET }}', routerSecret),
      ],
      files: { 'subgraph.graphql': sdl },
    });
    onTestFinished(gateway.close);
    const ask = async (query: string, headers = {}) => {
      const response = await fetch(gateway.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query }),
      });
      return response.json();
    };
    expect(await ask(example('auth-result', queryCode))).toMatchObject({
      data: { authResult: { __typename: 'PayerAuthSucceeded' } },
    });
    expect(await ask(example('auth-result-identity', queryCode), await scoped.as())).toMatchObject({
      data: { authResult: { identity: { userId: 'user' } } },
    });
  },
  60_000,
);
