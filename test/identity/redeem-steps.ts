/** A store on a SQLite file for the steps of a redemption, with what fails or hangs put in the place of its methods. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import type { Lease } from '../../src/store/model.ts';
import type { Store } from '../../src/store/store.ts';
import { contractTimes, testClaim } from '../contract/store/fixtures.ts';

export const traceId = 'trace-1';

export const openSteps = (changes: (store: Store) => Partial<Store> = () => ({})) => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-steps-'));
  const engine = openSqlite({ file: join(folder, 'store.sqlite'), now: Date.now });
  const plain = createStore(engine, { vault: openVault(generateVaultKeys()), times: contractTimes });
  onTestFinished(async () => {
    await plain.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const lines: { readonly msg: string; readonly [field: string]: unknown }[] = [];
  const log = createLog('info', { write: (line) => void lines.push(JSON.parse(line)) });
  const metrics = createMetrics();
  /** How often a redemption was counted, by its end. */
  const counted = async () =>
    Object.fromEntries((await metrics.redemptions.get()).values.map(({ labels, value }) => [labels.state, value]));
  return { plain, store: { ...plain, ...changes(plain) }, log, lines, metrics, counted };
};

export const claim = async (store: Store): Promise<Lease> => {
  const verdict = await store.claim(testClaim());
  if (verdict.kind !== 'CLAIMED') throw new Error(`Expected CLAIMED, not ${verdict.kind}`);
  return verdict.lease;
};

export const send = async (store: Store): Promise<Lease> => {
  const lease = await claim(store);
  await store.markSent(lease);
  return lease;
};

export const rejected = { state: 'REJECTED', failureCode: 'AUTH_CODE_EXPIRED' } as const;
