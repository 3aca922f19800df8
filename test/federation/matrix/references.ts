/** Property: any list of references keeps its order and length, spoils no neighbour, and is one lookup per request. */
import fc from 'fast-check';
import { expect } from 'vitest';
import { askAt } from '../gateways/gateway.ts';
import type { Holder, Order } from '../neighbours.ts';
import { NOBODY, noRef, POISON } from './lists.ts';
import type { Running, World } from './world.ts';

/** More by MATRIX_RUNS. */
const RUNS = Number(process.env.MATRIX_RUNS ?? 10);
/** Of one operation, as configured unless the operator says otherwise. */
const CEILING = 1_000;

interface Reference {
  readonly key: string | null;
  /** Null for a reference that names no payer, or that is malformed. */
  readonly openId: string | null;
}

const references = (world: World) => {
  const known = [world.alice, world.bob, ...world.crowd];
  const oneOf = (key: 'id' | 'ref', others: readonly string[], many: (index: number) => string) =>
    fc.oneof(
      {
        weight: 4,
        arbitrary: fc.constantFrom(...known).map((payer): Reference => ({ key: payer[key], openId: payer.openId })),
      },
      { weight: 4, arbitrary: fc.nat({ max: 10_000 }).map((index): Reference => ({ key: many(index), openId: null })) },
      { weight: 1, arbitrary: fc.constantFrom(...others).map((other): Reference => ({ key: other, openId: null })) },
      { weight: 1, arbitrary: fc.constant<Reference>({ key: null, openId: null }) },
    );
  const id = oneOf('id', [NOBODY, POISON, ''], (index) => `pid_${index}`);
  const ref = oneOf('ref', [noRef, 'no ref', ''], (index) => `wechat_pay/demo/openId/o${index}`);
  const list = (one: fc.Arbitrary<Reference>, maxLength: number) => fc.array(one, { maxLength, size: 'max' });
  return fc.record({ ids: list(id, CEILING / 2), refs: list(ref, CEILING / 2) });
};

const entitiesIn = (operations: readonly string[]) =>
  operations.filter((operation) => operation.includes('_entities')).length;

export const checkReferences = async ({ url, proxy, gateway }: Running, world: World): Promise<void> => {
  const { sets, lookups } = world;
  const name = `property of ${gateway.letter}`;
  const query = `{ orders(set: "${name}") { id payer { id openId } } wallets(set: "${name}") { id payer { ref openId } } }`;
  await fc.assert(
    fc.asyncProperty(references(world), async ({ ids, refs }) => {
      const orders = ids.map(
        ({ key }, index): Order => ({ id: `o${index}`, payer: key === null ? null : { id: key } }),
      );
      const wallets = refs.map(
        ({ key }, index): Holder => ({ id: `h${index}`, payer: key === null ? null : { ref: key } }),
      );
      sets.orders.set(name, orders);
      sets.wallets.set(name, wallets);
      [lookups.length, proxy.operations.length] = [0, 0];
      const { data, errors = [] } = await askAt(url, { query });
      expect(data).toEqual({
        orders: orders.map(({ id, payer }, index) => ({
          id,
          payer: payer && { ...payer, openId: ids[index]?.openId ?? null },
        })),
        wallets: wallets.map(({ id, payer }, index) => ({
          id,
          payer: payer && { ...payer, openId: refs[index]?.openId ?? null },
        })),
      });
      for (const { extensions } of errors) expect(extensions?.code).toBe('BAD_REPRESENTATION');
      // Malformed references are not looked up, so a request of them alone is no lookup.
      const requests = entitiesIn(proxy.operations);
      const hasWellFormed = [ids, refs].filter((list) =>
        list.some(({ key }) => key !== null && key !== '' && key !== 'no ref' && key !== POISON),
      );
      expect(lookups.length).toBe(Math.min(requests, hasWellFormed.length));
    }),
    { numRuns: RUNS, seed: 20261126, examples: [[{ ids: [], refs: [] }]], endOnFailure: true },
  );
};
