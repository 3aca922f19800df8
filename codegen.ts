import type { CodegenConfig } from '@graphql-codegen/cli';

const config: CodegenConfig = {
  schema: 'schema/!(subgraph*).graphql',
  generates: {
    'src/generated/resolvers.ts': {
      plugins: ['typescript', 'typescript-resolvers'],
      config: {
        federation: true,
        contextType: '../graphql/context.ts#Context',
        mappers: {
          PayerIdentity: '../identity/permission.ts#VisibleIdentity',
          Channel: '../model.ts#Channel as ChannelRecord',
          IdentityCertification: '../model.ts#Certification as CertificationRecord',
          // What is left of these types is resolved field by field.
          AuthenticationStarted: '../identity/authentication.ts#Started',
          IdentityCertificationStarted: '../channels/source.ts#CertifyPage',
          CertificationForm: '../lib/form.ts#Form',
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
  },
};

export default config;
