import type { CodegenConfig } from '@graphql-codegen/cli';
import { client } from './examples/front-end/codegen.ts';

const config: CodegenConfig = {
  schema: 'schema/!(subgraph*).graphql',
  generates: {
    'examples/front-end/gql/': {
      ...client,
      documents: ['examples/front-end/*.ts', '!examples/front-end/codegen.ts'],
    },
    'src/generated/resolvers.ts': {
      plugins: ['typescript', 'typescript-resolvers'],
      config: {
        federation: true,
        contextType: '../graphql/context.ts#Context',
        mappers: {
          PayerIdentity: '../identity/permission.ts#VisibleIdentity',
          PayerChannel: '../model.ts#Channel',
          PayerCertification: '../model.ts#Certification',
          // What is left of these types is resolved field by field.
          PayerAuthenticationStarted: '../identity/authentication.ts#Started',
          PayerAuthenticationStartedWithoutPage: '../identity/authentication.ts#StartedWithoutPage',
          PayerCertificationStarted: '../channels/source.ts#CertifyPage',
          PayerCertificationForm: '../lib/form.ts#Form',
        },
        scalars: { DateTime: 'Date', ID: 'string', _FieldSet: 'string' },
        strictScalars: true,
        enumsAsTypes: true,
        useTypeImports: true,
        maybeValue: 'T | null | undefined',
        immutableTypes: true,
        resolversNonOptionalTypename: { unionMember: true, interfaceImplementingType: true },
      },
    },
    // What a front-end team generates: the operations as text, each with the types of its variables and of its answer.
    'examples/cashier/graphql.ts': {
      documents: 'examples/cashier/operations.graphql',
      plugins: ['typescript-operations', 'typed-document-node'],
      config: {
        documentMode: 'string',
        scalars: { DateTime: 'string', ID: 'string' },
        strictScalars: true,
        enumsAsTypes: true,
        useTypeImports: true,
        immutableTypes: true,
        dedupeFragments: true,
      },
    },
  },
};

export default config;
