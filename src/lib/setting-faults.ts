/**
 * Says of a setting that zod refuses what is wrong and what to write instead. No sentence repeats a value: it may be a
 * secret. The messages that a schema has itself come before these.
 */
import { z } from 'zod';
import { didYouMean } from './nearest.ts';
import { messageOf } from './setting-messages.ts';

export type SettingPath = readonly (string | number)[];

/** What is wrong with one setting. */
export interface SettingFault {
  readonly path: SettingPath;
  /** The cause, and what to write instead. */
  readonly message: string;
}

/** For a name that an object does not know. */
const unknownSetting = (name: string, known: readonly string[]): string => {
  const hint = didYouMean(name, known);
  return `is not a setting.${hint || ` Remove it. Known here: ${[...known].sort().join(', ')}.`}`;
};

/** The names that an object takes, by the schema that refused one. */
const knownIn = (schema: z.core.$ZodType | undefined): readonly string[] =>
  schema instanceof z.core.$ZodObject ? Object.keys(schema._zod.def.shape) : [];

type Read<Output> =
  | { readonly data: Output; readonly faults: readonly [] }
  | { readonly data?: never; readonly faults: readonly SettingFault[] };

/** Reads settings by their schema. `also`: names that this object takes beside those of the schema. */
export const readSettings = <Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  also: readonly string[] = [],
): Read<z.output<Schema>> => {
  /** By the list of unknown names that an issue has, which the error keeps. */
  const known = new Map<readonly string[], readonly string[]>();
  const parsed = schema.safeParse(value, {
    error: (issue) => {
      if (issue.code !== 'unrecognized_keys') return messageOf(issue);
      known.set(issue.keys, knownIn(issue.schema));
      return undefined;
    },
  });
  if (parsed.success) return { data: parsed.data, faults: [] };
  const faults = parsed.error.issues.flatMap((issue): SettingFault[] => {
    const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
    if (issue.code === 'invalid_key') return [{ path, message: issue.issues[0]?.message ?? 'is not a name.' }];
    if (issue.code !== 'unrecognized_keys') return [{ path, message: issue.message }];
    const names = [...(known.get(issue.keys) ?? []), ...(path.length === 0 ? also : [])];
    return issue.keys.map((name) => ({ path: [...path, name], message: unknownSetting(name, names) }));
  });
  return { faults };
};
