/**
 * Alipay's OpenAPI, third protocol: https://opendocs.alipay.com/open-v3/054oog. It signs what is on the wire: the
 * Authorization as it was sent, the raw request target, the body.
 */
import { createHash, type KeyObject, randomBytes } from 'node:crypto';
import type { Fields } from './alipay-pages.ts';
import { type EmulatorHandler, type EmulatorReply, type EmulatorRequest, transportFault } from './emulator.ts';
import { idsOf, readTestCode, type TestCodeKind } from './test-codes.ts';

export interface AlipayApp {
  readonly appId: string;
  /** The application's; as PEM or parsed. */
  readonly publicKey: KeyObject | string;
  /** What the application is told of payers: old ones a user_id, new ones an open_id. */
  readonly idKind?: 'userId' | 'openId';
  /** The only addresses that auth codes are sent to; any, when left out. */
  readonly returnUrls?: readonly string[];
  /** AES key: 16 bytes in base64. */
  readonly encryptKey?: string;
  /** Whether the application is in a group, whose members share union_ids. */
  readonly unionId?: boolean;
  /** The serial numbers that the application has to send, because it signs with a certificate. */
  readonly certs?: { readonly appCertSn: string; readonly alipayRootCertSn: string };
}

/** What both protocols are built with. */
export interface AlipayDeps {
  readonly now: () => number;
  /** Set where Alipay signs with a certificate. */
  readonly alipayCertSn?: string | undefined;
  /** Whether errors are signed: published dumps of them have it both ways. */
  readonly signErrors: boolean;
  /** Whether signed errors of the first protocol name the certificate; the SDKs expect that some do not. */
  readonly nameCertInErrors: boolean;
  /** Of the replies of the first protocol. */
  readonly charset: 'utf-8' | 'GBK';
  appOf(appId: string | undefined): AlipayApp | undefined;
  verify(app: AlipayApp, text: string, signature: string): boolean;
  /** Base64; of the kind badsign with a key that is not Alipay's. */
  sign(bytes: string | Buffer, kind?: TestCodeKind): string;
}

/** The errors of the gateway itself, open-v3/054fcv. The first protocol writes isv. before them, common/02km9f. */
export const gatewayErrors = {
  'missing-method': '缺少方法名参数',
  'missing-app-id': '缺少AppID参数',
  'missing-signature': '缺少签名参数',
  'missing-signature-type': '缺少签名类型参数',
  'missing-timestamp': '缺少时间戳参数',
  'missing-version': '缺少版本参数',
  'missing-app-cert-sn': '缺少应用公钥证书序列号',
  'missing-alipay-root-cert-sn': '缺少支付宝根证书序列号',
  'app-cert-not-exist': '应用公钥证书不存在',
  'invalid-alipay-root-cert-sn': '无效的支付宝根证书序列号',
  'invalid-app-id': '无效的AppID参数',
  'invalid-method': '不存在的方法名',
  'invalid-signature': '无效签名',
  'invalid-signature-type': '无效的签名类型',
  'invalid-timestamp': '非法的时间戳参数',
  'invalid-version': '无效的版本参数',
  'invalid-format': '无效的数据格式',
  'invalid-charset': '字符集错误',
  'invalid-parameter': '参数无效',
  'invalid-encrypt-type': '无效的加密类型',
  'decryption-error-not-valid-encrypt-key': '解密出错, 未配置加密密钥或加密密钥格式错误',
  'decryption-error-unknown': '解密出错, 未知错误',
} as const;
export type GatewayError = keyof typeof gatewayErrors;

/** How far a timestamp may be off, either way. */
export const WINDOW_MS = 10 * 60_000;
export const traceId = () => randomBytes(15).toString('hex');
/** Where an error is explained. Production links to it, Alipay's own sandbox does not. */
export const explanation = (trace: string) => `https://open.alipay.com/api/errCheck?traceId=${trace}&source=openapi`;

