/** How an exchange ends with its connection, with the test in the place of the upstream, and no timer that passes by itself. */
import { getEventListeners } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { createConnect } from '../../src/lib/connection.ts';
import { openUpstream } from '../../src/lib/exchange.ts';
import { createOneUseStream } from '../../src/lib/one-use.ts';
import { memorySocket } from '../support/upstreams/memory-socket.ts';

vi.mock('../../src/lib/connection.ts', () => ({ createConnect: vi.fn() }));
vi.mock('../../src/lib/one-use.ts', { spy: true });

const CONNECT_MS = 1_000;
const WHOLE = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
const UNTIL_END = 'HTTP/1.1 200 OK\r\n\r\nok';

beforeEach(() => {
  vi.mocked(createOneUseStream).mockClear();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  onTestFinished(() => void vi.useRealTimers());
});

/** Passes turns until something is true: at most a hundred, which take no time. */
const until = async (isTrue: () => boolean) => {
  for (let count = 0; count < 100 && !isTrue(); count += 1) await turn();
  expect(isTrue()).toBe(true);
};

/** Sends a request over a socket of the test. `connected` runs when the socket is there, before the request. */
const send = ({ connected = (_: Socket): void => undefined, answer = (_: Socket): void => undefined } = {}) => {
  const { socket, written } = memorySocket((from) => answer(from));
  onTestFinished(() => void socket.on('error', () => undefined).destroy());
  vi.mocked(createConnect).mockReturnValue(async () => {
    setImmediate(connected, socket);
    return socket;
  });
  const { send, close } = openUpstream('http://pay.example', { connectTimeoutMs: CONNECT_MS });
  onTestFinished(() => close());
  const [deadline, clientGone] = [new AbortController(), new AbortController()];
  let outcome: unknown;
  send({ method: 'GET', path: '/' }, { deadline: deadline.signal, clientGone: clientGone.signal }).then(
    ({ status, body }) => {
      outcome = `${status} ${body}`;
    },
    (error: unknown) => {
      outcome = error;
    },
  );
  const ended = async () => {
    await until(() => outcome !== undefined);
    expect(vi.getTimerCount()).toBe(0);
    for (const { signal } of [deadline, clientGone]) expect(getEventListeners(signal, 'abort')).toEqual([]);
    return outcome;
  };
  return {
    ...{ socket, written, deadline, clientGone, ended },
    sent: () => until(() => written.length > 0),
    /** Once undici has read all of the reply, which then waits for the end of its connection. */
    read: () => until(() => vi.getTimerCount() === 1 && written.length > 0),
    stream: () => vi.mocked(createOneUseStream).mock.results.at(-1)?.value as ReturnType<typeof createOneUseStream>,
  };
};

describe('a complete reply', () => {
  const answer = (socket: Socket) => void socket.push(WHOLE);

  test('a complete reply counts at the orderly end of its connection', async () => {
    const { socket, read, ended } = send({ answer });
    await read();
    socket.push(null);
    expect(await ended()).toBe('200 ok');
  });

  test('a complete reply counts when its connection closes', async () => {
    const { socket, read, ended } = send({ answer });
    await read();
    socket.destroy();
    expect(await ended()).toBe('200 ok');
  });

  test('a complete reply counts when its connection breaks', async () => {
    const { socket, read, ended } = send({ answer });
    await read();
    socket.destroy(new Error('broken'));
    expect(await ended()).toBe('200 ok');
  });

  test('a complete reply counts at the deadline, although its connection is open', async () => {
    const { deadline, read, ended } = send({ answer });
    await read();
    deadline.abort();
    expect(await ended()).toBe('200 ok');
  });

  test.each([
    ['', 100],
    ['connection: close\r\n', 1_000],
  ])('a complete reply with the header %j counts after %i ms, although its connection is open', async (header, ms) => {
    const reply = WHOLE.replace('content-length', `${header}content-length`);
    const { read, ended, deadline } = send({ answer: (socket) => void socket.push(reply) });
    await read();
    vi.advanceTimersByTime(ms - 1);
    await turn();
    expect(getEventListeners(deadline.signal, 'abort')).toHaveLength(1);
    vi.advanceTimersByTime(1);
    expect(await ended()).toBe('200 ok');
  });
});

describe('a reply up to the end of its connection', () => {
  test('a reply up to the end counts as soon as it is read, although its connection stays half open', async () => {
    const answer = (socket: Socket) => void [socket.push(UNTIL_END), socket.push(null)];
    expect(await send({ answer }).ended()).toBe('200 ok');
  });

  test('a reply up to the end counts although its connection closes before it is read', async () => {
    const answer = (socket: Socket) => {
      socket.push(UNTIL_END);
      socket.push(null);
      socket.on('end', () => socket.emit('close'));
    };
    expect(await send({ answer }).ended()).toBe('200 ok');
  });
});

describe('a connection that ends too early', () => {
  const broken = new Error('broken');

  test.each([
    ['breaks', (socket: Socket) => void socket.destroy(broken), broken],
    ['closes', (socket: Socket) => void socket.destroy(), undefined],
    ['ends', (socket: Socket) => void socket.push(null), undefined],
  ])('a connection that %s before the request is CLOSED_BEFORE_REQUEST', async (_, connected, cause) => {
    const { ended, written } = send({ connected });
    expect(await ended()).toMatchObject({ reason: 'CLOSED_BEFORE_REQUEST', sent: false, cause });
    expect(written).toEqual([]);
  });

  test('a connection that breaks before the reply is CLOSED_BEFORE_REPLY', async () => {
    const { ended } = send({ answer: (socket) => void socket.destroy(broken) });
    expect(await ended()).toMatchObject({ reason: 'CLOSED_BEFORE_REPLY', sent: true, cause: broken });
  });

  test('a connection that closes before the reply is CLOSED_BEFORE_REPLY', async () => {
    const { ended } = send({ answer: (socket) => void socket.destroy() });
    expect(await ended()).toMatchObject({ reason: 'CLOSED_BEFORE_REPLY', sent: true });
  });
});

test('P1: a request whose writing has begun is not written again when undici asks for another connection', async () => {
  const { written, sent, stream } = send();
  await sent();
  // With this code undici puts a request that has no reply back into its queue.
  stream().destroy(Object.assign(new Error('undici asks again'), { code: 'UND_ERR_INFO' }));
  await until(() => vi.mocked(createOneUseStream).mock.results.length > 1);
  for (let turns = 0; turns < 20; turns += 1) await turn();
  expect(written.join('').match(/^GET /gm)).toHaveLength(1);
});

describe('the signals of an exchange', () => {
  test('a client that is gone before the request is CLIENT_GONE', async () => {
    const { clientGone, written, ended } = send();
    clientGone.abort('why');
    expect(await ended()).toMatchObject({ reason: 'CLIENT_GONE', sent: false, cause: 'why' });
    expect(written).toEqual([]);
  });

  test('the deadline ends an exchange without a reply, and its stream', async () => {
    const { deadline, sent, stream, ended } = send();
    await sent();
    expect(stream().destroyed).toBe(false);
    deadline.abort('why');
    expect(await ended()).toMatchObject({ reason: 'REPLY_TIMED_OUT', sent: true, cause: 'why' });
    expect(stream().destroyed).toBe(true);
  });

  test('the limit of time for a connection does not limit the reply', async () => {
    const { socket, sent, read, ended } = send();
    await sent();
    vi.advanceTimersByTime(CONNECT_MS * 2);
    socket.push(WHOLE);
    await read();
    socket.push(null);
    expect(await ended()).toBe('200 ok');
  });
});
