import { setTimeout as delay } from 'node:timers/promises';
import type { ResealReport } from '../../store/reports.ts';
import type { Store } from '../../store/store.ts';

interface Pace {
  /** Rows looked at in a batch. */
  readonly batch: number;
  /** Between two batches, for the service to write what it has to. */
  readonly pauseMs: number;
}

/** One pass over everything that is sealed. */
export const resealAll = async (
  store: Store,
  { batch, pauseMs }: Pace,
): Promise<Pick<ResealReport, 'resealed' | 'unreadable'>> => {
  let [resealed, unreadable] = [0, 0];
  let report = await store.reseal(batch);
  for (;;) {
    resealed += report.resealed;
    unreadable += report.unreadable;
    if (!report.next) return { resealed, unreadable };
    await delay(pauseMs);
    report = await store.reseal(batch, report.next);
  }
};
