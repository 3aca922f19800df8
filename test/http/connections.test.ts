/** The limits of one connection, and of all of them together. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { freePort } from '../../src/emulators/free-port.ts';
import { type Handler, reply } from '../../src/http/edge.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/lib/log.ts';
import { expectRefusal, parseReply, sendRaw } from '../support/http/raw-http.ts';

const GET = 'GET / HTTP/1.1\r\nhost: x\r\n\r\n';
const generous = { keepAliveMs: 65_000, maxRequestsPerSocket: 100, maxConnections: 100 };

const start = async (limits: Partial<typeof generous> = {}) => {
  const refusals: string[] = [];
  let handled = 0;
  const handle: Handler = async () => {
    handled += 1;
    return reply(200, 'text/plain', 'hello');
  };
  const server = await listen(handle, {
    ...{ host: '127.0.0.1', port: 0, log: createLog('silent') },
    limits: { ...generous, ...limits },
    onRefusal: (code) => refusals.push(code),
  });
  onTestFinished(() => server.close(0));
  return { url: server.url, refusals, handled: () => handled };
};

/** A connection that can be asked several times. */
const open = async (url: string, localPort?: number) => {
  const address = { port: Number(new URL(url).port), host: '127.0.0.1', ...(localPort && { localPort }) };
  const socket = connect(address).setEncoding('utf8');
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  let received = '';
  socket.on('data', (text: string) => {
    received += text;
  });
  await once(socket, 'connect');
  return {
    socket,
    ask: async () => {
      const answered = once(socket, 'data');
      socket.write(GET);
      await answered;
      return parseReply(received.slice(received.lastIndexOf('HTTP/1.1')));
    },
    closed: once(socket, 'close'),
  };
};

describe('a connection', () => {
  test('a connection is closed after maxRequestsPerSocket requests, and the last reply says so', async () => {
    const { url } = await start({ maxRequestsPerSocket: 3 });
    const { ask, closed } = await open(url);
    for (const expected of ['keep-alive', 'keep-alive', 'close'])
      expect((await ask()).headers.get('connection')).toBe(expected);
    await closed;
  });

  test('a connection that pipelines more than maxRequestsPerSocket requests has only so many executed', async () => {
    const { url, handled } = await start({ maxRequestsPerSocket: 3 });
    await sendRaw(url, [GET.repeat(10)]);
    expect(handled()).toBe(3);
  });

  test('an idle connection stays open for keepAliveMs and no longer', async () => {
    const { url } = await start({ keepAliveMs: 300 });
    const { ask, closed } = await open(url);
    expect((await ask()).status).toBe(200);
    const startedAt = performance.now();
    await closed;
    expect(performance.now() - startedAt).toBeGreaterThan(250);
  });

  test('keepAliveMs is 65 s by default, and every reply announces it', async () => {
    const server = await listen(async () => reply(200, 'text/plain', ''), {
      ...{ host: '127.0.0.1', port: 0, log: createLog('silent') },
    });
    onTestFinished(() => server.close(0));
    const { ask } = await open(server.url);
    expect((await ask()).headers.get('keep-alive')).toMatch(/^timeout=65\b/);
  });
});

test('connections beyond maxConnections are dropped and counted, and the others are served', async () => {
  const { url, refusals } = await start({ maxConnections: 3 });
  const served = [await open(url), await open(url), await open(url)];
  for (const { ask } of served) expect((await ask()).status).toBe(200);
  const { closed } = await open(url);
  await closed;
  expect(refusals).toEqual(['TOO_MANY_CONNECTIONS']);
  for (const { ask } of served) expect((await ask()).status).toBe(200);
  served[0]?.socket.destroy();
  await expect.poll(async () => (await sendRaw(url, [`${GET}`, 'x'])).length, { timeout: 5_000 }).toBeGreaterThan(0);
});

