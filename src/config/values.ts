/**
 * The values of a configuration file: {"$env": "NAME"} and {"$file": "path"} are replaced by what they name, and no
 * text may hold what its reader does not see, wherever it came from. Messages name the setting and never the value.
 */
import { readFileSync } from 'node:fs';
import { hiddenFault, isKeyMaterial } from '../lib/plain-text.ts';

/** A configuration that cannot be served. The message says what to set, and repeats no value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** `$file`, `$env`, or nothing for what stands in the configuration file itself. */
interface Origin {
  readonly setting: string;
  readonly from?: string;
}

const describe = ({ setting, from }: Origin) =>
  `The configuration is not valid:\n  ${setting}${from ? ` (${from})` : ''}`;

/** Tools end what they print with a line break; it is no part of the value. Nothing else is taken off. */
const withoutLineBreak = (text: string): string => text.replace(/\r?\n$/, '');

/** The text of a file without a byte order mark. Throws for what is not UTF-8. */
export const readUtf8 = (path: string): string => new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(path));

const readSecretFile = (path: string, setting: string): string => {
  try {
    return withoutLineBreak(readUtf8(path));
  } catch (error) {
    if (error instanceof TypeError)
      throw new ConfigError(`${describe({ setting, from: `the file ${path}` })}: the file is not UTF-8`);
    throw new ConfigError(`The configuration names the file ${path} for ${setting}, which cannot be read`);
  }
};

const readVariable = (name: string, setting: string, env: NodeJS.ProcessEnv): string => {
  const found = Object.hasOwn(env, name) ? env[name] : undefined;
  if (found === undefined)
    throw new ConfigError(`The environment has no ${name}, which the configuration names for ${setting}`);
  return withoutLineBreak(found);
};

const requirePlain = (text: string, origin: Origin): string => {
  if (text === '' && origin.from) throw new ConfigError(`${describe(origin)}: it is empty`);
  const fault = isKeyMaterial(text) ? undefined : hiddenFault(text);
  if (fault) throw new ConfigError(`${describe(origin)}: it has ${fault}`);
  return text;
};

/** What payers read; an emoji may hold characters that are invisible by themselves. */
const SHOWN = /^channelTitles\./;

/** Throws ConfigError for a value that cannot be had, and for a text with what nobody sees in it. */
export const resolveValues = (value: unknown, env: NodeJS.ProcessEnv, path: readonly string[] = []): unknown => {
  const setting = path.join('.') || 'the whole file';
  if (typeof value === 'string') return SHOWN.test(setting) ? value : requirePlain(value, { setting });
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((item, index) => resolveValues(item, env, [...path, `${index}`]));
  const entries = Object.entries(value);
  const [key, named] = entries.length === 1 ? (entries[0] ?? []) : [];
  if (key === '$env' && typeof named === 'string')
    return requirePlain(readVariable(named, setting, env), { setting, from: `the variable ${named}` });
  if (key === '$file' && typeof named === 'string')
    return requirePlain(readSecretFile(named, setting), { setting, from: `the file ${named}` });
  return Object.fromEntries(entries.map(([name, member]) => [name, resolveValues(member, env, [...path, name])]));
};
