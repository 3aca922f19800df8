/** What WeChat Pay V2 says when it refuses a request: unsigned, and in words. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { judgeOpenId } from '../../../src/channels/wechat/payment-code.ts';
import { startWechat } from '../../../src/emulators/wechat.ts';
import { PayerIdentityError } from '../../../src/failure.ts';
import { failureMember } from '../../../src/failure-codes.ts';
import { AUTHENTICATE, type Service, startService } from '../../support/services/service.ts';
import { apiKey, appId, appSecret, mchId, merchant, open, shown, sub } from './options.ts';

const refusal = (text: string) =>
  `<xml><return_code><![CDATA[FAIL]]></return_code>\n<return_msg><![CDATA[${text}]]></return_msg>\n</xml>`;
const failureFor = (text: string): PayerIdentityError => {
  try {
    judgeOpenId({ status: 200, headers: {}, body: Buffer.from(refusal(text)) }, merchant);
  } catch (error) {
    if (error instanceof PayerIdentityError) return error;
    throw error;
  }
  return expect.unreachable('it was a refusal');
};

describe('the reasons of a refused request', () => {
  test.each([
    ['SIGNERROR', ['签名错误，请检查后再试', '签名错误', '签名失败', '签名错误,请检查后再试。', '验签失败']],
    ['SIGNERROR', ['签名字符串规则校验失败，字节数 64，大于最大值 32']],
    ['APPID_MCHID_NOT_MATCH', ['商户号mch_id与appid不匹配', 'appid和mch_id不匹配', '商户号 mch_id 与 AppID 不匹配']],
    ['APPID_NOT_EXIST', ['appid不存在', 'AppID不存在,请检查后再试']],
    ['MCHID_NOT_EXIST', ['商户号mch_id不存在', 'MCHID不存在']],
    ['SUB_MCHID_INVALID', ['受理机构必须传入sub_mch_id', '普通商户不允许传sub_mch_id']],
    ['NOAUTH', ['商户无此接口权限', '商户号该产品权限未开通，请前往商户平台>产品中心检查后重试', 'NOAUTH']],
    ['LACK_PARAMS', ['缺少参数']],
    ['PARAM_ERROR', ['参数格式校验错误', 'mch_id参数格式错误', 'ｍｃｈ＿ｉｄ参数格式错误']],
    ['XML_FORMAT_ERROR', ['XML格式错误']],
  ])('the reason %s is CHANNEL_MISCONFIGURED: %j', (word, texts) => {
    for (const text of texts)
      expect(failureFor(text), text).toMatchObject({
        code: 'CHANNEL_MISCONFIGURED',
        upstreamCode: `return_code_FAIL.${word}`,
      });
  });

  test.each([
    ['SYSTEMERROR', ['系统繁忙', '系统繁忙，请稍后再试', '系统错误', '系统异常，请稍候重试', 'SYSTEMERROR']],
    ['FREQUENCY_LIMITED', ['频率限制', '请求过于频繁，请稍后再试']],
  ])('the reason %s is OUTCOME_UNKNOWN: %j', (word, texts) => {
    for (const text of texts)
      expect(failureFor(text), text).toMatchObject({
        code: 'OUTCOME_UNKNOWN',
        upstreamCode: `return_code_FAIL.${word}`,
      });
  });

  test.each([
    '',
    'OK',
    'constructor',
    '__proto__',
    'toString',
    '授权码134567890123456789签名错误',
    '签名错误：test_ok_alice',
    'auth_code参数格式错误',
    'appid不存在 s3cret',
    '别的原因',
    '签名错误'.repeat(100),
  ])('an unknown text is OUTCOME_UNKNOWN, and nothing of it is logged: %j', (text) => {
    const error = failureFor(text);
    expect(error).toMatchObject({ code: 'OUTCOME_UNKNOWN', upstreamCode: 'return_code_FAIL' });
    if (text !== '') expect(shown(error.upstreamCode)).not.toContain(text);
  });

  test.each([
    ['another key', { source: { apiKey: 'not theirs' } }, 'SIGNERROR'],
    ['another merchant number', { source: { mchId: '1' } }, 'APPID_MCHID_NOT_MATCH'],
    ['another app', { app: { appId: 'wx0' } }, 'APPID_NOT_EXIST'],
    ['a call that was not applied for', { app: { merchant: { ...merchant, noPermission: true } } }, 'NOAUTH'],
    ['a sub-merchant of no service provider', { source: sub }, 'SUB_MCHID_INVALID'],
    ['no sub-merchant', { app: { merchant: { ...merchant, ...sub } } }, 'SUB_MCHID_INVALID'],
  ])('%s has a reason of its own', async (_, options, word) => {
    const { redeem } = await open('payment_code', options);
    const failure = { code: 'CHANNEL_MISCONFIGURED', upstreamCode: `return_code_FAIL.${word}` };
    await expect(redeem('test_ok_alice')).rejects.toMatchObject(failure);
  });
});

test('a reply whose signature is wrong carries its claimed code', async () => {
  const { redeem } = await open('payment_code');
  const success = { code: 'REPLY_UNVERIFIED', claimedCode: 'SUCCESS', upstreamCode: undefined };
  await expect(redeem('test_badsign_alice')).rejects.toMatchObject(success);
  await expect(redeem('test_nosign_alice')).rejects.toMatchObject(success);
  const refused =
    '<xml><return_code>SUCCESS</return_code><result_code>FAIL</result_code><err_code>AUTHCODEEXPIRE</err_code></xml>';
  const judge = () => judgeOpenId({ status: 200, headers: {}, body: Buffer.from(refused) }, merchant);
  expect(judge).toThrow(expect.objectContaining({ code: 'REPLY_UNVERIFIED', claimedCode: 'AUTHCODEEXPIRE' }));
});

test('the message of an unknown outcome mentions no time', () => {
  const { message } = new PayerIdentityError('OUTCOME_UNKNOWN');
  expect(message).not.toMatch(/in time|time-?out|did not answer/i);
  expect(message).toMatch(/not known/);
  expect(failureMember('OUTCOME_UNKNOWN')).toBe('PayerOutcomeUnknown');
});

describe('through the whole service', () => {
  const start = async (key: string): Promise<Service> => {
    const emulator = await startWechat({ apps: [{ appId, secret: appSecret, merchant }] });
    const code = { type: 'wechat', kind: 'payment_code', appId, mchId, apiKey: key, paymentCodePattern: 'test_.*' };
    const service = await startService({
      config: {
        apps: [{ id: 'demo', channels: { wechat_pay: 'code' } }],
        sources: { code: { ...code, payUrl: emulator.origin } },
      },
    });
    onTestFinished(async () => {
      await service.close();
      await emulator.close();
    });
    return service;
  };

  test('a wrong apiKey fails with CHANNEL_MISCONFIGURED, is logged, and does not suspend the source', async () => {
    const { graphql, logLines } = await start('1'.repeat(32));
    for (let call = 0; call < 30; call += 1) {
      const input = { channelId: 'wechat_pay', authCode: `test_ok_alice~${call}` };
      const { data } = await graphql(AUTHENTICATE, { input });
      expect(data.authenticate).toMatchObject({
        __typename: 'PayerChannelMisconfigured',
        code: 'CHANNEL_MISCONFIGURED',
      });
    }
    expect(logLines.join('')).toContain('"upstreamCode":"return_code_FAIL.SIGNERROR"');
    expect(logLines.join('')).not.toContain(apiKey);
  });
});
