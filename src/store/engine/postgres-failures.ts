/** Classifies failures of PostgreSQL and of the connection to it. https://www.postgresql.org/docs/current/errcodes-appendix.html */
import pg from 'pg';
import { DatabaseUnavailable } from './engine.ts';

/** Serialization failure, deadlock, unique violation: a job that runs again reads the other transaction's commit. */
const RACES: readonly unknown[] = ['40001', '40P01', '23505'];
export const isRace = (error: unknown) => error instanceof pg.DatabaseError && RACES.includes(error.code);

/**
 * An error of the statement itself. All others are of the server, its locks, its disk or the connection: also 25006, with
 * which a server that is no longer a primary answers a write.
 */
export const isAboutStatement = (error: unknown) =>
  error instanceof pg.DatabaseError && !/^(?:08|25006|53|55P03|57|58|XX)/.test(error.code ?? '');

/** The connection has no prepared statement of this name, or another connection's is there. */
export const isAboutName = (error: unknown) =>
  error instanceof pg.DatabaseError && ['26000', '42P05'].includes(error.code ?? '');

/** Messages of the driver that have no code. */
const DRIVER: readonly (readonly [RegExp, string])[] = [
  [/^timeout expired$/, 'CONNECT_TIMEOUT'],
  [/^Query read timeout$/, 'QUERY_TIMEOUT'],
  [/^Connection terminated/, 'CONNECTION_LOST'],
  [/does not support SSL|establishing an SSL connection/, 'TLS_REFUSED'],
  [/client password must be a/, 'PASSWORD_MISSING'],
];

/** SQLSTATE, the code of the operating system or of TLS, or a word of ours for a message of the driver. */
export const codeOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return DRIVER.find(([pattern]) => pattern.test(error.message))?.[1];
};

/** The connection, or its server, cannot be used again; after other failures it can. */
export const isConnectionLost = ({ cause, code }: DatabaseUnavailable): boolean =>
  !(cause instanceof pg.DatabaseError) || /^(?:08|25006|57P|58|XX)/.test(code ?? '');

export const unavailable = (cause: unknown): DatabaseUnavailable =>
  cause instanceof DatabaseUnavailable
    ? cause
    : new DatabaseUnavailable('PostgreSQL is not available', { cause, code: codeOf(cause) });
