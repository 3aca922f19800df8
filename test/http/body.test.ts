/** Which request bodies are read, and which are refused. */
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  expectRefusal,
  hello,
  json,
  LIMIT,
  padded,
  parseReply,
  request as send,
  sendRaw,
} from '../support/http/raw-http.ts';
import { type Service, startService } from '../support/services/service.ts';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const post = (body: string, headers: Record<string, string> = json, target = '/graphql') =>
  send(service.url, { method: 'POST', target, headers, body });

describe('the body', () => {
  test.each([
    ['absent', undefined],
    ['text/plain', 'text/plain'],
    ['a form', 'application/x-www-form-urlencoded'],
    ['multipart', 'multipart/form-data; boundary=x'],
    ['application/graphql', 'application/graphql'],
    ['JSON by another name', 'application/jsonp'],
    ['JSON in UTF-16', 'application/json; charset=utf-16'],
    ['JSON in UTF-7', 'application/json; charset=utf-7'],
    ['JSON in ISO-8859-1', 'application/json; charset=iso-8859-1'],
    ['JSON in no charset', 'application/json; charset='],
    ['two at once', 'application/json, text/plain'],
  ])('a body with the content type %s is 415', async (_, type) => {
    const reply = await post(hello, type === undefined ? {} : { 'content-type': type });
    expectRefusal(reply, { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' });
  });

  test.each([
    'application/json',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
    'Application/JSON',
    'application/graphql+json',
  ])('a body with the content type %s is read', async (type) => {
    expect((await post(hello, { 'content-type': type })).status).toBe(200);
  });

  test.each([
    ['is empty', ''],
    ['is not JSON', '{'],
    ['is GraphQL', '{ __typename }'],
    ['is JSON with something behind it', `${hello} x`],
    ['is a JSON number', '5'],
    ['is a JSON string', '"{ __typename }"'],
    ['is JSON null', 'null'],
    ['is JSON true', 'true'],
    ['is a batch', `[${hello}]`],
    ['is an empty batch', '[]'],
    ['is an empty object', '{}'],
    ['has two queries', '{"query":"{ __typename }","query":"{ __typename }"}'],
    ['has two queries, spelled in two ways', '{"query":"{ __typename }","qu\\u0065ry":"{ __typename }"}'],
    ['has two variables of one name', `{"query":"{ __typename }","variables":{"a":{"b":1,"c":[{"d":"\\":","d":2}]}}}`],
    ['has a prototype and no query', '{"__proto__":{"query":"{ __typename }"}}'],
  ])('a body that %s is 400', async (_, body) => {
    expectRefusal(await post(body), { status: 400, code: 'BAD_REQUEST' });
  });

  test('a body that is not UTF-8 is 400', async () => {
    const response = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: json,
      body: Buffer.concat([Buffer.from('{"query":"{ __typename }","x":"'), Buffer.of(0xd6, 0xd0), Buffer.from('"}')]),
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ errors: [{ extensions: { code: 'BAD_REQUEST' } }] });
  });

  test('a body of as many bytes as the limit passes', async () => {
    expect((await post(padded(LIMIT))).status).toBe(200);
  });

  test('a body of one byte more than the limit is 413 by its content-length', async () => {
    // Not a byte of the body follows: the length is enough to refuse.
    const head = `POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: ${LIMIT + 1}\r\n\r\n`;
    const reply = parseReply(await sendRaw(service.url, [head]));
    expectRefusal(reply, { status: 413, code: 'BODY_TOO_LARGE' });
    expect(reply.headers.get('connection')).toBe('close');
  });

  test('a body of one byte more than the limit is 413 when it is sent', async () => {
    expectRefusal(await post(padded(LIMIT + 1)), { status: 413, code: 'BODY_TOO_LARGE' });
  });

  const chunked = (sizes: readonly number[]) => [
    'POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n',
    ...sizes.map((size, i) => `${size.toString(16)}\r\n${i === 0 ? padded(size) : ' '.repeat(size)}\r\n`),
    '0\r\n\r\n',
  ];

  test('a chunked body of as many bytes as the limit passes', async () => {
    expect(parseReply(await sendRaw(service.url, chunked([90_000, 90_000, LIMIT - 180_000]))).status).toBe(200);
  });

  test('a chunked body of one byte more than the limit is 413', async () => {
    const text = await sendRaw(service.url, chunked([90_000, 90_000, LIMIT - 180_000 + 1]));
    expectRefusal(parseReply(text), { status: 413, code: 'BODY_TOO_LARGE' });
  });

  test('an endless chunked body is 413, and its connection closed', async () => {
    const body = new ReadableStream({
      pull: (controller) => controller.enqueue(new TextEncoder().encode(' '.repeat(10_000))),
    });
    const init = { method: 'POST', headers: json, body, duplex: 'half' } as const;
    const response = await fetch(`${service.url}/graphql`, { ...init, signal: AbortSignal.timeout(5_000) });
    expect(response.status).toBe(413);
  });

  test('a body that is cut off is not logged as an unexpected failure', async () => {
    const before = service.logLines.length;
    const { hostname, port } = new URL(service.url);
    const socket = connect(Number(port), hostname);
    socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 100\r\n\r\n{');
    await delay(100);
    socket.destroy();
    await delay(200);
    expect(service.logLines.slice(before)).toEqual([]);
  });
});
