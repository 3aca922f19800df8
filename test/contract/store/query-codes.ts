/** Query codes: what they show, and for how long. */
import { describe, expect, test } from 'vitest';

import type { StoreEngine } from '../store.ts';
import {
  contractTimes,
  count,
  end,
  MARGIN_MS,
  rejected,
  resultOver,
  send,
  succeeded,
  type TestClaim,
  take,
  testClaim,
  times,
} from './fixtures.ts';

export const queryCodeContract = ({ name, open: opened }: StoreEngine): void => {
  describe(`${name}: the query code`, () => {
    test('P4: of 50 concurrent codes for one query code one is redeemed, and its success stays', async () => {
      const { store } = await opened();
      const claims = await times(50, (index) =>
        store.claim(testClaim({ authCode: `code-${index}`, queryCode: 'shared' })),
      );
      const kinds = claims.map(({ kind }) => kind);
      expect([count(kinds, 'CLAIMED'), count(kinds, 'SESSION_TAKEN')]).toEqual([1, 49]);
      const winner = claims.find((verdict) => verdict.kind === 'CLAIMED');
      if (winner?.kind !== 'CLAIMED') throw new Error('No claim won');
      expect((await store.session('shared'))?.redemption?.id).toBe(winner.lease.redemptionId);
      await store.markSent(winner.lease);
      await store.settle(winner.lease, succeeded({ openId: 'the winner' }));
      expect(await store.claim(testClaim({ authCode: 'late', queryCode: 'shared' }))).toEqual({
        kind: 'SESSION_TAKEN',
      });
      expect(await store.session('shared')).toMatchObject({ redemption: { identity: { openId: 'the winner' } } });
    });

    test('a code that lost a query code is still unused', async () => {
      const { store } = await opened();
      await take(store, { queryCode: 'shared' });
      const other = { authCode: 'auth-code-2' };
      expect(await store.claim(testClaim({ ...other, queryCode: 'shared' }))).toEqual({ kind: 'SESSION_TAKEN' });
      await take(store, { ...other, queryCode: 'another' });
    });

    test.each<[string, Partial<TestClaim>]>([
      ['app', { appId: 'other-app' }],
      ['channel', { channelId: 'ali_pay' }],
    ])('P4: a query code is taken for another %s, before an outcome and after', async (_, other) => {
      const { store } = await opened();
      const lease = await send(store, { queryCode: 'shared' });
      const foreign = testClaim({ authCode: 'auth-code-2', queryCode: 'shared', ...other });
      expect(await store.claim(foreign)).toEqual({ kind: 'SESSION_TAKEN' });
      await store.settle(lease, rejected);
      expect(await store.claim(foreign)).toEqual({ kind: 'SESSION_TAKEN' });
    });

    test.each<[string, Partial<TestClaim>]>([
      ['app', { appId: 'other-app' }],
      ['channel', { channelId: 'ali_pay' }],
    ])('a query code stays with its app and channel after a release: another %s is refused', async (_, other) => {
      const { store } = await opened();
      await store.release(await take(store, { queryCode: 'shared' }));
      const foreign = testClaim({ authCode: 'auth-code-2', queryCode: 'shared', ...other });
      expect(await store.claim(foreign)).toEqual({ kind: 'SESSION_TAKEN' });
      await take(store, { authCode: 'auth-code-2', queryCode: 'shared' });
    });

    test('an unused query code shows no session', async () => {
      const { store } = await opened();
      await take(store);
      expect(await store.session('unknown')).toBeUndefined();
      expect(await store.session('')).toBeUndefined();
    });

    test('a query code shows its redemption while that is pending', async () => {
      const { store } = await opened();
      const lease = await take(store, { queryCode: 'query-code-1' });
      const session = { appId: 'demo', channelId: 'wechat_pay', redemption: { id: lease.redemptionId } };
      expect(await store.session('query-code-1')).toMatchObject({ ...session, redemption: { state: 'CLAIMED' } });
      await store.markSent(lease);
      expect(await store.session('query-code-1')).toMatchObject({ ...session, redemption: { state: 'SENT' } });
    });

    test.each(['swept', 'not swept'])(
      'an expired query code is unknown, and free for any caller (%s)',
      async (swept) => {
        const { store, clock } = await opened();
        await end(store, succeeded(), { queryCode: 'query-code-1' });
        await clock.advance(resultOver);
        if (swept === 'swept') await store.sweep();
        expect(await store.session('query-code-1')).toBeUndefined();
        const other = { authCode: 'auth-code-2', appId: 'other-app', channelId: 'ali_pay', queryCode: 'query-code-1' };
        const lease = await take(store, other);
        expect(await store.session('query-code-1')).toMatchObject({
          appId: 'other-app',
          channelId: 'ali_pay',
          redemption: { id: lease.redemptionId },
        });
      },
    );

    test('a query code is valid for resultTtlMs after the outcome', async () => {
      const { store, clock } = await opened();
      const lease = await send(store, { queryCode: 'query-code-1' });
      await clock.advance(contractTimes.leaseMs - MARGIN_MS);
      const ended = await store.settle(lease, succeeded());
      expect((await store.session('query-code-1'))?.expiresAt).toEqual(ended?.expiresAt);
      await clock.advance(contractTimes.resultTtlMs - 1_000);
      expect(await store.session('query-code-1')).toMatchObject({ redemption: { state: 'SUCCEEDED' } });
    });

    test('a query code is valid for resultTtlMs after the collection', async () => {
      const { store, clock } = await opened();
      const held = await end(store, { state: 'HELD' }, { queryCode: 'query-code-1' });
      await clock.advance(contractTimes.resultTtlMs - MARGIN_MS);
      const collected = await store.collect(held.id, { state: 'SUCCEEDED', subject: { openId: 'o' } });
      expect((await store.session('query-code-1'))?.expiresAt).toEqual(collected?.expiresAt);
      await clock.advance(contractTimes.resultTtlMs - MARGIN_MS);
      expect(await store.session('query-code-1')).toMatchObject({ redemption: { state: 'SUCCEEDED' } });
    });

    test.each(['claim', 'sweep'] as const)(
      'a query code is valid for resultTtlMs after a %s abandoned its send',
      async (noticed) => {
        const { store, clock } = await opened();
        const lease = await send(store, { queryCode: 'query-code-1' });
        await clock.advance(contractTimes.resultTtlMs - MARGIN_MS);
        await (noticed === 'sweep' ? store.sweep() : store.claim(testClaim({ queryCode: 'query-code-1' })));
        const ended = await store.redemption(lease.redemptionId);
        expect(ended).toMatchObject({ state: 'INDETERMINATE' });
        expect((await store.session('query-code-1'))?.expiresAt).toEqual(ended?.expiresAt);
        await clock.advance(2 * MARGIN_MS);
        expect(await store.session('query-code-1')).toMatchObject({ redemption: { state: 'INDETERMINATE' } });
      },
    );
  });
};
