/** PayerIdentity.ref: which texts name a payer, which do not, and that a text and its payer belong together. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MAX_REF, parseRef, refOf } from '../../src/identity/identity-ref.ts';
import { runs } from '../support/runs.ts';

const payer = { channelId: 'wechat_pay', appId: 'demo', openId: 'oABC', userId: null };

describe('the ref of a payer', () => {
  test.each([
    ['openId', payer, 'wechat_pay/demo/openId/oABC'],
    ['userId where there is no openId', { ...payer, openId: null, userId: '2088' }, 'wechat_pay/demo/userId/2088'],
    ['openId where there are both', { ...payer, userId: '2088' }, 'wechat_pay/demo/openId/oABC'],
  ])('a ref names the payer by %s', (_, of, ref) => {
    expect(refOf(of)).toBe(ref);
  });

  test('a payer without openId and userId has no ref', () => {
    expect(refOf({ ...payer, openId: null })).toBeUndefined();
  });

  test('a ref has its parts percent-encoded, as encodeURIComponent does', () => {
    const of = { channelId: 'a/b', appId: 'c d', openId: '%2F+ü😀?#&=', userId: null };
    expect(refOf(of)).toBe('a%2Fb/c%20d/openId/%252F%2B%C3%BC%F0%9F%98%80%3F%23%26%3D');
  });
});

test('the longest ref, of a payer whose id is 128 characters of three bytes each, is read as its ids', () => {
  const longest = { channelId: 'c'.repeat(32), appId: 'a'.repeat(32), openId: '中'.repeat(128), userId: null };
  const ref = String(refOf(longest));
  expect(ref).toHaveLength(MAX_REF);
  expect(parseRef(ref)).toEqual({ channelId: longest.channelId, appId: longest.appId, openId: longest.openId });
});

describe('a ref that is read', () => {
  test.each([
    ['wechat_pay/demo/openId/oABC', { channelId: 'wechat_pay', appId: 'demo', openId: 'oABC' }],
    ['ali_pay/demo/userId/2088', { channelId: 'ali_pay', appId: 'demo', userId: '2088' }],
    // Encoded more than encodeURIComponent does, and in lower case.
    ['%77echat_pay/demo/open%49d/o%41B%2f', { channelId: 'wechat_pay', appId: 'demo', openId: 'oAB/' }],
    ['wechat_pay/demo/openId/a+b', { channelId: 'wechat_pay', appId: 'demo', openId: 'a+b' }],
    // What encodeURIComponent leaves, and what it does not.
    ["wechat_pay/demo/openId/-_.!~*'()", { channelId: 'wechat_pay', appId: 'demo', openId: "-_.!~*'()" }],
    ['wechat_pay/demo/openId/ü ?', { channelId: 'wechat_pay', appId: 'demo', openId: 'ü ?' }],
    ['toString/__proto__/userId/constructor', { channelId: 'toString', appId: '__proto__', userId: 'constructor' }],
  ])('%s names a payer', (ref, expected) => {
    expect(parseRef(ref)).toEqual(expected);
  });

  const long = 'x'.repeat(129);
  test.each([
    ['is empty', ''],
    ['has one part', 'oABC'],
    ['has three parts', 'wechat_pay/demo/oABC'],
    ['has five parts', 'wechat_pay/demo/openId/oABC/x'],
    ['ends with a slash', 'wechat_pay/demo/openId/oABC/'],
    ['begins with a slash', '/wechat_pay/demo/openId/oABC'],
    ['has no channel', '/demo/openId/oABC'],
    ['has no app', 'wechat_pay//openId/oABC'],
    ['has no kind', 'wechat_pay/demo//oABC'],
    ['has no id', 'wechat_pay/demo/openId/'],
    ['has another kind', 'wechat_pay/demo/unionId/oABC'],
    ['has its kind in another case', 'wechat_pay/demo/openid/oABC'],
    ['has a name of Object.prototype as its kind', 'wechat_pay/demo/toString/oABC'],
    ['has its parts in another order', 'openId/oABC/wechat_pay/demo'],
    ['has an encoded slash between its parts', 'wechat_pay%2Fdemo%2FopenId%2FoABC'],
    ['has a percent sign alone', 'wechat_pay/demo/openId/100%'],
    ['has half an escape', 'wechat_pay/demo/openId/%4'],
    ['has an escape that is not hexadecimal', 'wechat_pay/demo/openId/%zz'],
    ['has bytes that are not UTF-8', 'wechat_pay/demo/openId/%ff'],
    ['has half a character in UTF-8', 'wechat_pay/demo/openId/%F0%9F%98'],
    ['has a surrogate in UTF-8', 'wechat_pay/demo/openId/%ED%A0%80'],
    ['has a lone surrogate', 'wechat_pay/demo/openId/\ud800'],
    ['has a channel of 129 characters', `${long}/demo/openId/oABC`],
    ['has an app of 129 characters', `wechat_pay/${long}/openId/oABC`],
    ['has an id of 129 characters', `wechat_pay/demo/openId/${long}`],
    ['is longer than any ref', `wechat_pay/demo/openId/${'%41'.repeat(MAX_REF)}`],
    ['is slashes alone', '/'.repeat(100_000)],
  ])('a text that %s names no payer', (_, ref) => {
    expect(parseRef(ref)).toBeUndefined();
  });
});

describe('any payer', () => {
  const id = fc.oneof(
    fc.string({ minLength: 1, maxLength: 64, unit: 'binary' }),
    fc.string({ minLength: 1, maxLength: 128, unit: fc.constantFrom(...'aZ09_-.~/%+ ?#&=ü中') }),
  );
  const short = fc.string({ minLength: 1, maxLength: 32, unit: fc.constantFrom(...'azAZ09_.-') });
  const payers = fc.record({ channelId: short, appId: short, openId: fc.option(id), userId: fc.option(id) });

  test('the ref of a payer is read as its ids, and as no other', () => {
    fc.assert(
      fc.property(payers, ({ channelId, appId, openId, userId }) => {
        const ref = refOf({ channelId, appId, openId, userId });
        const named = openId === null ? { userId } : { openId };
        fc.pre(openId !== null || userId !== null);
        expect(ref).toMatch(/^[^/]+\/[^/]+\/(openId|userId)\/[^/]+$/);
        expect(parseRef(String(ref))).toEqual({ channelId, appId, ...named });
      }),
      { numRuns: runs(1_000) },
    );
  });

  test('two payers that differ in a part have two refs', () => {
    fc.assert(
      fc.property(payers, payers, (one, other) => {
        const idsOf = ({ channelId, appId, openId, userId }: typeof one) =>
          JSON.stringify([channelId, appId, openId === null ? [userId] : openId]);
        fc.pre(refOf(one) !== undefined && refOf(other) !== undefined);
        expect(refOf(one) === refOf(other)).toBe(idsOf(one) === idsOf(other));
      }),
      { numRuns: runs(500) },
    );
  });

  test('no text makes the reader throw, and what it reads has the limits of an id', () => {
    const texts = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 40 }),
      fc.array(fc.string({ unit: fc.constantFrom(...'aZ%2F0/ü\ud800'), maxLength: 6 })).map((parts) => parts.join('/')),
      fc
        .tuple(fc.string(), fc.string(), fc.constantFrom('openId', 'userId'), fc.string())
        .map((parts) => parts.join('/')),
    );
    fc.assert(
      fc.property(texts, (text) => {
        for (const part of Object.values(parseRef(text) ?? {})) {
          expect(part.length).toBeGreaterThanOrEqual(1);
          expect(part.length).toBeLessThanOrEqual(128);
          expect(part.isWellFormed()).toBe(true);
        }
      }),
      { numRuns: runs(2_000) },
    );
  });
});
