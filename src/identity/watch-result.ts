/** What a query code shows its reader, again on every change, until it is final. */
import { PayerIdentityError } from '../failure.ts';
import type { Store } from '../store/store.ts';
import type { CallContext } from './call.ts';
import type { Readers } from './readers.ts';

/**
 * Ends after a result that is final, and before it when the client has gone or the service stops. Throws
 * QUERY_CODE_UNKNOWN when the query code does not exist for this caller, or no longer, OVERLOADED when as many readers
 * wait as are allowed, and SERVICE_UNAVAILABLE while the store is unavailable.
 */
export type WatchResult<Result> = (queryCode: string, call: CallContext) => AsyncGenerator<Result, void, undefined>;

/** Any status but WAITING is final. */
interface Watched {
  readonly status: string;
}

interface Deps<Result> {
  readonly store: Pick<Store, 'watch'>;
  readonly readers: Readers;
  /** One read; counts the poll of the whole stream once. */
  readonly openReading: (queryCode: string, call: CallContext) => () => Promise<Result | undefined>;
  /** Aborts when the service stops. */
  readonly stopping: AbortSignal;
  /** Fallback interval: a notification can be lost, and nothing notifies that time is over. */
  readonly pollMs: number;
}

export const createWatchResult = <Result extends Watched>(deps: Deps<Result>): WatchResult<Result> =>
  async function* (queryCode, call) {
    const { store, readers, openReading, stopping, pollMs } = deps;
    if (readers.isFull) throw new PayerIdentityError('OVERLOADED');
    const leave = readers.enter(true);
    const ends = [call.signal, stopping];
    // Watched first, then read: a change between the two is not missed.
    const watch = store.watch({ queryCode });
    for (const end of ends) end.addEventListener('abort', watch.close, { once: true });
    const read = openReading(queryCode, call);
    let shown: string | undefined;
    try {
      while (!ends.some(({ aborted }) => aborted)) {
        const result = await read();
        if (!result) throw new PayerIdentityError('QUERY_CODE_UNKNOWN');
        const text = JSON.stringify(result);
        if (text !== shown) yield result;
        if (result.status !== 'WAITING') return;
        shown = text;
        await watch.changed(pollMs);
      }
    } finally {
      leave();
      for (const end of ends) end.removeEventListener('abort', watch.close);
      watch.close();
    }
  };
