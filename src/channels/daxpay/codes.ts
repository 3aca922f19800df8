/** The failures of DaxPay's codes, and of replies whose signature or shape is wrong. */
import { PayerIdentityError } from '../../failure.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import { type FailureCodes, memberText } from '../reply.ts';

/** https://github.com/xxm1995/daxpay-doc open/gateway/overview/返回状态码.md, and DaxPay's source for codes not in it. */
const daxpayCodes: FailureCodes = new Map([
  /** Any business exception; on this endpoint 获取支付宝OpenId失败: Alipay refused the code. */
  ['1', 'AUTH_CODE_REFUSED'],
  ['10404', 'CHANNEL_MISCONFIGURED'],
  ['10405', 'CHANNEL_MISCONFIGURED'],
  ['10415', 'CHANNEL_MISCONFIGURED'],
  ['10505', 'CHANNEL_MISCONFIGURED'],
  ['10506', 'CHANNEL_MISCONFIGURED'],
  ['20021', 'CHANNEL_MISCONFIGURED'],
  ['20022', 'CHANNEL_MISCONFIGURED'],
  ['20023', 'CHANNEL_MISCONFIGURED'],
  ['20024', 'CHANNEL_MISCONFIGURED'],
  ['20025', 'CHANNEL_MISCONFIGURED'],
  ['20030', 'CHANNEL_MISCONFIGURED'],
  /** 验签失败: DaxPay cannot verify our signature. */
  ['20052', 'CHANNEL_MISCONFIGURED'],
  /** WeChat refused; the message quotes its errcode. */
  ['20080', 'AUTH_CODE_REFUSED'],
  ['20082', 'CHANNEL_MISCONFIGURED'],
]);

/** WeChat's errcodes as DaxPay quotes them: https://developers.weixin.qq.com/doc/offiaccount/Getting_Started/Global_Return_Code.html */
const wechatCodes: FailureCodes = new Map([
  ['40029', 'AUTH_CODE_INVALID'],
  ['40163', 'AUTH_CODE_USED'],
  ['42003', 'AUTH_CODE_EXPIRED'],
  /** The WeChat settings within DaxPay: secret, appid, list of addresses. */
  ['40001', 'CHANNEL_MISCONFIGURED'],
  ['40013', 'CHANNEL_MISCONFIGURED'],
  ['40125', 'CHANNEL_MISCONFIGURED'],
  ['40164', 'CHANNEL_MISCONFIGURED'],
  ['40243', 'CHANNEL_MISCONFIGURED'],
  /** Busy, and too often: the code may be used. */
  ['-1', 'OUTCOME_UNKNOWN'],
  ['45009', 'OUTCOME_UNKNOWN'],
  ['45011', 'OUTCOME_UNKNOWN'],
]);

/** DaxPay's id of the exchange, for the operator's log. */
export const traceOf = (root: JsonObject) => ({ upstreamTraceId: memberText(root, 'traceId') });

/** DaxPay's codes are numbers; any other text may echo our request. */
const claimedCodeOf = (root: JsonObject): string | undefined => /^-?\d{1,7}$/.exec(memberText(root, 'code') ?? '')?.[0];

/** Every refusal is final: an unsigned one could be forged, so none may make a used code look unspent. */
export const refusal = (code: number, root: JsonObject): PayerIdentityError => {
  const quoted = code === 20080 ? /错误代码：(-?\d{1,7})/.exec(memberText(root, 'msg') ?? '')?.[1] : undefined;
  const failure = wechatCodes.get(quoted ?? '') ?? daxpayCodes.get(`${code}`) ?? 'OUTCOME_UNKNOWN';
  // A minus sign would not look like an upstream code.
  const upstreamCode = quoted ? `${code}.${quoted.replace('-', 'minus')}` : `${code}`;
  return new PayerIdentityError(failure, { upstreamCode, ...traceOf(root) });
};

/**
 * For a reply whose signature is missing or wrong. With a wrong secret DaxPay refuses our signature (20052) and signs
 * the refusal with its own secret, so it ends here: the log shows the claimed code 20052.
 */
export const unverified = (root: JsonObject): PayerIdentityError =>
  new PayerIdentityError('REPLY_UNVERIFIED', { claimedCode: claimedCodeOf(root), ...traceOf(root) });

/** For a reply that has not DaxPay's shape. */
export const malformed = (root: JsonObject): PayerIdentityError =>
  new PayerIdentityError('REPLY_MALFORMED', { claimedCode: claimedCodeOf(root), ...traceOf(root) });
