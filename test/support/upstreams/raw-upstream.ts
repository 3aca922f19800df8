/** A TCP server that writes raw bytes, and an upstream client of it, for one test. */
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { onTestFinished } from 'vitest';
import { type HttpReply, openUpstream, type UpstreamOptions } from '../../../src/lib/exchange.ts';

export const openRaw = async (
  on: { readonly connection?: (socket: Socket) => void; readonly data?: (socket: Socket) => void },
  options?: UpstreamOptions,
) => {
  const received: string[] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket.on('error', () => undefined));
    on.connection?.(socket);
    socket.on('data', (bytes) => received.push(bytes.toString()));
    socket.once('data', () => on.data?.(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const upstream = openUpstream(origin, options);
  onTestFinished(async () => {
    await upstream.close();
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { ...upstream, origin, received, sockets };
};

/** The status of the reply, or the reason of the failure. */
export const outcomeOf = (reply: Promise<HttpReply>): Promise<unknown> =>
  reply.then(
    ({ status }) => status,
    ({ sent, reason }) => ({ sent, reason }),
  );
