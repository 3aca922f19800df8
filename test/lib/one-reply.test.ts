/** A connection carries one request and one reply: nothing comes before the request, nothing after the reply. */
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { openRaw, outcomeOf } from '../support/upstreams/raw-upstream.ts';

const soon = () => ({ deadline: AbortSignal.timeout(5_000) });
const get = { method: 'GET', path: '/' } as const;
const reply = (headers = '', body = 'ok') =>
  `HTTP/1.1 200 OK\r\ncontent-length: ${body.length}\r\n${headers}\r\n${body}`;
const closing = reply('connection: close\r\n');
const other = reply('connection: close\r\n', 'no');

test('P12: bytes before the request are no reply: nothing is sent', async () => {
  let connections = 0;
  const { send, received } = await openRaw({
    connection(socket) {
      connections += 1;
      socket.write(closing);
    },
  });
  // On this machine they mostly come in time; where they do not, the end of the connection does not come.
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(send(get, soon()))));
  const early = outcomes.filter((outcome) => typeof outcome === 'object');
  expect(early.length).toBeGreaterThan(0);
  for (const outcome of early) expect(outcome).toEqual({ sent: false, reason: 'BYTES_BEFORE_REQUEST' });
  expect(received.length).toBeLessThanOrEqual(connections - early.length);
});

test('nothing is sent on a connection that ends before the request', async () => {
  const { send, received } = await openRaw({ connection: (socket) => void socket.end() });
  const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(send(get, soon()))));
  const before = outcomes.filter((outcome) => (outcome as { sent: boolean }).sent === false);
  expect(before.length).toBeGreaterThan(0);
  for (const outcome of before) expect(outcome).toEqual({ sent: false, reason: 'CLOSED_BEFORE_REQUEST' });
  expect(received.length).toBeLessThanOrEqual(20 - before.length);
});

const later =
  (milliseconds: number, ...acts: ((socket: Socket) => unknown)[]) =>
  async (socket: Socket) => {
    for (const act of acts) {
      act(socket);
      await delay(milliseconds);
    }
  };
const write = (text: string) => (socket: Socket) => socket.write(text);
const end = (socket: Socket) => socket.end();
const reset = (socket: Socket) => socket.resetAndDestroy();

const replies: readonly (readonly [name: string, data: (socket: Socket) => Promise<void>, outcome: number | string])[] =
  [
    ['ends with its connection', later(0, write(closing), end), 200],
    ['ends some time before its connection', later(50, write(closing), end), 200],
    ['is whole when its connection is reset', later(30, write(closing), reset), 200],
    ['is whole, and its connection does not end', later(0, write(reply())), 200],
    ['is whole, and its connection does not end as promised', later(0, write(closing)), 200],
    ['has no length and ends with its connection', later(20, write('HTTP/1.1 200 OK\r\n\r\nok'), end), 200],
    ['has no length and is reset', later(20, write('HTTP/1.1 200 OK\r\n\r\nok'), reset), 'REPLY_INCOMPLETE'],
    ['is reset in its head', later(20, write('HTTP/1.1 200 OK\r\n'), reset), 'CLOSED_BEFORE_REPLY'],
    [
      'is reset in its body',
      later(20, write('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nok'), reset),
      'REPLY_INCOMPLETE',
    ],
    ['comes twice at once', later(0, write(closing + closing), end), 200],
    ['comes twice', later(30, write(closing), write(closing), end), 200],
    ['comes again in pieces', later(10, write(closing), write(closing.slice(0, 9)), write(closing.slice(9)), end), 200],
    ['comes twice, unannounced', later(30, write(reply()), write(reply()), end), 200],
    ['comes twice, and another follows', later(20, write(closing + closing), write(other), end), 'REPLY_SURPLUS'],
    ['is followed by another at once', later(0, write(closing + other), end), 'REPLY_SURPLUS'],
    ['is followed by another', later(30, write(closing), write(other), end), 'REPLY_SURPLUS'],
    ['is followed by another, unannounced', later(30, write(reply()), write(reply('', 'no')), end), 'REPLY_SURPLUS'],
    ['is followed by another much later', later(400, write(closing), write(other), end), 'REPLY_SURPLUS'],
    ['is followed by one byte', later(30, write(closing), write('!'), end), 'REPLY_SURPLUS'],
    [
      'is that of HTTP/1.0, and another follows',
      later(30, write(reply().replace('1.1', '1.0')), write('!')),
      'REPLY_SURPLUS',
    ],
  ];

test.each(replies.map(([name, data, outcome]) => [name, outcome, data] as const))(
  'a reply that %s: %s',
  async (_, expected, data) => {
    const { send, received } = await openRaw({ data });
    const outcome = await outcomeOf(send(get, soon()));
    expect(outcome).toEqual(typeof expected === 'number' ? expected : { sent: true, reason: expected });
    expect(received).toHaveLength(1);
  },
);

test('P5: a complete reply counts at the deadline, although its connection has not ended', async () => {
  const { send } = await openRaw({ data: write(closing) });
  expect(await outcomeOf(send(get, { deadline: AbortSignal.timeout(200) }))).toBe(200);
});

test('a complete reply is returned within 0.1 s when its connection stays, 1 s when it was to end', async () => {
  const took = async (text: string) => {
    const { send } = await openRaw({ data: write(text) });
    const startedAt = performance.now();
    await send(get, soon());
    return performance.now() - startedAt;
  };
  const [stays, ends] = [await took(reply()), await took(closing)];
  expect([stays >= 95, ends >= 995, stays < ends]).toEqual([true, true, true]);
});

test('P1: no byte is written after sendBy', async () => {
  const { send, received } = await openRaw({ data: write(closing) });
  const sent = (path: string) => received.filter((text) => text.startsWith(`GET ${path} `));
  const tooLate = { ...soon(), sendBy: performance.now() - 1 };
  expect(await outcomeOf(send({ ...get, path: '/late' }, tooLate))).toEqual({ sent: false, reason: 'SEND_TOO_LATE' });
  const inTime = { ...soon(), sendBy: performance.now() + 5_000 };
  expect(await outcomeOf(send({ ...get, path: '/in-time' }, inTime))).toBe(200);
  // By path: a client of another test may still call this port, which was that of its own server.
  expect([sent('/late').length, sent('/in-time').length]).toEqual([0, 1]);
});

test('after close nothing is sent, and running exchanges end', async () => {
  const { send, close, received } = await openRaw({});
  const underWay = outcomeOf(send(get, soon()));
  await expect.poll(() => received.length, { interval: 5 }).toBe(1);
  await close();
  expect(await underWay).toEqual({ sent: true, reason: 'CLOSED' });
  expect(await outcomeOf(send(get, soon()))).toEqual({ sent: false, reason: 'CLOSED' });
  expect(received).toHaveLength(1);
});
