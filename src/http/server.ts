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
import type { AddressInfo } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../lib/log.ts';
import { httpConfig } from './config.ts';
import { boundConnections, type ConnectionLimits, type OnRefusal } from './connections.ts';
import { BodyTooLarge, type EdgeReply, type Handler, refuse } from './edge.ts';
import { peerOf, serverOptions, type TlsConfig } from './tls.ts';

export interface HttpServer {
  readonly url: string;
  /** Accepts for so long still, stops listening, lets running requests finish for the grace, then cuts them off. */
  close(graceMs: number, acceptMs?: number): Promise<void>;
}

interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly log: Log;
  /** Absent: plain HTTP, for a proxy or a mesh to put TLS around. */
  readonly tls?: TlsConfig | undefined;
  readonly limits?: ConnectionLimits;
  /** Hears of what never reaches the handler. */
  readonly onRefusal?: OnRefusal;
}

const readBody = async (message: IncomingMessage, maxBytes: number): Promise<Buffer> => {
  if (Number(message.headers['content-length'] ?? 0) > maxBytes) throw new BodyTooLarge();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    size += chunk.length;
    if (size > maxBytes) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const firstValues = ({ headers }: IncomingMessage): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );

const hasOneHost = ({ rawHeaders, httpVersion }: IncomingMessage): boolean => {
  const hosts = rawHeaders.filter((name, position) => position % 2 === 0 && name.toLowerCase() === 'host').length;
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0');
};

/** TLS ends here when it is configured, and outside when it is not. */
const openServer = (tls: TlsConfig | undefined, options: ServerOptions, listener: RequestListener): Server =>
  tls ? createTlsServer({ ...options, ...serverOptions(tls) }, listener) : createServer(options, listener);

/** Puts a handler behind node:http or node:https. */
export const listen = async (handle: Handler, options: ListenOptions): Promise<HttpServer> => {
  const { host, port, log, tls, limits = httpConfig.parse({}), onRefusal = () => {} } = options;
  let closing = false;

  const send = (message: IncomingMessage, response: ServerResponse, { status, headers, body }: EdgeReply) => {
    // What is left of a body that is refused is not read to its end.
    const last = closing || !message.complete || connections.isLast(message);
    response
      .writeHead(status, {
        ...headers,
        ...(last && { connection: 'close' }),
        ...(status !== 204 && { 'content-length': Buffer.byteLength(body) }),
      })
      .end(body);
  };

  const serve = async (message: IncomingMessage, response: ServerResponse) => {
    const gone = new AbortController();
    response.once('close', () => {
      if (!response.writableFinished) gone.abort();
    });
    connections.carry(message);
    if (connections.isBeyondLimit(message)) {
      onRefusal('TOO_MANY_CONNECTIONS');
      return send(
        message,
        response,
        refuse(503, 'TOO_MANY_CONNECTIONS', 'Too many connections', { 'retry-after': '2' }),
      );
    }
    if (!hasOneHost(message)) {
      onRefusal('BAD_REQUEST');
      return send(message, response, refuse(400, 'BAD_REQUEST', 'A request names one host'));
    }
    const reply = await handle({
      method: message.method ?? '',
      target: message.url ?? '',
      headers: firstValues(message),
      peer: peerOf(message.socket),
      readBody: (maxBytes) => readBody(message, maxBytes),
      signal: gone.signal,
    });
    send(message, response, reply);
  };

  const server = openServer(
    tls,
    {
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      connectionsCheckingInterval: 1_000,
      keepAliveTimeout: limits.keepAliveMs,
      maxHeaderSize: 8_192,
      // Ours to refuse, so that the refusal looks like every other.
      requireHostHeader: false,
    },
    (message, response) => {
      serve(message, response).catch((error: unknown) => {
        // The client went away before it had said everything: nobody is there to answer, and nothing is wrong.
        if (message.destroyed && !message.complete) return;
        log.error('a request failed unexpectedly', { error });
        if (response.headersSent) return void response.destroy();
        send(message, response, refuse(500, 'INTERNAL_SERVER_ERROR', 'Something went wrong here.'));
      });
    },
  );
  const connections = boundConnections(server, limits, onRefusal);
  server.on('checkExpectation', (message, response) => {
    onRefusal('EXPECTATION_FAILED');
    send(message, response, refuse(417, 'EXPECTATION_FAILED', 'Only 100-continue is expected here'));
  });
  server.listen(port, host);
  await once(server, 'listening');
  const { address, port: actualPort, family } = server.address() as AddressInfo;

  return {
    url: `${tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${actualPort}`,
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
