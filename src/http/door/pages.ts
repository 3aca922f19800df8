/** The pages of the door, for payers: without scripts, and loading nothing. */
import type { Choice } from '../../identity/door.ts';
import { escapeHtml } from '../../lib/form.ts';
import { qrSvg } from '../../lib/qr.ts';
import { type EdgeReply, type Refusal, reply } from '../edge.ts';

const style = [
  'body{max-width:22rem;margin:3rem auto;padding:0 1rem;font:1.1rem/1.6 system-ui,sans-serif;color:#222;background:#fff}',
  'h1{font-size:1.3rem}small{color:#555}svg{display:block;width:12rem;margin:1.5rem auto}',
  'a{display:block;margin:.8rem 0;padding:.7rem;border:1px solid #999;border-radius:.5rem;text-align:center;color:#222}',
].join('');

/** On every reply of the door, redirects included. */
export const doorHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-robots-tag': 'noindex, nofollow',
};

/** `content`: HTML. */
const page = (
  status: number,
  title: string,
  content: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): EdgeReply =>
  reply(
    status,
    'text/html; charset=utf-8',
    [
      '<!doctype html><html lang="zh-CN"><meta charset="utf-8">',
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
      `<title>${title}</title><style>${style}</style><h1>${title}</h1>`,
      ...content,
      '</html>',
    ].join('\n'),
    headers,
  );

/** For a browser of no channel: a code to scan with the application of one, and the page of each. */
export const choicePage = ({ url, pages }: Choice): EdgeReply =>
  page(200, '请选择应用', [
    '<p>请用以下应用扫描二维码，或在本机打开。<br><small>Scan the code with one of these applications, or open one here.</small></p>',
    qrSvg(url) ?? '',
    ...pages.map((each) => `<a href="${escapeHtml(each.url)}" rel="noreferrer">${escapeHtml(each.title)}</a>`),
  ]);

const texts = {
  UNKNOWN: [
    404,
    '链接无效',
    '请返回商家页面重新开始。',
    'This link is not valid. Begin again at the page of the merchant.',
  ],
  ENDED: [
    410,
    '链接已过期',
    '请返回商家页面重新开始。',
    'This link has expired. Begin again at the page of the merchant.',
  ],
  UNLISTED: [
    403,
    '无法返回商家页面',
    '请联系商家。',
    'The page of the merchant is not available any more. Ask the merchant.',
  ],
  RATE_LIMITED: [429, '访问过于频繁', '请稍后再试。', 'Too many requests. Try again in a moment.'],
  UNAVAILABLE: [503, '服务暂不可用', '请稍后刷新此页。', 'Not available now. Load this page again in a moment.'],
} as const satisfies Record<string, readonly [number, string, string, string]>;

/** What a payer reads who cannot go on. */
export const refusalPage = (code: keyof typeof texts, headers: Readonly<Record<string, string>> = {}): Refusal => {
  const [status, title, chinese, english] = texts[code];
  const content = [`<p>${chinese}<br><small>${english}</small></p>`];
  return { ...page(status, title, content, headers), refusal: `DOOR_${code}` };
};
