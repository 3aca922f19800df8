/**
 * Names that every JavaScript object inherits, in each place where an upstream writes a code: none is found in a table,
 * each ends in a typed failure. Where a place needs a signature, the reply is signed as the upstream would sign it.
 */
import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { alipay } from '../../src/channels/alipay/alipay.ts';
import { replyTextToSign } from '../../src/channels/alipay/v3.ts';
import { daxpay } from '../../src/channels/daxpay/daxpay.ts';
import { signDaxpay } from '../../src/channels/daxpay/sign.ts';
import { jucai } from '../../src/channels/jucai/jucai.ts';
import { jucaiSigning, signJucai } from '../../src/channels/jucai/sign.ts';
import type { Source, SourceDefinition } from '../../src/channels/source.ts';
import { signV2 } from '../../src/channels/wechat/payment-code.ts';
import { wechat } from '../../src/channels/wechat/wechat.ts';
import { PayerIdentityError } from '../../src/failure.ts';
import { type FailureCode, failureMember } from '../../src/failure-codes.ts';
import type { HttpReply } from '../../src/lib/exchange.ts';
import { anyCertification, anyJobQuery, openSource, soon } from '../support/services/sources.ts';

const inherited = ['constructor', '__proto__', 'toString', 'hasOwnProperty', 'valueOf', 'isPrototypeOf'];

const replyOf = (body: string, changes: Partial<HttpReply> = {}): HttpReply => ({
  status: 200,
  headers: {},
  body: Buffer.from(body),
  ...changes,
});

/** What becomes of a call whose reply is this one: the code of its failure. */
const failureOf = async (
  definition: SourceDefinition,
  options: object,
  ask: (source: Source) => Promise<unknown> | undefined,
  reply: HttpReply,
): Promise<FailureCode> => {
  const { source } = openSource(definition, { ...options }, { observe: () => async () => reply });
  const error: unknown = await ask(source)?.then(
    (value) => expect.unreachable(`it succeeded: ${JSON.stringify(value)}`),
    (failure: unknown) => failure,
  );
  if (!(error instanceof PayerIdentityError)) throw error;
  // A code that is in no table would have neither.
  expect(failureMember(error.code)).toBeTypeOf('string');
  expect(error.message).not.toBe('');
  return error.code;
};

type Row = readonly [where: string, replyWith: (code: string) => HttpReply, failure: FailureCode];
const redeem = (source: Source) => source.redeem('code', { channelId: 'wechat_pay', clientIp: '127.0.0.1' }, soon());

