/** Headers of every response, and how a server closes. */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { EdgeReply } from '../../src/http/edge.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/lib/log.ts';
import {
  expectRefusal,
  hello,
  json,
  LIMIT,
  padded,
  type RawRequest,
  type Reply,
  request,
} from '../support/http/raw-http.ts';
import { type Service, startService } from '../support/services/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

describe('every response carries no-store and nosniff', () => {
  const expectGuarded = ({ headers }: Reply) => {
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  };

  const missing = JSON.stringify({ query: '{ payerIdentity(id: "x") { id } }' });
  test.each<[string, number, RawRequest]>([
    ['data', 200, { method: 'POST', target: '/graphql', headers: json, body: hello }],
    ['null', 200, { method: 'POST', target: '/graphql', headers: json, body: missing }],
    ['a GraphQL error', 200, { method: 'POST', target: '/graphql', headers: json, body: '{"query":"{ nope }"}' }],
    ['a syntax error', 200, { method: 'POST', target: '/graphql', headers: json, body: '{"query":"{"}' }],
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
  ])('the response to %s (%i) carries no-store and nosniff', async (_, status, given) => {
    const reply = await request(service.url, given);
    expect(reply.status).toBe(status);
    expectGuarded(reply);
  });

  test('the response to an unexpected failure (500) carries no-store and nosniff', async () => {
    const server = await listen(() => Promise.reject(new Error('secret-canary')), {
      host: '127.0.0.1',
      port: 0,
      log: createLog('silent'),
    });
    onTestFinished(() => server.close(1_000));
    const reply = await request(server.url, { target: '/' });
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

  test('a closing server lets a running request finish, and has closed as soon as it is answered', async () => {
    const { server, answer } = await startSlow(400);
    const tookMs = await closeTime(server.close(4_000));
    expect(await answer).toBe('late');
    expect(tookMs).toBeLessThan(2_000);
  });

  test('a closing server cuts off a request that takes longer than the grace', async () => {
    const { server, answer } = await startSlow(5_000);
    const tookMs = await closeTime(server.close(200));
    expect(await answer).toBe('cut off');
    expect(tookMs).toBeLessThan(2_000);
  });

  test('a closing server accepts no new connections', async () => {
    const { server, answer } = await startSlow(300);
    const closing = server.close(1_000);
    await expect(fetch(server.url)).rejects.toThrow();
    await closing;
    expect(await answer).toBe('late');
  });
});
