/**
 * Whether the keys are those that the database was written with. Under another index key no used code would be found
 * again, and it would be sent a second time; under other sealing keys what is stored would not open.
 */
import { randomBytes } from 'node:crypto';
import { type Vault, VaultError } from '../security/vault.ts';
import { firstRow, type Transaction } from './engine/engine.ts';
import { type KeyKind, keyIndex } from './identities.ts';
import { additionalData, type IdentityRow, readIdentity } from './rows.ts';

/** The keys do not fit the database. The message says which key, and what to do; it holds no key. */
export class KeysMismatch extends Error {
  override readonly name = 'KeysMismatch';
}

export interface StoreKeysRow {
  readonly store_id: string;
  readonly index_mark: Uint8Array;
}
export interface SealKeyRow {
  readonly key_id: string;
  readonly sentinel_sealed: Uint8Array;
}
/** A value of each kind that was sealed, where there is one. */
export interface SealedRows {
  readonly identity: IdentityRow | undefined;
  readonly answer: { readonly id: string; readonly answer_sealed: Uint8Array } | undefined;
}

export const STORE_KEYS = 'SELECT store_id, index_mark FROM store_keys WHERE id = 1';
export const SEAL_KEYS = 'SELECT key_id, sentinel_sealed FROM seal_keys ORDER BY key_id';
export const ANY_IDENTITY = 'SELECT * FROM identities LIMIT 1';
export const ANY_ANSWER = 'SELECT id, answer_sealed FROM redemptions WHERE answer_sealed IS NOT NULL LIMIT 1';

const OTHER_INDEX =
  'keys.index is not the index key of this database: codes that were used would count as new. ' +
  'Restore the key that it was written with (in sandbox mode keys.json), or name another database';

const markOf = (vault: Vault, storeId: string): Buffer => vault.blindIndex('store', storeId);
const sentinelPlace = (keyId: string): string => `seal_keys.sentinel_sealed.${keyId}`;

const opens = (open: () => unknown): boolean => {
  try {
    open();
    return true;
  } catch (error) {
    if (error instanceof VaultError) return false;
    throw error;
  }
};

/** Throws KeysMismatch when values that are stored were not written with these keys. */
export const requireRowsMatch = (vault: Vault, { identity, answer }: SealedRows): void => {
  const other = 'keys.seal lacks a key of this database, or has another one under its id: restore it';
  if (answer && !opens(() => vault.open(answer.answer_sealed, additionalData('redemptions.answer_sealed', answer.id))))
    throw new KeysMismatch(other);
  if (!identity) return;
  if (!opens(() => readIdentity(vault, identity))) throw new KeysMismatch(other);
  const { channelId, appId, ...payer } = readIdentity(vault, identity);
  const fits = (kind: KeyKind, index: Uint8Array | null) =>
    index === null || keyIndex(vault, kind, channelId, appId, payer[kind] ?? '').equals(index);
  if (!fits('openId', identity.open_id_index) || !fits('userId', identity.user_id_index))
    throw new KeysMismatch(OTHER_INDEX);
};

/** Throws KeysMismatch when the database was written with another index key. */
export const requireIndexMatches = (vault: Vault, { store_id, index_mark }: StoreKeysRow): void => {
  if (!markOf(vault, store_id).equals(index_mark)) throw new KeysMismatch(OTHER_INDEX);
};

/** Throws KeysMismatch when a key that may have sealed something is missing, or its id stands for another key. */
export const requireSealKeysMatch = (vault: Vault, sentinels: readonly SealKeyRow[]): void => {
  const kept = sentinels.filter(({ key_id }) => !vault.isLost(key_id));
  const missing = kept.filter(({ key_id }) => !vault.has(key_id)).map(({ key_id }) => key_id);
  if (missing.length > 0)
    throw new KeysMismatch(
      `keys.seal lacks ${missing.join(', ')}, with which values of this database are sealed: put it back behind the ` +
        'first key and run keys:rotate before it is removed; if it is lost for good, name it in keys.lost',
    );
  for (const { key_id, sentinel_sealed } of kept)
    if (!opens(() => vault.open(sentinel_sealed, sentinelPlace(key_id))))
      throw new KeysMismatch(
        `keys.seal has another key under the id ${key_id} than this database was written with: restore that key, and ` +
          'give the new one an id of its own',
      );
};

export interface KeyCheck {
  /** Compares keys and database, and registers the key that seals. Answers the database's mark. Throws KeysMismatch. */
  check(db: Transaction): Promise<Uint8Array>;
  /** To be called with the mark once the transaction of the comparison has committed: a new mark may be rolled back. */
  confirm(mark: Uint8Array): void;
  /** Throws KeysMismatch when the last comparison found that they do not fit. */
  requireMatch(): void;
  /** Throws KeysMismatch unless this is the mark of the database that was checked. */
  requireMark(mark: Uint8Array | null): void;
}

/** The mark of the database of these keys; a new database gets one. Of several instances at once the first one writes it. */
const markDatabase = async (db: Transaction, vault: Vault): Promise<StoreKeysRow> => {
  const find = () => firstRow(db.all<StoreKeysRow>(STORE_KEYS));
  const known = await find();
  if (known) return known;
  requireRowsMatch(vault, {
    identity: await firstRow(db.all<IdentityRow>(ANY_IDENTITY)),
    answer: await firstRow(db.all<NonNullable<SealedRows['answer']>>(ANY_ANSWER)),
  });
  const storeId = randomBytes(16).toString('base64url');
  await db.all(
    'INSERT INTO store_keys (id, store_id, index_mark) VALUES (1, $1, $2) ON CONFLICT DO NOTHING',
    ...[storeId, markOf(vault, storeId)],
  );
  const marked = await find();
  if (!marked) throw new Error('The database was not marked');
  return marked;
};

const sentinelsOf = async (db: Transaction, vault: Vault): Promise<readonly SealKeyRow[]> => {
  const sentinels = await db.all<SealKeyRow>(SEAL_KEYS);
  const newest = vault.newestId();
  if (sentinels.some(({ key_id }) => key_id === newest)) return sentinels;
  const sentinel = vault.seal('payer-identity', sentinelPlace(newest));
  await db.all('INSERT INTO seal_keys VALUES ($1, $2) ON CONFLICT DO NOTHING', newest, sentinel);
  return db.all<SealKeyRow>(SEAL_KEYS);
};

export const createKeyCheck = (vault: Vault): KeyCheck => {
  let mark: Buffer | undefined;
  let fault: KeysMismatch | undefined;

  const requireMark = (found: Uint8Array | null) => {
    if (mark && found && mark.equals(found)) return;
    throw new KeysMismatch(
      'The database is another one than when this instance started: restart it if that is intended',
    );
  };
  const compare = async (db: Transaction) => {
    const wrong = vault.fault();
    if (wrong) throw new KeysMismatch(wrong.message);
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
    confirm(found) {
      mark = Buffer.from(found);
      fault = undefined;
    },
    requireMatch() {
      if (fault) throw fault;
    },
    requireMark,
  };
};

/** After everything was sealed with the newest key: the others may be removed from the configuration. */
export const retireSealKeys = async (db: Transaction, vault: Vault): Promise<void> =>
  void (await db.all('DELETE FROM seal_keys WHERE key_id <> $1', vault.newestId()));

/** Tables that describe the store itself, and hold nothing of payers. */
export const bookkeepingTables: readonly string[] = ['store_clock', 'store_keys', 'seal_keys'];
