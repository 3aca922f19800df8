/** The tables of a PostgreSQL, for a copy: written and read whole, in one transaction. */
import pg from 'pg';
import { connectPostgres } from './postgres-connection.ts';
import type { Table, TableRow } from './tables.ts';

export interface PostgresTables {
  /** Until the transaction ends, no other connection reads or writes these tables. */
  lock(names: readonly string[]): Promise<void>;
  isEmpty(names: readonly string[]): Promise<boolean>;
  clear(name: string): Promise<void>;
  insert(table: Table, rows: Iterable<TableRow>): Promise<void>;
  /** One table at a time. */
  rows(table: Table): AsyncIterable<TableRow>;
}

/** Rows in one statement, or fetched at once. */
const BATCH = 500;

/** The type of each column, in the order of the table's columns. */
const columnTypes = async (client: pg.ClientBase, { name, columns }: Table): Promise<string[]> => {
  const { rows } = await client.query<{ column: string; type: string }>(
    `SELECT attname AS column, format_type(atttypid, atttypmod) AS type
     FROM pg_attribute WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped`,
    [name],
  );
  const types = new Map(rows.map(({ column, type }) => [column, type]));
  return columns.map((column) => {
    const type = types.get(column);
    if (!type) throw new Error(`The table ${name} of the database has no column ${column}`);
    return type;
  });
};

const insertRows = async (client: pg.ClientBase, table: Table, rows: Iterable<TableRow>): Promise<void> => {
  const { name, columns } = table;
  const types = await columnTypes(client, table);
  const lists = types.map((type, index) => `$${index + 1}::${type}[]`);
  const sql = `INSERT INTO ${name} (${columns.join(', ')}) SELECT * FROM unnest(${lists.join(', ')})`;
  const insert = (batch: readonly TableRow[]) => {
    const lists = columns.map((_, index) => batch.map((row) => row[index]));
    return client.query(sql, lists);
  };
  let batch: TableRow[] = [];
  for (const row of rows) {
    batch.push(row);
    if (batch.length < BATCH) continue;
    await insert(batch);
    batch = [];
  }
  if (batch.length > 0) await insert(batch);
};

async function* readRows(client: pg.ClientBase, { name, columns }: Table): AsyncIterable<TableRow> {
  await client.query(`DECLARE table_rows NO SCROLL CURSOR FOR SELECT ${columns.join(', ')} FROM ${name}`);
  for (;;) {
    const { rows } = await client.query<TableRow & unknown[]>({
      text: `FETCH ${BATCH} FROM table_rows`,
      rowMode: 'array',
    });
    yield* rows;
    if (rows.length < BATCH) break;
  }
  await client.query('CLOSE table_rows');
}

const tablesOf = (client: pg.ClientBase): PostgresTables => ({
  async lock(names) {
    // The server may need seconds to notice that an earlier run was broken off.
    await client.query("SET LOCAL lock_timeout = '10s'; SET LOCAL statement_timeout = 0");
    await client.query(`LOCK TABLE ${names.join(', ')} IN ACCESS EXCLUSIVE MODE`);
  },
  async isEmpty(names) {
    const anyRow = names.map((name) => `EXISTS (SELECT 1 FROM ${name})`).join(' OR ');
    const { rows } = await client.query<{ found: boolean }>(`SELECT ${anyRow} AS found`);
    return rows[0]?.found === false;
  },
  async clear(name) {
    await client.query(`DELETE FROM ${name}`);
  },
  insert: (table, rows) => insertRows(client, table, rows),
  rows: (table) => readRows(client, table),
});

/** Brings a database up to this release, and runs the job as one transaction. A job that rejects has changed nothing. */
export const changePostgresTables = async <T>(url: string, job: (tables: PostgresTables) => Promise<T>): Promise<T> => {
  const { client } = await connectPostgres(url);
  try {
    await client.query('BEGIN');
    const value = await job(tablesOf(client));
    await client.query('COMMIT');
    return value;
  } catch (error) {
    if (!(error instanceof pg.DatabaseError)) throw error;
    const inUse = error.code === '55P03' ? ' (its tables are in use)' : '';
    throw new Error(`PostgreSQL refused, and changed nothing: ${error.code}${inUse}`, { cause: error });
  } finally {
    // Ends the transaction too.
    await client.end().catch(() => undefined);
  }
};
