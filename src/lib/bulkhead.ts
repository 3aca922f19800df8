/** Limits how many calls run at the same time, and how many more wait for their turn. */
import { BulkheadRejectedError, bulkhead, TaskCancelledError } from 'cockatiel';

export interface BulkheadSize {
  readonly running: number;
  readonly waiting: number;
}

/**
 * Runs work when its turn comes. Throws the refusal, with nothing begun, when every place is taken or when the signal
 * aborts before that turn.
 */
export type Bulkhead = <T>(work: () => T | Promise<T>, signal?: AbortSignal) => Promise<T>;

/** `refusal` makes the error for work that was not begun. */
export const createBulkhead = ({ running, waiting }: BulkheadSize, refusal: (cause: Error) => Error): Bulkhead => {
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
      // Work may have a bulkhead of its own, whose refusal is an error of the work.
      const refused = error instanceof BulkheadRejectedError || error instanceof TaskCancelledError;
      if (refused && !begun) throw refusal(error);
      throw error;
    }
  };
};
