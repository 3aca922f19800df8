/** How a duplicate gets the outcome of the call that has claimed its code. */
import { PayerIdentityError } from '../failure.ts';
import { VaultError } from '../security/vault.ts';
import type { Redemption } from '../store/model.ts';
import type { Store } from '../store/store.ts';

interface Deps {
  readonly store: Pick<Store, 'redemption' | 'watch'>;
  readonly times: {
    /** How long a duplicate waits, in milliseconds. */
    readonly patienceMs: number;
  };
}

/** Fallback poll interval; a notification can be lost. */
const POLL_MS = 2_000;

export const isPending = ({ state }: Redemption): boolean => state === 'CLAIMED' || state === 'SENT';

/**
 * Waits until the redemption has ended; undefined when it was released: nothing was consumed, and the code can be
 * redeemed. Throws OUTCOME_PENDING when it has not ended after `patienceMs`, or when the client has gone.
 */
export const awaitOutcome = async (
  { store, times }: Deps,
  { id }: Redemption,
  clientGone: AbortSignal,
): Promise<Redemption | undefined> => {
  // Watched first, then read: a change between the two is not missed.
  const watch = store.watch({ redemptionId: id });
  clientGone.addEventListener('abort', watch.close, { once: true });
  try {
    const until = performance.now() + times.patienceMs;
    const read = () => store.redemption(id).catch(asPending);
    let current = await read();
    while (current && isPending(current) && performance.now() < until && !clientGone.aborted) {
      await watch.changed(Math.min(Math.max(until - performance.now(), 0), POLL_MS));
      current = await read();
    }
    if (current && isPending(current)) throw new PayerIdentityError('OUTCOME_PENDING');
    return current;
  } finally {
    clientGone.removeEventListener('abort', watch.close);
    watch.close();
  }
};

/** Another call redeems the code; while the store cannot be read, that redemption may still be running. */
const asPending = (cause: unknown): never => {
  if (cause instanceof VaultError) throw cause;
  throw new PayerIdentityError('OUTCOME_PENDING', { cause });
};
