import { PayerIdentityError } from '../failure.ts';
import type { Log } from '../lib/log.ts';
import { VaultError } from '../security/vault.ts';

/** A call of the store that failed is worth repeating; what does not open fails again, and stays an error of ours. */
export const storeAway = (cause: unknown): never => {
  if (cause instanceof VaultError) throw cause;
  throw new PayerIdentityError('SERVICE_UNAVAILABLE', { cause });
};

/** The same where nobody else would log the cause. */
export const reportStoreAway =
  (log: Log, { traceId }: { readonly traceId: string }) =>
  (cause: unknown): never => {
    if (!(cause instanceof VaultError)) log.warn('the store failed', { traceId, error: cause });
    return storeAway(cause);
  };
