/** The embedded engine: one process, one file, no server. https://nodejs.org/docs/latest-v24.x/api/sqlite.html */
import { DatabaseSync, type StatementSync } from 'node:sqlite';
import { createWakeups } from '../lib/wakeups.ts';
import type { Db, Engine, SqlParameter, SqlValue } from './engine.ts';
import { createGroupCommit } from './group-commit.ts';
import { type Migration, migrateSqlite } from './migrate.ts';

interface SqliteOptions {
  readonly file: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** The shared SQL in SQLite's words. */
const translate = (sql: string): string =>
  sql
    .replace(/in_texts\((\$\d+)\)/g, 'IN (SELECT value FROM json_each($1))')
    .replace(/in_blobs\((\$\d+)\)/g, 'IN (SELECT unhex(value) FROM json_each($1))')
    .replaceAll(' FOR UPDATE', '')
    .replace(/\$(\d+)/g, '?$1');

const bind = (value: SqlParameter): SqlValue =>
  Array.isArray(value)
    ? JSON.stringify(value.map((item) => (typeof item === 'string' ? item : Buffer.from(item).toString('hex'))))
    : (value as SqlValue);

const openConnection = (file: string, now: () => number) => {
  const db = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 2_000 });
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;');
  db.function('now_ms', { deterministic: false }, () => now());
  const prepared = new Map<string, StatementSync>();
  const all: Db['all'] = async <Row>(sql: string, ...values: SqlParameter[]) => {
    const statement = prepared.get(sql) ?? db.prepare(translate(sql));
    prepared.set(sql, statement);
    return statement.all(...values.map(bind)) as Row[];
  };
  return { db, all };
};

export const openSqlite = ({ file, now }: SqliteOptions): Engine => {
  // A transaction happens at one instant, however many statements it has.
  let instant = now();
  const writer = openConnection(file, () => instant);
  migrateSqlite(writer.db, now);
  // Readers have a connection of their own, so that they never see what is not yet committed.
  const reader = openConnection(file, now);
  const write = createGroupCommit(writer.db);
  const wakeups = createWakeups();
  /** Transactions come one after the other here. */
  const alone = async () => true;

  return {
    read: { all: reader.all },
    async write(job) {
      const topics: string[] = [];
      const wake = async (topic: string) => void topics.push(topic);
      const value = await write(() => {
        instant = now();
        return job({ all: writer.all, wake, alone });
      });
      for (const topic of topics) wakeups.wake(topic);
      return value;
    },
    watch: wakeups.watch,
    async close() {
      await write(async () => undefined).catch(() => undefined);
      reader.db.close();
      writer.db.close();
    },
  };
};

/** Brings a file up to this release, and leaves it. */
export const migrateFile = ({ file, now }: SqliteOptions): Migration => {
  const { db } = openConnection(file, now);
  try {
    return migrateSqlite(db, now);
  } finally {
    db.close();
  }
};
