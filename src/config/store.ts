/** Opens the vault and the store that a configuration names: for the service, and for the commands beside it. */
import type { Log } from '../lib/log.ts';
import type { Vault } from '../security/vault.ts';
import { createStore } from '../store/create-store.ts';
import { type EngineOptions, openEngine } from '../store/engine/open.ts';
import type { NewIdentityId } from '../store/model.ts';
import type { Store } from '../store/store.ts';
import { openConfiguredVault } from './keys.ts';
import { type Config, storeTimes } from './load.ts';

interface OpenOptions extends EngineOptions {
  readonly env: NodeJS.ProcessEnv;
  readonly log: Log;
  readonly newIdentityId?: NewIdentityId | undefined;
}

interface ConfiguredStore {
  readonly vault: Vault;
  readonly store: Store;
}

export const openConfiguredStore = async (
  config: Config,
  { env, log, newIdentityId, ...engineOptions }: OpenOptions,
): Promise<ConfiguredStore> => {
  const vault = openConfiguredVault(config, env);
  const openedIdentities = { max: config.cache.identities, maxAgeMs: config.cache.maxAgeMs };
  const engine = await openEngine(config, log, engineOptions);
  return {
    vault,
    store: createStore(engine, { vault, times: storeTimes(config), log, newIdentityId, openedIdentities }),
  };
};
