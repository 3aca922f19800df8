/** The promises about claims, for concurrent equal calls at one instance and at two. */
import { describe, expect, test } from 'vitest';
import type { Claim, ClaimVerdict, SessionClaim } from '../../../src/store/model.ts';
import type { Store } from '../../../src/store/store.ts';
import type { OpenedStore, StoreEngine } from '../store.ts';
import { count, leaseOver, rejected, resultOver, succeeded, testClaim, times } from './fixtures.ts';

const session = { queryCode: 'issued-query-code', stateId: 'issued-state', appId: 'demo', channelId: 'wechat_pay' };

/** The ways in which a call may name the session that shows its outcome. */
const sessions: readonly [string, SessionClaim | undefined][] = [
  ['without a session', undefined],
  ['with a query code of the caller', { queryCode: 'own-query-code' }],
  ['with an issued query code', { queryCode: session.queryCode, issuedOnly: true }],
  ['with a state', { stateId: session.stateId }],
];

const ROUNDS = 3;
const forms = [2, 10].flatMap((calls) => [1, 2].map((instances) => ({ calls, instances })));

const idOf = (verdict: ClaimVerdict): string => {
  if (verdict.kind === 'CLAIMED') return verdict.lease.redemptionId;
  return verdict.kind === 'DUPLICATE' ? verdict.redemption.id : verdict.kind;
};
const kindsOf = (verdicts: readonly ClaimVerdict[]): Partial<Record<ClaimVerdict['kind'], number>> => {
  const kinds = verdicts.map(({ kind }) => kind);
  return Object.fromEntries([...new Set(kinds)].map((kind) => [kind, count(kinds, kind)]));
};
const leaseOf = (verdicts: readonly ClaimVerdict[]) => {
  const [lease] = verdicts.flatMap((verdict) => (verdict.kind === 'CLAIMED' ? [verdict.lease] : []));
  if (!lease) throw new Error('No call claimed the code');
  return lease;
};

