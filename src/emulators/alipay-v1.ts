/**
 * Alipay's OpenAPI gateway, first protocol: https://opendocs.alipay.com/common/02kf5q. Everything is HTTP 200, and
 * JSON under a content type of HTML, as the real gateway has it.
 */
import { createCipheriv, createDecipheriv, createHash } from 'node:crypto';
import { type Answer, type Certifications, errorPage, escapeHtml, type Fields } from './alipay-pages.ts';
import {
  type AlipayApp,
  type AlipayDeps,
  certFault,
  explanation,
  type GatewayError,
  gatewayErrors,
  traceId,
  WINDOW_MS,
} from './alipay-v3.ts';
import { type EmulatorHandler, type EmulatorReply, type EmulatorRequest, transportFault } from './emulator.ts';
import { encodeGbk } from './gbk.ts';
import { idsOf, readTestCode } from './test-codes.ts';

type Params = ReadonlyMap<string, string>;
type Fault = readonly [error: GatewayError, text?: string];
type Method = (params: Params, app: AlipayApp, biz: Fields) => Answer | EmulatorReply;

const OAUTH = 'alipay.system.oauth.token';
const CERTIFY = 'alipay.user.certify.open.certify';
const WRONG_KEY = '验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配，网关生成的验签字符串为：';
const NO_CHARSET = '验签出错，请确认charset参数放在了URL查询字符串中且各参数值使用charset参数指示的字符集编码';
const messages = {
  40001: 'Missing Required Arguments',
  40002: 'Invalid Arguments',
  40003: 'Insufficient Conditions',
} as const;

const digits = (text: string) => BigInt(`0x${createHash('sha256').update(text).digest('hex')}`).toString();
const beijing = (epochMs: number) => new Date(epochMs).toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' });

/** AES-128-CBC; the IV is sixteen zeros. https://opendocs.alipay.com/common/02mse3 */
const aes = ({ encryptKey = '' }: AlipayApp) => [Buffer.from(encryptKey, 'base64'), Buffer.alloc(16)] as const;
const encrypt = (app: AlipayApp, text: string) => {
  const cipher = createCipheriv('aes-128-cbc', ...aes(app));
  return Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]).toString('base64');
};
const decrypt = (app: AlipayApp, text: string) => {
  const decipher = createDecipheriv('aes-128-cbc', ...aes(app));
  return Buffer.concat([decipher.update(text, 'base64'), decipher.final()]).toString('utf8');
};

/** The parameters of query and body. Of two with one name the first counts, and an empty one is as good as none. */
const paramsOf = ({ url, headers, body }: EmulatorRequest): Params => {
  const isForm = headers['content-type']?.startsWith('application/x-www-form-urlencoded') ?? false;
  const pairs = [...url.searchParams, ...(isForm ? new URLSearchParams(body) : [])];
  return new Map(pairs.filter(([, value]) => value !== '').reverse());
};

const readBiz = (params: Params, app: AlipayApp): Fields | GatewayError => {
  let text = params.get('biz_content') ?? '{}';
  if (params.has('encrypt_type')) {
    if (params.get('encrypt_type') !== 'AES') return 'invalid-encrypt-type';
    if (!app.encryptKey) return 'decryption-error-not-valid-encrypt-key';
    // Assumed: no SDK can send encrypt_type without a biz_content, so what the real gateway says to it is not known.
    if (!params.has('biz_content')) return 'invalid-encrypt-type';
    try {
      text = decrypt(app, text);
    } catch {
      return 'decryption-error-unknown';
    }
  }
  try {
    const biz: unknown = JSON.parse(text);
    return typeof biz === 'object' && biz !== null ? (biz as Fields) : 'invalid-parameter';
  } catch {
    return 'invalid-parameter';
  }
};

const codeOf = (error: GatewayError): keyof typeof messages => {
  if (error.startsWith('decryption-')) return 40003;
  return error.startsWith('missing-') && !error.endsWith('cert-sn') ? 40001 : 40002;
};

