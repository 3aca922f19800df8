/** Sweeps the store at an interval, and reads the keys again before each sweep. */
import type { Log } from '../lib/log.ts';
import type { Vault } from '../security/vault.ts';
import { DatabaseOverloaded, DatabaseUnavailable } from './engine/engine.ts';
import { KeysMismatch } from './key-check.ts';
import type { Store } from './store.ts';

interface SweeperOptions {
  readonly store: Pick<Store, 'sweep'>;
  readonly vault: Pick<Vault, 'refresh' | 'newestId'>;
  readonly log: Log;
  readonly everyMs: number;
  /** Runs first, at each interval. */
  before(): void;
}

export interface Sweeper {
  stop(): void;
}

const refreshKeys = ({ vault, log }: SweeperOptions): void => {
  try {
    const before = vault.newestId();
    vault.refresh();
    // The old key of a rotation may be removed when every instance has logged this.
    if (vault.newestId() !== before) log.info('new values are sealed with another key', { sealKey: vault.newestId() });
  } catch (error) {
    log.error('the keys could not be read again', { error });
  }
};

const sweep = async ({ store, log }: SweeperOptions): Promise<void> => {
  try {
    const { released, abandoned } = await store.sweep();
    if (released + abandoned > 0) log.warn('redemptions were left behind and ended', { count: released + abandoned });
  } catch (error) {
    // The engine has logged that the database is unavailable, and logs when it is back: no line for each interval.
    if (error instanceof DatabaseUnavailable && !(error instanceof DatabaseOverloaded)) return;
    // A KeysMismatch names the key and what to do, and holds no value; until then nothing new is claimed.
    log.error(error instanceof KeysMismatch ? error.message : 'the sweep failed', { error });
  }
};

export const startSweeper = (options: SweeperOptions): Sweeper => {
  const run = async () => {
    options.before();
    refreshKeys(options);
    await sweep(options);
  };
  const timer = setInterval(run, options.everyMs).unref();
  return { stop: () => clearInterval(timer) };
};
