/**
 * A server of this machine, for the phones in the room: the same pages at an address of the local network, for browsers
 * that have the key. The first address that a browser opens has the key as its first part; from then on a cookie has it,
 * which browsers send to every port of a host, so that the channels' pages and the service's need one key only.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

const COOKIE = 'payer_identity_sandbox';

export interface LanFrontOptions {
  /** The address in the local network. */
  readonly host: string;
  /** 0: a free one. */
  readonly port: number;
  readonly key: string;
  /** The server on this machine: its origin, and the path in front of what is asked for, if it has one. */
  readonly target: string;
}

export interface LanFront {
  /** With the key; it ends without a slash. */
  readonly url: string;
  close(): Promise<void>;
}

const digest = (text: string) => createHash('sha256').update(text).digest();

const cookieOf = ({ headers }: IncomingMessage): string =>
  new RegExp(`(?:^|; )${COOKIE}=([\\w-]+)`).exec(headers.cookie ?? '')?.[1] ?? '';

const refuse = (response: ServerResponse): void => {
  response.writeHead(403, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
  response.end(
    'Open the address with the key, which the terminal of the sandbox shows.\n请打开沙箱终端显示的带密钥的地址。\n',
  );
};

/** Splits `/<key>/cashier` into the key and `/cashier`. */
const splitPath = (path: string): readonly [key: string, rest: string] => {
  const [, key = '', rest = ''] = /^\/([\w-]+)(.*)$/s.exec(path) ?? [];
  return [key, rest.startsWith('/') ? rest : `/${rest}`];
};

export const openLanFront = async ({ host, port, key, target }: LanFrontOptions): Promise<LanFront> => {
  const isKey = (given: string): boolean => timingSafeEqual(digest(given), digest(key));
  const setCookie = `${COOKIE}=${key}; Path=/; HttpOnly; SameSite=Lax`;

  const base = new URL(target).pathname.replace(/\/$/, '');

  const forward = (message: IncomingMessage, response: ServerResponse, rest: string, hasNewKey: boolean): void => {
    const path = `${base}${rest}`;
    const { cookie: _, connection: __, ...headers } = message.headers;
    const onward = request(new URL(target), { method: message.method, path, headers, agent: false }, (answer) => {
      const { connection: ___, ...answered } = answer.headers;
      response.writeHead(answer.statusCode ?? 502, { ...answered, ...(hasNewKey && { 'set-cookie': setCookie }) });
      answer.pipe(response);
      answer.once('error', () => response.destroy());
    });
    onward.once('error', () => (response.headersSent ? response.destroy() : response.writeHead(502).end()));
    response.once('close', () => onward.destroy());
    message.pipe(onward);
  };

  const server = createServer({ requestTimeout: 30_000 }, (message, response) => {
    const [given, rest] = splitPath(message.url ?? '/');
    if (isKey(given)) return forward(message, response, rest, true);
    if (isKey(cookieOf(message))) return forward(message, response, message.url ?? '/', false);
    refuse(response);
  });
  server.maxConnections = 500;
  server.listen(port, host);
  await once(server, 'listening').catch((cause: NodeJS.ErrnoException) => {
    throw new Error(`SANDBOX_HOST names ${host}, where the sandbox cannot listen: ${cause.message}`, { cause });
  });
  const address = server.address();
  if (typeof address !== 'object' || !address) throw new Error('The front has no port');
  return {
    url: `http://${host}:${address.port}/${key}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
};
