/** Bounds the time of an operation. */

/** Milliseconds for an aborted operation to answer by itself, before it is answered without its result. */
const GRACE_MS = 500;

export interface Deadline {
  /** Aborts when the client is gone or the time is over: nothing more is sent for the operation. */
  readonly signal: AbortSignal;
  /** Adds the longest of these to the operation's time: for fields that wait, at the same time, as the caller asked them to. */
  prolong(ms: number): void;
}

/** Resolves to undefined when `run` has not ended within its time and the grace; `run` goes on, and its result is not read. */
export const withDeadline = async <T>(
  ms: number,
  gone: AbortSignal,
  run: (deadline: Deadline) => Promise<T>,
): Promise<T | undefined> => {
  const ended = new AbortController();
  const abort = () => ended.abort();
  const late = Promise.withResolvers<undefined>();
  const end = () => {
    abort();
    timer = setTimeout(() => late.resolve(undefined), GRACE_MS);
  };
  let timer = setTimeout(end, ms);

  if (gone.aborted) abort();
  gone.addEventListener('abort', abort, { once: true });
  try {
    let addedMs = 0;
    const prolong = (moreMs: number) => {
      if (moreMs <= addedMs) return;
      addedMs = moreMs;
      clearTimeout(timer);
      timer = setTimeout(end, ms + moreMs);
    };
    return await Promise.race([run({ signal: ended.signal, prolong }), late.promise]);
  } finally {
    clearTimeout(timer);
    gone.removeEventListener('abort', abort);
  }
};
