/** A proxy before a PostgreSQL that cuts connections around a COMMIT. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** The server does not receive the COMMIT, or receives it and its answer is lost. */
export type Cut = 'before the commit' | 'after the commit';

export const startCuttingProxy = async (databaseUrl: string) => {
  const target = new URL(databaseUrl);
  const open = new Set<Socket>();
  let refusing = false;
  let nextCommit: Cut | undefined;
  let cuts = 0;

  const server = createServer((client) => {
    if (refusing) return void client.destroy();
    const upstream = connect(Number(target.port), target.hostname);
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    let muteUntilAnswer = false;
    for (const socket of [client, upstream]) {
      open.add(socket.setNoDelay(true));
      socket.on('error', cut).on('close', () => {
        open.delete(socket);
        cut();
      });
    }
    client.on('data', (bytes) => {
      if (nextCommit && bytes.includes('COMMIT\0')) {
        cuts += 1;
        const how = nextCommit;
        nextCommit = undefined;
        if (how === 'before the commit') return cut();
        muteUntilAnswer = true;
      }
      upstream.write(bytes);
    });
    upstream.on('data', (bytes) => {
      if (muteUntilAnswer) cut();
      else client.write(bytes);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;

  const cutAll = () => {
    for (const socket of open) socket.destroy();
  };
  return {
    url: url.href,
    cutNextCommit(how: Cut) {
      nextCommit = how;
    },
    cuts: () => cuts,
    cutAll,
    /** Whether new connections are refused. */
    refuse(value: boolean) {
      refusing = value;
    },
    async close() {
      cutAll();
      server.close();
      await once(server, 'close');
    },
  };
};
