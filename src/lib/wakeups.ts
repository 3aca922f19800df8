/** Wakes readers that wait for a change of a topic. */
export interface Watch {
  /** Resolves at the next wake-up of the topic since the last call, or after the timeout. */
  changed(timeoutMs: number): Promise<void>;
  close(): void;
}

export interface Wakeups {
  /** A reader watches first and then reads, so that it misses no change between the two. */
  watch(topic: string): Watch;
  wake(topic: string): void;
  /** Wakes the readers of all topics, when wake-ups may have been lost. */
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
      const ofTopic = watchers.get(topic) ?? new Set();
      watchers.set(topic, ofTopic.add(notify));
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
          ofTopic.delete(notify);
          if (ofTopic.size === 0 && watchers.get(topic) === ofTopic) watchers.delete(topic);
        },
      };
    },
    wake(topic) {
      for (const notify of watchers.get(topic) ?? []) notify();
    },
    wakeAll() {
      for (const ofTopic of watchers.values()) for (const notify of ofTopic) notify();
    },
  };
};
