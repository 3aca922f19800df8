/**
 * WeChat's servers in one: api.weixin.qq.com/sns, api.mch.weixin.qq.com/tools/authcodetoopenid, and the pages at
 * open.weixin.qq.com/connect, and WeChat's application on the payer's phone. Written from their documents, without code of our source, so that one mistake cannot
 * hide in both. The sns API signs nothing, so `badsign` and `nosign` succeed there as `ok` does.
 */
import { createHash, randomBytes } from 'node:crypto';
import {
  type Emulator,
  type EmulatorAnswer,
  type EmulatorRequest,
  route,
  startEmulator,
  transportFault,
} from './emulator.ts';
import { idsOf, readTestCode } from './test-codes.ts';
import { authorize } from './wechat/authorize.ts';
import { login as loginByPhone, showPaymentCode } from './wechat/payer-app.ts';
import { openIdOfPaymentCode } from './wechat/payment-code.ts';
import { createServer, type WechatApp, type WechatServer, wechatId } from './wechat/server.ts';
import { plain } from './wechat/xml.ts';

export type { WechatApp } from './wechat/server.ts';

interface WechatOptions {
  readonly apps: readonly WechatApp[];
  readonly now?: () => number;
  readonly port?: number;
}

export const startWechat = ({ apps, now = Date.now, port }: WechatOptions): Promise<Emulator> => {
  const server = createServer(apps, now);
  const handle = route(
    {
      'GET /sns/oauth2/access_token': (request) => login(server, 'code', request, accessTokenOf),
      'GET /sns/jscode2session': (request) => login(server, 'js_code', request, sessionOf),
      'GET /connect/oauth2/authorize': (request) => authorize(server, request),
      'GET /connect/qrconnect': (request) => authorize(server, request),
      'POST /tools/authcodetoopenid': (request) => openIdOfPaymentCode(server, request),
      'GET /payer-app/login': (request) => loginByPhone(server, request),
      'GET /payer-app/payment-code': (request) => showPaymentCode(server, request),
    },
    () => ({ status: 404, body: '' }),
  );
  return startEmulator(handle, port);
};

const fault = ({ now }: WechatServer, errcode: number, text: string) => {
  const seconds = Math.floor(now() / 1_000).toString(16);
  const rid = `${seconds}-${randomBytes(4).toString('hex')}-${randomBytes(4).toString('hex')}`;
  return plain(JSON.stringify({ errcode, errmsg: `${text}, rid: ${rid}` }));
};

type Succeed = (server: WechatServer, app: WechatApp, code: string) => object;

/** Checks what both logins check, in WeChat's order, and uses the code up. */
const login = (
  server: WechatServer,
  codeName: 'code' | 'js_code',
  { url }: EmulatorRequest,
  succeed: Succeed,
): EmulatorAnswer => {
  const parameter = (name: string) => url.searchParams.get(name) ?? '';
  const code = parameter(codeName);
  if (!parameter('appid')) return fault(server, 41002, 'appid missing');
  if (!parameter('secret')) return fault(server, 41004, 'appsecret missing');
  if (!code) return fault(server, 41008, 'missing code');
  if (parameter('grant_type') !== 'authorization_code') return fault(server, 40002, 'invalid grant_type');
  const app = server.apps.get(parameter('appid'));
  if (!app) return fault(server, 40013, 'invalid appid');
  if (parameter('secret') !== app.secret) return fault(server, 40125, 'invalid appsecret');

  const kind = server.spend(code, app.appId, codeName);
  if (kind === 'invalid') return fault(server, 40029, 'invalid code');
  if (kind === 'used') return fault(server, 40163, 'code been used');
  if (kind === 'expired') return fault(server, 42003, 'code expired');
  const success = () => plain(JSON.stringify(succeed(server, app, code)));
  const twice = `,"openid":"${wechatId('another', code)}"}`;
  if (kind === 'twice') return plain(String(success().body).replace(/\}$/, twice));
  return transportFault(kind, `${url.pathname}${url.search}`, success) ?? success();
};

const accessTokenOf: Succeed = ({ issued }, app, code) => {
  const { payer } = readTestCode(code);
  const { openid, accessToken } = idsOf(payer);
  const scope = issued.get(code)?.scope ?? app.scope ?? 'snsapi_base';
  return {
    access_token: accessToken,
    expires_in: 7200,
    refresh_token: wechatId('refresh', payer),
    openid,
    scope,
    // The payer `snapshot` reads the page in snapshot mode.
    ...(payer === 'snapshot' && { is_snapshotuser: 1 }),
    ...(app.bound && scope !== 'snsapi_base' && { unionid: wechatId('unionid', payer) }),
  };
};

const sessionOf: Succeed = (_server, app, code) => {
  const { payer } = readTestCode(code);
  const session_key = createHash('md5').update(`session_key ${code}`).digest('base64');
  return { session_key, openid: idsOf(payer).openid, ...(app.bound && { unionid: wechatId('unionid', payer) }) };
};
