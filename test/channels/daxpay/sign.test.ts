import { createHash, createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type DaxpaySigning, signDaxpay } from '../../../src/channels/daxpay/sign.ts';
import { type DigestName, digests } from '../../../src/lib/digest.ts';
import published from '../../vectors/daxpay.json' with { type: 'json' };

const vectors = published.vectors.flatMap(({ name, profile, secret, text, signatures }) =>
  Object.entries(signatures).map(([signType, signature]) => ({
    name: `${name}, ${signType}`,
    text,
    signature,
    signing: { profile, signType, secret } as DaxpaySigning,
  })),
);

const beta: DaxpaySigning = { profile: 'beta', signType: 'md5', secret: '123456' };
const ga: DaxpaySigning = { ...beta, profile: 'ga' };
const md5 = (text: string) => createHash('md5').update(text).digest('hex');
const sign = (value: unknown, signing = beta) => signDaxpay(JSON.stringify(value), signing);

/** Every text that differs from the given one in one character of one of its string values. */
const twins = (text: string): string[] =>
  [...text.matchAll(/(?<=:")[^"]+(?=")/g)].flatMap(({ 0: value, index }) =>
    [...value].map((character, at) => {
      const other = character === '7' ? '8' : '7';
      return text.slice(0, index + at) + other + text.slice(index + at + 1);
    }),
  );

describe('a published DaxPay vector', () => {
  test.each(vectors)('$name: our signature is the published one', ({ text, signing, signature }) => {
    expect(signDaxpay(text, signing)).toBe(signature);
  });

  test.each(vectors)('$name: the signature changes with one character of any value', ({ text, signing }) => {
    const changed = twins(text);
    expect(changed.length).toBeGreaterThan(30);
    const signatures = new Set([text, ...changed].map((twin) => signDaxpay(twin, signing)));
    expect(signatures.size).toBe(changed.length + 1);
  });

  test.each(vectors)('$name: a member sign does not change the signature', ({ text, signing, signature }) => {
    for (const key of ['sign', 'Sign', 'SIGN'])
      expect(signDaxpay(text.replace('{', `{"${key}":"preset",`), signing)).toBe(signature);
  });

  test.each(vectors)('$name: another secret has another signature', ({ text, signing, signature }) => {
    expect(signDaxpay(text, { ...signing, secret: '123457' })).not.toBe(signature);
  });
});

/** https://openstd.samr.gov.cn/bzgk/gb/ GB/T 32905-2016, annex A. */
test.each([
  ['abc', '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0'],
  ['abcd'.repeat(16), 'debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732'],
])('SM3 of %s is the published one of GB/T 32905', (text, digest) => {
  expect(digests.sm3(text, 'a key it does not use')).toBe(digest);
});

describe('the order of members', () => {
  const key = fc.stringMatching(/^[a-z]{1,8}$/).filter((text) => text !== 'sign');
  const value = fc.oneof(fc.stringMatching(/^[A-Za-z0-9_-]{0,12}$/), fc.nat(), fc.boolean());
  const members = fc.uniqueArray(fc.tuple(key, value), { minLength: 2, maxLength: 6, selector: ([name]) => name });

  test('the order of members at the top level does not change the signature', () => {
    const shuffled = members.chain((list) =>
      fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length })),
    );
    fc.assert(
      fc.property(shuffled, ([list, other]) => {
        expect(sign(Object.fromEntries(other))).toBe(sign(Object.fromEntries(list)));
      }),
    );
  });

  test('the order of members inside data changes the signature', () => {
    fc.assert(
      fc.property(members, (list) => {
        const reversed = Object.fromEntries([...list].reverse());
        expect(sign({ code: 0, data: reversed })).not.toBe(sign({ code: 0, data: Object.fromEntries(list) }));
      }),
    );
  });

  test('nulls do not change the signature in any place', () => {
    fc.assert(
      fc.property(members, fc.array(key), fc.array(key), (list, before, after) => {
        const names = new Set(list.map(([name]) => name));
        const nulls = (keys: string[]) =>
          keys.filter((name) => !names.has(name)).map((name): [string, null] => [name, null]);
        const plain = Object.fromEntries(list);
        const padded = Object.fromEntries([...nulls(before), ...list, ...nulls(after)]);
        expect(sign(padded)).toBe(sign(plain));
        expect(sign({ code: 0, data: padded, msg: null })).toBe(sign({ code: 0, data: plain }));
      }),
    );
  });
});

