/** The page on which an emulated channel asks who the payer is. Each choice is a link back to the merchant. */
import type { EmulatorReply } from './emulator.ts';
import { escapeHtml, htmlPage } from './html.ts';
import { issueTestCode } from './test-codes.ts';

interface Choice {
  readonly label: string;
  readonly href: string;
}

interface ChoicePage {
  readonly title: string;
  /** Who asks for the payer's identity. */
  readonly merchant: string;
  readonly choices: readonly Choice[];
}

const style = [
  'body{max-width:22rem;margin:4rem auto;padding:0 1rem;font:1.1rem/1.6 system-ui,sans-serif;color:#222}',
  'h1{font-size:1.3rem}small{color:#666}',
  'a{display:block;margin:.8rem 0;padding:.7rem;border:1px solid #999;border-radius:.5rem;text-align:center;color:#222}',
].join('');

export const choicePage = ({ title, merchant, choices }: ChoicePage): EmulatorReply =>
  htmlPage({
    title,
    style,
    content: [
      `<p>${escapeHtml(merchant)} 请求获取您的付款人标识。</p>`,
      ...choices.map(({ label, href }) => `<a href="${escapeHtml(href)}">${escapeHtml(label)}</a>`),
      '<p><small>沙箱页面：付款人都是虚构的。</small></p>',
    ],
  });

const demoPayers = { alice: '小艾', bob: '小博', carol: '小卡' };

/** The demo payers, each with a new auth code, and a refusal, which has none. */
export const payerChoices = (hrefFor: (authCode: string | undefined) => string): Choice[] => [
  ...Object.entries(demoPayers).map(([payer, label]) => ({ label, href: hrefFor(issueTestCode(payer)) })),
  { label: '拒绝', href: hrefFor(undefined) },
];
