/**
 * Reads a configuration file: JSON5, of which JSON and JSON with comments are parts, or YAML when its name ends so. Every
 * setting keeps its line. What a parser would let through in silence is refused, since the operator meant something else.
 */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { didYouMean } from '../lib/nearest.ts';
import type { SettingFault, SettingPath } from '../lib/setting-faults.ts';
import { ConfigError } from './faults.ts';
import { readJson5 } from './json5.ts';
import { type Member, type Node, SyntaxFault } from './syntax.ts';
import { readYaml } from './yaml.ts';

/** A configuration file as it is written: before variables, files and defaults. */
export interface Document {
  /** Absolute. */
  readonly path: string;
  readonly value: unknown;
  /** What the language would let through in silence. */
  readonly faults: readonly SettingFault[];
  /** The line of a setting, or of what contains it; undefined in a file of one line. */
  lineOf(path: SettingPath): number | undefined;
}

const MAX_BYTES = 2 ** 20;
const MAX_DEPTH = 20;

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist (ENOENT). Correct the path, or create the file',
  EACCES: 'may not be read by the user of this process (EACCES). Give it the permission',
  EPERM: 'may not be read by the user of this process (EPERM). Give it the permission',
  EISDIR: 'is a directory (EISDIR). Name the file in it',
  ENOTDIR: 'does not exist, since a part of its path is no directory (ENOTDIR). Correct the path',
  ELOOP: 'is a circle of symbolic links (ELOOP). Correct the links',
  ENAMETOOLONG: 'has a name that is too long (ENAMETOOLONG). Give its path, and not its content',
  ERR_ENCODING_INVALID_ENCODED_DATA: 'is not UTF-8. Save it in that encoding',
};

/** A file that is not read, for what it is. The message says what to do. */
class UnfitFile extends Error {}

/** The name in the same folder that was probably meant. */
const nearestBeside = (path: string): string => {
  try {
    const beside = readdirSync(dirname(path)).filter((name) => name !== basename(path));
    return didYouMean(basename(path), beside);
  } catch {
    return '';
  }
};

/** Why the file at a path cannot be read, with the code of the operating system, and what to do. */
export const whyUnreadable = (path: string, error: unknown): string => {
  if (error instanceof UnfitFile) return error.message;
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  const reason = reasons[code] ?? `cannot be read (${code}). Name a file that this process can read`;
  return `${reason}.${code === 'ENOENT' ? nearestBeside(path) : ''}`;
};

const READ_ONCE =
  'is a pipe or a device, and the service reads it again while it runs: for new keys, and for changed files of sources. Name a file.';
const BINARY =
  'is binary: DER, or PKCS#12. Give it in PEM: openssl pkey -inform DER -in <file> -out <new file>, or openssl x509 for a certificate.';
/** The long SEQUENCE that a key or a certificate is. No text in UTF-8 begins so. */
const isDer = ([tag, length = 0]: Buffer): boolean => tag === 0x30 && (length === 0x81 || length === 0x82);

const TOO_LARGE = 'is larger than 1 MiB. Name the right file.';

/**
 * The text of a file without its byte order mark. Throws when it is not UTF-8. Pipes and devices are not read: a pipe
 * would hang the process, and be empty the second time; /dev/zero has no end.
 */
export const readUtf8 = (path: string): string => {
  const file = statSync(path);
  if (!file.isFile() && !file.isDirectory()) throw new UnfitFile(READ_ONCE);
  if (file.size > MAX_BYTES) throw new UnfitFile(TOO_LARGE);
  const bytes = readFileSync(path);
  if (isDer(bytes)) throw new UnfitFile(BINARY);
  return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
};

const fail = (path: string, message: string): never => {
  throw new ConfigError(`The configuration ${path} ${message}`);
};

const readText = (path: string, variable: string): string => {
  let text = '';
  try {
    text = readUtf8(path);
  } catch (error) {
    return fail(path, `${whyUnreadable(path, error)} ${variable} names it.`);
  }
  if (text.trim() === '') return fail(path, 'is empty. Write one with: payer-identity init');
  return text;
};

const readTree = (text: string, path: string): Node => {
  try {
    return /\.ya?ml$/i.test(path) ? readYaml(text) : readJson5(text);
  } catch (error) {
    if (!(error instanceof SyntaxFault)) return fail(path, 'nests too deeply. Look for a bracket that is missing.');
    const { message, at } = error;
    const fault = { setting: `line ${at.line}, column ${at.column}`, where: [], message };
    throw new ConfigError([{ place: `The configuration ${path}`, faults: [fault] }]);
  }
};

/** Parses a text; the path chooses the language. Throws ConfigError with line, column and reason when it is not valid. */
const parseDocument = (text: string, path: string): Document => {
  const root = readTree(text, path);
  const walk: Walk = { lines: new Map(), faults: [] };
  const value = plainValue(root, [], walk);
  const isOneLine = !text.trim().includes('\n');
  const lineOf = (setting: SettingPath): number | undefined => {
    for (let length = setting.length; length > 0 && !isOneLine; length -= 1) {
      const line = walk.lines.get(JSON.stringify(setting.slice(0, length)));
      if (line !== undefined) return line;
    }
    return undefined;
  };
  return { path, value, faults: walk.faults, lineOf };
};

interface Walk {
  readonly lines: Map<string, number>;
  readonly faults: SettingFault[];
}

/** The plain value of a node. Reports what is refused, and names that stand twice in an object. */
const plainValue = (node: Node, path: SettingPath, walk: Walk): unknown => {
  const report = (message: string | undefined) => message !== undefined && walk.faults.push({ path, message });
  report(node.fault);
  if (node.kind === 'scalar') return node.value;
  if (path.length > MAX_DEPTH)
    return report(`nests deeper than ${MAX_DEPTH} levels. Look for a bracket that is missing.`);
  if (node.kind === 'list')
    return node.items.map((item, index) => {
      walk.lines.set(JSON.stringify([...path, index]), item.at.line);
      return plainValue(item, [...path, index], walk);
    });
  return Object.fromEntries(node.members.map((member) => readMember(member, path, walk)));
};

const readMember = ({ name, at, fault, node }: Member, path: SettingPath, walk: Walk): [string, unknown] => {
  const below = [...path, name];
  const key = JSON.stringify(below);
  const earlier = walk.lines.get(key);
  if (earlier !== undefined) {
    const lines = earlier === at.line ? '' : `, in lines ${earlier} and ${at.line}`;
    walk.faults.push({ path: below, message: `stands here twice${lines}. Remove one of the two.` });
  }
  walk.lines.set(key, earlier ?? at.line);
  if (fault !== undefined) walk.faults.push({ path: below, message: fault });
  return [name, plainValue(node, below, walk)];
};

/** Throws ConfigError with the reason when the file cannot be read. A relative path counts from the working directory. */
export const readDocument = (file: string, variable = 'CONFIG'): Document => {
  const path = resolve(file);
  return parseDocument(readText(path, variable), path);
};
