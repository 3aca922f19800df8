/**
 * What JuCai's codes mean. 应答码表: https://www.showdoc.com.cn/jucaishangfu/9966099368299628, which lists codes of the
 * system and none for an auth code that is unknown, used or expired.
 */
import { z } from 'zod';
import { PayerIdentityError } from '../../failure.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import { type FailureCodes, memberText } from '../reply.ts';

/** By `code`, or `code.returnCode` when there is a returnCode: as the log shows them. */
const publishedCodes: FailureCodes = new Map([
  /** 参数列表错误: the request, whose form is ours and whose content is checked, does not fit. */
  ['400', 'CHANNEL_MISCONFIGURED'],
  /** 未授权 */
  ['401', 'CHANNEL_MISCONFIGURED'],
  /** 访问受限，授权过期 */
  ['403', 'CHANNEL_MISCONFIGURED'],
  /** 不允许的http方法 */
  ['405', 'CHANNEL_MISCONFIGURED'],
  /**
   * A success without data. Merchants whose acquirer cannot look up ids get it, Lakala's for one; that is known from a
   * public paste of JuCai's server and not from its pages.
   */
  ['200', 'CHANNEL_UNSUPPORTED'],
  // 500 (系统内部错误), 10001 (超时), 10002 (系统异常), 10003 (当前服务不可用) and the rest are doubt, as every unknown code is.
]);

/** What the configuration may say of a code; OUTCOME_UNKNOWN takes a default back. */
export const configuredRefusals = z
  .record(
    z.string(),
    z.enum([
      'AUTH_CODE_INVALID',
      'AUTH_CODE_USED',
      'AUTH_CODE_EXPIRED',
      'AUTH_CODE_REFUSED',
      'CHANNEL_MISCONFIGURED',
      'CHANNEL_UNSUPPORTED',
      'OUTCOME_UNKNOWN',
    ]),
  )
  .default({});

export const codesOf = (configured: z.output<typeof configuredRefusals>): FailureCodes =>
  new Map([...publishedCodes, ...Object.entries(configured)]);

/** Every refusal is final: an unsigned one could be a forger's, so none may make a code look unspent. */
export const refusal = (code: number, returnCode: string | undefined, codes: FailureCodes): PayerIdentityError => {
  const upstreamCode = returnCode ? `${code}.${returnCode}` : `${code}`;
  return new PayerIdentityError(codes.get(upstreamCode) ?? 'OUTCOME_UNKNOWN', { upstreamCode });
};

/** A reply whose signature is missing or wrong, or whose shape is not JuCai's: nothing of it is believed. */
export const unbelievable = (failure: 'REPLY_UNVERIFIED' | 'REPLY_MALFORMED', root: JsonObject): PayerIdentityError => {
  const data = root.members.get('data');
  const codes = [memberText(root, 'code'), data?.kind === 'object' ? memberText(data, 'returnCode') : undefined];
  return new PayerIdentityError(failure, { claimedCode: codes.filter(isCode).join('.') });
};
/** JuCai's codes are numbers; whatever else stands there may be an echo. */
const isCode = (text: string | undefined): boolean => text !== undefined && /^-?\d{1,7}$/.test(text);
