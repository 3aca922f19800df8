/** Stands between one gateway and the subgraph: records every operation, and plays the faults of a network. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

export const faults = ['connection reset', 'no answer', '500 JSON', '502 HTML', '503 JSON'] as const;
export type Fault = (typeof faults)[number];

const ownError = (code: string) => JSON.stringify({ errors: [{ message: 'of a proxy', extensions: { code } }] });

const play = (fault: Fault, request: IncomingMessage, response: ServerResponse): void => {
  if (fault === 'connection reset') request.socket.resetAndDestroy();
  if (fault === '500 JSON')
    response.writeHead(500, { 'content-type': 'application/json' }).end(ownError('INTERNAL_SERVER_ERROR'));
  if (fault === '503 JSON')
    response.writeHead(503, { 'content-type': 'application/json' }).end(ownError('SERVICE_UNAVAILABLE'));
  if (fault === '502 HTML') response.writeHead(502, { 'content-type': 'text/html' }).end('<html>Bad Gateway</html>');
};

export const startFaultProxy = async (first: string) => {
  let origin = first;
  let fault: Fault | undefined;
  const operations: string[] = [];
  const server = createServer(async (request, response) => {
    const body = await text(request);
    operations.push((JSON.parse(body) as { query?: string }).query ?? '');
    if (fault) return play(fault, request, response);
    const headers = new Headers();
    for (const [name, value] of Object.entries(request.headers))
      if (
        typeof value === 'string' &&
        !/^(host|connection|content-length|transfer-encoding|keep-alive|te|upgrade|accept-encoding|expect)$/.test(name)
      )
        headers.set(name, value);
    const reply = await fetch(`${origin}/graphql`, { method: 'POST', headers, body });
    const bytes = Buffer.from(await reply.arrayBuffer());
    response.writeHead(reply.status, { 'content-type': reply.headers.get('content-type') ?? '' }).end(bytes);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    operations,
    /** Undefined: it passes everything on. */
    play(next: Fault | undefined) {
      fault = next;
    },
    passTo(next: string) {
      origin = next;
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
};

export type FaultProxy = Awaited<ReturnType<typeof startFaultProxy>>;
