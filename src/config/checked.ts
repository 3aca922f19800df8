/** Checks a configuration as a whole, and reports its faults in the order of the file. */

import type { z } from 'zod';
import { isRecord } from '../lib/is-record.ts';
import { readSettings, type SettingFault, type SettingPath } from '../lib/setting-faults.ts';
import type { Document } from './document.ts';
import type { Environment } from './environment.ts';
import { ConfigError, type FaultyPlace, settingName, withoutRepeats } from './faults.ts';
import { configFile } from './file.ts';
import { checkReferences, type SourcesByName } from './references.ts';
import { type Parts, unmetRequirements } from './requirements.ts';
import { type Resolved, resolveValues } from './values.ts';

/** A part of a document, or of a configuration that is made here. */
export interface Given extends Resolved {
  readonly document?: Document | undefined;
  readonly written: unknown;
}

export const resolveDocument = (document: Document, env: NodeJS.ProcessEnv): Given => {
  const resolved = resolveValues(document.value, { env, file: document.path });
  return { ...resolved, faults: [...document.faults, ...resolved.faults], document, written: document.value };
};

const isBelow = (path: SettingPath, top: SettingPath): boolean => top.every((key, at) => path[at] === key);

/** A value that cannot be read makes rules fail that it is a part of: these are not reported beside it. */
const follows = ({ path }: SettingFault, unread: readonly SettingFault[]): boolean =>
  unread.some((fault) => isBelow(path, fault.path) || isBelow(fault.path, path));

/** The faults of a configuration as they are reported, in the order of the file. */
const tell = (faults: readonly SettingFault[], given: Given): FaultyPlace => {
  const { document, written, originOf } = given;
  const reported = withoutRepeats(faults).map(({ path, message }) => {
    const line = document?.lineOf(path);
    const where = [...(line === undefined ? [] : [`line ${line}`]), originOf(path) ?? []].flat();
    return { line: line ?? 0, setting: settingName(path, written), where, message };
  });
  const inOrder = reported.sort((one, other) => one.line - other.line).map(({ line: _, ...fault }) => fault);
  return {
    place: document ? `The configuration ${document.path}` : 'The configuration of sandbox mode',
    faults: inOrder,
  };
};

/** The parts of a file that have no fault: what they require of each other can be reported beside the faults of the others. */
const soundParts = (value: unknown): Parts => {
  if (!isRecord(value)) return {};
  const sound = Object.entries(configFile.shape).flatMap(([name, schema]) => {
    const parsed = schema.safeParse(value[name]);
    return parsed.success ? [[name, parsed.data]] : [];
  });
  return Object.fromEntries(sound);
};

interface Checked {
  readonly data: z.output<typeof configFile> | undefined;
  readonly places: readonly FaultyPlace[];
  readonly sources: SourcesByName;
}

/** Every fault of a configuration: of its values, its form, its sources, and of what its parts say of each other. */
export const checkConfig = (given: Given, environment: Environment | undefined, sandbox: boolean): Checked => {
  const { value, faults: unread } = given;
  const { data, faults } = readSettings(configFile, value);
  const has = (name: string) => isRecord(value) && value[name] !== undefined;
  const unmet = isRecord(value)
    ? unmetRequirements(data ?? soundParts(value), {
        sandbox,
        environment,
        has: (name) => has(name) || unread.some(({ path }) => path[0] === name),
      })
    : [];
  const references = checkReferences(value, sandbox);
  const named = references.faults.filter(({ path }) => !faults.some((fault) => isBelow(fault.path, path)));
  const others = [...faults, ...unmet, ...named].filter((fault) => !follows(fault, unread));
  const all = [...unread, ...others];
  return { data, places: all.length > 0 ? [tell(all, given)] : [], sources: references.sources };
};

/** A configuration that is made here names no variable and no file. */
export const madeHere = (value: unknown): Given => ({ value, written: value, faults: [], originOf: () => undefined });

/** The values of a document whose form is not checked yet; throws ConfigError when one cannot be read. */
export const readValues = (document: Document, env: NodeJS.ProcessEnv): unknown => {
  const given = resolveDocument(document, env);
  if (given.faults.length > 0) throw new ConfigError([tell(given.faults, given)]);
  return given.value;
};

interface PartOptions<Schema extends z.ZodType> {
  readonly schema: Schema;
  readonly env: NodeJS.ProcessEnv;
}

/** One part of a document; throws ConfigError. */
export const readPart = <Schema extends z.ZodType>(
  document: Document,
  path: readonly [string],
  { schema, env }: PartOptions<Schema>,
): z.output<Schema> => {
  const written = isRecord(document.value) ? document.value[path[0]] : undefined;
  const resolved = resolveValues(written, { env, file: document.path }, path);
  const { data, faults } = readSettings(schema, resolved.value);
  const unread = [...document.faults.filter((fault) => isBelow(fault.path, path)), ...resolved.faults];
  if (data !== undefined && unread.length === 0) return data;
  const others = faults
    .map((fault) => ({ ...fault, path: [...path, ...fault.path] }))
    .filter((fault) => !follows(fault, unread));
  throw new ConfigError([tell([...unread, ...others], { ...resolved, document, written: document.value })]);
};
