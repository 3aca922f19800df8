/**
 * Alipay's OpenAPI, third protocol: https://opendocs.alipay.com/open-v3/054oog. It signs what is on the wire: the
 * Authorization as it was sent, the raw request target, the body.
 */
import { randomBytes } from 'node:crypto';
import {
  type EmulatorAnswer,
  type EmulatorHandler,
  type EmulatorReply,
  type EmulatorRequest,
  transportFault,
} from '../emulator.ts';
import type { TestCodeKind } from '../test-codes.ts';
import {
  type AlipayApp,
  certFault,
  explanation,
  type Gateway,
  type GatewayError,
  gatewayErrors,
  traceId,
  WINDOW_MS,
} from './app.ts';
import { createJobQuery, type JobAnswer } from './jobworth.ts';

const JOBWORTH = 'GET /v3/zhima/customer/jobworth/authentication';
const SCHEME = 'ALIPAY-SHA256withRSA ';

export const createV3 = (gateway: Gateway): EmulatorHandler => {
  const queryJob = createJobQuery();

  return (request) => {
    const authorization = readAuthorization(request.headers.authorization ?? '');
    if (!authorization) return gatewayError(gateway, 'missing-timestamp');
    const { fields } = authorization;
    const app = gateway.appOf(fields.get('app_id'));
    if (!app) return gatewayError(gateway, fields.has('app_id') ? 'invalid-app-id' : 'missing-app-id');
    const fault = requestFault(gateway, request, app, authorization);
    if (fault) return gatewayError(gateway, fault, app);
    if (`${request.method} ${request.url.pathname}` !== JOBWORTH) return gatewayError(gateway, 'invalid-method', app);
    const answer = queryJob(request.url.searchParams, app);
    if (typeof answer !== 'string') return deliver(gateway, request, answer);
    return signedError(gateway, errorReply(answer, '业务处理失败'));
  };
};

interface Authorization {
  /** All before `,sign=`, as it was sent: fields come in any order, and may be more than these. */
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

const requestFault = (
  { verify, now }: Gateway,
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

const reply = (status: number, body: string): EmulatorReply => ({
  status,
  headers: { 'content-type': 'application/json;charset=UTF-8', 'alipay-trace-id': traceId() },
  body,
});

/** Signs the bytes that go out, after a fault has changed them. */
const signed = (
  { now, sign, alipayCertSn }: Gateway,
  { status, headers, body }: EmulatorReply,
  kind: TestCodeKind = 'ok',
): EmulatorReply => {
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

const signedError = (gateway: Gateway, error: EmulatorReply): EmulatorReply =>
  gateway.signErrors ? signed(gateway, error) : error;

const errorReply = (code: string, message: string): EmulatorReply => {
  const links = [{ link: explanation(traceId()), desc: '解决方案' }];
  return reply(400, JSON.stringify({ code, links, message }));
};

/** An unknown application has no key pair, so its error is not signed: the real gateway does the same. */
const gatewayError = (gateway: Gateway, code: GatewayError, app?: AlipayApp): EmulatorReply => {
  const error = errorReply(code, gatewayErrors[code]);
  return app ? signedError(gateway, error) : error;
};

/** Replies that are JSON are signed. */
const deliver = (
  gateway: Gateway,
  { rawUrl }: EmulatorRequest,
  { kind, fields, forged }: JobAnswer,
): EmulatorAnswer => {
  const success = () => {
    const text = JSON.stringify(fields);
    const isForged = kind === 'twice' && forged !== undefined;
    return reply(200, isForged ? text.replace(/\}$/, `,"identity_result":"${forged}"}`) : text);
  };
  // A query that waits for its result has no fault.
  const answer = forged === undefined ? success() : (transportFault(kind, rawUrl, success) ?? success());
  const isJson = typeof answer === 'object' && answer.headers?.['content-type']?.startsWith('application/json');
  return isJson ? signed(gateway, answer, kind) : answer;
};
