/**
 * JuCai's auth2OpenId as its published page shows it, and UnionPay's page where a payer obtains a code for it.
 * https://www.showdoc.com.cn/jucaishangfu/10059757329274989
 *
 * The signature is written anew from Jeepay's JeepayKit.java and shares no code with our source, so that one mistake
 * cannot hide in both. The codes are those of JuCai's table (…/9966099368299628), which has none for auth codes and
 * order numbers: every returnCode but 000000 is the emulator's own.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import { choicePage } from './choice-page.ts';
import {
  type Emulator,
  type EmulatorAnswer,
  type EmulatorReply,
  type EmulatorRequest,
  type Fields,
  fieldsOf,
  json,
  route,
  startEmulator,
  transportFault,
} from './emulator.ts';
import { isWebUrl, languageOf } from './html.ts';
import { createTestCodes, idsOf, type TestCode, type TestCodeKind } from './test-codes.ts';

export interface JucaiMerchant {
  readonly mchNo: string;
  readonly appId: string;
  readonly secret: string;
  readonly digest?: 'md5' | 'hmac_sha256';
  readonly letterCase?: 'lower' | 'upper';
  readonly keyParameter?: string;
  readonly replyScope?: 'data' | 'envelope';
  /** The field of UnionPay's user id, which no page of JuCai documents. */
  readonly unionpayIdIn?: 'openid' | 'subOpenid' | 'both';
  /** The merchant's acquirer looks up no ids, and the success has no data. */
  readonly withoutLookup?: boolean;
  /** The authorization of the merchant has ended. */
  readonly expired?: boolean;
  /** Changes to the data of a success, before it is signed. */
  readonly data?: Fields;
}

interface JucaiOptions {
  readonly merchants: readonly JucaiMerchant[];
  readonly port?: number;
}

/** The emulator's own codes for auth codes, as a source's `refusals` names them. */
export const jucaiRefusals = {
  '200.100001': 'AUTH_CODE_INVALID',
  '200.100002': 'AUTH_CODE_USED',
  '200.100003': 'AUTH_CODE_EXPIRED',
} as const;

const refusals = new Map<TestCodeKind, readonly [returnCode: string, returnMsg: string]>([
  ['invalid', ['100001', '授权码无效']],
  ['used', ['100002', '授权码已使用']],
  ['expired', ['100003', '授权码已过期']],
]);

const AUTH_TO_OPEN_ID = '/pay/api/1.0/auth2OpenId';
const REQUIRED = ['sign', 'termId', 'mchNo', 'appId', 'mchOrderNo', 'wayCode', 'authCode', 'clientIp'];

const signOf = (fields: Fields, { secret, digest, letterCase, keyParameter = 'key' }: JucaiMerchant): string => {
  const keys = Object.keys(fields).filter((key) => key !== 'sign' && (fields[key] ?? '') !== '');
  keys.sort((left, right) => left.localeCompare(right, 'en', { sensitivity: 'accent' }));
  let text = '';
  for (const key of keys) {
    const value = fields[key];
    text += `${key}=${typeof value === 'object' ? JSON.stringify(value) : value}&`;
  }
  text += `${keyParameter}=${secret}`;
  const hash = digest === 'hmac_sha256' ? createHmac('sha256', secret) : createHash('md5');
  const hex = hash.update(text, 'utf8').digest('hex');
  return letterCase === 'upper' ? hex.toUpperCase() : hex;
};

const formatFault = (fields: Fields): string | undefined => {
  const missing = REQUIRED.find((field) => typeof fields[field] !== 'string' || fields[field] === '');
  if (missing) return `${missing}不能为空`;
  if ((fields.version ?? '1.0') !== '1.0') return 'version不正确';
  if (!/^[A-Za-z0-9_]{5,30}$/.test(String(fields.mchOrderNo))) return 'mchOrderNo格式不正确';
  if (isIP(String(fields.clientIp)) === 0) return 'clientIp格式不正确';
  return fields.wayCode === 'WECHAT' || fields.wayCode === 'UNIONPAY' ? undefined : 'wayCode不支持';
};

/** Jeepay signs no reply without data. */
const failure = (code: number, msg: string) => json({ code, msg, data: null, sign: null });

/** The ids of a payer, in the fields of the reply. */
const idFields = (payer: string, { wayCode, subAppid }: Fields, { unionpayIdIn = 'openid' }: JucaiMerchant) => {
  if (wayCode === 'UNIONPAY') {
    const userId = createHash('sha256').update(`UnionPay ${payer}`).digest('base64url').slice(0, 32);
    const [openid, subOpenid] = { openid: [userId, ''], subOpenid: ['', userId], both: [userId, userId] }[unionpayIdIn];
    return { appid: null, openid, subAppid: '', subOpenid };
  }
  const sub = typeof subAppid === 'string' ? subAppid : '';
  const subOpenid = sub && idsOf(`${payer} ${sub}`).openid;
  return { appid: 'wxfa00000000000000', openid: idsOf(payer).openid, subAppid: sub, subOpenid };
};

