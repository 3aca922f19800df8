/** What to set when a port does not open. */
import { ConfigError } from '../config/load.ts';

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
