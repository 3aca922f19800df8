import { expect, onTestFinished, test } from 'vitest';
import { createRedeemOnce } from '../../src/identity/redeem-once.ts';
import { ExchangeError } from '../../src/lib/exchange.ts';
import { createLog } from '../../src/lib/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import type { Outcome } from '../../src/store/model.ts';

const times = { deadlineMs: 5_000, patienceMs: 5_000, leaseMs: 10_000, resultTtlMs: 60_000, codeTtlMs: 60_000 };
const start = () => {
  const options = {
    vault: openVault(generateVaultKeys()),
    times: { ...times, certificationTtlMs: 60_000, identityTtlMs: undefined },
  };
  const store = createStore(openSqlite({ file: ':memory:', now: Date.now }), options);
  onTestFinished(() => store.close());
  return createRedeemOnce({ store, log: createLog('silent'), metrics: createMetrics(), times });
};

const claim = {
  source: 'source',
  upstreamAppId: 'app',
  kind: 'authCode' as const,
  code: 'code',
  binding: ['caller'],
  appId: 'app',
  channelId: 'channel',
  session: undefined,
  traceId: '0'.repeat(32),
};
const success = async (): Promise<Outcome> => ({ state: 'SUCCEEDED', subject: { openId: 'somebody' } });
const conditions = { clientGone: new AbortController().signal };

test('a code is sent again only when provably nothing was sent', async () => {
  const redeemOnce = start();
  let attempts = 0;
  const exchange = async () => {
    attempts += 1;
    if (attempts < 3) throw new ExchangeError('refused', false);
    return success();
  };
  expect(await redeemOnce(claim, exchange, conditions)).toMatchObject({ state: 'SUCCEEDED' });
  expect(attempts).toBe(3);
});

test('a code whose client leaves between two attempts is not sent again, is released at once and can be redeemed', async () => {
  const redeemOnce = start();
  const gone = new AbortController();
  let attempts = 0;
  const refused = async () => {
    attempts += 1;
    // While the second attempt is being waited for.
    setTimeout(() => gone.abort(), 5);
    throw new ExchangeError('refused', false);
  };
  await expect(redeemOnce(claim, refused, { clientGone: gone.signal })).rejects.toMatchObject({
    code: 'CHANNEL_UNREACHABLE',
  });
  expect(attempts).toBe(1);
  expect(await redeemOnce(claim, success, conditions)).toMatchObject({ state: 'SUCCEEDED' });
});

test('a call whose client has gone before it starts claims nothing', async () => {
  const redeemOnce = start();
  const never = () => Promise.reject(new Error('it was sent'));
  await expect(redeemOnce(claim, never, { clientGone: AbortSignal.abort() })).rejects.toMatchObject({
    code: 'CHANNEL_UNREACHABLE',
  });
  expect(await redeemOnce(claim, success, conditions)).toMatchObject({ state: 'SUCCEEDED' });
});

test('P5: the outcome of a code that was sent is awaited and stored after its client has gone', async () => {
  const redeemOnce = start();
  const gone = new AbortController();
  const exchange = async () => {
    gone.abort();
    await new Promise((resolve) => setTimeout(resolve, 50));
    return success();
  };
  expect(await redeemOnce(claim, exchange, { clientGone: gone.signal })).toMatchObject({ state: 'SUCCEEDED' });
  const never = () => Promise.reject(new Error('it was sent again'));
  expect(await redeemOnce(claim, never, conditions)).toMatchObject({ state: 'SUCCEEDED' });
});
