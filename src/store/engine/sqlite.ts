/** The embedded engine: one process, one file, no server. https://nodejs.org/docs/latest-v24.x/api/sqlite.html */
import { DatabaseSync } from 'node:sqlite';
import { createLog, type Log } from '../../lib/log.ts';
import { createWakeups } from '../../lib/wakeups.ts';
import { type Availability, createAvailability } from './availability.ts';
import { observeWakeups } from './changes.ts';
import { columns, integer } from './columns.ts';
import { DatabaseUnavailable, type Db, type Engine } from './engine.ts';
import { createGroupCommit, whenUnlocked } from './group-commit.ts';
import { type Migration, migrateSqlite } from './migrate.ts';
import { isLocked, orUnavailable } from './sqlite-failures.ts';
import { createFileCheck, takeFile } from './sqlite-file.ts';
import { createStatements, type Statements } from './sqlite-statements.ts';

const versionColumns = columns({ data_version: integer });

/**
 * Another number when another process has committed, as the commands beside the service do; the same after a commit of
 * this connection. https://www.sqlite.org/pragma.html#pragma_data_version
 */
const createCommitsOfOthers = (rows: Statements) => (): number | undefined => {
  try {
    const [row] = rows('PRAGMA data_version');
    return row && versionColumns.read(row).data_version;
  } catch (error) {
    if (isLocked(error)) return undefined;
    throw orUnavailable(error);
  }
};

interface SqliteOptions {
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log?: Log | undefined;
  /** True for the service, of which one process at a time may serve the file; false for a command beside it. */
  readonly serve?: boolean | undefined;
}

/** How long SQLite blocks this process for a lock, at the start only: later, calls would wait with it. */
const START_MS = 2_000;

/**
 * Pages that the reading connection holds, instead of 2 MB: of 100,000 identities all, of 10 million the upper pages of
 * the indexes. A commit empties it, which takes longer the larger it is.
 */
const CACHE_KIB = 32_768;

const openConnection = (file: string, now: () => number) => {
  const db = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: START_MS });
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;');
  db.function('now_ms', { deterministic: false }, () => now());
  return { db, rows: createStatements(db) };
};

type Report = <T>(call: Promise<T>) => Promise<T>;

/** Reports to the log whether calls of the database succeed. */
const createReport =
  (availability: Availability): Report =>
  async (call) => {
    try {
      const value = await call;
      availability.worked();
      return value;
    } catch (thrown) {
      const error = orUnavailable(thrown);
      if (error instanceof DatabaseUnavailable) availability.failed(error);
      throw error;
    }
  };

/** Without further promises for the usual case, in which no other process holds a lock. */
const createReads = (rows: Statements, availability: Availability, report: Report): Db => ({
  async all(sql, values) {
    try {
      const found = rows(sql, values);
      availability.worked();
      return found;
    } catch (error) {
      const retry = () => (isLocked(error) ? whenUnlocked(() => rows(sql, values)) : Promise.reject(error));
      return report(retry());
    }
  },
});

export const openSqlite = ({ file, now, log = createLog('silent'), serve = false }: SqliteOptions): Engine => {
  const unlock = serve ? takeFile(file) : () => undefined;
  // now_ms() is the same for all statements of a transaction.
  let instant = now();
  const writer = openConnection(file, () => instant);
  migrateSqlite(writer.db, now);
  // Reads have a connection of their own, and so never return what is not committed.
  const reader = openConnection(file, now);
  reader.db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  for (const { db } of [writer, reader]) db.exec('PRAGMA busy_timeout = 0');
  const write = createGroupCommit(writer.db, { check: createFileCheck(file, log) });
  const wakeups = observeWakeups(createWakeups());
  const availability = createAvailability(log);
  /** Transactions run one after the other here: none ever waits for a named lock. */
  const tryLock = async () => true;
  const all: Db['all'] = async (sql, values) => writer.rows(sql, values);

  const report = createReport(availability);
  const read = createReads(reader.rows, availability, report);

  return {
    read,
    poll: read,
    async write(job, urgency) {
      const topics: string[] = [];
      const wake = async (topic: string) => void topics.push(topic);
      const run = () => {
        instant = now();
        return job({ all, wake, tryLock });
      };
      const value = await report(write(run, urgency));
      for (const topic of topics) wakeups.wake(topic);
      return value;
    },
    watch: wakeups.watch,
    changes: { state: createCommitsOfOthers(writer.rows), onWake: wakeups.onWake },
    async close() {
      await write(async () => undefined).catch(() => undefined);
      reader.db.close();
      writer.db.close();
      unlock();
    },
  };
};

/** Brings a file up to this release, and closes it. */
export const migrateFile = ({ file, now }: SqliteOptions): Migration => {
  const { db } = openConnection(file, now);
  try {
    return migrateSqlite(db, now);
  } finally {
    db.close();
  }
};
