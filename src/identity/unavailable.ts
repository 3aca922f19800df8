import { PayerIdentityError } from '../failure.ts';
import { VaultError } from '../security/vault.ts';

/**
 * Turns a failed call of the store into SERVICE_UNAVAILABLE, which callers repeat. A VaultError is rethrown: a sealed value
 * that does not open fails again.
 */
export const throwUnavailable = (cause: unknown): never => {
  if (cause instanceof VaultError) throw cause;
  throw new PayerIdentityError('SERVICE_UNAVAILABLE', { cause });
};
