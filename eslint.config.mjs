/** Lints the contract and the example operations by rules of graphql-eslint; TypeScript is linted by biome. */
import { readFileSync } from 'node:fs';
import graphql from '@graphql-eslint/eslint-plugin';

/** Without its @link: graphql-eslint 4.4.1 then calls @apollo/subgraph, in a way that its version 2.15 refuses. */
const printed = readFileSync(new URL('schema/subgraph.graphql', import.meta.url), 'utf8');
const graphQLConfig = { schema: printed.replace(/^extend schema @link.*$/m, ''), documents: 'examples/*.graphql' };

/** All rules, each with its defaults; what follows configures or switches off. */
const { rules: allSchemaRules } = graphql.configs['flat/schema-all'];
const { rules: allOperationRules } = graphql.configs['flat/operations-all'];
const { '@graphql-eslint/naming-convention': naming } = allSchemaRules;

export default [
  { ignores: ['schema/subgraph*.graphql'] },
  {
    files: ['{schema,examples}/*.graphql'],
    languageOptions: { parser: graphql.parser, parserOptions: { graphQLConfig } },
    plugins: { '@graphql-eslint': graphql },
  },
  {
    files: ['schema/*.graphql'],
    rules: {
      ...allSchemaRules,
      '@graphql-eslint/require-description': [
        'error',
        { types: true, rootField: true, FieldDefinition: true, InputValueDefinition: true, EnumValueDefinition: true },
      ],
      // Other subgraphs have types of these names, and composition merges or refuses types of one name.
      '@graphql-eslint/naming-convention': [
        'error',
        {
          ...naming[1],
          types: {
            style: 'PascalCase',
            requiredPrefixes: ['Payer'],
            ignorePattern: '^(?:Query|Mutation|Subscription|DateTime)$',
          },
        },
      ],
      'no-restricted-syntax': [
        'error',
        {
          selector: '[name.value=Query] > FieldDefinition[gqlType.type=NonNullType]',
          message:
            'A root field of Query is nullable: else a fault of ours blanks a page with fields of other subgraphs',
        },
        {
          selector: 'Directive[name.value=deprecated]:not(:has(StringValue[value=/\\d{4}-\\d\\d-\\d\\d/]))',
          message: 'The reason of a deprecation names the replacement and the date of the removal',
        },
      ],
      // All three: docs/routers.md says which gateways have subscriptions.
      '@graphql-eslint/no-root-type': 'off',
      // The rule above: this one also refuses our non-null mutations, and accepts a non-null list.
      '@graphql-eslint/require-nullable-result-in-root': 'off',
      // The date is in the reason: @deprecated has no argument for it.
      '@graphql-eslint/require-deprecation-date': 'off',
      // One line where one line is enough.
      '@graphql-eslint/description-style': 'off',
      // Results and failures are values; test/graphql/schema.test.ts checks the ids of entities.
      '@graphql-eslint/strict-id-in-types': 'off',
      // Fields and members stand in the order in which they are read: the successful member first.
      '@graphql-eslint/alphabetize': 'off',
    },
  },
  {
    files: ['examples/*.graphql'],
    rules: {
      ...allOperationRules,
      // As in the contract.
      '@graphql-eslint/alphabetize': 'off',
    },
  },
];
