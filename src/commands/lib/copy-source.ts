/** The SQLite file that a store is copied from: of this release, and written with the configured keys. */
import { ConfigError } from '../../config/load.ts';
import { type Vault, VaultError } from '../../security/vault.ts';
import { currentSchema } from '../../store/engine/migrate.ts';
import { openSqliteTables, type SqliteTables } from '../../store/engine/sqlite-tables.ts';
import { KeysMismatch, requireKeysMatch } from '../../store/key-check.ts';

/** With other keys, nothing in the copy could be opened or found. */
const requireUsable = async ({ schema, db }: SqliteTables, file: string, vault: Vault): Promise<void> => {
  const current = currentSchema('sqlite');
  if (schema !== current)
    throw new ConfigError(`${file} has schema ${schema}, this release ${current}: run migrate on it`);
  try {
    await requireKeysMatch(db, vault);
  } catch (error) {
    if (!(error instanceof KeysMismatch)) throw error;
    const message = `The keys are not those that ${file} was written with: take the configuration of its service`;
    throw new VaultError(message, { cause: error });
  }
};

/** Opens the file of a service that is stopped. Rejects with VaultError when it was written with other keys. */
export const openSource = async (file: string, vault: Vault): Promise<SqliteTables> => {
  const source = openSqliteTables(file);
  try {
    await requireUsable(source, file, vault);
    return source;
  } catch (error) {
    source.close();
    throw error;
  }
};
