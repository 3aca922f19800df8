import { readdirSync, readFileSync } from 'node:fs';
import { buildSubgraphSchema } from '@apollo/subgraph';
import { type GraphQLSchema, graphqlSync, isObjectType, isScalarType, isUnionType } from 'graphql';
import { gql } from 'graphql-tag';
import { resolvers } from './resolvers/resolvers.ts';

const folder = new URL('../../schema/', import.meta.url);
/** Printed from the others, for other teams and for composition. */
export const printedSchemaFile = new URL('subgraph.graphql', folder);

const readTypeDefs = () =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.graphql') && !printedSchemaFile.pathname.endsWith(`/${name}`))
    .sort()
    .map((name) => readFileSync(new URL(name, folder), 'utf8'))
    .join('\n');

/** Builds the executable subgraph, and refuses resolvers that resolve nothing: the library ignores those. */
export const buildSchema = (resolverMap: typeof resolvers = resolvers): GraphQLSchema => {
  const schema = buildSubgraphSchema([{ typeDefs: gql(readTypeDefs()), resolvers: resolverMap }]);
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
