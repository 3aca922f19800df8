/** CORS: which origins may call, and which headers they get. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { apolloSandbox } from '../../src/http/cors.ts';
import { expectRefusal, hello, json, request } from '../support/http/raw-http.ts';
import { oldSecret, startConfigured } from '../support/services/configured.ts';
import { type Service, startService } from '../support/services/service.ts';

const shop = 'https://shop.example.com';
const preflight = (origin: string, headers: Record<string, string> = {}) => ({
  method: 'OPTIONS',
  target: '/graphql',
  headers: {
    origin,
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'content-type',
    ...headers,
  },
});
const corsHeaders = (headers: ReadonlyMap<string, string>) =>
  [...headers.keys()].filter((name) => name.startsWith('access-control-')).toSorted();

let configured: Awaited<ReturnType<typeof startConfigured>>;
let sandbox: Service;
let closed: Awaited<ReturnType<typeof startConfigured>>;
beforeAll(async () => {
  configured = await startConfigured(undefined, { http: { cors: [shop] } });
  closed = await startConfigured();
  sandbox = await startService();
});
afterAll(() => Promise.all([configured.close(), closed.close(), sandbox.close()]));

describe('a page of a listed origin', () => {
  test("a page of a listed origin gets a preflight answer, without the router's credentials among the headers", async () => {
    const { status, headers, body } = await request(configured.url, preflight(shop));
    expect({ status, body }).toEqual({ status: 204, body: '' });
    expect(headers.get('access-control-allow-origin')).toBe(shop);
    expect(headers.get('access-control-allow-methods')).toBe('POST');
    expect(headers.get('access-control-allow-headers')).toMatch(/content-type/);
    expect(headers.get('access-control-max-age')).toMatch(/^\d+$/);
    expect(headers.get('vary')).toBe('Origin');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.has('content-length')).toBe(false);
    expect(headers.has('access-control-allow-credentials')).toBe(false);
    expect(headers.has('access-control-allow-private-network')).toBe(false);
  });

  test('access to a private network is allowed only to a preflight that asks for it', async () => {
    const asks = preflight(shop, { 'access-control-request-private-network': 'true' });
    const { headers } = await request(configured.url, asks);
    expect(headers.get('access-control-allow-private-network')).toBe('true');
  });

  test('a page of a listed origin can read answers and refusals', async () => {
    const credentials = { 'router-authorization': oldSecret };
    for (const [status, more] of [
      [200, credentials],
      [401, {}],
    ] as const) {
      const headers = { ...json, origin: shop, ...more };
      const reply = await request(configured.url, { method: 'POST', target: '/graphql', headers, body: hello });
      expect(reply.status).toBe(status);
      expect(reply.headers.get('access-control-allow-origin')).toBe(shop);
      expect(reply.headers.get('vary')).toBe('Origin');
      expect(corsHeaders(reply.headers)).toEqual(['access-control-allow-origin', 'access-control-expose-headers']);
      expect(reply.headers.get('access-control-expose-headers')).toBe('x-trace-id, retry-after, date');
    }
  });

  test('a page of a listed origin without credentials gets nothing but the preflight answer', async () => {
    const noPreflight = { method: 'OPTIONS', target: '/graphql', headers: { origin: shop } };
    expectRefusal(await request(configured.url, noPreflight), { status: 405, code: 'METHOD_NOT_ALLOWED' });
    const { status, body } = await request(configured.url, { ...preflight(shop), body: hello });
    expect({ status, body }).toEqual({ status: 204, body: '' });
  });
});

describe('a page of an origin that is not listed', () => {
  test.each([
    'https://evil.example.com',
    `${shop}.evil.example.com`,
    `${shop}:8443`,
    'http://shop.example.com',
    'https://SHOP.example.com',
    `${shop}/`,
    'null',
    '*',
    '',
    apolloSandbox,
    `${shop}, https://evil.example.com`,
  ])('the origin %s gets no CORS headers', async (origin) => {
    const reply = await request(configured.url, preflight(origin));
    expectRefusal(reply, { status: 405, code: 'METHOD_NOT_ALLOWED' });
    expect(corsHeaders(reply.headers)).toEqual([]);
    const headers = { ...json, origin, 'router-authorization': oldSecret };
    const answer = await request(configured.url, { method: 'POST', target: '/graphql', headers, body: hello });
    expect(corsHeaders(answer.headers)).toEqual([]);
    expect(answer.headers.get('vary')).toBe('Origin');
  });

  test('no origin gets CORS headers where none is listed', async () => {
    for (const origin of [shop, apolloSandbox]) {
      const reply = await request(closed.url, preflight(origin));
      expectRefusal(reply, { status: 405, code: 'METHOD_NOT_ALLOWED' });
      expect(corsHeaders(reply.headers)).toEqual([]);
    }
  });

  test.each(['/livez', '/readyz', '/nothing'])('no origin gets CORS headers at %s', async (target) => {
    const { headers } = await request(configured.url, { ...preflight(shop), target });
    expect(corsHeaders(headers)).toEqual([]);
  });
});

test('sandbox mode allows Apollo Sandbox, on a private network too, and no other host', async () => {
  const asks = preflight(apolloSandbox, { 'access-control-request-private-network': 'true' });
  const { status, headers } = await request(sandbox.url, asks);
  expect(status).toBe(204);
  expect(headers.get('access-control-allow-origin')).toBe('https://studio.apollographql.com');
  expect(headers.get('access-control-allow-private-network')).toBe('true');
  expect((await request(sandbox.url, preflight(shop))).status).toBe(405);
});

test.each([
  ['http://localhost:5173', true],
  ['http://127.0.0.1:8080', true],
  ['http://[::1]:3000', true],
  ['https://localhost', true],
  ['http://localhost.evil.example', false],
  ['http://evil.example', false],
  ['http://127.0.0.1.nip.io', false],
  ['http://192.168.1.7:5173', false],
  ['null', false],
])('a page of %s may call sandbox mode: %s', async (origin, isAllowed) => {
  const { status, headers } = await request(sandbox.url, preflight(origin));
  expect([status, headers.get('access-control-allow-origin')]).toEqual(isAllowed ? [204, origin] : [405, undefined]);
});
