/** The certifications at the emulated Alipay, from initialize to the payer's choice. */
import { randomBytes } from 'node:crypto';
import { type EmulatorReply, type Fields, fieldsOf } from '../emulator.ts';
import { certificationFaultChooser } from '../fault-chooser.ts';
import { isWebUrl, type Language, type Words } from '../html.ts';
import { delayMsOf, readTestCode, type TestCodeKind } from '../test-codes.ts';
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
  /** The fault that was chosen on the page: a query is answered as one of this test code. */
  fault?: string | undefined;
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

/** A test code chooses the outcome. */
const answerTo = (certifications: Certifications, code: string): Answer => {
  const { kind, payer } = readTestCode(code);
  if (kind === 'invalid') return refuse('OPEN_CERTIFY_BILL_NOT_EXIST');
  if (kind === 'used') return refuse('OPEN_CERTIFY_BILL_STATUS_ERROR');
  if (kind === 'expired') return refuse('CERTIFY_ID_EXPIRED');
  return { ...passedAnswer(certifications, payer !== 'failed', kind), delayMs: delayMsOf(code) };
};

/** A test code may stand in place of a certify_id. */
export const query = (certifications: Certifications, appId: string, biz: Fields): Answer => {
  const certifyId = textOf(biz, 'certify_id');
  if (certifyId === '') return refuse('ILLEGAL_ARGUMENT_FORMAT');
  if (readTestCode(certifyId).kind !== 'invalid') return answerTo(certifications, certifyId);
  const certification = find(certifications, appId, certifyId, QUERYABLE_MS);
  if (typeof certification === 'string') return refuse(certification);
  const { fault, passed } = certification;
  return fault === undefined ? passedAnswer(certifications, passed) : answerTo(certifications, fault);
};

const title: Words = { zh: '支付宝身份验证', en: 'Alipay · 支付宝身份验证' };
const passes: Words = { zh: '通过', en: 'Pass · 通过' };
const fails: Words = { zh: '不通过', en: 'Do not pass · 不通过' };
const done: Words = { zh: '已完成，请返回商户页面。', en: 'Done: go back to the page of the merchant.' };

interface Visit {
  readonly appId: string;
  /** Outranks that of initialize. */
  readonly returnUrl: string;
  readonly language: Language;
}

/** The page where the payer certifies. */
export const certifyPage = (
  certifications: Certifications,
  { appId, returnUrl, language }: Visit,
  biz: Fields,
): EmulatorReply => {
  const certifyId = textOf(biz, 'certify_id');
  const certification = find(certifications, appId, certifyId, CERTIFIABLE_MS);
  if (typeof certification === 'string') return errorPage(certification, refusals[certification]);
  if (returnUrl !== '') certification.returnUrl = returnUrl;
  const choice = (passed: 'T' | 'F') => `/certify?${new URLSearchParams({ certify_id: certifyId, passed })}`;
  const texts: Words = {
    zh: `示例商店（应用 ${appId}）请求验证您的身份。`,
    en: `Demo shop (app ${appId}) asks to certify your real name.`,
  };
  return textPage(title[language], texts[language], {
    language,
    links: [
      [passes[language], choice('T')],
      [fails[language], choice('F')],
    ],
    // Not as a test code, whose delay the page itself would have.
    end: certificationFaultChooser(language, ({ kind = 'ok', delaySeconds = 0 }) => ({
      action: '/certify',
      fields: Object.entries({ certify_id: certifyId, fault: kind, delay: String(delaySeconds) }),
    })),
  });
};

const faultOf = (params: URLSearchParams): string | undefined => {
  const kind = params.get('fault');
  const seconds = Number(params.get('delay'));
  return kind === null ? undefined : `test_${kind}_alice${seconds > 0 ? `_delay_${seconds}s` : ''}`;
};

/** Stores the payer's choice. A certification that has passed stays passed; a fault lasts until the next choice. */
export const choose = ({ byId }: Certifications, params: URLSearchParams, language: Language): EmulatorReply => {
  const certification = byId.get(params.get('certify_id') ?? '');
  if (!certification) return errorPage('OPEN_CERTIFY_BILL_NOT_EXIST', refusals.OPEN_CERTIFY_BILL_NOT_EXIST);
  certification.passed ||= params.get('passed') === 'T';
  certification.fault = faultOf(params);
  const { returnUrl } = certification;
  if (isWebUrl(returnUrl))
    return { status: 302, headers: { location: new URL(returnUrl).href, 'cache-control': 'no-store' }, body: '' };
  return textPage(title[language], done[language], { language });
};
