/** Lets callers sleep until something happens to a topic. */
export interface Watch {
  /** Resolves at the next wake-up of the topic, or when the time is up. */
  changed(timeoutMs: number): Promise<void>;
  close(): void;
}

export interface Wakeups {
  /** Watch first, then read: a change between the two is not missed. */
  watch(topic: string): Watch;
  wake(topic: string): void;
  /** Wakes whoever watches anything: wake-ups may have been missed. */
  wakeAll(): void;
}

export const createWakeups = (): Wakeups => {
  const watchers = new Map<string, Set<() => void>>();
  return {
    watch(topic) {
      let pending = false;
      let resume: (() => void) | undefined;
      const notify = () => {
        pending = true;
        resume?.();
      };
      const others = watchers.get(topic) ?? new Set();
      watchers.set(topic, others.add(notify));
      return {
        changed: (timeoutMs) =>
          new Promise((resolve) => {
            const timer = setTimeout(() => resume?.(), timeoutMs);
            resume = () => {
              clearTimeout(timer);
              pending = false;
              resume = undefined;
              resolve();
            };
            if (pending) resume();
          }),
        close() {
          resume?.();
          others.delete(notify);
          if (others.size === 0 && watchers.get(topic) === others) watchers.delete(topic);
        },
      };
    },
    wake(topic) {
      for (const notify of watchers.get(topic) ?? []) notify();
    },
    wakeAll() {
      for (const others of watchers.values()) for (const notify of others) notify();
    },
  };
};
