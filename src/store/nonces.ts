/** Nonces of signed calls, each of which may be used once. Part of one transaction. */
import type { Vault } from '../security/vault.ts';
import { NOW, type StoreClock } from './clock.ts';
import type { Transaction } from './engine/engine.ts';
import type { NonceUse, NonceVerdict } from './model.ts';

/** A router may send the same request again for this long. */
const REPEAT_MS = 60_000;
/** A signed call is valid from 5 minutes before its time until 5 minutes after; clocks may differ by a minute. */
const REMEMBER_MS = 2 * 300_000 + 60_000;

export const useNonce = async (
  db: Transaction,
  { vault, clock }: { readonly vault: Vault; readonly clock: StoreClock },
  { appId, nonce, fingerprint }: NonceUse,
): Promise<NonceVerdict> => {
  const nonceIndex = vault.blindIndex('nonce', appId, nonce);
  const fingerprintIndex = vault.blindIndex('fingerprint', appId, fingerprint);
  const inserted = await db.all(
    `INSERT INTO nonces (nonce_index, fingerprint_index, used_at, forget_at) VALUES ($1, $2, ${NOW}, ${NOW} + $3)
     ON CONFLICT DO NOTHING RETURNING used_at`,
    [nonceIndex, fingerprintIndex, REMEMBER_MS],
  );
  if (inserted.length > 0) return 'FIRST';
  const renewed = await db.all(
    `UPDATE nonces SET fingerprint_index = $2, used_at = $4, forget_at = $4 + $3
     WHERE nonce_index = $1 AND forget_at <= $4 RETURNING used_at`,
    [nonceIndex, fingerprintIndex, REMEMBER_MS, await clock.read(db)],
  );
  if (renewed.length > 0) return 'FIRST';
  const repeated = await db.all(
    `SELECT used_at FROM nonces WHERE nonce_index = $1 AND fingerprint_index = $2 AND used_at + $3 >= ${NOW}`,
    [nonceIndex, fingerprintIndex, REPEAT_MS],
  );
  return repeated.length > 0 ? 'REPEATED' : 'USED';
};
