/** Identities of payers: found by blind index, made and updated when a redemption succeeds. */
import type { IdentityRef, PayerIdentity, Subject } from '../model.ts';
import type { Vault, VaultError } from '../security/vault.ts';
import type { Db, Transaction } from './engine/engine.ts';
import type { NewIdentityId } from './model.ts';
import { hex, type IdentityRow, identityColumns, newId, type PayerRow, payerColumns } from './rows.ts';
import { openOrError, openSubject, readIdentity, sealSubject } from './sealed.ts';

const TOPIC = 'identity ';
/** The topic that changes of an identity wake, and its deletion. */
export const identityTopic = (id: string): string => `${TOPIC}${id}`;
/** The identity whose topic it is; undefined for another topic. */
export const identityOfTopic = (topic: string): string | undefined =>
  topic.startsWith(TOPIC) ? topic.slice(TOPIC.length) : undefined;

export type KeyKind = 'openId' | 'userId';

/** An app on a channel: the scope in which an openId or userId names one payer. */
interface AppChannel {
  readonly channelId: string;
  readonly appId: string;
}

/** The blind index by which a payer is found. */
export const keyIndex = (vault: Vault, kind: KeyKind, { channelId, appId }: AppChannel, value: string): Buffer =>
  vault.blindIndex(kind, channelId, appId, value);

/** The Record makes a member that is forgotten here an error of types. */
const mergeSubjects = (stored: Subject, incoming: Subject): Record<keyof Subject, string | undefined> => ({
  ...stored,
  openId: incoming.openId ?? stored.openId,
  userId: incoming.userId ?? stored.userId,
  unionId: incoming.unionId ?? stored.unionId,
  subAppId: incoming.subAppId ?? stored.subAppId,
  subOpenId: incoming.subOpenId ?? stored.subOpenId,
});

interface IdentityDeps {
  readonly vault: Vault;
  /** Absent: ids are random. */
  readonly newIdentityId?: NewIdentityId | undefined;
}

/** An id of a payer whose openId was replaced stays with that identity, so that the next one is random. */
const freeId = async (db: Db, newIdentityId: NewIdentityId | undefined, identity: AppChannel & Subject) => {
  const made = newIdentityId?.(identity);
  return made === undefined || (await identityRow(db, made)) ? newId('pid') : made;
};

/**
 * Finds or creates the subject's identity, and returns it. The latest openId and userId win: an id that was
 * replaced no longer matches, and alone would create a new identity. A userId of another identity stays with that one.
 */
export const upsertIdentity = async (
  db: Transaction,
  { vault, newIdentityId }: IdentityDeps,
  place: AppChannel,
  subject: Subject,
): Promise<IdentityRow | undefined> => {
  const indexOf = (kind: KeyKind) => {
    const value = subject[kind];
    return value === undefined ? null : keyIndex(vault, kind, place, value);
  };
  const [openIndex, userIndex] = [indexOf('openId'), indexOf('userId')];
  const matches = await identityColumns.all(
    db,
    `SELECT ${identityColumns.list} FROM identities WHERE open_id_index = $1 OR user_id_index = $2 FOR UPDATE`,
    [openIndex, userIndex],
  );
  const existing =
    matches.find(({ open_id_index }) => open_id_index !== null && openIndex?.equals(open_id_index)) ?? matches[0];
  if (!existing) {
    const id = await freeId(db, newIdentityId, { ...place, ...subject });
    return identityColumns.first(
      db,
      `INSERT INTO identities (id, channel_id, app_id, open_id_index, user_id_index, subject_sealed,
         first_authenticated_at, last_authenticated_at)
       VALUES ($1, $2, $3, $4, $5, $6, now_ms(), now_ms()) RETURNING ${identityColumns.list}`,
      [id, place.channelId, place.appId, openIndex, userIndex, sealSubject(vault, id, subject)],
    );
  }
  const isUserIdTaken = matches.length > 1;
  const incoming = isUserIdTaken ? { ...subject, userId: undefined } : subject;
  const merged = mergeSubjects(openSubject(vault, existing), incoming);
  await db.wake(identityTopic(existing.id));
  return identityColumns.first(
    db,
    `UPDATE identities SET open_id_index = $2, user_id_index = $3, subject_sealed = $4, last_authenticated_at = now_ms()
     WHERE id = $1 RETURNING ${identityColumns.list}`,
    [
      existing.id,
      openIndex ?? existing.open_id_index,
      (isUserIdTaken ? null : userIndex) ?? existing.user_id_index,
      sealSubject(vault, existing.id, merged),
    ],
  );
};

