import { readdirSync, readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import {
  type DocumentNode,
  type GraphQLSchema,
  graphqlSync,
  isObjectType,
  isScalarType,
  isUnionType,
  visit,
} from 'graphql';
import { gql } from 'graphql-tag';
import { resolvers } from './resolvers/resolvers.ts';

const folder = new URL('../../schema/', import.meta.url);
/** Printed from the others, for other teams and for composition. */
export const printedSchemaFile = new URL('subgraph.graphql', folder);
/** The same for gateways that refuse a schema with security directives. */
export const schemaFileWithoutScopes = new URL('subgraph.without-scopes.graphql', folder);

/** The contract, one file per noun. */
export const readTypeDefs = (): DocumentNode =>
  gql(
    readdirSync(folder)
      .filter((name) => name.endsWith('.graphql') && !name.startsWith('subgraph.'))
      .sort()
      .map((name) => readFileSync(new URL(name, folder), 'utf8'))
      .join('\n'),
  );

/** The contract without @requiresScopes, and without its import. */
export const withoutScopes = (typeDefs: DocumentNode): DocumentNode =>
  visit(typeDefs, {
    Directive: ({ name }) => (name.value === 'requiresScopes' ? null : undefined),
    StringValue: ({ value }) => (value === '@requiresScopes' ? null : undefined),
  });

/** Builds the executable subgraph, and refuses resolvers that resolve nothing: the library ignores those. */
export const buildSchema = (
  resolverMap: typeof resolvers = resolvers,
  typeDefs: DocumentNode = readTypeDefs(),
): GraphQLSchema => {
  const schema = buildSubgraphSchema([{ typeDefs, resolvers: resolverMap }]);
  const faults = checkResolvers(schema, resolverMap);
  if (faults.length > 0) throw new Error(`Resolvers and schema disagree: ${faults.join('; ')}`);
  return schema;
};

/** What is wrong between a schema and its resolver map. */
export const checkResolvers = (schema: GraphQLSchema, resolverMap: Readonly<Record<string, object>>): string[] => {
  const strays = Object.entries(resolverMap).flatMap(([typeName, fields]) => {
    const type = schema.getType(typeName);
    if (!type) return [`there is no type ${typeName}`];
    if (isScalarType(type)) return [];
    const known = isObjectType(type) ? type.getFields() : {};
    return Object.keys(fields)
      .filter((name) => !name.startsWith('__') && !Object.hasOwn(known, name))
      .map((name) => `there is no field ${typeName}.${name}`);
  });
  const entityUnion = schema.getType('_Entity');
  const entityTypes = isUnionType(entityUnion) ? entityUnion.getTypes() : [];
  const unresolved = entityTypes
    .filter(({ name }) => !Object.hasOwn(resolverMap[name] ?? {}, '__resolveReference'))
    .map(({ name }) => `the entity ${name} has no reference resolver`);
  return [...strays, ...unresolved];
};

/** The schema as routers fetch it. */
export const printSchema = (schema: GraphQLSchema): string => {
  const { data, errors } = graphqlSync({ schema, source: '{ _service { sdl } }' });
  if (!data) throw new Error(`The schema cannot be printed: ${errors?.[0]?.message}`);
  return `${(data as { _service: { sdl: string } })._service.sdl.trim()}\n`;
};
