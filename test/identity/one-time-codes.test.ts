/** One-time codes: each has one form on the wire, and what has none is refused before anything is claimed. */
import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { openSources } from '../../src/channels/registry.ts';
import { authenticateAndSetInput, authenticateInput, parseInput } from '../../src/identity/input.ts';
import { jobworthInput } from '../../src/identity/verification-input.ts';
import type { HttpRequest } from '../../src/lib/exchange.ts';
import { ExchangeError } from '../../src/lib/exchange.ts';
import { runs } from '../support/runs.ts';
import { origin as callOrigin } from '../support/services/sources.ts';

const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const alipayKeys = {
  privateKey: rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
  alipayPublicKey: generateKeyPairSync('rsa', { modulusLength: 2048 })
    .publicKey.export({ format: 'pem', type: 'spki' })
    .toString(),
};
const origin = 'http://127.0.0.1:1';

const requests: HttpRequest[] = [];
const sources = openSources(
  {
    alipay: { type: 'alipay', appId: 'a', ...alipayKeys, gatewayUrl: `${origin}/gateway.do`, apiUrl: origin },
    daxpay: { type: 'daxpay', appId: 'a', baseUrl: origin, secret: 's', resultHolder: { queryUrl: `${origin}/query` } },
    jucai: { type: 'jucai', appId: 'a', mchNo: 'm', baseUrl: origin, secret: 's' },
    web: { type: 'wechat', appId: 'a', appSecret: 's', apiUrl: origin },
    miniprogram: { type: 'wechat', kind: 'miniprogram', appId: 'a', appSecret: 's', apiUrl: origin },
    payment: {
      type: 'wechat',
      kind: 'payment_code',
      appId: 'a',
      mchId: 'm',
      apiKey: 'k',
      payUrl: origin,
      paymentCodePattern: '.*',
    },
  },
  {
    observe: () => async (request) => {
      requests.push(request);
      throw new ExchangeError('observed', false);
    },
  },
);

const wire = async (run: () => Promise<unknown> | undefined): Promise<HttpRequest> => {
  requests.length = 0;
  await expect(run()).rejects.toThrow('observed');
  const [request] = requests;
  if (!request) throw new Error('Nothing was sent');
  return request;
};
const until = { deadline: new AbortController().signal, origin: callOrigin };
const redeem = (name: string, channelId: string) => (code: string) =>
  wire(() => sources.get(name)?.redeem(code, { channelId, clientIp: '127.0.0.1' }, until));

/** As a reader has it who knows nothing of our writer. */
const query =
  (name: string) =>
  ({ path }: HttpRequest) =>
    new URL(path, origin).searchParams.get(name);
const form =
  (name: string) =>
  ({ body }: HttpRequest) =>
    new URLSearchParams(body).get(name);
const json =
  (name: string) =>
  ({ body = '' }: HttpRequest) =>
    JSON.parse(body)[name];
const xml =
  (name: string) =>
  ({ body = '' }: HttpRequest) =>
    (new RegExp(`<${name}>([^<]*)</${name}>`).exec(body)?.[1] ?? '')
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&amp;', '&');

const jobworth = (onceToken: string) => ({
  agreementId: 'c',
  onceToken,
  match: 'EXACT' as const,
  jobIdentityType: 'i',
  serviceId: 's',
  subject: { userId: 'u' },
});
const ways: readonly [string, (code: string) => Promise<HttpRequest>, (request: HttpRequest) => unknown][] = [
  ['alipay', redeem('alipay', 'ali_pay'), form('code')],
  [
    'alipay jobworth',
    (code) => wire(() => sources.get('alipay')?.jobworth?.query(jobworth(code), until)),
    query('once_token'),
  ],
  ['daxpay', redeem('daxpay', 'wechat_pay'), json('authCode')],
  [
    'daxpay, held there',
    (code) =>
      wire(() => sources.get('daxpay')?.resultHolder?.redeemAndHold(code, 'q', { channelId: 'wechat_pay' }, until)),
    json('authCode'),
  ],
  ['jucai', redeem('jucai', 'wechat_pay'), json('authCode')],
  ['wechat web', redeem('web', 'wechat_pay'), query('code')],
  ['wechat miniprogram', redeem('miniprogram', 'wechat_pay'), query('js_code')],
  ['wechat payment code', redeem('payment', 'wechat_pay'), xml('auth_code')],
];

const accepted = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 128,
});

test.each(ways)('%s: every accepted code is read from the wire as it was given', async (_, write, read) => {
  await fc.assert(
    fc.asyncProperty(accepted, async (code) => {
      const request = await write(code);
      expect(read(request)).toBe(code);
      // Nothing on the way has to decide how bytes are letters.
      expect(`${request.path}${request.body ?? ''}`).toMatch(/^[\x20-\x7e]*$/);
    }),
    {
      numRuns: runs(100),
      examples: [['a%2Bb+/=&<>"\'\\$#'], ['a%2525'], [']]>'], ['&amp;'], ['\\u0041']],
    },
  );
});

const auth = (authCode: string) => ({ channelId: 'c', authCode });
const inputs: readonly [string, (code: string) => unknown, number][] = [
  ['authenticate', (code) => parseInput(authenticateInput, auth(code)), 200],
  ['authenticateAndSet', (code) => parseInput(authenticateAndSetInput, auth(code)), 200],
  ['jobworthAuthentication', (code) => parseInput(jobworthInput, jobworth(code)), 128],
];

test.each(inputs)(
  '%s refuses every code that has no one form on the wire, and accepts all others',
  (_, parse, longest) => {
    const code = fc.oneof(accepted, fc.string({ unit: 'binary' }), fc.string({ unit: 'grapheme' }));
    fc.assert(
      fc.property(code, (text) => {
        const fits = /^[\x21-\x7e]+$/.test(text) && text.length <= longest;
        if (fits) expect(() => parse(text)).not.toThrow();
        else expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
      }),
      { numRuns: runs(500) },
    );
    const odd = [
      '',
      ' a',
      'a ',
      'a b',
      'a\r\nb',
      'a\u0000',
      'a\ufffd',
      'a\ud800',
      '\udc00a',
      'ａ',
      'é',
      'e\u0301',
      'a\u200b',
      'a\u007f',
      'a\t',
    ];
    for (const text of [...odd, 'a'.repeat(longest + 1)])
      expect(() => parse(text), JSON.stringify(text)).toThrow(expect.objectContaining({ code: 'INPUT_INVALID' }));
    for (const text of ['a', 'a'.repeat(longest), 'aB3+/=', '$#!~', 'a%20b']) expect(() => parse(text)).not.toThrow();
  },
);