describe('Alipay', () => {
  const app = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const options = {
    appId: 'a',
    privateKey: app.privateKey.export({ format: 'pem', type: 'pkcs8' }),
    alipayPublicKey: publicKey.export({ format: 'pem', type: 'spki' }),
  };
  const rsa2 = (text: string | Buffer) => sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64');
  const signed = (node: string, name: string) => replyOf(`{"${name}":${node},"sign":"${rsa2(node)}"}`);
  const unsigned = (node: string, name: string) => replyOf(`{"${name}":${node}}`);

  const rowsOf = (method: string): readonly Row[] => {
    const name = `${method.replaceAll('.', '_')}_response`;
    return [
      ['sub_code', (code) => signed(`{"code":"40004","sub_code":"${code}"}`, name), 'OUTCOME_UNKNOWN'],
      ['code', (code) => signed(`{"code":"${code}"}`, name), 'OUTCOME_UNKNOWN'],
      ['both', (code) => signed(`{"code":"${code}","sub_code":"${code}"}`, name), 'OUTCOME_UNKNOWN'],
      ['an unsigned sub_code', (code) => unsigned(`{"code":"40004","sub_code":"${code}"}`, name), 'OUTCOME_UNKNOWN'],
      [
        'the sub_code of error_response',
        (code) => unsigned(`{"code":"40004","sub_code":"${code}"}`, 'error_response'),
        'OUTCOME_UNKNOWN',
      ],
      ['the name of the node', (code) => signed('{"code":"40004"}', code), 'REPLY_MALFORMED'],
      ['a member of the node', (code) => signed(`{"code":"10000","${code}":"T"}`, name), 'REPLY_MALFORMED'],
    ];
  };
  const operations = [
    ['alipay.system.oauth.token', redeem],
    ['alipay.user.certify.open.initialize', ({ certifier }: Source) => certifier?.initialize(anyCertification, soon())],
    ['alipay.user.certify.open.query', ({ certifier }: Source) => certifier?.hasPassed('id', soon())],
  ] as const;

  for (const [method, ask] of operations)
    test.each(rowsOf(method))(
      `${method}: an inherited name as %s is a typed failure`,
      async (_, replyWith, failure) => {
        for (const code of inherited)
          expect(await failureOf(alipay, options, ask, replyWith(code)), code).toBe(failure);
      },
    );

  test('alipay.user.certify.open.query: an inherited name as passed is a typed failure', async () => {
    const ask = ({ certifier }: Source) => certifier?.hasPassed('id', soon());
    const replyWith = (code: string) =>
      signed(`{"code":"10000","passed":"${code}"}`, 'alipay_user_certify_open_query_response');
    for (const code of inherited)
      expect(await failureOf(alipay, options, ask, replyWith(code)), code).toBe('REPLY_MALFORMED');
  });

  const signedV3 = (body: string, status: number) => {
    const signature = rsa2(replyTextToSign('1', 'n', Buffer.from(body)));
    const headers = { 'alipay-timestamp': '1', 'alipay-nonce': 'n', 'alipay-signature': signature };
    return replyOf(body, { status, headers });
  };
  const jobworthRows: readonly Row[] = [
    ['a signed code', (code) => signedV3(`{"code":"${code}"}`, 400), 'OUTCOME_UNKNOWN'],
    ['an unsigned code', (code) => replyOf(`{"code":"${code}"}`, { status: 400 }), 'OUTCOME_UNKNOWN'],
    ['identity_result', (code) => signedV3(`{"identity_result":"${code}"}`, 200), 'REPLY_MALFORMED'],
    ['a member', (code) => signedV3(`{"${code}":"SUCCESS"}`, 200), 'REPLY_MALFORMED'],
  ];
  test.each(jobworthRows)('jobworth: an inherited name as %s is a typed failure', async (_, replyWith, failure) => {
    const ask = ({ jobworth }: Source) => jobworth?.query(anyJobQuery, soon());
    for (const code of inherited) expect(await failureOf(alipay, options, ask, replyWith(code)), code).toBe(failure);
  });
});

describe('DaxPay', () => {
  const options = {
    ...{ baseUrl: 'http://127.0.0.1', appId: 'a', secret: 's' },
    resultHolder: { queryUrl: 'http://127.0.0.1/query' },
  };
  const signing = { profile: 'beta', signType: 'hmac_sha256', secret: 's' } as const;
  const signed = (text: string) => replyOf(`${text.slice(0, -1)},"sign":"${signDaxpay(text, signing)}"}`);
  const redeemRows: readonly Row[] = [
    ['code', (code) => signed(`{"code":"${code}","msg":"m"}`), 'REPLY_MALFORMED'],
    ["WeChat's code in msg", (code) => signed(`{"code":20080,"msg":"错误代码：${code}"}`), 'AUTH_CODE_REFUSED'],
    ['traceId', (code) => signed(`{"code":99999,"traceId":"${code}"}`), 'OUTCOME_UNKNOWN'],
    ['a member of data', (code) => signed(`{"code":0,"data":{"${code}":"x"}}`), 'REPLY_MALFORMED'],
    ['a member', (code) => signed(`{"code":0,"${code}":"x"}`), 'REPLY_MALFORMED'],
  ];
  test.each(redeemRows)('redeem: an inherited name as %s is a typed failure', async (_, replyWith, failure) => {
    for (const code of inherited) expect(await failureOf(daxpay, options, redeem, replyWith(code)), code).toBe(failure);
  });

  test('authAndSet: an inherited name as code is a typed failure', async () => {
    const ask = ({ resultHolder }: Source) =>
      resultHolder?.redeemAndHold('code', 'query', { channelId: 'wechat_pay' }, soon());
    for (const code of inherited)
      expect(await failureOf(daxpay, options, ask, replyOf(`{"code":"${code}"}`)), code).toBe('REPLY_MALFORMED');
  });

  const queryRows: readonly Row[] = [
    ['code', (code) => replyOf(`{"code":"${code}"}`), 'REPLY_MALFORMED'],
    ['status', (code) => replyOf(`{"code":0,"data":{"status":"${code}"}}`), 'REPLY_MALFORMED'],
    ['a member of data', (code) => replyOf(`{"code":0,"data":{"${code}":"success"}}`), 'REPLY_MALFORMED'],
  ];
  test.each(queryRows)('query: an inherited name as %s is a typed failure', async (_, replyWith, failure) => {
    const ask = ({ resultHolder }: Source) => resultHolder?.collect('query', soon());
    for (const code of inherited) expect(await failureOf(daxpay, options, ask, replyWith(code)), code).toBe(failure);
  });
});

