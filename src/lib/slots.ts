/** Places for so many tasks at the same time; the others wait in order. */
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
    /** Calls `begin` once there is a place. Returns how to give the place back, or to wait for it no longer. */
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
