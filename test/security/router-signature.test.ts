/** The router's HTTP message signatures: keys, times and covered components. */
import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { RequestHead } from '../../src/security/request-head.ts';
import {
  defaultCovered,
  isTrusted,
  NOW,
  postHead,
  publicPem,
  routerKeys,
  shared,
  signWith,
  withHeaders,
} from '../support/signers/http-signer.ts';

const head = postHead('{"query":"{ __typename }"}');
const { peer } = head;

describe('who signs', () => {
  test('a signature with an unknown key id is refused', () => {
    expect(isTrusted(signWith())).toBe(true);
    expect(isTrusted(signWith(shared))).toBe(true);
    expect(isTrusted(signWith({ keyid: 'other' }))).toBe(false);
    expect(isTrusted(signWith({ keyid: '__proto__' }))).toBe(false);
    expect(isTrusted(signWith({ key: generateKeyPairSync('ed25519').privateKey }))).toBe(false);
  });

  test("a signature that names another algorithm than its key's is refused", () => {
    expect(isTrusted(signWith({ parameters: `;created=${NOW};alg="ed25519"` }))).toBe(true);
    expect(isTrusted(signWith({ parameters: `;created=${NOW};alg="hmac-sha256"` }))).toBe(false);
    // A public key used as an HMAC secret would let every reader of it sign.
    const key = Buffer.from(publicPem(routerKeys.publicKey));
    expect(isTrusted(signWith({ key, parameters: `;created=${NOW};alg="hmac-sha256"` }))).toBe(false);
    expect(isTrusted(signWith({ key }))).toBe(false);
  });

  test('one valid signature among several is enough', () => {
    const ours = signWith().headers;
    const theirs = signWith({ keyid: 'other', label: 'proxy' }).headers;
    const both = (name: string) => `${theirs[name]}, ${ours[name]}`;
    const headers = { signature: both('signature'), 'signature-input': both('signature-input') };
    expect(isTrusted(withHeaders(head, headers))).toBe(true);
  });

  test('a signature is accepted among 4, and refused among 5', () => {
    const signatures = (count: number) => {
      const all = Array.from({ length: count }, (_, i) =>
        signWith({ label: `sig${i}`, ...(i > 0 && { keyid: 'other' }) }),
      );
      const join = (name: string) => all.map(({ headers }) => headers[name]).join(', ');
      return withHeaders(head, { signature: join('signature'), 'signature-input': join('signature-input') });
    };
    expect(isTrusted(signatures(4))).toBe(true);
    expect(isTrusted(signatures(5))).toBe(false);
  });
});

describe('when it was signed', () => {
  const at = (parameters: string) => (now: number) => isTrusted(signWith({ parameters }), now);

  test('a signature without its creation time is refused', () => {
    expect(isTrusted(signWith({ parameters: '' }))).toBe(false);
    expect(isTrusted(signWith({ parameters: `;expires=${NOW + 10}` }))).toBe(false);
  });

  test('a signature is valid for 60 seconds, with 5 seconds between the clocks', () => {
    const isGoodAt = at(`;created=${NOW}`);
    expect([-6, -5, 0, 60, 65, 66].map((s) => isGoodAt(NOW + s))).toEqual([false, true, true, true, true, false]);
  });

  test('a signature that expires earlier is valid for less, and none is valid for more', () => {
    const short = at(`;created=${NOW};expires=${NOW + 10}`);
    expect([10, 15, 16].map((s) => short(NOW + s))).toEqual([true, true, false]);
    const long = at(`;created=${NOW};expires=${NOW + 3_600}`);
    expect([65, 66].map((s) => long(NOW + s))).toEqual([true, false]);
  });

  test.each([`"${NOW}"`, '-1', '0', '999999999999999'])('a creation time is refused that is %s', (created) => {
    expect(isTrusted(signWith({ parameters: `;created=${created}` }))).toBe(false);
  });
});

