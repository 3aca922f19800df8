/** Time that a test lets pass, on the monotonic clock of an instance, with which the store compares its database's. */
import { createStoreClock, type StoreClock } from '../../../src/store/clock.ts';
import type { Engine } from '../../../src/store/engine/engine.ts';

export interface TestTime {
  /** The clock of the store on this engine. Several of them are several instances. */
  clockOf(engine: Engine): StoreClock;
  /** Sweeps as a service does during this time. The test moves the database's clock. */
  pass(ms: number): Promise<void>;
}

/** `frozen`: time passes by `pass` alone. */
export const createTestTime = ({ frozen = false } = {}): TestTime => {
  let passedMs = 0;
  const instances: { readonly engine: Engine; readonly clock: StoreClock }[] = [];
  return {
    clockOf(engine) {
      // One sweep stands for all that fall into this time.
      const clock = createStoreClock({
        elapsed: () => (frozen ? 0 : performance.now()) + passedMs,
        mostMs: Number.POSITIVE_INFINITY,
      });
      instances.push({ engine, clock });
      return clock;
    },
    async pass(ms) {
      passedMs += ms;
      // The clock of a closed store does not tick.
      for (const { engine, clock } of instances) await engine.write((db) => clock.tick(db)).catch(() => undefined);
    },
  };
};
