/** Resolvers, descriptions, printed schema and examples agree with the contract. */
import { readdirSync, readFileSync } from 'node:fs';
import {
  type GraphQLNamedType,
  type GraphQLObjectType,
  type GraphQLSchema,
  getNamedType,
  isAbstractType,
  isEnumType,
  isInputObjectType,
  isInterfaceType,
  isNonNullType,
  isObjectType,
  isTypeDefinitionNode,
  isTypeExtensionNode,
  isUnionType,
  Kind,
  parse,
  printSchema as printGraphqlSchema,
  validate,
  visit,
} from 'graphql';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { entityNames } from '../../src/graphql/entities.ts';
import { resolvers } from '../../src/graphql/resolvers/resolvers.ts';
import { buildSchema, checkResolvers, printedSchemaFile, printSchema, readTypeDefs } from '../../src/graphql/schema.ts';
import { startSandboxService } from '../support/services/sandbox.ts';
import { type Service, startService } from '../support/services/service.ts';

const typeDefs = readTypeDefs();
const schema = buildSchema(resolvers, typeDefs);

describe('checkResolvers', () => {
  test('finds no disagreement between our resolvers, our entities and the contract', () => {
    expect(checkResolvers(schema, resolvers, entityNames)).toEqual([]);
  });

  test.each<[string, Readonly<Record<string, object>>, string]>([
    ['an unknown type', { ...resolvers, Nope: { id: () => '' } }, 'there is no type Nope'],
    ['an unknown query', { ...resolvers, Query: { ...resolvers.Query, zz: () => null } }, 'there is no field Query.zz'],
    [
      'an unknown field of an entity',
      { ...resolvers, PayerIdentity: { ...resolvers.PayerIdentity, chanel: () => null } },
      'there is no field PayerIdentity.chanel',
    ],
    [
      'a field that only Object.prototype has',
      { ...resolvers, Query: { ...resolvers.Query, toString: () => '' } },
      'there is no field Query.toString',
    ],
    [
      'a reference resolver, which nothing would call',
      { ...resolvers, PayerChannel: { __resolveReference: () => null } },
      'there is no field PayerChannel.__resolveReference',
    ],
  ])('reports a resolver of %s', (_, resolverMap, fault) => {
    expect(checkResolvers(schema, resolverMap, entityNames)).toEqual([fault]);
  });

  test.each([
    [
      'PayerIdentity without a reference resolver',
      ['PayerChannel'],
      'the entity PayerIdentity has no reference resolver',
    ],
    [
      'PayerChannel without a reference resolver',
      ['PayerIdentity'],
      'the entity PayerChannel has no reference resolver',
    ],
    [
      'a type that is no entity',
      ['PayerIdentity', 'PayerChannel', 'PayerAccessToken'],
      'the type PayerAccessToken is no entity',
    ],
  ])('reports %s', (_, names, fault) => {
    expect(checkResolvers(schema, resolvers, new Set(names))).toEqual([fault]);
  });

  test('makes buildSchema throw, with every fault in the message', () => {
    const faulty = { ...resolvers, Nope: {}, Query: { ...resolvers.Query, zz: () => null } };
    expect(() => buildSchema(faulty, typeDefs)).toThrow('there is no type Nope');
    expect(() => buildSchema(faulty, typeDefs)).toThrow('there is no field Query.zz');
  });
});

describe('descriptions', () => {
  /** What federation adds is not ours to describe. */
  const isOurs = ({ name }: GraphQLNamedType) => !/^_|^(?:federation|link)__/.test(name);
  const isBuiltIn = ({ name }: GraphQLNamedType) => /^(?:ID|String|Int|Float|Boolean)$/.test(name);
  /** A root type is shared with every other subgraph, so no single one describes it. */
  const isRoot = ({ name }: GraphQLNamedType) => /^(?:Query|Mutation)$/.test(name);

  interface Described {
    readonly coordinate: string;
    readonly description: string | null | undefined;
  }

  const membersOf = (type: GraphQLNamedType): Described[] => {
    if (isEnumType(type))
      return type.getValues().map(({ name, description }) => ({ coordinate: `${type.name}.${name}`, description }));
    if (isInputObjectType(type))
      return Object.values(type.getFields()).map(({ name, description }) => ({
        coordinate: `${type.name}.${name}`,
        description,
      }));
    if (!isObjectType(type) && !isInterfaceType(type)) return [];
    return Object.values(type.getFields())
      .filter(({ name }) => !name.startsWith('_'))
      .flatMap((field) => [
        { coordinate: `${type.name}.${field.name}`, description: field.description },
        ...field.args.map(({ name, description }) => ({
          coordinate: `${type.name}.${field.name}(${name}:)`,
          description,
        })),
      ]);
  };

  const describedBy = (from: GraphQLSchema): Described[] =>
    Object.values(from.getTypeMap())
      .filter((type) => isOurs(type) && !isBuiltIn(type))
      .flatMap((type) => [
        ...(isRoot(type) ? [] : [{ coordinate: type.name, description: type.description }]),
        ...membersOf(type),
      ]);

  const coordinates = describedBy(schema);

  test('the test of descriptions covers types, fields, arguments, enum values and input fields', () => {
    expect(coordinates.map(({ coordinate }) => coordinate)).toEqual(
      expect.arrayContaining([
        'PayerIdentity',
        'PayerIdentity.openId',
        'Query.authResult',
        'Query.authResult(waitSeconds:)',
        'Mutation.authenticate',
        'PayerFailureCode.QUERY_CODE_UNKNOWN',
        'PayerAuthenticateInput.authCode',
        'PayerCallSignatureInput.signedAt',
        'PayerAuthenticateResult',
        'DateTime',
      ]),
    );
  });

  test('every element of the contract has a description', () => {
    const missing = coordinates.filter(({ description }) => !description || !/\w{2}/.test(description));
    expect(missing.map(({ coordinate }) => coordinate)).toEqual([]);
  });
});

