/** Probes of orchestrators, at the service's port and at the operator's. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Handler, reply } from '../../src/http/edge.ts';
import { createReadiness } from '../../src/http/probes.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/lib/log.ts';
import { expectRefusal, hello, json, parseReply, request, sendRaw } from '../support/http/raw-http.ts';
import { newSecret, startConfigured } from '../support/services/configured.ts';

const log = createLog('silent');

/** A check whose looks end when the test says so. */
const startChecked = () => {
  const looks: PromiseWithResolvers<void>[] = [];
  const isReady = createReadiness(() => {
    const look = Promise.withResolvers<void>();
    looks.push(look);
    return look.promise;
  });
  return { looks, isReady };
};

describe('readiness', () => {
  test('probes during a check of the store share its result', async () => {
    const { looks, isReady } = startChecked();
    const answers = Promise.all(Array.from({ length: 100 }, isReady));
    expect(looks).toHaveLength(1);
    looks[0]?.resolve();
    expect(await answers).toEqual(Array(100).fill(true));
  });

  test.each([true, false])('a result of the check (%s) is reused for a second', async (ready) => {
    const { looks, isReady } = startChecked();
    const startedAt = performance.now();
    const first = isReady();
    if (ready) looks[0]?.resolve();
    else looks[0]?.reject(new Error('no'));
    expect(await first).toBe(ready);
    while (performance.now() < startedAt + 900) {
      expect(await isReady()).toBe(ready);
      await delay(20);
    }
    expect(looks).toHaveLength(1);
    await delay(startedAt + 1_010 - performance.now());
    const second = isReady();
    expect(looks).toHaveLength(2);
    looks[1]?.resolve();
    expect(await second).toBe(true);
  });

  test('while the store hangs, the first probe fails within a second and later ones at once', async () => {
    const { looks, isReady } = startChecked();
    const startedAt = performance.now();
    expect(await isReady()).toBe(false);
    expect(performance.now() - startedAt).toBeGreaterThan(950);
    expect(performance.now() - startedAt).toBeLessThan(2_000);
    const laterAt = performance.now();
    expect(await isReady()).toBe(false);
    expect(performance.now() - laterAt).toBeLessThan(500);
    // Nothing piles up at a store that says nothing.
    expect(looks).toHaveLength(1);
    looks[0]?.resolve();
    await delay(0);
    const next = isReady();
    expect(looks).toHaveLength(2);
    looks[1]?.resolve();
    expect(await next).toBe(true);
  });

  test('the store is not checked without a probe', async () => {
    const { looks, isReady } = startChecked();
    const first = isReady();
    looks[0]?.resolve();
    await first;
    await delay(1_200);
    expect(looks).toHaveLength(1);
  });
});

