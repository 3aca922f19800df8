/**
 * One HTTP exchange with one upstream: sent at most once, bounded in time and size, and honest about whether
 * anything left this machine. undici's own `request` cannot say the last, so this speaks to its dispatcher.
 * https://undici.nodejs.org/#/docs/api/Dispatcher
 */
import { type Dispatcher, Pool } from 'undici';
import { joinPath } from './address.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST';
  /** Path below that of the upstream's address, and query, as they go on the wire. */
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}
export interface HttpReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly body: Buffer;
}

/** How long an exchange goes on. */
export interface Until {
  /** It ends then, whatever it has come to. */
  readonly deadline: AbortSignal;
  /** Nobody waits for the reply any more: it ends if nothing was sent, and goes on otherwise. */
  readonly unwanted?: AbortSignal | undefined;
  /** Milliseconds of `performance.now()`: no byte is written after it, since the right to send has lapsed by then. */
  readonly sendBy?: number | undefined;
}
export type Send = (request: HttpRequest, until: Until) => Promise<HttpReply>;

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

/** Opens an upstream by its address, such as https://pay.example.com/prefix. No redirects, no retries, no HTTP/2. */
export const openUpstream = (
  address: string,
  { connections = 50, connectTimeoutMs = 2_000, maxReplyBytes = 65_536 }: UpstreamOptions = {},
): Upstream => {
  const base = new URL(address);
  const pool = new Pool(base.origin, {
    connections,
    pipelining: 1,
    allowH2: false,
    connect: { timeout: connectTimeoutMs },
    maxHeaderSize: 16_384,
  });
  return {
    send: (request, until) => exchange(pool, { ...request, path: joinPath(base, request.path) }, until, maxReplyBytes),
    close: () => pool.destroy(),
  };
};

/** undici's parser keeps what it choked on, and that may be a reply with all that is in it. */
const withoutBytes = (error: Error): Error => {
  if ('data' in error) error.data = undefined;
  return error;
};

const exchange = (
  pool: Pool,
  request: HttpRequest,
  { deadline, unwanted, sendBy = Number.POSITIVE_INFINITY }: Until,
  maxReplyBytes: number,
): Promise<HttpReply> =>
  new Promise((resolve, reject) => {
    let controller: Dispatcher.DispatchController | undefined;
    let status = 0;
    let headers: HttpReply['headers'] = {};
    let size = 0;
    const chunks: Buffer[] = [];

    const end = () => {
      deadline.removeEventListener('abort', giveUp);
      unwanted?.removeEventListener('abort', leave);
    };
    const fail = (message: string, cause?: unknown) => {
      end();
      const error = new ExchangeError(message, controller !== undefined, cause);
      reject(error);
      controller?.abort(error);
    };
    const giveUp = () => fail('the deadline passed', deadline.reason);
    const leave = () => {
      if (!controller) fail('nobody waits for the reply', unwanted?.reason);
    };

    if (deadline.aborted) return giveUp();
    if (unwanted?.aborted) return leave();
    deadline.addEventListener('abort', giveUp, { once: true });
    unwanted?.addEventListener('abort', leave, { once: true });

    const { body = null, ...rest } = request;
    pool.dispatch(
      { ...rest, body, idempotent: false },
      {
        onRequestStart(started) {
          // Called before the first byte is written; a second call would be a second send.
          if (deadline.aborted || unwanted?.aborted || controller || performance.now() > sendBy)
            return started.abort(new Error('not to be sent'));
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
          end();
          resolve({ status, headers, body: Buffer.concat(chunks) });
        },
        onResponseError: (_, error) => fail('the connection failed', withoutBytes(error)),
      },
    );
  });
