/** Opens connections to one upstream, directly or through a forward proxy: name, TCP, CONNECT, TLS, in this order. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, getCACertificates } from 'node:tls';
import type { Names } from './names.ts';
import type { Stage } from './reasons.ts';
import { createReplyReader } from './reply-reader.ts';

/** A part of what an exchange is: where it stands, and what has to be closed when it ends. */
export interface Attempt {
  stage: Stage;
  /** Opens a socket that is closed when the exchange ends. Throws, opening none, when it has ended. */
  hold(open: () => Socket): Socket;
}

export interface Route {
  /** A forward proxy, http:// or https://, perhaps with user name and password. */
  readonly proxy?: string | undefined;
  /** Certificates in PEM that count beside those of the system. */
  readonly ca?: readonly string[] | undefined;
  readonly names: Names;
}

/** The proxy answered, and not with a success. */
export class ProxyRefusal extends Error {
  override readonly name = 'ProxyRefusal';
  readonly code: string;

  constructor(status: number) {
    super('the proxy refused');
    this.code = `HTTP_${status}`;
  }
}

/** Resolves at the event; rejects when the socket fails or closes before it. */
const reach = (socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> =>
  new Promise((resolve, reject) => {
    socket
      .once(event, resolve)
      .once('error', reject)
      .once('close', () => reject(closed()));
  });

const closed = () => Object.assign(new Error('The connection was closed'), { code: 'ECONNRESET' });

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');
const portOf = ({ protocol, port }: URL): number => Number(port || (protocol === 'https:' ? 443 : 80));

/** The reply to CONNECT can have no body that counts, and nothing may follow it before we have spoken. */
const TUNNEL = { maxHeadBytes: 16_384, maxBodyBytes: 65_536, tunnel: true };

const credentialsOf = ({ username, password }: URL): string => {
  if (username === '' && password === '') return '';
  const text = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return `proxy-authorization: Basic ${Buffer.from(text).toString('base64')}\r\n`;
};

/** https://www.rfc-editor.org/rfc/rfc9110#section-9.3.6 */
const openTunnel = async (socket: Socket, proxy: URL, target: URL): Promise<void> => {
  const authority = `${target.hostname}:${portOf(target)}`;
  const reader = createReplyReader(TUNNEL);
  const status = await new Promise<number>((resolve, reject) => {
    socket.once('error', reject).once('close', () => reject(closed()));
    socket.on('data', (bytes: Buffer) => {
      try {
        reader.push(bytes);
      } catch (error) {
        return reject(error);
      }
      if (reader.status !== undefined) resolve(reader.status);
    });
    socket.write(`CONNECT ${authority} HTTP/1.1\r\nhost: ${authority}\r\n${credentialsOf(proxy)}\r\n`);
  });
  socket.removeAllListeners('data').pause();
  if (status < 200 || status > 299) throw new ProxyRefusal(status);
};

/** Opens one connection, to be used for one request. */
export type Connect = (attempt: Attempt) => Promise<Socket>;

export const createConnect = (target: URL, { proxy: proxyAddress, ca, names }: Route): Connect => {
  const proxy = proxyAddress === undefined ? undefined : new URL(proxyAddress);
  const usesTls = [target, proxy].some((url) => url?.protocol === 'https:');
  const secureContext = usesTls
    ? createSecureContext(ca && { ca: [...getCACertificates('default'), ...ca] })
    : undefined;
  /** The last session with each host, so that most handshakes need no certificate. */
  const sessions = new Map<URL, Buffer>();

  const openTcp = async (attempt: Attempt, to: URL): Promise<Socket> => {
    const reaches = (stage: Stage) => {
      attempt.stage = proxy ? 'PROXY' : stage;
    };
    reaches('NAME');
    const addresses = await names.resolve(hostOf(to));
    reaches('CONNECT');
    // Each address in turn, IPv4 and IPv6 alternating: https://www.rfc-editor.org/rfc/rfc8305
    const open = () =>
      connectTcp({
        host: hostOf(to),
        port: portOf(to),
        noDelay: true,
        lookup: (_host, { all }, done) =>
          all ? done(null, [...addresses]) : done(null, addresses[0]?.address ?? '', addresses[0]?.family),
      });
    const socket = attempt.hold(open);
    await reach(socket, 'connect');
    return socket;
  };

  const openTls = async (attempt: Attempt, to: URL, socket: Socket): Promise<Socket> => {
    const host = hostOf(to);
    const session = sessions.get(to);
    const open = () =>
      connectTls({
        socket,
        secureContext,
        ...(isIP(host) === 0 && { servername: host }),
        host,
        ALPNProtocols: ['http/1.1'],
        ...(session && { session }),
      });
    const secured = attempt.hold(open).on('session', (ticket: Buffer) => sessions.set(to, ticket));
    await reach(secured, 'secureConnect');
    return secured;
  };

  return async (attempt) => {
    let socket = await openTcp(attempt, proxy ?? target);
    if (proxy) {
      if (proxy.protocol === 'https:') socket = await openTls(attempt, proxy, socket);
      await openTunnel(socket, proxy, target);
    }
    if (target.protocol !== 'https:') return socket;
    attempt.stage = 'TLS';
    return openTls(attempt, target, socket);
  };
};
