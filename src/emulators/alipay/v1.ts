/**
 * Alipay's OpenAPI gateway, first protocol: https://opendocs.alipay.com/common/02kf5q. Every reply is HTTP 200, and
 * JSON under a content type of HTML, as at the real gateway.
 */
import { type EmulatorHandler, type EmulatorReply, type Fields, transportFault } from '../emulator.ts';
import { encodeGbk } from '../gbk.ts';
import { escapeHtml, type Language, languageOf } from '../html.ts';
import { createTestCodes } from '../test-codes.ts';
import type { Answer } from './answer.ts';
import { type AlipayApp, explanation, type Gateway, type GatewayError, gatewayErrors, traceId } from './app.ts';
import { type Certifications, certifyPage, initialize, query } from './certifications.ts';
import { oauthToken } from './oauth.ts';
import { errorPage } from './pages.ts';
import { encrypt, type Params, paramsOf, readBiz } from './parameters.ts';
import { type Fault, parameterFault, signFault } from './v1-faults.ts';

type Method = (params: Params, app: AlipayApp, biz: Fields, language: Language) => Answer | EmulatorReply;

const OAUTH = 'alipay.system.oauth.token';
const CERTIFY = 'alipay.user.certify.open.certify';
const messages = {
  40001: 'Missing Required Arguments',
  40002: 'Invalid Arguments',
  40003: 'Insufficient Conditions',
} as const;

export const createV1 = (gateway: Gateway, certifications: Certifications): EmulatorHandler => {
  const spend = createTestCodes();
  const methods = new Map<string, Method>([
    [OAUTH, (params, app) => oauthToken(spend, params, app, gateway.now())],
    ['alipay.user.certify.open.initialize', (_, { appId }, biz) => initialize(certifications, appId, biz)],
    ['alipay.user.certify.open.query', (_, { appId }, biz) => query(certifications, appId, biz)],
    [
      CERTIFY,
      (params, { appId }, biz, language) =>
        certifyPage(certifications, { appId, returnUrl: params.get('return_url') ?? '', language }, biz),
    ],
  ]);

  return (request) => {
    const params = paramsOf(request);
    const method = params.get('method') ?? '';
    const app = gateway.appOf(params.get('app_id'));
    const fail = (fault: Fault) => refuse(gateway, method, app, fault);
    const call = methods.get(method);
    // The real gateway looks for the application first, and signs nothing for an unknown one.
    if (!app) return fail([params.has('app_id') ? 'invalid-app-id' : 'missing-app-id']);
    if (!method) return fail(['missing-method']);
    const fault = signFault(gateway, params, request.url.searchParams, app) ?? parameterFault(params, gateway.now());
    if (fault || !call) return fail(fault ?? ['invalid-method']);
    const biz = readBiz(params, app);
    if (typeof biz === 'string') return fail([biz]);
    const answer = call(params, app, biz, languageOf(request));
    if ('body' in answer) return answer;
    const success = () =>
      envelope(gateway, rootOf(method, answer), answer, { app, isEncrypted: params.has('encrypt_type') });
    const reply = transportFault(answer.kind ?? 'ok', request.rawUrl, success) ?? success();
    return typeof reply === 'string' ? reply : { ...reply, delayMs: answer.delayMs };
  };
};

/** The name of the node; errors of the oldest methods have one of their own. */
const rootOf = (method: string, { isError }: Answer): string => {
  if (isError && (method === '' || method === OAUTH)) return 'error_response';
  return `${method.replaceAll('.', '_')}_response`;
};

const codeOf = (error: GatewayError): keyof typeof messages => {
  if (error.startsWith('decryption-')) return 40003;
  return error.startsWith('missing-') && !error.endsWith('cert-sn') ? 40001 : 40002;
};

/** A refusal of the gateway itself, which browsers get as a page. */
const refuse = (gateway: Gateway, method: string, app: AlipayApp | undefined, [error, text]: Fault): EmulatorReply => {
  if (method === CERTIFY) return errorPage(error, text ?? gatewayErrors[error]);
  const code = codeOf(error);
  const sub_msg = text ? escapeHtml(text) : `${gatewayErrors[error]}，解决方案：${explanation(traceId())}`;
  const node = { code: String(code), msg: messages[code], sub_code: `isv.${error}`, sub_msg };
  const answer = { node, isError: true };
  return envelope(gateway, rootOf(method, answer), answer, { app });
};

interface Recipient {
  readonly app: AlipayApp | undefined;
  readonly isEncrypted?: boolean;
}

/** Writes the node, and signs it as it is written. Errors are not encrypted, and those of unknown apps not signed. */
const envelope = (
  { charset, alipayCertSn, signErrors, nameCertInErrors, sign }: Gateway,
  root: string,
  { node, kind = 'ok', forged = {}, isError = false }: Answer,
  { app, isEncrypted = false }: Recipient,
): EmulatorReply => {
  const write = (fields: Fields) => {
    const text = JSON.stringify(fields).replaceAll('/', '\\/');
    return isEncrypted && !isError && app ? JSON.stringify(encrypt(app, text)) : text;
  };
  const written = write(node);
  const isSigned = app && kind !== 'nosign' && (!isError || signErrors);
  const isCertNamed = isSigned && alipayCertSn && (!isError || nameCertInErrors);
  // The bytes that go out are signed.
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
