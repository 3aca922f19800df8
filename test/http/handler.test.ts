import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { openSources } from '../../src/channels/registry.ts';
import { loadConfig } from '../../src/config.ts';
import type { EdgeReply, EdgeRequest } from '../../src/http/handler.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { type Service, startService } from '../support/service.ts';

const LIMIT = 65_536;
const json = { 'content-type': 'application/json' };
const hello = JSON.stringify({ query: '{ __typename }' });
/** A GraphQL request of exactly so many bytes. */
const padded = (bytes: number) => hello.padEnd(bytes, ' ');

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

interface Reply {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends bytes as they stand and reads what comes back until the server closes the connection. */
const sendRaw = async (url: string, parts: readonly string[]): Promise<string> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('utf8').setTimeout(5_000);
  let received = '';
  socket.on('data', (text: string) => {
    received += text;
  });
  socket.on('timeout', () => socket.destroy());
  // A server that has answered may close while we still send; what it said is what counts.
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (const part of parts) {
    if (socket.destroyed) break;
    socket.write(part);
    await delay(2);
  }
  await closed;
  return received;
};

/** A body in one chunk, as short bodies without a length come. */
const withoutChunks = (headers: readonly [string, string][], body: string): string =>
  headers.some(([name]) => name === 'transfer-encoding') ? body.split('\r\n').slice(1, -3).join('\r\n') : body;

const parseReply = (text: string): Reply => {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const [name = '', ...value] = line.split(': ');
    return [name.toLowerCase(), value.join(': ')];
  });
  const body = rest.join('\r\n\r\n');
  return { status: Number(statusLine.split(' ')[1]), headers: new Map(headers), body: withoutChunks(headers, body) };
};

