/** WeChat's pages that ask a payer and give out codes: /connect/oauth2/authorize and /connect/qrconnect. */
import { choicePage } from '../choice-page.ts';
import type { EmulatorReply, EmulatorRequest } from '../emulator.ts';
import { escapeHtml, htmlPage, isWebUrl, languageOf } from '../html.ts';
import type { WechatApp, WechatServer } from './server.ts';

const CODE_TTL_MS = 5 * 60_000;

/** WeChat refuses on a page, with HTTP 200 and the number of the reason. */
const errorPage = (code: number, text: string): EmulatorReply =>
  htmlPage({ title: '出错了', brand: 'wechat', content: [`<h2>${escapeHtml(text)}</h2><p>错误码：${code}</p>`] });

/** The query as it must be written; the fragment #wechat_redirect stays in the browser. */
const QUERY =
  /^\?appid=[^&]+&redirect_uri=[^&]+&response_type=code&scope=(snsapi_\w+)&state=([a-zA-Z0-9]{0,128})(?:&connect_redirect=1)?(?:&forcePopup=\w+)?$/;
/** Each page refuses the scopes of the other. */
const scopesOf = new Map([
  ['/connect/oauth2/authorize', ['snsapi_base', 'snsapi_userinfo']],
  ['/connect/qrconnect', ['snsapi_login']],
]);

const required = new Map([
  ['appid', 10012],
  ['redirect_uri', 10011],
  ['scope', 10010],
  ['state', 10013],
]);

const mayReturnTo = ({ redirectHost }: WechatApp, address: string): boolean =>
  isWebUrl(address) && (redirectHost === undefined || redirectHost === new URL(address).host);

/** Real snsapi_base does not ask; here the payer has to choose who to be. */
export const authorize = ({ apps, issued, now }: WechatServer, request: EmulatorRequest): EmulatorReply => {
  const { url } = request;
  for (const [name, code] of required) if (!url.searchParams.has(name)) return errorPage(code, `缺少参数 ${name}`);
  const [, scope = '', state = ''] = QUERY.exec(url.search) ?? [];
  if (scope && !scopesOf.get(url.pathname)?.includes(scope)) return errorPage(10005, 'Scope 参数错误或没有 Scope 权限');
  const app = apps.get(url.searchParams.get('appid') ?? '');
  const target = url.searchParams.get('redirect_uri') ?? '';
  if (!scope || !app || !mayReturnTo(app, target)) return errorPage(10003, 'redirect_uri 参数错误');

  const hrefFor = (code: string | undefined): string => {
    const back = new URL(target);
    if (code !== undefined) {
      issued.set(code, { appId: app.appId, takenAs: 'code', scope, until: now() + CODE_TTL_MS });
      back.searchParams.set('code', code);
    }
    back.searchParams.set('state', state);
    return back.href;
  };
  const title = { zh: '微信登录', en: 'WeChat · 微信登录' };
  return choicePage({ brand: 'wechat', title, merchant: app.appId, language: languageOf(request), hrefFor });
};
