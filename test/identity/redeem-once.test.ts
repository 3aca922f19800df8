/** Waiting for another call's outcome, on stores that share a database. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createRedeemOnce } from '../../src/identity/redeem-once.ts';
import { createLog } from '../../src/lib/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import { claimOf, contractTimes } from '../contract/store/fixtures.ts';

test('a duplicate whose wake-up got lost reads the outcome long before patienceMs', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-once-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const vault = openVault(generateVaultKeys());
  // Two processes on one SQLite file do not wake each other: it is as if every notice got lost.
  const open = () => {
    const engine = openSqlite({ file: join(folder, 'store.sqlite'), now: Date.now });
    const store = createStore(engine, { vault, times: contractTimes });
    onTestFinished(() => store.close());
    return store;
  };
  const [here, there] = [open(), open()];
  const place = { source: 'daxpay', upstreamAppId: 'upstream', appId: 'demo', channelId: 'ali_pay' };
  const claim = claimOf({ ...place, authCode: 'code', caller: 'router', traceId: 'trace' });
  const verdict = await there.claim(claim);
  if (verdict.kind !== 'CLAIMED') throw new Error('Expected CLAIMED');
  await there.markSent(verdict.lease);

  const times = { deadlineMs: 1_000, patienceMs: 60_000, leaseMs: contractTimes.leaseMs };
  const redeemOnce = createRedeemOnce({ store: here, log: createLog('silent'), metrics: createMetrics(), times });
  const awaited = redeemOnce(claim, () => Promise.reject(new Error('A duplicate sends nothing')), {
    clientGone: new AbortController().signal,
  });
  // It has to be asleep: what it sees when it first looks needs no wake-up.
  await new Promise((resolve) => setTimeout(resolve, 300));
  await there.settle(verdict.lease, { state: 'REJECTED', failureCode: 'AUTH_CODE_EXPIRED' });
  const settledAt = performance.now();
  expect(await awaited).toMatchObject({ state: 'REJECTED', failureCode: 'AUTH_CODE_EXPIRED' });
  expect(performance.now() - settledAt).toBeLessThan(10_000);
});