export const certFault = ({ certs }: AlipayApp, appCertSn?: string, rootCertSn?: string): GatewayError | undefined => {
  if (!certs) return undefined;
  if (!appCertSn) return 'missing-app-cert-sn';
  if (appCertSn !== certs.appCertSn) return 'app-cert-not-exist';
  if (!rootCertSn) return 'missing-alipay-root-cert-sn';
  return rootCertSn === certs.alipayRootCertSn ? undefined : 'invalid-alipay-root-cert-sn';
};

/** All that the published models list; what the real messages say is not published. */
const businessErrors = [
  'USER_NOT_AUTHORIZE TOKEN_INVALID NOT_OPEN_ZM USER_NOT_OPEN_JOBWORTH INVALID_PARAMETER JOB_WORTH_BLACK_LIST',
  'SYSTEM_ERROR MERCHANT_INTERCEPT RISK_INTERCEPT OPEN_ZM_ACCOUNT_INTERCEPT CARD_NO_NOT_MATCH MOBILE_NO_NOT_MATCH',
  'USER_NAME_NOT_MATCH WRONG_OUT_AGREEMENT_NO_INTERCEPT TOKEN_NOT_MATCH_IDENTITY_TYPE PARAM_ERROR',
].flatMap((line) => line.split(' '));

const JOBWORTH = 'GET /v3/zhima/customer/jobworth/authentication';
const REQUIRED = ['conn_key', 'once_token', 'identity_type', 'service_id'];
const SCHEME = 'ALIPAY-SHA256withRSA ';
/** How many queries of `test_ok_waiting` are answered before the result is there. */
const WAITING_QUERIES = 2;

