/**
 * One HTTP exchange with one upstream: sent at most once, bounded in time and size, and honest about whether anything
 * left this machine. Each has a connection of its own, because no protocol of ours says which request a reply answers:
 * on a shared one, a reply that comes twice becomes the next payer's. Nothing may come before the request, and nothing
 * after the reply.
 */
import type { Socket } from 'node:net';
import { joinPath } from './address.ts';
import { type Attempt, type Connect, createConnect, ProxyRefusal, type Route } from './connection.ts';
import type { HttpReply, HttpRequest } from './http-message.ts';
import { names } from './names.ts';
import { codeOf, type Reason, reasonOf, type Stage, timedOut } from './reasons.ts';
import { createReplyReader, ReplyFault } from './reply-reader.ts';
import { writeRequest } from './request-writer.ts';

export type { HttpReply, HttpRequest } from './http-message.ts';

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

interface Failure {
  readonly reason?: Reason;
  /** Scheme, host and port of the upstream. */
  readonly origin?: string;
}

/** The exchange has no reply. `sent` is false only when provably no byte of the request was written. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly sent: boolean;
  readonly reason: Reason | undefined;
  readonly origin: string | undefined;

  constructor(message: string, sent: boolean, cause?: unknown, { reason, origin }: Failure = {}) {
    super(message, { cause });
    this.sent = sent;
    this.reason = reason;
    this.origin = origin;
  }
}

export interface Upstream {
  readonly send: Send;
  close(): Promise<void>;
}

export interface UpstreamOptions extends Partial<Route> {
  readonly connections?: number;
  /** From the look-up of the name to the end of the TLS handshake. */
  readonly connectTimeoutMs?: number;
  readonly maxReplyBytes?: number;
}

const MAX_HEAD_BYTES = 16_384;

/**
 * How long a whole reply waits for the end of its connection, which shows that nothing follows: longer where the
 * upstream has said that it closes. HTTP obliges it to; one that does not close is believed after this time.
 */
const CLOSE_MS = { promised: 1_000, notPromised: 100 };

/** Opens an upstream by its address, such as https://pay.example.com/prefix. No redirects, no retries, no HTTP/2. */
export const openUpstream = (
  address: string,
  { connections = 50, connectTimeoutMs = 2_000, maxReplyBytes = 65_536, ...route }: UpstreamOptions = {},
): Upstream => {
  const base = new URL(address);
  const connect = createConnect(base, { names, ...route });
  const places = createPlaces(connections);
  const running = new Set<Failing>();
  let isOpen = true;

  return {
    send: (request, until) =>
      new Promise((resolve, reject) => {
        let leave = () => {};
        const settled = (act: () => void) => {
          running.delete(fail);
          leave();
          act();
        };
        const { fail, begin } = prepare(
          { connect, base, connectTimeoutMs, maxReplyBytes },
          { ...request, path: joinPath(base, request.path) },
          until,
          {
            succeed: (reply) => settled(() => resolve(reply)),
            fail: (error) => settled(() => reject(error)),
          },
        );
        running.add(fail);
        if (!isOpen) fail('CLOSED');
        else if (until.deadline.aborted) fail('NOT_BEGUN', until.deadline.reason);
        else if (until.unwanted?.aborted) fail('NOT_WANTED', until.unwanted.reason);
        else leave = places.enter(begin);
      }),
    async close() {
      isOpen = false;
      for (const fail of running) fail('CLOSED');
    },
  };
};

