/**
 * What a payer meets at Alipay: the page that hands out auth codes, and the certification that ends with a choice.
 * The wording of the error page is the gateway's; there it is in GBK. Nobody publishes what the others look like.
 */
import { randomBytes } from 'node:crypto';
import { choicePage } from './choice-page.ts';
import type { EmulatorReply } from './emulator.ts';
import { readTestCode, type TestCodeKind } from './test-codes.ts';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };
export type Fields = Readonly<Record<string, Json | undefined>>;

/** What a method answers: a node, the fault it is delivered with, and what a forger would have it say. */
export interface Answer {
  readonly node: Fields;
  readonly kind?: TestCodeKind;
  readonly forged?: Fields;
  readonly isError?: boolean;
}

const succeed = (fields: Fields, kind: TestCodeKind, forged: Fields): Answer => ({
  node: { code: '10000', msg: 'Success', ...fields },
  kind,
  forged,
});

/** Those of the published errors that have a cause here; the texts of the first two are real. */
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

const DEMO_PAYERS = { alice: '小艾', bob: '小博', carol: '小卡' };
const HOUR_MS = 3_600_000;
/** A certification can be begun for 23 hours and queried for three months. developer.aliyun.com/ask/285734 */
const CERTIFIABLE_MS = 23 * HOUR_MS;
const QUERYABLE_MS = 90 * 24 * HOUR_MS;

const BIZ_CODE = /^(FACE|CERT_PHOTO|CERT_PHOTO_FACE|SMART_FACE)$/;
const IDENTITY_TYPE = /^(CERT_INFO|AGENT_CERT_INFO)$/;
const CERT_TYPE =
  /^(IDENTITY_CARD|(HOME_VISIT|RESIDENCE)_PERMIT_HK_MC|(HOME_VISIT|RESIDENCE)_PERMIT_TAIWAN|PERMANENT_RESIDENCE_FOREIGNER)$/;

