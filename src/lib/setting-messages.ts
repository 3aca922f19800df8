/** The sentences of what zod refuses: the cause, and what to write instead. None repeats a value: it may be a secret. */
import { z } from 'zod';
import { isRecord } from './is-record.ts';
import { didYouMean } from './nearest.ts';

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

/** What to say of an issue; undefined for one whose own message says it. */
export const messageOf = (issue: Issue): string | undefined => {
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
