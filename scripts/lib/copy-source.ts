/** The SQLite file that a store is copied from: held by this process alone, and only read. */
import { existsSync } from 'node:fs';
import { DatabaseSync, type SQLOutputValue } from 'node:sqlite';
import { ConfigError } from '../../src/config.ts';
import { type Vault, VaultError } from '../../src/security/vault.ts';
import { type KeyKind, keyIndex } from '../../src/store/identities.ts';
import { type IdentityRow, readIdentity, sealedPlace } from '../../src/store/rows.ts';

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

/** One value and one index stand for all: with other keys nothing in the copy could be read, or found. */
const checkKeys = (db: DatabaseSync, vault: Vault): void => {
  const identity = db.prepare('SELECT * FROM identities LIMIT 1').get() as IdentityRow | undefined;
  if (identity) {
    const { channelId, appId, ...payer } = readIdentity(vault, identity);
    const fits = (kind: KeyKind, index: Uint8Array | null) =>
      index === null || keyIndex(vault, kind, channelId, appId, payer[kind] ?? '').equals(index);
    if (!fits('openId', identity.open_id_index) || !fits('userId', identity.user_id_index))
      throw new VaultError('An index was made with another key than keys.index');
  }
  const answer = db.prepare('SELECT id, answer_sealed FROM redemptions WHERE answer_sealed IS NOT NULL LIMIT 1').get();
  if (answer)
    vault.open(answer.answer_sealed as Uint8Array, sealedPlace('redemptions.answer_sealed', String(answer.id)));
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
    if (!(error instanceof VaultError)) throw error;
    const message = `The keys are not those that ${file} was written with: take the configuration of its service`;
    throw new VaultError(message, { cause: error });
  }
};
