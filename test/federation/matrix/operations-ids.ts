/** References of other subgraphs by id, in lists of every size. */
import { beyondIds, manyIds, NOBODY, POISON } from './lists.ts';
import type { Operation } from './operation.ts';
import { byId, few, show } from './payer-fields.ts';
import type { Payer } from './world.ts';

export const byIds: readonly Operation[] = [
  {
    name: 'payers by id',
    query: '{ orders { id payer { id ref openId userId appId channel { id title } } } }',
    data: (world) => ({ orders: few(world, 'id', 'ref', 'openId', 'userId', 'appId', 'channel') }),
  },
  {
    name: 'payers by id, only the id',
    query: '{ orders { id payer { id } } }',
    data: (world) => ({ orders: few(world, 'id') }),
  },
  {
    name: '100 orders of three payers',
    query: '{ orders(set: "hundred") { payer { id openId } } }',
    data: ({ alice, bob, crowd }) => ({
      orders: Array.from({ length: 100 }, (_, i) => ({
        payer: show([alice, bob, crowd[0] as Payer][i % 3] as Payer, 'id', 'openId'),
      })),
    }),
  },
  {
    name: '200 orders of different payers',
    query: '{ orders(set: "different") { payer { id openId } } }',
    data: ({ alice }) => ({
      orders: Array.from({ length: 200 }, (_, i) => ({
        payer: i === 199 ? show(alice, 'id', 'openId') : { id: `pid_${i}`, openId: null },
      })),
    }),
  },
  {
    name: '250 orders of different payers',
    query: '{ orders(set: "page") { id payer { id appId openId } } }',
    data: (world) => ({
      orders: manyIds(world).map((id, i) => ({ id: `o${i + 1}`, payer: byId(world, id, 'id', 'appId', 'openId') })),
    }),
  },
  {
    name: '1,001 orders of different payers, one more than the limit',
    query: '{ orders(set: "beyond") { payer { id openId } } }',
    data: (world) => ({
      orders: beyondIds(world).map((id) => ({
        payer: { id, openId: id === world.alice.id ? world.alice.openId : null },
      })),
    }),
    codes: ['TOO_MANY_REPRESENTATIONS'],
  },
  {
    name: '250 orders of one payer',
    query: '{ orders(set: "same") { payer { openId } } }',
    data: ({ alice }) => ({ orders: Array.from({ length: 250 }, () => ({ payer: { openId: alice.openId } })) }),
  },
  {
    name: 'one reference that is not in a list',
    query: '{ order(id: "o1") { payer { openId } } }',
    data: ({ alice }) => ({ order: { payer: { openId: alice.openId } } }),
  },
  {
    name: 'a missing payer, one field',
    query: '{ orders(set: "missing") { payer { openId } } }',
    data: ({ alice }) => ({ orders: [{ payer: { openId: alice.openId } }, { payer: { openId: null } }] }),
  },
  {
    name: 'a missing payer, two fields and the id',
    query: '{ orders(set: "missing") { payer { id openId appId } } }',
    data: (world) => ({
      orders: [world.alice.id, NOBODY].map((id) => ({ payer: byId(world, id, 'id', 'openId', 'appId') })),
    }),
  },
  {
    name: 'a missing payer → a field computed from openId',
    query: '{ orders(set: "missing") { payer { id tier } } }',
    data: (world) => ({ orders: [{ payer: show(world.alice, 'id', 'tier') }, { payer: { id: NOBODY, tier: null } }] }),
  },
  {
    name: 'a missing payer behind a non-null reference',
    query: '{ orders(set: "missing") { strictPayer { id openId } } }',
    data: (world) => ({
      orders: [world.alice.id, NOBODY].map((id) => ({ strictPayer: byId(world, id, 'id', 'openId') })),
    }),
  },
  {
    name: 'a malformed id among others',
    query: '{ orders(set: "poison") { payer { id openId userId } } }',
    data: (world) => ({
      orders: [world.alice.id, POISON, world.bob.id].map((id) => ({
        payer: byId(world, id, 'id', 'openId', 'userId'),
      })),
    }),
    codes: ['BAD_REPRESENTATION'],
  },
  {
    name: 'an empty id among others',
    query: '{ orders(set: "empty") { payer { id openId userId } } }',
    data: (world) => ({
      orders: [world.alice.id, '', world.bob.id].map((id) => ({ payer: byId(world, id, 'id', 'openId', 'userId') })),
    }),
    codes: ['BAD_REPRESENTATION'],
  },
  {
    name: 'null payers alone',
    query: '{ orders(set: "nulls") { id payer { openId } } }',
    data: () => ({
      orders: [
        { id: 'o1', payer: null },
        { id: 'o2', payer: null },
      ],
    }),
  },
  {
    name: 'null payers beside `payerChannels`',
    query: '{ orders(set: "nulls") { id payer { openId } } payerChannels { channel { id } } }',
    data: () => ({
      orders: [
        { id: 'o1', payer: null },
        { id: 'o2', payer: null },
      ],
      payerChannels: [{ channel: { id: 'ali_pay' } }, { channel: { id: 'wechat_pay' } }],
    }),
  },
  {
    name: 'payers through an interface',
    query:
      '{ entries(set: "mixed") { __typename id payer { openId userId } ... on Refund { order { id payer { openId } } } } }',
    data: ({ alice, bob }) => ({
      entries: [
        { __typename: 'Order', id: 'o1', payer: show(alice, 'openId', 'userId') },
        {
          __typename: 'Refund',
          id: 'r1',
          payer: show(bob, 'openId', 'userId'),
          order: { id: 'o2', payer: show(alice, 'openId') },
        },
      ],
    }),
  },
  {
    name: 'payers through members of a union',
    query:
      '{ results(set: "members") { __typename ... on Order { payer { openId } } ... on Refund { order { payer { openId tier } } } ... on OrderMissing { reason } } }',
    data: ({ alice }) => ({
      results: [
        { __typename: 'Order', payer: show(alice, 'openId') },
        { __typename: 'OrderMissing', reason: 'gone' },
        { __typename: 'Refund', order: { payer: show(alice, 'openId', 'tier') } },
      ],
    }),
  },
  {
    name: 'payers at three depths of one order',
    query:
      '{ orders(set: "nested") { payer { openId } replaces { payer { userId } replaces { payer { id openId } } } } }',
    data: ({ alice, bob }) => ({
      orders: [
        {
          payer: show(alice, 'openId'),
          replaces: { payer: show(bob, 'userId'), replaces: { payer: show(alice, 'id', 'openId') } },
        },
      ],
    }),
  },
  {
    name: 'a chain of references, 7 deep',
    query:
      '{ orders(set: "one") { payer { openId latestOrder { payer { openId latestOrder { payer { openId } } } } } } }',
    data: ({ alice: { openId } }) => ({
      orders: [{ payer: { openId, latestOrder: { payer: { openId, latestOrder: { payer: { openId } } } } } }],
    }),
  },
  {
    name: '`payer` → fields of `orders`, `points` and `loyalty`',
    query: '{ orders { id payer { orderCount points tier } } }',
    data: (world) => ({ orders: few(world, 'orderCount', 'points', 'tier') }),
  },
  {
    name: 'three aliases in an entity',
    query: '{ orders { id payer { a: openId b: openId c: userId } } }',
    data: ({ alice, bob }) => ({
      orders: [
        { id: 'o1', payer: { a: alice.openId, b: alice.openId, c: alice.userId } },
        { id: 'o2', payer: { a: bob.openId, b: bob.openId, c: bob.userId } },
        { id: 'o3', payer: null },
      ],
    }),
  },
  {
    name: '16 aliases in an entity',
    query: `{ orders(set: "one") { payer { ${Array.from({ length: 16 }, (_, i) => `a${i}: openId`).join(' ')} } } }`,
    data: ({ alice }) => ({
      orders: [{ payer: Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`a${i}`, alice.openId])) }],
    }),
  },
];
