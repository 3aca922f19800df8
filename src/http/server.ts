/** Puts a handler behind node:http or node:https: reads requests, writes replies, and drains at the end. */
import { once } from 'node:events';
import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerOptions,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../lib/log.ts';
import { httpConfig } from './config.ts';
import { boundConnections, type ConnectionLimits, type OnRefusal } from './connections.ts';
import { type EdgeReply, type Handler, refuse } from './edge.ts';
import { edgeRequest, targetOf } from './incoming.ts';
import { serverOptions, type TlsConfig } from './tls.ts';
import { writeReply, writeStream } from './write-reply.ts';

export interface HttpServer {
  readonly url: string;
  /**
   * Accepts requests for `acceptMs` more, stops listening, lets running requests finish for `graceMs`, then closes
   * their connections.
   */
  close(graceMs: number, acceptMs?: number): Promise<void>;
}

interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly log: Log;
  /** Absent: plain HTTP, for a proxy or a mesh to put TLS around. */
  readonly tls?: TlsConfig | undefined;
  readonly limits?: ConnectionLimits;
  /** Called with the code of every request that is refused before it reaches the handler. */
  readonly onRefusal?: OnRefusal;
}

const tooManyConnections = refuse(503, 'TOO_MANY_CONNECTIONS', 'Too many connections', { 'retry-after': '2' });

/** Aborts when the connection closes before the response was written to its end. */
const goneSignal = (response: ServerResponse): AbortSignal => {
  const gone = new AbortController();
  response.once('close', () => {
    if (!response.writableFinished) gone.abort();
  });
  return gone.signal;
};

/** TLS ends here when it is configured, and outside when it is not. */
const openServer = (tls: TlsConfig | undefined, limits: ConnectionLimits, listener: RequestListener): Server => {
  const options: ServerOptions = {
    headersTimeout: 5_000,
    requestTimeout: 10_000,
    connectionsCheckingInterval: 1_000,
    keepAliveTimeout: limits.keepAliveMs,
    maxHeaderSize: 8_192,
    // We refuse a missing host ourselves, so that the refusal looks like every other.
    requireHostHeader: false,
    // Of two headers that may occur once, such as Content-Type, node:http would read the first and a proxy the second.
    joinDuplicateHeaders: true,
  };
  return tls ? createTlsServer({ ...options, ...serverOptions(tls) }, listener) : createServer(options, listener);
};

const urlOf = (server: Server, tls: TlsConfig | undefined): string => {
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('The server does not listen on a port');
  const { address, port, family } = bound;
  return `${tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${port}`;
};

export const listen = async (handle: Handler, options: ListenOptions): Promise<HttpServer> => {
  const { host, port, log, tls, limits = httpConfig.parse({}), onRefusal = () => {} } = options;
  let closing = false;

  const send = async (message: IncomingMessage, response: ServerResponse, reply: EdgeReply): Promise<void> => {
    if (reply.stream) return writeStream(response, reply, reply.stream);
    // The rest of a refused body is not read, so the connection cannot carry another request.
    writeReply(response, reply, closing || !message.complete || connections.isLast(message));
  };

  const answer = async (message: IncomingMessage, response: ServerResponse, awaitBody: () => void) => {
    const signal = goneSignal(response);
    connections.carry(message);
    const target = connections.isBeyondLimit(message) ? tooManyConnections : targetOf(message);
    if (!('refusal' in target)) return handle(edgeRequest(message, target, signal, awaitBody));
    onRefusal(target.refusal);
    return target;
  };

  const serve = async (message: IncomingMessage, response: ServerResponse, awaitBody = () => {}) => {
    try {
      await send(message, response, await answer(message, response, awaitBody));
    } catch (error) {
      // The client closed the connection within its request: there is no one to answer, and no fault to log.
      if (message.destroyed && !message.complete) return;
      log.error('a request failed unexpectedly', { error });
      if (response.headersSent) return void response.destroy();
      void send(message, response, refuse(500, 'INTERNAL_SERVER_ERROR', 'Something went wrong here.'));
    }
  };

  const server = openServer(tls, limits, (message, response) => void serve(message, response));
  // Refused by its head, a request gets its refusal alone; 100 Continue precedes the first byte that is read.
  server.on('checkContinue', (message, response) => void serve(message, response, () => response.writeContinue()));
  const connections = boundConnections(server, limits, onRefusal);
  server.on('checkExpectation', (message, response) => {
    onRefusal('EXPECTATION_FAILED');
    void send(message, response, refuse(417, 'EXPECTATION_FAILED', 'Only 100-continue is expected here'));
  });
  server.listen(port, host);
  await once(server, 'listening');

  return {
    url: urlOf(server, tls),
    async close(graceMs, acceptMs = 0) {
      closing = true;
      if (acceptMs > 0) await delay(acceptMs);
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cutOff);
    },
  };
};
