/** References of other subgraphs: by id, by ref, of channels, in lists of every size and at several places. */
import { beyondIds, encodedMore, manyIds, NOBODY, noRef, POISON } from './lists.ts';
import type { Operation } from './operation.ts';
import type { Payer, World } from './world.ts';

type Name = keyof Payer | 'tier' | 'orderCount' | 'points';

const values = (payer: Payer) => ({
  ...payer,
  tier: payer.openId ? `gold of ${payer.openId.slice(0, 3)}` : null,
  orderCount: payer.id.length,
  points: payer.ref.length,
});
const show = (payer: Payer, ...names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, values(payer)[name]]));
/** A reference that names no payer: its key, and null for everything else. */
const ghost = (key: object, ...names: readonly string[]) => ({
  ...Object.fromEntries(names.map((name) => [name, null])),
  ...key,
});

const known = ({ alice, bob, crowd }: World) => [alice, bob, ...crowd];
const byId = (world: World, id: string, ...names: readonly Name[]) => {
  const payer = known(world).find((one) => one.id === id);
  return payer ? show(payer, ...names) : ghost(names.includes('id') ? { id } : {}, ...names);
};
const few = (world: World, ...names: readonly Name[]) => [
  { id: 'o1', payer: show(world.alice, ...names) },
  { id: 'o2', payer: show(world.bob, ...names) },
  { id: 'o3', payer: null },
];
const half = (world: World, length: number, prefix: string, ...names: readonly Name[]) =>
  Array.from({ length }, (_, index) => ({
    id: `${prefix}${index + 1}`,
    payer: show(known(world)[index % known(world).length] as Payer, ...names),
  }));

const several = (fields: readonly Name[]) => ({
  query: `{ ${fields.map((field, index) => `p${index}: orders { id payer { ${field === 'channel' ? 'channel { id title }' : field} } }`).join(' ')} }`,
  data: (world: World) => Object.fromEntries(fields.map((field, index) => [`p${index}`, few(world, field)])),
});

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

export const places: readonly Operation[] = [
  { name: 'five places, different fields', ...several(['openId', 'userId', 'appId', 'ref', 'tier']) },
  { name: 'six places, different fields', ...several(['openId', 'userId', 'appId', 'ref', 'tier', 'channel']) },
  {
    name: 'eight places, different fields',
    ...several(['openId', 'userId', 'appId', 'ref', 'tier', 'channel', 'points', 'orderCount']),
  },
  { name: 'six places, equal fields', ...several(Array.from({ length: 6 }, () => 'openId' as const)) },
  {
    name: 'the same 150 orders twice, different fields',
    query: '{ a: orders(set: "half") { id payer { openId } } b: orders(set: "half") { id payer { userId } } }',
    data: (world) => ({ a: half(world, 150, 'o', 'openId'), b: half(world, 150, 'o', 'userId') }),
  },
  {
    name: '150 orders and 100 wallets',
    query: '{ orders(set: "half") { id payer { openId userId } } wallets(set: "half") { id payer { openId userId } } }',
    data: (world) => ({
      orders: half(world, 150, 'o', 'openId', 'userId'),
      wallets: half(world, 100, 'h', 'openId', 'userId'),
    }),
  },
  {
    name: 'orders, wallets and accounts',
    query: '{ orders(set: "one") { payer { openId } } wallets { payer { openId } } accounts { payer { userId } } }',
    data: ({ alice, bob, crowd }) => ({
      orders: [{ payer: show(alice, 'openId') }],
      wallets: [alice, crowd[0] as Payer].map((payer) => ({ payer: show(payer, 'openId') })),
      accounts: [{ payer: show(bob, 'userId') }, { payer: null }],
    }),
  },
];

const walletsOf = (payers: readonly Payer[], ...names: readonly Name[]) =>
  payers.map((payer, index) => ({ id: `h${index + 1}`, payer: show(payer, ...names) }));

