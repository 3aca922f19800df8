/**
 * Bytes that are not HTTP, or that the two ends of a connection could read differently. Each case smuggles a second
 * request in its body or behind it, which only a confused parser would execute: it redeems a code, which the upstream
 * would record.
 */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { request, sendRaw } from '../support/http/raw-http.ts';
import { type Service, startService } from '../support/services/service.ts';

const corpus = readFileSync(new URL('../vectors/http-abuse.json', import.meta.url), 'utf8');
const {
  lengths,
  encodings,
  headers: odd,
  chunkSizes: sizes,
  firstLines: starts,
} = JSON.parse(corpus) as Record<'lengths' | 'encodings' | 'headers' | 'chunkSizes' | 'firstLines', string[]>;

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const redemption = JSON.stringify({
  query: 'mutation { authenticate(input: { channelId: "ali_pay", authCode: "test_ok_smuggled" }) { __typename } }',
});
const smuggled = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${redemption.length}\r\n\r\n${redemption}`;
const hex = smuggled.length.toString(16);
const chunked = `${hex}\r\n${smuggled}\r\n0\r\n\r\n`;
const post = (headers: readonly string[], body: string) =>
  `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n${headers.join('\r\n')}\r\n\r\n${body}`;

const te = 'transfer-encoding: chunked';
const cl = (length: number | string) => `content-length: ${length}`;

/** Both ways to say where a body ends, disagreeing in every order and spelling. */
const disagreements = [
  ...encodings.flatMap((encoding) => [
    [`${encoding} before a length`, post([`transfer-encoding: ${encoding}`, cl(4)], chunked)],
    [`${encoding} behind a length`, post([cl(4), `transfer-encoding: ${encoding}`], chunked)],
    [`${encoding} behind a length of nothing`, post([cl(0), `transfer-encoding: ${encoding}`], `0\r\n\r\n${smuggled}`)],
  ]),
  ...lengths.map((length) => [`chunked, and a length of ${length}`, post([te, cl(length)], `0\r\n\r\n${smuggled}`)]),
  ...lengths.map((length) => [`a length of 4, and one of ${length}`, post([cl(4), cl(length)], `null${smuggled}`)]),
  ...lengths
    .filter((length) => !/^\s*\d+\s*$/.test(length))
    .map((length) => [`a length of ${length} alone`, post([cl(length)], `null${smuggled}`)]),
  ['chunked twice', post([te, te], chunked)],
  ['chunked and identity', post([te, 'transfer-encoding: identity'], chunked)],
];

/** Headers that one parser reads and another does not. */
const headers = odd.flatMap((line) => [
  [`the header ${JSON.stringify(line)} before a length`, post([line, cl(4)], `null${smuggled}`)],
  [`the header ${JSON.stringify(line)} behind a length`, post([cl(4), line], `null${smuggled}`)],
]);

/** Chunks that do not add up. */
const chunks = [
  ...sizes.map((size) => [
    `a chunk size of ${JSON.stringify(size)}`,
    post([te], `${size}\r\nnull\r\n0\r\n\r\n${smuggled}`),
  ]),
  ['a chunk longer than its size', post([te], `2\r\nnull\r\n0\r\n\r\n${smuggled}`)],
  ['a chunk shorter than its size', post([te], `5\r\nnull\r\n0\r\n\r\n${smuggled}`)],
  ['a chunk without an end of line', post([te], `4\r\nnull0\r\n\r\n${smuggled}`)],
  ['a chunk that ends with a line feed', post([te], `4\r\nnull\n0\r\n\r\n${smuggled}`)],
  ['chunks that end with line feeds', post([te], `4\nnull\n0\n\n${smuggled}`)],
  ['an extension of 20 kB', post([te], `4;${'x'.repeat(20_000)}\r\nnull\r\n0\r\n\r\n`)],
  ['a trailer of 20 kB', post([te], `4\r\nnull\r\n0\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`)],
  [
    'a trailer that is a length',
    post([te], `4\r\nnull\r\n0\r\ncontent-length: 4\r\ntransfer-encoding: chunked\r\nbad trailer\r\n\r\n${smuggled}`),
  ],
];

/** First lines that are none, or of another protocol. */
const firstLines = starts.flatMap((start) => [
  [
    `the first line ${JSON.stringify(start)}`,
    `${start}\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\n${cl(4)}\r\n\r\nnull`,
  ],
  [`the first line ${JSON.stringify(start)} alone`, `${start}\r\n\r\n`],
]);

const large = [
  ['a header of 16 kB', post([`x: ${'x'.repeat(16_384)}`, cl(4)], `null${smuggled}`)],
  ['2,000 headers', post([...Array.from({ length: 2_000 }, (_, i) => `x${i}: y`), cl(4)], `null${smuggled}`)],
  ['a header name of 16 kB', post([`${'x'.repeat(16_384)}: y`, cl(4)], `null${smuggled}`)],
  ['a target of 16 kB', `GET /${'x'.repeat(16_384)} HTTP/1.1\r\nhost: x\r\n\r\n`],
  ['a method of 16 kB', `${'X'.repeat(16_384)} / HTTP/1.1\r\nhost: x\r\n\r\n`],
  [
    'an upgrade to h2c',
    `GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n\r\n`,
  ],
  [
    'an upgrade to a web socket',
    'GET /graphql HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  ],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['line feeds only', 'GET /graphql HTTP/1.1\nhost: x\n\n'],
  ['what follows the last request', post(['connection: close', cl(4)], `null${smuggled}`)],
];

/** What was answered, however many answers there are. */
const statuses = (text: string) => [...text.matchAll(/^HTTP\/1\.1 (\d{3})/gm)].map(([, status]) => Number(status));

describe.each([
  ['bodies with two ends', disagreements],
  ['headers', headers],
  ['chunks', chunks],
  ['first lines', firstLines],
  ['sizes and upgrades', large],
])('raw %s', (_, cases) => {
  test.concurrent.each(cases as [string, string][])(
    'a request with %s does not smuggle a second one',
    async (__, text) => {
      const answer = await sendRaw(service.url, [text]);
      // 501: a method or a transfer coding that is not implemented; 505: another version of HTTP.
      for (const status of statuses(answer)) expect(`${status}`).toMatch(/^4\d\d$|^501$|^505$/);
      expect(answer).not.toMatch(/^\{"data"/m);
    },
  );
});

test('after more than 200 raw cases no second request was executed, and the service answers as before', async () => {
  expect([disagreements, headers, chunks, firstLines, large].flat().length).toBeGreaterThan(200);
  expect(service.upstream.ledger).toEqual([]);
  expect((await request(service.url, { target: '/readyz' })).status).toBe(200);
  // The second request does what it says when it is sent as a request.
  await sendRaw(service.url, [smuggled.replace('host: x', 'host: x\r\nconnection: close')]);
  expect(service.upstream.ledger).toHaveLength(1);
});

test('well-formed pipelined requests are answered in order', async () => {
  const hello = '{"query":"{ __typename }"}';
  const one = post([cl(hello.length)], hello);
  const answer = await sendRaw(service.url, [one + one + post([cl(hello.length), 'connection: close'], hello)]);
  expect(statuses(answer)).toEqual([200, 200, 200]);
});
