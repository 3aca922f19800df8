/** What a database has to do for the store. Everything above it is written once, in SQL that every engine speaks. */
import type { Watch } from '../lib/wakeups.ts';

export type SqlValue = string | number | Uint8Array | null;
export type SqlParameter = SqlValue | readonly string[] | readonly Uint8Array[];

/**
 * Runs statements. Placeholders are $1, $2, …; `now_ms()` is the store's clock, in milliseconds since 1970, and
 * the same throughout a transaction;
 * `$1` in `in_texts($1)` and `in_blobs($1)` is a list.
 */
export interface Db {
  all<Row>(sql: string, ...values: readonly SqlParameter[]): Promise<Row[]>;
}

export interface Transaction extends Db {
  /** Wakes the watchers of a topic, on every instance, when the transaction has committed. */
  wake(topic: string): Promise<void>;
  /** False while another transaction, on whatever instance, is at the same chore. */
  alone(chore: string): Promise<boolean>;
}

export interface Engine {
  /** Sees committed data only. */
  readonly read: Db;
  /**
   * Runs a job as one transaction and resolves once it is durable. A job must do nothing but call its transaction:
   * it may be run again. Whatever this rejects with but CommitInDoubt, nothing happened.
   */
  write<T>(job: (db: Transaction) => Promise<T>): Promise<T>;
  watch(topic: string): Watch;
  close(): Promise<void>;
}

/** The database cannot be used now: away, overloaded or out of space. */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
}

/** The connection was lost with a commit under way: it has happened, happens yet, or never will. */
export class CommitInDoubt extends Error {
  override readonly name = 'CommitInDoubt';
}

/** The first row, when there is one. */
export const one = async <Row>(rows: Promise<Row[]>): Promise<Row | undefined> => (await rows)[0];
