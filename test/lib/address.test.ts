import { expect, test } from 'vitest';
import {
  endpointAddress,
  isLoopbackAddress,
  isProtected,
  joinPath,
  NEEDS_TLS,
  needsTls,
  proxyAddress,
  upstreamAddress,
} from '../../src/lib/address.ts';

/** What the schema makes of a text: an address, or the message. */
const parse = (schema: typeof upstreamAddress | typeof proxyAddress, text: string) => {
  const parsed = schema.safeParse(text);
  return parsed.success ? parsed.data : parsed.error.issues.map(({ message }) => message).join();
};

const HIDDEN =
  'has spaces, control characters or backslashes. Write it without spaces, control characters and backslashes.';
const NO_ADDRESS =
  'is not an address of a server. Write an http:// or https:// address, such as https://pay.example.com.';

test.each([
  ['HTTPS://H.Example:443', 'https://h.example/'],
  ['http://h.example:80/a/', 'http://h.example/a/'],
  ['https://支付.example/p', 'https://xn--bnq875c.example/p'],
  ['https://h.example/ö', 'https://h.example/%C3%B6'],
  ['https://h.example/ p', HIDDEN],
  ['https://h.example/\u0007', HIDDEN],
  ['https://h.example\\p', HIDDEN],
  ['xhttps://h.example', NO_ADDRESS],
  ['https:/h.example', NO_ADDRESS],
  ['https://h.example:0', NO_ADDRESS],
  ['https://h.example:x', NO_ADDRESS],
  ['https://a@h.example', 'has a user name. Write it without a user name and a password.'],
  ['https://h.example/#', 'has a #. Write it without a fragment.'],
  ['https://h.example/?', 'has a query. Write it without a query: every parameter is added here.'],
  ['https://h.example/a@b', 'https://h.example/a@b'],
])('the address %j is parsed as, or refused with: %s', (text, outcome) => {
  expect(parse(upstreamAddress, text)).toBe(outcome);
});

test('a refused address has one issue of the code `custom`, and does not repeat the address', () => {
  const { error } = upstreamAddress.safeParse('https://a:s3cret@h.example');
  expect(error?.issues).toMatchObject([{ code: 'custom', path: [] }]);
  expect(JSON.stringify(error)).not.toContain('s3cret');
});

test('the address of an endpoint may have a query, and no fragment', () => {
  expect(parse(endpointAddress, 'https://H.example/q?a=1')).toBe('https://h.example/q?a=1');
  expect(parse(endpointAddress, 'https://h.example/q?a=1#')).toBe('has a #. Write it without a fragment.');
});

test.each([
  ['https://h.example', true, false],
  ['http://h.example', false, false],
  ['http://localhost', true, true],
  ['http://localhost.', true, true],
  ['http://a.b-c.localhost', true, true],
  ['http://xlocalhost', false, false],
  ['http://localhost.example', false, false],
  ['http://127.255.255.254', true, true],
  ['http://127.0.0.1.example', false, false],
  ['http://[::1]:1', true, true],
  ['http://[::2]', false, false],
  ['http://1127.0.0.1.example', false, false],
])('the address %s is protected: %s, and on this machine: %s', (address, isSafe, isHere) => {
  expect([isProtected(address), isLoopbackAddress(address)]).toEqual([isSafe, isHere]);
  expect(parse(needsTls(upstreamAddress), address)).toBe(isSafe ? new URL(address).href : NEEDS_TLS);
});

test('the message for an address without TLS states what is required', () => {
  expect(NEEDS_TLS).toBe(
    'https:// is required, since TLS alone authenticates the replies (http:// only to this machine)',
  );
});

const NO_PROXY =
  'is not the address of a proxy. Write http://host:port or http://user:password@host:port, percent-encoded.';

test.each([
  ['http://proxy:3128', true],
  ['HTTPS://proxy:3128/', true],
  ['http://a:b@proxy:3128', true],
  ['http://a%40b:c%3Ad@proxy', true],
  ['http://:b@proxy', true],
  ['http://proxy:3128/x', false],
  ['http://proxy?x', false],
  ['http://proxy#x', false],
  ['http://pro xy', false],
  ['http://a b@proxy', false],
  ['http://a/b@proxy', false],
  ['http://a%@proxy', false],
  ['http://a%00@proxy', false],
  ['http://a%0A@proxy', false],
  ['http://a\u0001@proxy', false],
  ['http://proxy:0', false],
  ['http://proxy:70000', false],
  ['xhttp://proxy', false],
  ['socks://proxy', false],
  ['proxy:3128', false],
])('the proxy %j is accepted: %s', (text, isAccepted) => {
  expect(parse(proxyAddress, text)).toBe(isAccepted ? text : NO_PROXY);
});

test.each([
  ['https://h', '/a', '/a'],
  ['https://h/', '/a', '/a'],
  ['https://h/p', '/a?b', '/p/a?b'],
  ['https://h/p/', '/a', '/p/a'],
  ['https://h/p//', '/a', '/p//a'],
  ['https://h/p/q', '/a', '/p/q/a'],
])('joinPath of %s and %s is %s', (address, path, joined) => {
  expect(joinPath(new URL(address), path)).toBe(joined);
});
