/**
 * `payer-identity init`: writes a commented configuration for the chosen sources beside new keys that only this user can
 * read. It asks for what no option says, and overwrites nothing.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../config/load.ts';
import { type Answers, configurationText, type SourceType, sourceTexts } from './lib/init-text.ts';

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

export interface Initialized {
  /** Absolute, in the order in which they were written. */
  readonly files: readonly string[];
  /** What is left to do before the service starts, a line each. */
  readonly next: readonly string[];
}

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
const readAnswers = async (options: InitOptions, ask: Ask | undefined): Promise<Answers> => {
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

interface NewFile {
  readonly path: string;
  readonly text: string;
  readonly mode: number;
}

const PRIVATE = 0o600;
const PUBLIC = 0o644;

const newKey = () => `${randomBytes(32).toString('base64')}\n`;

const alipayPair = () => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
  return {
    privatePem: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicPem: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  };
};

const schemaFrom = (folder: string): string =>
  relative(folder, fileURLToPath(new URL('../../schema/configuration.schema.json', import.meta.url)));

const filesOf = (file: string, answers: Answers): NewFile[] => {
  const inKeys = (name: string) => join(dirname(file), 'keys', name);
  const common: NewFile[] = [
    { path: inKeys('seal.key'), text: newKey(), mode: PRIVATE },
    { path: inKeys('index.key'), text: newKey(), mode: PRIVATE },
    { path: inKeys('router.secret'), text: `${randomBytes(32).toString('hex')}\n`, mode: PRIVATE },
  ];
  const configuration = { path: file, text: configurationText(answers, schemaFrom(dirname(file))), mode: PRIVATE };
  if (!answers.sources.includes('alipay')) return [...common, configuration];
  const { privatePem, publicPem } = alipayPair();
  return [
    ...common,
    { path: inKeys('alipay-app-private.pem'), text: privatePem, mode: PRIVATE },
    { path: inKeys('alipay-app-public.pem'), text: publicPem, mode: PUBLIC },
    configuration,
  ];
};

const requireNew = (files: readonly NewFile[]): void => {
  const there = files.map(({ path }) => path).filter((path) => existsSync(path));
  if (there.length > 0)
    throw new ConfigError(
      `Nothing was written, since this is there already: ${there.join(', ')}. Choose another folder with --out.`,
    );
};

const stepsOf = (file: string, { sources, store }: Answers): string[] => [
  ...sources.flatMap((type) => sourceTexts.get(type)?.next ?? []),
  ...(store === 'postgres' ? ['Set DATABASE_URL to the address of your PostgreSQL.'] : []),
  `Give the router the secret in ${join(dirname(file), 'keys', 'router.secret')}: header Router-Authorization.`,
  `Replace what stands in <…> in ${file}, then: payer-identity check-config ${file}`,
];

/** Writes the files, of which none may be there. Throws ConfigError for an option that cannot be used. */
export const init = async (options: InitOptions, ask?: Ask): Promise<Initialized> => {
  const file = resolve(options.out ?? 'payer-identity.yaml');
  if (!/\.ya?ml$/.test(file)) throw new ConfigError('--out: is not the name of a YAML file. End it in .yaml.');
  const answers = await readAnswers(options, ask);
  const files = filesOf(file, answers);
  requireNew(files);
  mkdirSync(join(dirname(file), 'keys'), { recursive: true, mode: 0o700 });
  // Exclusive: a file that appeared in the meantime stays as it is.
  for (const { path, text, mode } of files) writeFileSync(path, text, { mode, flag: 'wx' });
  return { files: files.map(({ path }) => path), next: stepsOf(file, answers) };
};
