/** Logs when a database stops being available, and why, and when it is available again: once each, not for every call. */
import type { Log } from '../../lib/log.ts';
import { DatabaseOverloaded, type DatabaseUnavailable } from './engine.ts';

export interface Availability {
  failed(error: DatabaseUnavailable): void;
  worked(): void;
}

export const createAvailability = (log: Log): Availability => {
  let failingSince: number | undefined;
  let lastCode: string | undefined;
  return {
    failed(error) {
      if (error instanceof DatabaseOverloaded) return;
      if (failingSince !== undefined && error.code === lastCode) return;
      failingSince ??= performance.now();
      lastCode = error.code;
      log.warn('the database is not available', { code: error.code, error });
    },
    worked() {
      if (failingSince === undefined) return;
      log.info('the database is available again', { durationMs: Math.round(performance.now() - failingSince) });
      failingSince = undefined;
      lastCode = undefined;
    },
  };
};
