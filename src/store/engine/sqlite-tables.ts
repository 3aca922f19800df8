/** The tables of a SQLite file, for a copy: locked by this process alone, and only read. */
import { existsSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import type { Db } from './engine.ts';
import { isLocked } from './sqlite-failures.ts';
import { createDb } from './sqlite-statements.ts';
import type { Table, TableRow } from './tables.ts';

export interface SqliteTable extends Table {
  rows(): Iterable<TableRow>;
}

export interface SqliteTables {
  readonly db: Db;
  /** The number of the file's last migration. */
  readonly schema: number;
  /** In the order of their creation: a table comes after those that it refers to. Without the ledger of migrations. */
  readonly tables: readonly SqliteTable[];
  close(): void;
}

/** Throws while another process has the file open, and prevents every other one from opening it. */
const lock = (db: DatabaseSync, file: string): void => {
  try {
    // In WAL mode, every process that has the file open holds a shared lock; this lock conflicts with all of them.
    // https://www.sqlite.org/pragma.html#pragma_locking_mode
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    if (!isLocked(error)) throw error;
    throw new Error(`${file} is in use: stop the service first`, { cause: error });
  }
};

const readTables = (db: DatabaseSync): SqliteTable[] =>
  db
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'schema_migrations'
      AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid`)
    .all()
    .map((table) => {
      const name = String(table.name);
      const columns = db
        .prepare(`SELECT name FROM pragma_table_info('${name}') ORDER BY cid`)
        .all()
        .map((column) => String(column.name));
      const statement = db.prepare(`SELECT ${columns.join(', ')} FROM ${name}`);
      statement.setReturnArrays(true);
      return {
        name,
        columns,
        // setReturnArrays makes every row an array, which the types of node:sqlite do not say.
        rows: () => statement.iterate() as Iterable<unknown> as Iterable<TableRow>,
      };
    });

/** Opens the file of a service that is stopped. */
export const openSqliteTables = (file: string): SqliteTables => {
  if (!existsSync(file)) throw new Error(`There is no ${file}`);
  const db = new DatabaseSync(file, { timeout: 1_000 });
  try {
    lock(db, file);
    const schema = Number(db.prepare('SELECT max(version) AS version FROM schema_migrations').get()?.version);
    return { db: createDb(db), schema, tables: readTables(db), close: () => db.close() };
  } catch (error) {
    db.close();
    throw error;
  }
};
