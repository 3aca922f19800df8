/** The traceparent header to the letter, and whose trace id failures show. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { traceIdOf } from '../../src/http/trace-context.ts';
import { json, parseReply, sendRaw } from '../support/http/raw-http.ts';
import { type Service, startService } from '../support/services/service.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const parentId = '00f067aa0ba902b7';
const valid = `00-${traceId}-${parentId}-01`;

describe('a traceparent', () => {
  test.each([
    ['version 00', valid],
    ['flags that are not known', `00-${traceId}-${parentId}-ff`],
    ['a later version', `01-${traceId}-${parentId}-01`],
    ['the last version', `fe-${traceId}-${parentId}-01`],
    ['a later version and more fields', `cc-${traceId}-${parentId}-01-what-the-future-will-be-like`],
    ['a later version and an empty field', `cc-${traceId}-${parentId}-01-`],
  ])('a traceparent with %s is continued', (_, traceparent) => {
    expect(traceIdOf(traceparent)).toBe(traceId);
  });

  test.each([
    ['absent', undefined],
    ['empty', ''],
    ['of version ff', `ff-${traceId}-${parentId}-01`],
    ['of version 00 with more fields', `${valid}-what`],
    ['of version 00 with an empty field', `${valid}-`],
    ['of a later version with no hyphen behind the flags', `cc-${traceId}-${parentId}-01.what`],
    ['in upper case', valid.toUpperCase()],
    ['with a version in upper case', `0A-${traceId}-${parentId}-01`],
    ['with a trace id of zeros', `00-${'0'.repeat(32)}-${parentId}-01`],
    ['with a parent id of zeros', `00-${traceId}-${'0'.repeat(16)}-01`],
    ['with a short version', `0-${traceId}-${parentId}-01`],
    ['with a long version', `000-${traceId}-${parentId}-01`],
    ['with a short trace id', `00-${traceId.slice(1)}-${parentId}-01`],
    ['with a long trace id', `00-${traceId}a-${parentId}-01`],
    ['with a short parent id', `00-${traceId}-${parentId.slice(1)}-01`],
    ['with a long parent id', `00-${traceId}-${parentId}a-01`],
    ['with short flags', `00-${traceId}-${parentId}-1`],
    ['with long flags', `00-${traceId}-${parentId}-001`],
    ['without flags', `00-${traceId}-${parentId}`],
    ['with letters that are not hexadecimal', `00-${traceId.replace('f', 'g')}-${parentId}-01`],
    ['with underscores', valid.replaceAll('-', '_')],
    ['of two headers', `${valid}, ${valid}`],
    ['of two headers of a later version', `cc-${traceId}-${parentId}-01-x, ${valid}`],
    ['with a line break', `${valid}\n`],
  ])('a traceparent that is %s begins a new trace', (_, traceparent) => {
    const id = traceIdOf(traceparent);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(id).not.toBe(traceId);
    expect(traceIdOf(traceparent)).not.toBe(id);
  });
});

describe('over HTTP', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.close());

  /** The trace id of a failure. */
  const failWith = async (lines: readonly string[]): Promise<string> => {
    const query = '{ authResult(queryCode: "0000000000000000000000") { ... on PayerFailure { traceId } } }';
    const body = JSON.stringify({ query });
    const head = ['POST /graphql HTTP/1.1', 'host: x', 'connection: close', `content-type: ${json['content-type']}`];
    const text = [...head, `content-length: ${body.length}`, ...lines, '', body].join('\r\n');
    return JSON.parse(parseReply(await sendRaw(service.url, [text])).body).data.authResult.traceId;
  };

  test("a failure shows the trace id of the router's trace, with any tracestate", async () => {
    expect(await failWith([`traceparent: ${valid}`])).toBe(traceId);
    expect(await failWith([`TraceParent:  ${valid} `, 'tracestate: a=1', 'tracestate: b=2'])).toBe(traceId);
    expect(await failWith([`traceparent: ${valid}`, 'tracestate: not a list,,=='])).toBe(traceId);
  });

  test('two traceparent headers begin a new trace', async () => {
    const id = await failWith([`traceparent: ${valid}`, `traceparent: ${valid}`]);
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(id).not.toBe(traceId);
  });
});
