/** How many sensitive fields run at the same time: a bulkhead for each pool and each app. */
import { z } from 'zod';
import { PayerIdentityError } from '../failure.ts';
import { type Bulkhead, createBulkhead } from '../lib/bulkhead.ts';

const size = (running: number, waiting: number) =>
  z
    .strictObject({
      running: z.int().positive().default(running).describe('Calls that run at the same time'),
      waiting: z.int().nonnegative().default(waiting).describe('Calls that wait for a place'),
    })
    .prefault({});

/** How many sensitive fields of one app run at the same time, and how many more wait for a place. */
export const bulkheadsConfig = z.strictObject({
  /** Fields for payer pages, and calls of other fields without their scope. */
  public: size(200, 100).describe('Of each app: calls of payer pages'),
  /** Calls with the field's scope, and calls that the app has signed. */
  trusted: size(400, 200).describe("Of each app: calls with the field's scope, and calls that the app has signed"),
  /** Reads of results without the scope, of all apps together. Fewer than `limits.waiters`, which trusted readers use too. */
  polls: size(800, 0).describe('Of all apps together: reads of results without the scope'),
});
export type BulkheadOptions = z.output<typeof bulkheadsConfig>;

/** `network`: of the client of a caller without a name, which nothing else distinguishes from other such callers. */
export type SharedBulkhead = <T>(work: () => T | Promise<T>, signal: AbortSignal, network?: string) => Promise<T>;

const overloaded = (cause: Error) => new PayerIdentityError('OVERLOADED', { cause });

/** A bulkhead for each pool and app: calls for one app do not wait for calls for another. */
export const createBulkheads = (options: BulkheadOptions) => {
  const bulkheads = new Map<string, SharedBulkhead>();
  return (pool: keyof BulkheadOptions, appId: string | undefined): SharedBulkhead => {
    const name = `${pool} ${appId}`;
    const bulkhead = bulkheads.get(name) ?? shareBulkhead(createBulkhead(options[pool], overloaded), options[pool]);
    bulkheads.set(name, bulkhead);
    return bulkhead;
  };
};

/** One network may take half of the places, so that clients at one address do not take all of them. */
const shareBulkhead = (bulkhead: Bulkhead, { running, waiting }: BulkheadOptions['public']): SharedBulkhead => {
  const share = Math.ceil((running + waiting) / 2);
  const taken = new Map<string, number>();
  const add = (network: string, places: 1 | -1): void => {
    const count = (taken.get(network) ?? 0) + places;
    if (count === 0) taken.delete(network);
    else taken.set(network, count);
  };
  return async (work, signal, network) => {
    if (network === undefined) return bulkhead(work, signal);
    if ((taken.get(network) ?? 0) >= share) throw new PayerIdentityError('OVERLOADED');
    add(network, 1);
    try {
      return await bulkhead(work, signal);
    } finally {
      add(network, -1);
    }
  };
};
