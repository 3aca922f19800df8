/**
 * DaxPay's channel auth as its server answers it: github.com/dromara/dax-pay 3.0.0-beta4 (profile beta) and what
 * followed 3.0.0 (profile ga). It shares no code with our source, so that one mistake cannot hide in both.
 */
import { randomBytes } from 'node:crypto';
import { type DaxpayApp, signOf } from './daxpay/app.ts';
import { checkRequest, type Refusal } from './daxpay/checks.ts';
import { refusalOf, resultOf } from './daxpay/results.ts';
import {
  beijing,
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
import { createTestCodes, type TestCode, type TestCodeKind } from './test-codes.ts';

export type { DaxpayApp } from './daxpay/app.ts';

interface DaxpayOptions {
  readonly apps: readonly DaxpayApp[];
  /** The console session that queryAuthResult requires. */
  readonly consoleToken?: string;
  readonly now?: () => number;
  readonly port?: number;
}

const AUTH = '/unipay/assist/channel/auth/auth';
const RESULT_TTL_MS = 5 * 60_000;
/** The fields that the server reads, and so signs. ga reads mchNo as well. */
const FIELDS = ['clientIp', 'nonceStr', 'reqTime', 'channel', 'authCode', 'queryCode', 'appId'];

export const startDaxpay = ({ apps, consoleToken, now = Date.now, port }: DaxpayOptions): Promise<Emulator> => {
  const server: Server = {
    apps: new Map(apps.map((app) => [app.appId, app])),
    spend: createTestCodes(),
    held: new Map(),
    consoleToken,
    now,
  };
  const handle = route(
    {
      [`POST ${AUTH}`]: ({ body }) => auth(server, fieldsOf(JSON.parse(body))),
      'POST /unipay/assist/channel/auth/authAndSet': ({ body }) => authAndSet(server, fieldsOf(JSON.parse(body))),
      'GET /assist/channel/auth/queryAuthResult': (request) => queryAuthResult(server, request),
    },
    () => refuseUnsigned({ code: 10404, msg: '请求路径不存在' }),
  );
  return startEmulator(handle, port);
};

interface Server {
  readonly apps: ReadonlyMap<string, DaxpayApp>;
  /** Reads a code and uses it up. */
  readonly spend: (code: string) => TestCode;
  /** Results by query code. */
  readonly held: Map<string, { readonly result: Fields; readonly until: number }>;
  readonly consoleToken: string | undefined;
  readonly now: () => number;
}

const traceId = () => randomBytes(9).toString('base64').replaceAll(/[+/]/g, 'x');

/** A reply that the signer has signed, if there is one. */
const reply = (
  { now }: Server,
  signer: DaxpayApp | undefined,
  { code, msg }: Refusal,
  data: Fields | null,
): EmulatorReply => {
  const resTime = beijing(now());
  const trace = traceId();
  const sign = signer ? signOf({ code, msg, data, resTime, traceId: trace }, signer) : null;
  return json({ code, msg, data, sign, resTime, traceId: trace });
};

const refuseUnsigned = ({ code, msg }: Refusal): EmulatorReply => json({ msg, code, data: null, traceId: traceId() });

const refuse = (server: Server, app: DaxpayApp, refusal: Refusal): EmulatorReply =>
  refusal.isUnsigned ? refuseUnsigned(refusal) : reply(server, app, refusal, null);

/** The app of a request, or the refusal of an app that is unknown or disabled. */
const findApp = ({ apps }: Server, fields: Fields): DaxpayApp | Refusal => {
  const app = apps.get(String(fields.appId));
  if (!app) return { code: 20023, msg: '未找到指定的应用配置' };
  return app.enabled === false ? { code: 20023, msg: '商户应用未启用' } : app;
};

const auth = (server: Server, received: Fields): EmulatorAnswer => {
  const app = findApp(server, received);
  if ('msg' in app) return refuseUnsigned(app);
  const isGa = app.profile === 'ga';
  // The server signs what it has read into its own type: fields that it does not know are not part of it.
  const read = isGa ? [...FIELDS, 'mchNo'] : FIELDS;
  const fields = Object.fromEntries(read.map((field) => [field, received[field]]));
  const refusal = checkRequest(fields, received.sign, app, server.now());
  // ga does not sign these refusals.
  if (refusal) return isGa ? refuseUnsigned(refusal) : refuse(server, app, refusal);

  return redeem(server, app, fields, (result, kind) => {
    const isUnsigned = kind === 'nosign' || app.signReplies === false;
    const signer = kind === 'badsign' ? { ...app, secret: `not ${app.secret}` } : app;
    return reply(server, isUnsigned ? undefined : signer, { code: 0, msg: 'success' }, result);
  });
};

/** Neither signed nor validated, as in the original. */
const authAndSet = (server: Server, fields: Fields): EmulatorAnswer => {
  const app = findApp(server, fields);
  if ('msg' in app) return refuseUnsigned(app);
  return redeem(server, app, fields, () => json({ msg: 'success', code: 0, data: null }));
};

const redeem = (
  server: Server,
  app: DaxpayApp,
  { channel, authCode, queryCode }: Fields,
  succeed: (result: Fields, kind: TestCodeKind) => EmulatorReply,
): EmulatorAnswer => {
  if (channel !== 'ali_pay' && channel !== 'wechat_pay')
    return refuse(server, app, { code: 20030, msg: `不支持的能力: ${channel ?? 'null'}` });
  const code = server.spend(String(authCode));
  const refusal = refusalOf(code.kind, channel, app);
  if (refusal) return refuse(server, app, refusal);
  const result = resultOf(code, channel, app);
  const success = () => succeed(result, code.kind);
  const fault = transportFault(code.kind, AUTH, success);
  if (fault) return fault;
  if (code.kind === 'twice') {
    const forged = `"data":${JSON.stringify({ ...result, userId: '2088000000000000' })}`;
    return { ...success(), body: String(success().body).replace(/\}$/, `,${forged}}`) };
  }
  if (typeof queryCode === 'string' && queryCode !== '')
    server.held.set(queryCode, { result, until: server.now() + RESULT_TTL_MS });
  return success();
};

const queryAuthResult = ({ held, consoleToken, now }: Server, { url, headers }: EmulatorRequest): EmulatorReply => {
  if (!consoleToken || headers.accesstoken !== consoleToken)
    return { ...json({ msg: '未登录', code: 10401, data: null }), status: 401 };
  const entry = held.get(url.searchParams.get('queryCode') ?? '');
  const missing = { openId: null, userId: null, accessToken: null, status: 'not_exist' };
  return json({ msg: 'success', code: 0, data: entry && entry.until > now() ? entry.result : missing });
};
