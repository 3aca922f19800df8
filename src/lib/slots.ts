/** Limits how many tasks run at the same time; the others wait in order. */
export const createSlots = (count: number) => {
  const waiting = new Set<() => void>();
  let free = count;
  const next = () => {
    const [first] = waiting;
    if (first) {
      waiting.delete(first);
      first();
    } else free += 1;
  };
  return {
    /** Calls `begin` when a slot is free. Returns the function that gives the slot back, or leaves the queue. */
    enter(begin: () => void): () => void {
      if (free > 0) {
        free -= 1;
        begin();
        return next;
      }
      waiting.add(begin);
      return () => void (waiting.delete(begin) || next());
    },
  };
};