export const createV1 = (deps: AlipayDeps, certifications: Certifications): EmulatorHandler => {
  const { now, alipayCertSn, signErrors, nameCertInErrors, charset, appOf, verify, sign } = deps;
  const usedCodes = new Set<string>();

  /** https://opendocs.alipay.com/open/02xtla. The parameters are not in a biz_content; a success has no code. */
  const oauthToken: Method = (params, { idKind, unionId }) => {
    const invalid = (sub_code: string, sub_msg: string): Answer => ({
      node: { code: '40002', msg: messages[40002], sub_code, sub_msg },
      isError: true,
    });
    if (params.get('grant_type') !== 'authorization_code')
      return invalid('isv.grant-type-invalid', 'grant_type参数不正确');
    const code = params.get('code') ?? '';
    const { kind, payer } = readTestCode(code);
    if (kind === 'invalid' || kind === 'used' || kind === 'expired' || (kind === 'ok' && usedCodes.has(code)))
      return invalid('isv.code-invalid', '授权码code无效');
    usedCodes.add(code);
    const ids = idsOf(payer);
    const node: Fields = {
      access_token: ids.accessToken,
      // Deprecated; 32 digits that begin like a user_id and are none.
      alipay_user_id: idKind === 'openId' ? undefined : `2088${digits(`alipay ${payer}`).slice(0, 28)}`,
      auth_start: beijing(now()),
      expires_in: 1_296_000,
      re_expires_in: 2_592_000,
      // Real ones hold no slash. This one does, so that a success too has a \/ in it.
      refresh_token: `authusrB/${digits(`refresh ${payer}`).slice(0, 32)}`,
      ...(idKind === 'openId' ? { open_id: ids.openId } : { user_id: ids.userId }),
      union_id: unionId ? createHash('sha256').update(`union ${payer}`).digest('base64url') : undefined,
    };
    const forged = idKind === 'openId' ? { open_id: idsOf('forger').openId } : { user_id: '2088000000000000' };
    return { node, kind, forged };
  };

  const methods = new Map<string, Method>([
    [OAUTH, oauthToken],
    ['alipay.user.certify.open.initialize', (_, { appId }, biz) => certifications.initialize(appId, biz)],
    ['alipay.user.certify.open.query', (_, { appId }, biz) => certifications.query(appId, biz)],
    [CERTIFY, (params, { appId }, biz) => certifications.page(appId, biz, params.get('return_url') ?? '')],
  ]);

  const signFault = (params: Params, query: URLSearchParams, app: AlipayApp): Fault | undefined => {
    if (!params.has('sign_type')) return ['missing-signature-type'];
    if (params.get('sign_type') !== 'RSA2') return ['invalid-signature-type'];
    if (!params.has('sign')) return ['missing-signature'];
    if (!query.get('charset')) return ['invalid-signature', NO_CHARSET];
    if (query.get('charset')?.toLowerCase() !== 'utf-8') return ['invalid-charset'];
    const cert = certFault(app, params.get('app_cert_sn'), params.get('alipay_root_cert_sn'));
    if (cert) return [cert];
    const names = [...params.keys()].filter((name) => name !== 'sign').sort();
    const text = names.map((name) => `${name}=${params.get(name)}`).join('&');
    return verify(app, text, params.get('sign') ?? '') ? undefined : ['invalid-signature', WRONG_KEY + text];
  };

  const otherFault = (params: Params): Fault | undefined => {
    const timestamp = params.get('timestamp');
    if (!timestamp) return ['missing-timestamp'];
    const isWritten = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(timestamp);
    const driftMs = Math.abs(Date.parse(`${timestamp.replace(' ', 'T')}+08:00`) - now());
    if (!isWritten || !(driftMs <= WINDOW_MS)) return ['invalid-timestamp'];
    if (!params.has('version')) return ['missing-version'];
    if (params.get('version') !== '1.0') return ['invalid-version'];
    return (params.get('format') ?? 'json').toLowerCase() === 'json' ? undefined : ['invalid-format'];
  };

  /** Writes the node, and signs it as it is written. Errors are not encrypted. */
  const envelope = (root: string, answer: Answer, app: AlipayApp | undefined, isEncrypted: boolean): EmulatorReply => {
    const { node, kind = 'ok', forged = {}, isError = false } = answer;
    const write = (fields: Fields) => {
      const text = JSON.stringify(fields).replaceAll('/', '\\/');
      return isEncrypted && !isError && app ? JSON.stringify(encrypt(app, text)) : text;
    };
    const written = write(node);
    const isSigned = app && kind !== 'nosign' && (!isError || signErrors);
    const isCertNamed = isSigned && alipayCertSn && (!isError || nameCertInErrors);
    // What is signed are the bytes that go out.
    const encode = (text: string) => (charset === 'GBK' ? encodeGbk(text) : Buffer.from(text));
    const members = [
      `${JSON.stringify(root)}:${written}`,
      ...(isCertNamed ? [`"alipay_cert_sn":"${alipayCertSn}"`] : []),
      ...(isSigned ? [`"sign":"${sign(encode(written), kind)}"`] : []),
      ...(kind === 'twice' ? [`${JSON.stringify(root)}:${write({ ...node, ...forged })}`] : []),
    ];
    const headers = { 'content-type': `text/html;charset=${charset}`, trace_id: traceId() };
    return { status: 200, headers, body: encode(`{${members.join(',')}}`) };
  };

  return (request) => {
    const params = paramsOf(request);
    const method = params.get('method') ?? '';
    const app = appOf(params.get('app_id'));
    const isLegacy = method === '' || method === OAUTH;
    const root = `${method.replaceAll('.', '_')}_response`;

    const fail = ([error, text]: Fault): EmulatorReply => {
      if (method === CERTIFY) return errorPage(error, text ?? gatewayErrors[error]);
      const code = codeOf(error);
      const sub_msg = text ? escapeHtml(text) : `${gatewayErrors[error]}，解决方案：${explanation(traceId())}`;
      const node = { code: String(code), msg: messages[code], sub_code: `isv.${error}`, sub_msg };
      return envelope(isLegacy ? 'error_response' : root, { node, isError: true }, app, false);
    };

    const call = methods.get(method);
    // The real gateway looks for the application first, and signs nothing for one that it does not know.
    if (!app) return fail([params.has('app_id') ? 'invalid-app-id' : 'missing-app-id']);
    if (!method) return fail(['missing-method']);
    const fault = signFault(params, request.url.searchParams, app) ?? otherFault(params);
    if (fault || !call) return fail(fault ?? ['invalid-method']);
    const biz = readBiz(params, app);
    if (typeof biz === 'string') return fail([biz]);
    const answer = call(params, app, biz);
    if ('body' in answer) return answer;
    const answerRoot = answer.isError && isLegacy ? 'error_response' : root;
    const success = () => envelope(answerRoot, answer, app, params.has('encrypt_type'));
    return transportFault(answer.kind ?? 'ok', request.rawUrl, success) ?? success();
  };
};
