/** Opens connections to one upstream, directly or through a forward proxy: name, TCP, CONNECT, TLS, in this order. */
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { connect as connectTls, createSecureContext, getCACertificates } from 'node:tls';
import type { Stage } from './reasons.ts';
import type { Resolver } from './resolver.ts';
import { closed, openTunnel, portOf } from './tunnel.ts';

/** The part of an exchange that opens its connection: the stage, and the sockets to close at the end. */
export interface Attempt {
  stage: Stage;
  /** Opens a socket that is closed when the exchange ends. After the end, throws without opening one. */
  hold(open: () => Socket): Socket;
}

export interface Egress {
  /** A forward proxy, http:// or https://, optionally with user name and password. */
  readonly proxy?: string | undefined;
  /** Certificates in PEM that are trusted beside those of the system. */
  readonly ca?: readonly string[] | undefined;
  readonly resolver: Resolver;
}

/** Resolves at the event; rejects when the socket fails or closes before it. */
const reach = (socket: Socket, event: 'connect' | 'secureConnect'): Promise<void> =>
  new Promise((resolve, reject) => {
    const close = () => reject(closed());
    const arrive = () => {
      // Every connection closes: an error for each that has served would be made for nothing.
      socket.off('error', reject).off('close', close);
      resolve();
    };
    socket.once(event, arrive).once('error', reject).once('close', close);
  });

const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');

/** Opens one connection, to be used for one request. */
export type Connect = (attempt: Attempt) => Promise<Socket>;

export const createConnect = (target: URL, { proxy: proxyAddress, ca, resolver }: Egress): Connect => {
  const proxy = proxyAddress === undefined ? undefined : new URL(proxyAddress);
  const usesTls = [target, proxy].some((url) => url?.protocol === 'https:');
  const secureContext = usesTls
    ? createSecureContext(ca && { ca: [...getCACertificates('default'), ...ca] })
    : undefined;
  /** The last TLS session with each host: most handshakes resume it. */
  const sessions = new Map<URL, Buffer>();

  const openTcp = async (attempt: Attempt, to: URL): Promise<Socket> => {
    const reaches = (stage: Stage) => {
      attempt.stage = proxy ? 'PROXY' : stage;
    };
    reaches('NAME');
    const addresses = await resolver.resolve(hostOf(to));
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
