/**
 * One HTTP exchange with one upstream: sent at most once, bounded in time and size, and honest about whether anything
 * left this machine. Each has a connection of its own, because no protocol of ours says which request a reply answers:
 * on a shared one, a reply that comes twice becomes the next payer's. Nothing may come before the request, and nothing
 * after the reply.
 */
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { joinPath } from './address.ts';
import { type Attempt, type Connect, createConnect, type Egress } from './connection.ts';
import type { HttpReply, HttpRequest } from './http-message.ts';
import { createOneUseClient, createOneUseStream, type OneUseStream, withoutBytes } from './one-use.ts';
import { codeOf, type Reason, reasonOf, type Stage, timedOut } from './reasons.ts';
import { createReplyCollector, reasonOfReply } from './reply-collector.ts';
import { sharedResolver } from './resolver.ts';
import { createSlots } from './slots.ts';
import { ProxyRefusal } from './tunnel.ts';

export type { HttpReply, HttpRequest } from './http-message.ts';

/** How long an exchange goes on. */
export interface Cancellation {
  /** It ends then, whatever it has come to. */
  readonly deadline: AbortSignal;
  /** Nobody waits for the reply any more: it ends if nothing was sent, and goes on otherwise. */
  readonly clientGone?: AbortSignal | undefined;
  /** Milliseconds of `performance.now()`: no byte is written after it, since the right to send has lapsed by then. */
  readonly sendBy?: number | undefined;
}
export type Send = (request: HttpRequest, cancellation: Cancellation) => Promise<HttpReply>;

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

export interface UpstreamOptions extends Partial<Egress> {
  readonly connections?: number;
  /** From the look-up of the name to the end of the TLS handshake. */
  readonly connectTimeoutMs?: number;
  readonly maxReplyBytes?: number;
}

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
  const connect = createConnect(base, { resolver: sharedResolver, ...route });
  const slots = createSlots(connections);
  const running = new Set<Failing>();
  let isOpen = true;

  return {
    send: (request, cancellation) =>
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
          cancellation,
          {
            succeed: (reply) => settled(() => resolve(reply)),
            fail: (error) => settled(() => reject(error)),
          },
        );
        running.add(fail);
        if (!isOpen) fail('CLOSED');
        else if (cancellation.deadline.aborted) fail('NOT_BEGUN', cancellation.deadline.reason);
        else if (cancellation.clientGone?.aborted) fail('CLIENT_GONE', cancellation.clientGone.reason);
        else leave = slots.enter(begin);
      }),
    async close() {
      isOpen = false;
      for (const fail of running) fail('CLOSED');
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
  { deadline, clientGone, sendBy = Number.POSITIVE_INFINITY }: Cancellation,
  outcome: Outcome,
): { readonly fail: Failing; readonly begin: () => void } => {
  const sockets: Socket[] = [];
  let stream: OneUseStream | undefined;
  let timer: NodeJS.Timeout | undefined;
  let sent = false;
  let ended = false;

  const end = (act: () => void) => {
    if (ended) return;
    ended = true;
    clearTimeout(timer);
    deadline.removeEventListener('abort', giveUp);
    clientGone?.removeEventListener('abort', leave);
    stream?.destroy();
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
  const reply = createReplyCollector({
    switched: () => fail('REPLY_GARBLED'),
    failed(error) {
      if (!sent) return fail('REQUEST_INVALID', error);
      const read = { ended: stream?.readableEnded === true, some: stream?.hasReceived() === true };
      fail(reasonOfReply(error, read), withoutBytes(error));
    },
  });
  /** A whole reply counts although its connection did not end. */
  const giveUp = () => (reply.whole ? succeed(reply.whole) : fail(timedOut[attempt.stage], deadline.reason));
  const leave = () => {
    if (!sent) fail('CLIENT_GONE', clientGone?.reason);
  };

  let hasFinished = false;
  const finish = () => {
    hasFinished = true;
    if (!sent) fail('CLOSED_BEFORE_REQUEST');
    else if (reply.whole) succeed(reply.whole);
  };
  const breakOff = (cause?: Error) => {
    if (reply.whole) succeed(reply.whole);
    else if (!sent) fail('CLOSED_BEFORE_REQUEST', cause);
    // Without a break, undici says what has come up to the end.
    else if (!hasFinished) fail(reply.status === undefined ? 'CLOSED_BEFORE_REPLY' : 'REPLY_INCOMPLETE', cause);
  };
  /** undici has done with the connection: nothing may follow on it. */
  const awaitEnd = () => {
    const { whole, closing } = reply;
    if (whole && hasFinished) succeed(whole);
    else if (whole && !ended) timer = setTimeout(succeed, CLOSE_MS[closing ? 'promised' : 'notPromised'], whole);
  };
  const mayWrite = () => {
    if (performance.now() > sendBy) fail('SEND_TOO_LATE');
    if (ended) return false;
    sent = true;
    attempt.stage = 'REPLY';
    return true;
  };

  const open = async (ready: (stream: Duplex) => void) => {
    timer = setTimeout(() => fail(timedOut[attempt.stage]), connectTimeoutMs);
    const socket = await connect(attempt);
    clearTimeout(timer);
    timer = undefined;
    attempt.stage = 'REQUEST';
    stream = createOneUseStream(socket, { maxReplyBytes, mayWrite, fault: fail });
    stream.on('close', awaitEnd);
    socket
      .on('end', finish)
      .on('error', breakOff)
      .on('close', () => breakOff());
    // What arrived before the request cannot answer it: reading it takes one turn to begin and one to end.
    await turn();
    await turn();
    if (!ended) ready(stream);
  };
  const client = createOneUseClient(base.origin, maxReplyBytes, (ready) => {
    open(ready).catch((error: unknown) => fail(reasonFor(attempt.stage, error), error));
  });

  const begin = () => void client.dispatch({ ...request, reset: true }, reply.handler);
  deadline.addEventListener('abort', giveUp, { once: true });
  clientGone?.addEventListener('abort', leave, { once: true });
  return { fail, begin };
};

const reasonFor = (stage: Stage, error: unknown): Reason =>
  error instanceof ProxyRefusal ? 'PROXY_REFUSED' : reasonOf(stage, codeOf(error));
