/**
 * The time of a state token, by the clock of the service, and of its session, by the store's: if one of them ends a
 * second before the other, or more, the payer's page gets the same answer.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { PayerIdentityError } from '../../src/failure.ts';
import { createApps } from '../../src/identity/apps.ts';
import { createAuthentication } from '../../src/identity/authentication.ts';
import type { CallContext } from '../../src/identity/call.ts';
import { createRedeemOnce } from '../../src/identity/redeem-once.ts';
import { createReadSession } from '../../src/identity/results.ts';
import { createSessionSteps } from '../../src/identity/session-steps.ts';
import { createStateTokens } from '../../src/identity/state-token.ts';
import { createLog } from '../../src/lib/log.ts';
import { createMetrics } from '../../src/metrics.ts';
import { anonymous } from '../../src/security/caller.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import { completeSource } from '../support/services/complete-source.ts';
import { createTestTime } from '../support/store-model/time.ts';

const times = { deadlineMs: 1_000, patienceMs: 1_000, leaseMs: 5_000, resultTtlMs: 300_000, codeTtlMs: 900_000 };
const returnUrl = 'https://shop.example/payer';

/** The use cases at an instance whose clock is ahead of the one that issued the state, which has the store's. */
const open = async (aheadMs: number) => {
  // Not a whole second: tokens have whole ones.
  let atMs = Date.UTC(2026, 0, 1, 12, 0, 0, 400);
  let differenceMs = 0;
  const time = createTestTime({ frozen: true });
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-expiry-'));
  const engine = openSqlite({ file: join(folder, 'store.sqlite'), now: () => atMs });
  const vault = openVault(generateVaultKeys());
  const store = createStore(engine, { vault, times, clock: time.clockOf(engine) });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  await store.ready();
  const log = createLog('silent');
  const app = {
    id: 'demo',
    channels: { ali_pay: 'complete' },
    returnUrls: [returnUrl],
    sessions: 'optional',
    attempts: 5,
  };
  const config = {
    defaultApp: 'demo',
    apps: [app as never],
    channelTitles: {},
    sources: { complete: { type: 'test' } },
  };
  const apps = createApps(config, { get: () => completeSource('upstream') });
  const stateTokens = createStateTokens(vault, () => atMs + differenceMs);
  const redeemOnce = createRedeemOnce({ store, log, metrics: createMetrics(), times });
  const callerOf = () => Promise.reject(new Error('No call is signed'));
  const authentication = createAuthentication({ store, apps, redeemOnce, stateTokens, callerOf, times });
  const readSession = createReadSession({ store, apps, log, times });
  const steps = createSessionSteps({ store, apps, stateTokens, readSession });
  const call: CallContext = {
    ...{ caller: anonymous, traceId: 'trace', signal: new AbortController().signal },
    ...{ prolong() {}, note() {} },
  };
  const started = await authentication.startAuthentication({ channelId: 'ali_pay', returnUrl }, call);
  const { state, queryCode } = started;
  differenceMs = aheadMs;
  const codeOf = (answer: Promise<unknown>) =>
    answer.then(
      () => 'stored',
      (error: unknown) => (error instanceof PayerIdentityError ? error.code : String(error)),
    );
  return {
    queryCode,
    cancel: () => steps.cancel(queryCode, call),
    set: (authCode: string) =>
      codeOf(authentication.authenticateAndSet({ channelId: 'ali_pay', authCode, state }, call)),
    report: () => codeOf(steps.report({ channelId: 'ali_pay', state, step: 'DECLINED' }, call)),
    read: () => readSession(queryCode, call, async () => 5),
    async advance(ms: number) {
      atMs += ms;
      await time.pass(ms);
    },
    sweep: () => store.sweep(),
  };
};

const clocks = [0, 1_000, -1_000, 60_000, -60_000, -700_000];
const lifeMs = times.resultTtlMs;

test.each(clocks.filter((aheadMs) => Math.abs(aheadMs) <= 1_000))(
  'a second before its end a session takes codes and reports at an instance whose clock is %i ms ahead',
  async (aheadMs) => {
    const session = await open(aheadMs);
    await session.advance(lifeMs - 1_000);
    expect(await session.report()).toBe('stored');
    expect(await session.read()).toMatchObject({ status: 'WAITING', step: 'DECLINED' });
    expect(await session.set('refused_1')).toBe('AUTH_CODE_REFUSED');
    expect(await session.set('ok_1')).toBe('stored');
  },
);

test.each(
  clocks.flatMap((aheadMs) =>
    [0, 1, 599, 600, 1_000, lifeMs - 1, lifeMs, lifeMs + 1_000].map((afterMs) => [aheadMs, afterMs]),
  ),
)(
  'at an instance whose clock is %i ms ahead, a session has expired %i ms after its end',
  async (aheadMs, afterMs = 0) => {
    for (const codes of [0, 1]) {
      const session = await open(aheadMs);
      if (codes) expect(await session.set('refused_1')).toBe('AUTH_CODE_REFUSED');
      await session.advance(lifeMs + afterMs);
      for (const swept of [false, true]) {
        if (swept) await session.sweep();
        expect(await session.set('ok_1'), `swept: ${swept}`).toBe('SESSION_EXPIRED');
        expect(await session.report(), `swept: ${swept}`).toBe('SESSION_EXPIRED');
      }
      const isShown = afterMs < lifeMs;
      expect(await session.read()).toEqual(
        isShown ? expect.objectContaining({ failureCode: 'SESSION_EXPIRED' }) : undefined,
      );
    }
  },
);

test('a session whose last code failed shows that failure until it expires, and takes no code meanwhile', async () => {
  const session = await open(0);
  await session.advance(lifeMs - 2_000);
  expect(await session.set('refused_1')).toBe('AUTH_CODE_REFUSED');
  await session.advance(2_000);
  expect(await session.set('ok_1')).toBe('SESSION_EXPIRED');
  expect(await session.report()).toBe('SESSION_EXPIRED');
  const failed = { status: 'FAILED', failureCode: 'AUTH_CODE_REFUSED' };
  expect(await session.read()).toMatchObject(failed);
  expect(await session.cancel()).toMatchObject(failed);
  await session.advance(lifeMs - 2_000);
  expect(await session.read()).toMatchObject({ status: 'FAILED', failureCode: 'SESSION_EXPIRED' });
});

test('a session whose code was not sent ends when its state does', async () => {
  const session = await open(0);
  await session.advance(lifeMs - 2_000);
  expect(await session.set('overloaded_1')).toBe('OVERLOADED');
  expect(await session.read()).toMatchObject({ status: 'WAITING' });
  await session.advance(2_000);
  expect(await session.set('ok_1')).toBe('SESSION_EXPIRED');
  expect(await session.read()).toMatchObject({ status: 'FAILED', failureCode: 'SESSION_EXPIRED' });
});

test('an expired session that had succeeded is unknown', async () => {
  const session = await open(0);
  expect(await session.set('ok_1')).toBe('stored');
  expect(await session.read()).toMatchObject({ status: 'SUCCEEDED' });
  await session.advance(lifeMs);
  expect(await session.read()).toBeUndefined();
  expect(await session.cancel()).toBeUndefined();
});
