/** What a memory of committed rows learns of their changes, on every engine. */
import type { Wakeups } from '../../lib/wakeups.ts';

export interface Changes {
  /**
   * Read before the memory is used. Another number than before: anything may have changed, and no wake-up said so.
   * Undefined: changes are not heard of now, and nothing may be answered from memory.
   */
  state(): number | undefined;
  /** Calls the listener with the topic of every wake-up, before the write that caused it resolves. */
  onWake(listener: (topic: string) => void): void;
}

/** The same wake-ups, which listeners of all topics hear first. */
export const observeWakeups = (wakeups: Wakeups): Wakeups & Pick<Changes, 'onWake'> => {
  const listeners: ((topic: string) => void)[] = [];
  return {
    ...wakeups,
    wake(topic) {
      for (const listener of listeners) listener(topic);
      wakeups.wake(topic);
    },
    onWake: (listener) => void listeners.push(listener),
  };
};
