/** Clauses on what is in a body: content codings and JSON. RFC 9110, 9530, 8259. */
import { createHash } from 'node:crypto';
import { brotliCompressSync, constants, deflateRawSync, deflateSync, gzipSync } from 'node:zlib';
import { hello, LIMIT, padded } from '../../support/http/raw-http.ts';
import { oldSecret } from '../../support/services/configured.ts';
import { type Answer, clauses, ok, post, postJson, refused } from './clause.ts';

const badRequest = refused(400, 'BAD_REQUEST');
const acceptedCodings = 'gzip, deflate, br';
const unsupportedCoding = refused(415, 'UNSUPPORTED_MEDIA_TYPE', { 'accept-encoding': acceptedCodings });
const tooLarge = refused(413, 'BODY_TOO_LARGE', { connection: 'close' });
const coded = (coding: string, body: string | Buffer) => post([`content-encoding: ${coding}`], body);
const brotli = (text: string, window: number) =>
  brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_LGWIN]: window, [constants.BROTLI_PARAM_QUALITY]: 4 } });
const bomb = hello.padEnd(30_000_000, ' ');
const encoders = { gzip: gzipSync, deflate: deflateSync, br: brotliCompressSync };
const junk = Buffer.from('x');

export const codings = clauses([
  ...Object.entries(encoders).flatMap(([coding, encode]) => [
    ['fed-gzip-body', `a body in ${coding} is read`, coded(coding, encode(hello)), ok] as const,
    [
      'RFC 9110, 15.5.14',
      `a body in ${coding} of the limit's length is read`,
      coded(coding, encode(padded(LIMIT))),
      ok,
    ] as const,
    [
      'RFC 9110, 15.5.14',
      `a body in ${coding} of one byte more is 413`,
      coded(coding, encode(padded(LIMIT + 1))),
      tooLarge,
    ] as const,
    ['RFC 9110, 15.5.14', `30 MB in ${coding} are 413`, coded(coding, encode(bomb)), tooLarge] as const,
    [
      'RFC 9110, 8.4',
      `a body in ${coding} that is cut off is refused`,
      coded(coding, encode(hello).subarray(0, -1)),
      badRequest,
    ] as const,
    [
      'RFC 9110, 8.4',
      `a body in ${coding} with a byte behind it is refused`,
      coded(coding, Buffer.concat([encode(hello), junk])),
      badRequest,
    ] as const,
    [
      'RFC 9110, 8.4',
      `a body in ${coding} with a second one behind it is refused`,
      coded(coding, Buffer.concat([encode(hello), encode(hello)])),
      badRequest,
    ] as const,
    ['RFC 9110, 8.4', `an empty body is not ${coding}`, coded(coding, ''), badRequest] as const,
    ['RFC 9110, 8.4', `a body that is not coded is not ${coding}`, coded(coding, hello), badRequest] as const,
    [
      'RFC 9110, 8.4',
      `a body in ${coding} without the header is not JSON`,
      post([], encode(hello)),
      badRequest,
    ] as const,
    [
      'RFC 9110, 8.4',
      `a body in ${coding} twice is not JSON`,
      coded(coding, encode(encode(hello))),
      badRequest,
    ] as const,
  ]),
  [
    'RFC 9110, 15.5.14',
    'a coded body over the limit is 413 by its length',
    [coded('gzip', Buffer.alloc(LIMIT + 1))],
    tooLarge,
  ],
  ['RFC 9110, 8.4.1', 'names of codings are the same in any case', coded('GZip', gzipSync(hello)), ok],
  ['RFC 9110, 8.4.1.3', 'x-gzip is gzip', coded('x-gzip', gzipSync(hello)), ok],
  ['RFC 9110, 8.4.1.2', 'deflate without its wrapper is refused', coded('deflate', deflateRawSync(hello)), badRequest],
  ['RFC 9110, 8.4.1', 'one coding under the name of another is refused', coded('gzip', deflateSync(hello)), badRequest],
  ['RFC 9110, 12.5.3', 'identity is no coding', coded('identity', hello), ok],
  ['RFC 9110, 5.6.1', 'empty elements of the list are ignored', coded(', gzip,', gzipSync(hello)), ok],
  ['RFC 7932, 9.1', 'brotli with a window of 4 MiB is read', coded('br', brotli(hello, 22)), ok],
  [
    'RFC 7932, 9.1',
    'brotli with a window over 4 MiB is refused before it fills it',
    coded('br', brotli(bomb, 24)),
    badRequest,
  ],
  ...['zstd', 'compress', 'gzip, br', 'gzip, gzip', 'gzip;q=1', '*', 'aes128gcm'].map(
    (coding) =>
      [
        'RFC 9110, 15.5.16',
        `the coding ${coding} is 415 and the answer names those that are accepted`,
        coded(coding, hello),
        unsupportedCoding,
      ] as const,
  ),
  [
    'RFC 9110, 5.3',
    'codings of two headers are a list',
    post(['content-encoding: gzip', 'content-encoding: br']),
    unsupportedCoding,
  ],
]);

