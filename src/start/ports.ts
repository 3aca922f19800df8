/** The ports of a process: checked against each other before any opens, and what to set when one does not open. */
import { type Config, ConfigError } from '../config/load.ts';

interface Place {
  /** The settings that name it. */
  readonly host: string;
  readonly port: string;
}

/** Where a listener's host and port are set. */
export const places = {
  service: { host: 'HOST', port: 'PORT' },
  metrics: { host: 'metrics.host', port: 'metrics.port' },
  door: { host: 'door.host', port: 'door.port' },
} as const satisfies Record<string, Place>;

const everyAddress = new Set(['0.0.0.0', '::']);

/** Whether two listeners cannot both open: with port 0 each gets one of its own. */
const collide = (left: Listener, right: Listener): boolean =>
  left.port !== 0 &&
  left.port === right.port &&
  (left.host === right.host || everyAddress.has(left.host) || everyAddress.has(right.host));

interface Listener {
  readonly place: Place;
  readonly host: string;
  readonly port: number;
}

/** Throws ConfigError when two listeners have one port, which the system would report as taken by another process. */
export const requireOwnPorts = ({ host, port, metrics, door }: Config): void => {
  const listeners: Listener[] = [
    { place: places.service, host, port },
    ...(metrics ? [{ place: places.metrics, ...metrics }] : []),
    ...(door ? [{ place: places.door, host: door.host, port: door.port }] : []),
  ];
  for (const [position, right] of listeners.entries())
    for (const left of listeners.slice(0, position))
      if (collide(left, right))
        throw new ConfigError(
          `${right.place.port} is ${right.port}, and so is ${left.place.port}: give each a port of its own`,
        );
};

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? `${error.code}` : '');

/** What the operator sees when a port does not open; the error itself when the reason is another one. */
export const portFault = (error: unknown, { host, port }: { host: string; port: number }, place: Place): unknown => {
  const code = codeOf(error);
  switch (code) {
    case 'EADDRINUSE':
      return new ConfigError(
        `another process listens on port ${port} of ${host} (${code}): set ${place.port} to a free one, or stop that process`,
      );
    case 'EACCES':
      return new ConfigError(`this user may not listen on port ${port} (${code}): set ${place.port} to 1024 or above`);
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ConfigError(
        `${host} is not an address of this machine (${code}): set ${place.host} to 127.0.0.1, to an address of its own, or to 0.0.0.0 for all of them`,
      );
    default:
      return error;
  }
};
