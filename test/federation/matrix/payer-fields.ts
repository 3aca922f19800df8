/** What an operation shows of payers, by the names of the fields. */
import type { Payer, World } from './world.ts';

export type Name = keyof Payer | 'tier' | 'orderCount' | 'points';

const values = (payer: Payer) => ({
  ...payer,
  tier: payer.openId ? `gold of ${payer.openId.slice(0, 3)}` : null,
  orderCount: payer.id.length,
  points: payer.ref.length,
});
export const show = (payer: Payer, ...names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, values(payer)[name]]));
/** A reference that names no payer: its key, and null for everything else. */
const ghost = (key: object, ...names: readonly string[]) => ({
  ...Object.fromEntries(names.map((name) => [name, null])),
  ...key,
});

const known = ({ alice, bob, crowd }: World) => [alice, bob, ...crowd];
export const byId = (world: World, id: string, ...names: readonly Name[]) => {
  const payer = known(world).find((one) => one.id === id);
  return payer ? show(payer, ...names) : ghost(names.includes('id') ? { id } : {}, ...names);
};
export const few = (world: World, ...names: readonly Name[]) => [
  { id: 'o1', payer: show(world.alice, ...names) },
  { id: 'o2', payer: show(world.bob, ...names) },
  { id: 'o3', payer: null },
];
export const half = (world: World, length: number, prefix: string, ...names: readonly Name[]) =>
  Array.from({ length }, (_, index) => ({
    id: `${prefix}${index + 1}`,
    payer: show(known(world)[index % known(world).length] as Payer, ...names),
  }));