const digestOf = (body: string | Buffer) =>
  `content-digest: sha-256=:${createHash('sha256').update(body).digest('base64')}:`;
export const guardedCodings = clauses(
  [
    [
      'RFC 9110, 15.5.2',
      'a bomb without credentials is 401 and not decoded',
      coded('gzip', gzipSync(bomb)),
      refused(401, 'UNAUTHENTICATED'),
    ],
    [
      'RFC 9530, 2',
      'a digest beside the secret is of the coded bytes and does not matter',
      post(
        ['content-encoding: gzip', `router-authorization: ${oldSecret}`, digestOf(gzipSync(hello))],
        gzipSync(hello),
      ),
      ok,
    ],
  ],
  true,
);

const deep = (levels: number) =>
  `{"query":"{ __typename }","variables":{"a":${'['.repeat(levels)}${']'.repeat(levels)}}}`;
const withVariable = (value: string) =>
  `{"query":"query($id: ID!) { payerIdentity(id: $id) { id } }","variables":{"id":${value}}}`;
const nothing: Answer = { statuses: [200], data: { payerIdentity: null } };

export const json8259 = clauses([
  ['RFC 8259, 8.1', 'a byte order mark before the text is ignored', post([], `\ufeff${hello}`), ok],
  [
    'RFC 8259, 8.1',
    'bytes that are not UTF-8 are refused',
    post([], Buffer.concat([Buffer.from('{"query":"'), Buffer.of(0xff), Buffer.from('"}')])),
    badRequest,
  ],
  ['RFC 8259, 2', 'blanks around the text are ignored', post([], `\r\n\t ${hello} \n`), ok],
  [
    'RFC 8259, 4',
    'a name that occurs twice is refused',
    post([], '{"query":"{ a }","query":"{ __typename }"}'),
    badRequest,
  ],
  [
    'RFC 8259, 4',
    'a name that occurs twice in two spellings is refused',
    post([], '{"query":"{ a }","qu\\u0065ry":"{ __typename }"}'),
    badRequest,
  ],
  [
    'RFC 8259, 4',
    'the order of members does not matter',
    post([], '{"extensions":{},"variables":{},"query":"{ __typename }"}'),
    ok,
  ],
  [
    'RFC 8259, 9',
    'comments, single quotes and commas at the end are refused',
    post([], `{'query':"{ __typename }",}`),
    badRequest,
  ],
  ['RFC 8259, 6', 'NaN is refused', post([], '{"query":"{ __typename }","variables":{"a":NaN}}'), badRequest],
  [
    'RFC 8259, 6',
    'a number beyond every double is read, and not used',
    post([], '{"query":"{ __typename }","variables":{"a":1e999}}'),
    ok,
  ],
  ['RFC 8259, 9', 'arrays of 1,000 levels are read', post([], deep(1_000)), ok],
  ['RFC 8259, 9', 'arrays of 30,000 levels are no failure of the service', post([], deep(30_000)), ok],
  ['RFC 8259, 8.2', 'a surrogate without its pair names no payer', post([], withVariable('"\\ud800"')), nothing],
  ['RFC 8259, 7', 'U+2028 and U+2029 stand in text as they are', post([], withVariable('"a\u2028\u2029b"')), nothing],
  ['RFC 8259, 7', 'NUL is escaped, and names no payer', post([], withVariable('"\\u0000"')), nothing],
  ['RFC 8259, 7', 'a line break in text that is not escaped is refused', post([], withVariable('"a\nb"')), badRequest],
  [
    'GraphQL, 2.1.1',
    'a byte order mark before the document is ignored',
    postJson({ query: '\ufeff{ __typename }' }),
    ok,
  ],
  [
    'GraphQL, 2.1.4',
    'comments in the document are ignored',
    postJson({ query: '# a\u2028comment\n{ __typename } # at its end' }),
    ok,
  ],
]);
