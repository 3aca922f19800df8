/** The pages of the door, for payers: without scripts, and loading nothing. */
import type { Choice } from '../../identity/door.ts';
import { escapeHtml } from '../../lib/form.ts';
import { qrSvg } from '../../lib/qr.ts';
import { type EdgeReply, type Refusal, reply } from '../edge.ts';

/** The look of the example's cashier, examples/cashier/style.css, as far as these pages need it: its colours, its card. */
const style = [
  ':root{color-scheme:light dark;--ground:#f3f5f8;--card:#ffffff;--ink:#1b2330;--soft:#566072;--line:#d9dee6;--brand:#2a4d8f;--tint:#eef2fa;--bad:#b3261e}',
  '@media(prefers-color-scheme:dark){:root{--ground:#12161d;--card:#1c222c;--ink:#e8ecf2;--soft:#a5afbf;--line:#36404f;--brand:#3f6fc4;--tint:#232d3d;--bad:#ff8f86}}',
  '*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.5 system-ui,-apple-system,"PingFang SC","Microsoft YaHei","Noto Sans SC",sans-serif}',
  'main{width:min(28rem,100%);margin:0 auto;padding:1rem}h1,p,ul,figure{margin:0}h1{font-size:1.25rem;line-height:1.35}[lang=en]{color:var(--soft);font-size:.875rem}',
  '.card{display:grid;gap:1rem;overflow:hidden;padding:0 1.25rem 1.25rem;border:1px solid var(--line);border-radius:1rem;background:var(--card);box-shadow:0 10px 30px -18px #0006}',
  'header{display:flex;align-items:center;gap:.75rem;margin:0 -1.25rem;padding:1rem 1.25rem;background:var(--tint);border-bottom:1px solid var(--line)}',
  '.mark{flex:none;width:2.75rem;fill:none;stroke:#fff;stroke-width:2}.plate{fill:var(--brand);stroke:none}',
  '.sign{width:3.5rem;margin:0 auto;fill:none;stroke:var(--bad);stroke-width:3;stroke-linecap:round}.ended{display:grid;gap:.375rem;padding-top:1.25rem;text-align:center;text-wrap:balance}',
  '.qr{justify-self:center;padding:.875rem;border:2px solid var(--brand);border-radius:1rem;background:#fff}.qr svg{display:block;width:14rem;max-width:100%}',
  'ul{display:grid;gap:.625rem;padding:0;list-style:none}a{display:block;padding:.75rem 1rem;border:1px solid var(--line);border-radius:.75rem;color:inherit;text-align:center;text-decoration:none}',
  'a:hover{border-color:var(--brand);background:var(--tint)}:focus-visible{outline:3px solid var(--brand);outline-offset:2px}',
  // On a phone the links come before the code.
  '@media(max-width:40rem){.qr{order:1}}',
].join('');

/** On every reply of the door, redirects included. */
export const doorHeaders = {
  'content-security-policy':
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-robots-tag': 'noindex, nofollow',
};

/** `content`: HTML of the card. */
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
      '<!doctype html><html lang="zh-CN"><head><meta charset="utf-8">',
      '<meta name="viewport" content="width=device-width, initial-scale=1">',
      `<title>${title}</title><style>${style}</style></head><body><main><section class="card">`,
      ...content,
      '</section></main></body></html>',
    ].join('\n'),
    headers,
  );

const mark =
  '<svg class="mark" viewBox="0 0 32 32" aria-hidden="true"><rect class="plate" width="32" height="32" rx="8"/><path d="M7 7h7v7H7zM18 7h7v7h-7zM7 18h7v7H7zM18 18h3v3M25 18v7h-7"/></svg>';
const sign =
  '<svg class="sign" viewBox="0 0 48 48" aria-hidden="true"><circle cx="24" cy="24" r="22"/><path d="M24 13v14M24 33.5v.01"/></svg>';

/** For a browser of no channel: a code to scan with the application of one, and the page of each. */
export const choicePage = ({ url, pages }: Choice): EdgeReply => {
  const title = '请选择应用';
  const code = qrSvg(url);
  const links = pages.map(
    (each) => `<li><a href="${escapeHtml(each.url)}" rel="noreferrer">${escapeHtml(each.title)}</a></li>`,
  );
  return page(200, title, [
    `<header>${mark}<div><h1>${title}</h1><p lang="en">Choose an application</p></div></header>`,
    '<div><p>请用以下应用扫描二维码，或在本机打开。</p><p lang="en">Scan the code with one of these applications, or open one here.</p></div>',
    ...(code === undefined ? [] : [`<figure class="qr" role="img" aria-label="二维码 QR code">${code}</figure>`]),
    `<ul>${links.join('\n')}</ul>`,
  ]);
};

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
  const content = `<div class="ended">${sign}<h1>${title}</h1><p>${chinese}</p><p lang="en">${english}</p></div>`;
  return { ...page(status, title, [content], headers), refusal: `DOOR_${code}` };
};