export const createV3 = (deps: AlipayDeps): EmulatorHandler => {
  const { now, alipayCertSn, appOf, verify, sign } = deps;
  const queries = new Map<string, number>();

  const reply = (status: number, body: string | Buffer): EmulatorReply => ({
    status,
    headers: { 'content-type': 'application/json;charset=UTF-8', 'alipay-trace-id': traceId() },
    body,
  });
  /** Signs the bytes that go out, whatever a fault has made of them. */
  const signed = ({ status, headers, body }: EmulatorReply, kind: TestCodeKind = 'ok'): EmulatorReply => {
    const timestamp = String(now());
    const nonce = randomBytes(16).toString('hex');
    const bytes = Buffer.concat([Buffer.from(`${timestamp}\n${nonce}\n`), Buffer.from(body), Buffer.from('\n')]);
    return {
      status,
      headers: {
        ...headers,
        'alipay-timestamp': timestamp,
        'alipay-nonce': nonce,
        ...(kind === 'nosign' ? {} : { 'alipay-signature': sign(bytes, kind) }),
        ...(alipayCertSn ? { 'alipay-sn': alipayCertSn } : {}),
      },
      body,
    };
  };
  const signedError = (error: EmulatorReply) => (deps.signErrors ? signed(error) : error);
  const errorReply = (code: string, message: string) => {
    const links = [{ link: explanation(traceId()), desc: '解决方案' }];
    return reply(400, JSON.stringify({ code, links, message }));
  };
  /** An application that is not known has no key pair, so its error is not signed: the real gateway does the same. */
  const gatewayError = (code: GatewayError, app?: AlipayApp) => {
    const error = errorReply(code, gatewayErrors[code]);
    return app ? signedError(error) : error;
  };
  const businessError = (code: string) => signedError(errorReply(code, '业务处理失败'));

  const requestFault = (
    { method, rawUrl, headers, body }: EmulatorRequest,
    app: AlipayApp,
    { authString, fields, signature }: Authorization,
  ): GatewayError | undefined => {
    const appAuthToken = headers['alipay-app-auth-token'];
    const text = `${authString}\n${method}\n${rawUrl}\n${body}\n${appAuthToken ? `${appAuthToken}\n` : ''}`;
    if (!verify(app, text, signature)) return 'invalid-signature';
    if (!fields.has('timestamp')) return 'missing-timestamp';
    if (!fields.has('nonce')) return 'invalid-parameter';
    const driftMs = Math.abs(Number(fields.get('timestamp')) - now());
    if (!(driftMs <= WINDOW_MS)) return 'invalid-timestamp';
    return certFault(app, fields.get('app_cert_sn'), headers['alipay-root-cert-sn']?.toString());
  };

  const jobworth = ({ url, rawUrl }: EmulatorRequest, app: AlipayApp): ReturnType<EmulatorHandler> => {
    const params = new Map([...url.searchParams].filter(([, value]) => value !== ''));
    const hasPayer =
      params.has('user_id') || params.has('open_id') || (params.has('cert_no') && params.has('cert_type'));
    const isComplete = REQUIRED.every((name) => params.has(name)) && hasPayer;
    if (!isComplete || !/^(exact|dim)$/.test(params.get('query_type') ?? '')) return businessError('INVALID_PARAMETER');

    const token = params.get('once_token') ?? '';
    const { kind, payer } = readTestCode(token);
    const asked = queries.get(token) ?? 0;
    const waiting = payer === 'waiting' ? WAITING_QUERIES : 0;
    if (kind === 'invalid' || kind === 'used' || kind === 'expired' || (kind === 'ok' && asked > waiting))
      return businessError('TOKEN_INVALID');
    const error = /^error-(.*)$/.exec(payer)?.[1];
    if (error !== undefined) return businessError(businessErrors.includes(error) ? error : 'PARAM_ERROR');
    queries.set(token, asked + 1);

    const skip = 'alipays://platformapi/startapp?appId=2021000000000000&page=pages%2Fresult%2Findex';
    const pending: Fields = { identity_result: 'WAITING_VERIFY', identity_result_skip_url: skip };
    if (asked < waiting) return signed(reply(200, JSON.stringify(pending)), kind);
    const idName = params.has('open_id') || (!params.has('user_id') && app.idKind === 'openId') ? 'open_id' : 'user_id';
    const ids = idsOf(payer);
    const answer: Fields = {
      identity_result: payer === 'untrusted' ? 'FAILED' : 'SUCCESS',
      identity_result_skip_url: skip,
      merchant_identity_id: `V1_${createHash('sha256').update(`${app.appId} ${payer}`).digest('hex').slice(0, 32)}`,
      [idName]: params.get(idName) ?? (idName === 'open_id' ? ids.openId : ids.userId),
      token_status: 'FINISH',
    };
    const forged = payer === 'untrusted' ? 'SUCCESS' : 'FAILED';
    const success = () => {
      const text = JSON.stringify(answer);
      return reply(200, kind === 'twice' ? text.replace(/\}$/, `,"identity_result":"${forged}"}`) : text);
    };
    const answered = transportFault(kind, rawUrl, success) ?? success();
    const isJson = typeof answered === 'object' && answered.headers?.['content-type']?.startsWith('application/json');
    return isJson ? signed(answered, kind) : answered;
  };

  return (request) => {
    const authorization = readAuthorization(request.headers.authorization ?? '');
    if (!authorization) return gatewayError('missing-timestamp');
    const app = appOf(authorization.fields.get('app_id'));
    if (!app) return gatewayError(authorization.fields.has('app_id') ? 'invalid-app-id' : 'missing-app-id');
    const fault = requestFault(request, app, authorization);
    if (fault) return gatewayError(fault, app);
    const route = `${request.method} ${request.url.pathname}`;
    return route === JOBWORTH ? jobworth(request, app) : gatewayError('invalid-method', app);
  };
};

interface Authorization {
  /** All before `,sign=`, as it was sent: fields come in any order, and there may be more of them than we know. */
  readonly authString: string;
  readonly fields: ReadonlyMap<string, string>;
  readonly signature: string;
}

const readAuthorization = (header: string): Authorization | undefined => {
  const end = header.lastIndexOf(',sign=');
  if (!header.startsWith(SCHEME) || end < 0) return undefined;
  const authString = header.slice(SCHEME.length, end);
  const pairs = authString.split(',').map((pair): [string, string] => {
    const at = pair.indexOf('=');
    return [pair.slice(0, at), pair.slice(at + 1)];
  });
  return { authString, fields: new Map(pairs), signature: header.slice(end + ',sign='.length) };
};
