/** The way to an upstream, step by step: name, TCP, proxy, TLS; for each how long it took, or what to do. */
import type { TLSSocket } from 'node:tls';
import { type Attempt, createConnect, type Egress } from '../lib/connection.ts';
import { codeOf, type Reason, reasonOf, type Stage, timedOut } from '../lib/reasons.ts';
import { type Check, check, messageOf } from './check.ts';

const LIMIT_MS = 5_000;

const LATE = new Error('no answer');

const stageNames: Readonly<Partial<Record<Stage, string>>> = {
  NAME: 'name',
  CONNECT: 'TCP',
  PROXY: 'proxy',
  TLS: 'TLS',
};

/** What to do when no connection comes about. */
const remedies: Readonly<Partial<Record<Reason, string>>> = {
  NAME_NOT_FOUND: 'no name server knows this host: correct the address of the source',
  NAME_TIMED_OUT: 'the name servers do not answer: look at /etc/resolv.conf',
  NAME_FAILED: 'the name servers fail: look at /etc/resolv.conf',
  CONNECT_REFUSED: 'nothing listens there: correct host and port',
  CONNECT_TIMED_OUT: 'no answer: correct host and port, or open the firewall',
  CONNECT_FAILED: 'not reached: correct host and port, or look at the routes',
  PROXY_REFUSED: 'the proxy refuses this host: correct its user name and password, or allow the host there',
  PROXY_TIMED_OUT: 'the proxy does not answer: correct its address',
  PROXY_FAILED: 'the proxy is not reached: correct its address',
  TLS_UNTRUSTED:
    'the certificate is of an authority that is not known: name it by ca, if it is one of your own; otherwise another server answers in between',
  TLS_EXPIRED: "the certificate is not valid now: look at this machine's clock, or have the upstream renew it",
  TLS_HOST_MISMATCH:
    'the certificate is of another name: correct the host; otherwise another server answers in between',
  TLS_TIMED_OUT: 'no answer to the handshake: is it TLS that is spoken there?',
  TLS_PROTOCOL: 'TLS is not spoken there, or in no version that is known here: correct scheme and port',
};

const isTls = (socket: object): socket is TLSSocket => 'getPeerCertificate' in socket;

/** Opens one connection as an exchange does, and notes how long each stage took. */
export const reach = async (address: string, egress: Egress): Promise<Check[]> => {
  const url = new URL(address);
  const checks: Check[] = [];
  const sockets: { destroy(): unknown }[] = [];
  let [stage, since]: [Stage, number] = ['START', performance.now()];
  const proxy = egress.proxy === undefined ? undefined : new URL(egress.proxy).host;
  const end = (state: Check['state'], found = '') => {
    const name = stageNames[stage];
    const took = `${Math.round(performance.now() - since)} ms`;
    const host = proxy === undefined || stage === 'TLS' ? url.host : proxy;
    if (name) checks.push(check(name, state, `${host}: ${found === '' ? took : `${found} (${took})`}`));
  };
  const failed = (error: unknown) => {
    const code = codeOf(error);
    const remedy = remedies[error === LATE ? timedOut[stage] : reasonOf(stage, code)];
    end('fail', [code ?? messageOf(error), remedy].filter(Boolean).join(': '));
  };
  const attempt: Attempt = {
    get stage() {
      return stage;
    },
    set stage(next) {
      if (next !== stage) end('ok');
      [stage, since] = [next, performance.now()];
    },
    hold(open) {
      const socket = open();
      socket.on('error', () => undefined);
      sockets.push(socket);
      return socket;
    },
  };
  try {
    const late = AbortSignal.timeout(LIMIT_MS);
    const stopped = new Promise<never>((_, reject) => late.addEventListener('abort', () => reject(LATE)));
    const socket = await Promise.race([createConnect(url, egress)(attempt), stopped]);
    end('ok', isTls(socket) ? `certificate until ${socket.getPeerCertificate().valid_to}` : '');
  } catch (error) {
    failed(error);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
  return checks;
};
