/** One text of DaxPay can stand for several inputs; each way to make such inputs is refused. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isSigned,
  type SignaturePolicy,
  type SignedRequest,
  signatureConfig,
} from '../../src/security/app-signature.ts';
import { runs } from '../support/runs.ts';
import { type Input, signDaxpay, signingKey } from '../support/signers/app-signer.ts';

const daxpay = (profile: 'beta' | 'ga'): SignaturePolicy =>
  signatureConfig.parse({ scheme: 'daxpay', profile, keys: [{ secret: signingKey }] });

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

describe('a DaxPay signature', () => {
  const sha = (profile: 'beta' | 'ga', fields: Input) => signDaxpay(fields, { profile });

  /** What has the same text, and so the same signature, in DaxPay itself. */
  const twins: [what: string, profile: 'beta' | 'ga', changes: Record<string, string>, twin: Record<string, string>][] =
    [
      ['a quote is dropped', 'beta', { authCode: 'ab1' }, { authCode: 'a"b1' }],
      ['a backslash is dropped', 'beta', { authCode: 'ab1' }, { authCode: 'a\\b1' }],
      [
        'a field hides in another',
        'beta',
        { channelId: 'ali_pay', clientIp: '192.0.2.9' },
        { channelId: 'ali_pay&clientIp=192.0.2.9', clientIp: '' },
      ],
      ['a lone surrogate is any other', 'beta', { authCode: 'a\ud800' }, { authCode: 'a\ud801' }],
      ['ß is SS', 'ga', { authCode: 'aSSb' }, { authCode: 'aßb' }],
      ['ı is I', 'ga', { authCode: 'aIb' }, { authCode: 'aıb' }],
      ['ﬁ is FI', 'ga', { authCode: 'aFIb' }, { authCode: 'aﬁb' }],
    ];
  const without = (fields: Record<string, string>) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ''));

  test.each(twins)(
    'a DaxPay signature does not hold for another input with the same text: %s',
    (_, profile, changes, twin) => {
      const [first, second] = [changes, twin].map((change) => without({ ...input, ...change })) as [Input, Input];
      const sign = sha(profile, first);
      expect(sha(profile, second)).toBe(sign);
      expect(second).not.toEqual(first);
      const asked = { operation: 'authenticate', appId: 'demo', input: { ...second, sign } };
      expect(isSigned(daxpay(profile), asked)).toBe(false);
    },
  );

  test.each(['&', '"', '\\', '\0', '\n', '\u007f', '\u0085', '\u2028', '中'])(
    'no DaxPay signature holds for a value with %j',
    (character) => {
      for (const name of Object.keys(input)) {
        const call = { ...input, [name]: `${input[name]}${character}` };
        for (const profile of ['beta', 'ga'] as const)
          expect(isSigned(daxpay(profile), request({ ...call, sign: sha(profile, call) }))).toBe(false);
      }
    },
  );

  test('a DaxPay signature covers every other printable ASCII character', () => {
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
    const call = { ...input, authCode: printable.replaceAll(/[&"\\]/g, '') };
    expect(call.authCode).toHaveLength(92);
    expect(isSigned(daxpay('beta'), request({ ...call, sign: sha('beta', call) }))).toBe(true);
  });

  test('a DaxPay signature holds for none of 5,000 generated inputs that look alike', () => {
    const text = fc.string({ unit: fc.constantFrom(...'aA=.~ '), minLength: 1, maxLength: 6 });
    const fields = fc
      .tuple(text, text, text)
      .map(([a, b, c]): Input => ({ ...input, authCode: a, channel: b, clientIp: c }));
    const insert = (value: string, at: number, put: string) => value.slice(0, at) + put + value.slice(at);
    const twinOf = fc.constantFrom<(call: Input, at: number) => Input>(
      ({ channel, authCode = '', ...call }, at) =>
        at % 2
          ? { ...call, authCode: `${authCode}&channel=${channel}` }
          : { ...call, authCode, channel: `${channel}"` },
      (call, at) => ({ ...call, authCode: insert(call.authCode ?? '', at, '"') }),
      (call, at) => ({ ...call, reqTime: insert(call.reqTime ?? '', at, '\\') }),
    );
    fc.assert(
      fc.property(fields, twinOf, fc.nat(8), (call, make, at) => {
        const twin = make(call, at);
        const sign = sha('beta', call);
        expect(sha('beta', twin)).toBe(sign);
        expect(isSigned(daxpay('beta'), request({ ...call, sign }))).toBe(true);
        const asked = { operation: 'authenticate', appId: 'demo', input: { ...twin, sign } };
        expect(isSigned(daxpay('beta'), asked)).toBe(false);
      }),
      { numRuns: runs(5_000) },
    );
  });

  test('a DaxPay signature of one profile does not hold for the other', () => {
    expect(isSigned(daxpay('ga'), request({ sign: sha('beta', input) }))).toBe(false);
    expect(isSigned(daxpay('beta'), request({ sign: sha('ga', input) }))).toBe(false);
    expect(isSigned(daxpay('ga'), request({ sign: sha('ga', input) }))).toBe(true);
  });

  test('on ga a DaxPay signature holds for other case too, so only the nonce distinguishes such calls', () => {
    expect(isSigned(daxpay('ga'), request({ authCode: 'aB1-code', sign: sha('ga', input) }))).toBe(true);
  });
});
