/** The clients of test/reliability/waiting.test.ts, in a process of their own: each has one connection, and asks on it once or twice. */
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** From the test. `queryCodes`: one for each connection, in their order. */
export type ToClients =
  | { readonly kind: 'open'; readonly port: number; readonly count: number }
  | {
      readonly kind: 'ask';
      readonly query: string;
      readonly queryCodes: readonly string[];
      readonly waitSeconds: number;
    };
/** To the test. `at`: when the answer of each connection was there, in milliseconds since 1970. */
export interface FromClients {
  readonly at: readonly number[];
  readonly types: readonly string[];
}

/** As many ask at once. The service refuses a burst of thousands, each of which writes its first poll. */
const AT_ONCE = 500;
const PAUSE_MS = 250;

const sockets: Socket[] = [];

const open = (port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    socket.setEncoding('utf8').once('error', reject);
    socket.once('connect', () => resolve(socket));
  });

/** The type of the answer, and when it was there. */
const ask = (socket: Socket, body: string): Promise<{ readonly type: string; readonly at: number }> =>
  new Promise((resolve, reject) => {
    let text = '';
    const receive = (piece: string) => {
      text += piece;
      const length = Number(/^content-length: (\d+)/im.exec(text)?.[1]);
      const head = text.indexOf('\r\n\r\n');
      if (head < 0 || text.length < head + 4 + length) return;
      socket.off('data', receive);
      resolve({ type: /"__typename":"(\w+)"/.exec(text)?.[1] ?? text, at: Date.now() });
    };
    socket.on('data', receive).once('close', () => reject(new Error('A connection was closed')));
    const head = `POST /graphql HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}`;
    socket.write(`${head}\r\n\r\n${body}`);
  });

process.on('message', async (message: ToClients) => {
  if (message.kind === 'open') {
    for (let index = 0; index < message.count; index += 1) sockets.push(await open(message.port));
    process.send?.({ at: [], types: [] } satisfies FromClients);
    return;
  }
  const { query, queryCodes, waitSeconds } = message;
  const answers = await Promise.all(
    queryCodes.map(async (queryCode, index) => {
      await delay(Math.floor(index / AT_ONCE) * PAUSE_MS);
      const socket = sockets[index];
      if (!socket) throw new Error('A connection is missing');
      return ask(socket, JSON.stringify({ query, variables: { queryCode, waitSeconds } }));
    }),
  );
  process.send?.({ at: answers.map(({ at }) => at), types: answers.map(({ type }) => type) } satisfies FromClients);
});
