/** Reads from the store how many webhook events wait: the counter of attempts does not show that an app's server is down. */
import type { Log } from '../lib/log.ts';
import type { Metrics } from '../metrics.ts';
import type { Store } from '../store/store.ts';

/** As often as Prometheus scrapes. Not at each scrape, so that a flood of requests for /metrics reaches no database. */
const EVERY_MS = 15_000;

interface Deps {
  readonly store: Pick<Store, 'eventBacklog'>;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'webhookBacklog' | 'webhookOldest'>;
  /** Tests have a shorter one. */
  readonly everyMs?: number | undefined;
}

/** While the store fails, the gauges have their last values. */
export const measureBacklog = ({ store, log, metrics, everyMs = EVERY_MS }: Deps) => {
  let reading: Promise<void> | undefined;
  const read = async () => {
    try {
      const { count, oldestMs } = await store.eventBacklog();
      metrics.webhookBacklog.set(count);
      metrics.webhookOldest.set(oldestMs / 1_000);
    } catch (error) {
      log.warn('webhook events could not be read', { error });
    }
    reading = undefined;
  };
  const begin = () => {
    reading ??= read();
  };
  begin();
  const timer = setInterval(begin, everyMs).unref();
  return {
    async stop(): Promise<void> {
      clearInterval(timer);
      await reading;
    },
  };
};
