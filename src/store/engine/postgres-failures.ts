/** What a failure of PostgreSQL, or of the way to it, means. https://www.postgresql.org/docs/current/errcodes-appendix.html */
import pg from 'pg';
import { DatabaseUnavailable } from './engine.ts';

/** Serialization failure, deadlock, unique violation: run again, a job sees what the other transaction committed. */
const RACES: readonly unknown[] = ['40001', '40P01', '23505'];
export const isRace = (error: unknown) => error instanceof pg.DatabaseError && RACES.includes(error.code);

/**
 * What the server says about a statement. Everything else is about the server, its locks, its disk or the way to it:
 * also 25006, which a server that was a primary answers when it is to write.
 */
export const isAboutStatement = (error: unknown) =>
  error instanceof pg.DatabaseError && !/^(?:08|25006|53|55P03|57|58|XX)/.test(error.code ?? '');

/** What the driver says without a code. */
const DRIVER: readonly (readonly [RegExp, string])[] = [
  [/^timeout expired$/, 'CONNECT_TIMEOUT'],
  [/^Query read timeout$/, 'QUERY_TIMEOUT'],
  [/^Connection terminated/, 'CONNECTION_LOST'],
  [/does not support SSL|establishing an SSL connection/, 'TLS_REFUSED'],
];

/** SQLSTATE, the code of the operating system or of TLS, or a word for what the driver says. */
export const codeOf = (error: unknown): string | undefined => {
  if (!(error instanceof Error)) return undefined;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return DRIVER.find(([pattern]) => pattern.test(error.message))?.[1];
};

/** The connection, or the server behind it, is of no use any more; after other failures it is as good as before. */
export const isConnectionLost = ({ cause, code }: DatabaseUnavailable): boolean =>
  !(cause instanceof pg.DatabaseError) || /^(?:08|25006|57P|58|XX)/.test(code ?? '');

export const unavailable = (cause: unknown): DatabaseUnavailable =>
  cause instanceof DatabaseUnavailable
    ? cause
    : new DatabaseUnavailable('PostgreSQL is not available', { cause, code: codeOf(cause) });