export type Found = PayerIdentity | VaultError;

const open = (vault: Vault, row: PayerRow): Found => openOrError(() => readIdentity(vault, row));

const BY_ID = `SELECT ${payerColumns.list} FROM identities WHERE id = $1`;
const BY_IDS = `SELECT ${payerColumns.list} FROM identities WHERE id in_texts($1)`;

/** By the ids: those that exist, and an error for each that does not open. One statement. */
export const findByIds = async (db: Db, vault: Vault, ids: ReadonlySet<string>): Promise<Map<string, Found>> => {
  const rows = ids.size === 1 ? await db.all(BY_ID, [...ids]) : await db.all(BY_IDS, [[...ids]]);
  const found = new Map<string, Found>();
  for (const row of rows) {
    const payer = payerColumns.read(row);
    found.set(payer.id, open(vault, payer));
  }
  return found;
};

const indexColumns = { openId: 'open_id_index', userId: 'user_id_index' } as const;

const keyOf = (kind: KeyKind, index: Uint8Array): string => `${kind} ${hex(index)}`;

/** By blind indexes, under `keyOf`. One statement for each kind that occurs. */
const findByIndexes = async (
  db: Db,
  vault: Vault,
  indexes: Readonly<Record<KeyKind, readonly Uint8Array[]>>,
): Promise<Map<string, Found>> => {
  const found = new Map<string, Found>();
  for (const kind of ['openId', 'userId'] as const) {
    if (indexes[kind].length === 0) continue;
    const sql = `SELECT ${identityColumns.list} FROM identities WHERE ${indexColumns[kind]} in_blobs($1)`;
    for (const row of await identityColumns.all(db, sql, [indexes[kind]])) {
      const index = row[indexColumns[kind]];
      if (index) found.set(keyOf(kind, index), open(vault, row));
    }
  }
  return found;
};

/** Reads identities by their ids, each at most once. */
export type ReadByIds = (ids: ReadonlySet<string>) => Promise<ReadonlyMap<string, Found>>;

/** The identities that the references name, in their order. */
export const findIdentities = async (
  db: Db,
  vault: Vault,
  readByIds: ReadByIds,
  refs: readonly IdentityRef[],
): Promise<(Found | undefined)[]> => {
  const ids = new Set<string>();
  const indexes: Record<KeyKind, Buffer[]> = { openId: [], userId: [] };
  const keys = refs.map((ref) => {
    if ('id' in ref) {
      ids.add(ref.id);
      return undefined;
    }
    const kind = 'openId' in ref ? 'openId' : 'userId';
    const index = keyIndex(vault, kind, ref, 'openId' in ref ? ref.openId : ref.userId);
    indexes[kind].push(index);
    return keyOf(kind, index);
  });
  const byId = ids.size > 0 ? await readByIds(ids) : undefined;
  const byIndex = ids.size < refs.length ? await findByIndexes(db, vault, indexes) : undefined;
  return refs.map((ref, at) => ('id' in ref ? byId?.get(ref.id) : byIndex?.get(keys[at] ?? '')));
};

export const identityRow = async (db: Db, id: string | null): Promise<IdentityRow | undefined> =>
  id === null
    ? undefined
    : identityColumns.first(db, `SELECT ${identityColumns.list} FROM identities WHERE id = $1`, [id]);
