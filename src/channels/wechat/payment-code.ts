/**
 * Redeems a payment code with WeChat Pay V2 (付款码查询openid): POST /tools/authcodetoopenid. V3 has no such call.
 * https://pay.weixin.qq.com/doc/v2/merchant/4011940944
 *
 * The call reserves the payment code: until it refreshes, no other merchant can charge it.
 */
import { z } from 'zod';
import { PayerIdentityError } from '../../failure.ts';
import { digests, equalSecrets } from '../../lib/digest.ts';
import type { HttpReply, HttpRequest } from '../../lib/exchange.ts';
import type { Redeemed } from '../../model.ts';
import { type FailureCodes, parseReply, readText } from '../reply.ts';
import { optionalText } from '../schemas.ts';
import { optionalWechatId, wechatId } from './login.ts';
import { reasonOf } from './reasons.ts';
import { readXml, writeXml } from './xml.ts';

interface Merchant {
  readonly appId: string;
  readonly mchId: string;
  readonly apiKey: string;
  readonly subAppId?: string | undefined;
  readonly subMchId?: string | undefined;
}

/**
 * The signature of V2 requests and replies: https://pay.weixin.qq.com/wiki/doc/api/micropay.php?chapter=4_3
 * MD5: this endpoint has a `sign` of 32 characters and no sign_type, so no HMAC-SHA256.
 */
export const signV2 = (fields: ReadonlyMap<string, string>, apiKey: string): string =>
  digests.md5(textV2(fields, apiKey), apiKey).toUpperCase();

/** Every field with a value but `sign`, in byte order of the names, and the key behind them. */
export const textV2 = (fields: ReadonlyMap<string, string>, apiKey: string): string => {
  const signed = [...fields].filter(([name, value]) => name !== 'sign' && value !== '');
  const pairs = signed.sort(([left], [right]) => (left < right ? -1 : 1)).map(([name, value]) => `${name}=${value}`);
  return [...pairs, `key=${apiKey}`].join('&');
};

/** The sub-merchant's fields are for service providers. */
export const openIdRequest = (authCode: string, merchant: Merchant, nonce: string): HttpRequest => {
  const fields = new Map([
    ['appid', merchant.appId],
    ['mch_id', merchant.mchId],
    ...(merchant.subAppId ? ([['sub_appid', merchant.subAppId]] as const) : []),
    ...(merchant.subMchId ? ([['sub_mch_id', merchant.subMchId]] as const) : []),
    ['auth_code', authCode],
    ['nonce_str', nonce],
  ]);
  return {
    method: 'POST',
    path: '/tools/authcodetoopenid',
    headers: { 'content-type': 'text/xml; charset=utf-8', accept: 'text/xml' },
    body: writeXml(fields.set('sign', signV2(fields, merchant.apiKey))),
  };
};

const common = {
  return_code: z.literal('SUCCESS'),
  appid: z.string(),
  mch_id: z.string(),
  sub_appid: optionalText,
  sub_mch_id: optionalText,
};
const result = z.discriminatedUnion('result_code', [
  z.object({
    ...common,
    result_code: z.literal('SUCCESS'),
    openid: wechatId,
    /** The payer's id in the sub-merchant's application. */
    sub_openid: optionalWechatId,
  }),
  z.object({ ...common, result_code: z.literal('FAIL'), err_code: z.string() }),
]);

/** From the page above. SYSTEMERROR is left out: the payment code may be used. */
const paymentCodes: FailureCodes = new Map([
  ['AUTHCODEEXPIRE', 'AUTH_CODE_EXPIRED'],
  ['AUTH_CODE_ERROR', 'AUTH_CODE_INVALID'],
  ['AUTH_CODE_INVALID', 'AUTH_CODE_INVALID'],
]);

/**
 * The signature proves that WeChat wrote the reply for this merchant. That it answers this request rests on TLS alone: a
 * reply repeats neither our nonce nor the code.
 */
export const judgeOpenId = (reply: HttpReply, merchant: Merchant): Redeemed => {
  const fields = readXml(readText(reply));
  if (fields.get('return_code') === 'FAIL') throw refusedRequest(fields.get('return_msg') ?? '');
  if (!equalSecrets(fields.get('sign') ?? '', signV2(fields, merchant.apiKey)))
    throw new PayerIdentityError('REPLY_UNVERIFIED', { claimedCode: claimedCodeOf(fields) });

  const verified = parseReply(result, Object.fromEntries(fields));
  if (!isFor(merchant, verified)) throw new PayerIdentityError('REPLY_UNVERIFIED');
  if (verified.result_code === 'FAIL')
    throw new PayerIdentityError(paymentCodes.get(verified.err_code) ?? 'OUTCOME_UNKNOWN', {
      upstreamCode: verified.err_code,
    });
  const { openid, sub_openid, sub_appid = merchant.subAppId } = verified;
  return { subject: { openId: openid, ...(sub_openid && { subAppId: sub_appid, subOpenId: sub_openid }) } };
};

/**
 * Unsigned, so it could be forged; a forger gains nothing, since the payment code counts as used either way. The reason
 * selects the failure, and only our own word for it is logged.
 */
const refusedRequest = (returnMessage: string): PayerIdentityError => {
  const reason = reasonOf(returnMessage);
  const upstreamCode = reason ? `return_code_FAIL.${reason.word}` : 'return_code_FAIL';
  return new PayerIdentityError(reason?.failure ?? 'OUTCOME_UNKNOWN', { upstreamCode });
};

/** The code of a reply whose signature is wrong. */
const claimedCodeOf = (fields: ReadonlyMap<string, string>): string | undefined =>
  fields.get('err_code') || fields.get('result_code') || fields.get('return_code');

/** The sub-merchant's fields are compared where both sides have them: the page does not define when a reply has. */
const isFor = (merchant: Merchant, { appid, mch_id, sub_appid, sub_mch_id }: z.output<typeof result>): boolean => {
  const agree = (ours: string | undefined, theirs: string | undefined) => !ours || !theirs || ours === theirs;
  const names = appid === merchant.appId && mch_id === merchant.mchId;
  return names && agree(merchant.subAppId, sub_appid) && agree(merchant.subMchId, sub_mch_id);
};
