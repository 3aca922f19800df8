/** App signatures: published vectors, the policy, and calls that differ in one place. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  canonicalJson,
  isSigned,
  type SignaturePolicy,
  type SignedRequest,
  signatureConfig,
} from '../../src/security/app-signature.ts';
import { runs } from '../support/runs.ts';
import { type Input, signingKey, signV2 } from '../support/signers/app-signer.ts';
import published from '../vectors/daxpay.json' with { type: 'json' };
import own from '../vectors/request-signatures.json' with { type: 'json' };

const v2: SignaturePolicy = signatureConfig.parse({ keys: [{ secret: signingKey }] });

const input: Input = {
  appId: 'demo',
  channelId: 'wechat_pay',
  authCode: 'Ab1-code',
  clientIp: '192.0.2.1',
  queryCode: 'a-query-code-of-somebody',
  reqTime: '2026-11-22 20:00:00',
  nonceStr: 'd112892e382a7093',
};
const request = (changes: Record<string, string | undefined> = {}): SignedRequest => ({
  operation: 'authenticate',
  appId: 'demo',
  input: { ...input, ...changes },
});

describe('published vectors', () => {
  test.each([
    // https://www.rfc-editor.org/rfc/rfc4231#section-4.3
    [
      ...['sha256', 'Jefe', 'what do ya want for nothing?'],
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    ],
    // GM/T 0042-2015, D.3
    [
      'sm3',
      Buffer.from(Array.from({ length: 32 }, (_, index) => index + 1)),
      'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq'.repeat(2),
      'ca05e144ed05d1857840d1f318a4a8669e559fc8391f414485bfdf7bb408963a',
    ],
  ] as [string, string | Buffer, string, string][])(
    'HMAC with %s gives the published values',
    (hash, key, text, mac) => {
      expect(createHmac(hash, key).update(text).digest('hex')).toBe(mac);
    },
  );

  /** https://www.rfc-editor.org/rfc/rfc8785#section-3.2.3 */
  test('canonical JSON sorts names as RFC 8785 does', () => {
    const shuffled = {
      '\u20ac': 'Euro',
      '\r': 'CR',
      '\ufb33': 'Dalet',
      '1': 'One',
      '😀': 'Emoji',
      '\u0080': 'Control',
    };
    const json = '{"\\r":"CR","1":"One","\u0080":"Control","\u20ac":"Euro","😀":"Emoji","\ufb33":"Dalet"}';
    expect(canonicalJson(shuffled)).toBe(json);
  });

  /** https://www.rfc-editor.org/rfc/rfc8785#section-3.2.2 */
  test('canonical JSON writes strings as RFC 8785 does', () => {
    expect(canonicalJson({ string: '\u20ac$\u000f\nA\'B"\\\\"/' })).toBe(
      '{"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}',
    );
  });

  test.each(published.vectors.filter(({ name }) => name.endsWith('request')))(
    'the DaxPay vector $name is accepted with HMAC-SHA-256 and SM3, and never with MD5',
    ({ profile, secret, text, signatures }) => {
      const ask = (algorithm: string, sign: string | undefined) =>
        isSigned({ scheme: 'daxpay', profile, keys: [{ algorithm, secret }] } as unknown as SignaturePolicy, {
          ...{ operation: 'authenticate', appId: 'A112544225541' },
          input: { ...JSON.parse(text), sign },
        });
      expect(ask('hmac_sha256', signatures.hmac_sha256)).toBe(true);
      if ('sm3' in signatures) expect(ask('sm3', signatures.sm3)).toBe(true);
      for (const algorithm of ['hmac_sha256', 'sm3']) expect(ask(algorithm, signatures.md5)).toBe(false);
    },
  );

  test.each(own.vectors)(
    'the vector $name is accepted, and no part of its signature is',
    ({ policy, appId, input, sign }) => {
      const parsed = signatureConfig.parse(policy);
      const ask = (sign: string) => isSigned(parsed, { operation: 'authenticate', appId, input: { ...input, sign } });
      expect(ask(sign)).toBe(true);
      for (const bad of ['', sign.slice(1), sign.toUpperCase(), `${sign}0`, ` ${sign}`]) expect(ask(bad)).toBe(false);
    },
  );

  test.each(own.vectors.filter(({ canonicalJson }) => canonicalJson))(
    'the vector $name has the published canonical JSON',
    (vector) => {
      expect(canonicalJson({ ...vector.input, sign: 'anything' })).toBe(vector.canonicalJson);
    },
  );
});

