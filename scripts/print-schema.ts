/** Writes schema/subgraph*.graphql from the others; with --check only reports whether they are up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { resolvers } from '../src/graphql/resolvers/resolvers.ts';
import {
  buildSchema,
  printedSchemaFile,
  printSchema,
  readTypeDefs,
  schemaFileWithoutScopes,
  withoutScopes,
} from '../src/graphql/schema.ts';

const typeDefs = readTypeDefs();
const files = [
  { file: printedSchemaFile, printed: printSchema(buildSchema(resolvers, typeDefs)) },
  { file: schemaFileWithoutScopes, printed: printSchema(buildSchema(resolvers, withoutScopes(typeDefs))) },
];
for (const { file, printed } of files) {
  if (!process.argv.includes('--check')) writeFileSync(file, printed);
  else if (readFileSync(file, 'utf8') !== printed) {
    console.error(`${file.pathname} is stale: npm run codegen`);
    process.exitCode = 1;
  }
}
