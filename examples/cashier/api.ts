/** Sends the operations of this page. Survives what networks do: it repeats what is safe to repeat, and reports each wait. */
import type { TypedDocumentString } from './graphql.ts';

const ENDPOINT = new URL('../graphql', import.meta.url);
/** Longer than the service makes a call wait. */
const TIMEOUT_MS = 40_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

/** Why a call is repeated: nothing came back, or the service answered that it does not serve now. */
export type WaitCause = 'network' | 'busy';

/** The call may be repeated after `waitMs`, where the service named it. */
class NotNow extends Error {
  override readonly name = 'NotNow';
  readonly reason: WaitCause;
  readonly waitMs: number | undefined;

  constructor(reason: WaitCause, message: string, waitMs?: number) {
    super(message);
    this.reason = reason;
    this.waitMs = waitMs;
  }
}

let clockOffsetMs = 0;
/** Now, by the clock of the service: the clocks of phones are off, and a countdown would be wrong. */
export const serviceNow = (): number => Date.now() + clockOffsetMs;

const readClock = (response: Response): void => {
  const date = Date.parse(response.headers.get('date') ?? '');
  if (Number.isFinite(date)) clockOffsetMs = Math.abs(date - Date.now()) < 2_000 ? 0 : date - Date.now();
};

/** A browser that loses its network says so, and leaves calls that wait at the service as they are: they end here. */
let network = new AbortController();
addEventListener('offline', () => {
  network.abort();
  network = new AbortController();
});

const post = async (body: string, signal?: AbortSignal): Promise<Response> => {
  const ends = [network.signal, AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])];
  try {
    return await fetch(ENDPOINT, {
      method: 'POST',
      // With the first, an answer without data has the status of its error; as the second alone it is 200.
      headers: {
        'content-type': 'application/json',
        accept: 'application/graphql-response+json, application/json;q=0.9',
      },
      body,
      signal: AbortSignal.any(ends),
    });
  } catch {
    signal?.throwIfAborted();
    throw new NotNow('network', 'no connection');
  }
};

const busy = ({ status, headers }: Response): NotNow => {
  const seconds = Number(headers.get('retry-after') ?? Number.NaN);
  return new NotNow('busy', `HTTP ${status}`, Number.isFinite(seconds) ? seconds * 1_000 : undefined);
};

/**
 * One try. Throws NotNow for what passes: no connection, 429, 5xx, a reply that is no answer of the service, and errors
 * in place of data that a gateway sends with 200. Another error is a fault of this page.
 */
const sendOnce = async <Result>(body: string, signal?: AbortSignal): Promise<Result> => {
  const response = await post(body, signal);
  if (response.status === 429 || response.status >= 500) throw busy(response);
  const answer: { data?: Result } = await response.json().catch(() => {
    throw new NotNow('network', 'no JSON');
  });
  if (!answer.data && response.ok) throw busy(response);
  if (!answer.data) throw new Error(`The service refused the operation: HTTP ${response.status}`);
  readClock(response);
  return answer.data;
};

export const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
  new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });

/** Ends early when the browser has a network again. */
const sleepUntilOnline = async (ms: number, signal?: AbortSignal): Promise<void> => {
  const over = new AbortController();
  const online = new Promise<void>((resolve) => {
    addEventListener('online', () => resolve(), { once: true, signal: over.signal });
  });
  await Promise.race([sleep(ms, signal), online]).finally(() => over.abort());
};

/** Asks for nothing: an operation may wait at the service, and this shows at once that the connection is back. */
const PROBE = JSON.stringify({ query: '{ __typename }' });

export interface SendOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called before each wait, with its seconds and its cause, and with 0 when an answer came. */
  readonly onWait?: (seconds: number, cause?: WaitCause) => void;
}

/** Sends until there is an answer. Every operation of these pages may be repeated: the service redeems a code once. */
export const send = async <Result, Variables>(
  document: TypedDocumentString<Result, Variables>,
  variables: Variables,
  { signal, onWait }: SendOptions = {},
): Promise<Result> => {
  const body = JSON.stringify({ query: document.toString(), variables });
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(waitMs * 2, LONGEST_WAIT_MS)) {
    try {
      if (waitMs > FIRST_WAIT_MS) {
        await sendOnce(PROBE, signal);
        onWait?.(0);
      }
      const result = await sendOnce<Result>(body, signal);
      onWait?.(0);
      return result;
    } catch (error) {
      if (!(error instanceof NotNow)) throw error;
      const thisMs = error.waitMs ?? waitMs;
      onWait?.(Math.ceil(thisMs / 1_000), error.reason);
      if (error.waitMs === undefined) await sleepUntilOnline(thisMs, signal);
      else await sleep(thisMs, signal);
    }
  }
};
