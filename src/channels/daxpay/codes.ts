/** What DaxPay's codes mean, and what it says of a reply that cannot be believed. */
import { PayerIdentityError } from '../../failure.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import { type FailureCodes, memberText } from '../reply.ts';

/** https://github.com/xxm1995/daxpay-doc open/gateway/overview/返回状态码.md, and the source where that is silent. */
const daxpayCodes: FailureCodes = new Map([
  /** Any business exception; on this endpoint 获取支付宝OpenId失败: Alipay refused the code. */
  ['1', 'AUTH_CODE_REFUSED'],
  ['10404', 'CHANNEL_MISCONFIGURED'],
  ['10405', 'CHANNEL_MISCONFIGURED'],
  ['10415', 'CHANNEL_UNSUPPORTED'],
  ['10505', 'CHANNEL_MISCONFIGURED'],
  ['10506', 'CHANNEL_MISCONFIGURED'],
  ['20021', 'CHANNEL_MISCONFIGURED'],
  ['20022', 'CHANNEL_MISCONFIGURED'],
  ['20023', 'CHANNEL_MISCONFIGURED'],
  ['20024', 'CHANNEL_MISCONFIGURED'],
  ['20025', 'CHANNEL_MISCONFIGURED'],
  ['20030', 'CHANNEL_UNSUPPORTED'],
  /** 验签失败: DaxPay cannot verify our signature. */
  ['20052', 'CHANNEL_MISCONFIGURED'],
  /** WeChat refused; its errcode stands in the message. */
  ['20080', 'AUTH_CODE_REFUSED'],
  ['20082', 'CHANNEL_UNSUPPORTED'],
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
  /** Busy, and too often: nothing says that the code is unspent. */
  ['-1', 'OUTCOME_UNKNOWN'],
  ['45009', 'OUTCOME_UNKNOWN'],
  ['45011', 'OUTCOME_UNKNOWN'],
]);

/** For operators, whatever becomes of the reply. */
export const traceOf = (root: JsonObject) => ({ upstreamTraceId: memberText(root, 'traceId') });

/** DaxPay's codes are numbers; whatever else stands there may be an echo. */
const claimOf = (root: JsonObject): string | undefined => /^-?\d{1,7}$/.exec(memberText(root, 'code') ?? '')?.[0];

/** Every refusal is final: an unsigned one could be a forger's, so none may make a code look unspent. */
export const refusal = (code: number, root: JsonObject): PayerIdentityError => {
  const quoted = code === 20080 ? /错误代码：(-?\d{1,7})/.exec(memberText(root, 'msg') ?? '')?.[1] : undefined;
  const failure = wechatCodes.get(quoted ?? '') ?? daxpayCodes.get(`${code}`) ?? 'OUTCOME_UNKNOWN';
  // A sign within it would not look like a code.
  const upstreamCode = quoted ? `${code}.${quoted.replace('-', 'minus')}` : `${code}`;
  return new PayerIdentityError(failure, { upstreamCode, ...traceOf(root) });
};

/**
 * A reply whose signature is missing or wrong. With another secret than ours DaxPay refuses our signature and signs
 * that with its own, so a wrong secret ends here: the log shows 20052 as what the reply claims.
 */
export const unverified = (root: JsonObject): PayerIdentityError =>
  new PayerIdentityError('REPLY_UNVERIFIED', { claimedCode: claimOf(root), ...traceOf(root) });

/** A reply of another shape than DaxPay's. */
export const malformed = (root: JsonObject): PayerIdentityError =>
  new PayerIdentityError('REPLY_MALFORMED', { claimedCode: claimOf(root), ...traceOf(root) });
