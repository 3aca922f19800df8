/** Sessions that leave their channel to the payer, and the page that their payers return to. */
import { describe, expect, test } from 'vitest';
import type { Claim } from '../../../src/store/model.ts';
import type { Store } from '../../../src/store/store.ts';
import type { StoreEngine } from '../store.ts';
import { contractTimes, rejected, resultOver, succeeded, testClaim } from './fixtures.ts';

const queryCode = 'issued-query-code';
const stateId = 'issued-state';
const returnUrl = 'https://shop.example.com/back?from=pay';
const session = { queryCode, stateId, appId: 'demo', returnUrl, attempts: 3 };

const claimOf = (channelId: string, authCode = `code of ${channelId}`, appId = 'demo'): Claim => ({
  ...testClaim({ authCode, channelId, appId }),
  session: { stateId },
});

const attempt = async (store: Store, claim: Claim, outcome: typeof rejected | ReturnType<typeof succeeded>) => {
  const verdict = await store.claim(claim);
  if (verdict.kind !== 'CLAIMED') throw new Error(`Expected CLAIMED, not ${verdict.kind}`);
  await store.markSent(verdict.lease);
  return store.settle(verdict.lease, outcome);
};

export const anyChannelContract = ({ name, open }: StoreEngine): void => {
  describe(`${name}: a session without a channel`, () => {
    test('a session without a channel takes codes of any channel of its app, and shows that of its code', async () => {
      const { store } = await open();
      await store.openSession(session);
      expect(await store.session(queryCode)).toMatchObject({ appId: 'demo', channelId: undefined });
      await attempt(store, claimOf('ali_pay'), rejected);
      expect(await store.session(queryCode)).toMatchObject({ channelId: 'ali_pay', attemptsLeft: 2 });
      await attempt(store, claimOf('wechat_pay'), succeeded());
      expect(await store.session(queryCode)).toMatchObject({
        channelId: 'wechat_pay',
        redemption: { state: 'SUCCEEDED', channelId: 'wechat_pay' },
      });
    });

    test('P4: a session without a channel has one success, also for later codes of other channels', async () => {
      const { store } = await open();
      await store.openSession(session);
      const redemption = await attempt(store, claimOf('ali_pay'), succeeded());
      expect(await store.claim(claimOf('wechat_pay'))).toEqual({ kind: 'SESSION_DONE', redemption });
    });

    test('a session without a channel takes no code of another app', async () => {
      const { store } = await open();
      await store.openSession(session);
      expect(await store.claim(claimOf('ali_pay', 'code', 'other-app'))).toEqual({ kind: 'SESSION_TAKEN' });
      expect(await store.session(queryCode)).toMatchObject({ attemptsLeft: 3, redemption: undefined });
    });
  });

  describe(`${name}: the page of a session`, () => {
    test('the page of a session is read by its state, and by nothing else', async () => {
      const { store } = await open();
      await store.openSession(session);
      expect(await store.returnUrl(stateId)).toBe(returnUrl);
      for (const other of [queryCode, 'another', '', `${stateId} `, stateId.toUpperCase()])
        expect(await store.returnUrl(other)).toBeUndefined();
    });

    test('reading the page of a session changes nothing', async () => {
      const { store } = await open();
      await store.openSession(session);
      const before = await store.session(queryCode);
      for (let count = 0; count < 5; count += 1) await store.returnUrl(stateId);
      expect(await store.session(queryCode)).toEqual(before);
    });

    test('a session that was opened without a page has none', async () => {
      const { store } = await open();
      await store.openSession({ ...session, returnUrl: undefined });
      expect(await store.returnUrl(stateId)).toBeUndefined();
    });

    test('the page of a session is read after its success, and while the session is stored', async () => {
      const { store, clock } = await open();
      await store.openSession(session);
      await attempt(store, claimOf('ali_pay'), succeeded());
      expect(await store.returnUrl(stateId)).toBe(returnUrl);
      await clock.advance(resultOver + contractTimes.resultTtlMs);
      await store.sweep();
      expect(await store.returnUrl(stateId)).toBeUndefined();
    });
  });
};
