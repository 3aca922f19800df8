/** What every emulated upstream has: a real HTTP server on loopback, routes, a ledger, and faults of the transport. */
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { delayMsOf, type TestCodeKind } from './test-codes.ts';

export interface EmulatorRequest {
  readonly method: string;
  readonly url: URL;
  /** The request target as it arrived, which some upstreams require to be signed. */
  readonly rawUrl: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

export interface EmulatorReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Buffer;
  /** How late it is sent; a test code in the request says so too. */
  readonly delayMs?: number | undefined;
}

/** A request as it arrived, with its secrets: the ledger never leaves a test or a sandbox. */
export interface LedgerEntry extends EmulatorRequest {
  readonly at: number;
}

export interface Emulator {
  readonly origin: string;
  /** Every request received, in order. */
  readonly ledger: readonly LedgerEntry[];
  close(): Promise<void>;
}

/** A reply, or a fault of the transport instead of one. */
export type EmulatorAnswer = EmulatorReply | 'hang' | 'reset';
export type EmulatorHandler = (request: EmulatorRequest) => EmulatorAnswer;

const MAX_LEDGER_ENTRIES = 200_000;

const readText = async (message: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

export const startEmulator = async (handle: EmulatorHandler, port = 0): Promise<Emulator> => {
  const ledger: LedgerEntry[] = [];
  const closing = new AbortController();

  const serve = async (message: IncomingMessage, response: ServerResponse) => {
    const request: EmulatorRequest = {
      method: message.method ?? '',
      url: new URL(message.url ?? '/', 'http://emulator'),
      rawUrl: message.url ?? '/',
      headers: message.headers,
      body: await readText(message),
    };
    if (ledger.length < MAX_LEDGER_ENTRIES) ledger.push({ at: Date.now(), ...request });
    const reply = handle(request);
    const delayMs = Math.max(
      delayMsOf(request.rawUrl + request.body),
      typeof reply === 'string' ? 0 : (reply.delayMs ?? 0),
    );
    if (delayMs > 0) await delay(delayMs, undefined, { signal: closing.signal });
    if (reply === 'hang') return;
    if (reply === 'reset') return void message.socket.resetAndDestroy();
    response.writeHead(reply.status, reply.headers).end(reply.body);
  };

  const server = createServer((message, response) => {
    serve(message, response).catch(() => response.destroy());
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (typeof address !== 'object') throw new Error('The emulator has no port');
  return {
    origin: `http://127.0.0.1:${address?.port}`,
    ledger,
    async close() {
      closing.abort();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};

/** Finds a handler by method and path, such as `POST /pay`. */
export const route = (
  routes: Readonly<Record<string, EmulatorHandler>>,
  otherwise: EmulatorHandler,
): EmulatorHandler => {
  const handlers = new Map(Object.entries(routes));
  return (request) => (handlers.get(`${request.method} ${request.url.pathname}`) ?? otherwise)(request);
};

export type Fields = Readonly<Record<string, unknown>>;

/** The members of a JSON object; none for any other value. */
export const fieldsOf = (value: unknown): Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};

export const json = (value: unknown): EmulatorReply => ({
  status: 200,
  headers: { 'content-type': 'application/json;charset=UTF-8' },
  body: JSON.stringify(value),
});

/** An instant as the upstreams write it: yyyy-MM-dd HH:mm:ss in UTC+8. */
export const beijing = (epochMs: number): string =>
  new Date(epochMs).toLocaleString('sv-SE', { timeZone: 'Asia/Shanghai' });

/** The answer to a test code whose fault is in the transport; undefined for other codes. */
export const transportFault = (
  kind: TestCodeKind,
  path: string,
  success: () => EmulatorReply,
): EmulatorAnswer | undefined => {
  switch (kind) {
    case 'hang':
    case 'reset':
      return kind;
    case '500':
      return { status: 500, headers: { 'content-type': 'text/plain' }, body: 'Internal Server Error' };
    case 'html':
      return {
        status: 200,
        headers: { 'content-type': 'text/html' },
        body: '<!doctype html><title>网关维护中</title>',
      };
    case 'gbk': {
      // 0xD6 0xD0 is 中 in GBK and invalid in UTF-8.
      const [head = '', tail = ''] = success()
        .body.toString()
        .split(/(?<=^\{)/);
      const field = Buffer.concat([Buffer.from('"note":"'), Buffer.of(0xd6, 0xd0), Buffer.from('",')]);
      return { ...success(), body: Buffer.concat([Buffer.from(head), field, Buffer.from(tail)]) };
    }
    case 'redirect':
      return { status: 302, headers: { location: path }, body: '' };
    case 'oversize':
      return { ...success(), body: `${success().body}${' '.repeat(70_000)}` };
    default:
      return undefined;
  }
};
