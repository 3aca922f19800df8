import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import fc from 'fast-check';
import { Pool } from 'undici';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createReplyReader, ReplyFault } from '../../src/lib/reply-reader.ts';
import { writeRequest } from '../../src/lib/request-writer.ts';
import { runs } from '../support/runs.ts';

const limits = { maxHeadBytes: 400, maxBodyBytes: 20 };
const OK = 'HTTP/1.1 200 OK\r\n';

/** What comes of a connection that brings these bytes, in pieces of one size, and ends. */
const read = (
  text: string | Buffer,
  piece = 1_000_000,
  options: Partial<typeof limits> & { tunnel?: boolean } = {},
) => {
  const bytes = Buffer.from(text);
  const reader = createReplyReader({ ...limits, ...options });
  try {
    for (let at = 0; at < bytes.length; at += piece) reader.push(bytes.subarray(at, at + piece));
    const whole = reader.whole !== undefined;
    const { status, body } = reader.end();
    return `${status} ${body.toString('latin1')}${whole ? '' : ' at the end'}`;
  } catch (error) {
    expect(error).toBeInstanceOf(ReplyFault);
    expect(Object.keys(error as object).sort()).toEqual(['name', 'reason']);
    return (error as ReplyFault).reason;
  }
};

const cases: readonly (readonly [name: string, bytes: string, outcome: string])[] = [
  ['with a length', `${OK}content-length: 2\r\n\r\nok`, '200 ok'],
  ['with a length of 0', `${OK}content-length: 0\r\n\r\n`, '200 '],
  ['as long as allowed', `${OK}content-length: 20\r\n\r\n${'x'.repeat(20)}`, `200 ${'x'.repeat(20)}`],
  ['without a reason', 'HTTP/1.1 200\r\ncontent-length: 2\r\n\r\nok', '200 ok'],
  ['with spaces about its values', `${OK}content-length: \t 2 \t\r\n\r\nok`, '200 ok'],
  ['in chunks', `${OK}transfer-encoding: Chunked\r\n\r\n1\r\no\r\n1;a=b\r\nk\r\n0\r\n\r\n`, '200 ok'],
  ['in chunks with a trailer', `${OK}transfer-encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nx: y\r\n\r\n`, '200 ok'],
  ['without a length, up to the end', `${OK}\r\nok`, '200 ok at the end'],
  ['of HTTP/1.0, up to the end', 'HTTP/1.0 200 OK\r\n\r\nok', '200 ok at the end'],
  ['of HTTP/1.0 with a length', 'HTTP/1.0 200 OK\r\ncontent-length: 2\r\n\r\nok', '200 ok'],
  ['of 204', 'HTTP/1.1 204 No Content\r\n\r\n', '204 '],
  ['of 204 that names a length and has no body', 'HTTP/1.1 204 No Content\r\ncontent-length: 2\r\n\r\n', '204 '],
  ['of 304', 'HTTP/1.1 304 Not Modified\r\ncontent-length: 2\r\n\r\n', '304 '],
  [
    'after interim ones',
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\na: b\r\n\r\n${OK}\r\nok`,
    '200 ok at the end',
  ],

  ['twice', `${OK}content-length: 2\r\n\r\nok`.repeat(2), 'REPLY_SURPLUS'],
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
  ['that is interim and no more', 'HTTP/1.1 100 Continue\r\n\r\n', 'REPLY_INCOMPLETE'],
  ['that is empty', '', 'CLOSED_BEFORE_REPLY'],

  ['too long by its length', `${OK}content-length: 21\r\n\r\n`, 'REPLY_TOO_LARGE'],
  ['too long by its end', `${OK}\r\n${'x'.repeat(21)}`, 'REPLY_TOO_LARGE'],
  ['too long in one chunk', `${OK}transfer-encoding: chunked\r\n\r\n15\r\n`, 'REPLY_TOO_LARGE'],
  [
    'too long in two chunks',
    `${OK}transfer-encoding: chunked\r\n\r\nf\r\n${'x'.repeat(15)}\r\n6\r\n`,
    'REPLY_TOO_LARGE',
  ],
  ['with too long a head', `${OK}x: ${'y'.repeat(400)}`, 'REPLY_TOO_LARGE'],
  ['with too many interim ones', 'HTTP/1.1 103 E\r\n\r\n'.repeat(30), 'REPLY_TOO_LARGE'],
  ['with too long trailers', `${OK}transfer-encoding: chunked\r\n\r\n0\r\nx: ${'y'.repeat(400)}`, 'REPLY_TOO_LARGE'],

  ['that is no HTTP', 'SSH-2.0-OpenSSH_9.9\r\n\r\n', 'REPLY_GARBLED'],
  ['of HTTP/2', 'HTTP/2 200 OK\r\n\r\n', 'REPLY_GARBLED'],
  ['of HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n', 'REPLY_GARBLED'],
  ['after an empty line', `\r\n${OK}\r\nok`, 'REPLY_GARBLED'],
  ['after a byte', ` ${OK}\r\nok`, 'REPLY_GARBLED'],
  ['of status 099', 'HTTP/1.1 099 x\r\n\r\n', 'REPLY_GARBLED'],
  ['of status 600', 'HTTP/1.1 600 x\r\n\r\n', 'REPLY_GARBLED'],
  ['of status 2000', 'HTTP/1.1 2000 x\r\n\r\n', 'REPLY_GARBLED'],
  ['with a NUL in its reason', 'HTTP/1.1 200 \0\r\n\r\n', 'REPLY_GARBLED'],
  ['that switches protocols', 'HTTP/1.1 101 Switching Protocols\r\n\r\n', 'REPLY_GARBLED'],
  ['with two lengths', `${OK}content-length: 2\r\ncontent-length: 3\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with one length twice', `${OK}content-length: 2\r\ncontent-length: 2\r\n\r\nok`, 'REPLY_GARBLED'],
  ['of 204 with two lengths', 'HTTP/1.1 204 x\r\ncontent-length: 2\r\ncontent-length: 2\r\n\r\n', 'REPLY_GARBLED'],
  ['of 204 in chunks', 'HTTP/1.1 204 x\r\ntransfer-encoding: chunked\r\n\r\n', '204 '],
  ['with a list of lengths', `${OK}content-length: 2, 2\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with a negative length', `${OK}content-length: -2\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with a signed length', `${OK}content-length: +2\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with an empty length', `${OK}content-length:\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with a length in hexadecimal', `${OK}content-length: 0x2\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with a length that no number holds', `${OK}content-length: 9999999999999999\r\n\r\nok`, 'REPLY_GARBLED'],
  ['with length and chunks', `${OK}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`, 'REPLY_GARBLED'],
  [
    'in chunks twice',
    `${OK}transfer-encoding: chunked\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`,
    'REPLY_GARBLED',
  ],
  ['in another encoding', `${OK}transfer-encoding: gzip, chunked\r\n\r\n0\r\n\r\n`, 'REPLY_GARBLED'],
  ['of HTTP/1.0 in chunks', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n', 'REPLY_GARBLED'],
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
  ['with a chunk of nine digits', `${OK}transfer-encoding: chunked\r\n\r\n000000001\r\n`, 'REPLY_GARBLED'],
  ['with a NUL after a chunk size', `${OK}transfer-encoding: chunked\r\n\r\n2;\0\r\nok\r\n0\r\n\r\n`, 'REPLY_GARBLED'],
  ['with a chunk longer than its size', `${OK}transfer-encoding: chunked\r\n\r\n1\r\nok\r\n`, 'REPLY_GARBLED'],
  [
    'with a trailer that is none',
    `${OK}transfer-encoding: chunked\r\n\r\n0\r\nHTTP/1.1 200 OK\r\n\r\n`,
    'REPLY_GARBLED',
  ],
];

describe('a reply', () => {
  test.each(cases)('%s: %#, whole or byte by byte', (_, bytes, outcome) => {
    expect([1_000_000, 1, 3].map((piece) => read(bytes, piece))).toEqual([outcome, outcome, outcome]);
  });

  test('keeps its headers, and tells repeated ones apart', () => {
    const reader = createReplyReader(limits);
    reader.push(Buffer.from(`${OK}X-A: one\r\nset-cookie: a\r\nSet-Cookie: b\r\n__proto__: c\r\n\r\n`, 'latin1'));
    expect(reader.end().headers).toEqual(
      Object.fromEntries([
        ['x-a', 'one'],
        ['set-cookie', ['a', 'b']],
        ['__proto__', 'c'],
      ]),
    );
  });

  test.each([
    ['HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n', true],
    ['HTTP/1.1 200 OK\r\nconnection: x, Close\r\n\r\n', true],
    ['HTTP/1.1 200 OK\r\nconnection: keep-alive\r\nconnection: close\r\n\r\n', true],
    ['HTTP/1.1 200 OK\r\n\r\n', false],
    ['HTTP/1.1 200 OK\r\nconnection: closed\r\n\r\n', false],
    ['HTTP/1.0 200 OK\r\n\r\n', true],
    ['HTTP/1.0 200 OK\r\nconnection: keep-alive\r\n\r\n', false],
    ['HTTP/1.1 200 O', false],
  ])('%j says whether it closes: %s', (bytes, closing) => {
    const reader = createReplyReader(limits);
    reader.push(Buffer.from(bytes));
    expect([reader.closing, reader.status]).toEqual([closing, bytes.endsWith('\n') ? 200 : undefined]);
  });

  test.each([
    [`${OK}\r\n`, '200 '],
    [`${OK}content-length: 9\r\ntransfer-encoding: chunked\r\n\r\n`, '200 '],
    ['HTTP/1.1 299 x\r\n\r\n', '299 '],
    [`${OK}\r\n!`, 'REPLY_SURPLUS'],
    ['HTTP/1.1 300 x\r\ncontent-length: 2\r\n\r\nok', '300 ok'],
    ['HTTP/1.1 407 x\r\n\r\nno', '407 no at the end'],
  ])('to CONNECT, %j: %s', (bytes, outcome) => {
    expect(read(bytes, 1_000_000, { tunnel: true })).toBe(outcome);
  });
});

/** Replies with one fault or none, as a grammar. */
const replyText = fc
  .record({
    status: fc.constantFrom('HTTP/1.1 200 OK', 'HTTP/1.0 200 OK', 'HTTP/1.1 204 x', 'HTTP/1.1 404', 'http/1.1 200 OK'),
    header: fc.constantFrom('', 'a: b\r\n', 'connection: close\r\n', 'a : b\r\n', 'a: b\r\n c\r\n', 'a: b\n', 'b\r\n'),
    framing: fc.constantFrom('', 'content-length: 2\r\n', 'content-length: 3\r\n', 'transfer-encoding: chunked\r\n'),
    more: fc.constantFrom(
      '',
      '',
      'content-length: 2\r\n',
      'transfer-encoding: chunked\r\n',
      'transfer-encoding: x\r\n',
    ),
    body: fc.constantFrom('ok', '2\r\nok\r\n0\r\n\r\n', '02\r\nok\r\n0\r\nx: y\r\n\r\n', '2\r\nokk\r\n0\r\n\r\n', ''),
    after: fc.constantFrom('', '', '\r\n', 'x'),
  })
  .map(
    ({ status, header, framing, more, body, after }) => `${status}\r\n${header}${framing}${more}\r\n${body}${after}`,
  );

test('compared with undici: what is read is read as undici reads it, and nothing that undici refuses', async () => {
  let answer = '';
  const server = createServer((socket) => {
    socket.on('error', () => undefined).once('data', () => socket.end(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const pool = new Pool(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(async () => {
    await pool.destroy();
    server.close();
  });
  const byUndici = async (): Promise<string> => {
    try {
      const { statusCode, body } = await pool.request({ method: 'GET', path: '/', reset: true });
      return `${statusCode} ${await body.text()}`;
    } catch {
      return 'refused';
    }
  };
  let taken = 0;
  const property = fc.asyncProperty(replyText, async (text) => {
    answer = text;
    const ours = read(text, 7).replace(/ at the end$/, '');
    const theirs = await byUndici();
    if (/^\d/.test(ours)) {
      expect(theirs).toBe(ours);
      taken += 1;
    }
  });
  await fc.assert(property, { numRuns: runs(400) });
  expect(taken).toBeGreaterThan(runs(400) / 40);
});

describe('a request', () => {
  test.each([
    [{ method: 'GET', path: '/a?b=%20' }, 'GET /a?b=%20 HTTP/1.1\r\nhost: h:1\r\nconnection: close\r\n\r\n'],
    [{ method: 'POST', path: '/' }, 'POST / HTTP/1.1\r\nhost: h:1\r\nconnection: close\r\ncontent-length: 0\r\n\r\n'],
    [
      { method: 'POST', path: '/', headers: { 'X-A': 'é' }, body: '中' },
      'POST / HTTP/1.1\r\nhost: h:1\r\nconnection: close\r\nX-A: \xe9\r\ncontent-length: 3\r\n\r\n\xe4\xb8\xad',
    ],
    [
      { method: 'GET', path: '/', headers: { Host: 'other' } },
      'GET / HTTP/1.1\r\nconnection: close\r\nHost: other\r\n\r\n',
    ],
  ] as const)('%j is written as it is', (request, bytes) => {
    expect(writeRequest('h:1', request).toString('latin1')).toBe(bytes);
  });

  test.each([
    { path: '/a b' },
    { path: '/a\r\nb' },
    { path: '' },
    { path: 'a' },
    { path: '/中' },
    { headers: { 'a b': 'c' } },
    { headers: { '': 'c' } },
    { headers: { a: 'b\r\nc: d' } },
    { headers: { a: 'b\0' } },
    { headers: { a: '中' } },
    ...['Connection', 'content-length', 'expect', 'keep-alive', 'proxy-connection', 'te', 'trailer', 'upgrade'].map(
      (name) => ({ headers: { [name]: '1' } }),
    ),
    { headers: { 'Transfer-Encoding': 'chunked' } },
  ])('%j cannot be written', (fault) => {
    expect(() => writeRequest('h', { method: 'GET', path: '/', ...fault })).toThrow(TypeError);
  });
});
