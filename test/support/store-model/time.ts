/** Time that a test lets pass: by the monotonic clock of an instance, which the store compares its database's clock with. */
import { createStoreClock, type StoreClock } from '../../../src/store/clock.ts';
import type { Engine } from '../../../src/store/engine/engine.ts';

export interface TestTime {
  /** The clock of the store on this engine. Several of them are several instances. */
  clockOf(engine: Engine): StoreClock;
  /** What a service does that has been sweeping all the while. The database's clock is moved on by the test. */
  pass(ms: number): Promise<void>;
}

/** `frozen`: only what is passed by `pass` goes by. */
export const createTestTime = ({ frozen = false } = {}): TestTime => {
  let passedMs = 0;
  const instances: { readonly engine: Engine; readonly clock: StoreClock }[] = [];
  return {
    clockOf(engine) {
      // As many sweeps as that takes are one here.
      const clock = createStoreClock({
        elapsed: () => (frozen ? 0 : performance.now()) + passedMs,
        mostMs: Number.POSITIVE_INFINITY,
      });
      instances.push({ engine, clock });
      return clock;
    },
    async pass(ms) {
      passedMs += ms;
      // One that was closed ticks no more.
      for (const { engine, clock } of instances) await engine.write((db) => clock.tick(db)).catch(() => undefined);
    },
  };
};
