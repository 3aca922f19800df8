/** References at several places of one operation, by ref, and of channels. */
import { encodedMore, noRef } from './lists.ts';
import type { Operation } from './operation.ts';
import { few, half, type Name, show } from './payer-fields.ts';
import type { Payer, World } from './world.ts';

const several = (fields: readonly Name[]) => ({
  query: `{ ${fields.map((field, index) => `p${index}: orders { id payer { ${field === 'channel' ? 'channel { id title }' : field} } }`).join(' ')} }`,
  data: (world: World) => Object.fromEntries(fields.map((field, index) => [`p${index}`, few(world, field)])),
});

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
