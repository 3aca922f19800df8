import type { CodegenConfig } from '@graphql-codegen/cli';

/** Types of the operations that a front end sends: graphql-codegen --config codegen.ts. docs/front-end.md explains it. */
export const frontEnd: NonNullable<CodegenConfig['generates']> = {
  'examples/front-end/gql/': {
    preset: 'client',
    // In your own project: the address of your gateway.
    schema: 'schema/!(subgraph*).graphql',
    documents: ['examples/front-end/*.ts', '!examples/front-end/codegen.ts'],
    presetConfig: { fragmentMasking: false },
    config: {
      // Operations as plain text: no GraphQL library in the browser.
      documentMode: 'string',
      importExtension: '.ts',
      scalars: { DateTime: 'string', ID: 'string' },
      strictScalars: true,
      enumsAsTypes: true,
      useTypeImports: true,
    },
  },
};
