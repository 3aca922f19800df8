/**
 * `payer-identity init`: writes a commented configuration for the chosen sources beside new keys that only this user can
 * read. It asks for what no option says, and overwrites nothing.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../config/load.ts';
import { type Ask, type InitOptions, readAnswers } from './lib/init-answers.ts';
import { type Answers, configurationText, sourceTexts } from './lib/init-text.ts';

export interface Initialized {
  /** Absolute, in the order in which they were written. */
  readonly files: readonly string[];
  /** What is left to do before the service starts, a line each. */
  readonly next: readonly string[];
}

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
