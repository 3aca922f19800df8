/** The pages that a payer sees at an emulated channel. They load nothing from elsewhere and hold no script. */
import type { EmulatorReply } from './emulator.ts';

export interface Choice {
  readonly label: string;
  readonly href: string;
}

interface ChoicePage {
  readonly title: string;
  /** Who asks the payer. */
  readonly merchant: string;
  readonly choices: readonly Choice[];
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
const escapeHtml = (text: string) => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

const style = [
  'body{max-width:22rem;margin:4rem auto;padding:0 1rem;font:1.1rem/1.6 system-ui,sans-serif;color:#222}',
  'h1{font-size:1.3rem}small{color:#666}',
  'a{display:block;margin:.8rem 0;padding:.7rem;border:1px solid #999;border-radius:.5rem;text-align:center;color:#222}',
].join('');

/** Asks the payer to choose; every choice is a link. */
export const choicePage = ({ title, merchant, choices }: ChoicePage): EmulatorReply => ({
  status: 200,
  headers: {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-store',
    // Without scripts a javascript: address among the choices does nothing.
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'referrer-policy': 'no-referrer',
  },
  body: [
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title><style>${style}</style>`,
    `<h1>${escapeHtml(title)}</h1><p>${escapeHtml(merchant)} 请求获取您的付款人标识。</p>`,
    ...choices.map(({ label, href }) => `<a href="${escapeHtml(href)}">${escapeHtml(label)}</a>`),
    '<p><small>沙箱页面：付款人都是虚构的。</small></p></html>',
  ].join('\n'),
});
