/** What `payer-identity init` is to write: by its options, and by what it asks a person. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { ConfigError } from '../../config/load.ts';
import { type SourceType, sourceTexts } from './init-sources.ts';
import type { Answers } from './init-text.ts';

export interface InitOptions {
  /** Where the configuration is written; absent: payer-identity.yaml. */
  readonly out?: string | undefined;
  /** Types of sources, at least one. */
  readonly source?: readonly string[] | undefined;
  /** The id of the app; absent: shop. */
  readonly app?: string | undefined;
  /** The pages that payers come back to. */
  readonly returnUrl?: readonly string[] | undefined;
  /** Absent: sqlite. */
  readonly store?: string | undefined;
}

/** What to ask a person; `fault` says what was wrong with the answer before. */
interface Question {
  readonly text: string;
  readonly fallback: string;
  readonly fault?: string | undefined;
}

/** Asks a person; absent where there is no terminal. */
export type Ask = (question: Question) => Promise<string>;

/** What is wrong with an option or an answer: a sentence without its subject. */
class Wrong extends Error {}

interface Setting<Value> {
  readonly option: string;
  readonly question: string;
  readonly fallback: string;
  /** Throws Wrong. */
  readonly read: (text: string) => Value;
}

const types = [...sourceTexts.keys()];

const isType = (text: string): text is SourceType => types.some((type) => type === text);

const wordsOf = (text: string): string[] => text.split(/[\s,]+/).filter((word) => word !== '');

const readTypes = (text: string): SourceType[] => {
  const names = wordsOf(text);
  if (names.length === 0 || !names.every(isType))
    throw new Wrong(
      `${names.length === 0 ? 'is missing' : 'is not a known type'}. Write one or more of: ${types.join(', ')}.`,
    );
  return [...new Set(names.filter(isType))];
};

const readStore = (text: string): Answers['store'] => {
  if (text === 'sqlite' || text === 'postgres') return text;
  throw new Wrong('is not a kind of store. Write sqlite (one instance) or postgres (several).');
};

const readApp = (text: string): string => {
  if (/^[\w.-]{1,32}$/.test(text)) return text;
  throw new Wrong('is not an id. Write 1 to 32 characters of A-Z a-z 0-9 _ . -');
};

const readReturnUrls = (text: string): string[] => {
  const urls = wordsOf(text);
  if (urls.every((url) => /^https?:\/\/[^\s"']+$/.test(url) && URL.canParse(url))) return urls;
  throw new Wrong('is not an address of a page. Write one such as https://shop.example.com/pay');
};

/** The keys that are made beside every configuration. */
export const commonKeys = ['seal.key', 'index.key', 'router.secret'] as const;

/** The absolute path of a file that is not there, beside which there are no keys. */
const readOut = (text: string): string => {
  const file = resolve(text);
  if (!/\.ya?ml$/.test(file)) throw new Wrong('is not the name of a YAML file. End it in .yaml.');
  const there = [file, ...commonKeys.map((name) => join(dirname(file), 'keys', name))].filter((path) =>
    existsSync(path),
  );
  if (there.length === 0) return file;
  throw new Wrong(
    `is taken. Nothing was written, since this is there already: ${there.join(', ')}. Name a file in another folder.`,
  );
};

const settings = {
  out: { option: '--out', question: 'Which file is to be written?', fallback: 'payer-identity.yaml', read: readOut },
  sources: {
    option: '--source',
    question: `Which sources (${types.join(', ')})?`,
    fallback: 'alipay,wechat',
    read: readTypes,
  },
  app: { option: '--app', question: 'Which id has your app?', fallback: 'shop', read: readApp },
  returnUrls: {
    option: '--return-url',
    question: 'To which page do payers come back?',
    fallback: 'https://shop.example.com/pay',
    read: readReturnUrls,
  },
  store: {
    option: '--store',
    question: 'Which store (sqlite for one instance, postgres for several)?',
    fallback: 'sqlite',
    read: readStore,
  },
} as const;

const readOption = <Value>({ option, read }: Setting<Value>, text: string): Value => {
  try {
    return read(text);
  } catch (error) {
    throw error instanceof Wrong ? new ConfigError(`${option}: ${error.message}`) : error;
  }
};

/** Asks until the answer can be used. */
const readAnswer = async <Value>({ question, fallback, read }: Setting<Value>, ask: Ask): Promise<Value> => {
  let fault: string | undefined;
  for (;;) {
    const text = await ask({ text: question, fallback, fault });
    try {
      return read(text);
    } catch (error) {
      if (!(error instanceof Wrong)) throw error;
      fault = `The answer ${error.message}`;
    }
  }
};

/** Where to write, and what. What options leave open is asked, or has its default where there is no terminal. */
export const readAnswers = async (
  { out, source, app, returnUrl, store }: InitOptions,
  ask: Ask | undefined,
): Promise<Answers & { readonly file: string }> => {
  const answer = async <Value>(setting: Setting<Value>, given: string | undefined): Promise<Value> =>
    ask && given === undefined ? readAnswer(setting, ask) : readOption(setting, given ?? setting.fallback);
  const file = await answer(settings.out, out);
  const sources = await answer(settings.sources, source?.join(',') ?? (ask ? undefined : ''));
  return {
    file,
    sources,
    app: await answer(settings.app, app),
    returnUrls: await answer(settings.returnUrls, returnUrl?.join(',')),
    store: await answer(settings.store, store),
  };
};
