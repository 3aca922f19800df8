/**
 * `payer-identity copy-store <SQLite file> [postgres://…]`: moves a deployment to PostgreSQL. The address, which other
 * users of the machine could see, is by default the `store` of the configuration. May run again after it was broken off.
 */
import { openConfiguredVault } from '../config/keys.ts';
import { ConfigError } from '../config/load.ts';
import { copyStore } from './lib/copy-store.ts';
import { type Command, loadServiceConfig } from './lib/run-command.ts';

const ADDRESS = 'postgres://user:password@host:port/database';
const COPIED = 'Everything was copied. Start the service with this store, and archive the file.';
const FOUND = 'Everything was there already. Start the service with this store, and archive the file.';

export const copyStoreFrom = async (command: Command, file: string, address?: string): Promise<void> => {
  const { env, output } = command;
  const config = await loadServiceConfig(command);
  const url = address ?? config.store;
  if (!url) throw new ConfigError(`The configuration names no store to copy to: set store to ${ADDRESS}`);
  if (!/^postgres(?:ql)?:/.test(url) || !URL.canParse(url))
    throw new ConfigError(`The address of the database is not of PostgreSQL: ${ADDRESS}`);
  const vault = openConfiguredVault(config, env);
  const tables: string[] = [];
  const report = (line: string) => {
    tables.push(line);
    output.line(line);
  };
  const { copied } = await copyStore({ file, url, vault, report, progress: output.progress });
  output.line(copied ? COPIED : FOUND);
  output.result({ ok: true, copied, tables });
};
