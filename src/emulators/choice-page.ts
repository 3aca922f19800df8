/** The page on which an emulated channel asks who the payer is. Each choice is a link back to the merchant. */
import type { EmulatorReply } from './emulator.ts';
import { faultChooser } from './fault-chooser.ts';
import { type Brand, escapeHtml, htmlPage, type Language, type Words } from './html.ts';
import { issueTestCode } from './test-codes.ts';

interface ChoicePage {
  readonly brand: Brand;
  readonly title: Words;
  /** What the channel knows the merchant by: the id of its application, or the host of its page. */
  readonly merchant: string;
  readonly language: Language;
  /** The address with an auth code; that of a payer who refuses has none. */
  readonly hrefFor: (authCode: string | undefined) => string;
}

const demoPayers: Readonly<Record<string, Words>> = {
  alice: { zh: '小艾', en: 'Alice · 小艾' },
  bob: { zh: '小博', en: 'Bob · 小博' },
  carol: { zh: '小卡', en: 'Carol · 小卡' },
};
const refusal: Words = { zh: '拒绝', en: 'Decline · 拒绝' };
/** As the cashier names itself. */
const shop: Words = { zh: '示例商店', en: 'Demo shop' };
const question: Words = {
  zh: '请求获取您的付款人标识。请选择以谁的身份授权：',
  en: 'asks for your payer id. Authorize as:',
};

const item = (kind: 'payer' | 'decline', href: string, label: string): string =>
  `<li class="${kind}"><a href="${escapeHtml(href)}">${escapeHtml(label)}</a></li>`;

export const choicePage = ({ brand, title, merchant, language, hrefFor }: ChoicePage): EmulatorReply => {
  const payers = Object.entries(demoPayers).map(([payer, label]) =>
    item('payer', hrefFor(issueTestCode(payer)), label[language]),
  );
  return htmlPage({
    title: title[language],
    brand,
    language,
    content: [
      `<p><strong>${shop[language]}</strong> <small>${escapeHtml(merchant)}</small> ${question[language]}</p>`,
      `<ul>${payers.join('\n')}${item('decline', hrefFor(undefined), refusal[language])}</ul>`,
      faultChooser(brand, language, hrefFor),
    ],
  });
};
