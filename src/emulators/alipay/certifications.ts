/** The certifications at the emulated Alipay, from initialize to the payer's choice. */
import { randomBytes } from 'node:crypto';
import { type EmulatorReply, type Fields, fieldsOf } from '../emulator.ts';
import { isWebUrl } from '../html.ts';
import { readTestCode, type TestCodeKind } from '../test-codes.ts';
import { type Answer, textOf } from './answer.ts';
import { errorPage, textPage } from './pages.ts';

const succeed = (fields: Fields, kind: TestCodeKind, forged: Fields): Answer => ({
  node: { code: '10000', msg: 'Success', ...fields },
  kind,
  forged,
});

/** The published errors that have a cause here; the texts of the first two are real. */
const refusals = {
  ILLEGAL_ARGUMENT_FORMAT: '参数异常',
  OPEN_CERTIFY_BILL_NOT_EXIST: '无效的certify_id',
  OPEN_CERTIFY_BILL_STATUS_ERROR: '认证单据状态异常',
  CERTIFY_ID_EXPIRED: 'certify_id已过期',
} as const;
type Refusal = keyof typeof refusals;
const refuse = (sub_code: Refusal): Answer => ({
  node: { code: '40004', msg: 'Business Failed', sub_code, sub_msg: refusals[sub_code] },
  isError: true,
});

const HOUR_MS = 3_600_000;
/** A certification can be begun for 23 hours and queried for three months. developer.aliyun.com/ask/285734 */
const CERTIFIABLE_MS = 23 * HOUR_MS;
const QUERYABLE_MS = 90 * 24 * HOUR_MS;

const BIZ_CODE = /^(FACE|CERT_PHOTO|CERT_PHOTO_FACE|SMART_FACE)$/;
const IDENTITY_TYPE = /^(CERT_INFO|AGENT_CERT_INFO)$/;
const CERT_TYPE =
  /^(IDENTITY_CARD|(HOME_VISIT|RESIDENCE)_PERMIT_HK_MC|(HOME_VISIT|RESIDENCE)_PERMIT_TAIWAN|PERMANENT_RESIDENCE_FOREIGNER)$/;

interface Certification {
  readonly appId: string;
  readonly createdAt: number;
  returnUrl: string;
  passed: boolean;
}

interface CertificationOptions {
  readonly now: () => number;
  /** One published sample has ["T"] where the others have "T". */
  readonly passedAsList?: boolean | undefined;
}

export interface Certifications extends CertificationOptions {
  readonly byId: Map<string, Certification>;
  readonly orderNos: Set<string>;
}

export const createCertifications = (options: CertificationOptions): Certifications => ({
  ...options,
  byId: new Map(),
  orderNos: new Set(),
});

/** The kind of a test code; any other text counts as `test_ok_…`. */
const kindOf = (text: string): TestCodeKind => {
  const { kind, payer } = readTestCode(text);
  return payer === text ? 'ok' : kind;
};

const find = (
  { byId, now }: Certifications,
  appId: string,
  certifyId: string,
  limitMs: number,
): Certification | Refusal => {
  const certification = byId.get(certifyId);
  if (certification?.appId !== appId) return 'OPEN_CERTIFY_BILL_NOT_EXIST';
  return now() - certification.createdAt > limitMs ? 'CERTIFY_ID_EXPIRED' : certification;
};

/** https://opendocs.alipay.com/open/02ahjy. A test code as cert_name chooses the outcome. */
export const initialize = ({ byId, orderNos, now }: Certifications, appId: string, biz: Fields): Answer => {
  const identity = fieldsOf(biz.identity_param);
  const certName = textOf(identity, 'cert_name');
  const orderNo = textOf(biz, 'outer_order_no');
  const kind = kindOf(certName);
  const isValid =
    /^[0-9A-Za-z]{1,32}$/.test(orderNo) &&
    BIZ_CODE.test(textOf(biz, 'biz_code')) &&
    IDENTITY_TYPE.test(textOf(identity, 'identity_type')) &&
    CERT_TYPE.test(textOf(identity, 'cert_type')) &&
    certName !== '' &&
    textOf(identity, 'cert_no') !== '' &&
    !orderNos.has(`${appId} ${orderNo}`);
  if (!isValid || certName === '拒绝' || ['invalid', 'used', 'expired'].includes(kind))
    return refuse('ILLEGAL_ARGUMENT_FORMAT');
  orderNos.add(`${appId} ${orderNo}`);
  const certifyId = randomBytes(16).toString('hex');
  const returnUrl = textOf(fieldsOf(biz.merchant_config), 'return_url');
  byId.set(certifyId, { appId, createdAt: now(), returnUrl, passed: false });
  return succeed({ certify_id: certifyId }, kind, { certify_id: 'f'.repeat(32) });
};

const passedAnswer = ({ passedAsList }: Certifications, passed: boolean, kind: TestCodeKind = 'ok'): Answer => {
  const write = (letter: 'T' | 'F') => (passedAsList ? [letter] : letter);
  const node = { passed: write(passed ? 'T' : 'F'), identity_info: '', material_info: '' };
  return succeed(node, kind, { passed: write(passed ? 'F' : 'T') });
};

/** A test code in place of a certify_id chooses the outcome. */
export const query = (certifications: Certifications, appId: string, biz: Fields): Answer => {
  const certifyId = textOf(biz, 'certify_id');
  const { kind, payer } = readTestCode(certifyId);
  if (certifyId === '') return refuse('ILLEGAL_ARGUMENT_FORMAT');
  if (kind === 'used') return refuse('OPEN_CERTIFY_BILL_STATUS_ERROR');
  if (kind === 'expired') return refuse('CERTIFY_ID_EXPIRED');
  if (kind !== 'invalid') return passedAnswer(certifications, payer !== 'failed', kind);
  const certification = find(certifications, appId, certifyId, QUERYABLE_MS);
  if (typeof certification === 'string') return refuse(certification);
  return passedAnswer(certifications, certification.passed);
};

/** The page where the payer certifies. The return_url of the request outranks that of initialize. */
export const certifyPage = (
  certifications: Certifications,
  appId: string,
  biz: Fields,
  returnUrl: string,
): EmulatorReply => {
  const certifyId = textOf(biz, 'certify_id');
  const certification = find(certifications, appId, certifyId, CERTIFIABLE_MS);
  if (typeof certification === 'string') return errorPage(certification, refusals[certification]);
  if (returnUrl !== '') certification.returnUrl = returnUrl;
  const choice = (passed: 'T' | 'F') => `/certify?${new URLSearchParams({ certify_id: certifyId, passed })}`;
  return textPage('支付宝身份验证', `应用 ${appId} 请求验证您的身份。 App ${appId} asks to certify your real name.`, [
    ['通过', choice('T')],
    ['不通过', choice('F')],
  ]);
};

/** Stores the payer's choice. A certification that has passed stays passed. */
export const choose = ({ byId }: Certifications, params: URLSearchParams): EmulatorReply => {
  const certification = byId.get(params.get('certify_id') ?? '');
  if (!certification) return errorPage('OPEN_CERTIFY_BILL_NOT_EXIST', refusals.OPEN_CERTIFY_BILL_NOT_EXIST);
  certification.passed ||= params.get('passed') === 'T';
  const { returnUrl } = certification;
  if (isWebUrl(returnUrl))
    return { status: 302, headers: { location: new URL(returnUrl).href, 'cache-control': 'no-store' }, body: '' };
  return textPage('支付宝身份验证', '已完成，请返回商户页面。 Done: go back to the page of the merchant.');
};
