/** How an operator command starts and ends: with the service's configuration, and an exit status. */

import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { prepareDataDir } from '../../config/data-dir.ts';
import { type Config, ConfigError, loadConfig } from '../../config/load.ts';
import { describeForOperator } from '../../config/operator-errors.ts';
import { openConfiguredStore } from '../../config/store.ts';
import { createLog, standardError } from '../../lib/log.ts';
import { sqliteFile } from '../../store/engine/open.ts';
import type { Store } from '../../store/store.ts';
import { createOutput, type Output, type Streams } from './output.ts';

/** What a command runs with. */
export interface Command {
  readonly env: NodeJS.ProcessEnv;
  readonly output: Output;
}

/** The options that every command has. */
export interface CommonOptions {
  readonly config?: string;
  readonly dataDir?: string;
  readonly json?: boolean;
}

/** The configuration of the service beside which a command runs; of sandbox mode only where its files are. */
export const loadServiceConfig = async ({ env }: Command): Promise<Config> => {
  const config = await loadConfig(env, async () => ({
    defaultApp: 'sandbox',
    apps: [{ id: 'sandbox', channels: {} }],
    sources: {},
  }));
  prepareDataDir(config.dataDir);
  return config;
};

/** For what needs a database that is there: in another folder, a new one would be made, in which no payer is. */
export const loadStoreConfig = async (command: Command): Promise<Config> => {
  const config = await loadServiceConfig(command);
  if (config.store === undefined && !existsSync(sqliteFile(config.dataDir)))
    throw new ConfigError(
      `There is no database in ${resolve(config.dataDir)}. Name the folder of the service by --data-dir or DATA_DIR.`,
    );
  return config;
};

export const openServiceStore = async (config: Config, { env }: Command): Promise<Store> => {
  const log = createLog(config.logLevel, standardError());
  const { store } = await openConfiguredStore(config, { env, log });
  return store;
};

/** The environment with what the options say in place of its variables. */
export const environmentOf = ({ config, dataDir }: CommonOptions): NodeJS.ProcessEnv => ({
  ...process.env,
  ...(config !== undefined && { CONFIG: config }),
  ...(dataDir !== undefined && { DATA_DIR: dataDir }),
});

/** Runs a command. When it fails, prints what the operator may see and exits with 1. */
export const runCommand = async (
  options: CommonOptions,
  command: (context: Command) => Promise<void>,
  streams: Streams = { out: process.stdout, err: process.stderr },
): Promise<void> => {
  const output = createOutput(options.json ?? false, streams);
  try {
    await command({ env: environmentOf(options), output });
  } catch (error) {
    const reason = describeForOperator(error);
    output.result({ ok: false, error: reason });
    output.warn(reason);
    process.exitCode = 1;
  }
};