const entities: Readonly<Record<string, string>> = { '&': '&amp;', '"': '&quot;', '<': '&lt;', '>': '&gt;' };
export const escapeHtml = (text: string) => text.replace(/[&"<>]/g, (character) => entities[character] ?? '');

const style =
  'body{max-width:22rem;margin:4rem auto;padding:0 1rem;font:1.1rem/1.6 system-ui,sans-serif}h1{font-size:1.3rem}';

const page = (title: string, text: string, links: readonly (readonly [label: string, href: string])[] = []) => ({
  status: 200,
  headers: {
    'content-type': 'text/html;charset=utf-8',
    'cache-control': 'no-store',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'referrer-policy': 'no-referrer',
  },
  body: [
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title><style>${style}</style>`,
    `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(text)}</p>`,
    ...links.map(([label, href]) => `<p><a href="${escapeHtml(href)}">${escapeHtml(label)}</a></p>`),
    '</html>',
  ].join('\n'),
});

/** What a browser gets where a program would get an error. */
export const errorPage = (code: string, reason: string): EmulatorReply =>
  page('调试错误，请回到请求来源地，重新发起请求。', `错误代码 ${code} 错误原因: ${reason}`);

const redirect = (location: string): EmulatorReply => ({
  status: 302,
  headers: { location, 'cache-control': 'no-store' },
  body: '',
});
const isWebUrl = (text: string) => URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);

interface Authorizing {
  readonly appId: string;
  readonly returnUrls?: readonly string[];
}

/** https://openauth.alipay.com/oauth2/publicAppAuthorize.htm; a refusal comes back without an auth code. */
export const authorizePage = (app: Authorizing | undefined, params: URLSearchParams): EmulatorReply => {
  const redirectUri = params.get('redirect_uri') ?? '';
  const scope = params.get('scope') ?? '';
  const state = params.get('state');
  if (!app) return errorPage('invalid-app-id', '无效的AppID参数');
  if (!isWebUrl(redirectUri) || app.returnUrls?.includes(redirectUri) === false)
    return errorPage('invalid-redirect-uri', '授权回调地址与应用的配置不一致');
  if (!scope.split(',').every((part) => part === 'auth_base' || part === 'auth_user'))
    return errorPage('invalid-scope', '无效的scope参数');
  if (state !== null && state.length > 100) return errorPage('invalid-state', '无效的state参数');

  const back = (authCode: string | undefined) => {
    const url = new URL(redirectUri);
    const answer = { app_id: app.appId, source: 'alipay_wallet', scope, state, auth_code: authCode };
    for (const [name, value] of Object.entries(answer)) if (value != null) url.searchParams.set(name, value);
    return url.href;
  };
  const choices = Object.entries(DEMO_PAYERS).map(([payer, label]) => ({
    label,
    href: back(`test_ok_${payer}~${randomBytes(8).toString('hex')}`),
  }));
  return choicePage({
    title: '支付宝授权',
    merchant: `应用 ${app.appId}`,
    choices: [...choices, { label: '拒绝', href: back(undefined) }],
  });
};

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

/** The kind of a test code; any other text is as good as `test_ok_…`. */
const kindOf = (text: string): TestCodeKind => {
  const { kind, payer } = readTestCode(text);
  return payer === text ? 'ok' : kind;
};
const textOf = (fields: Fields, name: string): string => {
  const value = fields[name];
  return typeof value === 'string' ? value : '';
};
const fieldsOf = (fields: Fields, name: string): Fields => {
  const value = fields[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
};

/** The certifications under way. Test codes work as cert_name, and as certify_id in place of a real one. */
export const createCertifications = ({ now, passedAsList }: CertificationOptions) => {
  const known = new Map<string, Certification>();
  const orderNos = new Set<string>();

  const find = (appId: string, certifyId: string, limitMs: number): Certification | Refusal => {
    const certification = known.get(certifyId);
    if (certification?.appId !== appId) return 'OPEN_CERTIFY_BILL_NOT_EXIST';
    return now() - certification.createdAt > limitMs ? 'CERTIFY_ID_EXPIRED' : certification;
  };
  const passedNode = (passed: boolean, kind: TestCodeKind = 'ok'): Answer => {
    const write = (letter: 'T' | 'F') => (passedAsList ? [letter] : letter);
    const node = { passed: write(passed ? 'T' : 'F'), identity_info: '', material_info: '' };
    return succeed(node, kind, { passed: write(passed ? 'F' : 'T') });
  };

  return {
    /** https://opendocs.alipay.com/open/02ahjy */
    initialize(appId: string, biz: Fields): Answer {
      const identity = fieldsOf(biz, 'identity_param');
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
      const returnUrl = textOf(fieldsOf(biz, 'merchant_config'), 'return_url');
      known.set(certifyId, { appId, createdAt: now(), returnUrl, passed: false });
      return succeed({ certify_id: certifyId }, kind, { certify_id: 'f'.repeat(32) });
    },

    query(appId: string, biz: Fields): Answer {
      const certifyId = textOf(biz, 'certify_id');
      const { kind, payer } = readTestCode(certifyId);
      if (certifyId === '') return refuse('ILLEGAL_ARGUMENT_FORMAT');
      if (kind === 'used') return refuse('OPEN_CERTIFY_BILL_STATUS_ERROR');
      if (kind === 'expired') return refuse('CERTIFY_ID_EXPIRED');
      if (kind !== 'invalid') return passedNode(payer !== 'failed', kind);
      const found = find(appId, certifyId, QUERYABLE_MS);
      return typeof found === 'string' ? refuse(found) : passedNode(found.passed);
    },

    /** Where the payer certifies. The return_url of the request outranks the one of initialize. */
    page(appId: string, biz: Fields, returnUrl: string): EmulatorReply {
      const certifyId = textOf(biz, 'certify_id');
      const found = find(appId, certifyId, CERTIFIABLE_MS);
      if (typeof found === 'string') return errorPage(found, refusals[found]);
      if (returnUrl !== '') found.returnUrl = returnUrl;
      const choice = (passed: 'T' | 'F') => `/certify?${new URLSearchParams({ certify_id: certifyId, passed })}`;
      return page('支付宝身份验证', `应用 ${appId} 请求验证您的身份。`, [
        ['通过', choice('T')],
        ['不通过', choice('F')],
      ]);
    },

    /** Keeps the payer's choice; whoever has passed stays so. */
    choose(params: URLSearchParams): EmulatorReply {
      const certification = known.get(params.get('certify_id') ?? '');
      if (!certification) return errorPage('OPEN_CERTIFY_BILL_NOT_EXIST', refusals.OPEN_CERTIFY_BILL_NOT_EXIST);
      certification.passed ||= params.get('passed') === 'T';
      const { returnUrl } = certification;
      if (isWebUrl(returnUrl)) return redirect(new URL(returnUrl).href);
      return page('支付宝身份验证', '已完成，请返回商户页面。');
    },
  };
};

export type Certifications = ReturnType<typeof createCertifications>;
