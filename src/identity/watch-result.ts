/** What a query code shows its reader, again on every change, until it is final. */
import { PayerIdentityError } from '../failure.ts';
import type { CallContext } from './call.ts';
import { type AuthResult, HELD_POLL_MS, openReading, type ReadingDeps } from './results.ts';

/**
 * Ends after a result that is final, and before it when the client has gone or the service stops. Throws
 * QUERY_CODE_UNKNOWN when the query code does not exist for this caller, or no longer, OVERLOADED when as many readers
 * wait as are allowed, and SERVICE_UNAVAILABLE while the store is unavailable.
 */
export type WatchResult = (queryCode: string, call: CallContext) => AsyncGenerator<AuthResult, void, undefined>;

export const createWatchResult = (deps: ReadingDeps): WatchResult =>
  async function* (queryCode, call) {
    const { store, readers, stopping } = deps;
    if (readers.isFull) throw new PayerIdentityError('OVERLOADED');
    const leave = readers.enter();
    const ends = [call.signal, stopping];
    // Watched first, then read: a change between the two is not missed.
    const watch = store.watch({ queryCode });
    for (const end of ends) end.addEventListener('abort', watch.close, { once: true });
    const read = openReading(deps, queryCode, call);
    let shown: string | undefined;
    try {
      while (!ends.some(({ aborted }) => aborted)) {
        const result = await read();
        if (!result) throw new PayerIdentityError('QUERY_CODE_UNKNOWN');
        const text = JSON.stringify(result);
        if (text !== shown) yield result;
        if (result.status !== 'WAITING') return;
        shown = text;
        // Nothing notifies that the time of a session is over.
        await watch.changed(HELD_POLL_MS);
      }
    } finally {
      leave();
      for (const end of ends) end.removeEventListener('abort', watch.close);
      watch.close();
    }
  };
