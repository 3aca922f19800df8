/**
 * Checks that the keys are those that the database was written with. With another index key, a used code would not be
 * found and would be sent again; with other sealing keys, stored values would not open.
 */
import { randomBytes } from 'node:crypto';
import { type Vault, VaultError } from '../security/vault.ts';
import { bytes, columns, type RowOf, text } from './engine/columns.ts';
import type { Db, Transaction } from './engine/engine.ts';
import { type KeyKind, keyIndex } from './identities.ts';
import { identityColumns } from './rows.ts';
import { openAnswer, readIdentity } from './sealed.ts';

/** The keys do not match the database. The message names the key and what to do; it holds no key. */
export class KeysMismatch extends Error {
  override readonly name = 'KeysMismatch';
}

const markColumns = columns({ store_id: text, index_mark: bytes });
type MarkRow = RowOf<typeof markColumns>;
const sentinelColumns = columns({ key_id: text, sentinel_sealed: bytes });
const answerColumns = columns({ id: text, answer_sealed: bytes });

const findMark = (db: Db) => markColumns.first(db, `SELECT ${markColumns.list} FROM store_keys WHERE id = 1`);
const findSentinels = (db: Db) =>
  sentinelColumns.all(db, `SELECT ${sentinelColumns.list} FROM seal_keys ORDER BY key_id`);

const OTHER_INDEX =
  'keys.index is not the index key of this database: codes that were used would count as new. ' +
  'Restore the key that it was written with (in sandbox mode keys.json), or name another database';

const markOf = (vault: Vault, storeId: string): Buffer => vault.blindIndex('store', storeId);
const sentinelData = (keyId: string): string => `seal_keys.sentinel_sealed.${keyId}`;

const opens = (open: () => unknown): boolean => {
  try {
    open();
    return true;
  } catch (error) {
    if (error instanceof VaultError) return false;
    throw error;
  }
};

/** Rejects with KeysMismatch when stored values, one of each kind, were not written with these keys. */
const requireRowsMatch = async (db: Db, vault: Vault): Promise<void> => {
  const otherSeal = new KeysMismatch(
    'keys.seal lacks a key of this database, or has another one under its id: restore it',
  );
  const answer = await answerColumns.first(
    db,
    `SELECT ${answerColumns.list} FROM redemptions WHERE answer_sealed IS NOT NULL LIMIT 1`,
  );
  if (answer && !opens(() => openAnswer(vault, answer.id, answer.answer_sealed))) throw otherSeal;
  const row = await identityColumns.first(db, `SELECT ${identityColumns.list} FROM identities LIMIT 1`);
  if (!row) return;
  if (!opens(() => readIdentity(vault, row))) throw otherSeal;
  const identity = readIdentity(vault, row);
  const matches = (kind: KeyKind, index: Uint8Array | null) =>
    index === null || keyIndex(vault, kind, identity, identity[kind] ?? '').equals(index);
  if (!matches('openId', row.open_id_index) || !matches('userId', row.user_id_index))
    throw new KeysMismatch(OTHER_INDEX);
};

/** Throws KeysMismatch when the database was written with another index key. */
const requireIndexMatches = (vault: Vault, { store_id, index_mark }: MarkRow): void => {
  if (!markOf(vault, store_id).equals(index_mark)) throw new KeysMismatch(OTHER_INDEX);
};

/** Throws KeysMismatch when a key that may have sealed something is missing, or its id belongs to another key. */
const requireSealKeysMatch = (vault: Vault, sentinels: readonly RowOf<typeof sentinelColumns>[]): void => {
  const needed = sentinels.filter(({ key_id }) => !vault.isLost(key_id));
  const missing = needed.filter(({ key_id }) => !vault.has(key_id)).map(({ key_id }) => key_id);
  if (missing.length > 0)
    throw new KeysMismatch(
      `keys.seal lacks ${missing.join(', ')}, with which values of this database are sealed: put it back behind the ` +
        'first key and run keys:rotate before it is removed; if it is lost for good, name it in keys.lost',
    );
  for (const { key_id, sentinel_sealed } of needed)
    if (!opens(() => vault.open(sentinel_sealed, sentinelData(key_id))))
      throw new KeysMismatch(
        `keys.seal has another key under the id ${key_id} than this database was written with: restore that key, and ` +
          'give the new one an id of its own',
      );
};

