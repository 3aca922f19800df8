/** Writes schema/subgraph.graphql from the others; with --check only says whether it is up to date. */
import { readFileSync, writeFileSync } from 'node:fs';
import { buildSchema, printedSchemaFile, printSchema } from '../src/graphql/schema.ts';

const printed = printSchema(buildSchema());
if (!process.argv.includes('--check')) writeFileSync(printedSchemaFile, printed);
else if (readFileSync(printedSchemaFile, 'utf8') !== printed) {
  console.error('schema/subgraph.graphql is stale: npm run codegen');
  process.exit(1);
}
