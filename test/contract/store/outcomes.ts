/** Outcomes of redemptions, and how their watchers are woken. */
import { describe, expect, onTestFinished, test } from 'vitest';
import type { Subject } from '../../../src/model.ts';
import type { Lease, Outcome } from '../../../src/store/model.ts';
import type { OpenedStore, StoreEngine } from '../store.ts';
import {
  contractTimes,
  end,
  inSession,
  leaseOver,
  MARGIN_MS,
  PATIENCE_MS,
  rejected,
  resultOver,
  send,
  succeeded,
  take,
  testClaim,
  times,
  wakes,
} from './fixtures.ts';

export const outcomeContract = ({ name, open: opened }: StoreEngine): void => {
  describe(`${name}: the outcome`, () => {
    const expiresAt = new Date(1_900_000_000_000);
    const everything: Subject = { openId: 'o', userId: 'u', unionId: 'n', subAppId: 'sa', subOpenId: 'so' };
    test.each<[string, Outcome, object]>([
      [
        'SUCCEEDED with everything',
        { state: 'SUCCEEDED', subject: everything, accessToken: { value: 'token', expiresAt } },
        { identity: everything, accessToken: { value: 'token', expiresAt } },
      ],
      [
        'SUCCEEDED with a token that does not say when it ends',
        { state: 'SUCCEEDED', subject: { userId: 'u' }, accessToken: { value: 'token' } },
        { identity: { openId: null, userId: 'u' }, accessToken: { value: 'token', expiresAt: undefined } },
      ],
      ['SUCCEEDED without a token', succeeded({ openId: '微信 "\\\u0000😀' }), { accessToken: undefined }],
      ['HELD', { state: 'HELD' }, {}],
      ['REJECTED', rejected, { failureCode: 'AUTH_CODE_EXPIRED' }],
      ['INDETERMINATE', { state: 'INDETERMINATE', failureCode: 'REPLY_UNVERIFIED' }, {}],
    ])('P3: an outcome, %s, reads back equal from every call', async (_, outcome, expected) => {
      const { store } = await opened();
      const ended = await end(store, outcome, { queryCode: 'query-code-1' });
      const common = { source: 'daxpay', appId: 'demo', channelId: 'wechat_pay', traceId: 'trace-1' };
      expect(ended).toMatchObject({ ...common, state: outcome.state, ...expected });
      expect(await store.redemption(ended.id)).toEqual(ended);
      expect((await store.session('query-code-1'))?.redemption).toEqual(inSession(ended));
      const verdict = await store.claim(testClaim({ queryCode: 'query-code-1' }));
      expect(verdict).toEqual({ kind: 'DUPLICATE', redemption: ended });
      if (ended.state === 'SUCCEEDED')
        expect(await store.identities([{ id: ended.identity.id }])).toEqual([ended.identity]);
    });

    test('P4: an outcome is final: a second settle returns the first', async () => {
      const { store } = await opened();
      const lease = await send(store);
      const first = await store.settle(lease, rejected);
      expect(first).toMatchObject({ state: 'REJECTED', failureCode: 'AUTH_CODE_EXPIRED' });
      expect(await store.settle(lease, succeeded({ openId: 'late' }))).toEqual(first);
      expect(await store.settle(lease, { state: 'HELD' })).toEqual(first);
      expect(await store.identities([{ channelId: 'wechat_pay', appId: 'demo', openId: 'late' }])).toEqual([undefined]);
    });

    test('P4: concurrent settles leave one outcome', async () => {
      const { store } = await opened();
      const lease = await send(store);
      const answers = await times(20, (index) => store.settle(lease, succeeded({ openId: `open-${index}` })));
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      const refs = answers.map((_, index) => ({ channelId: 'wechat_pay', appId: 'demo', openId: `open-${index}` }));
      expect((await store.identities(refs)).filter((identity) => identity !== undefined)).toHaveLength(1);
    });

    test('P12: an outcome is refused without a send by the same owner', async () => {
      const { store } = await opened();
      const lease = await take(store);
      expect(await store.settle(lease, succeeded())).toMatchObject({ state: 'CLAIMED' });
      await store.markSent(lease);
      expect(await store.settle({ ...lease, owner: 'another caller' }, rejected)).toMatchObject({ state: 'SENT' });
      expect(await store.settle({ ...lease, redemptionId: 'unknown' }, rejected)).toBeUndefined();
    });

    test('P5: an outcome is stored after its lease unless a sweep or claim has ended the redemption', async () => {
      const { store, clock } = await opened();
      const lease = await send(store);
      await clock.advance(leaseOver);
      expect(await store.settle(lease, succeeded())).toMatchObject({ state: 'SUCCEEDED' });
    });

    test('a HELD outcome is collected once', async () => {
      const { store } = await opened();
      const held = await end(store, { state: 'HELD' }, { queryCode: 'query-code-1' });
      const outcomes = [succeeded({ openId: 'first' }), succeeded({ openId: 'second' }), rejected] as const;
      const answers = await times(9, (index) => store.collect(held.id, outcomes[index % 3] as typeof rejected));
      for (const answer of answers) expect(answer).toEqual(answers[0]);
      expect(answers[0]).not.toMatchObject({ state: 'HELD' });
      expect((await store.session('query-code-1'))?.redemption).toEqual(answers[0]);
    });

    test('an outcome that is not HELD is not collected', async () => {
      const { store } = await opened();
      const lease = await send(store);
      const collected = { state: 'REJECTED', failureCode: 'AUTH_CODE_USED' } as const;
      expect(await store.collect(lease.redemptionId, collected)).toMatchObject({ state: 'SENT' });
      await store.settle(lease, succeeded());
      expect(await store.collect(lease.redemptionId, collected)).toMatchObject({ state: 'SUCCEEDED' });
      expect(await store.collect('unknown', collected)).toBeUndefined();
    });

    test('an outcome is readable until it expires; then its code is CODE_USED', async () => {
      const { store, clock } = await opened();
      const { id } = await end(store, succeeded());
      await clock.advance(contractTimes.resultTtlMs - MARGIN_MS);
      expect(await store.redemption(id)).toMatchObject({ state: 'SUCCEEDED' });
      expect(await store.claim(testClaim())).toMatchObject({ kind: 'DUPLICATE' });
      await clock.advance(2 * MARGIN_MS);
      expect(await store.redemption(id)).toBeUndefined();
      expect(await store.claim(testClaim())).toEqual({ kind: 'CODE_USED' });
      await store.sweep();
      expect(await store.claim(testClaim())).toEqual({ kind: 'CODE_USED' });
    });

    test.each(['swept', 'not swept'])('a code is forgotten after codeTtlMs (%s)', async (swept) => {
      const { store, clock } = await opened();
      const { id } = await end(store, succeeded(), { queryCode: 'query-code-1' });
      await clock.advance(contractTimes.codeTtlMs - MARGIN_MS);
      await store.sweep();
      expect(await store.claim(testClaim({ caller: 'another caller' }))).toEqual({ kind: 'CODE_USED' });
      await clock.advance(2 * MARGIN_MS);
      if (swept === 'swept') expect((await store.sweep()).purged).toBe(1);
      const lease = await take(store, { caller: 'another caller' });
      expect(lease.redemptionId).not.toBe(id);
    });

    test('P8: a sweep clears the tokens of expired outcomes, once', async () => {
      const { store, clock } = await opened();
      await end(store, { state: 'SUCCEEDED', subject: { openId: 'o' }, accessToken: { value: 'token' } });
      await end(store, succeeded(), { authCode: 'auth-code-without-token' });
      expect(await store.sweep()).toEqual({ released: 0, abandoned: 0, purged: 0 });
      await clock.advance(resultOver);
      expect(await store.sweep()).toEqual({ released: 0, abandoned: 0, purged: 1 });
      expect(await store.sweep()).toEqual({ released: 0, abandoned: 0, purged: 0 });
    });
  });

  describe(`${name}: watching`, () => {
    const changes: readonly [string, (engine: OpenedStore, lease: Lease) => Promise<unknown>][] = [
      ['an outcome', ({ store }, lease) => store.settle(lease, rejected)],
      ['a release', ({ store }, lease) => store.release(lease)],
      [
        'a sweep',
        async ({ store, clock }) => {
          await clock.advance(leaseOver);
          await store.sweep();
        },
      ],
      [
        'a duplicate that finds the send abandoned',
        async ({ store, clock }) => {
          await clock.advance(leaseOver);
          await store.claim(testClaim({ queryCode: 'query-code-1' }));
        },
      ],
    ];

    for (const [what, change] of changes) {
      test(`${what} wakes the watchers of the redemption and of its query code`, async () => {
        const engine = await opened();
        const lease = await send(engine.store, { queryCode: 'query-code-1' });
        const watches = [
          engine.store.watch({ redemptionId: lease.redemptionId }),
          engine.store.watch({ queryCode: 'query-code-1' }),
        ];
        const woken = watches.map(wakes);
        await change(engine, lease);
        expect(await Promise.all(woken)).toEqual([true, true]);
      });
    }

    test('the sweep of an expired claim wakes its watchers', async () => {
      const { store, clock } = await opened();
      const lease = await take(store, { queryCode: 'query-code-1' });
      const watches = [store.watch({ redemptionId: lease.redemptionId }), store.watch({ queryCode: 'query-code-1' })];
      await clock.advance(leaseOver);
      await store.sweep();
      expect(await Promise.all(watches.map(wakes))).toEqual([true, true]);
    });

    test('a collection wakes the watchers of the query code', async () => {
      const { store } = await opened();
      const held = await end(store, { state: 'HELD' }, { queryCode: 'query-code-1' });
      const woken = wakes(store.watch({ queryCode: 'query-code-1' }));
      await store.collect(held.id, { state: 'SUCCEEDED', subject: { openId: 'o' } });
      expect(await woken).toBe(true);
    });

    test('a change between watch and changed is not missed', async () => {
      const { store } = await opened();
      const lease = await send(store, { queryCode: 'query-code-1' });
      const watches = [store.watch({ redemptionId: lease.redemptionId }), store.watch({ queryCode: 'query-code-1' })];
      await store.settle(lease, rejected);
      expect(await Promise.all(watches.map(wakes))).toEqual([true, true]);
    });

    test('nothing but a change of its own subject wakes a watcher before its time', async () => {
      const { store } = await opened();
      const lease = await send(store, { queryCode: 'query-code-1' });
      const watch = store.watch({ redemptionId: lease.redemptionId });
      onTestFinished(watch.close);
      await end(store, rejected, { authCode: 'auth-code-2', queryCode: 'query-code-2' });
      const startedAt = performance.now();
      await watch.changed(150);
      expect(performance.now() - startedAt).toBeGreaterThan(140);
    });

    test('closing a watch, also twice, ends its wait and no other watch', async () => {
      const { store } = await opened();
      const lease = await send(store);
      const first = store.watch({ redemptionId: lease.redemptionId });
      const waiting = first.changed(PATIENCE_MS);
      first.close();
      await waiting;
      const second = store.watch({ redemptionId: lease.redemptionId });
      first.close();
      const woken = wakes(second);
      await store.settle(lease, rejected);
      expect(await woken).toBe(true);
    });
  });
};
