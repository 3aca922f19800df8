/** How many sensitive fields run at the same time: a bulkhead for each kind of traffic and each app. */
import { z } from 'zod';
import { PayerIdentityError } from '../failure.ts';
import { type Bulkhead, createBulkhead } from '../lib/bulkhead.ts';

const size = (running: number, waiting: number) =>
  z
    .strictObject({ running: z.int().positive().default(running), waiting: z.int().nonnegative().default(waiting) })
    .prefault({});

/** How many sensitive fields of one app may run at the same time, and how many more wait for their turn. */
export const bulkheadsConfig = z.strictObject({
  /** authenticateAndSet, startAuthentication, and what callers ask for whose scopes do not allow it. */
  public: size(200, 100),
  /** authenticate, certification and job identity, for callers with the scope and apps that signed the call. */
  trusted: size(400, 200),
  /** authResult without its scope, of all apps together; fewer than limits.waiters, which readers with the scope wait with as well. */
  polls: size(800, 0),
});
export type BulkheadOptions = z.output<typeof bulkheadsConfig>;

/** `network`: of a caller that nothing else tells from others. */
export type SharedBulkhead = <T>(work: () => T | Promise<T>, signal: AbortSignal, network?: string) => Promise<T>;

const overloaded = (cause: Error) => new PayerIdentityError('OVERLOADED', { cause });

/** A bulkhead for each pool and app, so that calls for one app do not keep those for another waiting. */
export const createBulkheads = (options: BulkheadOptions) => {
  const bulkheads = new Map<string, SharedBulkhead>();
  return (pool: keyof BulkheadOptions, appId: string | undefined): SharedBulkhead => {
    const name = `${pool} ${appId}`;
    const bulkhead = bulkheads.get(name) ?? shareBulkhead(createBulkhead(options[pool], overloaded), options[pool]);
    bulkheads.set(name, bulkhead);
    return bulkhead;
  };
};

/** One network may take half of the places, so that clients at one address do not lock the others out. */
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
