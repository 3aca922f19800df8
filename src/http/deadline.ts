/** How long a call may take. */

/** Between the end of a call's time and the moment that it is answered without it. */
const LAST_WORDS_MS = 500;

export interface Deadline {
  /** Aborts when the client is gone or the time is up: nothing more is to be sent for the call. */
  readonly signal: AbortSignal;
  /** Gives the call so much on top of its time, once: it waits on purpose. */
  prolong(ms: number): void;
}

/** Answers undefined when `run` has not ended soon after its time was up; what it has begun goes on without a reader. */
export const withDeadline = async <T>(
  ms: number,
  gone: AbortSignal,
  run: (deadline: Deadline) => Promise<T>,
): Promise<T | undefined> => {
  const over = new AbortController();
  const abort = () => over.abort();
  const late = Promise.withResolvers<undefined>();
  const endAfter = (timeMs: number) => [
    setTimeout(abort, timeMs),
    setTimeout(() => late.resolve(undefined), timeMs + LAST_WORDS_MS),
  ];
  let timers = endAfter(ms);
  const clear = () => timers.forEach((timer) => void clearTimeout(timer));

  if (gone.aborted) abort();
  gone.addEventListener('abort', abort, { once: true });
  try {
    const prolong = (moreMs: number) => {
      clear();
      timers = endAfter(ms + moreMs);
    };
    return await Promise.race([run({ signal: over.signal, prolong }), late.promise]);
  } finally {
    clear();
    gone.removeEventListener('abort', abort);
  }
};
