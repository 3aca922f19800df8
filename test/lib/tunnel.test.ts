/** CONNECT to a forward proxy, with the test in its place: what the proxy receives, and which of its answers open a tunnel. */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { createOneUseStream } from '../../src/lib/one-use.ts';
import { closed, openTunnel, ProxyRefusal, portOf } from '../../src/lib/tunnel.ts';
import { memorySocket } from '../support/upstreams/memory-socket.ts';

vi.mock('../../src/lib/one-use.ts', { spy: true });

const PROXY = 'http://proxy.example:3128';
const TARGET = 'https://pay.example/pay';

/** Asks a proxy for a tunnel, and reports the outcome: the error, or `pending` while the tunnel is neither open nor refused. */
const ask = ({ proxy = PROXY, target = TARGET, answer = (_: Socket): void => undefined } = {}) => {
  const { socket, written } = memorySocket((from) => answer(from));
  onTestFinished(() => void socket.on('error', () => undefined).destroy());
  const opened = openTunnel(socket, new URL(proxy), new URL(target)).then(
    () => 'open',
    (error: unknown) => error,
  );
  const outcome = Promise.race([opened, delay(2_000, 'pending')]);
  const stream = vi.mocked(createOneUseStream).mock.results.at(-1)?.value as ReturnType<typeof createOneUseStream>;
  return { socket, written, outcome, stream };
};

const reply = (text: string) => (socket: Socket) => void socket.push(`${text}\r\n\r\n`);

test.each([
  ['http://h', 80],
  ['https://h', 443],
  ['http://h:8080', 8080],
  ['https://h:8443', 8443],
])('the port of %s is %i', (address, port) => {
  expect(portOf(new URL(address))).toBe(port);
});

test('a closed connection is an error with the code ECONNRESET', () => {
  expect(closed()).toMatchObject({ message: 'The connection was closed', code: 'ECONNRESET' });
});

test('the refusal of a proxy is an error with the status as its code', () => {
  const expected = { name: 'ProxyRefusal', message: 'the proxy refused', code: 'HTTP_407' };
  expect(new ProxyRefusal(407)).toMatchObject(expected);
});

describe('the request for a tunnel', () => {
  test.each([
    ['https://pay.example/pay', 'pay.example:443'],
    ['http://pay.example', 'pay.example:80'],
    ['https://[::1]:8443', '[::1]:8443'],
  ])('the request for a tunnel to %s names %s', async (target, host) => {
    const { written, outcome } = ask({ target, answer: reply('HTTP/1.1 200 OK') });
    expect(await outcome).toBe('open');
    expect(written.join('')).toMatch(`CONNECT ${host} HTTP/1.1\r\nhost: ${host}\r\n`);
  });

  test.each([
    ['http://user:p%40ss@proxy.example', 'user:p@ss'],
    ['http://us%65r@proxy.example', 'user:'],
    ['http://:pass@proxy.example', ':pass'],
    ['http://proxy.example', undefined],
  ])('the request for a tunnel through %s has the credentials %j', async (proxy, credentials) => {
    const { written, outcome } = ask({ proxy, answer: reply('HTTP/1.1 200 OK') });
    await outcome;
    const [, sent] = /\r\nproxy-authorization: Basic (\S+)\r\n/.exec(written.join('')) ?? [];
    expect(sent && Buffer.from(sent, 'base64').toString()).toBe(credentials);
  });
});

describe('the answer of a proxy', () => {
  test.each([200, 201, 299])('a tunnel is open after HTTP %i', async (status) => {
    expect(await ask({ answer: reply(`HTTP/1.1 ${status} x`) }).outcome).toBe('open');
  });

  test.each([101, 199, 300, 407, 503])('a tunnel is refused after HTTP %i', async (status) => {
    const refusal = { name: 'ProxyRefusal', code: `HTTP_${status}` };
    expect(await ask({ answer: reply(`HTTP/1.1 ${status} x`) }).outcome).toMatchObject(refusal);
  });

  test('an open tunnel is paused, and nothing listens to it', async () => {
    const { socket, outcome, stream } = ask({ answer: reply('HTTP/1.1 200 OK') });
    const before = memorySocket().socket;
    expect(await outcome).toBe('open');
    expect(socket.isPaused()).toBe(true);
    for (const event of ['data', 'end']) expect(socket.listenerCount(event)).toBe(before.listenerCount(event));
    expect(stream.hasReceived()).toBe(true);
  });

  test('bytes after the answer of a proxy close the tunnel', async () => {
    const { outcome } = ask({ answer: reply('HTTP/1.1 200 OK\r\n\r\nx') });
    expect(await outcome).toMatchObject({ message: 'Bytes follow the reply of the proxy' });
  });

  test('an answer that cannot be parsed is an error without its bytes', async () => {
    const error = await ask({ answer: reply('SSH-2.0-s3cret') }).outcome;
    expect(error).toMatchObject({ message: 'The reply could not be read' });
    expect(inspect(error, { depth: null, showHidden: true })).not.toContain('s3cret');
  });

  test('an answer with too long a head is an error with its code', async () => {
    const { outcome } = ask({ answer: reply(`HTTP/1.1 200 OK\r\na: ${'x'.repeat(16_384)}`) });
    expect(await outcome).toMatchObject({ code: 'UND_ERR_HEADERS_OVERFLOW' });
  });
});

describe('the end of the connection with a proxy', () => {
  test('an error of the connection is the error of the tunnel', async () => {
    const { socket, outcome } = ask();
    socket.on('error', () => undefined).destroy(new Error('broken'));
    expect(await outcome).toMatchObject({ message: 'broken' });
  });

  test('a connection that closes is an error with the code ECONNRESET, and ends the request', async () => {
    const { socket, outcome, stream } = ask();
    const end = once(socket, 'close');
    socket.destroy();
    await end;
    expect(await outcome).toMatchObject({ code: 'ECONNRESET' });
    expect(stream.destroyed).toBe(true);
  });

  test('an orderly end instead of an answer is an error with the code ECONNRESET', async () => {
    expect(await ask({ answer: (socket) => void socket.push(null) }).outcome).toMatchObject({ code: 'ECONNRESET' });
  });
});
