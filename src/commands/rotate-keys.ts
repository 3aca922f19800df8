/**
 * `npm run keys:rotate`: seals all values with the newest key, while the service runs. May run again after it was broken
 * off. In sandbox mode it creates a new key first; with a configuration file the newest is the first of `keys.seal`.
 * The index key is never rotated: with another one, no stored row would be found.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { addSandboxKey } from '../config/keys.ts';
import { ConfigError } from '../config/load.ts';
import { resealAll } from './lib/reseal-all.ts';
import { loadServiceConfig, openServiceStore, runCommand } from './lib/run-command.ts';

const PACE = { batch: 200, pauseMs: 5 };
const MAX_PASSES = 10;

const rotate = async (): Promise<void> => {
  const config = await loadServiceConfig();
  if (config.sandbox) addSandboxKey(config.dataDir);
  const store = await openServiceStore(config);
  try {
    let total = 0;
    for (let pass = 1; ; pass += 1) {
      const { resealed, unreadable } = await resealAll(store, PACE);
      total += resealed;
      const clean = pass > 1 && resealed === 0;
      if (!clean && pass < MAX_PASSES) {
        // A service reads the keys before every sweep, and until then seals with the key that it has.
        await delay(2 * config.times.sweepEveryMs);
        continue;
      }
      console.log(`${total} values were sealed anew, ${unreadable} do not open with any key that is configured.`);
      if (!clean) throw new ConfigError('A service still seals with an older key: restart it, and run this again.');
      if (unreadable > 0) process.exitCode = 1;
      else await store.retireSealKeys();
      console.log(unreadable > 0 ? KEEP : REMOVE);
      return;
    }
  } finally {
    await store.close();
  }
};

const KEEP = 'Do not remove the older keys until the reason is known.';
const REMOVE = 'The older keys may be removed, once every instance has the new one in front.';

await runCommand(async () => {
  if (process.argv[2] !== 'rotate') throw new ConfigError('npm run keys:rotate');
  await rotate();
});
