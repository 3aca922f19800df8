/** A TCP hop before an HTTP upstream that repeats, delays, splits and mixes replies as faulty proxies do. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** The behaviour of one connection. `afterMs` counts from the accept, or from the reply. */
export type Trick =
  /** Bytes pass unchanged. */
  | { readonly kind: 'honest' }
  /** The reply comes later. */
  | { readonly kind: 'late'; readonly afterMs: number }
  /** The reply comes in pieces. */
  | { readonly kind: 'split'; readonly pieces: number }
  /** Another payer's reply comes first, even before a request. */
  | { readonly kind: 'early'; readonly afterMs: number }
  /** The reply comes twice. */
  | { readonly kind: 'twice'; readonly afterMs: number }
  /** Another payer's reply follows. */
  | { readonly kind: 'surplus'; readonly afterMs: number }
  /** Both in one packet, another payer's first or last. */
  | { readonly kind: 'pipelined'; readonly first: 'other' | 'own' };

export const startHostileHop = async (target: string, tricks: () => Trick) => {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  /** Replies of other payers. */
  const seen: Buffer[] = [];
  const other = () => seen[Math.floor(Math.random() * seen.length)] ?? Buffer.alloc(0);

  const answer = async (client: Socket, reply: Buffer, trick: Trick, stolen: Buffer) => {
    switch (trick.kind) {
      case 'late':
        await delay(trick.afterMs);
        break;
      case 'split':
        for (let at = 0; at < reply.length; at += Math.ceil(reply.length / trick.pieces)) {
          client.write(reply.subarray(at, at + Math.ceil(reply.length / trick.pieces)));
          await delay(1);
        }
        return;
      case 'twice':
      case 'surplus':
        client.write(reply);
        if (trick.afterMs > 0) await delay(trick.afterMs);
        client.write(trick.kind === 'twice' ? reply : stolen);
        return;
      case 'pipelined':
        client.write(Buffer.concat(trick.first === 'other' ? [stolen, reply] : [reply, stolen]));
        return;
      default:
    }
    client.write(reply);
  };

  const server = createServer((client) => {
    const trick = tricks();
    const stolen = other();
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket.setNoDelay(true));
      socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
    }
    if (trick.kind === 'early') {
      if (trick.afterMs === 0) client.write(stolen);
      else setTimeout(() => client.write(stolen), trick.afterMs);
    }
    client.pipe(upstream);
    // Each packet counts as a reply, so that persistent connections work as well.
    let last = Promise.resolve();
    upstream.on('data', (reply) => {
      seen.push(reply);
      last = last.then(() => answer(client, reply, trick, stolen));
    });
    upstream.on('end', () => last.then(() => client.end()));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
