/** The pages that a payer meets at Alipay, after their documentation: the page that gives out auth codes, and errors. */
import { choicePage } from '../choice-page.ts';
import type { EmulatorReply } from '../emulator.ts';
import { escapeHtml, htmlPage, isWebUrl, type Language } from '../html.ts';
import type { AlipayApp } from './app.ts';

type Link = readonly [label: string, href: string];

interface TextPage {
  readonly language?: Language;
  readonly links?: readonly Link[];
  /** What follows the links, as HTML. */
  readonly end?: string;
}

export const textPage = (
  title: string,
  text: string,
  { language, links = [], end = '' }: TextPage = {},
): EmulatorReply =>
  htmlPage({
    title,
    brand: 'ali',
    ...(language && { language }),
    content: [
      `<p>${escapeHtml(text)}</p>`,
      ...links.map(
        ([label, href], index) =>
          `<p class="${index === 0 ? 'payer' : 'decline'}"><a href="${escapeHtml(href)}">${escapeHtml(label)}</a></p>`,
      ),
      end,
    ],
  });

/** What a browser gets where a program would get an error; the wording is the gateway's. */
export const errorPage = (code: string, reason: string): EmulatorReply =>
  textPage('调试错误，请回到请求来源地，重新发起请求。', `错误代码 ${code} 错误原因: ${reason}`);

/** https://openauth.alipay.com/oauth2/publicAppAuthorize.htm; a payer who refuses comes back without an auth code. */
export const authorizePage = (
  app: AlipayApp | undefined,
  params: URLSearchParams,
  language: Language = 'zh',
): EmulatorReply => {
  const redirectUri = params.get('redirect_uri') ?? '';
  const scope = params.get('scope') ?? '';
  const state = params.get('state');
  if (!app) return errorPage('invalid-app-id', '无效的AppID参数');
  if (!isWebUrl(redirectUri) || app.returnUrls?.includes(redirectUri) === false)
    return errorPage('invalid-redirect-uri', '授权回调地址与应用的配置不一致');
  if (!scope.split(',').every((part) => part === 'auth_base' || part === 'auth_user'))
    return errorPage('invalid-scope', '无效的scope参数');
  if (state !== null && state.length > 100) return errorPage('invalid-state', '无效的state参数');

  const hrefFor = (authCode: string | undefined): string => {
    const url = new URL(redirectUri);
    const answer = { app_id: app.appId, source: 'alipay_wallet', scope, state, auth_code: authCode };
    for (const [name, value] of Object.entries(answer)) if (value != null) url.searchParams.set(name, value);
    return url.href;
  };
  const title = { zh: '支付宝授权', en: 'Alipay · 支付宝授权' };
  return choicePage({ brand: 'ali', title, merchant: app.appId, language, hrefFor });
};
