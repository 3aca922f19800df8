/** App signatures: published vectors, the policy, and calls that differ in one place. */
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../src/lib/canonical-json.ts';
import {
  isSigned,
  type SignaturePolicy,
  type SignedRequest,
  signatureConfig,
} from '../../src/security/app-signature.ts';
import { runs } from '../support/runs.ts';
import { type CallInput, type Moment, signingKey, signV2 } from '../support/signers/app-signer.ts';
import published from '../vectors/daxpay.json' with { type: 'json' };
import own from '../vectors/request-signatures.json' with { type: 'json' };

const v2: SignaturePolicy = signatureConfig.parse({ keys: [{ secret: signingKey }] });

const input: CallInput = {
  appId: 'demo',
  channelId: 'wechat_pay',
  authCode: 'Ab1-code',
  clientIp: '192.0.2.1',
  queryCode: 'a-query-code-of-a-caller',
};
const moment: Moment = { signedAt: '2026-11-22T12:00:00.000Z', nonce: 'd112892e382a7093' };
/** The signature's value with what else it covers. */
const signature = (value: string, { signedAt, nonce } = moment) => ({ value, nonce, signedAt: new Date(signedAt) });
const request = (value: string, changes: Partial<CallInput> = {}): SignedRequest => ({
  operation: 'authenticate',
  appId: 'demo',
  input: { ...input, ...changes },
  signature: signature(value),
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

  /** The contract has no field for the mchNo of the others. */
  const requests = published.vectors.filter(({ name, text }) => name.endsWith('request') && !text.includes('mchNo'));
  test.each(requests)(
    'the DaxPay vector $name is accepted with HMAC-SHA-256 and SM3, and never with MD5',
    ({ profile, secret, text, signatures }) => {
      // Its fields under our names.
      const { channel, nonceStr, reqTime, ...fields } = JSON.parse(text);
      const signedAt = new Date(`${reqTime.replace(' ', 'T')}+08:00`);
      const ask = (algorithm: string, value = '') =>
        isSigned({ scheme: 'daxpay', profile, keys: [{ algorithm, secret }] } as unknown as SignaturePolicy, {
          ...{ operation: 'authenticate', appId: 'A112544225541' },
          input: { ...fields, channelId: channel },
          signature: { value, nonce: nonceStr, signedAt },
        });
      expect(ask('hmac_sha256', signatures.hmac_sha256)).toBe(true);
      if (signatures.sm3) expect(ask('sm3', signatures.sm3)).toBe(true);
      for (const algorithm of ['hmac_sha256', 'sm3']) expect(ask(algorithm, signatures.md5)).toBe(false);
    },
  );

  test.each(own.vectors)(
    'the vector $name is accepted, and no part of its signature is',
    ({ policy, appId, input, signature: { value, ...moment } }) => {
      const parsed = signatureConfig.parse(policy);
      const ask = (tried: string) =>
        isSigned(parsed, { operation: 'authenticate', appId, input, signature: signature(tried, moment) });
      expect(ask(value)).toBe(true);
      for (const bad of ['', value.slice(1), value.toUpperCase(), `${value}0`, ` ${value}`])
        expect(ask(bad)).toBe(false);
    },
  );

  test.each(own.vectors.filter(({ canonicalJson }) => canonicalJson))(
    'the vector $name has the published canonical JSON',
    (vector) => {
      expect(canonicalJson(vector.input)).toBe(vector.canonicalJson);
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
    const by = (secret: string) => request(signV2(input, moment, { secret }));
    for (const secret of secrets) expect(isSigned(policy, by(secret))).toBe(true);
    expect(isSigned(policy, by('4'.repeat(32)))).toBe(false);
  });

  test('a signature by the right key with another algorithm is refused', () => {
    const sm3 = signatureConfig.parse({ keys: [{ algorithm: 'hmac_sm3', secret: signingKey }] });
    const [bySm3, bySha] = (['sm3', 'sha256'] as const).map((hash) => request(signV2(input, moment, { hash })));
    expect([v2, sm3].map((policy) => isSigned(policy, bySm3!))).toEqual([false, true]);
    expect([v2, sm3].map((policy) => isSigned(policy, bySha!))).toEqual([true, false]);
  });
});

