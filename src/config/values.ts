/**
 * The values of a configuration file: {"$env": "NAME"} and {"$file": "path"} are replaced by the variable and the file
 * that they name, and a text with invisible characters is rejected. Messages name the setting and never the value.
 */
import { readFileSync } from 'node:fs';
import { hiddenFault, isKeyMaterial } from '../lib/plain-text.ts';

/** A configuration with which the service does not start. The message says what to set, and repeats no value. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

/** A setting, and the file or variable that its value comes from; absent: the configuration file itself. */
interface Origin {
  readonly setting: string;
  readonly from?: string;
}

const describe = ({ setting, from }: Origin) =>
  `The configuration is not valid:\n  ${setting}${from ? ` (${from})` : ''}`;

/** Tools end their output with a line break, which is not part of the value. Nothing else is removed. */
const withoutLineBreak = (text: string): string => text.replace(/\r?\n$/, '');

/** The text of a file without its byte order mark. Throws TypeError when it is not UTF-8. */
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
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value === undefined)
    throw new ConfigError(`The environment has no ${name}, which the configuration names for ${setting}`);
  return withoutLineBreak(value);
};

const requirePlain = (text: string, origin: Origin): string => {
  if (text === '' && origin.from) throw new ConfigError(`${describe(origin)}: it is empty`);
  const fault = isKeyMaterial(text) ? undefined : hiddenFault(text);
  if (fault) throw new ConfigError(`${describe(origin)}: it has ${fault}`);
  return text;
};

/** Texts for payers: an emoji may consist of characters that are invisible by themselves. */
const SHOWN = /^channelTitles\./;

/** Throws ConfigError for a file or variable that cannot be read, and for a text with invisible characters. */
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
