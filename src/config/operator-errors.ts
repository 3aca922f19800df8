/** What an operator sees of an error that ends the service's start or a command. */
import { VaultError } from '../security/vault.ts';
import { CommitIndeterminate, DatabaseUnavailable } from '../store/engine/engine.ts';
import { KeysMismatch } from '../store/key-check.ts';
import { ConfigError } from './faults.ts';

/** Their messages name settings, paths and reasons, and hold no secret. */
const readable = [ConfigError, VaultError, KeysMismatch, DatabaseUnavailable, CommitIndeterminate];

/** Plain errors, which are ours or the system's, name paths and settings; the message of a parser's may quote a secret. */
export const describeForOperator = (error: unknown): string => {
  if (!(error instanceof Error)) return 'an unexpected error';
  const isReadable = error.name === 'Error' || readable.some((type) => error instanceof type);
  return isReadable ? error.message : 'an unexpected error';
};
