/** Opens a tunnel through a forward proxy. https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6 */
import type { Socket } from 'node:net';
import { createOneUseClient, createOneUseStream, withoutBytes } from './one-use.ts';

/** The proxy did not answer CONNECT with a success. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal';
  readonly code: string;

  constructor(status: number) {
    super('the proxy refused');
    this.code = `HTTP_${status}`;
  }
}

export const closed = () => Object.assign(new Error('The connection was closed'), { code: 'ECONNRESET' });

export const portOf = ({ protocol, port }: URL): number => Number(port || (protocol === 'https:' ? 443 : 80));

const credentialsOf = ({ username, password }: URL): Readonly<Record<string, string>> => {
  if (username === '' && password === '') return {};
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(text).toString('base64')}` };
};

/** The limit of the page that a refusal may have; it is not read. */
const MAX_PAGE_BYTES = 65_536;

/** Resolves when the socket is the tunnel. A success has no body, and the other side sends nothing before we do. */
export const openTunnel = (socket: Socket, proxy: URL, target: URL): Promise<void> =>
  new Promise((resolve, reject) => {
    let faults = 0;
    const stream = createOneUseStream(socket, {
      maxReplyBytes: MAX_PAGE_BYTES,
      mayRepeat: false,
      mayWrite: () => true,
      fault: () => void ++faults,
    });
    socket.once('error', reject).once('close', () => {
      reject(closed());
      stream.destroy();
    });
    const client = createOneUseClient(proxy.origin, MAX_PAGE_BYTES, (ready) => queueMicrotask(() => ready(stream)));
    const host = `${target.hostname}:${portOf(target)}`;
    client.dispatch(
      { method: 'CONNECT', path: host, headers: { host, ...credentialsOf(proxy) } },
      {
        onRequestStart() {},
        onRequestUpgrade(_controller, status) {
          stream.release();
          socket.pause();
          if (status < 200 || status > 299) reject(new ProxyRefusal(status));
          else if (faults > 0) reject(new Error('Bytes follow the reply of the proxy'));
          else resolve();
        },
        onResponseError: (_controller, error) => reject(stream.readableEnded ? closed() : withoutBytes(error)),
      },
    );
  });
