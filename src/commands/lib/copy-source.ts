/** The SQLite file that a store is copied from: held by this process alone, and only read. */
import { existsSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { ConfigError } from '../../config/load.ts';
import { type Vault, VaultError } from '../../security/vault.ts';
import {
  ANY_ANSWER,
  ANY_IDENTITY,
  KeysMismatch,
  requireIndexMatches,
  requireRowsMatch,
  requireSealKeysMatch,
  SEAL_KEYS,
  type SealedRows,
  type SealKeyRow,
  STORE_KEYS,
  type StoreKeysRow,
} from '../../store/key-check.ts';

export type Row = readonly SQLOutputValue[];

export interface SourceTable {
  readonly name: string;
  readonly columns: readonly string[];
  rows(): Iterable<Row>;
}

export interface Source {
  /** The number of its last migration. */
  readonly schema: number;
  /** Those that refer to others after those. */
  readonly tables: readonly SourceTable[];
  close(): void;
}

const SQLITE_BUSY = 5;

/** Fails while another process has the file open, and keeps every other from opening it. */
const lock = (db: DatabaseSync, file: string): void => {
  try {
    // In WAL mode whoever has the file open holds a shared lock; this asks for the one that goes with no other.
    // https://www.sqlite.org/pragma.html#pragma_locking_mode
    db.exec('PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE');
  } catch (error) {
    if ((error as { errcode?: number }).errcode !== SQLITE_BUSY) throw error;
    throw new ConfigError(`${file} is in use: stop the service first`, { cause: error });
  }
};

/** With other keys nothing in the copy could be read, or found. */
const checkKeys = (db: DatabaseSync, vault: Vault): void => {
  const rowsOf = <Row>(sql: string) => db.prepare(sql).all() as Row[];
  const [identity] = rowsOf<NonNullable<SealedRows['identity']>>(ANY_IDENTITY);
  const [answer] = rowsOf<NonNullable<SealedRows['answer']>>(ANY_ANSWER);
  requireRowsMatch(vault, { identity, answer });
  // A file of an earlier release has no marks; its schema is refused later.
  if (rowsOf("SELECT 1 FROM sqlite_schema WHERE name = 'store_keys'").length === 0) return;
  for (const row of rowsOf<StoreKeysRow>(STORE_KEYS)) requireIndexMatches(vault, row);
  requireSealKeysMatch(vault, rowsOf<SealKeyRow>(SEAL_KEYS));
};

const readTables = (db: DatabaseSync): SourceTable[] =>
  db
    .prepare(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name <> 'schema_migrations'
      AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY rowid`)
    .all()
    .map((table) => {
      const name = String(table.name);
      const statement = db.prepare(`SELECT * FROM ${name}`);
      statement.setReturnArrays(true);
      return {
        name,
        columns: statement.columns().map((column) => column.name),
        rows: () => statement.iterate() as Iterable<unknown> as Iterable<Row>,
      };
    });

/** Opens the file of a service that is stopped. Throws VaultError when other keys than these have sealed it. */
export const openSource = (file: string, vault: Vault): Source => {
  if (!existsSync(file)) throw new ConfigError(`There is no ${file}`);
  const db = new DatabaseSync(file, { timeout: 1_000 });
  try {
    lock(db, file);
    const schema = Number(db.prepare('SELECT max(version) AS version FROM schema_migrations').get()?.version);
    checkKeys(db, vault);
    return { schema, tables: readTables(db), close: () => db.close() };
  } catch (error) {
    db.close();
    if (!(error instanceof KeysMismatch)) throw error;
    const message = `The keys are not those that ${file} was written with: take the configuration of its service`;
    throw new VaultError(message, { cause: error });
  }
};
