/** The readers that wait for a result, by a query or in a subscription: as many as are configured, of both together. */
import type { Metrics } from '../metrics.ts';

export interface Readers {
  readonly isFull: boolean;
  /** Counts a reader that waits until the function that it returns is called. */
  enter(): () => void;
}

export const createReaders = (max: number, { waiters }: Pick<Metrics, 'waiters'>): Readers => {
  let reading = 0;
  return {
    get isFull() {
      return reading >= max;
    },
    enter() {
      reading += 1;
      waiters.inc();
      return () => {
        reading -= 1;
        waiters.dec();
      };
    },
  };
};
