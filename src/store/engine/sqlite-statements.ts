/** Single statements on a SQLite connection, in the SQL that every engine speaks. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Db, SqlParameter, SqlRow, SqlValue } from './engine.ts';

/** The shared SQL as SQLite has it. */
const translate = (sql: string): string =>
  sql
    .replace(/in_texts\((\$\d+)\)/g, 'IN (SELECT value FROM json_each($1))')
    .replace(/in_blobs\((\$\d+)\)/g, 'IN (SELECT unhex(value) FROM json_each($1))')
    .replaceAll(/ FOR UPDATE(?: SKIP LOCKED)?/g, '')
    .replace(/\$(\d+)/g, '?$1');

const bind = (value: SqlParameter): SqlValue => {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return JSON.stringify(value.map((item) => (typeof item === 'string' ? item : Buffer.from(item).toString('hex'))));
};

export type Statements = (sql: string, values?: readonly SqlParameter[]) => SqlRow[];

/** Prepares each statement once. */
export const createStatements = (db: DatabaseSync): Statements => {
  const prepared = new Map<string, StatementSync>();
  return (sql, values = []) => {
    let statement = prepared.get(sql);
    if (!statement) {
      statement = db.prepare(translate(sql));
      prepared.set(sql, statement);
    }
    // node:sqlite returns a bigint only after setReadBigInts.
    return statement.all(...values.map(bind)) as SqlRow[];
  };
};

/** The same as every engine has it. */
export const createDb = (db: DatabaseSync): Db => {
  const rows = createStatements(db);
  return { all: async (sql, values) => rows(sql, values) };
};
