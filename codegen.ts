import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: 'schema/!(subgraph).graphql',
  generates: {
    'src/generated/resolvers.ts': {
      plugins: ['typescript', 'typescript-resolvers'],
      config: {
        federation: true,
        contextType: '../graphql/context.ts#Context',
        mappers: {
          PayerIdentity: '../model.ts#PayerIdentity as PayerIdentityRecord',
          Channel: '../model.ts#Channel as ChannelRecord',
        },
        scalars: { DateTime: 'Date', ID: 'string', _FieldSet: 'string' },
        strictScalars: true,
        enumsAsTypes: true,
        useTypeImports: true,
        immutableTypes: true,
        resolversNonOptionalTypename: { unionMember: true, interfaceImplementingType: true },
      },
    },
  },
};

export default config;
