/** The routes and pages of a service in sandbox mode. */
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { expectRefusal, hello, json, type RawRequest, request as send } from '../support/http/raw-http.ts';
import { type Service, startService } from '../support/services/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const request = (given: RawRequest) => send(service.url, given);
const post = (body: string, headers: Record<string, string> = json, target = '/graphql') =>
  send(service.url, { method: 'POST', target, headers, body });

describe('routes', () => {
  test.each(['/nothing', '/graphql/', '/GRAPHQL', '/livez/', '/favicon.ico', '/.env', '/explorer.html'])(
    'GET %s is 404 in JSON',
    async (target) => {
      expectRefusal(await request({ target }), { status: 404, code: 'NOT_FOUND' });
    },
  );

  test('POST to an unknown path is 404', async () => {
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

  test('a query in the URL is refused with any headers, and not run', async () => {
    const target = `/graphql?query=${encodeURIComponent('{ __typename }')}`;
    for (const headers of [{}, { 'apollo-require-preflight': 'x' }, { ...json }, { accept: 'text/html' }]) {
      const reply = await request({ target, headers });
      expectRefusal(reply, { status: 405, code: 'METHOD_NOT_ALLOWED' });
      expect(reply.body).not.toContain('data');
    }
  });

  test('a query in the URL of the landing page is not run', async () => {
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

  test('/livez reports that the process runs', async () => {
    const { status, body } = await request({ target: '/livez' });
    expect({ status, body: JSON.parse(body) }).toEqual({ status: 200, body: { status: 'live' } });
  });

  test('/readyz reports that requests are accepted', async () => {
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
  ])('a request for the target %s is not a 500', async (target) => {
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

  test.each(['http://x//graphql', '//graphql', '/graphql/../graphql', '/%67raphql', '/graphql/'])(
    'the target %s does not reach GraphQL',
    async (target) => {
      expectRefusal(await post(hello, json, target), { status: 404, code: 'NOT_FOUND' });
    },
  );
});

describe('pages for people', () => {
  test('the landing page is served to clients that accept HTML', async () => {
    const { status, headers, body } = await request({ target: '/', headers: { accept: 'text/html,*/*;q=0.8' } });
    expect(status).toBe(200);
    expect(headers.get('content-type')).toMatch(/^text\/html/);
    expect(body).toMatch(/^\s*<!doctype html>/i);
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
    const json = /<script id="examples" type="application\/json">(.*)<\/script>/.exec(await response.text())?.[1] ?? '';
    const examples: { name: string; operation: string }[] = JSON.parse(json);
    const folder = new URL('../../examples/', import.meta.url);
    const files = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
    expect(examples.map(({ name, operation }) => ({ name, operation })).toSorted(byName)).toEqual(
      files
        .map((name) => ({
          name: name.replace('.graphql', ''),
          operation: readFileSync(new URL(name, folder), 'utf8'),
        }))
        .toSorted(byName),
    );
    expect(files.length).toBeGreaterThan(0);
    // Nothing in an example can end the script that it stands in.
    expect(body.match(/<\/script>/g)).toHaveLength(3);
  });

  test.each(['/', '/explorer', '/cashier', '/payer', '/docs'])(
    'the page %s loads no file of another host, and runs no inline script but an import map',
    async (target) => {
      const { body, headers } = await request({ target, headers: { accept: 'text/html' } });
      expect(body).not.toMatch(/(?:src|href)\s*=\s*["']?(?:https?:)?\/\//);
      const policy = headers.get('content-security-policy') ?? '';
      expect(policy).toMatch(/^default-src 'none'; script-src 'self'/);
      expect(policy).not.toMatch(/script-src[^;]*'unsafe-/);
    },
  );

  test('a file of the pages has its type, and nothing runs when it is opened by itself', async () => {
    const { headers, body } = await request({ target: '/cashier/session.ts' });
    expect(headers.get('content-type')).toBe('text/javascript; charset=utf-8');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none';/);
    expect(body).toContain('export const follow');
    expect(body).not.toContain('interface');
  });
});

const byName = (left: { name: string }, right: { name: string }): number => (left.name < right.name ? -1 : 1);
