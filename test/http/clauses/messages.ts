/** Clauses on how messages begin, end and follow each other: expectations, framing, connections. RFC 9110 and RFC 9112. */
import { hello, LIMIT } from '../../support/http/raw-http.ts';
import { clauses, fault, get, message, ok, post, refused } from './clause.ts';

const live = { statuses: [200], body: '{"status":"live"}' };
const badRequest = refused(400, 'BAD_REQUEST');
const notFound = refused(404, 'NOT_FOUND', { connection: 'close' });
const postOnly = refused(405, 'METHOD_NOT_ALLOWED', { allow: 'POST' });
const notImplemented = refused(501, 'NOT_IMPLEMENTED');

const head = (lines: readonly string[], start = 'POST /graphql HTTP/1.1') =>
  [start, 'host: x', 'expect: 100-continue', ...lines, '', ''].join('\r\n');
const jsonOf = (length: number) => ['content-type: application/json', `content-length: ${length}`];

/** Heads whose body never follows, and that the head alone decides. */
export const expectations = clauses([
  [
    'RFC 9110, 10.1.1',
    'an expected 100 precedes the answer',
    [head([...jsonOf(hello.length), 'connection: close']), hello],
    { statuses: [100, 200], data: { __typename: 'Query' } },
  ],
  [
    'RFC 9110, 10.1.1',
    'an expected 100 precedes the answer to a body in chunks',
    [
      head(['content-type: application/json', 'transfer-encoding: chunked', 'connection: close']),
      `1a\r\n${hello}\r\n`,
      '0\r\n\r\n',
    ],
    { statuses: [100, 200], data: { __typename: 'Query' } },
  ],
  [
    'RFC 9110, 10.1.1',
    'the expectation is the same in any case',
    [head([...jsonOf(hello.length), 'connection: close']).replace('100-continue', '100-Continue'), hello],
    { statuses: [100, 200], data: { __typename: 'Query' } },
  ],
  [
    'RFC 9110, 10.1.1',
    'a length over the limit is 413 alone',
    head(jsonOf(LIMIT + 1)),
    { ...refused(413, 'BODY_TOO_LARGE', { connection: 'close' }) },
  ],
  [
    'RFC 9110, 10.1.1',
    'a wrong content type is 415 alone',
    head(['content-type: text/plain', 'content-length: 9']),
    refused(415, 'UNSUPPORTED_MEDIA_TYPE', { connection: 'close' }),
  ],
  [
    'RFC 9110, 10.1.1',
    'an unknown content coding is 415 alone',
    head([...jsonOf(9), 'content-encoding: zstd']),
    refused(415, 'UNSUPPORTED_MEDIA_TYPE', { connection: 'close' }),
  ],
  [
    'RFC 9110, 10.1.1',
    'a wrong method is 405 alone',
    head(jsonOf(9), 'PUT /graphql HTTP/1.1'),
    { ...postOnly, headers: { allow: 'POST', connection: 'close' } },
  ],
  ['RFC 9110, 10.1.1', 'a path that is not there is 404 alone', head(jsonOf(9), 'POST /nothing HTTP/1.1'), notFound],
  [
    'RFC 9110, 10.1.1',
    'a method that is not implemented is 501 alone',
    head(jsonOf(9), 'PROPFIND /graphql HTTP/1.1'),
    notImplemented,
  ],
  [
    'RFC 9110, 10.1.1',
    'another expectation is 417 alone',
    head(jsonOf(9)).replace('100-continue', 'tea'),
    refused(417, 'EXPECTATION_FAILED', { connection: 'close' }),
  ],
  ['RFC 9110, 10.1.1', 'HTTP/1.0 gets no 100', [head(jsonOf(hello.length), 'POST /graphql HTTP/1.0'), hello], ok],
]);

export const guardedExpectations = clauses(
  [
    [
      'fed-expect-continue',
      "a head without the router's credentials is 401 alone",
      head(jsonOf(60_000)),
      refused(401, 'UNAUTHENTICATED', { connection: 'close', 'www-authenticate': 'Router' }),
    ],
  ],
  true,
);

const chunked = (body: string, lines: readonly string[] = []) => post(['transfer-encoding: chunked', ...lines], body);
const inChunks = (extension = '', trailer = '') =>
  `5${extension}\r\n${hello.slice(0, 5)}\r\n15${extension}\r\n${hello.slice(5)}\r\n0${extension}\r\n${trailer}\r\n`;

