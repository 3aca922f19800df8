/** Limits how many calls run at the same time, and how many more wait for their turn. */
import { BulkheadRejectedError, bulkhead, TaskCancelledError } from 'cockatiel';

export interface BulkheadSize {
  readonly running: number;
  readonly waiting: number;
}

/**
 * Runs work when its turn comes. Throws the refusal, with nothing begun, when every place is taken or when one of the
 * signals aborts before that turn.
 */
export type Bulkhead = <T>(work: () => T | Promise<T>, ...signals: readonly (AbortSignal | undefined)[]) => Promise<T>;

/** A signal for all of them costs more than a place that is free: it is made for work that waits. */
const soonest = (signals: readonly (AbortSignal | undefined)[], waits: boolean): AbortSignal | undefined => {
  const given = signals.filter((signal) => signal !== undefined);
  return waits ? AbortSignal.any(given) : given.find(({ aborted }) => aborted);
};

/** `refusal` makes the error for work that was not begun. */
export const createBulkhead = ({ running, waiting }: BulkheadSize, refusal: (cause: Error) => Error): Bulkhead => {
  const places = bulkhead(running, waiting);
  return async (work, ...signals) => {
    let begun = false;
    const begin = () => {
      begun = true;
      return work();
    };
    try {
      return await places.execute(begin, soonest(signals, places.executionSlots === 0));
    } catch (error) {
      // Work may have a bulkhead of its own, whose refusal is an error of the work.
      const refused = error instanceof BulkheadRejectedError || error instanceof TaskCancelledError;
      if (refused && !begun) throw refusal(error);
      throw error;
    }
  };
};
