/** Jumps of the database's clock by hours or days: no used code is forgotten, and no redemption is held. */
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../src/store/model.ts';
import type { OpenedStore, StoreEngine } from '../store.ts';
import { codeOver, leaseOver, MARGIN_MS, rejected, resultOver, succeeded, take, testClaim } from './fixtures.ts';

const HOUR_MS = 3_600_000;
const jumpsOf = (...hours: number[]) => hours.map((count) => [`${count} h`, count * HOUR_MS] as const);
const jumps = jumpsOf(25, -48);
const queryCode = 'query-code-1';

/** Redemptions in each state that a jump may find. */
const fill = async ({ store }: OpenedStore) => {
  const outcomes: readonly [string, Outcome][] = [
    ['SUCCEEDED', { ...succeeded(), accessToken: { value: 'token' } } as Outcome],
    ['REJECTED', rejected],
    ['INDETERMINATE', { state: 'INDETERMINATE', failureCode: 'REPLY_MALFORMED' }],
    ['HELD', { state: 'HELD' }],
    ['ANSWERED', { state: 'ANSWERED', answer: '{}' }],
  ];
  const claimed = await take(store, { authCode: 'CLAIMED', queryCode });
  const sent = await take(store, { authCode: 'SENT' });
  await store.markSent(sent);
  for (const [authCode, outcome] of outcomes) {
    const lease = await take(store, { authCode });
    await store.markSent(lease);
    await store.settle(lease, outcome);
  }
  return { claimed, sent, states: ['SENT', ...outcomes.map(([state]) => state)] };
};

export const clockContract = ({ name, open }: StoreEngine): void => {
  describe(`${name}: a jump of the database's clock`, () => {
    test.each(jumpsOf(25, 1, 24 * 40, -1, -48))(
      'P9: after a jump by %s no code is claimed again, before a sweep and after it',
      async (_, ms) => {
        const opened = await open();
        const { store, clock, join, keys } = opened;
        const { claimed, states } = await fill(opened);
        await store.useNonce({ appId: 'demo', nonce: 'n', fingerprint: 'f' });
        const others = [store, await join(keys.open())];
        await clock.jump(ms);
        for (const one of [...others, await join(keys.open())]) {
          for (const swept of [false, true]) {
            if (swept) await one.sweep();
            for (const state of states)
              expect(await one.claim(testClaim({ authCode: state })), `${state}, swept: ${swept}`).toMatchObject({
                kind: 'DUPLICATE',
                redemption: { state },
              });
            expect(await one.useNonce({ appId: 'demo', nonce: 'n', fingerprint: 'other' })).toBe('USED');
          }
          expect(await one.redemption(claimed.redemptionId)).toMatchObject({ state: 'CLAIMED' });
        }
      },
    );

    test.each(jumps)('P9: after a jump by %s a pending redemption goes on, and its outcome is read', async (_, ms) => {
      const opened = await open();
      const { store, clock } = opened;
      const { claimed } = await fill(opened);
      await clock.jump(ms);
      expect(await store.sweep()).toMatchObject({ released: 0, abandoned: 0 });
      expect(await store.markSent(claimed)).toBe(true);
      expect(await store.session(queryCode)).toMatchObject({ redemption: { state: 'SENT' } });
      await clock.jump(ms);
      await store.sweep();
      expect(await store.settle(claimed, succeeded())).toMatchObject({ state: 'SUCCEEDED' });
      expect(await store.session(queryCode)).toMatchObject({ redemption: { state: 'SUCCEEDED' } });
    });

    test.each(jumps)(
      'P9: after a jump by %s an abandoned redemption ends with its lease, and no later',
      async (_, ms) => {
        const opened = await open();
        const { store, clock } = opened;
        const { sent } = await fill(opened);
        await clock.jump(ms);
        await store.sweep();
        await clock.advance(leaseOver + MARGIN_MS);
        expect(await store.sweep()).toMatchObject({ released: 1, abandoned: 1 });
        expect(await store.redemption(sent.redemptionId)).toMatchObject({ state: 'INDETERMINATE' });
      },
    );

    test.each(jumps)('P9: rows that are written before a jump by %s is noticed end in time', async (_, ms) => {
      const { store, clock } = await open();
      await take(store, { authCode: 'earlier' });
      await clock.jump(ms);
      const lease = await take(store, { authCode: 'in between', queryCode });
      await store.markSent(lease);
      expect(await store.sweep()).toMatchObject({ released: 0, abandoned: 0 });
      // A lease, and a minute, by which one jump moves the store's clock at most.
      await clock.advance(leaseOver + 60_000);
      expect(await store.sweep()).toMatchObject({ abandoned: 1 });
      expect(await store.claim(testClaim({ authCode: 'in between', queryCode }))).toMatchObject({ kind: 'DUPLICATE' });
    });

    test.each(jumps)('P9: outcomes and codes are stored for as long with a jump by %s as without', async (_, ms) => {
      const { store, clock } = await open();
      const lease = await take(store, { queryCode });
      await store.markSent(lease);
      await clock.jump(ms);
      await store.sweep();
      await store.settle(lease, succeeded());
      await clock.advance(resultOver - 2 * MARGIN_MS);
      await store.sweep();
      expect(await store.session(queryCode)).toMatchObject({ redemption: { state: 'SUCCEEDED' } });
      await clock.advance(2 * MARGIN_MS);
      expect(await store.session(queryCode)).toBeUndefined();
      expect(await store.claim(testClaim({ queryCode }))).toEqual({ kind: 'CODE_USED' });
      await clock.advance(codeOver - resultOver - 2 * MARGIN_MS);
      await store.sweep();
      expect(await store.claim(testClaim({ queryCode }))).toEqual({ kind: 'CODE_USED' });
      await clock.advance(2 * MARGIN_MS);
      await store.sweep();
      expect(await store.claim(testClaim({ queryCode }))).toMatchObject({ kind: 'CLAIMED' });
    });

    test.each(jumps)("after a jump by %s expiresAt is shown by the database's clock", async (_, ms) => {
      const { store, clock, query } = await open();
      await store.openSession({ queryCode, stateId: 's', appId: 'demo', channelId: 'wechat_pay' });
      const before = await store.session(queryCode);
      await clock.jump(ms);
      await store.sweep();
      const after = await store.session(queryCode);
      const movedMs = Number(after?.expiresAt) - Number(before?.expiresAt);
      expect(Math.abs(movedMs - ms)).toBeLessThan(MARGIN_MS);
      expect(await query('SELECT id FROM store_clock')).toHaveLength(1);
    });

    test('P9: a jump there and back changes no row', async () => {
      const opened = await open();
      const { store, clock } = opened;
      const { states } = await fill(opened);
      for (const ms of [25 * HOUR_MS, -25 * HOUR_MS, -48 * HOUR_MS, 48 * HOUR_MS]) {
        await clock.jump(ms);
        await store.sweep();
      }
      for (const state of states)
        expect(await store.claim(testClaim({ authCode: state }))).toMatchObject({
          kind: 'DUPLICATE',
          redemption: { state },
        });
    });
  });
};
