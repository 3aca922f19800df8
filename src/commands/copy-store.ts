/**
 * `npm run -s store:copy -- <SQLite file> [postgres://…]`: moves a deployment to PostgreSQL. The address, which other
 * users of the machine could see, is by default the `store` of the configuration. May run again after it was broken off.
 */
import { openConfiguredVault } from '../config/keys.ts';
import { ConfigError } from '../config/load.ts';
import { copyStore } from './lib/copy-store.ts';
import { loadServiceConfig, runCommand } from './lib/run-command.ts';

const USAGE = 'npm run -s store:copy -- <SQLite file> [postgres://user:password@host:port/database]';

const COPIED = 'Everything was copied. Start the service with this store, and archive the file.';
const FOUND = 'Everything was there already. Start the service with this store, and archive the file.';

await runCommand(async () => {
  const [command, file, address] = process.argv.slice(2);
  if (command !== 'copy' || !file) throw new ConfigError(USAGE);
  const config = await loadServiceConfig();
  const url = address ?? config.store;
  if (!url) throw new ConfigError(`The configuration names no store to copy to: ${USAGE}`);
  if (!/^postgres(?:ql)?:/.test(url) || !URL.canParse(url)) throw new ConfigError(USAGE);
  const vault = openConfiguredVault(config, process.env);
  const { copied } = await copyStore({ file, url, vault, report: (line) => console.log(line) });
  console.log(copied ? COPIED : FOUND);
});
