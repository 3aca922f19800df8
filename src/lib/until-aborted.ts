/** How long a promise is awaited when the signal has aborted before: a result that is ready still counts. */
const GRACE_MS = 300;

export const ABORTED = Symbol('aborted');

/** The result of a promise, or ABORTED when the signal aborts first; the promise goes on. */
export const untilAborted = async <T>(promise: Promise<T>, signal: AbortSignal): Promise<T | typeof ABORTED> => {
  const { promise: aborted, resolve } = Promise.withResolvers<typeof ABORTED>();
  const giveUp = () => resolve(ABORTED);
  signal.addEventListener('abort', giveUp, { once: true });
  const grace = signal.aborted ? setTimeout(giveUp, GRACE_MS) : undefined;
  try {
    return await Promise.race([promise, aborted]);
  } finally {
    clearTimeout(grace);
    signal.removeEventListener('abort', giveUp);
  }
};
