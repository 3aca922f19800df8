/** The router's HMAC as Hive Gateway makes it: published operations, and changed ones. */
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createHiveCheck, hiveConfig } from '../../src/security/router-hive-hmac.ts';
import published from '../vectors/hive-hmac.json' with { type: 'json' };

const { secret, source, vectors } = published;

const check = createHiveCheck(hiveConfig.parse({ secrets: [secret] }));
const hmac = (text: string, key = secret) => createHmac('sha256', key).update(text).digest('base64');
const signedAs = (operation: object, signature: unknown) => ({
  ...operation,
  extensions: { 'hmac-signature': signature },
});

describe(`operations signed as by ${source.split(',')[0]}`, () => {
  test.each(vectors)('the signature of $operation.query is accepted', ({ operation, signature }) => {
    expect(check(signedAs(operation, signature))).toBe(true);
  });

  test.each(vectors)(
    'the signature of $operation.query is accepted with its members in any order',
    ({ operation, signature }) => {
      const reversed = (value: unknown): unknown => {
        if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
        return Object.fromEntries(
          Object.entries(value)
            .reverse()
            .map(([key, member]) => [key, reversed(member)]),
        );
      };
      expect(check(signedAs(reversed(operation) as object, signature))).toBe(true);
    },
  );

  test.each(vectors)(
    'the signature of $operation.query does not hold with an added member',
    ({ operation, signature }) => {
      expect(check(signedAs({ ...operation, query: `${operation.query} ` }, signature))).toBe(false);
      expect(check(signedAs({ ...operation, variables: { ...operation.variables, extra: null } }, signature))).toBe(
        false,
      );
    },
  );

  test.each(vectors)(
    'the signature of $operation.query does not hold with one bit changed',
    ({ operation, signature }) => {
      const bytes = Buffer.from(signature, 'base64');
      for (let bit = 0; bit < 256; bit += 1) {
        const other = Buffer.from(bytes);
        other[bit >> 3] = (other[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(check(signedAs(operation, other.toString('base64')))).toBe(false);
      }
    },
  );
});

describe('a signature', () => {
  const operation = { query: '{ __typename }' };
  const good = hmac(JSON.stringify(operation));

  test.each([0, 5, true, ''])('a signature of other variables does not hold for %j', (variables) => {
    expect(check(signedAs({ ...operation, variables }, good))).toBe(false);
  });

  test('a signature by any of the configured secrets is accepted', () => {
    const next = 'another-hive-secret-0123456789-abcdef';
    const both = createHiveCheck({ secrets: [secret, next] });
    expect(both(signedAs(operation, good))).toBe(true);
    expect(both(signedAs(operation, hmac(JSON.stringify(operation), next)))).toBe(true);
    expect(check(signedAs(operation, hmac(JSON.stringify(operation), next)))).toBe(false);
  });

  test.each([
    ['absent', operation],
    ['under another name', { ...operation, extensions: { hmac: good } }],
    ['outside the extensions', { ...operation, 'hmac-signature': good }],
    ['among claims', { ...operation, extensions: { claims: { 'hmac-signature': good } } }],
    ['a list', signedAs(operation, [good])],
    ['null', signedAs(operation, null)],
    ['empty', signedAs(operation, '')],
    ['in hex', signedAs(operation, Buffer.from(good, 'base64').toString('hex'))],
    ['with a blank', signedAs(operation, `${good} `)],
    ['in extensions that are a list', { ...operation, extensions: [good] }],
    ['in extensions that are null', { ...operation, extensions: null }],
  ])('a signature that is %s is refused', (_, parsed) => {
    expect(check(parsed)).toBe(false);
  });

  test.each([
    ['no query', { variables: {} }],
    ['a query that is null', { query: null }],
    ['a list', []],
  ])('a signature over %s is refused', (_, parsed) => {
    expect(check(signedAs(parsed, hmac(JSON.stringify(parsed))))).toBe(false);
  });

  test('a signature covers query and variables only: other members can be added', () => {
    const extensions = { 'hmac-signature': good, claims: { sub: 'anybody' } };
    expect(check({ ...operation, operationName: 'Other', extensions })).toBe(true);
  });

  test('a signature over members that only the prototype has is refused', () => {
    const parsed = JSON.parse('{"__proto__":{"query":"{ __typename }"},"extensions":{"hmac-signature":""}}');
    expect(check({ ...parsed, extensions: { 'hmac-signature': good } })).toBe(false);
  });

  test('a signature covers a variable called __proto__ like any other', () => {
    const variables = JSON.parse('{"__proto__":{"a":1}}');
    const text = '{"query":"{ __typename }","variables":{"__proto__":{"a":1}}}';
    expect(check(signedAs({ ...operation, variables }, hmac(text)))).toBe(true);
    expect(check(signedAs({ ...operation, variables }, good))).toBe(false);
  });

  test('a signature over variables 31 levels deep is accepted, and no deeper', () => {
    const deep = (depth: number) => JSON.parse(`${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`);
    const parsed = (depth: number) => {
      const signed = { ...operation, variables: deep(depth) };
      return signedAs(signed, hmac(JSON.stringify(signed)));
    };
    expect(check(parsed(31))).toBe(true);
    expect(check(parsed(32))).toBe(false);
    expect(
      check(signedAs({ ...operation, variables: JSON.parse(`${'['.repeat(30_000)}${']'.repeat(30_000)}`) }, good)),
    ).toBe(false);
  });
});
