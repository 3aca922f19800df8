/**
 * DaxPay's channel auth as its server answers it: github.com/dromara/dax-pay 3.0.0-beta4 (profile beta) and what
 * followed 3.0.0 (profile ga). The signature is written anew from PaySignUtil.java and shares no code with our
 * source, so that one mistake cannot hide in both.
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import {
  type Emulator,
  type EmulatorHandler,
  type EmulatorReply,
  json,
  startEmulator,
  transportFault,
} from './emulator.ts';
import { idsOf, readTestCode, type TestCode } from './test-codes.ts';

export interface DaxpayApp {
  readonly appId: string;
  readonly secret: string;
  readonly mchNo?: string;
  readonly profile?: 'beta' | 'ga';
  readonly signType?: 'md5' | 'hmac_sha256' | 'sm3';
  /** Whether requests must be signed. */
  readonly reqSign?: boolean;
  /** The window for reqTime; the server's default is none. */
  readonly reqTimeoutSeconds?: number;
  readonly enabled?: boolean;
  /** Whether the answer to auth is signed; releases after 3.0.0 do not. */
  readonly signReplies?: boolean;
  /** What the app's Alipay application tells: old ones a user_id, new ones an open_id. */
  readonly alipayId?: 'userId' | 'openId';
}

interface DaxpayOptions {
  readonly apps: readonly DaxpayApp[];
  /** The console session that queryAuthResult asks for. */
  readonly consoleToken?: string;
  readonly now?: () => number;
  readonly port?: number;
}

type Json = string | number | null | { readonly [key: string]: Json };
type Fields = Readonly<Record<string, Json | undefined>>;

const RESULT_TTL_MS = 5 * 60_000;
const FIELDS = ['clientIp', 'nonceStr', 'reqTime', 'channel', 'authCode', 'queryCode', 'appId'];
const LIMITS: readonly (readonly [field: string, limit: number, message: string])[] = [
  ['appId', 32, '应用号不可超过32位'],
  ['clientIp', 64, '客户端ip不可超过64位'],
  ['nonceStr', 32, '随机数不可超过32位'],
  ['sign', 64, '签名不可超过64位'],
  ['channel', 32, '支付通道不可超过32位'],
  ['authCode', 200, '认证标识码不可超过200位'],
  ['queryCode', 64, '查询码不可超过64位'],
];

const shanghai = (epochMs: number) =>
  new Date(epochMs).toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' }).replace('T', ' ');

const bean = (value: Json): string => {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const members = Object.entries(value).filter(([, member]) => member !== null);
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${bean(member)}`).join(',')}}`;
};

const signOf = (fields: Fields, { secret, signType = 'hmac_sha256', profile = 'beta' }: DaxpayApp): string => {
  const keys = Object.keys(fields).filter((key) => key !== 'sign' && fields[key] != null);
  keys.sort();
  const joined = keys.map(
    (key) => `${key}=${typeof fields[key] === 'object' ? bean(fields[key] ?? null) : fields[key]}`,
  );
  let text = `${joined.join('&').replaceAll('\\', '').replaceAll('"', '')}&key=${secret}`;
  if (profile === 'ga') text = text.toUpperCase();
  if (signType === 'hmac_sha256') return createHmac('sha256', secret).update(text, 'utf8').digest('hex');
  return createHash(signType).update(text, 'utf8').digest('hex');
};

const traceId = () => randomBytes(9).toString('base64').replaceAll(/[+/]/g, 'x');
const errorResult = (code: number, msg: string) => json({ msg, code, data: null, traceId: traceId() });

