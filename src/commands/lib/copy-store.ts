/**
 * Copies a store from a SQLite file to a PostgreSQL, as one transaction: with half of the rows, a service would redeem
 * used codes again. A copy that is broken off has changed nothing.
 */
import { createHash } from 'node:crypto';
import { ConfigError } from '../../config/load.ts';
import type { Vault } from '../../security/vault.ts';
import { changePostgresTables, type PostgresTables } from '../../store/engine/postgres-tables.ts';
import type { SqliteTables } from '../../store/engine/sqlite-tables.ts';
import type { TableRow } from '../../store/engine/tables.ts';
import { bookkeepingTables } from '../../store/key-check.ts';
import { openSource } from './copy-source.ts';

interface CopyOptions {
  readonly file: string;
  readonly url: string;
  /** With the keys of the service, which stay the same. */
  readonly vault: Vault;
  /** Receives a line for each table. */
  readonly report: (line: string) => void;
  /** Receives how far the copy of a table has come. */
  readonly progress?: (line: string) => void;
}

interface Sum {
  readonly rows: number;
  readonly checksum: string;
}

/** The number of rows, and a checksum over all their values that does not depend on their order. */
const sumOf = async (rows: Iterable<TableRow> | AsyncIterable<TableRow>): Promise<Sum> => {
  let count = 0;
  const sum = Buffer.alloc(32);
  for await (const row of rows) {
    count += 1;
    const plain = row.map((value) => (value instanceof Uint8Array ? [Buffer.from(value).toString('hex')] : value));
    const digest = createHash('sha256').update(JSON.stringify(plain)).digest();
    for (const [index, byte] of digest.entries()) sum[index] = (sum[index] ?? 0) ^ byte;
  }
  return { rows: count, checksum: sum.toString('hex') };
};

/** Rows between two reports of progress. */
const REPORT_EVERY = 1_000;

/** The same rows, counted as they pass. */
function* counted(rows: Iterable<TableRow>, report: (count: number) => void): Iterable<TableRow> {
  let count = 0;
  for (const row of rows) {
    yield row;
    count += 1;
    if (count % REPORT_EVERY === 0) report(count);
  }
}

/** Part of one transaction. Returns false when every row was there already, as after a second run. */
const copyTables = async (
  target: PostgresTables,
  { tables }: SqliteTables,
  { report, progress = () => {} }: Pick<CopyOptions, 'report' | 'progress'>,
): Promise<boolean> => {
  const names = tables.map(({ name }) => name);
  await target.lock(names);
  const isEmpty = await target.isEmpty(names.filter((name) => !bookkeepingTables.includes(name)));
  // These have rows as soon as the database exists, or a service has started on it.
  if (isEmpty) for (const name of bookkeepingTables) await target.clear(name);
  for (const table of tables) {
    const onCount = (count: number) => progress(`${table.name}: ${count} rows copied`);
    if (isEmpty) await target.insert(table, counted(table.rows(), onCount));
    progress(`${table.name}: both sides are compared`);
    const [file, copy] = [await sumOf(table.rows()), await sumOf(target.rows(table))];
    if (file.rows !== copy.rows || file.checksum !== copy.checksum)
      throw new ConfigError(
        isEmpty
          ? `The copy of ${table.name} differs from the file, and was rolled back`
          : `The database holds other data in ${table.name}: nothing was copied`,
      );
    report(`${table.name}: ${copy.rows} rows, SHA-256 ${copy.checksum.slice(0, 16)} on both sides`);
  }
  return isEmpty;
};

/** Copies every table, or finds that they were copied. Rejects, and changes nothing, when the database holds other data. */
export const copyStore = async ({
  file,
  url,
  vault,
  ...reports
}: CopyOptions): Promise<{ readonly copied: boolean }> => {
  const source = await openSource(file, vault);
  try {
    return { copied: await changePostgresTables(url, (target) => copyTables(target, source, reports)) };
  } finally {
    source.close();
  }
};
