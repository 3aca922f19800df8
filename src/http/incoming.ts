/** Turns a message of node:http into a request of the edge. */
import type { IncomingMessage } from 'node:http';
import { BodyTooLarge, type EdgeRequest } from './edge.ts';
import { peerOf } from './tls.ts';

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

const joinedHeaders = ({ headers }: IncomingMessage): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );

export const edgeRequest = (message: IncomingMessage, signal: AbortSignal): EdgeRequest => ({
  method: message.method ?? '',
  target: message.url ?? '',
  headers: joinedHeaders(message),
  peer: peerOf(message.socket),
  readBody: (maxBytes) => readBody(message, maxBytes),
  signal,
});

/** HTTP/1.1 requires exactly one Host; node:http accepts several. */
export const hasOneHost = ({ rawHeaders, httpVersion }: IncomingMessage): boolean => {
  const hosts = rawHeaders.filter((name, position) => position % 2 === 0 && name.toLowerCase() === 'host').length;
  return hosts === 1 || (hosts === 0 && httpVersion === '1.0');
};
