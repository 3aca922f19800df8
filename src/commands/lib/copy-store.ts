/**
 * Copies a store from a SQLite file to a PostgreSQL, as one transaction: a half-full database would not know of some
 * codes that they were used, and a service on it would send them again. Broken off, nothing has happened.
 */
import { createHash } from 'node:crypto';
import pg from 'pg';
import { ConfigError } from '../../config/load.ts';
import type { Vault } from '../../security/vault.ts';
import { connectPostgres } from '../../store/engine/postgres-connection.ts';
import { bookkeepingTables } from '../../store/key-check.ts';
import { openSource, type Row, type Source, type SourceTable } from './copy-source.ts';

interface CopyOptions {
  readonly file: string;
  readonly url: string;
  /** With the keys of the service, which stay the same. */
  readonly vault: Vault;
  /** Takes a line for each table. */
  readonly say: (line: string) => void;
}

/** Rows in one statement, or fetched at once. */
const BATCH = 500;

/** How many rows, and a sum over all that is in them, whatever their order. */
const createSum = () => {
  let rows = 0;
  const sum = Buffer.alloc(32);
  return {
    add(row: Row) {
      rows += 1;
      const plain = row.map((value) => (value instanceof Uint8Array ? [Buffer.from(value).toString('hex')] : value));
      const digest = createHash('sha256').update(JSON.stringify(plain)).digest();
      for (const [index, byte] of digest.entries()) sum[index] = (sum[index] ?? 0) ^ byte;
    },
    read: () => ({ rows, checksum: sum.toString('hex') }),
  };
};
type Sum = ReturnType<ReturnType<typeof createSum>['read']>;

const sumOfSource = ({ rows }: SourceTable): Sum => {
  const sum = createSum();
  for (const row of rows()) sum.add(row);
  return sum.read();
};

const sumOfTarget = async (client: pg.Client, { name, columns }: SourceTable): Promise<Sum> => {
  const sum = createSum();
  await client.query(`DECLARE kept NO SCROLL CURSOR FOR SELECT ${columns.join(', ')} FROM ${name}`);
  for (;;) {
    const { rows } = await client.query<unknown[]>({ text: `FETCH ${BATCH} FROM kept`, rowMode: 'array' });
    for (const row of rows) sum.add(row as unknown as Row);
    if (rows.length < BATCH) break;
  }
  await client.query('CLOSE kept');
  return sum.read();
};

const copyTable = async (client: pg.Client, { name, columns, rows }: SourceTable): Promise<void> => {
  const { rows: types } = await client.query<{ column: string; type: string }>(
    `SELECT attname AS column, format_type(atttypid, atttypmod) AS type
     FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [name],
  );
  const lists = columns.map((name, index) => `$${index + 1}::${types.find(({ column }) => column === name)?.type}[]`);
  const text = `INSERT INTO ${name} (${columns.join(', ')}) SELECT * FROM unnest(${lists.join(', ')})`;
  const insert = (batch: readonly Row[]) =>
    client.query(
      text,
      columns.map((_, index) => batch.map((row) => row[index])),
    );
  let batch: Row[] = [];
  for (const row of rows()) {
    batch.push(row);
    if (batch.length < BATCH) continue;
    await insert(batch);
    batch = [];
  }
  if (batch.length > 0) await insert(batch);
};

/** Part of one transaction. Answers false when everything was there already, as it is after a second run. */
const copyTables = async (client: pg.Client, { tables }: Source, say: CopyOptions['say']): Promise<boolean> => {
  const names = tables.map(({ name }) => name);
  // The server may need a moment to notice that an earlier run was broken off.
  await client.query("SET LOCAL lock_timeout = '10s'; SET LOCAL statement_timeout = 0");
  await client.query(`LOCK TABLE ${names.join(', ')} IN ACCESS EXCLUSIVE MODE`);
  const held = names
    .filter((name) => !bookkeepingTables.includes(name))
    .map((name) => `EXISTS (SELECT 1 FROM ${name})`);
  const { rows: found } = await client.query<{ held: boolean }>(`SELECT ${held.join(' OR ')} AS held`);
  const isEmpty = !found[0]?.held;
  // What a database has as soon as it exists, or a service has once started on it.
  if (isEmpty) for (const name of bookkeepingTables) await client.query(`DELETE FROM ${name}`);
  for (const table of tables) {
    if (isEmpty) await copyTable(client, table);
    const [wanted, kept] = [sumOfSource(table), await sumOfTarget(client, table)];
    if (wanted.rows !== kept.rows || wanted.checksum !== kept.checksum)
      throw new ConfigError(
        isEmpty
          ? `The copy of ${table.name} is not what the file holds, and was taken back`
          : `The database holds other data in ${table.name}: nothing was copied`,
      );
    say(`${table.name}: ${kept.rows} rows, SHA-256 ${kept.checksum.slice(0, 16)} on both sides`);
  }
  return isEmpty;
};

const inTransaction = async <T>(client: pg.Client, job: () => Promise<T>): Promise<T> => {
  try {
    await client.query('BEGIN');
    const value = await job();
    await client.query('COMMIT');
    return value;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    const busy = error.code === '55P03' ? ' (its tables are in use)' : '';
    throw new Error(`PostgreSQL did not take the copy, and kept nothing: ${error.code}${busy}`, { cause: error });
  }
};

/** Copies everything, or finds that it was copied. Rejects, and changes nothing, when the database holds other data. */
export const copyStore = async ({ file, url, vault, say }: CopyOptions): Promise<{ readonly copied: boolean }> => {
  const source = openSource(file, vault);
  try {
    const { client, migration } = await connectPostgres(url);
    try {
      if (source.schema !== migration.to)
        throw new ConfigError(`${file} has schema ${source.schema}, this release ${migration.to}: run migrate on it`);
      return { copied: await inTransaction(client, () => copyTables(client, source, say)) };
    } finally {
      // Ends the transaction, whatever has become of it.
      await client.end().catch(() => undefined);
    }
  } finally {
    source.close();
  }
};
