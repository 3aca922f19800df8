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

/** For a name that an object does not know. `below`: paths of the settings one level deeper. */
const unknownSetting = (name: string, known: readonly string[], below: readonly string[]): string => {
  const deeper = below.find((path) => path.endsWith(`.${name}`));
  const hint = didYouMean(name, known) || (deeper && ` Did you mean ${deeper}?`);
  return `is not a setting.${hint || ` Remove it. Known here: ${[...known].sort().join(', ')}.`}`;
};

/** Without `optional`, `default` and `prefault` around it. */
const innerOf = (schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined =>
  schema instanceof z.core.$ZodOptional || schema instanceof z.core.$ZodDefault || schema instanceof z.core.$ZodPrefault
    ? innerOf(schema._zod.def.innerType)
    : schema;

const shapeOf = (schema: z.core.$ZodType | undefined): Readonly<Record<string, z.core.$ZodType>> => {
  const inner = innerOf(schema);
  return inner instanceof z.core.$ZodObject ? inner._zod.def.shape : {};
};

/** The names that an object takes, by the schema that refused one, and those of the objects in it. */
const knownIn = (schema: z.core.$ZodType | undefined) => {
  const shape = shapeOf(schema);
  const below = Object.entries(shape).flatMap(([name, inner]) =>
    Object.keys(shapeOf(inner)).map((deeper) => `${name}.${deeper}`),
  );
  return { names: Object.keys(shape), below };
};

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
  const known = new Map<readonly string[], ReturnType<typeof knownIn>>();
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
    const { names, below } = known.get(issue.keys) ?? { names: [], below: [] };
    const taken = [...names, ...(path.length === 0 ? also : [])];
    return issue.keys.map((name) => ({ path: [...path, name], message: unknownSetting(name, taken, below) }));
  });
  return { faults };
};
