/** What `payer-identity init` is to write: by its options, and by what it asks a person. */
import { ConfigError } from '../../config/load.ts';
import { type Answers, type SourceType, sourceTexts } from './init-text.ts';

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

/** Asks a person; absent where there is no terminal. */
export type Ask = (question: string, fallback: string) => Promise<string>;

const types = [...sourceTexts.keys()];

const isType = (text: string): text is SourceType => types.some((type) => type === text);

const readTypes = (given: readonly string[]): SourceType[] => {
  const names = given.flatMap((text) => text.split(/[\s,]+/)).filter((name) => name !== '');
  const wrong = names.find((name) => !isType(name));
  if (names.length === 0 || wrong !== undefined)
    throw new ConfigError(
      `--source: ${wrong === undefined ? 'is missing' : 'is not a known type'}. Write one or more of: ${types.join(', ')}.`,
    );
  return [...new Set(names.filter(isType))];
};

const readStore = (text: string): Answers['store'] => {
  if (text === 'sqlite' || text === 'postgres') return text;
  throw new ConfigError('--store: is not a kind of store. Write sqlite (one instance) or postgres (several).');
};

const readApp = (text: string): string => {
  if (/^[\w.-]{1,32}$/.test(text)) return text;
  throw new ConfigError('--app: is not an id. Write 1 to 32 characters of A-Z a-z 0-9 _ . -');
};

const readReturnUrls = (given: readonly string[]): string[] => {
  const urls = given.flatMap((text) => text.split(/[\s,]+/)).filter((url) => url !== '');
  for (const url of urls)
    if (!/^https?:\/\/[^\s"']+$/.test(url) || !URL.canParse(url))
      throw new ConfigError(
        '--return-url: is not an address of a page. Write one such as https://shop.example.com/pay',
      );
  return urls;
};

/** What options leave open is asked, or has its default where there is no terminal. */
export const readAnswers = async (options: InitOptions, ask: Ask | undefined): Promise<Answers> => {
  const answer = async (given: string | undefined, question: string, fallback: string) =>
    given ?? (ask ? await ask(question, fallback) : fallback);
  const sources = readTypes([
    await answer(options.source?.join(','), `Which sources (${types.join(', ')})?`, ask ? 'alipay,wechat' : ''),
  ]);
  return {
    sources,
    app: readApp(await answer(options.app, 'Which id has your app?', 'shop')),
    returnUrls: readReturnUrls([
      await answer(options.returnUrl?.join(','), 'To which page do payers come back?', 'https://shop.example.com/pay'),
    ]),
    store: readStore(await answer(options.store, 'Which store (sqlite for one instance, postgres)?', 'sqlite')),
  };
};