/** Places for so many exchanges at the same time; the others wait in order. */
const createPlaces = (count: number) => {
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

type Failing = (reason: Reason, cause?: unknown) => void;

interface Means {
  readonly connect: Connect;
  readonly base: URL;
  readonly connectTimeoutMs: number;
  readonly maxReplyBytes: number;
}

interface Outcome {
  succeed(reply: HttpReply): void;
  fail(error: ExchangeError): void;
}

/** One turn of the event loop, in which what has arrived is read. */
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** An exchange that can begin, and can fail before that. Exactly one outcome is called, once. */
const prepare = (
  { connect, base, connectTimeoutMs, maxReplyBytes }: Means,
  request: HttpRequest,
  { deadline, unwanted, sendBy = Number.POSITIVE_INFINITY }: Until,
  outcome: Outcome,
): { readonly fail: Failing; readonly begin: () => void } => {
  const reader = createReplyReader({ maxHeadBytes: MAX_HEAD_BYTES, maxBodyBytes: maxReplyBytes });
  const sockets: Socket[] = [];
  let timer: NodeJS.Timeout | undefined;
  let sent = false;
  let ended = false;

  const end = (act: () => void) => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    deadline.removeEventListener('abort', giveUp);
    unwanted?.removeEventListener('abort', leave);
    for (const socket of sockets) socket.destroy();
    act();
  };
  const succeed = (reply: HttpReply) => end(() => outcome.succeed(reply));
  const fail: Failing = (reason, cause) =>
    end(() => {
      const message = `the exchange failed: ${reason}`;
      outcome.fail(new ExchangeError(message, sent, cause, { reason, origin: base.origin }));
    });
  const attempt: Attempt = {
    stage: 'START',
    hold(open) {
      if (ended) throw new Error('the exchange has ended');
      const socket = open();
      // An error that comes when the exchange has ended must not end the process.
      socket.on('error', () => undefined);
      sockets.push(socket);
      return socket;
    },
  };
  /** A whole reply counts although its connection did not end. */
  const giveUp = () => (reader.whole ? succeed(reader.whole) : fail(timedOut[attempt.stage], deadline.reason));
  const leave = () => {
    if (!sent) fail('NOT_WANTED', unwanted?.reason);
  };

  const read = (act: () => void) => {
    try {
      act();
    } catch (error) {
      fail(error instanceof ReplyFault ? error.reason : 'REPLY_GARBLED');
    }
  };
  const receive = (bytes: Buffer) => {
    if (!sent) return fail('BYTES_BEFORE_REQUEST');
    read(() => reader.push(bytes));
    const { whole } = reader;
    if (whole && !timer) timer = setTimeout(succeed, CLOSE_MS[reader.closing ? 'promised' : 'notPromised'], whole);
  };
  const finish = () => {
    if (sent) read(() => succeed(reader.end()));
    else fail('CLOSED_BEFORE_REQUEST');
  };
  const breakOff = (cause?: Error) => {
    if (reader.whole) succeed(reader.whole);
    else if (!sent) fail('CLOSED_BEFORE_REQUEST', cause);
    else fail(reader.status === undefined ? 'CLOSED_BEFORE_REPLY' : 'REPLY_INCOMPLETE', cause);
  };

  const perform = async () => {
    const bytes = writeRequest(base.host, request);
    timer = setTimeout(() => fail(timedOut[attempt.stage]), connectTimeoutMs);
    const socket = await connect(attempt);
    clearTimeout(timer);
    timer = undefined;
    attempt.stage = 'REQUEST';
    socket
      .on('data', receive)
      .on('end', finish)
      .on('error', breakOff)
      .on('close', () => breakOff());
    // A tunnel leaves it paused.
    socket.resume();
    // What arrived before the request cannot answer it: reading it takes one turn to begin and one to end.
    await turn();
    await turn();
    if (ended) return;
    if (performance.now() > sendBy) return fail('SEND_TOO_LATE');
    sent = true;
    attempt.stage = 'REPLY';
    socket.write(bytes);
  };

  const begin = () => void perform().catch((error: unknown) => fail(reasonFor(attempt.stage, error), error));
  deadline.addEventListener('abort', giveUp, { once: true });
  unwanted?.addEventListener('abort', leave, { once: true });
  return { fail, begin };
};

const reasonFor = (stage: Stage, error: unknown): Reason => {
  if (error instanceof TypeError && stage === 'START') return 'REQUEST_INVALID';
  return error instanceof ProxyRefusal ? 'PROXY_REFUSED' : reasonOf(stage, codeOf(error));
};