export const framing = clauses([
  ['RFC 9112, 7.1', 'a body in chunks is read', chunked(inChunks()), ok],
  [
    'RFC 9112, 7',
    'the name of a transfer coding is the same in any case',
    post(['transfer-encoding: CHUNKED'], inChunks()),
    ok,
  ],
  ['RFC 9112, 7.1.1', 'extensions of chunks are ignored', chunked(inChunks(';a=1;b="c d"')), ok],
  [
    'RFC 9112, 7.1.2',
    'trailers are ignored',
    chunked(inChunks('', 'x-checksum: 1\r\ncontent-type: text/plain\r\n')),
    ok,
  ],
  [
    'RFC 9112, 6.1',
    'a transfer coding that is not implemented is 501',
    post(['transfer-encoding: gzip, chunked'], inChunks()),
    notImplemented,
  ],
  [
    'RFC 9112, 6.3',
    'a body whose last coding is not chunked has no end, and is refused',
    post(['transfer-encoding: gzip'], 'x'),
    fault(400),
  ],
  ['RFC 9112, 6.1', 'chunked twice is refused', post(['transfer-encoding: chunked, chunked'], inChunks()), fault(400)],
  [
    'RFC 9112, 6.3',
    'a body with a length and a transfer coding is refused',
    post(['content-length: 26', 'transfer-encoding: chunked'], inChunks()),
    fault(400),
  ],
  [
    'RFC 9112, 6.3',
    'two lengths that differ are refused',
    post(['content-length: 26', 'content-length: 27']),
    fault(400),
  ],
  ['RFC 9112, 6.3', 'a length that is not a number is refused', post(['content-length: 2x']), fault(400)],
  ['RFC 9112, 6.3', 'a request without a length has an empty body', post(['content-length: 0'], ''), badRequest],
  [
    'RFC 9112, 6.3',
    'what follows the length is not part of the body',
    post(['content-length: 25', 'connection: close']),
    badRequest,
  ],
  ['RFC 9112, 5.1', 'a blank before the colon of a header is refused', get('/livez', ['x : y']), fault(400)],
  ['RFC 9112, 5.2', 'a header over two lines is refused', get('/livez', ['x: y\r\n z']), fault(400)],
  [
    'RFC 9110, 5.1',
    'names of headers are the same in any case',
    post(['CONTENT-TYPE: application/json', 'HOST: x']),
    ok,
  ],
  [
    'RFC 9110, 9.3.1',
    'a probe with a body is answered, and the connection closed',
    message('GET /livez HTTP/1.1', ['content-length: 9', 'connection: keep-alive']),
    { ...live, headers: { connection: 'close' } },
  ],
]);

export const guardedFraming = clauses(
  [
    [
      'RFC 9110, 6.5.1',
      'a secret in a trailer is not read',
      chunked(inChunks('', 'router-authorization: old-router-secret-0123456789abcdef\r\n')),
      refused(401, 'UNAUTHENTICATED'),
    ],
  ],
  true,
);

const held = ['connection: keep-alive'];
export const connections = clauses([
  [
    'RFC 9112, 9.3',
    'a connection stays open, and the reply announces for how long',
    post(held),
    { ...ok, open: true, headers: { connection: 'keep-alive', 'keep-alive': /^timeout=65\b/ } },
  ],
  [
    'RFC 9112, 9.6',
    'Connection: close is honoured',
    post(['connection: Close']),
    { ...ok, headers: { connection: 'close' } },
  ],
  [
    'RFC 9112, 9.6',
    'close counts among other options',
    post(['connection: x, close']),
    { ...ok, headers: { connection: 'close' } },
  ],
  [
    'RFC 9112, 9.3.2',
    'two requests in one packet are answered in order',
    Buffer.concat([post(held), get('/livez')]),
    { statuses: [200, 200], body: '{"status":"live"}' },
  ],
  [
    'RFC 9112, 9.3',
    'a connection serves requests after one that was refused',
    Buffer.concat([post(held, '{'), post(held, '[]'), post()]),
    { statuses: [400, 400, 200], data: { __typename: 'Query' } },
  ],
  ['RFC 9112, 9.6', 'nothing that follows close is answered', Buffer.concat([post(), post()]), ok],
  ['RFC 9110, 6.6.1', 'an answer has a date', post(), { ...ok, headers: { date: /GMT$/ } }],
  [
    'RFC 9110, 6.6.1',
    'a refusal of bytes that are not HTTP has a date',
    'x\r\n\r\n',
    { ...fault(400), headers: { date: /GMT$/ } },
  ],
]);
