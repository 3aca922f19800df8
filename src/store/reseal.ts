/** Brings what older keys sealed under the newest one, a few rows at a time, while the service runs. */
import { type Vault, VaultError } from '../security/vault.ts';
import type { Engine, Transaction } from './engine/engine.ts';
import type { ResealCursor, ResealReport, RowKey, SealedColumn } from './reports.ts';
import { additionalData, openOrError } from './rows.ts';

interface SealedTable {
  readonly name: SealedColumn;
  readonly table: string;
  readonly key: string;
  readonly sealed: string;
  readonly isOneOf: 'in_texts' | 'in_blobs';
  /** Before every key. */
  readonly start: RowKey;
}

const identities: SealedTable = {
  ...{ name: 'identities.subject_sealed', table: 'identities', key: 'id', sealed: 'subject_sealed' },
  ...{ isOneOf: 'in_texts', start: '' },
};
const redemptions: SealedTable = {
  ...{ name: 'redemptions.answer_sealed', table: 'redemptions', key: 'id', sealed: 'answer_sealed' },
  ...{ isOneOf: 'in_texts', start: '' },
};
const certifications: SealedTable = {
  ...{ name: 'certifications.certify_id_sealed', table: 'certifications', key: 'certify_id_index' },
  ...{ sealed: 'certify_id_sealed', isOneOf: 'in_blobs', start: new Uint8Array() },
};

/** The tables in the order of a pass, each with the one after it. */
const pass: Readonly<Record<SealedColumn, { readonly of: SealedTable; readonly next?: SealedTable }>> = {
  'identities.subject_sealed': { of: identities, next: redemptions },
  'redemptions.answer_sealed': { of: redemptions, next: certifications },
  'certifications.certify_id_sealed': { of: certifications },
};

const beginningOf = ({ name, start }: SealedTable): ResealCursor => ({ column: name, after: start });

/** Part of one transaction. */
const resealRows = async (
  db: Transaction,
  vault: Vault,
  { name, table, key, sealed, isOneOf }: SealedTable,
  // A table's keys are of one kind.
  keys: readonly string[] | readonly Uint8Array[],
): Promise<{ readonly resealed: number; readonly unreadable: number }> => {
  const rows = await db.all<{ row_key: RowKey; sealed: Uint8Array | null }>(
    `SELECT ${key} AS row_key, ${sealed} AS sealed FROM ${table} WHERE ${key} ${isOneOf}($1) ORDER BY ${key} FOR UPDATE`,
    keys,
  );
  let [resealed, unreadable] = [0, 0];
  for (const { row_key, sealed: bytes } of rows) {
    // Another instance may have been here since we looked.
    if (!bytes || vault.isNewest(bytes)) continue;
    const place = additionalData(name, row_key);
    const text = openOrError(() => vault.open(bytes, place));
    if (text instanceof VaultError) unreadable += 1;
    else {
      await db.all(`UPDATE ${table} SET ${sealed} = $2 WHERE ${key} = $1`, row_key, vault.seal(text, place));
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
  // Two rotations at once: the earlier one must not take back what the later one did.
  vault.refresh();
  const { of: table, next: nextTable } = pass[column];
  const prefix = vault.newestPrefix();
  // Looking locks nothing, and opens nothing: the key's id stands in front of what it sealed.
  const looked = await read.all<{ row_key: RowKey; stale: number }>(
    `SELECT ${table.key} AS row_key, CASE WHEN substr(${table.sealed}, 1, $2) <> $3 THEN 1 ELSE 0 END AS stale
     FROM ${table.table} WHERE ${table.key} > $1 ORDER BY ${table.key} LIMIT $4`,
    ...[after, prefix.length, prefix, limit],
  );
  const keys = looked.filter(({ stale }) => stale === 1).map(({ row_key }) => row_key);
  const done =
    keys.length === 0
      ? { resealed: 0, unreadable: 0 }
      : await write((db) => resealRows(db, vault, table, keys as string[] | Uint8Array[]));
  const last = looked.at(-1);
  if (last && looked.length === limit) return { ...done, next: { column, after: last.row_key } };
  return { ...done, next: nextTable && beginningOf(nextTable) };
};
