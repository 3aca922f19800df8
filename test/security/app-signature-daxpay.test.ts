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
import { type CallInput, type Moment, signDaxpay, signingKey } from '../support/signers/app-signer.ts';

const daxpay = (profile: 'beta' | 'ga'): SignaturePolicy =>
  signatureConfig.parse({ scheme: 'daxpay', profile, keys: [{ secret: signingKey }] });

const input: CallInput = {
  appId: 'demo',
  channelId: 'wechat_pay',
  authCode: 'Ab1-code',
  clientIp: '192.0.2.1',
  queryCode: 'a-query-code-of-a-caller',
};
const moment: Moment = { signedAt: '2026-11-22T12:00:00.000Z', nonce: 'd112892e382a7093' };
const request = (value: string, changes: Partial<CallInput> = {}, { signedAt, nonce } = moment): SignedRequest => ({
  operation: 'authenticate',
  appId: 'demo',
  input: { ...input, ...changes },
  signature: { value, nonce, signedAt: new Date(signedAt) },
});

describe('a DaxPay signature', () => {
  const sha = (profile: 'beta' | 'ga', fields: CallInput, at = moment) => signDaxpay(fields, at, { profile });

  /** What has the same text, and so the same signature, in DaxPay itself. */
  const twins: [what: string, profile: 'beta' | 'ga', changes: Partial<CallInput>, twin: Partial<CallInput>][] = [
    ['a quote is dropped', 'beta', { authCode: 'ab1' }, { authCode: 'a"b1' }],
    ['a backslash is dropped', 'beta', { authCode: 'ab1' }, { authCode: 'a\\b1' }],
    [
      'a field hides in another',
      'beta',
      { channelId: 'ali_pay', clientIp: '192.0.2.9' },
      { channelId: 'ali_pay&clientIp=192.0.2.9', clientIp: undefined },
    ],
    ['a lone surrogate is any other', 'beta', { authCode: 'a\ud800' }, { authCode: 'a\ud801' }],
    ['ß is SS', 'ga', { authCode: 'aSSb' }, { authCode: 'aßb' }],
    ['ı is I', 'ga', { authCode: 'aIb' }, { authCode: 'aıb' }],
    ['ﬁ is FI', 'ga', { authCode: 'aFIb' }, { authCode: 'aﬁb' }],
    [
      'an option hides in another',
      'beta',
      { channelOptions: { subAppId: 'wx1', terminalId: 'T1' } },
      { channelOptions: { subAppId: 'wx1&termId=T1' } },
    ],
  ];
  test.each(twins)(
    'a DaxPay signature does not hold for another input with the same text: %s',
    (_, profile, changes, twin) => {
      const [first, second] = [changes, twin].map((change) => ({ ...input, ...change })) as [CallInput, CallInput];
      const value = sha(profile, first);
      expect(sha(profile, second)).toBe(value);
      expect(second).not.toEqual(first);
      expect(isSigned(daxpay(profile), request(value, second))).toBe(false);
    },
  );

  test.each(['&', '"', '\\', '\0', '\n', '\u007f', '\u0085', '\u2028', '中'])(
    'no DaxPay signature holds for a value with %j',
    (character) => {
      const whole = { ...input, channelOptions: { orderId: 'order_1', subAppId: 'wx1', terminalId: 'T1' } };
      const changed = [
        ...Object.entries(input).map(([name, value]) => ({ ...whole, [name]: `${value}${character}` })),
        ...Object.entries(whole.channelOptions).map(([name, value]) => ({
          ...whole,
          channelOptions: { ...whole.channelOptions, [name]: `${value}${character}` },
        })),
      ];
      expect(changed).toHaveLength(8);
      const nonce = { ...moment, nonce: `${moment.nonce}${character}` };
      for (const profile of ['beta', 'ga'] as const) {
        expect(isSigned(daxpay(profile), request(sha(profile, whole), whole))).toBe(true);
        for (const call of changed) expect(isSigned(daxpay(profile), request(sha(profile, call), call))).toBe(false);
        expect(isSigned(daxpay(profile), request(sha(profile, whole, nonce), whole, nonce))).toBe(false);
      }
    },
  );

  test('a DaxPay signature covers every other printable ASCII character', () => {
    const printable = Array.from({ length: 95 }, (_, index) => String.fromCharCode(32 + index)).join('');
    const call = { ...input, authCode: printable.replaceAll(/[&"\\]/g, '') };
    expect(call.authCode).toHaveLength(92);
    expect(isSigned(daxpay('beta'), request(sha('beta', call), call))).toBe(true);
  });

  test('a DaxPay signature holds for none of 5,000 generated inputs that look alike', () => {
    const text = fc.string({ unit: fc.constantFrom(...'aA=.~ '), minLength: 1, maxLength: 6 });
    const fields = fc
      .tuple(text, text, text)
      .map(([a, b, c]): CallInput => ({ ...input, authCode: a, clientIp: b, queryCode: c }));
    const insert = (value: string, at: number, put: string) => value.slice(0, at) + put + value.slice(at);
    const twinOf = fc.constantFrom<(call: CallInput, at: number) => CallInput>(
      ({ clientIp, ...call }, at) =>
        at % 2
          ? { ...call, channelId: `${call.channelId}&clientIp=${clientIp}` }
          : { ...call, channelId: call.channelId, clientIp: `${clientIp}"` },
      (call, at) => ({ ...call, authCode: insert(call.authCode, at, '"') }),
      (call, at) => ({ ...call, queryCode: insert(call.queryCode ?? '', at, '\\') }),
    );
    fc.assert(
      fc.property(fields, twinOf, fc.nat(8), (call, make, at) => {
        const twin = make(call, at);
        const value = sha('beta', call);
        expect(sha('beta', twin)).toBe(value);
        expect(isSigned(daxpay('beta'), request(value, call))).toBe(true);
        expect(isSigned(daxpay('beta'), request(value, { ...twin, clientIp: twin.clientIp }))).toBe(false);
      }),
      { numRuns: runs(5_000) },
    );
  });

  test('a DaxPay signature of one profile does not hold for the other', () => {
    expect(isSigned(daxpay('ga'), request(sha('beta', input)))).toBe(false);
    expect(isSigned(daxpay('beta'), request(sha('ga', input)))).toBe(false);
    expect(isSigned(daxpay('ga'), request(sha('ga', input)))).toBe(true);
  });

  test('on ga a DaxPay signature holds for other case too, so only the nonce distinguishes such calls', () => {
    expect(isSigned(daxpay('ga'), request(sha('ga', input), { authCode: 'aB1-code' }))).toBe(true);
  });
});
