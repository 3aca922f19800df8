/**
 * Says of a setting that zod refuses what is wrong and what to write instead. No sentence repeats a value: it may be a
 * secret. The messages that a schema has itself come before these.
 */
import { z } from 'zod';
import { didYouMean } from './nearest.ts';

export type SettingPath = readonly (string | number)[];

/** What is wrong with one setting. */
export interface SettingFault {
  readonly path: SettingPath;
  /** The cause, and what to write instead. */
  readonly message: string;
}

type Issue = z.core.$ZodRawIssue;
type IssueOf<Code extends Issue['code']> = Extract<Issue, { readonly code: Code }>;

/** What is expected, and how it is written where something else stands. */
const nouns: Readonly<Record<string, readonly [noun: string, form: string]>> = {
  string: ['a text', 'a text, in quotes'],
  number: ['a number', 'a number, without quotes'],
  int: ['a whole number', 'a whole number, without quotes'],
  boolean: ['true or false', 'true or false, without quotes'],
  array: ['a list', 'a list: [ … ]'],
  object: ['an object', 'an object: { … }'],
  record: ['an object', 'an object: { … }'],
};

/** What stands there, without what it says. */
const kindOf = (value: unknown): string => {
  if (value === null) return 'empty';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'an object';
  if (typeof value === 'string') return 'a text';
  return typeof value === 'number' ? 'a number' : String(value);
};

/** The first sentence of a schema's description, to be read after a colon. */
const described = (schema: z.core.$ZodType | undefined): string => {
  const [first = ''] = (schema && z.globalRegistry.get(schema)?.description)?.split(/\.(?:\s|$)/) ?? [];
  return first && `: ${/^[A-Z][a-z]* /.test(first) ? first.charAt(0).toLowerCase() + first.slice(1) : first}`;
};

const wrongType = ({ expected, input, schema }: IssueOf<'invalid_type'>): string => {
  const [noun = expected, form = expected] = nouns[expected] ?? [];
  if (input === undefined) return `is missing. Write ${noun}${described(schema)}.`;
  if (typeof input === 'number' && expected === 'int') return 'has a fraction. Write a whole number.';
  return `is ${kindOf(input)}. Write ${form}.`;
};

const oneOf = (values: readonly unknown[]): string =>
  values.length === 1 ? `Write ${String(values[0])}.` : `Write one of: ${values.map(String).join(', ')}.`;

/** For a value that is not one of those that a setting takes. The value itself is not repeated. */
export const wrongChoice = (input: unknown, values: readonly unknown[], what = 'a value that it takes'): string => {
  const hint = typeof input === 'string' ? didYouMean(input, values.map(String)) : '';
  return `${input === undefined ? 'is missing' : `is not ${what}`}. ${oneOf(values)}${hint}`;
};

/** Bounds of a number, when both are set: "from 1 to 20". */
const rangeOf = (schema: z.core.$ZodType | undefined): string | undefined => {
  const { minimum, maximum } = schema?._zod.bag ?? {};
  if (typeof minimum !== 'number' || typeof maximum !== 'number') return undefined;
  return Number.isSafeInteger(minimum - 1) && maximum < Number.MAX_SAFE_INTEGER
    ? `from ${minimum} to ${maximum}`
    : undefined;
};

const tooSmall = ({ origin, minimum, inclusive, schema }: IssueOf<'too_small'>): string => {
  if (origin === 'array') return `has too few entries. List at least ${minimum}.`;
  if (origin === 'string')
    return Number(minimum) <= 1 ? 'is empty. Write a text.' : `is too short. Write at least ${minimum} characters.`;
  return `is too small. Write a number ${rangeOf(schema) ?? `${inclusive === false ? 'above' : 'of at least'} ${minimum}`}.`;
};

const tooBig = ({ origin, maximum, schema }: IssueOf<'too_big'>): string => {
  if (origin === 'array') return `has too many entries. List at most ${maximum}.`;
  if (origin === 'string') return `is too long. Write at most ${maximum} characters.`;
  return `is too large. Write a number ${rangeOf(schema) ?? `of at most ${maximum}`}.`;
};

/** Of a union: the values of its discriminator, or what its description says. */
const wrongMember = (issue: IssueOf<'invalid_union'>): string => {
  const { input, schema, discriminator, options } = issue;
  if (typeof discriminator === 'string' && Array.isArray(options) && isRecord(input))
    return wrongChoice(
      input[discriminator],
      options.filter((option) => option !== undefined),
    );
  if (typeof discriminator === 'string') return `is ${kindOf(input)}. Write an object: { … }.`;
  return `${input === undefined ? 'is missing' : `is ${kindOf(input)}`}. Write it in another form${described(schema)}.`;
};

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const messageOf = (issue: Issue): string | undefined => {
  switch (issue.code) {
    case 'invalid_type':
      return wrongType(issue);
    case 'invalid_value':
      return wrongChoice(issue.input, issue.values);
    case 'too_small':
      return tooSmall(issue);
    case 'too_big':
      return tooBig(issue);
    case 'invalid_union':
      return wrongMember(issue);
    case 'invalid_format':
      return issue.format === 'base64' ? 'is not base64. Copy it again.' : 'is written in another form.';
    default:
      return undefined;
  }
};

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
