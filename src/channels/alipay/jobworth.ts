/**
 * 职得身份认证查询 (job identity), GET /v3/zhima/customer/jobworth/authentication.
 * https://github.com/alipay/alipay-sdk-java-all v3 ZhimaCustomerJobworthAuthenticationApi.md; its once token "may be
 * queried successfully only once after the result has become final".
 */
import { z } from 'zod';
import { PayerIdentityError } from '../../failure.ts';
import type { HttpReply } from '../../lib/exchange.ts';
import { type FailureCodes, parseReply } from '../reply.ts';
import { optionalText } from '../schemas.ts';
import type { JobworthDocument, JobworthReply, JobworthRequest } from '../source.ts';
import type { AlipayKeys } from './keys.ts';
import { traceIdOf } from './trace-id.ts';
import { judgeGet } from './v3.ts';

export const JOBWORTH_PATH = '/v3/zhima/customer/jobworth/authentication';

const matches: Readonly<Record<JobworthRequest['match'], string>> = { EXACT: 'exact', FUZZY: 'dim' };

/** 身份证 0, 护照 1, 回乡证 2, 港澳往来通行证 3, 台湾往来通行证 4, 港澳证件 5. */
const certTypes: Readonly<Record<JobworthDocument['type'], string>> = {
  IDENTITY_CARD: '0',
  PASSPORT: '1',
  HOME_RETURN_PERMIT: '2',
  TRAVEL_PERMIT_HK_MC: '3',
  TRAVEL_PERMIT_TAIWAN: '4',
  DOCUMENT_HK_MC: '5',
};

/** In the order of the documentation. */
export const jobworthParameters = ({
  subject: { userId, openId, document },
  ...request
}: JobworthRequest): Readonly<Record<string, string | undefined>> => ({
  conn_key: request.agreementId,
  once_token: request.onceToken,
  query_type: matches[request.match],
  identity_type: request.jobIdentityType,
  service_id: request.serviceId,
  user_id: userId,
  open_id: openId,
  cert_no: document?.number,
  cert_type: document && certTypes[document.type],
});

const answer = z.object({
  /** SUCCESS: confirmed; FAILED: not confirmed; WAITING_VERIFY: not final yet. */
  identity_result: z.enum(['SUCCESS', 'FAILED', 'WAITING_VERIFY']),
  identity_result_skip_url: optionalText,
  merchant_identity_id: optionalText,
  open_id: optionalText,
  user_id: optionalText,
  token_status: optionalText,
});

/** All 16 business errors of the SDK's ZhimaCustomerJobworthAuthenticationQueryErrorResponseModel. */
const jobworthCodes: FailureCodes = new Map([
  ['USER_NOT_AUTHORIZE', 'JOBWORTH_NOT_AUTHORIZED'],
  ['TOKEN_INVALID', 'ONCE_TOKEN_INVALID'],
  ['NOT_OPEN_ZM', 'JOBWORTH_NOT_OPENED'],
  ['USER_NOT_OPEN_JOBWORTH', 'JOBWORTH_NOT_OPENED'],
  ['INVALID_PARAMETER', 'JOBWORTH_REFUSED'],
  ['PARAM_ERROR', 'JOBWORTH_REFUSED'],
  ['JOB_WORTH_BLACK_LIST', 'JOBWORTH_BLOCKED'],
  ['MERCHANT_INTERCEPT', 'JOBWORTH_BLOCKED'],
  ['RISK_INTERCEPT', 'JOBWORTH_BLOCKED'],
  ['OPEN_ZM_ACCOUNT_INTERCEPT', 'JOBWORTH_BLOCKED'],
  ['WRONG_OUT_AGREEMENT_NO_INTERCEPT', 'JOBWORTH_BLOCKED'],
  ['CARD_NO_NOT_MATCH', 'JOBWORTH_MISMATCH'],
  ['MOBILE_NO_NOT_MATCH', 'JOBWORTH_MISMATCH'],
  ['USER_NAME_NOT_MATCH', 'JOBWORTH_MISMATCH'],
  ['TOKEN_NOT_MATCH_IDENTITY_TYPE', 'JOBWORTH_MISMATCH'],
  ['SYSTEM_ERROR', 'OUTCOME_UNKNOWN'],
  // CommonErrorType of the SDKs: those that are not about keys, apps and permissions.
  ['app-call-limited', 'CHANNEL_BUSY'],
  ['method-call-limited', 'CHANNEL_BUSY'],
  ['invalid-parameter', 'JOBWORTH_REFUSED'],
  ['invalid-response-data', 'OUTCOME_UNKNOWN'],
  ['access-data-time-out', 'OUTCOME_UNKNOWN'],
]);

/** All other common errors have lower case and hyphens, and are about keys, apps and permissions. */
const COMMON_ERROR = /^[a-z]+(?:-[a-z]+)+$/;

export const judgeJobworth = (keys: AlipayKeys, reply: HttpReply): JobworthReply => {
  const judged = judgeGet(keys, reply);
  if (judged.kind === 'ERROR') {
    const { code: reason, signed } = judged;
    const code = jobworthCodes.get(reason) ?? (COMMON_ERROR.test(reason) ? 'CHANNEL_MISCONFIGURED' : 'OUTCOME_UNKNOWN');
    // Only a signed refusal that is known leaves the once token unspent.
    if (!signed)
      throw new PayerIdentityError(code === 'CHANNEL_BUSY' ? 'REPLY_UNVERIFIED' : code, { claimedCode: reason });
    if (code === 'OUTCOME_UNKNOWN') throw new PayerIdentityError(code, { upstreamCode: reason });
    return { kind: 'REFUSED', code, upstreamCode: reason, upstreamTraceId: traceIdOf(reply) };
  }
  const { identity_result, identity_result_skip_url: resultUrl, ...rest } = parseReply(answer, judged.value);
  if (identity_result === 'WAITING_VERIFY') return { kind: 'PENDING', resultUrl };
  return {
    kind: 'ANSWERED',
    confirmed: identity_result === 'SUCCESS',
    merchantIdentityId: rest.merchant_identity_id,
    resultUrl,
    userId: rest.user_id,
    openId: rest.open_id,
    authorizationStatus: rest.token_status,
  };
};
