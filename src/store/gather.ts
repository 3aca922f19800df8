/**
 * Gathers the lookups that arrive in one turn of the event loop, of all requests, into one load: one statement, on
 * PostgreSQL one round trip, on SQLite one read transaction, which takes longer than to read a row. What a caller may see
 * is decided after the load, for each request.
 */

/** One load beyond this has nothing more to gain, and would only occupy the process longer. */
const MOST_KEYS = 256;

interface Batch<Key, Value> {
  readonly keys: Key[];
  readonly values: Promise<readonly Value[]>;
}

/** `load` returns one value for each key, in their order; what it rejects with, every lookup of the batch rejects with. */
export const gather = <Key, Value>(
  load: (keys: readonly Key[]) => Promise<readonly Value[]>,
): ((keys: readonly Key[]) => Promise<readonly Value[]>) => {
  let open: Batch<Key, Value> | undefined;

  const begin = (): Batch<Key, Value> => {
    const keys: Key[] = [];
    const values = new Promise<readonly Value[]>((resolve) =>
      setImmediate(() => {
        if (open === batch) open = undefined;
        resolve(load(keys));
      }),
    );
    const batch = { keys, values };
    return batch;
  };

  return async (keys) => {
    if (open && open.keys.length + keys.length > MOST_KEYS) open = undefined;
    open ??= begin();
    const batch = open;
    const from = batch.keys.length;
    for (const key of keys) batch.keys.push(key);
    const values = await batch.values;
    return keys.length === batch.keys.length ? values : values.slice(from, from + keys.length);
  };
};
