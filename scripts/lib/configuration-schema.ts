/** The JSON Schema of the configuration file, for editors and for the reference in docs/configuration.md. */
import { z } from 'zod';
import { egressConfig } from '../../src/channels/egress.ts';
import { sourceOptions, sourceTypes } from '../../src/channels/registry.ts';
import { configFile } from '../../src/config/file.ts';

export interface JsonSchema {
  readonly [keyword: string]: unknown;
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
  readonly oneOf?: readonly JsonSchema[];
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
}

const isSchema = (value: unknown): value is JsonSchema =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What an operator writes: before defaults and transformations. */
const printed = (schema: z.ZodType): JsonSchema => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return isSchema(rest) ? rest : {};
};

/** Of these bounds, JSON Schema needs none: they are those of a JavaScript integer. */
const withoutBounds = ({ minimum, maximum, ...schema }: JsonSchema): JsonSchema => ({
  ...schema,
  ...(minimum !== undefined && Number(minimum) > Number.MIN_SAFE_INTEGER && { minimum }),
  ...(maximum !== undefined && Number(maximum) < Number.MAX_SAFE_INTEGER && { maximum }),
});

const map = <Value>(record: Readonly<Record<string, Value>>, change: (value: Value) => Value): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).map(([name, value]) => [name, change(value)]));

/** Every text may be named by $env or $file in its place. */
const withReferences = (schema: JsonSchema): JsonSchema => {
  const { properties, items, additionalProperties, anyOf, oneOf, ...own } = withoutBounds(schema);
  const { description, default: fallback, ...rules } = own;
  if (own.type === 'string' && own.const === undefined)
    return {
      ...(description !== undefined && { description }),
      ...(fallback !== undefined && { default: fallback }),
      anyOf: [rules, { $ref: '#/$defs/named' }],
    };
  return {
    ...own,
    ...(properties && { properties: map(properties, withReferences) }),
    ...(items && { items: withReferences(items) }),
    ...(isSchema(additionalProperties)
      ? { additionalProperties: withReferences(additionalProperties) }
      : additionalProperties !== undefined && { additionalProperties }),
    ...(anyOf && { anyOf: anyOf.map(withReferences) }),
    ...(oneOf && { oneOf: oneOf.map(withReferences) }),
  };
};

/** A source of one type, with the options that every source has. */
const sourceSchemas = (type: string): readonly JsonSchema[] => {
  const own = sourceOptions(type);
  const schema = own ? printed(own) : {};
  const variants = schema.oneOf ?? schema.anyOf ?? [schema];
  const shared = printed(egressConfig).properties ?? {};
  return variants.map(({ properties = {}, required = [], ...rest }) => ({
    ...rest,
    title: [type, properties.kind?.const].filter((part) => part !== undefined).join(' '),
    properties: {
      type: { const: type, description: 'Which upstream API the source speaks' },
      ...properties,
      ...shared,
    },
    required: ['type', ...required],
  }));
};

const named: JsonSchema = {
  description: 'The value of a variable, or of a file whose path counts from the folder of the configuration',
  oneOf: ['$env', '$file'].map((name) => ({
    type: 'object',
    properties: { [name]: { type: 'string', minLength: 1 } },
    required: [name],
    additionalProperties: false,
  })),
};

/** Before texts may be named by $env and $file: what the reference is written from. */
export const plainSchema = (): JsonSchema => {
  const { properties = {}, ...rest } = printed(configFile);
  const sources = { ...properties.sources, additionalProperties: { oneOf: sourceTypes.flatMap(sourceSchemas) } };
  return { ...rest, properties: { ...properties, sources } };
};

export const configurationSchema = (): JsonSchema => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'Configuration of payer-identity',
  ...withReferences(plainSchema()),
  $defs: { named },
});
