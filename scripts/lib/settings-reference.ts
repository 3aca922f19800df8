/** The reference of all settings in docs/configuration.md, written from the JSON Schema. */
import { type JsonSchema, plainSchema } from './configuration-schema.ts';

interface Setting {
  readonly name: string;
  readonly schema: JsonSchema;
  readonly required: boolean;
}

const variantsOf = ({ oneOf, anyOf }: JsonSchema): readonly JsonSchema[] => oneOf ?? anyOf ?? [];

const choicesOf = (schema: JsonSchema): readonly unknown[] =>
  schema.enum ?? (schema.const === undefined ? [] : [schema.const]);

/** One setting of several variants: the values and meanings of all. */
const merged = (one: Setting, other: Setting): Setting => {
  const choices = [...new Set([...choicesOf(one.schema), ...choicesOf(other.schema)])];
  const descriptions = [...new Set([one.schema.description, other.schema.description])].filter(Boolean);
  return {
    name: one.name,
    required: one.required && other.required && one.schema.default === undefined,
    schema: {
      ...other.schema,
      ...one.schema,
      ...(choices.length > 0 && { enum: choices }),
      description: descriptions.join('; '),
    },
  };
};

/** The settings of an object and of what is below it, each once. */
const settingsOf = (schema: JsonSchema, path: string): Setting[] => {
  const { properties = {}, required = [], items, additionalProperties } = schema;
  const own = Object.entries(properties).flatMap(([name, member]): Setting[] => {
    const full = path === '' ? name : `${path}.${name}`;
    return [{ name: full, schema: member, required: required.includes(name) }, ...settingsOf(member, full)];
  });
  const below = [
    ...variantsOf(schema).flatMap((variant) => settingsOf(variant, path)),
    ...(items ? settingsOf(items, `${path}[]`) : []),
    ...(typeof additionalProperties === 'object' ? settingsOf(additionalProperties, `${path}.<name>`) : []),
  ];
  const all = new Map<string, Setting>();
  for (const setting of [...own, ...below]) {
    const earlier = all.get(setting.name);
    all.set(setting.name, earlier ? merged(earlier, setting) : setting);
  }
  return [...all.values()];
};

const kinds: Readonly<Record<string, string>> = {
  array: 'list',
  boolean: '`true`, `false`',
  integer: 'whole number',
  string: 'text',
};

const valuesOf = (schema: JsonSchema): string => {
  const choices = choicesOf(schema);
  if (choices.length > 0) return choices.map((choice) => `\`${String(choice)}\``).join(', ');
  if (schema.type === 'array' && schema.items?.enum) return `list of ${valuesOf(schema.items)}`;
  const isObject = variantsOf(schema).some(({ type }) => type === 'object');
  return kinds[schema.type ?? ''] ?? schema.type ?? (isObject ? 'object' : 'text or list');
};

const rangeOf = ({ type, minimum, exclusiveMinimum, maximum }: JsonSchema): string => {
  const whole = type === 'integer' && exclusiveMinimum === 0 ? 1 : undefined;
  const least = typeof minimum === 'number' && minimum > Number.MIN_SAFE_INTEGER ? minimum : whole;
  const from = least?.toLocaleString('en') ?? (exclusiveMinimum === 0 ? 'above 0' : undefined);
  if (from === undefined) return '';
  if (typeof maximum === 'number' && maximum < Number.MAX_SAFE_INTEGER)
    return `, ${from} to ${maximum.toLocaleString('en')}`;
  return least === undefined ? `, ${from}` : `, at least ${from}`;
};

const fallback = ({ schema, required }: Setting): string => {
  const value = schema.default;
  if (value === undefined) return required ? 'required' : 'none';
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map((item) => `\`${String(item)}\``).join(', ');
  if (typeof value === 'object') return schema.properties ? 'as below' : 'none';
  return `\`${typeof value === 'number' ? value.toLocaleString('en') : String(value)}\``;
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

const row = (setting: Setting): string => {
  const { name, schema } = setting;
  const meaning = schema.description ?? '';
  return `| \`${name}\` | ${cell(valuesOf(schema) + rangeOf(schema))} | ${cell(fallback(setting))} | ${cell(meaning)} |`;
};

const table = (settings: readonly Setting[]): string =>
  ['| setting | value | default | meaning |', '| --- | --- | --- | --- |', ...settings.map(row)].join('\n');

/** The options of one type of source; those of some of its kinds say so. */
const optionsOf = (variants: readonly JsonSchema[]): Setting[] =>
  settingsOf({ oneOf: variants }, '').map((setting) => {
    const having = variants.filter((variant) => settingsOf(variant, '').some(({ name }) => name === setting.name));
    if (having.length === variants.length) return setting;
    const of = having.map(({ properties }) => `\`${String(properties?.kind?.const)}\``).join(', ');
    return { ...setting, schema: { ...setting.schema, description: `(${of}) ${setting.schema.description ?? ''}` } };
  });

interface AllSettings {
  readonly file: readonly Setting[];
  /** By type. */
  readonly sources: ReadonlyMap<string, readonly Setting[]>;
}

/** Every setting, the options of sources included. */
export const allSettings = (): AllSettings => {
  const schema = plainSchema();
  const inSources = schema.properties?.sources?.additionalProperties;
  const variants = typeof inSources === 'object' ? (inSources.oneOf ?? []) : [];
  const byType = Map.groupBy(variants, ({ properties }) => String(properties?.type?.const));
  return {
    file: settingsOf(schema, '').filter(({ name }) => !name.startsWith('sources.')),
    sources: new Map([...byType].map(([type, members]) => [type, optionsOf(members)])),
  };
};

const START = '<!-- settings: written by npm run codegen from the schemas in src -->';
const END = '<!-- /settings -->';

/** The page with its reference as the schemas are now. The options of sources have pages of their own, docs/sources. */
export const withReference = (page: string): string => {
  const [before = '', rest = ''] = page.split(START);
  const [, after = ''] = rest.split(END);
  return [before + START, table(allSettings().file), END + after].join('\n\n');
};
