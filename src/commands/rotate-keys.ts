/**
 * `payer-identity rotate-keys`: seals all values with the newest key, while the service runs. May run again after it was
 * broken off. In sandbox mode it creates a new key first; with a configuration file the newest is the first of
 * `keys.seal`. The index key is never rotated: with another one, no stored row would be found.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { addSandboxKey } from '../config/keys.ts';
import { ConfigError } from '../config/load.ts';
import type { Store } from '../store/store.ts';
import { resealAll } from './lib/reseal-all.ts';
import { type Command, loadStoreConfig, openServiceStore } from './lib/run-command.ts';

const PACE = { batch: 200, pauseMs: 5 };
const MAX_PASSES = 10;

const KEEP = 'Do not remove the older keys until the reason is known.';
const REMOVE = 'The older keys may be removed, once every instance has the new one in front.';

interface Passes {
  readonly resealed: number;
  readonly unreadable: number;
  /** False when a service seals with an older key even now. */
  readonly clean: boolean;
}

/** Passes over the store until one finds nothing to seal anew. */
const passUntilClean = async (store: Store, pauseMs: number, output: Command['output']): Promise<Passes> => {
  let total = 0;
  for (let pass = 1; ; pass += 1) {
    const { resealed, unreadable } = await resealAll(store, PACE, (count) =>
      output.progress(`pass ${pass}: ${total + count} values were sealed anew`),
    );
    total += resealed;
    const clean = pass > 1 && resealed === 0;
    if (clean || pass === MAX_PASSES) return { resealed: total, unreadable, clean };
    output.progress(`pass ${pass}: ${total} values were sealed anew; running services read the new key`);
    // A service reads the keys before every sweep, and until then seals with the key that it has.
    await delay(pauseMs);
  }
};

export const rotateKeys = async (command: Command): Promise<void> => {
  const { output } = command;
  const config = await loadStoreConfig(command);
  if (config.sandbox) addSandboxKey(config.dataDir);
  const store = await openServiceStore(config, command);
  try {
    const { resealed, unreadable, clean } = await passUntilClean(store, 2 * config.times.sweepEveryMs, output);
    output.line(`${resealed} values were sealed anew, ${unreadable} do not open with any key that is configured.`);
    if (!clean) throw new ConfigError('A service still seals with an older key: restart it, and run this again.');
    if (unreadable > 0) process.exitCode = 1;
    else await store.retireSealKeys();
    output.line(unreadable > 0 ? KEEP : REMOVE);
    output.result({ ok: unreadable === 0, resealed, unreadable });
  } finally {
    await store.close();
  }
};
