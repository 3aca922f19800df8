/** Limits of connections, and the answers to those that exceed them or do not speak HTTP. */
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { HttpConfig } from './config.ts';
import { baseHeaders } from './edge.ts';

export type ConnectionLimits = Pick<HttpConfig, 'keepAliveMs' | 'maxRequestsPerSocket' | 'maxConnections'>;
export type OnRefusal = (code: string) => void;

/** Longer than any answer takes: a connection without a byte for so long is dropped. */
const STALLED_MS = 40_000;
/** Connections beyond the limit that are accepted for one probe each, within RESERVE_MS. */
const RESERVE = 16;
const RESERVE_MS = 2_000;
const PROBES: ReadonlySet<string> = new Set(['/livez', '/readyz']);

const clientFaults: Readonly<Record<string, string>> = {
  HPE_HEADER_OVERFLOW: '431 Request Header Fields Too Large',
  ERR_HTTP_REQUEST_TIMEOUT: '408 Request Timeout',
  // The preface of HTTP/2.
  HPE_PAUSED_H2_UPGRADE: '505 HTTP Version Not Supported',
};
const NOT_IMPLEMENTED = '501 Not Implemented';
/** What is well formed although node:http does not parse it, by the code of its error. */
const unparsed: Readonly<Record<string, string>> = {
  HPE_INVALID_METHOD: NOT_IMPLEMENTED,
  HPE_INVALID_VERSION: '505 HTTP Version Not Supported',
};
const requestLine = /^[\w!#$%&'*+.^`|~-]{1,64} [!-~]+ HTTP\/\d\.\d\r\n/;

const faultOf = ({ code = '', ...error }: NodeJS.ErrnoException): string => {
  const isWellFormed =
    'rawPacket' in error && error.rawPacket instanceof Buffer && requestLine.test(error.rawPacket.toString('latin1'));
  return (isWellFormed ? unparsed[code] : undefined) ?? clientFaults[code] ?? '400 Bad Request';
};

/** Written by hand: node:http has no response for what it could not parse. */
const faultReply = (status: string): string => {
  const date = new Date().toUTCString();
  const headers = Object.entries({ ...baseHeaders, date, connection: 'close', 'content-length': '0' });
  return `HTTP/1.1 ${status}\r\n${headers.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`;
};

/** The same name for a TCP socket and for the TLS socket around it. */
const peerName = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`;

export interface Connections {
  /** Counts a request on its connection; comes before the two questions below. */
  carry(message: IncomingMessage): void;
  /** Whether the connection carries no further request after this one. */
  isLast(message: IncomingMessage): boolean;
  /** Whether a request is no probe and came over a connection beyond the limit. */
  isBeyondLimit(message: IncomingMessage): boolean;
}

/** Answers what node:http never passes to the handler: what is not HTTP, and CONNECT. */
const answerFaults = (server: Server, onRefusal: OnRefusal): void => {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (!socket.writable || error.code === 'ECONNRESET') return void socket.destroy();
    // Bytes behind a request with Connection: close are not read, and its answer is still to come.
    if (error.code === 'HPE_CLOSED_CONNECTION') return;
    onRefusal(error.code ?? 'BAD_REQUEST');
    socket.end(faultReply(faultOf(error)));
  });
  // node:http would close the connection without a word.
  server.on('connect', (_, socket) => {
    onRefusal('NOT_IMPLEMENTED');
    socket.end(faultReply(NOT_IMPLEMENTED));
  });
};

/** The peers of connections beyond the limit; each connection is closed after RESERVE_MS. */
const trackReserve = (server: Server, maxConnections: number, onRefusal: OnRefusal): ReadonlySet<string> => {
  let open = 0;
  const reserved = new Set<string>();
  server.on('connection', (socket) => {
    open += 1;
    socket.once('close', () => {
      open -= 1;
    });
    if (open <= maxConnections) return;
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
  return reserved;
};

/** Bounds the connections of a server. */
export const boundConnections = (server: Server, limits: ConnectionLimits, onRefusal: OnRefusal): Connections => {
  server.maxRequestsPerSocket = limits.maxRequestsPerSocket;
  server.maxConnections = limits.maxConnections + RESERVE;
  server.timeout = STALLED_MS;
  server.on('drop', () => onRefusal('TOO_MANY_CONNECTIONS'));
  answerFaults(server, onRefusal);
  const reserved = trackReserve(server, limits.maxConnections, onRefusal);
  const isReserved = (socket: Socket) => reserved.size > 0 && reserved.has(peerName(socket));

  /** Requests that a connection has carried; node:http announces the last one and then leaves the connection open. */
  const carried = new WeakMap<Socket, number>();
  const last = new WeakSet<IncomingMessage>();
  return {
    carry(message) {
      const { socket } = message;
      const count = (carried.get(socket) ?? 0) + 1;
      carried.set(socket, count);
      if (count >= limits.maxRequestsPerSocket || isReserved(socket)) last.add(message);
    },
    isLast: (message) => last.has(message),
    isBeyondLimit: ({ socket, url = '' }) => isReserved(socket) && !PROBES.has(url.split('?', 1)[0] ?? ''),
  };
};
