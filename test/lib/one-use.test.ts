/** The stream that stands in for the socket: what it writes, what it passes on, and what it reports as a fault. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createOneUseStream, withoutBytes } from '../../src/lib/one-use.ts';
import { memorySocket } from '../support/upstreams/memory-socket.ts';

const MAX_HEAD_BYTES = 16_384;

const open = ({ maxReplyBytes = 100, mayRepeat = true, mayWrite = (): boolean => true } = {}) => {
  const { socket, written } = memorySocket();
  const faults: string[] = [];
  const fault = (reason: string) => void faults.push(reason);
  const stream = createOneUseStream(socket, { maxReplyBytes, mayRepeat, mayWrite, fault });
  onTestFinished(() => void stream.destroy());
  const write = (text: string) => new Promise((done) => stream.write(text, done));
  const receive = async (text: string) => {
    socket.push(text);
    await turn();
  };
  return { socket, written, faults, stream, write, receive };
};

describe('a request', () => {
  test('a request is written to the socket, in one piece or several', async () => {
    const { written, write, stream } = open();
    await write('GET ');
    stream.cork();
    const parts = [write('/ '), write('HTTP/1.1')];
    stream.uncork();
    await Promise.all(parts);
    expect(written.join('')).toBe('GET / HTTP/1.1');
  });

  test('a request that may not be written is dropped, and its writer goes on', async () => {
    const { written, write } = open({ mayWrite: () => false });
    expect(await write('GET /')).toBeFalsy();
    await turn();
    expect(written).toEqual([]);
  });

  test('a request is asked for its permission before its first byte alone', async () => {
    let count = 0;
    const { write, written } = open({ mayWrite: () => ++count === 1 });
    await write('a');
    await write('b');
    expect([count, written.join('')]).toEqual([1, 'ab']);
  });

  test('bytes before a request are a fault', async () => {
    const { faults, receive, stream } = open();
    await receive('x');
    expect([faults, stream.read()]).toEqual([['BYTES_BEFORE_REQUEST'], null]);
  });
});

describe('a reply', () => {
  test('a reply is passed on, and its end', async () => {
    const { socket, stream, write, receive, faults } = open();
    await write('GET');
    expect(stream.hasReceived()).toBe(false);
    await receive('ok');
    expect([stream.hasReceived(), String(stream.read()), stream.readableEnded]).toEqual([true, 'ok', false]);
    socket.push(null);
    await turn();
    stream.read();
    await turn();
    expect([stream.readableEnded, faults]).toEqual([true, []]);
  });

  test.each([
    [0, []],
    [1, ['REPLY_TOO_LARGE']],
  ])('a reply with %i bytes more than heads and body may have together has the faults %j', async (more, expected) => {
    const { write, receive, faults } = open({ maxReplyBytes: 100 });
    await write('GET');
    await receive('x'.repeat(MAX_HEAD_BYTES));
    await receive('x'.repeat(100 + more));
    expect(faults).toEqual(expected);
  });

  test.each([
    ['repeats it', true, 'bab', []],
    ['repeats it in part', true, 'b', []],
    ['differs from it', true, 'bb', ['REPLY_SURPLUS']],
    ['repeats it although it may not', false, 'b', ['REPLY_SURPLUS', 'REPLY_SURPLUS']],
  ])('a reply whose rest %s has the expected faults', async (_, mayRepeat, rest, expected) => {
    const { write, receive, stream, faults } = open({ mayRepeat });
    await write('GET');
    await receive('aba');
    // The reply is `ab`: undici has read one byte too many, and is done.
    stream.unshift(Buffer.from('a'));
    stream.destroy();
    await receive(rest);
    expect(faults).toEqual(expected);
  });

  test('a reply that undici has read to its last byte has no surplus', async () => {
    const { write, receive, stream, faults } = open({ mayRepeat: false });
    await write('GET');
    await receive('ab');
    stream.unshift(Buffer.alloc(0));
    expect(faults).toEqual([]);
  });
});

test('a released socket is no longer listened to', async () => {
  const { socket, stream, write, receive, faults } = open();
  const before = memorySocket().socket;
  await write('GET');
  stream.release();
  for (const event of ['data', 'end']) expect(socket.listenerCount(event)).toBe(before.listenerCount(event));
  await receive('x');
  expect([stream.hasReceived(), stream.read(), faults]).toEqual([false, null, []]);
});

test('an error of the stream does not end the process', async () => {
  const { stream } = open();
  expect(stream.listenerCount('error')).toBeGreaterThan(0);
  stream.destroy(new Error('late'));
  await turn();
  expect(stream.destroyed).toBe(true);
});

test('withoutBytes returns an error with the code alone', () => {
  const error = withoutBytes(Object.assign(new Error('s3cret'), { code: 'HPE_INVALID', data: 's3cret' }));
  expect(error).toMatchObject({ message: 'The reply could not be read', code: 'HPE_INVALID' });
  expect(Object.keys(error)).toEqual(['code']);
});