interface RawRequest {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** One request on a connection of its own, with the target exactly as given. */
const request = async ({ method = 'GET', target = '/', headers = {}, body }: RawRequest, url = service.url) => {
  const length = body === undefined ? {} : { 'content-length': `${Buffer.byteLength(body)}` };
  const all = { host: '127.0.0.1', connection: 'close', ...length, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return parseReply(await sendRaw(url, [`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`]));
};

const post = (body: string, headers: Record<string, string> = json, target = '/graphql') =>
  request({ method: 'POST', target, headers, body });

/** Every refusal is a GraphQL error in JSON, and nothing but that. */
const expectRefusal = ({ status, headers, body }: Reply, expected: { status: number; code: string }) => {
  expect(status).toBe(expected.status);
  expect(headers.get('content-type')).toMatch(/^application\/json\b/);
  expect(JSON.parse(body)).toEqual({
    errors: [{ message: expect.stringMatching(/\w/), extensions: { code: expected.code } }],
  });
};

describe('what is where', () => {
  test.each(['/nothing', '/graphql/', '/GRAPHQL', '/livez/', '/favicon.ico', '/.env', '/explorer.html'])(
    '%s is 404 in JSON',
    async (target) => {
      expectRefusal(await request({ target }), { status: 404, code: 'NOT_FOUND' });
    },
  );

  test('POST to what is not there is 404 as well', async () => {
    expectRefusal(await post(hello, json, '/nothing'), { status: 404, code: 'NOT_FOUND' });
  });

  test.each(['GET', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'QUERY'])(
    '%s /graphql is 405 and says that POST is allowed',
    async (method) => {
      const reply = await request({ method, target: '/graphql' });
      expectRefusal(reply, { status: 405, code: 'METHOD_NOT_ALLOWED' });
      expect(reply.headers.get('allow')).toBe('POST');
    },
  );

  test('HEAD /graphql is 405 without a body', async () => {
    const { status, body } = await request({ method: 'HEAD', target: '/graphql' });
    expect({ status, body }).toEqual({ status: 405, body: '' });
  });

  test('a query in the URL is refused whatever the headers, and not run', async () => {
    const target = `/graphql?query=${encodeURIComponent('{ __typename }')}`;
    for (const headers of [{}, { 'apollo-require-preflight': 'x' }, { ...json }, { accept: 'text/html' }]) {
      const reply = await request({ target, headers });
      expectRefusal(reply, { status: 405, code: 'METHOD_NOT_ALLOWED' });
      expect(reply.body).not.toContain('data');
    }
  });

  test('a query in the URL of the landing page is not run either', async () => {
    const target = `/?query=${encodeURIComponent('{ __typename }')}`;
    const headers = { accept: 'application/json, text/html;q=0.1', 'apollo-require-preflight': 'x' };
    const { status, body } = await request({ target, headers });
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(body).not.toContain('"data"');
  });

  test('POST /graphql answers, with and without a query string', async () => {
    for (const target of ['/graphql', '/graphql?x', '/graphql?query=%7B']) {
      const { status, body } = await post(hello, json, target);
      expect({ status, body: JSON.parse(body) }).toEqual({ status: 200, body: { data: { __typename: 'Query' } } });
    }
  });

  test('/livez says that the process lives', async () => {
    const { status, body } = await request({ target: '/livez' });
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 200, body: { status: 'live' } });
  });

  test('/readyz says that requests may come', async () => {
    const { status, body } = await request({ target: '/readyz' });
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 200, body: { status: 'ready' } });
  });

  test.each([
    '//',
    '///graphql',
    '/graphql?x',
    'http://evil/graphql',
    'http://',
    '/graphql/../x',
    '/graphql/..',
    '/%2e%2e/graphql',
    '/%',
    '/%00',
    '/\\',
    '/graphql#x',
    '/graphql;x',
    '*',
    '/__proto__',
    '/constructor',
    '/?%zz',
  ])('the target %s gets an answer that is no fault of ours', async (target) => {
    for (const method of ['GET', 'POST', 'OPTIONS']) {
      const body = method === 'POST' ? hello : undefined;
      const { status } = await request({ method, target, headers: json, ...(body && { body }) });
      expect(status).toBeGreaterThanOrEqual(200);
      expect(status).toBeLessThan(500);
    }
  });

  test('a target of 4,000 characters is 404', async () => {
    expectRefusal(await request({ target: `/${'x'.repeat(4_000)}` }), { status: 404, code: 'NOT_FOUND' });
  });

  test.each(['http://evil/graphql', '//graphql', '/graphql/../graphql', '/%67raphql', '/graphql/'])(
    'the target %s does not reach GraphQL',
    async (target) => {
      expectRefusal(await post(hello, json, target), { status: 404, code: 'NOT_FOUND' });
    },
  );
});

