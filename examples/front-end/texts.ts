import texts from '../failure-codes.json' with { type: 'json' };

type Language = 'en' | 'zh';
const isKnown = (code: string): code is keyof typeof texts => Object.hasOwn(texts, code);

/** What to show the payer. A code that this version does not list gets the text of INPUT_INVALID. */
export const payerText = (code: string, language: Language): string =>
  texts[isKnown(code) ? code : 'INPUT_INVALID'].payer[language];
