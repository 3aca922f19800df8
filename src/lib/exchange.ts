/**
 * One HTTP exchange with one upstream: sent at most once, limited in time and size. When it fails, the error states
 * whether a byte left this machine. Each exchange has a connection of its own: HTTP/1.1 does not mark which request a
 * reply answers, so on a shared connection a repeated reply would be taken for the next payer's. Bytes before the
 * request or after the reply make the exchange fail.
 */

import type { Socket } from 'node:net';
import { setImmediate as turn } from 'node:timers/promises';
import { joinPath } from './address.ts';
import { type Connect, createConnect, type Egress } from './connection.ts';
import { createExchange, type Exchange } from './exchange-state.ts';
import type { HttpReply, HttpRequest } from './http-message.ts';
import { createOneUseClient, createOneUseStream, type OneUseStream } from './one-use.ts';
import { codeOf, type Reason, reasonOf, type Stage, timedOut } from './reasons.ts';
import { sharedResolver } from './resolver.ts';
import { createSlots } from './slots.ts';
import { ProxyRefusal } from './tunnel.ts';

export { ExchangeError } from './exchange-error.ts';
export type { HttpReply, HttpRequest } from './http-message.ts';

/** What ends an exchange before its reply. */
export interface Cancellation {
  /** Ends the exchange at any stage. */
  readonly deadline: AbortSignal;
  /** The client has disconnected: ends the exchange unless the request was sent, which goes on. */
  readonly clientGone?: AbortSignal | undefined;
  /** Milliseconds of `performance.now()`: the request is not begun later, since the lease has expired by then. */
  readonly sendBy?: number | undefined;
}
export type Send = (request: HttpRequest, cancellation: Cancellation) => Promise<HttpReply>;

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
 * How long a complete reply waits for the end of its connection, which shows that nothing follows: longer when the
 * upstream has promised to close. After this time the reply counts although the connection is open.
 */
const CLOSE_MS = { promised: 1_000, notPromised: 100 };

/** Opens an upstream by its address, such as https://pay.example.com/prefix. No redirects, no retries, no HTTP/2. */
export const openUpstream = (
  address: string,
  { connections = 50, connectTimeoutMs = 2_000, maxReplyBytes = 65_536, ...egress }: UpstreamOptions = {},
): Upstream => {
  const base = new URL(address);
  const connect = createConnect(base, { resolver: sharedResolver, ...egress });
  const route: Route = { origin: base.origin, connect, connectTimeoutMs, maxReplyBytes };
  const slots = createSlots(connections);
  const running = new Set<Exchange>();
  let isOpen = true;

  return {
    send: (request, cancellation) =>
      new Promise((resolve, reject) => {
        const exchange = createExchange(base.origin, { resolve, reject });
        running.add(exchange);
        exchange.onEnd(() => running.delete(exchange));
        if (!isOpen) exchange.fail('CLOSED');
        obey(exchange, cancellation);
        if (exchange.ended) return;
        const ready = { ...request, path: joinPath(base, request.path) };
        exchange.onEnd(slots.enter(() => begin(exchange, route, ready, cancellation.sendBy)));
      }),
    async close() {
      isOpen = false;
      for (const exchange of running) exchange.fail('CLOSED');
    },
  };
};

/** How every exchange with an upstream reaches it. */
interface Route {
  readonly origin: string;
  readonly connect: Connect;
  readonly connectTimeoutMs: number;
  readonly maxReplyBytes: number;
}

/** Ends the exchange when a signal of its caller aborts; at once, if a signal has aborted before. */
const obey = (exchange: Exchange, { deadline, clientGone }: Cancellation): void => {
  const onAbort = (signal: AbortSignal | undefined, act: () => void) => {
    if (signal?.aborted) act();
    signal?.addEventListener('abort', act);
    exchange.onEnd(() => signal?.removeEventListener('abort', act));
  };
  onAbort(deadline, () => {
    // A complete reply counts although its connection has not ended.
    if (exchange.reply.whole) exchange.succeed(exchange.reply.whole);
    else exchange.fail(timedOut[exchange.stage], deadline.reason);
  });
  onAbort(clientGone, () => {
    if (!exchange.sent) exchange.fail('CLIENT_GONE', clientGone?.reason);
  });
};

/** Gives the request to undici, which calls back for a connection and writes the request to it. */
const begin = (exchange: Exchange, route: Route, request: HttpRequest, sendBy: number | undefined): void => {
  const client = createOneUseClient(route.origin, route.maxReplyBytes, (ready) => {
    openStream(exchange, route, sendBy)
      .then((stream) => {
        if (!exchange.ended) ready(stream);
      })
      .catch((error: unknown) => exchange.fail(reasonFor(exchange.stage, error), error));
  });
  client.dispatch({ ...request, reset: true }, exchange.reply.handler);
};

const reasonFor = (stage: Stage, error: unknown): Reason =>
  error instanceof ProxyRefusal ? 'PROXY_REFUSED' : reasonOf(stage, codeOf(error));

/** Opens the connection, on which undici may write the request until `sendBy`. */
const openStream = async (
  exchange: Exchange,
  { connect, connectTimeoutMs, maxReplyBytes }: Route,
  sendBy = Number.POSITIVE_INFINITY,
): Promise<OneUseStream> => {
  const mayWrite = () => {
    if (performance.now() > sendBy) exchange.fail('SEND_TOO_LATE');
    // undici may ask for another connection; what it has begun to write on one is never written on the next.
    if (exchange.ended || exchange.sent) return false;
    exchange.sent = true;
    exchange.stage = 'REPLY';
    return true;
  };
  const timer = setTimeout(() => exchange.fail(timedOut[exchange.stage]), connectTimeoutMs);
  exchange.onEnd(() => clearTimeout(timer));
  const socket = await connect(exchange);
  clearTimeout(timer);
  exchange.stage = 'REQUEST';
  const stream = createOneUseStream(socket, { mayRepeat: true, maxReplyBytes, mayWrite, fault: exchange.fail });
  exchange.stream = stream;
  exchange.onEnd(() => stream.destroy());
  endWithConnection(exchange, socket, stream);
  // Bytes that arrived before the request cannot answer it: reading them takes one turn to begin and one to end.
  await turn();
  await turn();
  return stream;
};

/** A complete reply counts when its connection ends; any other exchange fails then. */
const endWithConnection = (exchange: Exchange, socket: Socket, stream: OneUseStream): void => {
  const { reply, succeed, fail } = exchange;
  let hasFinished = false;

  const finish = () => {
    hasFinished = true;
    if (!exchange.sent) fail('CLOSED_BEFORE_REQUEST');
    else if (reply.whole) succeed(reply.whole);
  };
  const breakOff = (cause?: Error) => {
    if (reply.whole) succeed(reply.whole);
    else if (!exchange.sent) fail('CLOSED_BEFORE_REQUEST', cause);
    // After an orderly end, undici reports what it could read.
    else if (!hasFinished) fail(reply.status === undefined ? 'CLOSED_BEFORE_REPLY' : 'REPLY_INCOMPLETE', cause);
  };
  /** undici has finished with the connection: nothing may follow on it. */
  const awaitEnd = () => {
    const { whole, closing } = reply;
    if (whole && hasFinished) succeed(whole);
    if (!whole || exchange.ended) return;
    const timer = setTimeout(succeed, CLOSE_MS[closing ? 'promised' : 'notPromised'], whole);
    exchange.onEnd(() => clearTimeout(timer));
  };
  stream.on('close', awaitEnd);
  socket
    .on('end', finish)
    .on('error', breakOff)
    .on('close', () => breakOff());
};
