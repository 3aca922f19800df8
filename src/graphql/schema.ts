/** The contract in `schema/` as an executable subgraph, and as the text that routers fetch. */
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
import { z } from 'zod';
import { entityNames } from './entities.ts';
import type { resolvers } from './resolvers/resolvers.ts';

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

/** Builds the executable subgraph. Throws when resolvers and schema disagree: the library ignores that. */
export const buildSchema = (resolverMap: typeof resolvers, typeDefs: DocumentNode): GraphQLSchema => {
  const schema = buildSubgraphSchema([{ typeDefs, resolvers: resolverMap }]);
  const faults = checkResolvers(schema, resolverMap, entityNames);
  if (faults.length > 0) throw new Error(`Resolvers and schema disagree: ${faults.join('; ')}`);
  return schema;
};

/** What a schema, its resolver map and the entities that `_entities` resolves disagree about; empty when they agree. */
export const checkResolvers = (
  schema: GraphQLSchema,
  resolverMap: Readonly<Record<string, object>>,
  resolvedEntities: ReadonlySet<string>,
): string[] => {
  const strays = Object.entries(resolverMap).flatMap(([typeName, resolversOfType]) => {
    const type = schema.getType(typeName);
    if (!type) return [`there is no type ${typeName}`];
    if (isScalarType(type)) return [];
    const fields = isObjectType(type) ? type.getFields() : {};
    return Object.keys(resolversOfType)
      .filter((name) => !Object.hasOwn(fields, name))
      .map((name) => `there is no field ${typeName}.${name}`);
  });
  const entityUnion = schema.getType('_Entity');
  const entityTypes = new Set(isUnionType(entityUnion) ? entityUnion.getTypes().map(({ name }) => name) : []);
  const unresolved = [...entityTypes]
    .filter((name) => !resolvedEntities.has(name))
    .map((name) => `the entity ${name} has no reference resolver`);
  const keyless = [...resolvedEntities]
    .filter((name) => !entityTypes.has(name))
    .map((name) => `the type ${name} is no entity`);
  return [...strays, ...unresolved, ...keyless];
};

const sdlReply = z.object({ _service: z.object({ sdl: z.string() }) });

/** The schema as routers fetch it. */
export const printSchema = (schema: GraphQLSchema): string => {
  const { data, errors } = graphqlSync({ schema, source: '{ _service { sdl } }' });
  if (!data) throw new Error(`The schema cannot be printed: ${errors?.[0]?.message}`);
  return `${sdlReply.parse(data)._service.sdl.trim()}\n`;
};
