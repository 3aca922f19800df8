/**
 * Reads of one key that are asked for at the same moment are one read: of many readers that a change wakes, the first
 * one reads for all. The read begins after each of them has asked, so none gets what was there before.
 */
export const shareReads = <T>(read: (key: string) => Promise<T>): ((key: string) => Promise<T>) => {
  const asked = new Map<string, Promise<T>>();
  const begin = async (key: string): Promise<T> => {
    // Readers that were woken together ask in the microtasks that are queued already.
    await undefined;
    asked.delete(key);
    return read(key);
  };
  return (key) => {
    const joined = asked.get(key) ?? begin(key);
    asked.set(key, joined);
    return joined;
  };
};
