/** Values that may be used once. Part of one transaction. */
import type { Vault } from '../security/vault.ts';
import { one, type Transaction } from './engine.ts';
import type { NonceUse, NonceVerdict } from './store.ts';

/** A router may send what it has sent once more, for so long. */
const REPEAT_MS = 60_000;
/** A signed call is good for 5 minutes before and after its time; clocks may be a minute apart. */
const REMEMBER_MS = 2 * 300_000 + 60_000;

export const useNonce = async (
  db: Transaction,
  vault: Vault,
  { appId, nonce, fingerprint }: NonceUse,
): Promise<NonceVerdict> => {
  const nonceIndex = vault.index('nonce', appId, nonce);
  const fingerprintIndex = vault.index('fingerprint', appId, fingerprint);
  const first = await db.all(
    `INSERT INTO nonces VALUES ($1, $2, now_ms(), now_ms() + $3)
     ON CONFLICT (nonce_index) DO UPDATE SET
       fingerprint_index = excluded.fingerprint_index, used_at = excluded.used_at, forget_at = excluded.forget_at
       WHERE nonces.forget_at <= now_ms()
     RETURNING used_at`,
    ...[nonceIndex, fingerprintIndex, REMEMBER_MS],
  );
  if (first.length > 0) return 'FIRST';
  const repeated = await one(
    db.all(
      'SELECT used_at FROM nonces WHERE nonce_index = $1 AND fingerprint_index = $2 AND used_at + $3 >= now_ms()',
      ...[nonceIndex, fingerprintIndex, REPEAT_MS],
    ),
  );
  return repeated ? 'REPEATED' : 'USED';
};
