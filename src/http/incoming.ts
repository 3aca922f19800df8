/** Turns a message of node:http into a request of the edge, or into the refusal of one that HTTP does not allow. */
import type { IncomingMessage } from 'node:http';
import { BodyTooLarge, type EdgeRequest, type Refusal, refuse } from './edge.ts';
import { isKnownMethod } from './methods.ts';
import { isHost, readTarget, type Target } from './request-target.ts';
import { peerOf } from './tls.ts';

const readBody = async (message: IncomingMessage, maxBytes: number, awaitBody: () => void): Promise<Buffer> => {
  if (Number(message.headers['content-length'] ?? 0) > maxBytes) throw new BodyTooLarge();
  awaitBody();
  const gone = () => new Error('The client has gone within its request');
  if (message.destroyed) throw gone();
  const chunks: Buffer[] = [];
  let size = 0;
  // By events: an asynchronous iterator costs more than all the parsing of a small body.
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>();
  message.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size <= maxBytes) return void chunks.push(chunk);
    // The rest is not read; the refusal closes the connection.
    message.pause().removeAllListeners('data');
    reject(new BodyTooLarge());
  });
  message.once('end', () => resolve(Buffer.concat(chunks)));
  message.once('error', reject);
  message.once('close', () => {
    if (!message.readableEnded) reject(gone());
  });
  return promise;
};

/** Of the headers that node:http joins for a server, only Set-Cookie is a list. */
const joinedHeaders = ({ headers }: IncomingMessage): Record<string, string | undefined> => {
  const joined: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(headers)) joined[name] = Array.isArray(value) ? value.join(', ') : value;
  return joined;
};

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
  let hosts = 0;
  for (let position = 0; position < rawHeaders.length; position += 2) {
    if (rawHeaders[position]?.toLowerCase() !== 'host') continue;
    if (!isHost(rawHeaders[position + 1] ?? '')) return false;
    hosts += 1;
  }
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0');
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