const envelope = (merchant: JucaiMerchant, data: Fields): EmulatorReply => {
  const fields = { code: 200, msg: '成功', data };
  const sign = signOf(merchant.replyScope === 'envelope' ? fields : data, merchant);
  return json({ ...fields, sign });
};

interface Server {
  readonly merchants: readonly JucaiMerchant[];
  /** Reads a code and uses it up. */
  readonly spend: (code: string) => TestCode;
  /** Of all merchants; they never expire. */
  readonly usedOrderNos: Set<unknown>;
}

export const startJucai = ({ merchants, port }: JucaiOptions): Promise<Emulator> => {
  const server: Server = { merchants, spend: createTestCodes(), usedOrderNos: new Set() };
  const handle = route(
    {
      [`POST ${AUTH_TO_OPEN_ID}`]: (request) => auth(server, request),
      'GET /qrcGtwWeb-web/api/userAuth': userAuth,
    },
    ({ url }) => (url.pathname === AUTH_TO_OPEN_ID ? failure(405, '不允许的http方法') : failure(404, '请求路径不存在')),
  );
  return startEmulator(handle, port);
};

const auth = ({ merchants, spend, usedOrderNos }: Server, { headers, body }: EmulatorRequest): EmulatorAnswer => {
  if (!headers['content-type']?.startsWith('application/json')) return failure(415, '不支持的请求数据类型');
  const fields = fieldsOf(JSON.parse(body));
  const fault = formatFault(fields);
  if (fault) return failure(400, fault);
  const merchant = merchants.find(({ mchNo, appId }) => mchNo === fields.mchNo && appId === fields.appId);
  if (!merchant) return failure(401, '未授权');
  if (merchant.expired) return failure(403, '访问受限，授权过期');
  // Jeepay compares without regard to case.
  if (String(fields.sign).toLowerCase() !== signOf(fields, merchant).toLowerCase()) return failure(401, '未授权');
  if (merchant.withoutLookup) return failure(200, '成功');
  if (usedOrderNos.has(fields.mchOrderNo)) return failure(400, '商户订单号重复');
  usedOrderNos.add(fields.mchOrderNo);
  return answer(spend(String(fields.authCode)), fields, merchant);
};

/** The answer to a valid request: the payer's ids, the refusal of the code, or a fault. */
const answer = ({ kind, payer }: TestCode, fields: Fields, merchant: JucaiMerchant): EmulatorAnswer => {
  const common = {
    termId: null,
    randomStr: randomBytes(16).toString('hex').toUpperCase(),
    orgId: 'ISV_I232767463',
    mchNo: merchant.mchNo,
    mchOrderNo: null,
  };
  const refusal = refusals.get(kind);
  if (refusal) {
    const [returnCode, returnMsg] = refusal;
    return envelope(merchant, { returnCode, returnMsg, ...common });
  }
  const ids = idFields(payer, fields, merchant);
  const data = { returnCode: '000000', returnMsg: 'SUCCESS', ...common, ...ids, ...merchant.data };
  const success = () => {
    if (kind === 'nosign') return json({ code: 200, msg: '成功', data, sign: null });
    return envelope(kind === 'badsign' ? { ...merchant, secret: `not ${merchant.secret}` } : merchant, data);
  };
  const fault = transportFault(kind, AUTH_TO_OPEN_ID, success);
  if (fault || kind !== 'twice') return fault ?? success();
  const forged = `"data":${JSON.stringify({ ...data, openid: 'oEvil' })}`;
  return { ...success(), body: String(success().body).replace(/\}$/, `,${forged}}`) };
};

/** https://qr.95516.com/qrcGtwWeb-web/api/userAuth; respCode 34 for a payer who refuses. */
const userAuth = (request: EmulatorRequest): EmulatorReply => {
  const params = request.url.searchParams;
  const redirectUrl = params.get('redirectUrl') ?? '';
  if (params.get('version') !== '1.0.0' || !isWebUrl(redirectUrl))
    return { status: 400, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: '参数错误' };
  const hrefFor = (userAuthCode: string | undefined): string => {
    const target = new URL(redirectUrl);
    const result = new URLSearchParams(userAuthCode ? { userAuthCode, respCode: '00' } : { respCode: '34' });
    target.search += `${target.search ? '&' : '?'}${result}`;
    return target.href;
  };
  const title = { zh: '云闪付授权', en: 'UnionPay · 云闪付授权' };
  const merchant = new URL(redirectUrl).host;
  return choicePage({ brand: 'union', title, merchant, language: languageOf(request), hrefFor });
};
