/** The HTML pages of the emulated channels, in the channel's colour. They load nothing from elsewhere and run no script. */
import type { EmulatorReply, EmulatorRequest } from './emulator.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

export type Brand = 'ali' | 'wechat' | 'union';
export type Language = 'zh' | 'en';
export type Words = Readonly<Record<Language, string>>;

/** Chinese, as the channels' own pages are, unless the browser asks for English first. */
export const languageOf = ({ headers }: Pick<EmulatorRequest, 'headers'>): Language =>
  /^\s*en\b/i.test(headers['accept-language'] ?? '') ? 'en' : 'zh';

/** White text has to be readable on both. */
const colours: Readonly<Record<Brand, readonly [light: string, dark: string]>> = {
  ali: ['#1062d6', '#2a72de'],
  wechat: ['#067a40', '#0b8247'],
  union: ['#b11e2b', '#c93640'],
};

const styleOf = (brand: Brand): string => {
  const [light, dark] = colours[brand];
  return [
    `:root{color-scheme:light dark;--brand:${light};--ground:#f3f5f8;--card:#fff;--ink:#1b2330;--soft:#566072;--line:#d9dee6}`,
    `@media(prefers-color-scheme:dark){:root{--brand:${dark};--ground:#12161d;--card:#1c222c;--ink:#e8ecf2;--soft:#a5afbf;--line:#36404f}}`,
    '*{box-sizing:border-box}body{margin:0;background:var(--ground);color:var(--ink);font:1rem/1.6 system-ui,"PingFang SC","Microsoft YaHei","Noto Sans SC",sans-serif}',
    'header{padding:.9rem 1rem;background:var(--brand);color:#fff}h1,header p{width:min(24rem,100%);margin:0 auto;font-size:1.15rem}header p{font-size:.8125rem}',
    'main{width:min(26rem,100%);margin:0 auto;padding:1rem}small,.soft{color:var(--soft);font-size:.875rem}ul{margin:1rem 0;padding:0;list-style:none}',
    'a,button{display:block;width:100%;min-height:3rem;margin:.6rem 0;padding:.65rem 1rem;border:1px solid var(--line);border-radius:.625rem;background:var(--card);color:inherit;font:inherit;text-align:center;text-decoration:none;cursor:pointer}',
    '.payer a{border-color:var(--brand);background:var(--brand);color:#fff;font-weight:600}.decline a{background:none}',
    'a:hover,button:hover{border-color:var(--brand)}:focus-visible{outline:3px solid var(--brand);outline-offset:2px}',
    'details{padding:0 1rem;border:1px solid var(--line);border-radius:.625rem;background:var(--card)}summary{padding:.65rem 0;cursor:pointer}',
    'details button{min-height:2.75rem;text-align:start}code{color:var(--soft);font-size:.8125rem}h2{margin:1rem 0 .25rem;font-size:1rem}',
  ].join('');
};

interface HtmlPage {
  readonly title: string;
  readonly brand: Brand;
  readonly language?: Language;
  /** What follows the heading, as HTML. */
  readonly content: readonly string[];
}

const emulated: Words = {
  zh: '沙箱模拟页面，付款人均为虚构',
  en: 'Emulated page of the sandbox; the payers are made up',
};

export const htmlPage = ({ title, brand, language = 'zh', content }: HtmlPage): EmulatorReply => ({
  status: 200,
  headers: {
    'content-type': 'text/html;charset=utf-8',
    'cache-control': 'no-store',
    // Without scripts, a link to a javascript: address does nothing.
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'referrer-policy': 'no-referrer',
  },
  body: [
    `<!doctype html><html lang="${language === 'zh' ? 'zh-CN' : 'en'}"><head><meta charset="utf-8">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title><style>${styleOf(brand)}</style></head>`,
    `<body><header><h1>${escapeHtml(title)}</h1><p>${emulated[language]}</p></header><main>`,
    ...content,
    '</main></body></html>',
  ].join('\n'),
});

/** Whether a page may link or redirect to the address. */
export const isWebUrl = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? '');
