/** The HTML pages of the emulated channels. They load nothing from elsewhere and run no script. */
import type { EmulatorReply } from './emulator.ts';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? '');

interface HtmlPage {
  readonly title: string;
  readonly style: string;
  /** What follows the heading, as HTML. */
  readonly content: readonly string[];
}

export const htmlPage = ({ title, style, content }: HtmlPage): EmulatorReply => ({
  status: 200,
  headers: {
    'content-type': 'text/html;charset=utf-8',
    'cache-control': 'no-store',
    // Without scripts, a link to a javascript: address does nothing.
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
    'referrer-policy': 'no-referrer',
  },
  body: [
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8">',
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeHtml(title)}</title><style>${style}</style>`,
    `<h1>${escapeHtml(title)}</h1>`,
    ...content,
    '</html>',
  ].join('\n'),
});

/** Whether a page may link or redirect to the address. */
export const isWebUrl = (text: string): boolean => /^https?:$/.test(URL.parse(text)?.protocol ?? '');
