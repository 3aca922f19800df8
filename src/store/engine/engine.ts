/** What a database does for the store. All SQL above it is written once, and valid on every engine. */
import type { Watch } from '../../lib/wakeups.ts';
import type { Changes } from './changes.ts';

export type SqlValue = string | number | Uint8Array | null;
export type SqlParameter = SqlValue | readonly string[] | readonly Uint8Array[];
/** A row by the names of its columns. `columns` gives its values their types. */
export type SqlRow = Readonly<Record<string, SqlValue>>;

/**
 * Runs statements. Placeholders are $1, $2, …; `$1` in `in_texts($1)` and `in_blobs($1)` is a list. `now_ms()` is the
 * database's clock in milliseconds since 1970, the same throughout a transaction.
 */
export interface Db {
  all(sql: string, values?: readonly SqlParameter[]): Promise<SqlRow[]>;
}

export interface Transaction extends Db {
  /** Wakes the watchers of a topic, on every instance, when the transaction has committed. */
  wake(topic: string): Promise<void>;
  /** Takes a named lock until the end of the transaction; false while a transaction of any instance holds it. */
  tryLock(name: string): Promise<boolean>;
}

/**
 * How urgently a call needs the database, the most urgent first. A settle is the only record of what a used code bought;
 * a claim of which nothing was sent can be refused at no cost.
 */
export const urgencies = ['settle', 'mark', 'claim', 'read', 'poll'] as const;
export type Urgency = (typeof urgencies)[number];

export interface Engine {
  /** Reads committed data only. */
  readonly read: Db;
  /** The same for polls, which are served last. */
  readonly poll: Db;
  /**
   * Runs a job as one transaction and resolves when it is durable. A job does nothing but call its transaction, since it
   * may run again. A job that rejects has changed nothing, unless it rejects with CommitIndeterminate.
   */
  write<T>(job: (db: Transaction) => Promise<T>, urgency?: Urgency): Promise<T>;
  watch(topic: string): Watch;
  readonly changes: Changes;
  close(): Promise<void>;
}

interface UnavailableOptions {
  readonly cause?: unknown;
  readonly code?: string | undefined;
}

/** The database cannot be used now: unreachable, overloaded, locked or out of space. */
export class DatabaseUnavailable extends Error {
  override readonly name: string = 'DatabaseUnavailable';
  /** SQLSTATE, a code of the operating system or of SQLite, or a word of ours such as STANDBY. */
  readonly code: string | undefined;

  constructor(message: string, { cause, code }: UnavailableOptions = {}) {
    super(message, { cause });
    this.code = code;
  }
}

/** Refused before it began, since more urgent calls need the database. */
export class DatabaseOverloaded extends DatabaseUnavailable {
  override readonly name = 'DatabaseOverloaded';
}

/** The connection was lost during a commit, which may have happened, or may still happen. */
export class CommitIndeterminate extends Error {
  override readonly name = 'CommitIndeterminate';
}