test('a field that several members of a union or an interface have is of one type, so that a client can select it in each', () => {
  const conflicts = Object.values(schema.getTypeMap())
    .filter(isAbstractType)
    .filter(({ name }) => name.startsWith('Payer'))
    .flatMap((type) => {
      const typesByField = new Map<string, Set<string>>();
      for (const member of schema.getPossibleTypes(type))
        for (const field of Object.values(member.getFields()))
          typesByField.set(field.name, (typesByField.get(field.name) ?? new Set()).add(`${field.type}`));
      return [...typesByField].filter(([, types]) => types.size > 1).map(([field]) => `${type.name}: ${field}`);
    });
  expect(conflicts).toEqual([]);
});

describe('schema/subgraph.graphql', () => {
  let service: Service;
  beforeAll(async () => {
    service = await startService();
  });
  afterAll(() => service.close());

  const printed = readFileSync(printedSchemaFile, 'utf8');

  test('schema/subgraph.graphql is the schema that a router fetches over HTTP', async () => {
    const { data, errors } = await service.graphql('{ _service { sdl } }');
    expect(errors).toBeUndefined();
    expect(`${data._service.sdl.trim()}\n`).toBe(printed);
  });

  test('schema/subgraph.graphql is up to date with the files of the schema', () => {
    expect(printSchema(schema)).toBe(printed);
  });

  test('the schema links federation 2.9 and imports only directives that it uses', () => {
    let link: { url: unknown; imports: string[] } | undefined;
    const used = new Set<string>();
    visit(parse(printed), {
      Directive({ name, arguments: args = [] }) {
        used.add(`@${name.value}`);
        const [url, imports] = ['url', 'import'].map((key) => args.find((arg) => arg.name.value === key)?.value);
        if (name.value !== 'link' || url?.kind !== Kind.STRING || imports?.kind !== Kind.LIST) return;
        link = {
          url: url.value,
          imports: imports.values.flatMap((value) => (value.kind === Kind.STRING ? [value.value] : [])),
        };
      },
    });
    expect(link?.url).toBe('https://specs.apollo.dev/federation/v2.9');
    expect(link?.imports.length).toBeGreaterThan(0);
    expect(link?.imports.filter((name) => !used.has(name))).toEqual([]);
  });

  test('the schema declares the entity keys that other subgraphs hold', () => {
    const keys = [...printed.matchAll(/@key\(fields: "([^"]+)"\)/g)].map(([, fields]) => fields);
    expect(keys.toSorted()).toEqual(['id', 'id', 'ref']);
  });

  test('every field of an entity is nullable but its id', () => {
    // The gateways disagree on what a missing entity does to a field that cannot be null.
    const strict = ['PayerIdentity', 'PayerChannel'].flatMap((name) => {
      const type = schema.getType(name);
      if (!isObjectType(type)) throw new Error(`${name} is no object type`);
      return Object.values(type.getFields()).flatMap((field) =>
        String(field.type).endsWith('!') ? [`${name}.${field.name}`] : [],
      );
    });
    expect(strict).toEqual(['PayerIdentity.id', 'PayerChannel.id']);
  });

  test('every field of Query is nullable, so that a fault of this subgraph leaves the rest of a page whole', () => {
    const fields = Object.values(schema.getQueryType()?.getFields() ?? {});
    const own = fields.filter(({ name }) => !name.startsWith('_'));
    expect(own.map(({ name }) => name)).toContain('authResult');
    expect(own.filter(({ type }) => isNonNullType(type)).map(({ name }) => name)).toEqual([]);
  });

  test('every name of the contract begins with Payer but those that all subgraphs share', () => {
    const types = parse(printed).definitions.flatMap((definition) =>
      isTypeDefinitionNode(definition) || isTypeExtensionNode(definition) ? [definition.name.value] : [],
    );
    const names = new Set(types.filter((name) => !name.startsWith('Payer') && !/^_|^(?:federation|link)__/.test(name)));
    expect(names).toEqual(new Set(['DateTime', 'Query', 'Mutation', 'Subscription']));
    const fields = ['Query', 'Mutation'].flatMap((name) =>
      Object.keys((schema.getType(name) as GraphQLObjectType).getFields()).filter((field) => !field.startsWith('_')),
    );
    expect(fields.toSorted()).toEqual([
      ...['authResult', 'authenticate', 'authenticateAndSet', 'cancelAuthentication', 'identityCertification'],
      ...['initializeIdentityCertification', 'jobworthAuthentication', 'payerChannels', 'payerIdentity'],
      ...['reportAuthenticationStep', 'startAuthentication', 'startIdentityCertification'],
    ]);
  });

  test('no scope is declared on a field whose union has PayerNotAllowed', () => {
    const refusable = ['Query', 'Mutation'].flatMap((name) =>
      Object.values((schema.getType(name) as GraphQLObjectType).getFields()).filter(({ type }) => {
        const named = getNamedType(type);
        return isUnionType(named) && named.getTypes().some((member) => member.name === 'PayerNotAllowed');
      }),
    );
    expect(refusable.map(({ name }) => name).toSorted()).toEqual([
      ...['authenticate', 'authenticateAndSet', 'identityCertification', 'initializeIdentityCertification'],
      ...['jobworthAuthentication', 'startIdentityCertification'],
    ]);
    const scoped = refusable.filter(({ astNode }) =>
      astNode?.directives?.some(({ name }) => name.value === 'requiresScopes'),
    );
    expect(scoped).toEqual([]);
  });

  test('the printed schema has the descriptions', () => {
    expect(printed).toContain('The channel refused the auth code without saying why.');
    expect(printGraphqlSchema(schema)).toContain('The channel refused the auth code without saying why.');
  });
});

describe('the example operations', () => {
  const folder = new URL('../../examples/', import.meta.url);
  const names = readdirSync(folder).filter((name) => name.endsWith('.graphql'));
  const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');
  /** The examples are for the default port. */
  const readFor = ({ origin }: { readonly origin: string }, name: string) =>
    read(name).replace('http://127.0.0.1:4001', origin);

  test('there are at least five example operations', () => {
    expect(names.length).toBeGreaterThanOrEqual(5);
  });

  test.each(names)('the example %s is a valid operation', (name) => {
    expect(validate(schema, parse(read(name)))).toEqual([]);
  });

  test.each(names)('the example %s runs on a fresh service without errors', async (name) => {
    const service = await startSandboxService();
    try {
      const { status, data, errors } = await service.graphql(readFor(service, name));
      expect({ status, errors }).toEqual({ status: 200, errors: undefined });
      expect(Object.values(data)).not.toContain(null);
      expect(JSON.stringify(data)).not.toMatch(/InvalidInput|NotAllowed|ChannelUnavailable|ServiceBusy/);
    } finally {
      await service.close();
    }
  });

  test('the examples run a second time with new codes, and on any port with its address', async () => {
    const service = await startSandboxService();
    onTestFinished(() => service.close());
    const fresh = (name: string, run: number): Record<string, string> => ({
      authCode: `test_${name === 'refused.graphql' ? 'invalid' : 'ok'}_bob~${name}${run}`,
      onceToken: `test_ok_bob~${run}`,
      queryCode: `a-query-code-of-run-${run}`,
      returnUrl: `${service.origin}/payer?channel=ali_pay`,
    });
    // First the one whose result the others read.
    const inOrder = [
      'authenticate-and-set.graphql',
      ...names.filter((name) => name !== 'authenticate-and-set.graphql'),
    ];
    for (const run of [1, 2])
      for (const name of inOrder) {
        const text = read(name);
        const given = Object.entries(fresh(name, run)).filter(([variable]) => text.includes(`$${variable}: `));
        const { data, errors } = await service.graphql(text, Object.fromEntries(given));
        expect({ name, errors }).toEqual({ name, errors: undefined });
        const codes = JSON.stringify(data).match(/(?<="code":")\w+/g);
        expect({ name, codes }).toEqual({ name, codes: name === 'refused.graphql' ? ['AUTH_CODE_INVALID'] : null });
      }
  });

  test('the result that the example authenticate-and-set stores is read by auth-result', async () => {
    const service = await startSandboxService();
    try {
      await service.graphql(read('authenticate-and-set.graphql'));
      const { data } = await service.graphql(read('auth-result.graphql'));
      expect(data.authResult).toEqual({ __typename: 'PayerAuthSucceeded', expiresAt: expect.any(String) });
      const ofServer = await service.graphql(read('auth-result-identity.graphql'));
      expect(ofServer.data.authResult).toMatchObject({
        ...{ __typename: 'PayerAuthSucceeded', identity: { id: expect.any(String) } },
      });
    } finally {
      await service.close();
    }
  });

  test('the examples succeed, and the example refused is refused', async () => {
    const service = await startSandboxService();
    try {
      const members = await Promise.all(
        ['authenticate.graphql', 'authenticate-and-set.graphql', 'refused.graphql'].map(async (name) => {
          const { data } = await service.graphql(readFor(service, name));
          return Object.values<{ __typename: string }>(data)[0]?.__typename;
        }),
      );
      expect(members).toEqual(['PayerAuthenticated', 'PayerAuthResultStored', 'PayerAuthorizationRejected']);
    } finally {
      await service.close();
    }
  });
});
