/** Zhima's job query, /v3/zhima/customer/jobworth/authentication: its answers by the once token. */
import { createHash } from 'node:crypto';
import type { Fields } from '../emulator.ts';
import { idsOf, readTestCode, type TestCodeKind } from '../test-codes.ts';
import type { AlipayApp } from './app.ts';

/** All that the published models list; the messages are not published. */
const businessErrors = [
  'USER_NOT_AUTHORIZE TOKEN_INVALID NOT_OPEN_ZM USER_NOT_OPEN_JOBWORTH INVALID_PARAMETER JOB_WORTH_BLACK_LIST',
  'SYSTEM_ERROR MERCHANT_INTERCEPT RISK_INTERCEPT OPEN_ZM_ACCOUNT_INTERCEPT CARD_NO_NOT_MATCH MOBILE_NO_NOT_MATCH',
  'USER_NAME_NOT_MATCH WRONG_OUT_AGREEMENT_NO_INTERCEPT TOKEN_NOT_MATCH_IDENTITY_TYPE PARAM_ERROR',
].flatMap((line) => line.split(' '));

const REQUIRED = ['conn_key', 'once_token', 'identity_type', 'service_id'];
const SKIP_URL = 'alipays://platformapi/startapp?appId=2021000000000000&page=pages%2Fresult%2Findex';
/** How many queries of `test_ok_waiting` are answered before the result is there. */
const WAITING_QUERIES = 2;

export interface JobAnswer {
  readonly kind: TestCodeKind;
  readonly fields: Fields;
  /** The result that a forger would add. */
  readonly forged?: string;
}

/** Counts the queries of each once token, of which the last has the result. Returns the code of a business error. */
export const createJobQuery = () => {
  const queries = new Map<string, number>();

  return (search: URLSearchParams, app: AlipayApp): JobAnswer | string => {
    const params = new Map([...search].filter(([, value]) => value !== ''));
    if (!isComplete(params)) return 'INVALID_PARAMETER';
    const token = params.get('once_token') ?? '';
    const { kind, payer } = readTestCode(token);
    const count = queries.get(token) ?? 0;
    const waiting = payer === 'waiting' ? WAITING_QUERIES : 0;
    if (kind === 'invalid' || kind === 'used' || kind === 'expired' || (kind === 'ok' && count > waiting))
      return 'TOKEN_INVALID';
    const error = /^error-(.*)$/.exec(payer)?.[1];
    if (error !== undefined) return businessErrors.includes(error) ? error : 'PARAM_ERROR';
    queries.set(token, count + 1);
    if (count < waiting)
      return { kind, fields: { identity_result: 'WAITING_VERIFY', identity_result_skip_url: SKIP_URL } };
    return { kind, ...resultOf(payer, params, app) };
  };
};

const isComplete = (params: ReadonlyMap<string, string>): boolean => {
  const hasPayer = params.has('user_id') || params.has('open_id') || (params.has('cert_no') && params.has('cert_type'));
  return hasPayer && REQUIRED.every((name) => params.has(name)) && /^(exact|dim)$/.test(params.get('query_type') ?? '');
};

const resultOf = (payer: string, params: ReadonlyMap<string, string>, { appId, idKind }: AlipayApp) => {
  const idName = params.has('open_id') || (!params.has('user_id') && idKind === 'openId') ? 'open_id' : 'user_id';
  const ids = idsOf(payer);
  const isUnconfirmed = payer === 'unconfirmed';
  return {
    fields: {
      identity_result: isUnconfirmed ? 'FAILED' : 'SUCCESS',
      identity_result_skip_url: SKIP_URL,
      merchant_identity_id: `V1_${createHash('sha256').update(`${appId} ${payer}`).digest('hex').slice(0, 32)}`,
      [idName]: params.get(idName) ?? (idName === 'open_id' ? ids.openId : ids.userId),
      token_status: 'FINISH',
    },
    forged: isUnconfirmed ? 'SUCCESS' : 'FAILED',
  };
};
