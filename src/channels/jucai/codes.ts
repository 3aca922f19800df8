/**
 * The failures of JuCai's codes. 应答码表: https://www.showdoc.com.cn/jucaishangfu/9966099368299628, which lists codes of
 * the system and none for an auth code that is unknown, used or expired.
 */
import { z } from 'zod';
import { PayerIdentityError } from '../../failure.ts';
import type { JsonObject } from '../../lib/strict-json.ts';
import { type FailureCodes, memberText } from '../reply.ts';

/** By `code`, or `code.returnCode` when there is a returnCode, as the log shows them. */
const publishedCodes: FailureCodes = new Map([
  /** 参数列表错误: wrong parameters. We build the form and check the input, so a setting is wrong. */
  ['400', 'CHANNEL_MISCONFIGURED'],
  /** 未授权 */
  ['401', 'CHANNEL_MISCONFIGURED'],
  /** 访问受限，授权过期 */
  ['403', 'CHANNEL_MISCONFIGURED'],
  /** 不允许的http方法 */
  ['405', 'CHANNEL_MISCONFIGURED'],
  /**
   * A success without data: the merchant's acquirer, Lakala for one, cannot look up ids. Known from a public paste of
   * JuCai's server, not from its pages.
   */
  ['200', 'CHANNEL_MISCONFIGURED'],
  // 500 (系统内部错误), 10001 (超时), 10002 (系统异常), 10003 (当前服务不可用) and all others leave the outcome unknown.
]);

/** The failures that a configuration may give to a code; OUTCOME_UNKNOWN cancels a published one. */
export const configuredRefusals = z
  .record(
    z.string(),
    z.enum([
      'AUTH_CODE_INVALID',
      'AUTH_CODE_USED',
      'AUTH_CODE_EXPIRED',
      'AUTH_CODE_REFUSED',
      'CHANNEL_MISCONFIGURED',
      'OUTCOME_UNKNOWN',
    ]),
  )
  .default({});

export const codesOf = (configured: z.output<typeof configuredRefusals>): FailureCodes =>
  new Map([...publishedCodes, ...Object.entries(configured)]);

/** Every refusal is final: an unsigned one could be forged, so none may make a used code look unspent. */
export const refusal = (code: number, returnCode: string | undefined, codes: FailureCodes): PayerIdentityError => {
  const upstreamCode = returnCode ? `${code}.${returnCode}` : `${code}`;
  return new PayerIdentityError(codes.get(upstreamCode) ?? 'OUTCOME_UNKNOWN', { upstreamCode });
};

/** For a reply whose signature or shape is wrong: its code is logged, never acted on. */
export const unusableReply = (
  failure: 'REPLY_UNVERIFIED' | 'REPLY_MALFORMED',
  root: JsonObject,
): PayerIdentityError => {
  const data = root.members.get('data');
  const codes = [memberText(root, 'code'), data?.kind === 'object' ? memberText(data, 'returnCode') : undefined];
  return new PayerIdentityError(failure, { claimedCode: codes.filter(isCode).join('.') });
};
/** JuCai's codes are numbers; any other text may echo our request. */
const isCode = (text: string | undefined): boolean => text !== undefined && /^-?\d{1,7}$/.test(text);
