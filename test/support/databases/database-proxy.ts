/** A proxy before a PostgreSQL that delays messages, withholds them, or leads to another server. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

export interface DatabaseProxy {
  readonly url: string;
  /** From now on every message takes this long, in each direction. */
  slow(delayMs: number): void;
  /** No message passes, and no connection ends; false: the withheld messages pass now. */
  mute(value: boolean): void;
  /** New connections lead to the server of this address; existing ones stay. */
  lead(databaseUrl: string): void;
  cutAll(): void;
  close(): Promise<void>;
}

export const startDatabaseProxy = async (databaseUrl: string): Promise<DatabaseProxy> => {
  let target = new URL(databaseUrl);
  let delayMs = 0;
  let unmuted = Promise.resolve();
  let unmute = () => {};
  const open = new Set<Socket>();

  /** In order, each message as late as the others. */
  const pass = (from: Socket, to: Socket) => {
    let before = Promise.resolve();
    from.on('data', (bytes) => {
      const due = delayMs > 0 ? new Promise<void>((resolve) => setTimeout(resolve, delayMs)) : Promise.resolve();
      before = Promise.all([before, due, unmuted]).then(() => void to.write(bytes));
    });
  };

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname);
    const cut = () => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      open.add(socket.setNoDelay(true));
      socket.on('error', cut).on('close', () => {
        open.delete(socket);
        cut();
      });
    }
    pass(client, upstream);
    pass(upstream, client);
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
    slow(value) {
      delayMs = value;
    },
    mute(value) {
      unmute();
      if (value)
        unmuted = new Promise((resolve) => {
          unmute = resolve;
        });
    },
    lead(other) {
      target = new URL(other);
    },
    cutAll,
    async close() {
      unmute();
      cutAll();
      server.close();
      await once(server, 'close');
    },
  };
};
