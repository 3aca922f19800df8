/** The tags of the contract: the variants of a supergraph that routers filter by them compose, and hide what they should. */
import { readFileSync } from 'node:fs';
import { composeServices as composeWithApollo } from '@apollo/composition';
import {
  applyTagFilterOnSubgraphs,
  composeServices as composeWithGuild,
  compositionHasErrors,
  transformSupergraphToPublicSchema,
} from '@theguild/federation-composition';
import { buildASTSchema, type GraphQLSchema, isObjectType, parse } from 'graphql';
import { expect, test } from 'vitest';

/** Of another team, which has tags of its own only for the public variant. */
const orders = `
  extend schema @link(url: "https://specs.apollo.dev/federation/v2.9", import: ["@key", "@tag"])
  type Query { orders: [Order!] @tag(name: "public") }
  type Order @tag(name: "public") { id: ID! payer: PayerIdentity }
  type PayerIdentity @key(fields: "id", resolvable: false) @tag(name: "public") { id: ID! }
`;
const contract = readFileSync(new URL('../../schema/subgraph.graphql', import.meta.url), 'utf8');

interface Filter {
  readonly include: readonly string[];
  readonly exclude: readonly string[];
}

/** What clients of the variant see. Throws when one of two composers refuses it. */
const variant = ({ include, exclude }: Filter): GraphQLSchema => {
  const subgraphs = [
    { name: 'payer-identity', url: 'http://127.0.0.1/payer', typeDefs: parse(contract) },
    { name: 'orders', url: 'http://127.0.0.1/orders', typeDefs: parse(orders) },
  ];
  const filtered = applyTagFilterOnSubgraphs(subgraphs, { include: new Set(include), exclude: new Set(exclude) });
  const byApollo = composeWithApollo(filtered.map((subgraph) => ({ ...subgraph, url: subgraph.url ?? '' })));
  expect(byApollo.errors ?? []).toEqual([]);
  const byGuild = composeWithGuild(filtered);
  if (compositionHasErrors(byGuild)) throw new Error(byGuild.errors.map(({ message }) => message).join('; '));
  return buildASTSchema(transformSupergraphToPublicSchema(parse(byGuild.supergraphSdl)));
};

const fieldsOf = (schema: GraphQLSchema, name: string): string[] => {
  const type = schema.getType(name);
  return isObjectType(type) ? Object.keys(type.getFields()).toSorted() : [];
};

const known = ['appId', 'channel', 'firstAuthenticatedAt', 'id', 'lastAuthenticatedAt', 'subAppId'];
const identifying = ['openId', 'ref', 'subOpenId', 'unionId', 'userId'];
const publicFields = [
  ...['authResult', 'authenticateAndSet', 'cancelAuthentication', 'payerChannels', 'reportAuthenticationStep'],
  'startAuthentication',
];
const trustedFields = [
  'authenticate',
  'identityCertification',
  'initializeIdentityCertification',
  'jobworthAuthentication',
  'payerIdentity',
  'startIdentityCertification',
];
const all = [...publicFields, ...trustedFields];

test.each<[string, Filter, { root: string[]; identity: string[] }]>([
  ['public', { include: ['public'], exclude: ['trusted', 'pii'] }, { root: publicFields, identity: known }],
  [
    'public and trusted',
    { include: ['public', 'trusted'], exclude: [] },
    { root: all, identity: [...known, ...identifying, 'certification'] },
  ],
  [
    'public and trusted without pii',
    { include: ['public', 'trusted'], exclude: ['pii'] },
    { root: all, identity: [...known, 'certification'] },
  ],
  ['all without pii', { include: [], exclude: ['pii'] }, { root: all, identity: [...known, 'certification'] }],
  [
    'all without trusted',
    { include: [], exclude: ['trusted'] },
    { root: publicFields, identity: [...known, ...identifying] },
  ],
])('the variant %s composes and shows its fields only', (_, filter, { root, identity }) => {
  const schema = variant(filter);
  const roots = [...fieldsOf(schema, 'Query'), ...fieldsOf(schema, 'Mutation')].filter((name) => name !== 'orders');
  expect(roots.toSorted()).toEqual(root.toSorted());
  expect(fieldsOf(schema, 'PayerIdentity')).toEqual(identity.toSorted());
  expect(fieldsOf(schema, 'PayerAuthenticated').includes('accessToken')).toBe(
    root === all && !filter.exclude.includes('pii'),
  );
});