describe('the service', () => {
  test('64 clients that probe without pause cause one check of the store a second', async () => {
    let looks = 0;
    const service = await startConfigured(({ ready }) => ({
      ready: () => {
        looks += 1;
        return ready();
      },
    }));
    onTestFinished(() => service.close());
    const startedAt = performance.now();
    let asked = 0;
    const client = async () => {
      while (performance.now() < startedAt + 1_500) {
        expect((await request(service.url, { target: '/readyz' })).status).toBe(200);
        asked += 1;
      }
    };
    await Promise.all(Array.from({ length: 64 }, client));
    const seconds = (performance.now() - startedAt) / 1_000;
    console.log(`probes: ${asked} answers of /readyz in ${seconds.toFixed(1)} s, ${looks} looks at the store`);
    expect(looks).toBeLessThanOrEqual(1 + Math.floor(seconds));
    expect(asked).toBeGreaterThan(64);
  });

  test('/readyz is 503 within about a second while the store hangs, and /livez does not wait for the store', async () => {
    const service = await startConfigured(() => ({ ready: () => new Promise(() => {}) }));
    onTestFinished(() => service.close());
    const startedAt = performance.now();
    const unready = request(service.url, { target: '/readyz' });
    expect((await request(service.url, { target: '/livez' })).status).toBe(200);
    expectRefusal(await unready, { status: 503, code: 'STORE_UNAVAILABLE' });
    expect(performance.now() - startedAt).toBeLessThan(2_000);
  });

  test("the operator's port answers probes and metrics and nothing else", async () => {
    const service = await startConfigured();
    onTestFinished(() => service.close());
    const operations = await listen(service.app.operations, { host: '127.0.0.1', port: 0, log });
    onTestFinished(() => operations.close(0));
    const ask = (target: string, method = 'GET') => request(operations.url, { target, method });
    const { headers, body } = await ask('/livez');
    expect(JSON.parse(body)).toEqual({ status: 'live' });
    expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(JSON.parse((await ask('/readyz?verbose')).body)).toEqual({ status: 'ready' });
    expect((await ask('/metrics')).body).toMatch(/^# TYPE payer_identity_/m);
    expectRefusal(await ask('/graphql', 'POST'), { status: 404, code: 'NOT_FOUND' });
    expectRefusal(await ask('/metrics', 'POST'), { status: 405, code: 'METHOD_NOT_ALLOWED' });
    expectRefusal(await request(service.url, { target: '/metrics' }), { status: 404, code: 'NOT_FOUND' });
    service.app.drain();
    expectRefusal(await ask('/readyz'), { status: 503, code: 'STOPPING' });
    expect((await ask('/livez')).status).toBe(200);
  });

  test('probes close the connection of a client that is not the router', async () => {
    const service = await startConfigured();
    onTestFinished(() => service.close());
    const post = { method: 'POST', body: hello };
    const connectionOf = async (path: string, options: RequestInit = {}) =>
      (await fetch(service.url + path, options)).headers.get('connection');
    expect(await connectionOf('/livez')).toBe('close');
    expect(await connectionOf('/readyz')).toBe('close');
    expect(await connectionOf('/nothing')).toBe('close');
    expect(await connectionOf('/graphql', { ...post, headers: json })).toBe('close');
    const asRouter = { ...json, 'router-authorization': newSecret };
    expect(await connectionOf('/graphql', { ...post, headers: asRouter })).toBe('keep-alive');
  });
});

const LIMIT = 5;

/** A server all of whose connections were used once and are idle. */
const startCrowded = async () => {
  const refusals: string[] = [];
  const handled: string[] = [];
  const handle: Handler = async ({ target }) => {
    handled.push(target);
    return reply(200, 'text/plain', 'hello');
  };
  const server = await listen(handle, {
    ...{ host: '127.0.0.1', port: 0, log, onRefusal: (code: string) => void refusals.push(code) },
    limits: { keepAliveMs: 60_000, maxRequestsPerSocket: 100, maxConnections: LIMIT },
  });
  onTestFinished(() => server.close(0));
  const open = async () => {
    const socket = connect(Number(new URL(server.url).port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    socket.on('error', () => {});
    await once(socket, 'connect');
    return socket;
  };
  const idle = await Promise.all(
    Array.from({ length: LIMIT }, async () => {
      const socket = await open();
      socket.write('GET /idle HTTP/1.1\r\nhost: x\r\n\r\n');
      await once(socket, 'data');
      return socket;
    }),
  );
  handled.length = 0;
  const ask = async (target: string) =>
    parseReply(await sendRaw(server.url, [`GET ${target} HTTP/1.1\r\nhost: x\r\n\r\n`]));
  return { ask, open, idle, refusals, handled };
};

describe('with as many idle connections as are allowed', () => {
  test.each(['/livez', '/readyz', '/readyz?verbose'])(
    'with maxConnections idle connections, %s is answered and its connection closed',
    async (target) => {
      const { ask, refusals, handled } = await startCrowded();
      for (let asked = 0; asked < 3; asked += 1) {
        const answer = await ask(target);
        expect([answer.status, answer.headers.get('connection')]).toEqual([200, 'close']);
      }
      expect(handled).toEqual([target, target, target]);
      expect(refusals).toEqual([]);
    },
  );

  test('with maxConnections idle connections, any other request is refused and counted until one closes', async () => {
    const { ask, idle, refusals, handled } = await startCrowded();
    const refused = await ask('/graphql');
    expectRefusal(refused, { status: 503, code: 'TOO_MANY_CONNECTIONS' });
    expect([refused.headers.get('connection'), refused.headers.get('retry-after')]).toEqual(['close', '2']);
    expect(refusals).toEqual(['TOO_MANY_CONNECTIONS']);
    expect(handled).toEqual([]);
    idle[0]?.destroy();
    await expect.poll(async () => (await ask('/livez')).status).toBe(200);
    idle[1]?.destroy();
    await delay(50);
    const [socket] = idle.slice(2);
    socket?.write('GET /graphql HTTP/1.1\r\nhost: x\r\n\r\n');
    await expect.poll(() => handled).toContain('/graphql');
  });

  test('idle connections beyond the limit are closed within two seconds, so that probes get in', async () => {
    const { ask, open, refusals } = await startCrowded();
    const silent = await Promise.all(Array.from({ length: 16 }, open));
    const closed = Promise.all(silent.map((socket) => once(socket, 'close')));
    // One more than the reserve is dropped at once.
    await once(await open(), 'close');
    expect(refusals).toEqual(['TOO_MANY_CONNECTIONS']);
    const startedAt = performance.now();
    await closed;
    expect(performance.now() - startedAt).toBeLessThan(4_000);
    expect(refusals).toHaveLength(17);
    expect((await ask('/livez')).status).toBe(200);
  });
});
