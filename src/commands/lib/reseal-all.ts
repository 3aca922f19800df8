/** One pass of resealing over the whole store. */
import { setTimeout as delay } from 'node:timers/promises';
import type { ResealReport } from '../../store/reports.ts';
import type { Store } from '../../store/store.ts';

interface Pace {
  /** Rows that are read in a batch. */
  readonly batch: number;
  /** Between two batches, so that the service can write. */
  readonly pauseMs: number;
}

/** Returns how many values were resealed, and how many no key opens. */
export const resealAll = async (
  store: Store,
  { batch, pauseMs }: Pace,
  onBatch: (resealed: number) => void = () => {},
): Promise<Pick<ResealReport, 'resealed' | 'unreadable'>> => {
  let [resealed, unreadable] = [0, 0];
  let report = await store.reseal(batch);
  for (;;) {
    resealed += report.resealed;
    unreadable += report.unreadable;
    onBatch(resealed);
    if (!report.next) return { resealed, unreadable };
    await delay(pauseMs);
    report = await store.reseal(batch, report.next);
  }
};
