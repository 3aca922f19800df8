/** Seals with the newest key what older keys sealed, a few rows at a time, while the service runs. */
import { type Vault, VaultError } from '../security/vault.ts';
import { bytes, columns, integer, nullable, textOrBytes } from './engine/columns.ts';
import type { Engine, Transaction } from './engine/engine.ts';
import type { ResealCursor, ResealReport, RowKey, SealedColumn } from './reports.ts';
import { additionalData, openOrError } from './sealed.ts';

interface SealedTable {
  readonly name: SealedColumn;
  readonly table: string;
  readonly key: string;
  readonly sealed: string;
  readonly isOneOf: 'in_texts' | 'in_blobs';
  /** Sorts before every key. */
  readonly start: RowKey;
}

const identities: SealedTable = {
  name: 'identities.subject_sealed',
  table: 'identities',
  key: 'id',
  sealed: 'subject_sealed',
  isOneOf: 'in_texts',
  start: '',
};
const redemptions: SealedTable = {
  name: 'redemptions.answer_sealed',
  table: 'redemptions',
  key: 'id',
  sealed: 'answer_sealed',
  isOneOf: 'in_texts',
  start: '',
};
const certifications: SealedTable = {
  name: 'certifications.certify_id_sealed',
  table: 'certifications',
  key: 'certify_id_index',
  sealed: 'certify_id_sealed',
  isOneOf: 'in_blobs',
  start: new Uint8Array(),
};

/** The tables in the order of a pass, each with the next one. */
const pass: Readonly<Record<SealedColumn, { readonly of: SealedTable; readonly next?: SealedTable }>> = {
  'identities.subject_sealed': { of: identities, next: redemptions },
  'redemptions.answer_sealed': { of: redemptions, next: certifications },
  'certifications.certify_id_sealed': { of: certifications },
};

const beginningOf = ({ name, start }: SealedTable): ResealCursor => ({ column: name, after: start });

const sealedColumns = columns({ row_key: textOrBytes, sealed: nullable(bytes) });
const staleColumns = columns({ row_key: textOrBytes, is_stale: integer });

/** Part of one transaction. */
const resealRows = async (
  db: Transaction,
  vault: Vault,
  { name, table, key, sealed, isOneOf }: SealedTable,
  keys: readonly string[] | readonly Uint8Array[],
): Promise<{ readonly resealed: number; readonly unreadable: number }> => {
  const rows = await sealedColumns.all(
    db,
    `SELECT ${key} AS row_key, ${sealed} AS sealed FROM ${table} WHERE ${key} ${isOneOf}($1) ORDER BY ${key} FOR UPDATE`,
    [keys],
  );
  let [resealed, unreadable] = [0, 0];
  for (const { row_key, sealed: value } of rows) {
    // Another instance may have resealed it since the look-up.
    if (!value || vault.isNewest(value)) continue;
    const data = additionalData(name, row_key);
    const plain = openOrError(() => vault.open(value, data));
    if (plain instanceof VaultError) unreadable += 1;
    else {
      await db.all(`UPDATE ${table} SET ${sealed} = $2 WHERE ${key} = $1`, [row_key, vault.seal(plain, data)]);
      resealed += 1;
    }
  }
  return { resealed, unreadable };
};

export const reseal = async (
  { read, write }: Pick<Engine, 'read' | 'write'>,
  vault: Vault,
  limit: number,
  { column, after }: ResealCursor = beginningOf(identities),
): Promise<ResealReport> => {
  // Of two rotations at once, the earlier one must not seal with its key what the later one has sealed.
  vault.refresh();
  const { of: table, next: nextTable } = pass[column];
  const prefix = vault.newestPrefix();
  // The look-up locks nothing and opens nothing: every sealed value begins with the id of its key.
  const rows = await staleColumns.all(
    read,
    `SELECT ${table.key} AS row_key, CASE WHEN substr(${table.sealed}, 1, $2) <> $3 THEN 1 ELSE 0 END AS is_stale
     FROM ${table.table} WHERE ${table.key} > $1 ORDER BY ${table.key} LIMIT $4`,
    [after, prefix.length, prefix, limit],
  );
  const stale = rows.flatMap(({ row_key, is_stale }) => (is_stale === 1 ? [row_key] : []));
  // All keys of a table are text, or all are bytes.
  const texts = stale.filter((key) => typeof key === 'string');
  const keys = texts.length > 0 ? texts : stale.filter((key) => typeof key !== 'string');
  const done =
    keys.length === 0 ? { resealed: 0, unreadable: 0 } : await write((db) => resealRows(db, vault, table, keys));
  const last = rows.at(-1);
  if (last && rows.length === limit) return { ...done, next: { column, after: last.row_key } };
  return { ...done, next: nextTable && beginningOf(nextTable) };
};
