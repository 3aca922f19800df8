/** Room for so many calls at the same time, and for so many more that wait for their turn. */
import { BulkheadRejectedError, bulkhead, TaskCancelledError } from 'cockatiel';
import { PayerIdentityError } from '../failure.ts';

export interface BulkheadSize {
  readonly running: number;
  readonly waiting: number;
}

/**
 * Runs work when there is room for it. Throws OVERLOADED, with nothing begun, when there is none or when the signal
 * aborts before it is the turn of the work.
 */
export type Bulkhead = <T>(work: () => T | Promise<T>, signal?: AbortSignal) => Promise<T>;

export const createBulkhead = ({ running, waiting }: BulkheadSize): Bulkhead => {
  const places = bulkhead(running, waiting);
  return async (work, signal) => {
    let begun = false;
    const begin = () => {
      begun = true;
      return work();
    };
    try {
      return await places.execute(begin, signal);
    } catch (error) {
      // Work may have a room of its own, whose refusal is not ours.
      const refused = error instanceof BulkheadRejectedError || error instanceof TaskCancelledError;
      if (begun || !refused) throw error;
      throw new PayerIdentityError('OVERLOADED', { cause: error });
    }
  };
};
