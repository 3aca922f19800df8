/** The tags of the contract make variants of it, and gateways read its costs. */
import { readFileSync } from 'node:fs';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import {
  composeSchemaContract,
  composeServices,
  transformSupergraphToPublicSchema,
} from '@theguild/federation-composition';
import { federateSubgraphsContract, LATEST_ROUTER_COMPATIBILITY_VERSION } from '@wundergraph/composition';
import {
  buildASTSchema,
  type ConstDirectiveNode,
  type DirectiveNode,
  type GraphQLSchema,
  isInputObjectType,
  isInterfaceType,
  isObjectType,
  Kind,
  type NameNode,
  parse,
  validateSchema,
} from 'graphql';
import { afterAll, describe, expect, test } from 'vitest';
import { printedSchemaFile, schemaFileWithoutScopes } from '../../src/graphql/schema.ts';

const url = 'http://payer-identity.example/graphql';
const read = (file: URL) => parse(readFileSync(file, 'utf8'));
const printed = read(printedSchemaFile);

/** The schema that clients of a variant see. */
type Variant = (file: URL, exclude: readonly string[]) => GraphQLSchema;

const composers: [string, Variant][] = [
  [
    '@theguild/federation-composition',
    (file, exclude) => {
      const services = [{ name: 'payer-identity', url, typeDefs: read(file) }];
      const filter = { exclude: new Set(exclude), include: new Set<string>() };
      const { supergraphSdl, errors } = composeSchemaContract(services, filter, true);
      if (!supergraphSdl) throw new Error(errors?.map(({ message }) => message).join('\n'));
      return buildASTSchema(transformSupergraphToPublicSchema(parse(supergraphSdl)));
    },
  ],
  [
    '@wundergraph/composition',
    (file, exclude) => {
      const result = federateSubgraphsContract({
        subgraphs: [{ name: 'payer-identity', url, definitions: read(file) }],
        contractTagOptions: { tagNamesToExclude: new Set(exclude), tagNamesToInclude: new Set() },
        version: LATEST_ROUTER_COMPATIBILITY_VERSION,
      });
      if (!result.success) throw new Error(result.errors.map(({ message }) => message).join('\n'));
      return result.federatedGraphClientSchema;
    },
  ],
];

const rootFields = (schema: GraphQLSchema) => ({
  query: Object.keys(schema.getQueryType()?.getFields() ?? {}).sort(),
  mutation: Object.keys(schema.getMutationType()?.getFields() ?? {}).sort(),
  subscription: Object.keys(schema.getSubscriptionType()?.getFields() ?? {}).sort(),
});

/** Type.field of every field of objects, interfaces and inputs that can be reached. */
const fieldsOf = (schema: GraphQLSchema): string[] =>
  Object.values(schema.getTypeMap()).flatMap((type) =>
    isObjectType(type) || isInterfaceType(type) || isInputObjectType(type)
      ? Object.keys(type.getFields()).map((field) => `${type.name}.${field}`)
      : [],
  );

interface Tagged {
  readonly directives?: readonly DirectiveNode[] | readonly ConstDirectiveNode[] | undefined;
}

/** Type.field of the contract that carry the tag, by themselves or by their type. */
const tagged = (tag: string): Set<string> => {
  const carries = ({ directives = [] }: Tagged) =>
    directives.some(({ name, arguments: [argument] = [] }) => {
      const { value } = argument ?? {};
      return name.value === 'tag' && value?.kind === Kind.STRING && value.value === tag;
    });
  return new Set(
    printed.definitions.flatMap((node) => {
      if (!('fields' in node) || !('name' in node)) return [];
      const fields: readonly (Tagged & { readonly name: NameNode })[] = node.fields ?? [];
      const all = carries(node);
      return fields.filter((field) => all || carries(field)).map(({ name }) => `${node.name?.value}.${name.value}`);
    }),
  );
};