describe('what is signed', () => {
  test.each(defaultCovered(head).map(([name]) => name))('a signature that does not cover %s is refused', (missing) => {
    const covered = defaultCovered(head).filter(([name]) => name !== missing);
    expect(isTrusted(signWith({ covered }))).toBe(false);
  });

  test('the components that a signature has to cover can be configured', () => {
    const covered = defaultCovered(head).filter(([name]) => name === '@authority');
    expect(isTrusted(signWith({ covered }), NOW, ['@authority'])).toBe(true);
  });

  test.each<[string, Partial<RequestHead>]>([
    ['method', { method: 'GET' }],
    ['target', { target: '/graphql?' }],
    ['host', withHeaders(head, { host: 'other.internal:4001' })],
    ['port', withHeaders(head, { host: 'identity.internal' })],
    ['content type', withHeaders(head, { 'content-type': 'application/json;charset=utf-8' })],
    ['length', withHeaders(head, { 'content-length': '1' })],
    ['missing length', withHeaders(head, { 'content-length': undefined })],
  ])('a signature does not hold for a request with another %s', (_, changes) => {
    const { headers, ...rest } = signWith();
    const { signature, 'signature-input': input } = headers;
    const other = { ...head, ...rest, ...changes };
    expect(isTrusted(withHeaders(other, { signature, 'signature-input': input }))).toBe(false);
  });

  const more = (name: string, value: string, of: RequestHead = head) =>
    isTrusted(signWith({ covered: [...defaultCovered(of), [name, value]] }, of));

  test('a signature can cover further components of the request', () => {
    expect(more('@path', '/graphql')).toBe(true);
    expect(more('@query', '?')).toBe(true);
    expect(more('@query', '?a=b?c', { ...head, target: '/graphql?a=b?c' })).toBe(true);
    expect(more('@scheme', 'http')).toBe(true);
    expect(more('@target-uri', 'http://identity.internal:4001/graphql')).toBe(true);
    expect(
      more('@target-uri', 'https://identity.internal:4001/graphql', { ...head, peer: { ...peer, encrypted: true } }),
    ).toBe(true);
    expect(more('x-tenant', 'one', withHeaders(head, { 'x-tenant': 'one' }))).toBe(true);
    expect(more('x-empty', '', withHeaders(head, { 'x-empty': '' }))).toBe(true);
  });

  test('a signature over an authority is refused without a host header', () => {
    const nameless = withHeaders(head, { host: undefined });
    const covered: [string, string][] = [['@target-uri', 'http://undefined/graphql']];
    expect(isTrusted(signWith({ covered }, nameless), NOW, ['@target-uri'])).toBe(false);
    expect(isTrusted(signWith({}, nameless))).toBe(false);
  });

  test('a signature covers the host in lower case and without the port of its scheme', () => {
    const covered = (value: string) => defaultCovered(head).with(1, ['@authority', value]);
    const seen = (host: string, encrypted: boolean, value: string) =>
      isTrusted(
        signWith({ covered: covered(value) }, { ...withHeaders(head, { host }), peer: { ...peer, encrypted } }),
      );
    expect(seen('Identity.Internal:80', false, 'identity.internal')).toBe(true);
    expect(seen('identity.internal:443', true, 'identity.internal')).toBe(true);
    expect(seen('identity.internal:443', false, 'identity.internal')).toBe(false);
    expect(seen('identity.internal:80', true, 'identity.internal')).toBe(false);
    expect(seen('identity.internal:8080', false, 'identity.internal80')).toBe(false);
    expect(seen('identity.internal:4433', true, 'identity.internal3')).toBe(false);
  });

  test.each([
    ['a header that is not there', 'x-absent', ''],
    ['nothing by the name of undefined', 'x-absent', 'undefined'],
    ['a component of responses', '@status', '200'],
    ['an unknown component', '@nothing', ''],
    ['the parameters themselves', '@signature-params', ''],
    ['a header in capitals', 'Content-Type', 'application/json'],
    ['a property that every object has', 'constructor', 'function Object() { [native code] }'],
    ['no name at all', '', ''],
    ['a component twice', '@method', 'POST'],
  ])('a signature that covers %s is refused', (_, name, value) => {
    expect(more(name, value)).toBe(false);
  });

  test.each(['é', '中', '\u0000', 'a\nb', '\t'])('a signature over the header value %j is refused', (value) => {
    expect(more('x-tenant', value, withHeaders(head, { 'x-tenant': value }))).toBe(false);
  });

  test('a signature can cover a header name of 64 characters, and none of 65', () => {
    const named = (length: number) => {
      const name = `x-${'n'.repeat(length - 2)}`;
      return more(name, 'one', withHeaders(head, { [name]: 'one' }));
    };
    expect([named(64), named(65)]).toEqual([true, false]);
  });

  test('a signature over a target that names a host is refused', () => {
    for (const target of ['http://other.internal/graphql', '*', ''])
      expect(isTrusted(signWith({}, { ...head, target }))).toBe(false);
  });

  test.each([';req', ';sf', ';bs', ';tr', ';key="a"', ';name="a"'])(
    'a signature that covers a component with %s is refused',
    (parameter) => {
      const covered = defaultCovered(head).with(3, [`content-type"${parameter} "x`, 'application/json']);
      const signed = signWith({ covered });
      const input = signed.headers['signature-input']?.replace(' "x"', '');
      expect(input).toContain(`"content-type"${parameter} "content-length"`);
      expect(isTrusted(withHeaders(signed, { 'signature-input': input }))).toBe(false);
    },
  );

  test.each([
    ';unknown="x"',
    ';nonce=1',
    ';tag=1',
    ';alg=1',
    ';expires="1"',
    `;created=${NOW}`,
    ';keyid="router"',
    ';nonce',
    ';nonce=?1',
  ])('a signature with the further parameter %s is refused', (parameter) => {
    expect(isTrusted(signWith({ parameters: `;created=${NOW}${parameter}` }))).toBe(false);
  });

  test('a signature can have a nonce and a tag with quotes in them', () => {
    expect(isTrusted(signWith({ parameters: `;created=${NOW};nonce="a\\"b\\\\c";tag="x"` }))).toBe(true);
  });
});