export const concurrentContract = ({ name, open }: StoreEngine): void => {
  /** The number of stores on one database, used in turn. */
  const openedAt = async (instances: number) => {
    const opened = await open();
    const stores = [opened.store, ...(instances === 2 ? [await opened.join(opened.keys.open())] : [])];
    const at = (index: number): Store => stores[index % stores.length] ?? opened.store;
    return { ...opened, at };
  };
  const claimOf = (authCode: string, by: SessionClaim | undefined): Claim => ({
    ...testClaim({ authCode }),
    session: by,
  });
  const restart = async ({ store, query }: OpenedStore) => {
    await query('DELETE FROM sessions');
    await store.openSession(session);
  };

  describe(`${name}: the same claim at once`, () => {
    test.each(forms)(
      'P1: of $calls equal claims at $instances instances one is CLAIMED, and the others are its DUPLICATE',
      async (form) => {
        const opened = await openedAt(form.instances);
        for (const [how, by] of sessions)
          for (let round = 0; round < ROUNDS; round += 1) {
            await restart(opened);
            const claim = claimOf(`${how} ${round}`, by);
            const verdicts = await times(form.calls, (index) => opened.at(index).claim(claim));
            expect(kindsOf(verdicts), how).toEqual({ CLAIMED: 1, DUPLICATE: form.calls - 1 });
            expect(new Set(verdicts.map(idOf)).size).toBe(1);
            const lease = leaseOf(verdicts);
            expect(await opened.store.markSent(lease)).toBe(true);
            const ended = await opened.store.settle(lease, succeeded());
            const again = await times(form.calls, (index) => opened.at(index).claim(claim));
            expect(again).toEqual(Array(form.calls).fill({ kind: 'DUPLICATE', redemption: ended }));
          }
      },
    );

    test('P1: an expired claim is CLAIMED by one of ten callers at two instances', async () => {
      const opened = await openedAt(2);
      for (const [how, by] of sessions) {
        await restart(opened);
        const claim = claimOf(how, by);
        const lost = leaseOf([await opened.store.claim(claim)]);
        await opened.clock.advance(leaseOver);
        const verdicts = await times(10, (index) => opened.at(index).claim(claim));
        expect(kindsOf(verdicts), how).toEqual({ CLAIMED: 1, DUPLICATE: 9 });
        expect(new Set(verdicts.map(idOf))).toEqual(new Set([lost.redemptionId]));
        expect(await opened.store.markSent(lost)).toBe(false);
      }
    });

    test('P3: an expired send is INDETERMINATE for all of ten callers at two instances', async () => {
      const opened = await openedAt(2);
      for (const [how, by] of sessions) {
        await restart(opened);
        const claim = claimOf(how, by);
        const lease = leaseOf([await opened.store.claim(claim)]);
        await opened.store.markSent(lease);
        await opened.clock.advance(leaseOver);
        const verdicts = await times(10, (index) => opened.at(index).claim(claim));
        for (const verdict of verdicts)
          expect(verdict, how).toMatchObject({ kind: 'DUPLICATE', redemption: { state: 'INDETERMINATE' } });
        expect(await opened.store.settle(lease, succeeded())).toMatchObject({ state: 'INDETERMINATE' });
      }
    });

    test('P4: an expired query code takes one of ten codes at two instances', async () => {
      const opened = await openedAt(2);
      const by = { queryCode: 'own-query-code' };
      await opened.store.claim(claimOf('earlier', by));
      await opened.clock.advance(resultOver);
      expect(kindsOf(await times(10, (index) => opened.at(index).claim(claimOf('later', by))))).toEqual({
        CLAIMED: 1,
        DUPLICATE: 9,
      });
    });

    test('an expired state is NO_SESSION for all of ten callers at two instances', async () => {
      const opened = await openedAt(2);
      await restart(opened);
      await opened.clock.advance(resultOver);
      const by = { stateId: session.stateId };
      const verdicts = await times(10, (index) => opened.at(index).claim(claimOf('late', by)));
      expect(kindsOf(verdicts)).toEqual({ NO_SESSION: 10 });
    });

    test('P1: after a release one of ten callers at two instances is CLAIMED', async () => {
      const opened = await openedAt(2);
      for (const [how, by] of sessions) {
        await restart(opened);
        const lease = leaseOf([await opened.store.claim(claimOf(how, by))]);
        const releases = await times(4, (index) => opened.at(index).release(lease));
        expect([count(releases, true), count(releases, false)]).toEqual([1, 3]);
        const verdicts = await times(10, (index) => opened.at(index).claim(claimOf(how, by)));
        expect(kindsOf(verdicts), how).toEqual({ CLAIMED: 1, DUPLICATE: 9 });
      }
    });

    test('of ten callers with one code and one query code, those of another binding get CODE_USED', async () => {
      const { at } = await openedAt(2);
      const by = { queryCode: 'own-query-code' };
      const verdicts = await times(10, (index) =>
        at(index).claim({ ...testClaim({ caller: index < 5 ? 'router' : 'payer page' }), session: by }),
      );
      const { CODE_USED = 0, ...others } = kindsOf(verdicts);
      expect([CODE_USED, others]).toEqual([5, { CLAIMED: 1, DUPLICATE: 4 }]);
    });

    test('P4: of ten codes for one state, each twice at once, one is CLAIMED and has one DUPLICATE', async () => {
      const opened = await openedAt(2);
      await restart(opened);
      const by = { stateId: session.stateId };
      const verdicts = await times(20, (index) => opened.at(index).claim(claimOf(`${index % 10}`, by)));
      expect(kindsOf(verdicts)).toEqual({ CLAIMED: 1, DUPLICATE: 1, SESSION_BUSY: 18 });
    });
  });

  describe(`${name}: the same step at once, at two instances`, () => {
    test('P1: of concurrent markSent calls one is true, and every settle returns the one outcome', async () => {
      const { at, store } = await openedAt(2);
      const lease = leaseOf([await store.claim(testClaim())]);
      const marks = await times(10, (index) => at(index).markSent(lease));
      expect([count(marks, true), count(marks, false)]).toEqual([1, 9]);
      const settled = await times(10, (index) => at(index).settle(lease, index % 2 === 0 ? succeeded() : rejected));
      expect(new Set(settled.map((one) => JSON.stringify(one))).size).toBe(1);
    });

    test('P11: concurrent collect, erase and sweep calls act once', async () => {
      const { at, store, clock } = await openedAt(2);
      const lease = leaseOf([await store.claim(testClaim())]);
      await store.markSent(lease);
      await store.settle(lease, { state: 'HELD' });
      const found = { state: 'SUCCEEDED', subject: { openId: 'o' } } as const;
      const collected = await times(10, (index) => at(index).collect(lease.redemptionId, found));
      expect(new Set(collected.map((one) => JSON.stringify(one))).size).toBe(1);
      const [ended] = collected;
      if (ended?.state !== 'SUCCEEDED') throw new Error('Expected SUCCEEDED');
      const erased = await times(4, (index) => at(index).erase(ended.identity.id));
      expect(erased.reduce((sum, { identities }) => sum + identities, 0)).toBe(1);
      for (let index = 0; index < 10; index += 1) await store.claim(testClaim({ authCode: `left-${index}` }));
      await clock.advance(leaseOver);
      const reports = await times(4, (index) => at(index).sweep());
      expect(reports.reduce((sum, { released }) => sum + released, 0)).toBe(10);
    });
  });
};
