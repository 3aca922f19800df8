/** Opens the data of a run with the service's own store, for servers beside the service. */
import { createLog } from '../../src/lib/log.ts';
import { openVault, type Vault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import type { Engine } from '../../src/store/engine/engine.ts';
import { openEngine } from '../../src/store/engine/open.ts';
import type { Store } from '../../src/store/store.ts';
import type { Setup } from './setup.ts';

const DAY_MS = 86_400_000;

/** As long as a run may take: a query code that expires would be a cheaper answer. */
export const benchTimes = { resultTtlMs: 7 * DAY_MS, codeTtlMs: 7 * DAY_MS };

interface BenchStore {
  readonly engine: Engine;
  readonly vault: Vault;
  readonly store: Store;
}

export const openBenchStore = async ({ folder, postgres, keys }: Omit<Setup, 'upstream'>): Promise<BenchStore> => {
  const engine = await openEngine({ store: postgres, dataDir: folder }, createLog('error'));
  const vault = openVault(keys);
  const times = { leaseMs: 10_000, identityTtlMs: undefined, certificationTtlMs: 90 * DAY_MS, ...benchTimes };
  const store = createStore(engine, { vault, times });
  await store.ready();
  return { engine, vault, store };
};