describe('a v2 signature', () => {
  const value = fc.string({ unit: fc.constantFrom(...'aA0 &="\\\n\u0000~é中😀'), minLength: 1, maxLength: 8 });
  const given = fc.option(value, { nil: undefined });
  const calls: fc.Arbitrary<CallInput> = fc.record({
    ...{ channelId: value, authCode: value, appId: given, clientIp: given, queryCode: given },
    channelOptions: fc.option(fc.record({ orderId: given, subAppId: given, terminalId: given }), { nil: undefined }),
  });
  /** As the input's schema allows them. */
  const moments: fc.Arbitrary<Moment> = fc.record({
    signedAt: fc.integer({ min: 0, max: 4_000_000_000 }).map((seconds) => new Date(seconds * 1_000).toISOString()),
    nonce: fc.string({ unit: fc.constantFrom(...'azAZ09_.~-'), minLength: 16, maxLength: 32 }),
  });

  const fields = ['channelId', 'authCode', 'appId', 'clientIp', 'queryCode'] as const;
  const options = ['orderId', 'subAppId', 'terminalId'] as const;
  const change = fc.record({
    at: fc.constantFrom(
      ...[...fields, ...options].flatMap((name) => [name, name]),
      ...(['value', 'nonce', 'signedAt', 'operation', 'the app', 'channelOptions'] as const),
    ),
    how: fc.constantFrom('replace', 'insert', 'delete', 'case', 'field'),
    place: fc.nat(64),
    character: fc.constantFrom(...'aA0&="\\\n\u0000 .~é中'),
  });
  type Change = typeof change extends fc.Arbitrary<infer T> ? T : never;

  /** The text with one change; never the same text. */
  const changed = (text: string, { how, place, character }: Change): string => {
    const from = place % (text.length + 1);
    const rest = { replace: from + 1, delete: from + 1, insert: from, case: from + 1, field: from }[how];
    const flipped = text.slice(from, from + 1).toUpperCase();
    const put = { replace: character, insert: character, delete: '', case: flipped, field: character }[how];
    const twin = text.slice(0, from) + put + text.slice(rest);
    return twin === text ? `${text}.` : twin;
  };
  /** A field that is removed, or changed in one place. */
  const other = (text: string | undefined, made: Change) =>
    text !== undefined && made.how === 'field' ? undefined : changed(text ?? '', made);
  const included = <Name extends string>(names: readonly Name[], name: string): name is Name =>
    (names as readonly string[]).includes(name);

  const apply = (base: SignedRequest, made: Change): SignedRequest => {
    const { at, place } = made;
    const { input, signature } = base;
    if (included(fields, at)) return { ...base, input: { ...input, [at]: other(input[at], made) } };
    if (included(options, at)) {
      const channelOptions = { ...input.channelOptions, [at]: other(input.channelOptions?.[at], made) };
      return { ...base, input: { ...input, channelOptions } };
    }
    switch (at) {
      case 'operation':
        return { ...base, operation: changed(base.operation, made) };
      case 'the app':
        return { ...base, appId: changed(base.appId, made) };
      case 'channelOptions':
        return { ...base, input: { ...input, channelOptions: input.channelOptions ? undefined : {} } };
      case 'signedAt':
        return { ...base, signature: { ...signature, signedAt: new Date(signature.signedAt.getTime() + place - 70) } };
      default:
        return { ...base, signature: { ...signature, [at]: changed(signature[at], made) } };
    }
  };

  test('v2 signatures hold for 2,000 calls, and for none of 100,000 that differ from them in one place', {
    timeout: 60_000,
  }, () => {
    const startedAt = performance.now();
    let changes = 0;
    fc.assert(
      fc.property(calls, moments, fc.array(change, { minLength: 50, maxLength: 50 }), (input, moment, made) => {
        const base = { operation: 'authenticate', appId: 'demo' };
        const call = { ...base, input, signature: signature(signV2(input, moment, base), moment) };
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
    const { authCode, queryCode = '' } = input;
    expect(isSigned(v2, request(signV2(input, moment), { authCode: queryCode, queryCode: authCode }))).toBe(false);
  });

  test('a v2 signature does not hold when two channel options have exchanged their values', () => {
    const [signed, exchanged] = [
      { orderId: 'order_1', terminalId: 'T1' },
      { orderId: 'T1', terminalId: 'order_1' },
    ].map((channelOptions) => ({ ...input, channelOptions })) as [CallInput, CallInput];
    const value = signV2(signed, moment);
    expect(isSigned(v2, request(value, signed))).toBe(true);
    expect(isSigned(v2, request(value, exchanged))).toBe(false);
  });

  test.each([
    ['another operation', { operation: 'authenticateAndSet' }],
    ['another app that has the same key', { appId: 'other' }],
    ['another nonce', { signature: signature(signV2(input, moment), { ...moment, nonce: 'another-nonce-of-ours' }) }],
    [
      'another second',
      { signature: signature(signV2(input, moment), { ...moment, signedAt: '2026-11-22T12:00:01Z' }) },
    ],
  ])('a v2 signature does not hold for %s', (_, other) => {
    const call = request(signV2(input, moment));
    expect(isSigned(v2, call)).toBe(true);
    expect(isSigned(v2, { ...call, ...other })).toBe(false);
  });

  test('a v2 signature covers the instant of signedAt, in any time zone', () => {
    const inBeijing = signature(signV2(input, moment), { ...moment, signedAt: '2026-11-22T20:00:00+08:00' });
    expect(isSigned(v2, { ...request(''), signature: inBeijing })).toBe(true);
  });

  test('a v2 signature treats an undefined field as absent', () => {
    const changes = { clientIp: undefined, channelOptions: undefined };
    const { clientIp: _, ...without } = input;
    expect(isSigned(v2, request(signV2(without, moment), changes))).toBe(true);
    const optionless = { ...input, channelOptions: {} };
    expect(
      isSigned(
        v2,
        request(signV2(optionless, moment), { channelOptions: { orderId: undefined, subAppId: undefined } }),
      ),
    ).toBe(true);
  });

  test.each([
    ['a field', (text: string) => ({ authCode: text })],
    ['a channel option', (text: string) => ({ channelOptions: { terminalId: text } })],
  ])('no v2 signature holds for text in %s that is not Unicode', (_, change) => {
    const call = { ...input, ...change('a\ud800') };
    expect(isSigned(v2, request(signV2(call, moment), call))).toBe(false);
  });
});
