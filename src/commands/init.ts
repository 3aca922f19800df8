/**
 * `payer-identity init`: writes a commented configuration for the chosen sources beside new keys that only this user can
 * read. It asks for what no option says, and overwrites nothing.
 */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError } from '../config/load.ts';
import { type Ask, commonKeys, type InitOptions, readAnswers } from './lib/init-answers.ts';
import { sourceTexts } from './lib/init-sources.ts';
import { type Answers, configurationText } from './lib/init-text.ts';

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

const newSecret = () => `${randomBytes(32).toString('hex')}\n`;

const filesOf = (file: string, answers: Answers): NewFile[] => {
  const inKeys = (name: string) => join(dirname(file), 'keys', name);
  const common = commonKeys.map((name) => ({
    path: inKeys(name),
    text: name === 'router.secret' ? newSecret() : newKey(),
    mode: PRIVATE,
  }));
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

/** All of the files, or none. Exclusive: a file that appeared in the meantime stays as it is. */
const writeAll = (files: readonly NewFile[]): void => {
  const written: string[] = [];
  try {
    for (const { path, text, mode } of files) {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      writeFileSync(path, text, { mode, flag: 'wx' });
      written.push(path);
    }
  } catch (error) {
    for (const path of written) rmSync(path, { force: true });
    const reason = error instanceof Error ? error.message : 'unknown';
    throw new ConfigError(`Nothing was written: ${reason}. Choose another folder with --out.`, { cause: error });
  }
};

/** Writes the files, of which none may be there. Throws ConfigError for an option that cannot be used. */
export const init = async (options: InitOptions, ask?: Ask): Promise<Initialized> => {
  const { file, ...answers } = await readAnswers(options, ask);
  const files = filesOf(file, answers);
  requireNew(files);
  writeAll(files);
  return { files: files.map(({ path }) => path), next: stepsOf(file, answers) };
};
