import { mkdirSync } from 'node:fs';
import { openConfiguredVault } from '../../config/keys.ts';
import { type Config, loadConfig, storeTimes } from '../../config/load.ts';
import { createLog } from '../../lib/log.ts';
import { createStore } from '../../store/create-store.ts';
import { openEngine } from '../../store/engine/open.ts';
import type { Store } from '../../store/store.ts';

/** The configuration of the service beside which a command runs; of sandbox mode only where its files are. */
export const loadServiceConfig = async (): Promise<Config> => {
  const config = await loadConfig(process.env, async () => ({
    defaultApp: 'sandbox',
    apps: [{ id: 'sandbox', channels: {} }],
    sources: {},
  }));
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  return config;
};

export const openServiceStore = async (config: Config): Promise<Store> =>
  createStore(await openEngine(config, createLog(config.logLevel)), {
    vault: openConfiguredVault(config, process.env),
    times: storeTimes(config),
  });

const READABLE: readonly string[] = [
  'Error',
  'ConfigError',
  'VaultError',
  'KeysMismatch',
  'DatabaseUnavailable',
  'DatabaseOverloaded',
  'CommitInDoubt',
];

/** Runs a command; of an error it shows what may be seen. */
export const runCommand = async (command: () => Promise<void>): Promise<void> => {
  try {
    await command();
  } catch (error) {
    // Our own messages and the system's name paths and settings; a parser's may quote a secret.
    const readable = error instanceof Error && READABLE.includes(error.name);
    console.error(readable ? error.message : 'An unexpected error');
    process.exitCode = 1;
  }
};
