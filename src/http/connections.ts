/** What connections may take, and what becomes of those that take more or speak no HTTP. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpConfig } from './config.ts';
import { baseHeaders } from './edge.ts';

export type ConnectionLimits = Pick<HttpConfig, 'keepAliveMs' | 'maxRequestsPerSocket' | 'maxConnections'>;
export type OnRefusal = (code: string) => void;

/** Longer than any answer takes: a connection on which nothing moves for so long is dropped. */
const STALLED_MS = 40_000;
/** Connections beyond the limit that may still ask a probe, each one once and within this time. */
const RESERVE = 16;
const RESERVE_MS = 2_000;
const PROBES: ReadonlySet<string> = new Set(['/livez', '/readyz']);

const clientFaults: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
};

/** What is no HTTP is answered without the help of node:http. */
const faultReply = (status: string): string => {
  const headers = Object.entries({ ...baseHeaders, connection: 'close', 'content-length': '0' });
  return `HTTP/1.1 ${status}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
};

/** The same for a TCP socket and for the TLS socket around it. */
const peerName = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

export interface Connections {
  /** Notes a request, before anything is asked about it. */
  carry(message: IncomingMessage): void;
  /** Whether its connection carries no other request after this one. */
  isLast(message: IncomingMessage): boolean;
  /** Whether a request came over a connection that is there for probes, and is none. */
  isBeyondLimit(message: IncomingMessage): boolean;
}

/** Bounds the connections of a server. */
export const boundConnections = (server: Server, limits: ConnectionLimits, onRefusal: OnRefusal): Connections => {
  server.maxRequestsPerSocket = limits.maxRequestsPerSocket;
  server.maxConnections = limits.maxConnections + RESERVE;
  server.timeout = STALLED_MS;
  server.on('drop', () => onRefusal('TOO_MANY_CONNECTIONS'));
  // What is no HTTP never reaches the handler.
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
    onRefusal(error.code ?? 'BAD_REQUEST');
    socket.end(faultReply(clientFaults[error.code ?? ''] ?? '400 Bad Request'));
  });

  let open = 0;
  /** Peers whose connections are beyond the limit. */
  const reserved = new Set<string>();
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    if (open <= limits.maxConnections) return;
    const peer = peerName(socket);
    reserved.add(peer);
    const timer = setTimeout(() => {
      onRefusal('TOO_MANY_CONNECTIONS');
      socket.destroy();
    }, RESERVE_MS);
    socket.once('close', () => {
      clearTimeout(timer);
      reserved.delete(peer);
    });
  });

  /** How many requests a connection has carried; node:http announces the last one and then leaves it open. */
  const carried = new WeakMap<Socket, number>();
  const last = new WeakSet<IncomingMessage>();
  return {
    carry(message) {
      const { socket } = message;
      const count = (carried.get(socket) ?? 0) + 1;
      carried.set(socket, count);
      if (count >= limits.maxRequestsPerSocket || reserved.has(peerName(socket))) last.add(message);
    },
    isLast: (message) => last.has(message),
    isBeyondLimit: ({ socket, url = '' }) => reserved.has(peerName(socket)) && !PROBES.has(url.split('?', 1)[0] ?? ''),
  };
};