describe('connections beyond maxConnections', () => {
  const full = async () => {
    const { url, refusals } = await start({ maxConnections: 1 });
    return { url, refusals, served: await open(url) };
  };
  const keepsServing = async ({ ask }: Awaited<ReturnType<typeof open>>) => {
    const { status, headers } = await ask();
    expect({ status, connection: headers.get('connection') }).toEqual({ status: 200, connection: 'keep-alive' });
  };

  test('a connection within the limit is served beside one beyond it', async () => {
    const { url, served } = await full();
    await open(url);
    await keepsServing(served);
  });

  test('a connection that follows a closed one is within the limit', async () => {
    const { url, served } = await full();
    served.socket.destroy();
    await served.closed;
    await expect.poll(async () => (await (await open(url)).ask()).headers.get('connection')).toBe('keep-alive');
  });

  test('a connection beyond the limit that its client closes is not counted as refused', async () => {
    const { url, refusals } = await full();
    const { socket, closed } = await open(url);
    socket.destroy();
    await closed;
    await delay(2_300);
    expect(refusals).toEqual([]);
  });

  test('a connection within the limit is served from the port of one that was beyond it', async () => {
    const { url, served } = await full();
    const localPort = await freePort();
    const beyond = await open(url, localPort);
    beyond.socket.resetAndDestroy();
    served.socket.resetAndDestroy();
    await Promise.all([beyond.closed, served.closed]);
    await delay(50);
    await keepsServing(await open(url, localPort));
  });
});

describe('bytes that are not HTTP', () => {
  const fault = (status: string, date: string) =>
    [
      `HTTP/1.1 ${status}`,
      'cache-control: no-store',
      'x-content-type-options: nosniff',
      'referrer-policy: no-referrer',
      'x-frame-options: DENY',
      `date: ${date}`,
      'connection: close',
      'content-length: 0',
      '',
      '',
    ].join('\r\n');

  test.each([
    ['garbage', 'garbage\r\n\r\n', '400 Bad Request', 'HPE_INVALID_METHOD'],
    [
      'a header of 20 KB',
      `GET / HTTP/1.1\r\nx: ${'x'.repeat(20_000)}`,
      '431 Request Header Fields Too Large',
      'HPE_HEADER_OVERFLOW',
    ],
  ])('%s is answered without a body, and counted', async (_, text, status, code) => {
    const { url, refusals, handled } = await start();
    const answer = await sendRaw(url, [text]);
    const date = parseReply(answer).headers.get('date') ?? '';
    expect(Math.abs(Date.parse(date) - Date.now())).toBeLessThan(10_000);
    expect(answer).toBe(fault(status, date));
    expect(refusals).toEqual([code]);
    expect(handled()).toBe(0);
  });

  test('a connection that its client resets is not counted', async () => {
    const { url, refusals } = await start();
    const { socket, closed } = await open(url);
    socket.write('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nx');
    await delay(50);
    socket.resetAndDestroy();
    await closed;
    await delay(50);
    expect(refusals).toEqual([]);
  });
});

test.each([
  ['no host', 'GET / HTTP/1.1\r\nconnection: close\r\n\r\n', 400, 'BAD_REQUEST'],
  ['two hosts', 'GET / HTTP/1.1\r\nconnection: close\r\nhost: a\r\nHost: b\r\n\r\n', 400, 'BAD_REQUEST'],
  ['the same host twice', 'GET / HTTP/1.1\r\nconnection: close\r\nhost: a\r\nhost: a\r\n\r\n', 400, 'BAD_REQUEST'],
  [
    'an expectation',
    'GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\nexpect: tea\r\n\r\n',
    417,
    'EXPECTATION_FAILED',
  ],
])('a request with %s is refused in JSON, and does not reach the handler', async (_, text, status, code) => {
  const { url, refusals, handled } = await start();
  const answer = parseReply(await sendRaw(url, [text]));
  expectRefusal(answer, { status, code });
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(refusals).toEqual([code]);
  expect(handled()).toBe(0);
});

test('the refusal of a request closes the connection without waiting for its body', async () => {
  const { url } = await start();
  const head = 'POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 1000000000\r\n\r\n';
  const answer = parseReply(await sendRaw(url, [head, 'x'.repeat(1_000)]));
  expect(answer.status).toBe(200);
  expect(answer.headers.get('connection')).toBe('close');
});
