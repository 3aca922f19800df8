/** Claims, leases and releases of auth codes. */
import { describe, expect, test } from 'vitest';
import type { Lease, Outcome } from '../../../src/store/model.ts';
import type { StoreEngine } from '../store.ts';
import {
  contractTimes,
  count,
  end,
  leaseOver,
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

export const claimContract = ({ name, open: opened }: StoreEngine): void => {
  describe(`${name}: claiming an auth code`, () => {
    test('P1: of 50 concurrent claims of one code exactly one is CLAIMED and the others are DUPLICATE', async () => {
      const { store } = await opened();
      const verdicts = await times(50, () => store.claim(testClaim()));
      const kinds = verdicts.map(({ kind }) => kind);
      expect([count(kinds, 'CLAIMED'), count(kinds, 'DUPLICATE')]).toEqual([1, 49]);
      const ids = verdicts.flatMap((verdict) => {
        if (verdict.kind === 'CLAIMED') return [verdict.lease.redemptionId];
        return verdict.kind === 'DUPLICATE' ? [verdict.redemption.id] : [];
      });
      expect(new Set(ids).size).toBe(1);
    });

    test('P1: of 50 concurrent claims that mark exactly one is MARKED, and the others are duplicates of a sent code', async () => {
      const { store } = await opened();
      const verdicts = await times(50, () => store.claim({ ...testClaim(), marks: true }));
      expect(
        count(
          verdicts.map(({ kind }) => kind),
          'MARKED',
        ),
      ).toBe(1);
      const others = verdicts.flatMap((verdict) => (verdict.kind === 'DUPLICATE' ? [verdict.redemption.state] : []));
      expect(others).toEqual(Array.from({ length: 49 }, () => 'SENT'));
    });

    test('P1: a code that its claim has marked is not marked again, and is settled or released by its owner alone', async () => {
      const { store } = await opened();
      const mark = async (authCode: string) => {
        const verdict = await store.claim({ ...testClaim({ authCode }), marks: true });
        if (verdict.kind !== 'MARKED') throw new Error(`Expected MARKED, not ${verdict.kind}`);
        return verdict.lease;
      };
      const [first, second] = [await mark('code-1'), await mark('code-2')];
      expect(await store.markSent(first)).toBe(false);
      expect(await store.release({ ...second, owner: first.owner })).toBe(false);
      expect(await store.settle(first, succeeded())).toMatchObject({ state: 'SUCCEEDED' });
      expect(await store.release(second)).toBe(true);
      await mark('code-2');
    });

    test('P3: a code that its claim has marked ends INDETERMINATE when its lease is over', async () => {
      const { store, clock } = await opened();
      await store.claim({ ...testClaim(), marks: true });
      await clock.advance(leaseOver);
      expect(await store.claim({ ...testClaim(), marks: true })).toMatchObject({
        kind: 'DUPLICATE',
        redemption: { state: 'INDETERMINATE' },
      });
    });

    test('a claim that marks does not mark a code that another owner left unsent', async () => {
      const { store, clock } = await opened();
      await take(store);
      await clock.advance(leaseOver);
      const verdict = await store.claim({ ...testClaim(), marks: true });
      if (verdict.kind !== 'CLAIMED') throw new Error(`Expected CLAIMED, not ${verdict.kind}`);
      expect(await store.markSent(verdict.lease)).toBe(true);
    });

    test('50 concurrent claims of different codes are all CLAIMED', async () => {
      const { store } = await opened();
      const leases = await times(50, (index) => take(store, { authCode: `code-${index}` }));
      expect(new Set(leases.map(({ redemptionId }) => redemptionId)).size).toBe(50);
      expect(new Set(leases.map(({ owner }) => owner)).size).toBe(50);
    });

    test.each<[string, Partial<TestClaim>]>([
      ['caller', { caller: 'payer page' }],
      ['app', { appId: 'other-app' }],
      ['channel', { channelId: 'ali_pay' }],
      ['query code', { queryCode: 'query-code-2' }],
      ['absence of a query code', { queryCode: undefined }],
    ])('a claim of a used auth code with another %s is CODE_USED, before and after the outcome', async (_, other) => {
      const { store, clock } = await opened();
      const lease = await send(store, { queryCode: 'query-code-1' });
      expect(await store.claim(testClaim({ queryCode: 'query-code-1', ...other }))).toEqual({ kind: 'CODE_USED' });
      await store.settle(lease, succeeded());
      expect(await store.claim(testClaim({ queryCode: 'query-code-1', ...other }))).toEqual({ kind: 'CODE_USED' });
      await clock.advance(leaseOver);
      expect(await store.claim(testClaim({ queryCode: 'query-code-1', ...other }))).toEqual({ kind: 'CODE_USED' });
      if (other.queryCode) expect(await store.session(other.queryCode)).toBeUndefined();
    });

    test('an abandoned claim is not given to another caller while its code counts as used', async () => {
      const { store, clock } = await opened();
      await take(store);
      await clock.advance(leaseOver);
      expect(await store.claim(testClaim({ caller: 'payer page' }))).toEqual({ kind: 'CODE_USED' });
    });

    test.each<[string, Partial<TestClaim>]>([
      ['upstream application', { upstreamAppId: 'other-upstream-app' }],
      ['spelling', { authCode: 'AUTH-CODE-1' }],
    ])('a code of another %s is another code', async (_, other) => {
      const { store } = await opened();
      await take(store);
      await take(store, other);
    });

    test('a code is the same code under another name of its source', async () => {
      const { store } = await opened();
      const ended = await end(store, succeeded(), { source: 'dax' });
      expect(await store.claim(testClaim({ source: 'daxpay' }))).toEqual({ kind: 'DUPLICATE', redemption: ended });
    });

    test('P4: a duplicate reads the first outcome', async () => {
      const { store } = await opened();
      const ended = await end(store, succeeded(), { queryCode: 'query-code-1' });
      const verdict = await store.claim(testClaim({ queryCode: 'query-code-1', traceId: 'trace-2' }));
      expect(verdict).toEqual({ kind: 'DUPLICATE', redemption: ended });
    });
  });

  describe(`${name}: the lease`, () => {
    test('P1: markSent is true once, and only for the owner', async () => {
      const { store } = await opened();
      const lease = await take(store);
      expect(await store.markSent({ ...lease, owner: 'another caller' })).toBe(false);
      expect(await store.markSent({ ...lease, redemptionId: 'unknown' })).toBe(false);
      const marks = await times(20, () => store.markSent(lease));
      expect([count(marks, true), count(marks, false)]).toEqual([1, 19]);
      expect(await store.redemption(lease.redemptionId)).toMatchObject({ state: 'SENT' });
    });

    test('P1: an expired claim is taken over by one of 20 duplicates, and the lost lease changes nothing', async () => {
      const { store, clock } = await opened();
      const lost = await take(store);
      await clock.advance(leaseOver);
      const verdicts = await times(20, () => store.claim(testClaim({ traceId: 'trace-2' })));
      const winners = verdicts.flatMap((verdict) => (verdict.kind === 'CLAIMED' ? [verdict.lease] : []));
      expect(winners).toHaveLength(1);
      const [won] = winners as [Lease];
      expect(await store.markSent(lost)).toBe(false);
      await store.release(lost);
      expect(await store.markSent(won)).toBe(true);
      await store.settle(lost, rejected);
      await store.release(lost);
      expect(await store.redemption(won.redemptionId)).toMatchObject({ state: 'SENT', traceId: 'trace-2' });
      expect(await store.settle(won, succeeded())).toMatchObject({ state: 'SUCCEEDED' });
    });

    test('a claim that is taken over late is stored for as long as a new one', async () => {
      const { store, clock } = await opened();
      await take(store, { queryCode: 'query-code-1' });
      await clock.advance(resultOver);
      const lease = await take(store, { queryCode: 'query-code-1' });
      expect(await store.claim(testClaim({ queryCode: 'query-code-1' }))).toMatchObject({ kind: 'DUPLICATE' });
      expect(await store.redemption(lease.redemptionId)).toMatchObject({ state: 'CLAIMED' });
      expect(await store.session('query-code-1')).toMatchObject({ redemption: { state: 'CLAIMED' } });
    });

    test('a live claim is not taken over', async () => {
      const { store, clock } = await opened();
      await take(store);
      await clock.advance(contractTimes.leaseMs - MARGIN_MS);
      expect(await store.claim(testClaim())).toMatchObject({ kind: 'DUPLICATE', redemption: { state: 'CLAIMED' } });
    });

    test('markSent starts the lease again', async () => {
      const { store, clock } = await opened();
      const lease = await take(store);
      await clock.advance(contractTimes.leaseMs - MARGIN_MS);
      await store.markSent(lease);
      await clock.advance(contractTimes.leaseMs - MARGIN_MS);
      expect(await store.claim(testClaim())).toMatchObject({ kind: 'DUPLICATE', redemption: { state: 'SENT' } });
      expect(await store.sweep()).toMatchObject({ abandoned: 0 });
    });

    test('P1, P3: an expired send becomes INDETERMINATE when it is claimed again, never CLAIMED', async () => {
      const { store, clock } = await opened();
      const lease = await send(store, { queryCode: 'query-code-1' });
      await clock.advance(leaseOver);
      const verdicts = await times(20, () => store.claim(testClaim({ queryCode: 'query-code-1' })));
      const lost = { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' };
      for (const verdict of verdicts) expect(verdict).toMatchObject({ kind: 'DUPLICATE', redemption: lost });
      expect(await store.settle(lease, succeeded())).toMatchObject(lost);
      expect(await store.session('query-code-1')).toMatchObject({ redemption: lost });
    });

    test('P1, P3: an expired send becomes INDETERMINATE in a sweep, never CLAIMED', async () => {
      const { store, clock } = await opened();
      const lease = await send(store);
      await clock.advance(leaseOver);
      expect(await store.sweep()).toMatchObject({ released: 0, abandoned: 1 });
      expect(await store.sweep()).toMatchObject({ released: 0, abandoned: 0 });
      const lost = { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' };
      expect(await store.redemption(lease.redemptionId)).toMatchObject(lost);
      expect(await store.claim(testClaim())).toMatchObject({ kind: 'DUPLICATE', redemption: lost });
      expect(await store.markSent(lease)).toBe(false);
      expect(await store.settle(lease, succeeded())).toMatchObject(lost);
    });

    test('one sweep ends every expired claim and send, however many', async () => {
      const { store, clock } = await opened();
      for (let from = 0; from < 450; from += 50) {
        const leases = await times(50, (index) => take(store, { authCode: `code-${from + index}` }));
        if (from < 250) for (const lease of leases) expect(await store.markSent(lease)).toBe(true);
      }
      await clock.advance(leaseOver);
      expect(await store.sweep()).toEqual({ released: 200, abandoned: 250, purged: 0 });
      expect(await store.sweep()).toEqual({ released: 0, abandoned: 0, purged: 0 });
    });

    test('a sweep releases expired claims and leaves live ones alone', async () => {
      const { store, clock } = await opened();
      const expired = await take(store, { queryCode: 'query-code-1' });
      await clock.advance(leaseOver);
      const live = await take(store, { authCode: 'auth-code-2' });
      expect(await store.sweep()).toMatchObject({ released: 1, abandoned: 0 });
      expect(await store.redemption(expired.redemptionId)).toBeUndefined();
      expect(await store.markSent(expired)).toBe(false);
      expect(await store.markSent(live)).toBe(true);
      await take(store, { caller: 'another caller', queryCode: 'query-code-1' });
    });
  });

  describe(`${name}: releasing`, () => {
    test.each(['CLAIMED', 'SENT'])('a release while %s frees the auth code and the query code', async (state) => {
      const { store } = await opened();
      const lease = await take(store, { queryCode: 'query-code-1' });
      if (state === 'SENT') await store.markSent(lease);
      await store.release(lease);
      expect(await store.redemption(lease.redemptionId)).toBeUndefined();
      expect(await store.settle(lease, succeeded())).toBeUndefined();
      expect(await store.session('query-code-1')).toMatchObject({ redemption: undefined });
      const next = await take(store, { caller: 'another caller' });
      expect(next.redemptionId).not.toBe(lease.redemptionId);
      await take(store, { authCode: 'auth-code-2', queryCode: 'query-code-1' });
    });

    test('only the owner of a lease releases its claim', async () => {
      const { store } = await opened();
      const lease = await send(store);
      await store.release({ ...lease, owner: 'another caller' });
      expect(await store.redemption(lease.redemptionId)).toMatchObject({ state: 'SENT' });
    });

    test.each<[string, Outcome]>([
      ['SUCCEEDED', succeeded()],
      ['HELD', { state: 'HELD' }],
      ['REJECTED', rejected],
      ['INDETERMINATE', { state: 'INDETERMINATE', failureCode: 'REPLY_MALFORMED' }],
    ])('a release after %s changes nothing', async (state, outcome) => {
      const { store } = await opened();
      const lease = await send(store);
      await store.settle(lease, outcome);
      await store.release(lease);
      expect(await store.redemption(lease.redemptionId)).toMatchObject({ state });
      expect(await store.claim(testClaim())).toMatchObject({ kind: 'DUPLICATE' });
    });
  });
};
