/**
 * WeChat's servers as seen from outside, in one: api.weixin.qq.com/sns, api.mch.weixin.qq.com/tools/authcodetoopenid
 * and the pages open.weixin.qq.com/connect/oauth2/authorize and …/connect/qrconnect. Written from their documents, and
 * shares no code with our source. The sns API signs nothing, so `badsign` and `nosign` succeed there as `ok` does.
 */
import { createHash, randomBytes } from 'node:crypto';
import { choicePage } from './choice-page.ts';
import { type Emulator, type EmulatorHandler, type EmulatorReply, startEmulator, transportFault } from './emulator.ts';
import { idsOf, readTestCode, type TestCodeKind } from './test-codes.ts';
import { communicationFault, type Fields, fromXml, plain, toXml, v2Sign, withGbk } from './wechat-xml.ts';

export interface WechatApp {
  readonly appId: string;
  readonly secret: string;
  /** Whether the account is bound to an Open Platform account, so that payers have a unionid. */
  readonly bound?: boolean;
  /** What the payer granted with a code that did not come from the page. */
  readonly scope?: 'snsapi_base' | 'snsapi_userinfo' | 'snsapi_login';
  /** The host that payers may be sent back to (网页授权域名); any when absent. */
  readonly redirectHost?: string;
  readonly merchant?: WechatMerchant;
}

export interface WechatMerchant {
  readonly mchId: string;
  /** The V2 key. */
  readonly apiKey: string;
  /** A service provider's sub-merchant. */
  readonly subMchId?: string;
  /** The sub-merchant's applications. */
  readonly subAppId?: string | readonly string[];
  /** The merchant has not applied for this call. */
  readonly noPermission?: boolean;
}

interface WechatOptions {
  readonly apps: readonly WechatApp[];
  readonly now?: () => number;
  readonly port?: number;
}

type Handled = ReturnType<EmulatorHandler>;
/** A code that the page gave to a payer. */
interface Issued {
  readonly appId: string;
  readonly scope: string;
  readonly until: number;
}

const CODE_TTL_MS = 5 * 60_000;
const payers = { alice: '小艾', bob: '小博', carol: '小卡' };

const otherId = (kind: string, payer: string) =>
  `o${createHash('sha256').update(`${kind}:${payer}`).digest('base64url').slice(0, 27)}`;

/** Where the payer is refused with a page, WeChat names the reason by number and shows it with HTTP 200. */
const errorPage = (code: number, text: string): EmulatorReply => ({
  ...plain(`<!doctype html><meta charset="utf-8"><title>出错了</title><h1>${text}</h1><p>错误码：${code}</p>`),
  headers: { 'content-type': 'text/html; charset=utf-8' },
});

/** The query as it must be written; the fragment #wechat_redirect stays with the browser. */
const AUTHORIZE =
  /^\?appid=[^&]+&redirect_uri=[^&]+&response_type=code&scope=(snsapi_\w+)&state=([a-zA-Z0-9]{0,128})(?:&forcePopup=\w+)?$/;
/** Each page refuses the scopes of the other. */
const scopesOf = new Map([
  ['/connect/oauth2/authorize', ['snsapi_base', 'snsapi_userinfo']],
  ['/connect/qrconnect', ['snsapi_login']],
]);

