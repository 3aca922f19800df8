/** How an operator command starts and ends: with the service's configuration, and an exit status. */
import { mkdirSync } from 'node:fs';
import { type Config, loadConfig } from '../../config/load.ts';
import { describeForOperator } from '../../config/operator-errors.ts';
import { openConfiguredStore } from '../../config/store.ts';
import { createLog } from '../../lib/log.ts';
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

export const openServiceStore = async (config: Config): Promise<Store> => {
  const log = createLog(config.logLevel);
  const { store } = await openConfiguredStore(config, { env: process.env, log });
  return store;
};

/** Runs a command. When it fails, prints what the operator may see and exits with 1. */
export const runCommand = async (command: () => Promise<void>): Promise<void> => {
  try {
    await command();
  } catch (error) {
    console.error(describeForOperator(error));
    process.exitCode = 1;
  }
};
