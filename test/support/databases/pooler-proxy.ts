/**
 * Two habits of PgBouncer, for machines without one: it refuses startup parameters that it does not know, and when it
 * pools transactions every transaction goes to a free connection of the server. PostgreSQL itself is real.
 * https://www.pgbouncer.org/config.html#ignore_startup_parameters https://www.pgbouncer.org/features.html
 */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

/** PgBouncer tracks these for each client. https://www.pgbouncer.org/config.html#track_extra_parameters */
const KNOWN = [
  'user',
  'database',
  'client_encoding',
  'datestyle',
  'timezone',
  'application_name',
  'standard_conforming_strings',
];

const message = (type: string, body: Buffer): Buffer => {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
};

const refusal = (parameter: string): Buffer =>
  message('E', Buffer.from(`SFATAL\0VFATAL\0C08P01\0Munsupported startup parameter: ${parameter}\0\0`, 'latin1'));

/** The names in a startup message. https://www.postgresql.org/docs/current/protocol-message-formats.html */
const parametersOf = (startup: Buffer): string[] =>
  startup
    .toString('latin1', 8)
    .split('\0')
    .filter((_, index) => index % 2 === 0)
    .filter((name) => name !== '');

/** Passes on whole messages as they arrive. */
const splitter = (onMessage: (type: string, bytes: Buffer) => void) => {
  let rest: Buffer = Buffer.alloc(0);
  return (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes]);
    while (rest.length >= 5 && rest.length > rest.readUInt32BE(1)) {
      const length = rest.readUInt32BE(1) + 1;
      onMessage(String.fromCharCode(rest[0] ?? 0), rest.subarray(0, length));
      rest = rest.subarray(length);
    }
  };
};

interface Backend {
  readonly socket: Socket;
  client: Socket | undefined;
}

/** A client logs in on a connection of its own; `mode` decides whether it keeps that, or gets another one each time. */
export const startPooler = async (databaseUrl: string, mode: 'session' | 'transaction') => {
  const target = new URL(databaseUrl);
  const sockets = new Set<Socket>();
  const free: Backend[] = [];
  const refused: string[] = [];

  const openBackend = (client: Socket, startup: Buffer): Backend => {
    const socket = connect(Number(target.port), target.hostname).setNoDelay(true);
    sockets.add(socket);
    const backend: Backend = { socket, client };
    const receive = splitter((type, bytes) => {
      const reader = backend.client;
      // What arrives while no client has the connection, such as a notice, is dropped.
      reader?.write(bytes);
      const idle = type === 'Z' && bytes[5] === 'I'.charCodeAt(0);
      if (!idle || mode === 'session' || !reader) return;
      backend.client = undefined;
      // The connection that has been free for longest is next, so that a client rarely gets the same one again.
      free.push(backend);
    });
    socket.on('data', receive).on('error', () => undefined);
    socket.on('close', () => backend.client?.destroy());
    socket.write(startup);
    return backend;
  };

  const server = createServer((client) => {
    sockets.add(client.setNoDelay(true));
    let own: Backend | undefined;
    const backendOf = (): Backend | undefined => {
      if (own?.client === client) return own;
      own = free.shift();
      if (own) own.client = client;
      return own;
    };
    const send = splitter((_, bytes) => void backendOf()?.socket.write(bytes));
    client.once('data', (startup) => {
      const parameter = parametersOf(startup).find((name) => !KNOWN.includes(name.toLowerCase()));
      if (parameter !== undefined) {
        refused.push(parameter);
        return void client.end(refusal(parameter));
      }
      own = openBackend(client, startup);
      client.on('data', send);
    });
    client.on('error', () => undefined);
    client.on('close', () => {
      if (own?.client === client) own.socket.destroy();
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(databaseUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    /** Startup parameters that were refused. */
    refused,
    async close() {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
};