/** Compares keys and database without writing. Rejects with KeysMismatch. */
export const requireKeysMatch = async (db: Db, vault: Vault): Promise<void> => {
  await requireRowsMatch(db, vault);
  const mark = await findMark(db);
  if (mark) requireIndexMatches(vault, mark);
  requireSealKeysMatch(vault, await findSentinels(db));
};

export interface KeyCheck {
  /** Compares keys and database, and registers the key that seals. Resolves to the database's mark. */
  check(db: Transaction): Promise<Uint8Array>;
  /** Called with that mark when the transaction of the comparison has committed: until then it may be rolled back. */
  confirm(mark: Uint8Array): void;
  /** Throws KeysMismatch when the last comparison failed. */
  requireMatch(): void;
  /** Throws KeysMismatch unless this is the mark of the database that was compared. */
  requireMark(mark: Uint8Array | null): void;
}

/** The mark of a database; a new one gets its mark here. Of several instances at once the first one writes it. */
const markDatabase = async (db: Transaction, vault: Vault): Promise<MarkRow> => {
  const existing = await findMark(db);
  if (existing) return existing;
  await requireRowsMatch(db, vault);
  const storeId = randomBytes(16).toString('base64url');
  await db.all('INSERT INTO store_keys (id, store_id, index_mark) VALUES (1, $1, $2) ON CONFLICT DO NOTHING', [
    storeId,
    markOf(vault, storeId),
  ]);
  const marked = await findMark(db);
  if (!marked) throw new Error('The database was not marked');
  return marked;
};

/** The sentinels of a database, with one for the key that seals now. */
const sentinelsOf = async (db: Transaction, vault: Vault) => {
  const sentinels = await findSentinels(db);
  const newest = vault.newestId();
  if (sentinels.some(({ key_id }) => key_id === newest)) return sentinels;
  await db.all('INSERT INTO seal_keys (key_id, sentinel_sealed) VALUES ($1, $2) ON CONFLICT DO NOTHING', [
    newest,
    vault.seal('payer-identity', sentinelData(newest)),
  ]);
  return findSentinels(db);
};

export const createKeyCheck = (vault: Vault): KeyCheck => {
  let mark: Buffer | undefined;
  let fault: KeysMismatch | undefined;

  const requireMark = (other: Uint8Array | null) => {
    if (mark && other && mark.equals(other)) return;
    throw new KeysMismatch(
      'The database is another one than when this instance started: restart it if that is intended',
    );
  };
  const compare = async (db: Transaction) => {
    const vaultFault = vault.fault();
    if (vaultFault) throw new KeysMismatch(vaultFault.message);
    const row = await markDatabase(db, vault);
    requireIndexMatches(vault, row);
    if (mark) requireMark(row.index_mark);
    requireSealKeysMatch(vault, await sentinelsOf(db, vault));
    return row.index_mark;
  };

  return {
    async check(db) {
      try {
        return await compare(db);
      } catch (error) {
        if (error instanceof KeysMismatch) fault = error;
        throw error;
      }
    },
    confirm(checked) {
      mark = Buffer.from(checked);
      fault = undefined;
    },
    requireMatch() {
      if (fault) throw fault;
    },
    requireMark,
  };
};

/** Deletes the sentinels of older keys, which may then be removed from the configuration. */
export const retireSealKeys = async (db: Transaction, vault: Vault): Promise<void> =>
  void (await db.all('DELETE FROM seal_keys WHERE key_id <> $1', [vault.newestId()]));

/** Tables of the store itself, without data of payers. */
export const bookkeepingTables: readonly string[] = ['store_clock', 'store_keys', 'seal_keys'];
