import { PayerIdentityError } from '../failure.ts';
import { VaultError } from '../security/vault.ts';

/** A call of the store that failed is worth repeating; what does not open fails again, and stays an error of ours. */
export const throwUnavailable = (cause: unknown): never => {
  if (cause instanceof VaultError) throw cause;
  throw new PayerIdentityError('SERVICE_UNAVAILABLE', { cause });
};