export const byRefs: readonly Operation[] = [
  {
    name: 'payers by ref with an openId',
    query: '{ wallets { id payer { ref openId userId appId channel { title } } } }',
    data: ({ alice, crowd }) => ({
      wallets: walletsOf([alice, crowd[0] as Payer], 'ref', 'openId', 'userId', 'appId').map(({ id, payer }) => ({
        id,
        payer: { ...payer, channel: { title: alice.channel.title } },
      })),
    }),
  },
  {
    name: 'payers by ref with a userId',
    query: '{ accounts { id payer { ref openId userId points } } }',
    data: ({ bob }) => ({
      accounts: [
        { id: 'h1', payer: show(bob, 'ref', 'openId', 'userId', 'points') },
        { id: 'h2', payer: null },
      ],
    }),
  },
  {
    name: 'payers by ref, only the ref',
    query: '{ wallets { id payer { ref } } }',
    data: ({ alice, crowd }) => ({ wallets: walletsOf([alice, crowd[0] as Payer], 'ref') }),
  },
  {
    name: 'payers by ref → id',
    query: '{ wallets { id payer { id } } }',
    data: ({ alice, crowd }) => ({ wallets: walletsOf([alice, crowd[0] as Payer], 'id') }),
  },
  {
    name: 'payers by ref → a field of `orders`, whose key is id',
    query: '{ wallets { id payer { orderCount } } }',
    data: ({ alice, crowd }) => ({ wallets: walletsOf([alice, crowd[0] as Payer], 'orderCount') }),
  },
  {
    name: 'payers by ref → a field computed from openId',
    query: '{ wallets { id payer { tier } } }',
    data: ({ alice, crowd }) => ({ wallets: walletsOf([alice, crowd[0] as Payer], 'tier') }),
  },
  {
    name: 'payers by ref → a field of `points`, whose key is ref',
    query: '{ wallets { id payer { points } } }',
    data: ({ alice, crowd }) => ({ wallets: walletsOf([alice, crowd[0] as Payer], 'points') }),
  },
  {
    name: 'a missing ref',
    query: '{ wallets(set: "missing") { id payer { ref openId } } }',
    data: ({ alice }) => ({
      wallets: [
        { id: 'h1', payer: show(alice, 'ref', 'openId') },
        { id: 'h2', payer: { ref: noRef, openId: null } },
      ],
    }),
  },
  {
    name: 'a missing ref, with the id that it does not have',
    query: '{ wallets(set: "missing") { id payer { id openId } } }',
    data: ({ alice }) => ({
      wallets: [
        { id: 'h1', payer: show(alice, 'id', 'openId') },
        { id: 'h2', payer: null },
      ],
    }),
  },
  {
    name: 'a missing ref → a field of `orders`',
    query: '{ wallets(set: "missing") { id payer { orderCount } } }',
    data: ({ alice }) => ({
      wallets: [
        { id: 'h1', payer: show(alice, 'orderCount') },
        { id: 'h2', payer: { orderCount: null } },
      ],
    }),
  },
  {
    name: 'a missing ref → a field computed from openId',
    query: '{ wallets(set: "missing") { id payer { tier } } }',
    data: ({ alice }) => ({
      wallets: [
        { id: 'h1', payer: show(alice, 'tier') },
        { id: 'h2', payer: { tier: null } },
      ],
    }),
  },
  {
    name: 'a missing ref with a userId',
    query: '{ accounts(set: "missing") { id payer { userId appId } } }',
    data: ({ bob }) => ({
      accounts: [
        { id: 'h1', payer: show(bob, 'userId', 'appId') },
        { id: 'h2', payer: { userId: null, appId: null } },
      ],
    }),
  },
  {
    name: 'malformed refs among others',
    query: '{ wallets(set: "malformed") { id payer { openId } } }',
    data: ({ alice }) => ({
      wallets: [
        { id: 'h1', payer: show(alice, 'openId') },
        { id: 'h2', payer: { openId: null } },
        { id: 'h3', payer: { openId: null } },
      ],
    }),
    codes: ['BAD_REPRESENTATION'],
  },
  {
    name: 'a ref that is encoded more than needed',
    query: '{ wallets(set: "encoded") { payer { ref openId } } }',
    data: (world) => ({ wallets: [{ payer: { ref: encodedMore(world), openId: world.alice.openId } }] }),
  },
  {
    name: 'refs of both kinds, one repeated',
    query: '{ wallets(set: "both") { id payer { openId userId } } }',
    data: ({ alice, bob }) => ({ wallets: walletsOf([alice, bob, alice], 'openId', 'userId') }),
  },
  {
    name: '150 wallets',
    query: '{ wallets(set: "page") { id payer { userId openId } } }',
    data: (world) => ({ wallets: half(world, 150, 'h', 'userId', 'openId') }),
  },
];

export const channels: readonly Operation[] = [
  {
    name: 'channels by reference, one unknown',
    query: '{ orders(set: "channels") { id channel { id title feeRate } } }',
    data: ({ alice, bob }) => ({
      orders: [alice.channel, bob.channel, { id: 'nope', title: null }].map((channel, index) => ({
        id: `o${index + 1}`,
        channel: { ...channel, feeRate: `0.6 % of ${channel.id}` },
      })),
    }),
  },
  {
    name: '250 orders on one channel',
    query: '{ orders(set: "shops") { channel { title } } }',
    data: ({ alice }) => ({ orders: Array.from({ length: 250 }, () => ({ channel: { title: alice.channel.title } })) }),
  },
  {
    name: "a payer's channel → a field of `orders`",
    query: '{ orders(set: "one") { payer { channel { id title feeRate } } } }',
    data: ({ alice: { channel } }) => ({
      orders: [{ payer: { channel: { ...channel, feeRate: `0.6 % of ${channel.id}` } } }],
    }),
  },
  {
    name: 'channels of a stranger beside ours',
    query: '{ channels { id name capabilities } payerChannels { channel { id title } } }',
    data: ({ alice, bob }) => ({
      channels: [{ id: 'shop', name: 'Shop', capabilities: ['PHONE'] }],
      payerChannels: [bob, alice].map(({ channel }) => ({ channel })),
    }),
  },
];
