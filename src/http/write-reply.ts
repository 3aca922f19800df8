/** Writes replies of the edge to a connection: whole ones, and streams as fast as the client reads them. */
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { EdgeReply } from './edge.ts';

export const writeReply = (response: ServerResponse, { status, headers, body }: EdgeReply, isLast: boolean): void => {
  response
    .writeHead(status, {
      ...headers,
      ...(isLast && { connection: 'close' }),
      ...(status !== 204 && { 'content-length': Buffer.byteLength(body) }),
    })
    .end(body);
};

/** How long a client may leave what was written unread. */
const UNREAD_MS = 10_000;

/** Waits until the client has read what was written; false when it has gone, or does not read. */
const isRead = async (response: ServerResponse): Promise<boolean> => {
  const late = AbortSignal.timeout(UNREAD_MS);
  const ended = new AbortController();
  response.once('close', () => ended.abort());
  return once(response, 'drain', { signal: AbortSignal.any([late, ended.signal]) }).then(
    () => true,
    () => false,
  );
};

export const writeStream = async (
  response: ServerResponse,
  { status, headers }: EdgeReply,
  stream: AsyncIterable<string>,
): Promise<void> => {
  response.writeHead(status, headers);
  response.flushHeaders();
  for await (const piece of stream) {
    if (response.destroyed) return;
    if (!response.write(piece) && !(await isRead(response))) return void response.destroy();
  }
  response.end();
};
