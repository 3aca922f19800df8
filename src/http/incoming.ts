/** Turns a message of node:http into a request of the edge, or into the refusal of one that HTTP does not allow. */
import type { IncomingMessage } from 'node:http';
import { BodyTooLarge, type EdgeRequest, type Refusal, refuse } from './edge.ts';
import { isKnownMethod } from './methods.ts';
import { isHost, readTarget, type Target } from './request-target.ts';
import { peerOf } from './tls.ts';

const readBody = async (message: IncomingMessage, maxBytes: number, awaitBody: () => void): Promise<Buffer> => {
  if (Number(message.headers['content-length'] ?? 0) > maxBytes) throw new BodyTooLarge();
  awaitBody();
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of message) {
    size += chunk.length;
    if (size > maxBytes) throw new BodyTooLarge();
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
};

const joinedHeaders = ({ headers }: IncomingMessage): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );

/** `awaitBody` runs before the body is awaited: a client may send none of it until it gets 100 Continue. */
export const edgeRequest = (
  message: IncomingMessage,
  { path, authority }: Target,
  signal: AbortSignal,
  awaitBody: () => void,
): EdgeRequest => ({
  method: message.method ?? '',
  target: message.url ?? '',
  path,
  headers: { ...joinedHeaders(message), ...(authority !== undefined && { host: authority }) },
  peer: peerOf(message.socket),
  remoteAddress: message.socket.remoteAddress,
  readBody: (maxBytes) => readBody(message, maxBytes, awaitBody),
  signal,
});

/** HTTP/1.1 requires exactly one Host, a host with or without a port; node:http accepts several, and any text. */
const hasOneHost = ({ rawHeaders, httpVersion }: IncomingMessage): boolean => {
  const hosts = rawHeaders.filter((_, position) => rawHeaders[position - 1]?.toLowerCase() === 'host' && position % 2);
  return hosts.every(isHost) && (hosts.length === 1 || (hosts.length === 0 && httpVersion === '1.0'));
};

/** What a message is for, or the refusal of one that HTTP does not allow or that asks for what is not implemented. */
export const targetOf = (message: IncomingMessage): Target | Refusal => {
  const { method = '', url = '', headers, httpVersion } = message;
  if (httpVersion !== '1.1' && httpVersion !== '1.0')
    return refuse(505, 'VERSION_NOT_SUPPORTED', 'HTTP/1.1 is spoken here', { connection: 'close' });
  if (!hasOneHost(message)) return refuse(400, 'BAD_REQUEST', 'A request names one host');
  if (!isKnownMethod(method)) return refuse(501, 'NOT_IMPLEMENTED', 'This method is not implemented');
  const coding = headers['transfer-encoding'];
  if (coding !== undefined && httpVersion === '1.0')
    return refuse(400, 'BAD_REQUEST', 'HTTP/1.0 has no transfer codings', { connection: 'close' });
  if ((coding ?? 'chunked').toLowerCase() !== 'chunked')
    return refuse(501, 'NOT_IMPLEMENTED', 'No transfer coding but chunked is implemented');
  return readTarget(method, url) ?? refuse(400, 'BAD_REQUEST', 'The target is neither a path nor an http URI');
};
