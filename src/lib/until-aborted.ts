/** How long a signal that has aborted before still waits: what is ready within moments counts. */
const GRACE_MS = 300;

export const ABORTED = Symbol('late');

/** What a promise resolves with, or LATE when a signal aborts before; the promise goes on. */
export const untilAborted = async <T>(promise: Promise<T>, signal: AbortSignal): Promise<T | typeof ABORTED> => {
  const { promise: late, resolve } = Promise.withResolvers<typeof ABORTED>();
  const giveUp = () => resolve(ABORTED);
  signal.addEventListener('abort', giveUp, { once: true });
  const grace = signal.aborted ? setTimeout(giveUp, GRACE_MS) : undefined;
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(grace);
    signal.removeEventListener('abort', giveUp);
  }
};