describe('the body', () => {
  test.each([
    ['absent', undefined],
    ['text/plain', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['multipart', 'multipart/form-data; boundary=x'],
    ['application/graphql', 'application/graphql'],
    ['JSON by another name', 'application/jsonp'],
    ['JSON in UTF-16', 'application/json; charset=utf-16'],
    ['JSON in UTF-7', 'application/json; charset=utf-7'],
    ['JSON in ISO-8859-1', 'application/json; charset=iso-8859-1'],
    ['JSON in no charset', 'application/json; charset='],
    ['two at once', 'application/json, text/plain'],
  ])('whose content type is %s is 415', async (_, type) => {
    const reply = await post(hello, type === undefined ? {} : { 'content-type': type });
    expectRefusal(reply, { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
  });

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
    'Application/JSON',
    'application/graphql+json',
  ])('as %s is read', async (type) => {
    expect((await post(hello, { 'content-type': type })).status).toBe(200);
  });

  test.each([
    ['is empty', ''],
    ['is not JSON', '{'],
    ['is GraphQL', '{ __typename }'],
    ['is JSON with something behind it', `${hello} x`],
    ['is a JSON number', '5'],
    ['is a JSON string', '"{ __typename }"'],
    ['is JSON null', 'null'],
    ['is JSON true', 'true'],
    ['is a batch', `[${hello}]`],
    ['is an empty batch', '[]'],
    ['is an empty object', '{}'],
    ['has a prototype and no query', '{"__proto__":{"query":"{ __typename }"}}'],
  ])('that %s is 400', async (_, body) => {
    expectRefusal(await post(body), { status: 400, code: 'BAD_REQUEST' });
  });

  test('that is not UTF-8 is 400', async () => {
    const response = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: json,
      body: Buffer.concat([Buffer.from('{"query":"{ __typename }","x":"'), Buffer.of(0xd6, 0xd0), Buffer.from('"}')]),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  test('of 64 KiB passes', async () => {
    expect((await post(padded(LIMIT))).status).toBe(200);
  });

  test('of one byte more is 413, by its length alone', async () => {
    // Not a byte of the body follows: the length is enough to refuse.
    const head = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${LIMIT + 1}\r\n\r\n`;
    const reply = parseReply(await sendRaw(service.url, [head]));
    expectRefusal(reply, { status: 413, code: 'BODY_TOO_LARGE' });
    expect(reply.headers.get('connection')).toBe('close');
  });

  test('of one byte more is 413 when it is sent', async () => {
    expectRefusal(await post(padded(LIMIT + 1)), { status: 413, code: 'BODY_TOO_LARGE' });
  });

  const chunked = (sizes: readonly number[]) => [
    'POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    ...sizes.map((size, i) => `${size.toString(16)}\r\n${i === 0 ? padded(size) : ' '.repeat(size)}\r\n`),
    '0\r\n\r\n',
  ];

  test('in chunks of 64 KiB together passes', async () => {
    expect(parseReply(await sendRaw(service.url, chunked([30_000, 30_000, LIMIT - 60_000]))).status).toBe(200);
  });

  test('in chunks of one byte more is 413', async () => {
    const text = await sendRaw(service.url, chunked([30_000, 30_000, LIMIT - 60_000 + 1]));
    expectRefusal(parseReply(text), { status: 413, code: 'BODY_TOO_LARGE' });
  });

  test('in chunks without end is 413 and cut off', async () => {
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(' '.repeat(10_000))),
    });
    const init = { method: 'POST', headers: json, body, duplex: 'half' } as const;
    const response = await fetch(`${service.url}/graphql`, { ...init, signal: AbortSignal.timeout(5_000) });
    expect(response.status).toBe(413);
  });

  test('that breaks off is no fault of ours: nothing is logged as unexpected', async () => {
    const before = service.logLines.length;
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{');
    await delay(100);
    socket.destroy();
    await delay(200);
    expect(service.logLines.slice(before)).toEqual([]);
  });
});

describe('every reply is kept by nobody and taken for nothing else', () => {
  const expectGuarded = ({ headers }: Reply) => {
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  };

  const missing = JSON.stringify({ query: '{ payerIdentity(id: "x") { id } }' });
  test.each<[string, number, RawRequest]>([
    ['data', 200, { method: 'POST', target: '/graphql', headers: json, body: hello }],
    ['null', 200, { method: 'POST', target: '/graphql', headers: json, body: missing }],
    ['a GraphQL error', 400, { method: 'POST', target: '/graphql', headers: json, body: '{"query":"{ nope }"}' }],
    ['a syntax error', 400, { method: 'POST', target: '/graphql', headers: json, body: '{"query":"{"}' }],
    ['invalid JSON', 400, { method: 'POST', target: '/graphql', headers: json, body: '{' }],
    ['an empty request', 400, { method: 'POST', target: '/graphql', headers: json, body: '{}' }],
    ['nothing there', 404, { target: '/nothing' }],
    ['a wrong method', 405, { target: '/graphql' }],
    [
      'an impossible accept',
      406,
      { method: 'POST', target: '/graphql', headers: { ...json, accept: 'image/png' }, body: hello },
    ],
    ['a body over the limit', 413, { method: 'POST', target: '/graphql', headers: json, body: padded(LIMIT + 1) }],
    ['a wrong content type', 415, { method: 'POST', target: '/graphql', body: hello }],
    ['liveness', 200, { target: '/livez' }],
    ['readiness', 200, { target: '/readyz' }],
    ['the landing page', 200, { target: '/', headers: { accept: 'text/html' } }],
    ['the explorer', 200, { target: '/explorer' }],
    ['what is no HTTP at all', 400, { target: '/ x y z' }],
    ['headers over the limit', 431, { target: '/livez', headers: { 'x-large': 'x'.repeat(10_000) } }],
  ])('%s (%i)', async (_, status, given) => {
    const reply = await request(given);
    expect(reply.status).toBe(status);
    expectGuarded(reply);
  });

  test('a fault of ours (500)', async () => {
    const server = await listen(() => Promise.reject(new Error('secret-canary')), {
      host: '127.0.0.1',
      port: 0,
      log: createLog('silent'),
    });
    onTestFinished(() => server.close(1_000));
    const reply = await request({ target: '/' }, server.url);
    expectRefusal(reply, { status: 500, code: 'INTERNAL_SERVER_ERROR' });
    expect(reply.body).not.toContain('canary');
    expectGuarded(reply);
  });
});

describe('a server that closes', () => {
  /** A server whose every answer takes a while, and a request that is under way. */
  const startSlow = async (answerAfterMs: number) => {
    const handle = async (): Promise<EdgeReply> => {
      await delay(answerAfterMs);
      return { status: 200, headers: { 'content-type': 'text/plain' }, body: 'late' };
    };
    const server = await listen(handle, { host: '127.0.0.1', port: 0, log: createLog('silent') });
    const answer = fetch(server.url).then(
      (response) => response.text(),
      () => 'cut off',
    );
    await delay(100);
    return { server, answer };
  };
  const closeTime = async (closing: Promise<void>) => {
    const startedAt = performance.now();
    await closing;
    return performance.now() - startedAt;
  };

  test('lets a request under way finish, and is closed as soon as that is answered', async () => {
    const { server, answer } = await startSlow(400);
    const tookMs = await closeTime(server.close(4_000));
    expect(await answer).toBe('late');
    expect(tookMs).toBeLessThan(2_000);
  });

  test('cuts off a request that takes longer than the grace', async () => {
    const { server, answer } = await startSlow(5_000);
    const tookMs = await closeTime(server.close(200));
    expect(await answer).toBe('cut off');
    expect(tookMs).toBeLessThan(2_000);
  });

  test('takes no new connections', async () => {
    const { server, answer } = await startSlow(300);
    const closing = server.close(1_000);
    await expect(fetch(server.url)).rejects.toThrow();
    await closing;
    expect(await answer).toBe('late');
  });
});

describe('pages for people', () => {
  test('the landing page is there for who accepts HTML', async () => {
    const { status, headers, body } = await request({ target: '/', headers: { accept: 'text/html,*/*;q=0.8' } });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    expect(body).toMatch(/^\s*<!doctype html>/i);
  });

  test('the landing page sends its operations to where GraphQL is', async () => {
    const { body } = await request({ target: '/', headers: { accept: 'text/html' } });
    // Apollo's page asks whatever address it was loaded from, unless it is told another.
    const endpoint = /initialEndpoint = window\.location\.href/.test(body) ? '/' : '/graphql';
    expect((await post(hello, json, endpoint)).status).toBe(200);
  });

  test.each([
    ['absent', {}],
    ['*/*', { accept: '*/*' }],
    ['JSON', { accept: 'application/json' }],
  ])('the landing page is 404 when accept is %s', async (_, headers) => {
    expectRefusal(await request({ target: '/', headers }), { status: 404, code: 'NOT_FOUND' });
  });

  test('the explorer contains every example operation as it stands in its file', async () => {
    const { status, headers, body } = await request({ target: '/explorer' });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const response = await fetch(`${service.url}/explorer`);
    const examples = JSON.parse(/const examples = (\[.*\]);/.exec(await response.text())?.[1] ?? '');
    const folder = new URL('../../examples/', import.meta.url);
    const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
    expect(examples).toEqual(
      files.toSorted().map((name) => ({
        name: name.replace('.graphql', ''),
        operation: readFileSync(new URL(name, folder), 'utf8'),
      })),
    );
    expect(files.length).toBeGreaterThan(0);
    // Nothing in an example can end the script that it stands in.
    expect(body.match(/<\/script>/g)).toHaveLength(1);
  });

  test('the explorer loads nothing from elsewhere', async () => {
    const { body } = await request({ target: '/explorer' });
    expect(body).not.toMatch(/(?:src|href)\s*=\s*["']?(?:https?:)?\/\//);
  });
});

describe('with a configuration file', () => {
  const oldSecret = 'old-router-secret-0123456789abcdef';
  const newSecret = 'new-router-secret-0123456789abcdef';

  const startConfigured = async (changeStore: (store: Store) => Partial<Store> = () => ({})) => {
    const folder = mkdtempSync(join(tmpdir(), 'payer-identity-'));
    const path = join(folder, 'config.json');
    const keys = generateVaultKeys();
    writeFileSync(
      path,
      JSON.stringify({
        defaultApp: 'shop',
        apps: [{ id: 'shop', channels: { ali_pay: 'upstream' } }],
        // Nothing here is redeemed, so nothing listens there.
        sources: { upstream: { type: 'daxpay', baseUrl: 'http://127.0.0.1', appId: 'a', secret: 's' } },
        router: { secrets: [oldSecret, newSecret] },
        keys,
      }),
    );
    const config = await loadConfig({ CONFIG: path }, () => Promise.reject(new Error('no sandbox here')));
    const vault = openVault(keys);
    const opened = createStore(openSqlite({ file: ':memory:', now: Date.now }), { vault, times: config.times });
    const store = { ...opened, ...changeStore(opened) };
    const sources = openSources(config.sources);
    const log = createLog('silent');
    const app = await createApp(config, { store, sources, vault, log });
    const server = await listen(app.handle, { host: '127.0.0.1', port: 0, log });
    return {
      app,
      url: server.url,
      async close() {
        await server.close(1_000);
        await app.close();
        await sources.close();
        await opened.close();
        rmSync(folder, { recursive: true, force: true });
      },
    };
  };

  let configured: Awaited<ReturnType<typeof startConfigured>>;
  beforeAll(async () => {
    configured = await startConfigured();
  });
  afterAll(() => configured.close());

  const ask = (body: string, headers: Record<string, string> = {}) =>
    request({ method: 'POST', target: '/graphql', headers: { ...json, ...headers }, body }, configured.url);

  const operations: [string, string][] = [
    ['a query', hello],
    ['_service', '{"query":"{ _service { sdl } }"}'],
    ['_entities', '{"query":"{ _entities(representations: []) { __typename } }"}'],
    ['introspection', '{"query":"{ __schema { types { name } } }"}'],
    ['a mutation', '{"query":"mutation { authenticate(input: {}) { __typename } }"}'],
    ['a syntax error', '{"query":"{"}'],
    ['what is not JSON', '{'],
    ['a body over the limit', padded(LIMIT + 1)],
  ];
  test.each(operations)('%s without the secret is 401', async (_, body) => {
    expectRefusal(await ask(body), { status: 401, code: 'UNAUTHENTICATED' });
  });

  test.each([
    ['empty', ''],
    ['wrong', 'wrong-router-secret-0123456789abcd'],
    ['one character short', oldSecret.slice(0, -1)],
    ['one character long', `${oldSecret}x`],
    ['in other letters', oldSecret.toUpperCase()],
    ['both at once', `${oldSecret}, ${newSecret}`],
    ['a bearer token', `Bearer ${oldSecret}`],
    ['undefined', 'undefined'],
  ])('a secret that is %s is 401, for _service as for anything', async (_, secret) => {
    for (const [, body] of operations) {
      expectRefusal(await ask(body, { 'router-authorization': secret }), { status: 401, code: 'UNAUTHENTICATED' });
    }
  });

  test('the secret in another header is 401', async () => {
    expectRefusal(await ask(hello, { authorization: oldSecret }), { status: 401, code: 'UNAUTHENTICATED' });
  });

  test.each([
    ['old', oldSecret],
    ['new', newSecret],
  ])('the %s secret opens, so that secrets can be rotated', async (_, secret) => {
    const { status, body } = await ask(hello, { 'router-authorization': secret });
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 200, body: { data: { __typename: 'Query' } } });
  });

  test('the router gets the schema, but nobody gets introspection', async () => {
    const headers = { 'router-authorization': oldSecret };
    const sdl = await ask('{"query":"{ _service { sdl } }"}', headers);
    expect(JSON.parse(sdl.body).data._service.sdl).toContain('type PayerIdentity');
    for (const query of ['{ __schema { types { name } } }', '{ __type(name: \\"Query\\") { name } }']) {
      const { status, body } = await ask(`{"query":"${query}"}`, headers);
      expect(status).toBe(400);
      expect(JSON.parse(body).data).toBeUndefined();
    }
  });

  test('who asks for introspection is told that it is off', async () => {
    const { body } = await ask('{"query":"{ __schema { types { name } } }"}', { 'router-authorization': oldSecret });
    expect(JSON.parse(body).errors[0].message).toMatch(/introspection/i);
  });

  test('mistyped names get no suggestions', async () => {
    const { body } = await ask('{"query":"{ channel { id } }"}', { 'router-authorization': oldSecret });
    expect(JSON.parse(body).errors[0].message).toMatch(/^Cannot query field "channel"/);
    expect(body).not.toMatch(/did you mean/i);
  });

  test.each(['/', '/explorer'])('there is no page at %s', async (target) => {
    const reply = await request({ target, headers: { accept: 'text/html' } }, configured.url);
    expectRefusal(reply, { status: 404, code: 'NOT_FOUND' });
  });

  test('health needs no secret and tells nothing', async () => {
    expect(JSON.parse((await request({ target: '/livez' }, configured.url)).body)).toEqual({ status: 'live' });
    expect(JSON.parse((await request({ target: '/readyz' }, configured.url)).body)).toEqual({ status: 'ready' });
  });

  test('a store that cannot keep its promises makes /readyz 503, and /livez stays', async () => {
    const broken = await startConfigured(() => ({ ready: () => Promise.reject(new Error('disk-canary')) }));
    onTestFinished(() => broken.close());
    const reply = await request({ target: '/readyz' }, broken.url);
    expectRefusal(reply, { status: 503, code: 'STORE_UNAVAILABLE' });
    expect(reply.body).not.toContain('canary');
    expect((await request({ target: '/livez' }, broken.url)).status).toBe(200);
  });

  test('a service that drains says so at /readyz, and still answers', async () => {
    const draining = await startConfigured();
    onTestFinished(() => draining.close());
    expect((await request({ target: '/readyz' }, draining.url)).status).toBe(200);
    draining.app.drain();
    expectRefusal(await request({ target: '/readyz' }, draining.url), { status: 503, code: 'STOPPING' });
    expect((await request({ target: '/livez' }, draining.url)).status).toBe(200);
    const headers = { ...json, 'router-authorization': newSecret };
    const reply = await request({ method: 'POST', target: '/graphql', headers, body: hello }, draining.url);
    expect(reply.status).toBe(200);
  });

  test('the body of somebody without the secret is not even read', async () => {
    let wasRead = false;
    const edge: EdgeRequest = {
      peer: { address: '127.0.0.1', certificateNames: [] },
      method: 'POST',
      target: '/graphql',
      headers: json,
      signal: new AbortController().signal,
      async readBody() {
        wasRead = true;
        return Buffer.from(hello);
      },
    };
    const withSecret = { ...edge, headers: { ...json, 'router-authorization': newSecret } };
    const replies: EdgeReply[] = [await configured.app.handle(edge)];
    expect(wasRead).toBe(false);
    replies.push(await configured.app.handle(withSecret));
    expect(wasRead).toBe(true);
    expect(replies.map(({ status }) => status)).toEqual([401, 200]);
  });
});
