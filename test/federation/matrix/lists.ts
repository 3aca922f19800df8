/** What the neighbours list, by the name of the list. */
import type { Holder, Order } from '../neighbours.ts';
import type { Payer, World } from './world.ts';

export const NOBODY = 'pid_nobody';
/** One character more than an id may have. */
export const POISON = 'x'.repeat(129);
export const noRef = 'wechat_pay/demo/openId/nobody';

/** The ids of 250 different payers: every tenth is known. */
export const manyIds = ({ crowd }: World): string[] =>
  Array.from({ length: 250 }, (_, index) =>
    index % 10 === 0 ? (crowd[(index / 10) % crowd.length]?.id ?? '') : `pid_${index}`,
  );

/** One more than a request may have: the last two places are those of known payers. */
export const beyondIds = ({ alice, bob }: World): string[] => [
  ...Array.from({ length: 999 }, (_, index) => `pid_${index}`),
  alice.id,
  bob.id,
];

const ordersOf = (ids: readonly (string | null)[]): Order[] =>
  ids.map((id, index) => ({ id: `o${index + 1}`, payer: id === null ? null : { id } }));
const holdersOf = (refs: readonly (string | null)[]): Holder[] =>
  refs.map((ref, index) => ({ id: `h${index + 1}`, payer: ref === null ? null : { ref } }));
const repeated = (payers: readonly Payer[], length: number) =>
  Array.from({ length }, (_, index) => payers[index % payers.length] as Payer);

/** The same payer's ref, with more percent-encoding than needed. */
export const encodedMore = ({ alice }: World) => alice.ref.replace('demo', '%64emo');

export const fillLists = (world: World): void => {
  const { alice, bob, crowd, sets } = world;
  const known = [alice, bob, ...crowd];
  const orders: Record<string, readonly Order[]> = {
    few: ordersOf([alice.id, bob.id, null]),
    one: ordersOf([alice.id]),
    hundred: ordersOf(repeated([alice, bob, crowd[0] as Payer], 100).map(({ id }) => id)),
    different: ordersOf(Array.from({ length: 200 }, (_, index) => (index === 199 ? alice.id : `pid_${index}`))),
    page: ordersOf(manyIds(world)),
    beyond: ordersOf(beyondIds(world)),
    same: ordersOf(repeated([alice], 250).map(({ id }) => id)),
    shops: Array.from({ length: 250 }, (_, index) => ({ id: `o${index}`, channel: { id: 'wechat_pay' } })),
    half: ordersOf(repeated(known, 150).map(({ id }) => id)),
    missing: ordersOf([alice.id, NOBODY]),
    poison: ordersOf([alice.id, POISON, bob.id]),
    empty: ordersOf([alice.id, '', bob.id]),
    nulls: ordersOf([null, null]),
    channels: [
      { id: 'o1', channel: { id: 'wechat_pay' } },
      { id: 'o2', channel: { id: 'ali_pay' } },
      { id: 'o3', channel: { id: 'nope' } },
    ],
    mixed: [
      { __typename: 'Order', id: 'o1', payer: { id: alice.id } },
      { __typename: 'Refund', id: 'r1', payer: { id: bob.id }, order: { id: 'o2', payer: { id: alice.id } } },
    ],
    members: [
      { __typename: 'Order', id: 'o1', payer: { id: alice.id } },
      { __typename: 'OrderMissing', reason: 'gone' },
      { __typename: 'Refund', id: 'r1', payer: { id: bob.id }, order: { id: 'o2', payer: { id: alice.id } } },
    ],
    nested: [
      {
        id: 'o1',
        payer: { id: alice.id },
        replaces: { id: 'o0', payer: { id: bob.id }, replaces: { id: 'o-1', payer: { id: alice.id } } },
      },
    ],
  };
  for (const [name, list] of Object.entries(orders)) sets.orders.set(name, list);
  const wallets: Record<string, readonly Holder[]> = {
    few: holdersOf([alice.ref, (crowd[0] as Payer).ref]),
    missing: holdersOf([alice.ref, noRef]),
    malformed: holdersOf([alice.ref, 'no ref', 'wechat_pay/demo/%/x']),
    encoded: holdersOf([encodedMore(world)]),
    both: holdersOf([alice.ref, bob.ref, alice.ref]),
    half: holdersOf(repeated(known, 100).map(({ ref }) => ref)),
    page: holdersOf(repeated(known, 150).map(({ ref }) => ref)),
  };
  for (const [name, list] of Object.entries(wallets)) sets.wallets.set(name, list);
  sets.accounts.set('few', holdersOf([bob.ref, null]));
  sets.accounts.set('missing', holdersOf([bob.ref, 'ali_pay/demo/userId/2088']));
};