describe('the policy', () => {
  const keys = [{ secret: 'k'.repeat(32) }];
  test('the default policy is v2 with HMAC-SHA-256 and without the access token', () => {
    const policy = { scheme: 'v2', keys: [{ algorithm: 'hmac_sha256', secret: 'k'.repeat(32) }], accessToken: false };
    expect(signatureConfig.parse({ keys })).toEqual(policy);
  });

  test.each([
    ['no key', { keys: [] }],
    ['a key of 31 bytes', { keys: [{ secret: 'k'.repeat(31) }] }],
    ['MD5', { scheme: 'daxpay', keys: [{ algorithm: 'md5', secret: 'k'.repeat(32) }] }],
    ['a digest without a key', { keys: [{ algorithm: 'sm3', secret: 'k'.repeat(32) }] }],
    ['an unknown scheme', { scheme: 'v1', keys }],
    ['a DaxPay profile for v2', { profile: 'ga', keys }],
  ])('a policy with %s is refused', (_, policy) => {
    expect(signatureConfig.safeParse(policy).success).toBe(false);
  });

  test('the length of a key counts in bytes and not in characters', () => {
    expect(signatureConfig.safeParse({ keys: [{ secret: '密'.repeat(11) }] }).success).toBe(true);
  });

  test('a policy with several keys accepts each of them and no other', () => {
    const secrets = ['1', '2', '3'].map((digit) => digit.repeat(32));
    const policy = signatureConfig.parse({ keys: secrets.map((secret) => ({ secret })) });
    for (const secret of secrets) expect(isSigned(policy, request({ sign: signV2(input, { secret }) }))).toBe(true);
    expect(isSigned(policy, request({ sign: signV2(input, { secret: '4'.repeat(32) }) }))).toBe(false);
  });

  test('a signature by the right key with another algorithm is refused', () => {
    const sm3 = signatureConfig.parse({ keys: [{ algorithm: 'hmac_sm3', secret: signingKey }] });
    expect(isSigned(v2, request({ sign: signV2(input, { hash: 'sm3' }) }))).toBe(false);
    expect(isSigned(sm3, request({ sign: signV2(input) }))).toBe(false);
    expect(isSigned(sm3, request({ sign: signV2(input, { hash: 'sm3' }) }))).toBe(true);
  });
});

describe('a v2 signature', () => {
  const optional = ['appId', 'channel', 'authCode', 'clientIp', 'queryCode', 'termId'];
  const names = [...optional, 'reqTime', 'nonceStr'];
  const value = fc.string({ unit: fc.constantFrom(...'aA0 &="\\\n\u0000~é中😀'), minLength: 1, maxLength: 8 });
  const calls = fc
    .tuple(fc.array(value, { maxLength: optional.length }), fc.shuffledSubarray(optional), value, value)
    .map(([values, shuffled, reqTime, nonceStr]): Input => {
      const fields = shuffled.flatMap((name, index) => (values[index] === undefined ? [] : [[name, values[index]]]));
      return { ...Object.fromEntries(fields), reqTime, nonceStr };
    });
  const change = fc.record({
    field: fc.constantFrom(...names, ...names, 'sign', 'operation', 'the app'),
    how: fc.constantFrom('replace', 'insert', 'delete', 'case', 'field'),
    at: fc.nat(64),
    character: fc.constantFrom(...'aA0&="\\\n\u0000 .~é中'),
  });
  type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

  /** The text with one change; never the same text. */
  const changed = (text: string, { how, at, character }: Change): string => {
    const place = at % (text.length + 1);
    const rest = { replace: place + 1, delete: place + 1, insert: place, case: place + 1, field: place }[how];
    const flipped = text.slice(place, place + 1).toUpperCase();
    const put = { replace: character, insert: character, delete: '', case: flipped, field: character }[how];
    const twin = text.slice(0, place) + put + text.slice(rest);
    return twin === text ? `${text}.` : twin;
  };

  const apply = (base: SignedRequest, made: Change): SignedRequest => {
    const { field, how } = made;
    if (field === 'operation') return { ...base, operation: changed(base.operation, made) };
    if (field === 'the app') return { ...base, appId: changed(base.appId, made) };
    const text = base.input[field];
    if (text !== undefined && how === 'field') return { ...base, input: { ...base.input, [field]: undefined } };
    return { ...base, input: { ...base.input, [field]: changed(text ?? '', made) } };
  };

  test('v2 signatures hold for 2,000 calls, and for none of 100,000 that differ from them in one place', {
    timeout: 60_000,
  }, () => {
    const startedAt = performance.now();
    let changes = 0;
    fc.assert(
      fc.property(calls, fc.array(change, { minLength: 50, maxLength: 50 }), (fields, made) => {
        const base = { operation: 'authenticate', appId: 'demo' };
        const call = { ...base, input: { ...fields, sign: signV2(fields, base) } };
        expect(isSigned(v2, call)).toBe(true);
        expect(made.filter((one) => isSigned(v2, apply(call, one)))).toEqual([]);
        changes += made.length;
      }),
      { numRuns: runs(2_000) },
    );
    console.log(`v2 signatures: ${changes} changed calls refused in ${Math.round(performance.now() - startedAt)} ms`);
    expect(changes).toBe(50 * runs(2_000));
  });

  test('a v2 signature does not hold when two fields have exchanged their values', () => {
    const sign = signV2(input);
    const { authCode, queryCode } = input;
    expect(isSigned(v2, request({ authCode: queryCode, queryCode: authCode, sign }))).toBe(false);
  });

  test.each([
    ['another operation', { operation: 'authenticateAndSet' }],
    ['another app that has the same key', { appId: 'other' }],
  ])('a v2 signature does not hold for %s', (_, other) => {
    const call = request({ sign: signV2(input) });
    expect(isSigned(v2, call)).toBe(true);
    expect(isSigned(v2, { ...call, ...other })).toBe(false);
  });

  test('a v2 signature treats an undefined field as absent', () => {
    expect(isSigned(v2, request({ termId: undefined, subAppId: undefined, sign: signV2(input) }))).toBe(true);
  });

  test('no v2 signature holds for text that is not Unicode', () => {
    const call = { ...input, authCode: 'a\ud800' };
    expect(isSigned(v2, request({ ...call, sign: signV2(call) }))).toBe(false);
  });
});
