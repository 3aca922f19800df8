/** An HTTP client by hand: sends bytes unchanged, and returns the bytes of the answer. */
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';

/** `limits.bodyBytes` unless configured. */
export const LIMIT = 321_536;
export const json = { 'content-type': 'application/json' };
export const hello = JSON.stringify({ query: '{ __typename }' });
/** A GraphQL request of exactly so many bytes. */
export const padded = (bytes: number) => hello.padEnd(bytes, ' ');
export interface Reply {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
}

/** Sends bytes unchanged, and reads the answer until the server closes the connection. */
export const sendRaw = async (url: string, parts: readonly string[]): Promise<string> => {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname).setEncoding('utf8').setTimeout(5_000);
  let received = '';
  socket.on('data', (text: string) => {
    received += text;
  });
  socket.on('timeout', () => socket.destroy());
  // A server may answer and close while we still send; its answer counts.
  socket.on('error', () => {});
  const closed = new Promise((resolve) => socket.once('close', resolve));
  for (const part of parts) {
    if (socket.destroyed) break;
    socket.write(part);
    await delay(2);
  }
  await closed;
  return received;
};

/** A body in one chunk. */
const withoutChunks = (headers: readonly [string, string][], body: string): string =>
  headers.some(([name]) => name === 'transfer-encoding') ? body.split('\r\n').slice(1, -3).join('\r\n') : body;

export const parseReply = (text: string): Reply => {
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const [statusLine = '', ...lines] = head.split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const [name = '', ...value] = line.split(': ');
    return [name.toLowerCase(), value.join(': ')];
  });
  const body = rest.join('\r\n\r\n');
  return { status: Number(statusLine.split(' ')[1]), headers: new Map(headers), body: withoutChunks(headers, body) };
};

export interface RawRequest {
  readonly method?: string;
  readonly target?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** One request on a connection of its own, with the target exactly as given. */
export const request = async (url: string, { method = 'GET', target = '/', headers = {}, body }: RawRequest) => {
  const length = body === undefined ? {} : { 'content-length': `${Buffer.byteLength(body)}` };
  const all = { host: '127.0.0.1', connection: 'close', ...length, ...headers };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return parseReply(await sendRaw(url, [`${method} ${target} HTTP/1.1\r\n${lines.join('')}\r\n${body ?? ''}`]));
};

/** Expects a refusal: one GraphQL error in JSON, and nothing else. */
export const expectRefusal = ({ status, headers, body }: Reply, expected: { status: number; code: string }) => {
  expect(status).toBe(expected.status);
  expect(headers.get('content-type')).toMatch(/^application\/json\b/);
  expect(JSON.parse(body)).toEqual({
    errors: [{ message: expect.stringMatching(/\w/), extensions: { code: expected.code } }],
  });
};
