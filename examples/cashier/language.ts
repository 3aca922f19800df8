/** The language of the page: the one that was chosen, or the browser's; Chinese or English. */
export type Language = 'zh' | 'en';
export type Words = Readonly<Record<Language, string>>;

const STORED_AS = 'language';
const fromBrowser = (): Language => (navigator.language.toLowerCase().startsWith('zh') ? 'zh' : 'en');
const stored = localStorage.getItem(STORED_AS);
let current: Language = stored === 'zh' || stored === 'en' ? stored : fromBrowser();
document.documentElement.lang = current === 'zh' ? 'zh-CN' : 'en';

export const language = (): Language => current;

export const chooseLanguage = (chosen: Language): void => {
  current = chosen;
  localStorage.setItem(STORED_AS, chosen);
  document.documentElement.lang = chosen === 'zh' ? 'zh-CN' : 'en';
};

/** The text in the language of the page; `{name}` stands for a value. */
export const say = (words: Words, values: Readonly<Record<string, string | number>> = {}): string =>
  words[current].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ''));
