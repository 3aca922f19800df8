/** The end of what is kept about payers: when its time is over, or when somebody asks. Part of one transaction each. */
import type { Transaction } from './engine.ts';
import type { EraseReport, StoreTimes } from './store.ts';

/** So many rows at most in a transaction, so that others need not wait. */
const BATCH = 500;

/** Deletes some of what has expired; answers how many rows, and whether there may be more. */
export const expire = async (
  db: Transaction,
  { identityTtlMs, certificationTtlMs }: StoreTimes,
): Promise<{ readonly purged: number; readonly more: boolean }> => {
  if (!(await db.alone('expire'))) return { purged: 0, more: false };
  const certifications =
    certificationTtlMs === undefined
      ? []
      : await db.all(
          `DELETE FROM certifications WHERE certify_id_index IN
             (SELECT certify_id_index FROM certifications WHERE started_at <= now_ms() - $1 ORDER BY started_at LIMIT $2)
           RETURNING status`,
          ...[certificationTtlMs, BATCH],
        );
  // An outcome that is still told goes before the payer whom it shows.
  const identities =
    identityTtlMs === undefined
      ? []
      : await db.all(
          `DELETE FROM identities WHERE id IN
             (SELECT id FROM identities WHERE last_authenticated_at <= now_ms() - $1 AND NOT EXISTS
                (SELECT 1 FROM redemptions WHERE identity_id = identities.id AND outcome_until > now_ms())
              ORDER BY last_authenticated_at LIMIT $2)
             -- Once more, for whoever has authenticated while this waited for the row.
             AND last_authenticated_at <= now_ms() - $1
           RETURNING channel_id`,
          ...[identityTtlMs, BATCH],
        );
  return {
    purged: certifications.length + identities.length,
    more: certifications.length === BATCH || identities.length === BATCH,
  };
};

export const erase = async (db: Transaction, identityId: string): Promise<EraseReport> => {
  // First the payer, so that nobody authenticates it meanwhile; an outcome under way is seen below or finds it gone.
  await db.all('SELECT id FROM identities WHERE id = $1 FOR UPDATE', identityId);
  const tokens = await db.all(
    'UPDATE redemptions SET answer_sealed = NULL WHERE identity_id = $1 AND answer_sealed IS NOT NULL RETURNING state',
    identityId,
  );
  // 0 and not now: a transaction that began before this one must not take the outcome for one that is still told.
  const outcomes = await db.all(
    'UPDATE redemptions SET identity_id = NULL, outcome_until = 0 WHERE identity_id = $1 RETURNING state',
    identityId,
  );
  const certifications = await db.all('DELETE FROM certifications WHERE identity_id = $1 RETURNING status', identityId);
  const identities = await db.all('DELETE FROM identities WHERE id = $1 RETURNING channel_id', identityId);
  return {
    identities: identities.length,
    certifications: certifications.length,
    outcomes: outcomes.length,
    tokens: tokens.length,
  };
};
