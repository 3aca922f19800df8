/** A service with a configuration file: credentials of the router, introspection, probes. */
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { EdgeReply, EdgeRequest } from '../../src/http/edge.ts';
import { expectRefusal, hello, json, LIMIT, padded, request } from '../support/http/raw-http.ts';
import { newSecret, oldSecret, startConfigured } from '../support/services/configured.ts';

describe('with a configuration file', () => {
  let configured: Awaited<ReturnType<typeof startConfigured>>;
  beforeAll(async () => {
    configured = await startConfigured();
  });
  afterAll(() => configured.close());

  const ask = (body: string, headers: Record<string, string> = {}) =>
    request(configured.url, { method: 'POST', target: '/graphql', headers: { ...json, ...headers }, body });

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
  test.each(operations)('a request without the secret is 401: %s', async (_, body) => {
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
  ])('a secret that is %s is 401, for _service as for other fields', async (_, secret) => {
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
  ])('the %s secret is accepted, so that secrets can be rotated', async (_, secret) => {
    const { status, body } = await ask(hello, { 'router-authorization': secret });
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 200, body: { data: { __typename: 'Query' } } });
  });

  test('the router gets the schema by _service, and introspection is refused', async () => {
    const headers = { 'router-authorization': oldSecret };
    const sdl = await ask('{"query":"{ _service { sdl } }"}', headers);
    expect(JSON.parse(sdl.body).data._service.sdl).toContain('type PayerIdentity');
    for (const query of ['{ __schema { types { name } } }', '{ __type(name: \\"Query\\") { name } }']) {
      const { status, body } = await ask(`{"query":"${query}"}`, headers);
      expect(status).toBe(200);
      expect(JSON.parse(body)).toEqual({ errors: [expect.objectContaining({ extensions: expect.anything() })] });
    }
  });

  test('a refused introspection says that it is off', async () => {
    const { body } = await ask('{"query":"{ __schema { types { name } } }"}', { 'router-authorization': oldSecret });
    expect(JSON.parse(body).errors[0].message).toMatch(/introspection/i);
  });

  test('an error about a mistyped name suggests no other name', async () => {
    const { body } = await ask('{"query":"{ channel { id } }"}', { 'router-authorization': oldSecret });
    expect(JSON.parse(body).errors[0].message).toMatch(/^Cannot query field "channel"/);
    expect(body).not.toMatch(/did you mean/i);
  });

  test.each(['/', '/explorer'])('there is no page at %s', async (target) => {
    const reply = await request(configured.url, { target, headers: { accept: 'text/html' } });
    expectRefusal(reply, { status: 404, code: 'NOT_FOUND' });
  });

  test('probes need no secret and show nothing of the service', async () => {
    expect(JSON.parse((await request(configured.url, { target: '/livez' })).body)).toEqual({ status: 'live' });
    expect(JSON.parse((await request(configured.url, { target: '/readyz' })).body)).toEqual({ status: 'ready' });
  });

  test('/readyz is 503 while the store fails, and /livez stays 200', async () => {
    const broken = await startConfigured(() => ({ ready: () => Promise.reject(new Error('disk-canary')) }));
    onTestFinished(() => broken.close());
    const reply = await request(broken.url, { target: '/readyz' });
    expectRefusal(reply, { status: 503, code: 'STORE_UNAVAILABLE' });
    expect(reply.body).not.toContain('canary');
    expect((await request(broken.url, { target: '/livez' })).status).toBe(200);
  });

  test('a draining service is 503 at /readyz, and still answers operations', async () => {
    const draining = await startConfigured();
    onTestFinished(() => draining.close());
    expect((await request(draining.url, { target: '/readyz' })).status).toBe(200);
    draining.app.drain();
    expectRefusal(await request(draining.url, { target: '/readyz' }), { status: 503, code: 'STOPPING' });
    expect((await request(draining.url, { target: '/livez' })).status).toBe(200);
    const headers = { ...json, 'router-authorization': newSecret };
    const reply = await request(draining.url, { method: 'POST', target: '/graphql', headers, body: hello });
    expect(reply.status).toBe(200);
  });

  test('the body of a request without the secret is not read', async () => {
    let wasRead = false;
    const edge: EdgeRequest = {
      peer: { certificateNames: [], encrypted: false },
      method: 'POST',
      target: '/graphql',
      path: '/graphql',
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
