import type { IdentityRef, PayerIdentity, Subject } from '../model.ts';
import type { Vault, VaultError } from '../security/vault.ts';
import { type Db, firstRow, type Transaction } from './engine/engine.ts';
import { hex, type IdentityRow, newId, openOrError, openSubject, readIdentity, sealSubject } from './rows.ts';

export type KeyKind = 'openId' | 'userId';

/** The blind index by which a payer is found. */
export const keyIndex = (vault: Vault, kind: KeyKind, channelId: string, appId: string, value: string): Buffer =>
  vault.blindIndex(kind, channelId, appId, value);

/**
 * The id of the subject's identity, made or brought up to date. A payer has one openId and one userId in an app, those
 * that its channel named last: an earlier one finds nobody from then on, and whoever comes with it alone is somebody
 * new. An id that is another payer's already stays there.
 */
export const upsertIdentity = async (
  db: Transaction,
  vault: Vault,
  { channelId, appId }: { readonly channelId: string; readonly appId: string },
  subject: Subject,
): Promise<string> => {
  const index = (kind: KeyKind, value: string | undefined) =>
    value === undefined ? null : keyIndex(vault, kind, channelId, appId, value);
  const known = await db.all<IdentityRow>(
    'SELECT * FROM identities WHERE open_id_index = $1 OR user_id_index = $2 FOR UPDATE',
    index('openId', subject.openId),
    index('userId', subject.userId),
  );
  const openIndex = index('openId', subject.openId);
  const byOpenId = known.find((row) => openIndex && row.open_id_index && openIndex.equals(row.open_id_index));
  const row = byOpenId ?? known[0];
  if (!row) {
    const id = newId('pid');
    const [openId, userId] = [index('openId', subject.openId), index('userId', subject.userId)];
    await db.all(
      'INSERT INTO identities VALUES ($1, $2, $3, $4, $5, $6, now_ms(), now_ms())',
      ...[id, channelId, appId, openId, userId, sealSubject(vault, id, subject)],
    );
    return id;
  }
  const { userId, ...others } = subject;
  const told = known.length > 1 ? others : { ...others, userId };
  const merged: Subject = { ...openSubject(vault, row), ...withoutUndefined(told) };
  await db.all(
    `UPDATE identities SET open_id_index = $2, user_id_index = $3, subject_sealed = $4, last_authenticated_at = now_ms()
     WHERE id = $1`,
    ...[row.id, index('openId', merged.openId), index('userId', merged.userId), sealSubject(vault, row.id, merged)],
  );
  return row.id;
};

const withoutUndefined = (subject: Subject): Subject =>
  Object.fromEntries(Object.entries(subject).filter(([, value]) => value !== undefined));

/** The identities that the references name, in their order, in one statement for each kind of key that occurs. */
export const findIdentities = async (
  db: Db,
  vault: Vault,
  refs: readonly IdentityRef[],
): Promise<(PayerIdentity | VaultError | undefined)[]> => {
  const wanted = refs.map((ref) => {
    if ('id' in ref) return { kind: 'id' as const, id: ref.id, key: `id ${ref.id}` };
    const kind = 'openId' in ref ? ('openId' as const) : ('userId' as const);
    const value = 'openId' in ref ? ref.openId : ref.userId;
    const index = keyIndex(vault, kind, ref.channelId, ref.appId, value);
    return { kind, index, key: `${kind} ${hex(index)}` };
  });
  const ids = wanted.flatMap((want) => (want.kind === 'id' ? [want.id] : []));
  const indexes = (kind: KeyKind) => wanted.flatMap((want) => (want.kind === kind ? [want.index] : []));

  const found = new Map<string, PayerIdentity | VaultError>();
  const keep = (rows: readonly IdentityRow[], key: (row: IdentityRow) => string) => {
    for (const row of rows)
      found.set(
        key(row),
        openOrError(() => readIdentity(vault, row)),
      );
  };
  if (ids.length > 0)
    keep(await db.all('SELECT * FROM identities WHERE id in_texts($1)', ids), (row) => `id ${row.id}`);
  const byOpenId = indexes('openId');
  if (byOpenId.length > 0)
    keep(
      await db.all('SELECT * FROM identities WHERE open_id_index in_blobs($1)', byOpenId),
      (row) => `openId ${hex(row.open_id_index ?? new Uint8Array())}`,
    );
  const byUserId = indexes('userId');
  if (byUserId.length > 0)
    keep(
      await db.all('SELECT * FROM identities WHERE user_id_index in_blobs($1)', byUserId),
      (row) => `userId ${hex(row.user_id_index ?? new Uint8Array())}`,
    );
  return wanted.map(({ key }) => found.get(key));
};

export const identityRow = (db: Db, id: string | null): Promise<IdentityRow | undefined> =>
  id === null
    ? Promise.resolve(undefined)
    : firstRow(db.all<IdentityRow>('SELECT * FROM identities WHERE id = $1', id));
