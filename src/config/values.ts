/**
 * The values of a configuration file: {"$env": "NAME"} and {"$file": "path"} are replaced by the variable and the file
 * that they name, and a text with invisible characters is refused. Messages name the setting and never the value.
 */
import { dirname, resolve } from 'node:path';
import { hiddenFault, isKeyMaterial } from '../lib/plain-text.ts';
import type { SettingFault, SettingPath } from '../lib/setting-faults.ts';
import { readUtf8, whyUnreadable } from './document.ts';

/** Tools end their output with a line break, which is not part of the value. Nothing else is removed. */
const withoutLineBreak = (text: string): string => text.replace(/\r?\n$/, '');

export interface Resolved {
  readonly value: unknown;
  readonly faults: readonly SettingFault[];
  /** The variable or the file that a setting comes from; undefined for one that stands in the configuration itself. */
  originOf(path: SettingPath): string | undefined;
}

export interface Origins {
  readonly env: NodeJS.ProcessEnv;
  /** The configuration file: a relative path of `$file` counts from its folder. */
  readonly file: string;
}

/** Texts for payers: an emoji may consist of characters that are invisible by themselves. */
const isShown = ([top]: SettingPath): boolean => top === 'channelTitles';

/** As examples and `init` write it. */
const isPlaceholder = (text: string): boolean => /^<[^<>]*>$/.test(text);

const readVariable = (name: string, env: NodeJS.ProcessEnv): string | { readonly fault: string } => {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value === undefined)
    return { fault: `the environment has no ${name}. Set it, or name another variable in $env.` };
  if (value === '') return { fault: `the variable ${name} is empty. Set it, or name another variable in $env.` };
  return withoutLineBreak(value);
};

const readSecretFile = (path: string): string | { readonly fault: string } => {
  try {
    const text = withoutLineBreak(readUtf8(path));
    return text === '' ? { fault: `the file ${path} is empty. Write the value into it.` } : text;
  } catch (error) {
    return { fault: `the file ${path} ${whyUnreadable(error)}.` };
  }
};

const REFERENCES = ['$env', '$file'];
const REFERENCE_FORM =
  'names its value by $env or $file in a form that is not known. Write { "$env": "NAME" } or { "$file": "path" }.';

/** Replaces what is named, and collects all faults. What cannot be read is undefined in the result. */
export const resolveValues = (written: unknown, { env, file }: Origins, root: SettingPath = []): Resolved => {
  const faults: SettingFault[] = [];
  const origins = new Map<string, string>();

  const plain = (text: string, path: SettingPath): string | undefined => {
    const fault = isShown(path) || isKeyMaterial(text) ? undefined : hiddenFault(text);
    if (!fault && isPlaceholder(text) && !isShown(path))
      return void faults.push({ path, message: 'is a placeholder. Write the value in its place.' });
    if (!fault) return text;
    faults.push({ path, message: `it has ${fault}. Remove it: with it, the value is another one.` });
    return undefined;
  };

  const named = (read: string | { readonly fault: string }, path: SettingPath, origin: string) => {
    if (typeof read !== 'string') return void faults.push({ path, message: read.fault });
    origins.set(JSON.stringify(path), origin);
    return plain(read, path);
  };

  const walk = (value: unknown, path: SettingPath): unknown => {
    if (typeof value === 'string') return plain(value, path);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    const entries: [string, unknown][] = Object.entries(value);
    const reference = entries.find(([key]) => REFERENCES.includes(key));
    if (!reference) return Object.fromEntries(entries.map(([name, member]) => [name, walk(member, [...path, name])]));
    const [key, name] = reference;
    if (entries.length > 1 || typeof name !== 'string' || name === '') {
      faults.push({ path, message: REFERENCE_FORM });
      return undefined;
    }
    if (key === '$env') return named(readVariable(name, env), path, `from the variable ${name}`);
    const secretFile = resolve(dirname(file), name);
    return named(readSecretFile(secretFile), path, `from the file ${secretFile}`);
  };

  const value = walk(written, root);
  return { value, faults, originOf: (path) => origins.get(JSON.stringify(path)) };
};
