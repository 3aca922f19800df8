/** How the bytes of a reply are read, by an exchange with a server that speaks bytes: one reading, or none. */
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { HttpRequest } from '../../src/lib/exchange.ts';
import { openRaw } from '../support/upstreams/raw-upstream.ts';

const until = () => ({ deadline: AbortSignal.timeout(5_000) });
const get = { method: 'GET', path: '/' } as const;
const OK = 'HTTP/1.1 200 OK\r\n';

/** What comes of a connection that brings these bytes, in pieces of one size, and ends. */
const read = async (text: string, piece: number): Promise<string> => {
  const bytes = Buffer.from(text);
  const { send } = await openRaw(
    {
      async data(socket) {
        socket.setNoDelay(true);
        for (let at = 0; at < bytes.length; at += piece) {
          socket.write(bytes.subarray(at, at + piece));
          await turn();
        }
        socket.end();
      },
    },
    { maxReplyBytes: 20 },
  );
  return send(get, until()).then(
    ({ status, body }) => `${status} ${body.toString('latin1')}`,
    ({ sent, reason }) => (sent ? reason : 'not sent'),
  );
};

const cases: readonly (readonly [name: string, bytes: string, outcome: string])[] = [
  ['with a length', `${OK}content-length: 2\r\n\r\nok`, '200 ok'],
  ['with a length of 0', `${OK}content-length: 0\r\n\r\n`, '200 '],
  ['as long as allowed', `${OK}content-length: 20\r\n\r\n${'x'.repeat(20)}`, `200 ${'x'.repeat(20)}`],
  ['without a reason', 'HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok', '200 ok'],
  ['with spaces before its values', `${OK}content-length:  2\r\na:  b  \r\n\r\nok`, '200 ok'],
  ['with a space after its length', `${OK}content-length: 2 \r\n\r\nok`, 'REPLY_GARBLED'],
  ['in chunks', `${OK}transfer-encoding: Chunked\r\n\r\n1\r\no\r\n1;a=b\r\nk\r\n0\r\n\r\n`, '200 ok'],
  ['in chunks with a trailer', `${OK}transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx: y\r\n\r\n`, '200 ok'],
  ['without a length, up to the end', `${OK}\r\nok`, '200 ok'],
  ['of HTTP/1.0, up to the end', 'HTTP/1.0 200 OK\r\n\r\nok', '200 ok'],
  ['of HTTP/1.0 with a length', 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok', '200 ok'],
  ['of 204', 'HTTP/1.1 204 No Content\r\n\r\n', '204 '],
  ['of 204 that names a length and has no body', 'HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n', '204 '],
  [
    'of 204 that names two lengths',
    'HTTP/1.1 204 No Content\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
    'REPLY_GARBLED',
  ],
  ['of 204 in chunks', 'HTTP/1.1 204 No Content\r\ntransfer-encoding: chunked\r\n\r\n', '204 '],
  ['of 304', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\n', '304 '],
  [
    'after interim ones',
    `HTTP/1.1 102 Processing\r\n\r\nHTTP/1.1 103 Early Hints\r\na: b\r\n\r\n${OK}\r\nok`,
    '200 ok',
  ],

  ['twice, byte by byte the same', `${OK}content-length: 2\r\n\r\nok`.repeat(2), '200 ok'],
  ['once and a half', `${OK}content-length: 2\r\n\r\nok${OK}cont`, '200 ok'],
  [
    'in chunks twice, byte by byte the same',
    `${OK}transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n`.repeat(2),
    '200 ok',
  ],
  ['and another', `${OK}content-length: 2\r\n\r\nok${OK}content-length: 2\r\n\r\nno`, 'REPLY_SURPLUS'],
  [
    'twice and another',
    `${`${OK}content-length: 2\r\n\r\nok`.repeat(2)}${OK}content-length: 2\r\n\r\nno`,
    'REPLY_SURPLUS',
  ],
  ['and one byte', `${OK}content-length: 2\r\n\r\nokk`, 'REPLY_SURPLUS'],
  ['and a line feed', `${OK}content-length: 2\r\n\r\nok\r\n`, 'REPLY_SURPLUS'],
  ['of length 0 and one byte', `${OK}content-length: 0\r\n\r\n!`, 'REPLY_SURPLUS'],
  ['in chunks and one byte', `${OK}transfer-encoding: chunked\r\n\r\n0\r\n\r\n!`, 'REPLY_SURPLUS'],
  ['of 204 with a body', 'HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\nok', 'REPLY_SURPLUS'],
  ['of 304 with a body', 'HTTP/1.1 304 Not Modified\r\n\r\nok', 'REPLY_SURPLUS'],

  ['shorter than its length', `${OK}content-length: 3\r\n\r\nok`, 'REPLY_INCOMPLETE'],
  ['that ends in its head', `${OK}content-le`, 'REPLY_INCOMPLETE'],
  ['that ends in a chunk', `${OK}transfer-encoding: chunked\r\n\r\n3\r\nok`, 'REPLY_INCOMPLETE'],
  ['that ends after a chunk', `${OK}transfer-encoding: chunked\r\n\r\n2\r\nok`, 'REPLY_INCOMPLETE'],
  ['that ends before its last chunk', `${OK}transfer-encoding: chunked\r\n\r\n2\r\nok\r\n`, 'REPLY_INCOMPLETE'],
  ['that ends in its trailers', `${OK}transfer-encoding: chunked\r\n\r\n0\r\n`, 'REPLY_INCOMPLETE'],
  ['that is interim and no more', 'HTTP/1.1 103 Early Hints\r\n\r\n', 'REPLY_INCOMPLETE'],
  ['that is empty', '', 'CLOSED_BEFORE_REPLY'],

  ['too long by its length', `${OK}content-length: 21\r\n\r\n${'x'.repeat(21)}`, 'REPLY_TOO_LARGE'],
  ['too long by its end', `${OK}\r\n${'x'.repeat(21)}`, 'REPLY_TOO_LARGE'],
  ['too long in one chunk', `${OK}transfer-encoding: chunked\r\n\r\n15\r\n${'x'.repeat(21)}`, 'REPLY_TOO_LARGE'],
  [
    'too long in two chunks',
    `${OK}transfer-encoding: chunked\r\n\r\nf\r\n${'x'.repeat(15)}\r\n6\r\nxxxxxx`,
    'REPLY_TOO_LARGE',
  ],
  ['with too long a head', `${OK}x: ${'y'.repeat(17_000)}`, 'REPLY_TOO_LARGE'],
  ['with too many interim ones', 'HTTP/1.1 103 E\r\n\r\n'.repeat(1_100), 'REPLY_TOO_LARGE'],
  ['with too long trailers', `${OK}transfer-encoding: chunked\r\n\r\n0\r\nx: ${'y'.repeat(17_000)}`, 'REPLY_TOO_LARGE'],

  ['that is no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n\r\n', 'REPLY_GARBLED'],
  ['of HTTP/2', 'HTTP/2 200 OK\r\n\r\n', 'REPLY_GARBLED'],
  ['of HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n', 'REPLY_GARBLED'],
  ['after an empty line, which says nothing', `\r\n${OK}\r\nok`, '200 ok'],
  ['after a byte', ` ${OK}\r\nok`, 'REPLY_GARBLED'],
  ['of status 099', 'HTTP/1.1 099 x\r\n\r\n', 'REPLY_GARBLED'],
  ['of status 600, which no source knows', 'HTTP/1.1 600 x\r\n\r\n', '600 '],
  ['of status 2000', 'HTTP/1.1 2000 x\r\n\r\n', 'REPLY_GARBLED'],
  ['with a NUL in its reason, which is not read', 'HTTP/1.1 200 \0\r\n\r\n', '200 '],
  ['that is 100, which was not asked for', `HTTP/1.1 100 Continue\r\n\r\n${OK}\r\nok`, 'REPLY_GARBLED'],
  ['that switches protocols', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'REPLY_GARBLED'],
  ['with two lengths', `${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with one length twice', `${OK}content-length: 2\r\ncontent-length: 2\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with a list of lengths', `${OK}content-length: 2, 2\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with a negative length', `${OK}content-length: -2\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with a signed length', `${OK}content-length: +2\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with an empty length', `${OK}content-length:\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with a length in hexadecimal', `${OK}content-length: 0x2\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with a length that no number holds', `${OK}content-length: 9999999999999999\r\n\r\nok`, 'REPLY_INCOMPLETE'],
  ['with length and chunks', `${OK}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 'REPLY_GARBLED'],
  ['in chunks twice', `${OK}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, '200 '],
  ['in another encoding', `${OK}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, '200 '],
  ['of HTTP/1.0 in chunks', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', '200 '],
  ['with a folded header', `${OK}a: b\r\n c: d\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with a header without a name', `${OK}: b\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with a header without a colon', `${OK}a\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with a space before a colon', `${OK}content-length : 2\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with a NUL in a header', `${OK}a: \0\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with a line feed in a header', `${OK}a: b\nc: d\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with a return in a header', `${OK}a: b\rc: d\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with a chunk without a size', `${OK}transfer-encoding: chunked\r\n\r\n\r\n`, 'REPLY_GARBLED'],
  ['with a chunk of size x', `${OK}transfer-encoding: chunked\r\n\r\nx\r\n`, 'REPLY_GARBLED'],
  ['with a chunk of size -1', `${OK}transfer-encoding: chunked\r\n\r\n-1\r\n`, 'REPLY_GARBLED'],
  ['with a chunk of size 0x1', `${OK}transfer-encoding: chunked\r\n\r\n0x1\r\n`, 'REPLY_GARBLED'],
  ['with a chunk of nine digits', `${OK}transfer-encoding: chunked\r\n\r\n000000001\r\n`, 'REPLY_INCOMPLETE'],
  ['with a NUL after a chunk size', `${OK}transfer-encoding: chunked\r\n\r\n2;\0\r\nok\r\n0\r\n\r\n`, 'REPLY_GARBLED'],
  ['with a chunk longer than its size', `${OK}transfer-encoding: chunked\r\n\r\n1\r\nok\r\n`, 'REPLY_GARBLED'],
  [
    'with a trailer that is not a field',
    `${OK}transfer-encoding: chunked\r\n\r\n0\r\nHTTP/1.1 200 OK\r\n\r\n`,
    'REPLY_GARBLED',
  ],
];

describe('a reply', () => {
  test.each(cases)('a reply is framed alike in one piece and in many: %s, %#', async (_, bytes, outcome) => {
    const pieces = bytes.length > 1_000 ? [1_000_000, 500] : [1_000_000, 1, 3];
    for (const piece of pieces) expect(await read(bytes, piece)).toBe(outcome);
  });

  test('a reply has its headers, and a list of repeated ones', async () => {
    const text = `${OK}X-A: one\r\nset-cookie: a\r\nSet-Cookie: b\r\n\r\n`;
    const { send } = await openRaw({ data: (socket) => void socket.end(text) });
    expect({ ...(await send(get, until())).headers }).toEqual({ 'x-a': 'one', 'set-cookie': ['a', 'b'] });
  });
});

describe('a request', () => {
  const written = async (request: HttpRequest) => {
    const { send, received, origin } = await openRaw({ data: (socket) => void socket.end(`${OK}\r\n`) });
    await send(request, until());
    return received.join('').replace(new URL(origin).host, 'h:1');
  };

  test.each([
    [{ method: 'GET', path: '/a?b=%20' }, 'GET /a?b=%20 HTTP/1.1\r\nhost: h:1\r\nconnection: close\r\n\r\n'],
    [{ method: 'POST', path: '/' }, 'POST / HTTP/1.1\r\nhost: h:1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'],
    [
      { method: 'POST', path: '/', headers: { 'X-A': 'b' }, body: '中' },
      'POST / HTTP/1.1\r\nhost: h:1\r\nconnection: close\r\nX-A: b\r\ncontent-length: 3\r\n\r\n中',
    ],
    [
      { method: 'GET', path: '/', headers: { Host: 'other' } },
      'GET / HTTP/1.1\r\nhost: other\r\nconnection: close\r\n\r\n',
    ],
  ] as const)('%j is written as it is', async (request, bytes) => {
    expect(await written(request)).toBe(bytes);
  });

  test.each([
    { path: '/a b' },
    { path: '/a\r\nb' },
    { path: '/中' },
    { headers: { 'a b': 'c' } },
    { headers: { '': 'c' } },
    { headers: { a: 'b\r\nc: d' } },
    { headers: { a: 'b\0' } },
    { headers: { a: '中' } },
    ...['content-length', 'expect', 'keep-alive', 'upgrade'].map((name) => ({ headers: { [name]: 'x' } })),
    { headers: { 'Transfer-Encoding': 'chunked' } },
  ])('the request %j fails before a connection is opened', async (fault) => {
    const { send, sockets } = await openRaw({});
    const sent = send({ ...get, ...fault } as HttpRequest, until());
    await expect(sent).rejects.toMatchObject({ sent: false, reason: 'REQUEST_INVALID' });
    expect(sockets).toHaveLength(0);
  });
});
