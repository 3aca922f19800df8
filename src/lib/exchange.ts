/**
 * One HTTP exchange with one upstream: sent at most once, bounded in time and size, and honest about whether
 * anything left this machine. undici's own `request` cannot say the last, so this speaks to its dispatcher.
 * https://undici.nodejs.org/#/docs/api/Dispatcher
 */
import { type Dispatcher, Pool } from 'undici';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Path and query as they go on the wire. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}
export type Send = (request: HttpRequest, signal: AbortSignal) => Promise<HttpReply>;

/** The exchange has no reply. `sent` is false only when provably no byte of the request was written. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly sent: boolean;

  constructor(message: string, sent: boolean, cause?: unknown) {
    super(message, { cause });
    this.sent = sent;
  }
}

export interface Upstream {
  readonly send: Send;
  close(): Promise<void>;
}

interface UpstreamOptions {
  readonly connections?: number;
  readonly connectTimeoutMs?: number;
  readonly maxReplyBytes?: number;
}

/** Opens a pool to an origin such as https://pay.example.com. No redirects, no retries, no proxy, no HTTP/2. */
export const openUpstream = (
  origin: string,
  { connections = 50, connectTimeoutMs = 2_000, maxReplyBytes = 65_536 }: UpstreamOptions = {},
): Upstream => {
  const pool = new Pool(origin, {
    connections,
    pipelining: 1,
    allowH2: false,
    connect: { timeout: connectTimeoutMs },
    maxHeaderSize: 16_384,
  });
  return {
    send: (request, signal) => exchange(pool, request, signal, maxReplyBytes),
    close: () => pool.destroy(),
  };
};

/** undici's parser keeps what it choked on, and that may be a reply with all that is in it. */
const withoutBytes = (error: Error): Error => {
  if ('data' in error) error.data = undefined;
  return error;
};

const exchange = (pool: Pool, request: HttpRequest, signal: AbortSignal, maxReplyBytes: number): Promise<HttpReply> =>
  new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let status = 0;
    let headers: HttpReply['headers'] = {};
    let size = 0;
    const chunks: Buffer[] = [];

    const fail = (message: string, cause?: unknown) => {
      signal.removeEventListener('abort', cancel);
      const error = new ExchangeError(message, controller !== undefined, cause);
      reject(error);
      controller?.abort(error);
    };
    const cancel = () => fail('the deadline passed', signal.reason);

    if (signal.aborted) return cancel();
    signal.addEventListener('abort', cancel, { once: true });

    const { body = null, ...rest } = request;
    pool.dispatch(
      { ...rest, body, idempotent: false },
      {
        onRequestStart(started) {
          // Called before the first byte is written; a second call would be a second send.
          if (signal.aborted || controller) return started.abort(new Error('not to be sent'));
          controller = started;
        },
        onResponseStart(_, statusCode, replyHeaders) {
          status = statusCode;
          headers = replyHeaders;
        },
        onResponseData(_, chunk) {
          size += chunk.length;
          if (size > maxReplyBytes) fail(`the reply is over ${maxReplyBytes} bytes`);
          else chunks.push(chunk);
        },
        onResponseEnd() {
          signal.removeEventListener('abort', cancel);
          resolve({ status, headers, body: Buffer.concat(chunks) });
        },
        onResponseError: (_, error) => fail('the connection failed', withoutBytes(error)),
      },
    );
  });
