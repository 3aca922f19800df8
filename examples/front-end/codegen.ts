/** How your project gets typed operations: npx graphql-codegen --config codegen.ts. docs/front-end.md explains it. */
import type { CodegenConfig } from '@graphql-codegen/cli';

export const client = {
  preset: 'client',
  presetConfig: { fragmentMasking: false },
  config: {
    // Operations as plain text: no GraphQL library in the browser.
    documentMode: 'string',
    importExtension: '.ts',
    scalars: { DateTime: 'string', ID: 'string' },
    // The sandbox is a subgraph, so its schema has scalars of federation too.
    defaultScalarType: 'unknown',
    enumsAsTypes: true,
    useTypeImports: true,
  },
} satisfies NonNullable<CodegenConfig['generates']>[string];

const config: CodegenConfig = {
  // The sandbox. Later your gateway, or the file with which it was composed.
  schema: 'http://127.0.0.1:4001/graphql',
  documents: ['src/payer-identity/*.ts'],
  generates: { 'src/payer-identity/gql/': client },
};

export default config;
