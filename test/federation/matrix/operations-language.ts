/** What the language of GraphQL allows in an operation, and what it does not. */
import type { Operation } from './operation.ts';

const conditional = 'query($yes: Boolean!, $no: Boolean!)';
const both = { yes: true, no: false };

export const language: readonly Operation[] = [
  {
    name: '`@include` and `@skip` on fields of a payer',
    query: `${conditional} { orders(set: "one") { payer { openId @include(if: $yes) userId @include(if: $no) a: openId @skip(if: $no) b: openId @skip(if: $yes) } } }`,
    variables: () => both,
    data: ({ alice: { openId } }) => ({ orders: [{ payer: { openId, a: openId } }] }),
  },
  {
    name: '`@include` and `@skip` on all that is ours',
    query: `${conditional} { orders(set: "one") { id payer @include(if: $no) { openId } } payerChannels @skip(if: $yes) { channel { id } } }`,
    variables: () => both,
    data: () => ({ orders: [{ id: 'o1' }] }),
  },
  {
    name: '`@include` on a fragment of a payer',
    query: `${conditional} { orders(set: "one") { payer { id ... @include(if: $no) { openId } ... on PayerIdentity @include(if: $yes) { userId } } } }`,
    variables: () => both,
    data: ({ alice: { id, userId } }) => ({ orders: [{ payer: { id, userId } }] }),
  },
  {
    name: 'named fragments over several subgraphs',
    query: `{ orders(set: "one") { ...Line } wallets(set: "both") { payer { ...Who } } }
      fragment Line on Order { id payer { ...Who orderCount } }
      fragment Who on PayerIdentity { openId channel { ...Where } }
      fragment Where on PayerChannel { title }`,
    data: ({ alice, bob }) => {
      const who = [alice, bob, alice].map(({ openId, channel: { title } }) => ({ openId, channel: { title } }));
      return {
        orders: [{ id: 'o1', payer: { ...who[0], orderCount: alice.id.length } }],
        wallets: who.map((payer) => ({ payer })),
      };
    },
  },
  {
    name: '`operationName` with two operations',
    query: 'query A { orders(set: "one") { id } } query B { orders(set: "one") { payer { openId } } }',
    operationName: 'B',
    data: ({ alice: { openId } }) => ({ orders: [{ payer: { openId } }] }),
  },
  {
    name: 'fields of `__typename` alone',
    query: '{ orders(set: "one") { __typename payer { __typename } } wallets(set: "both") { __typename } }',
    data: () => ({
      orders: [{ __typename: 'Order', payer: { __typename: 'PayerIdentity' } }],
      wallets: Array.from({ length: 3 }, () => ({ __typename: 'Wallet' })),
    }),
  },
  {
    name: 'Unicode and escaped quotes in the document, NUL and more in a variable',
    query:
      'query($text: ID!) { a: payerIdentity(id: "支付宝 \\"quoted\\" é") { id } b: payerIdentity(id: $text) { id } }',
    variables: () => ({ text: '\u0000\u2028\ud83d\ude00"\\' }),
    data: () => ({ a: null, b: null }),
  },
  {
    name: 'a character beyond U+FFFF in the document',
    query: '{ payerIdentity(id: "a 😀 b") { id } }',
    data: () => ({ payerIdentity: null }),
  },
  {
    name: 'an escaped backslash in the document',
    query: '{ payerIdentity(id: "a \\\\ b") { id } }',
    data: () => ({ payerIdentity: null }),
  },
  {
    name: 'an escaped code point in the document',
    query: '{ payerIdentity(id: "a \\u00e9 b") { id } }',
    data: () => ({ payerIdentity: null }),
  },
  {
    name: 'introspection of an enum and a union of ours',
    query:
      '{ enum: __type(name: "PayerChannelCapability") { kind name enumValues { name } } union: __type(name: "PayerStartAuthenticationResult") { kind name } }',
    data: () => ({
      enum: {
        kind: 'ENUM',
        name: 'PayerChannelCapability',
        enumValues: ['AUTHENTICATE', 'AUTHORIZE', 'CERTIFY', 'JOBWORTH'].map((name) => ({ name })),
      },
      union: { kind: 'UNION', name: 'PayerStartAuthenticationResult' },
    }),
  },
  {
    name: "introspection of federation's own types",
    query: '{ any: __type(name: "_Any") { name } entity: __type(name: "_Entity") { name } }',
    data: () => ({ any: null, entity: null }),
  },
  {
    name: 'a required variable is missing',
    query: 'query($id: ID!) { payerIdentity(id: $id) { id } }',
    data: () => undefined,
    codes: ['BAD_USER_INPUT'],
  },
  {
    name: 'a misspelt value of an enum',
    query:
      '{ jobworthAuthentication(input: { agreementId: "c", match: EXACTLY, jobIdentityType: "04", serviceId: "s", subject: { userId: "u" }, onceToken: "t" }) { __typename } }',
    data: () => undefined,
    codes: ['GRAPHQL_VALIDATION_FAILED'],
  },
  {
    name: 'a field that does not exist',
    query: '{ orders { payer { nope } } }',
    data: () => undefined,
    codes: ['GRAPHQL_VALIDATION_FAILED'],
  },
];
