/** Compressed bodies: what decoding them may cost, and which bytes the router's signatures cover. */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { brotliCompressSync, constants, deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { decodeBody } from '../../src/http/content-coding.ts';
import { BodyTooLarge } from '../../src/http/edge.ts';
import type { RequestHead } from '../../src/security/request-head.ts';
import { signaturesConfig } from '../../src/security/router-signature.ts';
import { hello, LIMIT } from '../support/http/raw-http.ts';
import { type Service, startService } from '../support/services/service.ts';
import { defaultCovered, publicPem, routerKeys, signWith } from '../support/signers/http-signer.ts';

describe('what decoding costs', () => {
  const zeros = Buffer.alloc(50_000_000);
  const brotli = (window: number) =>
    brotliCompressSync(zeros, {
      params: { [constants.BROTLI_PARAM_LGWIN]: window, [constants.BROTLI_PARAM_QUALITY]: 5 },
    });
  const MIB = 2 ** 20;

  test.each([
    ['gzip', gzipSync(zeros)],
    ['deflate', deflateSync(zeros)],
    ['br', brotli(16)],
    ['br', brotli(22)],
  ])('50 MB in %s are refused in little time and memory, 50 times at once', async (coding, bomb) => {
    const memoryBefore = process.memoryUsage.rss();
    const before = process.cpuUsage();
    const outcomes = await Promise.allSettled(Array.from({ length: 50 }, () => decodeBody(bomb, coding, LIMIT)));
    const { user, system } = process.cpuUsage(before);
    for (const outcome of outcomes) expect(outcome).toMatchObject({ reason: expect.any(BodyTooLarge) });
    expect((user + system) / 1_000 / 50).toBeLessThan(100);
    expect((process.memoryUsage.rss() - memoryBefore) / MIB).toBeLessThan(300);
  });

  test.each([23, 24])('brotli with a window of 2^%i bytes is not decoded', async (window) => {
    expect(await decodeBody(brotli(window), 'br', LIMIT)).toBeUndefined();
  });

  test.each([10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22])(
    'brotli with a window of 2^%i bytes is decoded',
    async (window) => {
      const text = Buffer.from(hello.padEnd(50_000, ' '));
      const body = brotliCompressSync(text, { params: { [constants.BROTLI_PARAM_LGWIN]: window } });
      expect(await decodeBody(body, 'br', LIMIT)).toEqual(text);
    },
  );

  test.each([
    ['gzip', gzipSync(hello)],
    ['deflate', deflateSync(hello)],
    ['br', brotliCompressSync(hello)],
  ])('%s that is cut off anywhere, is not read, nor with one wrong bit as something else', async (coding, body) => {
    for (let length = 0; length < body.length; length += 1)
      expect(await decodeBody(body.subarray(0, length), coding, LIMIT)).toBeUndefined();
    for (let bit = 0; bit < body.length * 8; bit += 1) {
      const changed = Buffer.from(body);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      const decoded = await decodeBody(changed, coding, LIMIT).catch(() => undefined);
      // Brotli has no checksum; gzip has fields, such as the time, that change nothing.
      if (coding !== 'br') expect([undefined, hello]).toContain(decoded?.toString());
    }
  });
});

/** The status of the answer to a body in gzip. */
const send = async (url: string, headers: RequestHead['headers'], body: Buffer): Promise<number | undefined> => {
  const all = { connection: 'close', 'content-length': `${body.length}`, ...headers };
  const sent = request(`${url}/graphql`, { method: 'POST', headers: all });
  sent.end(body);
  const [{ statusCode }] = (await once(sent, 'response')) as [IncomingMessage];
  return statusCode;
};
const coded = gzipSync(hello);
const usual = { 'content-type': 'application/json', 'content-encoding': 'gzip' };

describe('a router that signs and compresses', () => {
  let service: Service;
  beforeAll(async () => {
    const keys = [{ id: 'router', algorithm: 'ed25519', key: publicPem(routerKeys.publicKey) } as const];
    service = await startService({ config: { router: { signatures: signaturesConfig.parse({ keys }) } } });
  });
  afterAll(() => service.close());

  /** Signs a body in gzip with a digest of other bytes or the same. */
  const sendSigned = (digested: Buffer | string, target = '/graphql') => {
    const digest = `sha-256=:${createHash('sha256').update(digested).digest('base64')}:`;
    const { host } = new URL(service.url);
    const headers = { ...usual, host, 'content-length': `${coded.length}`, 'content-digest': digest };
    const head: RequestHead = { method: 'POST', target, headers, peer: { certificateNames: [], encrypted: false } };
    const covered = [...defaultCovered(head), ['content-digest', digest] as const];
    const now = Math.floor(Date.now() / 1_000);
    return send(service.url, signWith({ covered, parameters: `;created=${now}` }, head).headers, coded);
  };

  test('RFC 9530: a digest of the bytes as sent is accepted', async () => {
    expect(await sendSigned(coded)).toBe(200);
  });

  test('RFC 9530: a digest of the decoded bytes is 401', async () => {
    expect(await sendSigned(hello)).toBe(401);
  });

  test('a compressed body without a signature is 401', async () => {
    expect(await send(service.url, usual, coded)).toBe(401);
  });
});

describe('Hive Gateway, whose HMAC is in the body', () => {
  const secret = randomBytes(32).toString('base64');
  let service: Service;
  beforeAll(async () => {
    service = await startService({ config: { router: { hive: { secrets: [secret] } } } });
  });
  afterAll(() => service.close());

  const operation = { query: '{ __typename }' };
  const hmac = createHmac('sha256', secret).update(JSON.stringify(operation)).digest('base64');
  const body = JSON.stringify({ ...operation, extensions: { 'hmac-signature': hmac } });

  test('the HMAC in a compressed body is read', async () => {
    expect(await send(service.url, usual, gzipSync(body))).toBe(200);
  });

  test.each<[string, number, Buffer]>([
    ['has no HMAC', 401, coded],
    ['is not gzip', 401, Buffer.from(body)],
    ['is cut off', 401, gzipSync(body).subarray(0, -1)],
    ['is a bomb', 413, gzipSync(Buffer.alloc(10_000_000))],
  ])('a compressed body that %s is %i', async (_, status, sent) => {
    expect(await send(service.url, usual, sent)).toBe(status);
  });
});