describe('JuCai', () => {
  const options = { baseUrl: 'http://127.0.0.1', mchNo: 'm', appId: 'a', secret: 's' };
  const signed = (code: string, data: Readonly<Record<string, string>>) => {
    const members = Object.entries(data);
    const text = members.map(([name, value]) => `"${name}":"${value}"`).join(',');
    const signature = signJucai(members, { secret: 's', signing: jucaiSigning.parse({}) });
    return replyOf(`{"code":${code},"data":{${text}},"sign":"${signature}"}`);
  };
  const rows: readonly Row[] = [
    ['code', (code) => signed(`"${code}"`, { returnCode: '000000' }), 'REPLY_MALFORMED'],
    ['a signed returnCode', (code) => signed('200', { returnCode: code }), 'OUTCOME_UNKNOWN'],
    ['the returnCode of a refusal', (code) => signed('400', { returnCode: code }), 'OUTCOME_UNKNOWN'],
    ['an unsigned returnCode', (code) => replyOf(`{"code":200,"data":{"returnCode":"${code}"}}`), 'OUTCOME_UNKNOWN'],
    ['a member of data', (code) => signed('200', { returnCode: '000000', [code]: 'x' }), 'REPLY_MALFORMED'],
  ];
  test.each(rows)('redeem: an inherited name as %s is a typed failure', async (_, replyWith, failure) => {
    for (const code of inherited) expect(await failureOf(jucai, options, redeem, replyWith(code)), code).toBe(failure);
  });
});

describe('WeChat', () => {
  const login = { appId: 'wx1', appSecret: 's', apiUrl: 'http://127.0.0.1' };
  const loginRows: readonly Row[] = [
    ['errcode', (code) => replyOf(`{"errcode":"${code}","errmsg":"m"}`), 'REPLY_MALFORMED'],
    ['errmsg', (code) => replyOf(`{"errcode":99999,"errmsg":"${code}, rid: ${code}"}`), 'OUTCOME_UNKNOWN'],
    ['a member', (code) => replyOf(`{"${code}":40029}`), 'REPLY_MALFORMED'],
  ];
  for (const kind of ['web', 'miniprogram'])
    test.each(loginRows)(`${kind}: an inherited name as %s is a typed failure`, async (_, replyWith, failure) => {
      for (const code of inherited)
        expect(await failureOf(wechat, { ...login, kind }, redeem, replyWith(code)), code).toBe(failure);
    });

  const paymentCode = { kind: 'payment_code', appId: 'wx1', mchId: '1', apiKey: 'k', payUrl: 'http://127.0.0.1' };
  const xml = (...fields: readonly (readonly [name: string, value: string])[]) =>
    replyOf(`<xml>${fields.map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`).join('')}</xml>`);
  const signed = (...fields: readonly (readonly [name: string, value: string])[]) => {
    const all = [['return_code', 'SUCCESS'], ['appid', 'wx1'], ['mch_id', '1'], ...fields] as const;
    return xml(...all, ['sign', signV2(new Map(all), 'k')]);
  };
  const paymentRows: readonly Row[] = [
    ['return_code', (code) => xml(['return_code', code]), 'REPLY_UNVERIFIED'],
    ['return_msg', (code) => xml(['return_code', 'FAIL'], ['return_msg', code]), 'OUTCOME_UNKNOWN'],
    ['result_code', (code) => signed(['result_code', code]), 'REPLY_MALFORMED'],
    ['err_code', (code) => signed(['result_code', 'FAIL'], ['err_code', code]), 'OUTCOME_UNKNOWN'],
    ['an unsigned err_code', (code) => xml(['result_code', 'FAIL'], ['err_code', code]), 'REPLY_UNVERIFIED'],
  ];
  test.each(paymentRows)('payment code: an inherited name as %s is a typed failure', async (_, replyWith, failure) => {
    for (const code of inherited)
      expect(await failureOf(wechat, paymentCode, redeem, replyWith(code)), code).toBe(failure);
  });

  test('payment code: an inherited name as an element is a typed failure, also where it is signed', async () => {
    for (const code of inherited) {
      const failure = await failureOf(wechat, paymentCode, redeem, signed([code, 'x'], ['result_code', 'SUCCESS']));
      expect(failure, code).toBe('REPLY_MALFORMED');
    }
  });
});
