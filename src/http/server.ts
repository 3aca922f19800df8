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
import type { Log } from '../lib/log.ts';
import { peerOf, serverOptions, type TlsConfig } from '../security/tls.ts';
import { BodyTooLarge, type Handler } from './handler.ts';

export interface HttpServer {
  readonly url: string;
  /** Stops listening, lets running requests finish for so long, then cuts them off. */
  close(graceMs: number): Promise<void>;
}

interface ListenOptions {
  readonly host: string;
  readonly port: number;
  readonly log: Log;
  /** Absent: plain HTTP, for a proxy or a mesh to put TLS around. */
  readonly tls?: TlsConfig | undefined;
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

const clientFaults: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** TLS ends here when it is configured, and outside when it is not. */
const openServer = (tls: TlsConfig | undefined, options: ServerOptions, listener: RequestListener): Server =>
  tls ? createTlsServer({ ...options, ...serverOptions(tls) }, listener) : createServer(options, listener);

/** Puts a handler behind node:http or node:https. */
export const listen = async (handle: Handler, { host, port, log, tls }: ListenOptions): Promise<HttpServer> => {
  let closing = false;
  const serve = async (message: IncomingMessage, response: ServerResponse) => {
    const gone = new AbortController();
    response.once('close', () => gone.abort());
    const { status, headers, body } = await handle({
      method: message.method ?? '',
      target: message.url ?? '',
      headers: firstValues(message),
      peer: peerOf(message.socket),
      readBody: (maxBytes) => readBody(message, maxBytes),
      signal: gone.signal,
    });
    response
      .writeHead(status, {
        ...headers,
        ...(closing && { connection: 'close' }),
        'content-length': Buffer.byteLength(body),
      })
      .end(body);
  };

  const server = openServer(
    tls,
    {
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      connectionsCheckingInterval: 1_000,
      // Routers keep idle connections for 15 s and more; the side that closes last causes no resets.
      keepAliveTimeout: 65_000,
      maxHeaderSize: 8_192,
    },
    (message, response) => {
      serve(message, response).catch((error: unknown) => {
        // The client went away before it had said everything: nobody is there to answer, and nothing is wrong.
        if (message.destroyed && !message.complete) return;
        log.error('a request failed unexpectedly', { error });
        if (response.headersSent) return void response.destroy();
        response.writeHead(500, {
          'content-type': 'application/json; charset=utf-8',
          'cache-control': 'no-store',
          'x-content-type-options': 'nosniff',
        });
        response.end(
          '{"errors":[{"message":"Something went wrong here.","extensions":{"code":"INTERNAL_SERVER_ERROR"}}]}',
        );
      });
    },
  );
  // What is no HTTP never reaches the handler.
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
    socket.end(
      `HTTP/1.1 ${clientFaults[error.code ?? ''] ?? '400 Bad Request'}\r\nconnection: close\r\ncontent-length: 0\r\ncache-control: no-store\r\nx-content-type-options: nosniff\r\n\r\n`,
    );
  });
  server.listen(port, host);
  await once(server, 'listening');
  const { address, port: actualPort, family } = server.address() as AddressInfo;

  return {
    url: `${tls ? 'https' : 'http'}://${family === 'IPv6' ? `[${address}]` : address}:${actualPort}`,
    async close(graceMs) {
      closing = true;
      const closed = once(server, 'close');
      server.close();
      server.closeIdleConnections();
      const cutOff = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(cutOff);
    },
  };
};
