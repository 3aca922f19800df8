/**
 * The values of a configuration file: {"$env": "NAME"} and {"$file": "path"} are replaced by the variable and the file
 * that they name, and a text with invisible characters is refused. Messages name the setting and never the value.
 */
import { existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { didYouMean } from '../lib/nearest.ts';
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

/** What stands in a text in place of the value that was meant. */
const standIns: readonly (readonly [pattern: RegExp, message: string])[] = [
  // As examples and `init` write it.
  [/^<[^<>]*>$/, 'is a placeholder. Write the value in its place.'],
  [
    // Of shells, systemd, Windows, Helm and Ansible, which were to replace it.
    /\$\{[\w.:-]+\}|^\$[A-Z_][A-Z0-9_]*$|^\$env:\w+$|^\$\(.*\)$|^%[A-Z_][A-Z0-9_]*%$|\{\{[^{}]*\}\}/,
    'holds the name of a variable that nothing has replaced. Write the value, or name the variable: { "$env": "NAME" }.',
  ],
];

/** What scripts and tools leave of a value on its way into a variable or a file. */
const remains: typeof standIns = [
  [/^(["']).*\1$/s, 'has quotes around it, which are taken as part of it. Remove them there.'],
  [
    /^(?:undefined|null|None|nil|\[object Object\])$/,
    'is what a script writes for a value that it does not have. Write the value there.',
  ],
  [
    /^(?:export )?[A-Z][A-Z0-9]*_[A-Z0-9_]*=./,
    'begins with the name of a variable and =, which are taken as part of it. Remove them there.',
  ],
];

const faultIn = (text: string, rules: typeof standIns): string | undefined =>
  rules.find(([pattern]) => pattern.test(text))?.[1];

/** For $env and $file with the value itself in place of its name, which no message may repeat. */
const NOT_SHOWN = 'and its name is not shown, since it may be the value itself';

const mayBeValue = (name: string): boolean => name.length >= 16 && !/^[A-Z][A-Z0-9]*_[A-Z0-9_]*$/.test(name);

const readVariable = (name: string, env: NodeJS.ProcessEnv): string | { readonly fault: string } => {
  const value = Object.hasOwn(env, name) ? env[name] : undefined;
  if (value === undefined && mayBeValue(name))
    return { fault: `the environment has no such variable, ${NOT_SHOWN}. Write the name of a variable in $env.` };
  if (value === undefined)
    return {
      fault: `the environment has no ${name}. Set it, or name another variable in $env.${didYouMean(name, Object.keys(env))}`,
    };
  if (value === '') return { fault: `the variable ${name} is empty. Set it, or name another variable in $env.` };
  return withoutLineBreak(value);
};

/** A path has a folder, or a name with an end; base64 may have the former. */
const mayBeContent = (name: string): boolean =>
  name.length > 255 || /[\r\n]|-----BEGIN |=$/.test(name) || (name.length >= 24 && !/[/.]/.test(name));

/** As a shell would replace it. */
const NOT_REPLACED = /^~|\$|^file:/;

const readSecretFile = (name: string, folder: string): string | { readonly fault: string } => {
  const path = resolve(folder, name);
  if (mayBeContent(name) && !existsSync(path))
    return { fault: `there is no such file, ${NOT_SHOWN}. Write the path of a file in $file.` };
  try {
    const text = withoutLineBreak(readUtf8(path));
    return text === '' ? { fault: `the file ${path} is empty. Write the value into it.` } : text;
  } catch (error) {
    const hint = NOT_REPLACED.test(name) ? ' A path is taken as it stands: without ~, $ and file:.' : '';
    return { fault: `the file ${path} ${whyUnreadable(path, error)}${hint}` };
  }
};

/** Also in a spelling that is refused: no setting has such a name but one. */
const isReference = (name: string): boolean => /^\$(?!schema$)/.test(name);
const REFERENCE_FORM =
  'names its value by $env or $file in a form that is not known. Write { "$env": "NAME" } or { "$file": "path" }.';

/** Replaces what is named, and collects all faults. What cannot be read is undefined in the result. */
export const resolveValues = (written: unknown, { env, file }: Origins, root: SettingPath = []): Resolved => {
  const faults: SettingFault[] = [];
  const origins = new Map<string, string>();

  const plain = (text: string, path: SettingPath, rules = standIns): string | undefined => {
    if (isShown(path)) return text;
    const hidden = isKeyMaterial(text) ? undefined : hiddenFault(text);
    const message = hidden ? `it has ${hidden}. Remove it: with it, the value is another one.` : faultIn(text, rules);
    if (message === undefined) return text;
    faults.push({ path, message });
    return undefined;
  };

  const named = (read: string | { readonly fault: string }, path: SettingPath, origin: string) => {
    if (typeof read !== 'string') return void faults.push({ path, message: read.fault });
    origins.set(JSON.stringify(path), origin);
    return plain(read, path, [...standIns, ...remains]);
  };

  const walk = (value: unknown, path: SettingPath): unknown => {
    if (typeof value === 'string') return plain(value, path);
    if (typeof value !== 'object' || value === null) return value;
    if (Array.isArray(value)) return value.map((item, index) => walk(item, [...path, index]));
    const entries: [string, unknown][] = Object.entries(value);
    const reference = entries.find(([key]) => isReference(key));
    if (!reference) return Object.fromEntries(entries.map(([name, member]) => [name, walk(member, [...path, name])]));
    const [key, name] = reference;
    if (entries.length > 1 || typeof name !== 'string' || name === '' || (key !== '$env' && key !== '$file')) {
      faults.push({ path, message: REFERENCE_FORM });
      return undefined;
    }
    if (key === '$env') return named(readVariable(name, env), path, `from the variable ${name}`);
    const folder = dirname(file);
    return named(readSecretFile(name, folder), path, `from the file ${resolve(folder, name)}`);
  };

  const value = walk(written, root);
  return { value, faults, originOf: (path) => origins.get(JSON.stringify(path)) };
};