export const startDaxpay = ({ apps, consoleToken, now = Date.now, port }: DaxpayOptions): Promise<Emulator> => {
  const byId = new Map(apps.map((app) => [app.appId, app]));
  const usedCodes = new Set<string>();
  const kept = new Map<string, { result: Fields; until: number }>();

  const signed = (app: DaxpayApp, code: number, msg: string, data: Json): EmulatorReply => {
    const fields = { code, msg, data, resTime: shanghai(now()), traceId: traceId() };
    const { resTime, traceId: trace, ...head } = fields;
    return json({ ...head, sign: signOf(fields, app), resTime, traceId: trace });
  };

  const appFault = (app: DaxpayApp | undefined): string | undefined => {
    if (!app) return '未找到指定的应用配置';
    return app.enabled === false ? '商户应用未启用' : undefined;
  };

  const validationFault = (fields: Fields): string | undefined => {
    const faults = LIMITS.filter(([field, limit]) => String(fields[field] ?? '').length > limit).map(
      ([, , text]) => text,
    );
    if (!fields.channel) faults.push('支付通道不可为空');
    if (!fields.authCode) faults.push('认证标识码不可为空');
    if (!fields.reqTime) faults.push('请求时间必填');
    return faults.length > 0 ? faults.join('\n') : undefined;
  };

  const timeFault = (fields: Fields, app: DaxpayApp): string | undefined => {
    if (app.reqTimeoutSeconds === undefined) return undefined;
    const aheadSeconds = (Date.parse(`${String(fields.reqTime).replace(' ', 'T')}+08:00`) - now()) / 1_000;
    const aheadLimit = app.profile === 'ga' ? app.reqTimeoutSeconds : 60;
    if (aheadSeconds > aheadLimit) return '请求时间晚于服务器接收到的时间，请检查';
    return -aheadSeconds > app.reqTimeoutSeconds ? '请求已过期，请重新发送！' : undefined;
  };

  /** What the channel says of a code, before DaxPay wraps it. */
  const identityOf = ({ payer }: TestCode, channel: Json | undefined, { alipayId = 'userId' }: DaxpayApp): Fields => {
    const ids = idsOf(payer);
    const status = 'success';
    if (channel === 'wechat_pay') return { openId: ids.openid, userId: null, accessToken: ids.accessToken, status };
    return {
      openId: alipayId === 'openId' ? ids.openId : null,
      userId: alipayId === 'userId' ? ids.userId : null,
      accessToken: null,
      status,
    };
  };

  const wechatErrors = {
    invalid: [40029, '不合法的 oauth_code'],
    used: [40163, 'oauth_code已使用'],
    expired: [42003, 'oauth_code超时'],
  };

  /** Alipay's reason is logged and not told; WeChat's is lost on beta and quoted on ga. */
  const refused = (kind: keyof typeof wechatErrors, channel: Json | undefined, app: DaxpayApp) => {
    if (channel !== 'wechat_pay') return { code: 1, msg: '获取支付宝OpenId失败', unsigned: false };
    if (app.profile !== 'ga') return { code: 10500, msg: '系统错误', unsigned: true };
    const [code, text] = wechatErrors[kind];
    return {
      code: 20080,
      msg: `微信认证失败: 错误代码：${code}, 错误信息：${text}，微信原始报文：{"errcode":${code}}`,
      unsigned: false,
    };
  };

  const redeem = (
    fields: Fields,
    app: DaxpayApp,
    answer: (result: Fields) => EmulatorReply,
  ): ReturnType<EmulatorHandler> => {
    const { channel } = fields;
    if (channel !== 'ali_pay' && channel !== 'wechat_pay')
      return signed(app, 20030, `不支持的能力: ${channel ?? 'null'}`, null);
    const code = readTestCode(String(fields.authCode));
    const usedBefore = usedCodes.has(String(fields.authCode));
    usedCodes.add(String(fields.authCode));
    const kind = usedBefore && code.kind === 'ok' ? 'used' : code.kind;
    if (kind === 'invalid' || kind === 'used' || kind === 'expired') {
      const { code: number, msg, unsigned } = refused(kind, channel, app);
      return unsigned ? errorResult(number, msg) : signed(app, number, msg, null);
    }
    const result = identityOf(code, channel, app);
    const success = () => answer(result);
    const fault = transportFault(kind, '/unipay/assist/channel/auth/auth', success);
    if (fault) return fault;
    if (kind === 'twice') {
      const evil = `"data":${JSON.stringify({ ...result, userId: '2088000000000000' })}`;
      return { ...success(), body: String(success().body).replace(/\}$/, `,${evil}}`) };
    }
    if (typeof fields.queryCode === 'string' && fields.queryCode !== '')
      kept.set(fields.queryCode, { result, until: now() + RESULT_TTL_MS });
    return success();
  };

  const auth = (raw: Fields): ReturnType<EmulatorHandler> => {
    const app = byId.get(String(raw.appId));
    const unknown = appFault(app);
    if (!app || unknown) return errorResult(20023, unknown ?? '');
    // The server signs what it has read into its own type: fields it does not know are not part of it.
    const ga = app.profile === 'ga';
    const known = ga ? [...FIELDS, 'mchNo'] : FIELDS;
    const fields = Object.fromEntries(known.map((field) => [field, raw[field]]));
    const signFault = () => (app.reqSign !== false && raw.sign !== signOf(fields, app) ? '验签失败' : undefined);
    const otherFault = () => validationFault({ ...fields, sign: raw.sign });
    const fail = (code: number, msg: string) => (ga ? errorResult(code, msg) : signed(app, code, msg, null));
    const checks: [number, () => string | undefined][] = [
      [20052, signFault],
      [10506, otherFault],
    ];
    // ga validates before it verifies, and signs no refusal.
    for (const [code, check] of ga ? checks.reverse() : checks) {
      const fault = check();
      if (fault) return fail(code, code === 10506 ? `验证参数错误\n${fault}` : fault);
    }
    const late = timeFault(fields, app);
    if (late) return fail(10506, `验证参数错误\n${late}`);

    return redeem(fields, app, (result) => {
      const data = result as Json;
      const { kind } = readTestCode(String(fields.authCode));
      if (kind === 'nosign' || app.signReplies === false)
        return json({ code: 0, msg: 'success', data, sign: null, resTime: shanghai(now()), traceId: traceId() });
      return signed(kind === 'badsign' ? { ...app, secret: `not ${app.secret}` } : app, 0, 'success', data);
    });
  };

  /** Unsigned and unvalidated, as the original is. */
  const authAndSet = (fields: Fields): ReturnType<EmulatorHandler> => {
    const app = byId.get(String(fields.appId));
    const unknown = appFault(app);
    if (!app || unknown) return errorResult(20023, unknown ?? '');
    return redeem(fields, app, () => json({ msg: 'success', code: 0, data: null }));
  };

  const queryAuthResult: EmulatorHandler = ({ url, headers }) => {
    if (!consoleToken || headers.accesstoken !== consoleToken)
      return { ...json({ msg: '未登录', code: 10401, data: null }), status: 401 };
    const found = kept.get(url.searchParams.get('queryCode') ?? '');
    const missing = { openId: null, userId: null, accessToken: null, status: 'not_exist' };
    return json({ msg: 'success', code: 0, data: found && found.until > now() ? found.result : missing });
  };

  const routes = new Map<string, EmulatorHandler>([
    ['POST /unipay/assist/channel/auth/auth', ({ body }) => auth(JSON.parse(body))],
    ['POST /unipay/assist/channel/auth/authAndSet', ({ body }) => authAndSet(JSON.parse(body))],
    ['GET /assist/channel/auth/queryAuthResult', queryAuthResult],
  ]);
  const handle: EmulatorHandler = (request) =>
    routes.get(`${request.method} ${request.url.pathname}`)?.(request) ?? errorResult(10404, '请求路径不存在');
  return startEmulator(handle, port);
};
