/** The faults that a person may choose on the page of an emulated channel, instead of an outcome: one button each. */
import { type Brand, escapeHtml, type Language, type Words } from './html.ts';
import { type CodeOutcome, issueTestCode, type TestCodeKind } from './test-codes.ts';

interface Fault extends CodeOutcome {
  readonly words: Words;
  /** Absent: alice. */
  readonly payer?: string;
  /** Absent: every channel has it. */
  readonly brand?: Brand;
}

type FaultKind = Exclude<TestCodeKind, 'ok'>;

/** Every kind of test code but the one that succeeds: tsc finds the one that is missing. */
const kinds: Readonly<Record<FaultKind, Words>> = {
  invalid: { zh: '授权码无效', en: 'The code is unknown' },
  used: { zh: '授权码已使用', en: 'The code was used before' },
  expired: { zh: '授权码已过期', en: 'The code has expired' },
  hang: { zh: '渠道一直不响应', en: 'The channel never answers' },
  reset: { zh: '连接中断', en: 'The connection breaks' },
  500: { zh: '渠道返回 HTTP 500', en: 'The channel answers HTTP 500' },
  html: { zh: '渠道返回网页', en: 'The channel answers with a web page' },
  gbk: { zh: '响应不是 UTF-8', en: 'The answer is not UTF-8' },
  redirect: { zh: '渠道返回重定向', en: 'The channel answers with a redirect' },
  oversize: { zh: '响应超过 64 KiB', en: 'The answer has more than 64 KiB' },
  badsign: { zh: '签名错误', en: 'The answer is signed with another key' },
  nosign: { zh: '没有签名', en: 'The answer is not signed' },
  twice: { zh: '结果出现两次', en: 'The answer holds its result twice' },
};

/** Where they say something else of a certification than of an auth code. */
const certificationKinds: Readonly<Record<FaultKind, Words>> = {
  ...kinds,
  invalid: { zh: '认证单据不存在', en: 'The certification is unknown' },
  used: { zh: '认证单据状态异常', en: 'The state of the certification is wrong' },
  expired: { zh: '认证单据已过期', en: 'The certification has expired' },
};

const delays: readonly Fault[] = [2, 4, 30].map((delaySeconds) => ({
  delaySeconds,
  words: { zh: `延迟 ${delaySeconds} 秒响应`, en: `Answers after ${delaySeconds} s` },
}));

const isKind = (kind: string): kind is FaultKind => Object.hasOwn(kinds, kind);
const faultsOf = (words: Readonly<Record<FaultKind, Words>>): Fault[] =>
  Object.keys(words)
    .filter(isKind)
    .map((kind) => ({ kind, words: words[kind] }));

const faults: readonly Fault[] = [
  ...delays,
  { payer: 'snapshot', brand: 'wechat', words: { zh: '快照页', en: 'A preview of the page (snapshot)' } },
  ...faultsOf(kinds),
];

const heading: Words = { zh: '选择异常情况', en: 'Choose a fault' };

/** Where a button leads. Its fields replace the query of the address, so that a fault is no link among the choices. */
export interface FaultTarget {
  readonly action: string;
  readonly fields: Iterable<readonly [name: string, value: string]>;
}

const button = ({ action, fields }: FaultTarget, label: string, code: string): string => {
  const inputs = [...fields].map(
    ([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`,
  );
  const shown = code.split('~', 1).join();
  return `<form action="${escapeHtml(action)}">${inputs.join('')}<button>${escapeHtml(label)} <code>${escapeHtml(shown)}</code></button></form>`;
};

const chooser = (language: Language, buttons: readonly string[]): string =>
  `<details><summary>${heading[language]}</summary>${buttons.join('\n')}</details>`;

export const faultChooser = (brand: Brand, language: Language, hrefFor: (authCode: string) => string): string => {
  const buttons = faults
    .filter((fault) => fault.brand === undefined || fault.brand === brand)
    .map(({ words, payer = 'alice', ...outcome }) => {
      const code = issueTestCode(payer, outcome);
      const url = new URL(hrefFor(code));
      const fields = [...url.searchParams];
      url.search = '';
      return button({ action: url.href, fields }, words[language], code);
    });
  return chooser(language, buttons);
};

/** Of a certification: how the channel answers when it is asked for the result. */
export const certificationFaultChooser = (
  language: Language,
  targetOf: (outcome: CodeOutcome) => FaultTarget,
): string => {
  const buttons = [...delays, ...faultsOf(certificationKinds)].map(({ words, ...outcome }) =>
    button(targetOf(outcome), words[language], issueTestCode('alice', outcome)),
  );
  return chooser(language, buttons);
};