describe('the text that is signed', () => {
  test.each([
    ['a newline', 'a\nb', 'anb'],
    ['the other short escapes', '\b\t\f\r', 'btfr'],
    ['other control characters', '\u0000\u001f\u0085', 'u0000u001fu0085'],
    ['a line separator', 'a\u2028b', 'au2028b'],
    ['spaces and marks that hutool escapes', '\u00a0\u2010\u202f\u206f', 'u00a0u2010u202fu206f'],
    ['characters that hutool leaves alone', '\u007f\u2011中😀/', '\u007f\u2011中😀/'],
    ['quotes and backslashes', 'a"b\\c\\"d', 'abcd'],
  ])('the signed text has %s inside data as DaxPay writes it', (_, openId, written) => {
    expect(sign({ code: 0, data: { openId } })).toBe(md5(`code=0&data={openId:${written}}&key=123456`));
  });

  test('the signed text has a top-level string unchanged, without quotes and backslashes', () => {
    expect(sign({ msg: 'a\nb\u2028"c"\\d' })).toBe(md5('msg=a\nb\u2028cd&key=123456'));
  });

  test('the signed text has lists of any content as DaxPay writes them', () => {
    const text = '{"data":{"list":["a",1.0,true,{"b":null,"c":[]},[["\\n"]]]},"top":[1,"2"]}';
    expect(signDaxpay(text, beta)).toBe(md5('data={list:[a,1.0,true,{c:[]},[[n]]]}&top=[1,2]&key=123456'));
  });

  test.each(['[]', '"text"', '1', 'null'])('signing %s instead of an object throws', (text) => {
    expect(() => signDaxpay(text, beta)).toThrow('An object was expected');
  });

  test('the signed text has empty strings, and numbers as they were written', () => {
    expect(signDaxpay('{"b":1.50,"a":"","c":{"d":1e2}}', beta)).toBe(md5('a=&b=1.50&c={d:1e2}&key=123456'));
  });

  test('the signed text has its keys sorted by character, upper case first', () => {
    expect(sign({ b: 1, a: 2, B: 3 })).toBe(md5('B=3&a=2&b=1&key=123456'));
  });

  test('the signed text has the quotes and backslashes of the secret', () => {
    expect(sign({ a: 1 }, { ...beta, secret: 'q"\\' })).toBe(md5('a=1&key=q"\\'));
  });

  test('the signed text is upper-cased as a whole on profile ga, and the key of the HMAC is not', () => {
    expect(sign({ a: 'ß' }, { ...ga, secret: 'aBc' })).toBe(md5('A=SS&KEY=ABC'));
    const hmac = createHmac('sha256', 'aBc').update('A=1&KEY=ABC').digest('hex');
    expect(sign({ a: 1 }, { ...ga, secret: 'aBc', signType: 'hmac_sha256' })).toBe(hmac);
  });

  test.each(['[]', '"text"', 'null', '{"a":1,"a":1}', '{"a":1}x', ''])('signing the text %j throws', (text) => {
    expect(() => signDaxpay(text, beta)).toThrow(SyntaxError);
  });
});

test('the three digests of one text differ', () => {
  const names: DigestName[] = ['md5', 'hmac_sha256', 'sm3'];
  expect(new Set(names.map((name) => digests[name]('text', 'key'))).size).toBe(3);
});