describe.each(composers)('a variant by %s', (_, variant) => {
  test.each(
    [printedSchemaFile, schemaFileWithoutScopes].map((file) => [file.pathname.split('/').at(-1), file] as const),
  )(
    'a variant of %s for payer pages has seven root fields, and nothing that is trusted or shows who a payer is',
    (_, file) => {
      const schema = variant(file, ['trusted', 'pii']);
      expect(validateSchema(schema)).toEqual([]);
      expect(rootFields(schema)).toEqual({
        query: ['authResult', 'payerChannels'],
        mutation: [
          ...['authenticateAndSet', 'cancelAuthentication', 'reportAuthenticationStep', 'startAuthentication'],
        ],
        subscription: ['authResult'],
      });
      const fields = fieldsOf(schema);
      const hidden = [...tagged('trusted'), ...tagged('pii')];
      expect(hidden).toEqual(
        expect.arrayContaining(['Mutation.authenticate', 'PayerIdentity.openId', 'PayerAuthenticated.accessToken']),
      );
      expect(fields.filter((field) => hidden.includes(field))).toEqual([]);
      expect(fields.filter((field) => field.startsWith('PayerIdentity.')).sort()).toEqual([
        'PayerIdentity.appId',
        'PayerIdentity.channel',
        'PayerIdentity.firstAuthenticatedAt',
        'PayerIdentity.id',
        'PayerIdentity.lastAuthenticatedAt',
        'PayerIdentity.subAppId',
      ]);
    },
  );

  test('a variant without pii has every root field, and no field that shows who a payer is', () => {
    const schema = variant(printedSchemaFile, ['pii']);
    expect(validateSchema(schema)).toEqual([]);
    expect(rootFields(schema)).toEqual(rootFields(variant(printedSchemaFile, [])));
    const pii = tagged('pii');
    expect(pii.size).toBeGreaterThan(8);
    expect(fieldsOf(schema).filter((field) => pii.has(field))).toEqual([]);
  });
});

test('every root field is either public or trusted', () => {
  const all = fieldsOf(composers[0]?.[1](printedSchemaFile, []) ?? buildASTSchema(printed)).filter((field) =>
    /^(?:Query|Mutation|Subscription)\./.test(field),
  );
  const [open, trusted] = [tagged('public'), tagged('trusted')];
  expect(all).toHaveLength(13);
  expect(all.filter((field) => open.has(field) === trusted.has(field))).toEqual([]);
});

describe('the costs of the contract', () => {
  const { supergraphSdl = '' } = composeServices([{ name: 'payer-identity', url, typeDefs: printed }]);
  // biome-ignore lint/suspicious/noExplicitAny: the gateway judges any value
  const answer: any = { data: { authResult: null, payerChannels: [] } };
  const gateway = createGatewayRuntime({
    supergraph: supergraphSdl,
    logging: false,
    demandControl: { maxCost: 40, includeExtensionMetadata: true },
    transports: { http: { getSubgraphExecutor: () => async () => answer } },
  });
  afterAll(() => gateway[Symbol.asyncDispose]());

  const costOf = async (query: string) => {
    const response = await gateway.fetch('http://gateway.example/graphql', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query }),
    });
    const { extensions, errors } = await response.json();
    return {
      cost: extensions?.cost?.estimated,
      codes: errors?.map((error: { extensions: object }) => error.extensions),
    };
  };

  test('a gateway with demand control reads what a poll and a list cost, and refuses a redemption above its limit', async () => {
    const poll = await costOf('{ authResult(queryCode: "secret") { __typename } }');
    const list = await costOf('{ payerChannels { channel { id } } }');
    const redemption = await costOf(
      'mutation { authenticate(input: { channelId: "ali_pay", authCode: "code" }) { __typename } }',
    );
    // The field's own cost and 1 for the object that it returns; a list is taken to have 20 channels.
    expect(poll).toEqual({ cost: 5 + 1 });
    expect(list).toEqual({ cost: 20 * 2 });
    expect(redemption).toMatchObject({ cost: 50 + 1, codes: [{ code: 'COST_ESTIMATED_TOO_EXPENSIVE' }] });
  });
});
