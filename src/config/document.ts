/**
 * Reads a configuration file: JSON5, of which JSON and JSON with comments are parts, or YAML when its name ends so. Every
 * setting keeps its line. What a parser would let through in silence is refused, since the operator meant something else.
 */
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
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
  ENAMETOOLONG: 'has a name that is too long (ENAMETOOLONG). Is it the content, and not a path?',
};

/** Why a file cannot be read, with the code of the operating system, and what to do. */
export const whyUnreadable = (error: unknown): string => {
  if (error instanceof TypeError) return 'is not UTF-8. Save it in that encoding';
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'no code';
  return reasons[code] ?? `cannot be read (${code})`;
};

/** The text of a file without its byte order mark. Throws TypeError when it is not UTF-8. */
export const readUtf8 = (path: string): string => new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));

const fail = (path: string, message: string): never => {
  throw new ConfigError(`The configuration ${path} ${message}.`);
};

/** A pipe would hang the second read, or be empty then. */
const isReadOnce = (path: string): boolean => {
  const file = statSync(path);
  return file.isFIFO() || file.isSocket() || file.isCharacterDevice();
};

const READ_ONCE =
  'is a pipe or a device, and the service reads it again while it runs: for new keys, and for changed files of sources. Name a file';

const readText = (path: string, variable: string): string => {
  let text = '';
  let isPipe = false;
  try {
    isPipe = isReadOnce(path);
    text = isPipe ? '' : readUtf8(path);
  } catch (error) {
    return fail(path, `${whyUnreadable(error)}. ${variable} names it`);
  }
  if (isPipe) return fail(path, READ_ONCE);
  if (text.length > MAX_BYTES) return fail(path, `is larger than 1 MiB. Does ${variable} name the right file?`);
  if (text.trim() === '') return fail(path, 'is empty. Write one with: payer-identity init');
  return text;
};

const readTree = (text: string, path: string): Node => {
  try {
    return /\.ya?ml$/i.test(path) ? readYaml(text) : readJson5(text);
  } catch (error) {
    if (!(error instanceof SyntaxFault)) return fail(path, 'cannot be read: it nests too deeply');
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
  if (path.length > MAX_DEPTH) return report(`nests deeper than ${MAX_DEPTH} levels. Is a bracket missing?`);
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