export const startWechat = ({ apps, now = Date.now, port }: WechatOptions): Promise<Emulator> => {
  const byId = new Map(apps.map((app) => [app.appId, app]));
  const usedCodes = new Set<string>();
  const issued = new Map<string, Issued>();

  const rid = () => [Math.floor(now() / 1_000).toString(16), ...['', ''].map(() => randomBytes(4).toString('hex'))];
  const fault = (errcode: number, text: string) =>
    plain(JSON.stringify({ errcode, errmsg: `${text}, rid: ${rid().join('-')}` }));

  /** Uses a code up, and answers what becomes of it. */
  const spend = (code: string, appId: string): TestCodeKind => {
    const { kind } = readTestCode(code);
    const ticket = issued.get(code);
    const again = usedCodes.has(code);
    usedCodes.add(code);
    if (again && kind === 'ok') return 'used';
    if (ticket && ticket.appId !== appId) return 'invalid';
    return ticket && ticket.until <= now() ? 'expired' : kind;
  };

  /** What both logins check, in WeChat's order; then the code, then `success`. */
  const login = (
    url: URL,
    codeName: 'code' | 'js_code',
    success: (app: WechatApp, code: string) => object,
  ): Handled => {
    const [appId, secret, code, grant] = ['appid', 'secret', codeName, 'grant_type'].map((n) =>
      url.searchParams.get(n),
    );
    if (!appId) return fault(41002, 'appid missing');
    if (!secret) return fault(41004, 'appsecret missing');
    if (!code) return fault(41008, 'missing code');
    if (grant !== 'authorization_code') return fault(40002, 'invalid grant_type');
    const app = byId.get(appId);
    if (!app) return fault(40013, 'invalid appid');
    if (secret !== app.secret) return fault(40125, 'invalid appsecret');

    const kind = spend(code, appId);
    if (kind === 'invalid') return fault(40029, 'invalid code');
    if (kind === 'used') return fault(40163, 'code been used');
    if (kind === 'expired') return fault(42003, 'code expired');
    const answer = () => plain(JSON.stringify(success(app, code)));
    const twice = `,"openid":"${otherId('another', code)}"}`;
    if (kind === 'twice') return plain(String(answer().body).replace(/\}$/, twice));
    return transportFault(kind, `${url.pathname}${url.search}`, answer) ?? answer();
  };

  const accessToken: EmulatorHandler = ({ url }) =>
    login(url, 'code', (app, code) => {
      const { payer } = readTestCode(code);
      const { openid, accessToken: token } = idsOf(payer);
      const scope = issued.get(code)?.scope ?? app.scope ?? 'snsapi_base';
      return {
        ...{ access_token: token, expires_in: 7200, refresh_token: otherId('refresh', payer), openid, scope },
        // The payer `snapshot` reads the page in snapshot mode.
        ...(payer === 'snapshot' && { is_snapshotuser: 1 }),
        ...(app.bound && scope !== 'snsapi_base' && { unionid: otherId('unionid', payer) }),
      };
    });

  const session: EmulatorHandler = ({ url }) =>
    login(url, 'js_code', (app, code) => {
      const { payer } = readTestCode(code);
      const session_key = createHash('md5').update(`session_key ${code}`).digest('base64');
      return { session_key, openid: idsOf(payer).openid, ...(app.bound && { unionid: otherId('unionid', payer) }) };
    });

  /** The page that asks the payer. Real snsapi_base asks nothing; here somebody has to say who the payer is. */
  const authorize: EmulatorHandler = ({ url }) => {
    const missing = { appid: 10012, redirect_uri: 10011, scope: 10010, state: 10013 };
    for (const [name, code] of Object.entries(missing))
      if (!url.searchParams.has(name)) return errorPage(code, `缺少参数 ${name}`);
    const [, scope = '', state = ''] = AUTHORIZE.exec(url.search) ?? [];
    if (scope && !scopesOf.get(url.pathname)?.includes(scope))
      return errorPage(10005, 'Scope 参数错误或没有 Scope 权限');
    const app = byId.get(url.searchParams.get('appid') ?? '');
    const target = URL.parse(url.searchParams.get('redirect_uri') ?? '');
    if (
      !scope ||
      !app ||
      !target ||
      !/^https?:$/.test(target.protocol) ||
      (app.redirectHost ?? target.host) !== target.host
    )
      return errorPage(10003, 'redirect_uri 参数错误');

    const backWith = (parameters: Readonly<Record<string, string>>): string => {
      const back = new URL(target);
      for (const [name, value] of Object.entries(parameters)) back.searchParams.set(name, value);
      return back.href;
    };
    const consent = ([payer, label]: [string, string]) => {
      const code = `test_ok_${payer}~${randomBytes(9).toString('hex')}`;
      issued.set(code, { appId: app.appId, scope, until: now() + CODE_TTL_MS });
      return { label, href: backWith({ code, state }) };
    };
    const choices = [...Object.entries(payers).map(consent), { label: '拒绝', href: backWith({ state }) }];
    return choicePage({ title: '微信登录', merchant: app.appId, choices });
  };

  /** What V2 refuses before it looks at the code: unsigned, with nothing but a text. */
  const requestFault = (fields: Fields, merchant: WechatMerchant | undefined): string | undefined => {
    if (!byId.has(fields.appid ?? '')) return 'appid不存在';
    if (!merchant || fields.mch_id !== merchant.mchId) return '商户号mch_id与appid不匹配';
    const length = Buffer.byteLength(fields.sign ?? '');
    if (length > 32) return `签名字符串规则校验失败，字节数 ${length}，大于最大值 32`;
    if (!fields.nonce_str || !fields.auth_code) return '缺少参数';
    if (fields.sign !== v2Sign(fields, merchant.apiKey)) return '签名错误，请检查后再试';
    if (merchant.noPermission) return '商户号该产品权限未开通，请前往商户平台>产品中心检查后重试';
    if (merchant.subMchId && !fields.sub_mch_id) return '受理机构必须传入sub_mch_id';
    if (!merchant.subMchId && fields.sub_mch_id) return '普通商户不允许传sub_mch_id';
    const subAppIds = [merchant.subAppId ?? []].flat();
    // Bound to one application sub_appid is optional, bound to several it is required.
    const ours =
      fields.sub_mch_id === merchant.subMchId &&
      (fields.sub_appid === undefined ? subAppIds.length < 2 : subAppIds.includes(fields.sub_appid));
    return ours ? undefined : 'sub_mch_id与sub_appid不匹配';
  };

  const openIdOfPaymentCode: EmulatorHandler = ({ url, body }) => {
    const fields = fromXml(body);
    if (!fields) return communicationFault('XML格式错误');
    const { auth_code = '', appid = '' } = fields;
    const { merchant } = byId.get(appid) ?? {};
    const problem = requestFault(fields, merchant);
    if (problem || !merchant) return communicationFault(problem ?? '');

    const kind = spend(auth_code, appid);
    const sub_appid = fields.sub_appid ?? [merchant.subAppId ?? []].flat()[0];
    const signed = (rest: Fields, key = merchant.apiKey) => {
      const { mchId: mch_id, subMchId: sub_mch_id } = merchant;
      const sub = { ...(sub_appid && { sub_appid }), ...(sub_mch_id && { sub_mch_id }) };
      const head = { return_code: 'SUCCESS', return_msg: 'OK', appid, mch_id, ...sub };
      const all = { ...head, nonce_str: randomBytes(8).toString('hex'), ...rest };
      return toXml({ ...all, ...(kind !== 'nosign' && { sign: v2Sign(all, key) }) });
    };
    const refused = (err_code: string) => signed({ result_code: 'FAIL', err_code });
    // V2 has no word for a code that was used; one that is not on the payer's screen any more is not valid.
    if (kind === 'invalid' || kind === 'used') return refused('AUTH_CODE_INVALID');
    if (kind === 'expired') return refused('AUTHCODEEXPIRE');

    const { payer } = readTestCode(auth_code);
    const ids = { openid: idsOf(payer).openid, ...(sub_appid && { sub_openid: otherId(`sub ${sub_appid}`, payer) }) };
    const answer = () => signed({ result_code: 'SUCCESS', ...ids }, kind === 'badsign' ? 'not the key' : undefined);
    if (kind === 'gbk') return withGbk(answer(), '</xml>');
    const twice = `<openid><![CDATA[${otherId('another', payer)}]]></openid></xml>`;
    if (kind === 'twice') return plain(String(answer().body).replace('</xml>', twice));
    return transportFault(kind, url.pathname, answer) ?? answer();
  };

  const routes = new Map<string, EmulatorHandler>([
    ['GET /sns/oauth2/access_token', accessToken],
    ['GET /sns/jscode2session', session],
    ['GET /connect/oauth2/authorize', authorize],
    ['GET /connect/qrconnect', authorize],
    ['POST /tools/authcodetoopenid', openIdOfPaymentCode],
  ]);
  const handle: EmulatorHandler = (request) =>
    routes.get(`${request.method} ${request.url.pathname}`)?.(request) ?? { status: 404, body: '' };
  return startEmulator(handle, port);
};
