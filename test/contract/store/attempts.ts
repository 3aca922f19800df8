/** The attempts of a session: another code after one that failed, until one succeeds. */
import { describe, expect, test } from 'vitest';
import type { Claim, Outcome, Redemption, SessionClaim } from '../../../src/store/model.ts';
import type { Store } from '../../../src/store/store.ts';
import type { StoreEngine } from '../store.ts';
import { contractTimes, leaseOver, MARGIN_MS, rejected, resultOver, succeeded, testClaim, times } from './fixtures.ts';

const ATTEMPTS = 3;
const queryCode = 'issued-query-code';
const session = { queryCode, stateId: 'issued-state', appId: 'demo', channelId: 'wechat_pay', attempts: ATTEMPTS };
const byState: SessionClaim = { stateId: session.stateId };
const byQueryCode: SessionClaim = { queryCode, issuedOnly: true, attempts: ATTEMPTS };
const indeterminate: Outcome = { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' };

const claimOf = (authCode: string, by: SessionClaim = byState): Claim => ({
  ...testClaim({ authCode, traceId: `trace of ${authCode}` }),
  session: by,
});

const take = async (store: Store, authCode: string, by?: SessionClaim) => {
  const verdict = await store.claim(claimOf(authCode, by));
  if (verdict.kind !== 'CLAIMED') throw new Error(`Expected CLAIMED, not ${verdict.kind}`);
  return verdict.lease;
};

/** Claims, sends and ends a code. */
const attempt = async (store: Store, authCode: string, outcome: Outcome, by?: SessionClaim): Promise<Redemption> => {
  const lease = await take(store, authCode, by);
  await store.markSent(lease);
  const ended = await store.settle(lease, outcome);
  if (!ended) throw new Error('Expected an outcome');
  return ended;
};

export const attemptContract = ({ name, open }: StoreEngine): void => {
  const opened = async () => {
    const all = await open();
    await all.store.openSession(session);
    return all;
  };

  describe(`${name}: the attempts of a session`, () => {
    test.each<[string, Outcome, SessionClaim]>([
      ['refused, by state', rejected, byState],
      ['refused, by query code', rejected, byQueryCode],
      ['indeterminate, by state', indeterminate, byState],
      ['indeterminate, by query code', indeterminate, byQueryCode],
    ])('P4: after a code that was %s another one succeeds, and the success stays', async (_, outcome, by) => {
      const { store } = await opened();
      expect(await store.session(queryCode)).toMatchObject({ attemptsLeft: ATTEMPTS, lastFailure: undefined });
      const failed = await attempt(store, 'first', outcome, by);
      const lastFailure = { failureCode: 'failureCode' in failed && failed.failureCode, traceId: 'trace of first' };
      expect(await store.session(queryCode)).toMatchObject({ redemption: failed, attemptsLeft: 2, lastFailure });

      const lease = await take(store, 'second', by);
      expect(await store.session(queryCode)).toMatchObject({
        redemption: { id: lease.redemptionId, state: 'CLAIMED' },
        attemptsLeft: 2,
        lastFailure,
      });
      await store.markSent(lease);
      await store.settle(lease, succeeded({ openId: 'the payer' }));
      const shown = { redemption: { identity: { openId: 'the payer' } } };
      expect(await store.session(queryCode)).toMatchObject(shown);
      expect((await store.claim(claimOf('third', byQueryCode))).kind).toBe('SESSION_TAKEN');
      expect(await store.session(queryCode)).toMatchObject(shown);
    });

    test('P4: a code of a session that has succeeded is answered with that success, and stays unused', async () => {
      const { store } = await opened();
      const first = await attempt(store, 'first', succeeded());
      expect(await store.claim(claimOf('second'))).toEqual({ kind: 'SESSION_DONE', redemption: first });
      expect((await store.claim({ ...claimOf('second'), session: undefined })).kind).toBe('CLAIMED');
    });

    test('P4: a code of a session that redeems another one is answered with that one, and stays unused', async () => {
      const { store } = await opened();
      const lease = await take(store, 'first');
      const busy = { kind: 'SESSION_BUSY', redemption: { id: lease.redemptionId } };
      expect(await store.claim(claimOf('second'))).toMatchObject({ ...busy, redemption: { state: 'CLAIMED' } });
      await store.markSent(lease);
      expect(await store.claim(claimOf('second'))).toMatchObject({ ...busy, redemption: { state: 'SENT' } });
      expect(await store.claim(claimOf('second', byQueryCode))).toEqual({ kind: 'SESSION_TAKEN' });
      await store.settle(lease, rejected);
      await attempt(store, 'second', succeeded());
    });

    test.each<[string, SessionClaim, string]>([
      ['state', byState, 'SESSION_SPENT'],
      ['query code', byQueryCode, 'SESSION_TAKEN'],
    ])('a session takes no code beyond its attempts, by %s', async (_, by, kind) => {
      const { store } = await opened();
      for (let count = 1; count <= ATTEMPTS; count += 1) await attempt(store, `code ${count}`, rejected, by);
      expect(await store.session(queryCode)).toMatchObject({ attemptsLeft: 0, redemption: { state: 'REJECTED' } });
      expect(await store.claim(claimOf('one more', by))).toEqual({ kind });
    });

    test('a duplicate reads the outcome of its own code, also when the session shows a later code', async () => {
      const { store } = await opened();
      const first = await attempt(store, 'first', rejected);
      const second = await attempt(store, 'second', indeterminate);
      const third = await attempt(store, 'third', succeeded());
      for (const [authCode, redemption] of Object.entries({ first, second, third }))
        expect(await store.claim(claimOf(authCode))).toEqual({ kind: 'DUPLICATE', redemption });
    });

    test('a code that was released costs no attempt', async () => {
      const { store } = await opened();
      for (const authCode of ['first', 'second', 'third', 'fourth'])
        expect(await store.release(await take(store, authCode))).toBe(true);
      expect(await store.session(queryCode)).toMatchObject({ attemptsLeft: ATTEMPTS, redemption: undefined });
      await attempt(store, 'fifth', succeeded());
    });

    test('P1, P3: another code ends one whose owner has stopped: released if unsent, else indeterminate', async () => {
      const { store, clock } = await opened();
      const unsent = await take(store, 'first');
      await clock.advance(leaseOver);
      const sent = await take(store, 'second');
      expect(await store.redemption(unsent.redemptionId)).toBeUndefined();
      expect(await store.markSent(unsent)).toBe(false);
      await store.markSent(sent);
      await clock.advance(leaseOver);
      await attempt(store, 'third', succeeded());
      expect(await store.redemption(sent.redemptionId)).toMatchObject({ state: 'INDETERMINATE' });
      const late = await store.settle(sent, succeeded({ openId: 'too late' }));
      expect(late).toMatchObject({ state: 'INDETERMINATE' });
      expect(await store.session(queryCode)).toMatchObject({ redemption: { identity: { openId: 'open-1' } } });
    });

    test('a session takes codes for resultTtlMs after it was opened, and shows the last failure for longer', async () => {
      const { store, clock } = await opened();
      await clock.advance(contractTimes.resultTtlMs - 2 * MARGIN_MS);
      const failed = await attempt(store, 'first', rejected);
      await attempt(store, 'second', rejected);
      await clock.advance(2 * MARGIN_MS);
      expect(await store.session(queryCode)).toMatchObject({ attemptsLeft: 0, redemption: { state: 'REJECTED' } });
      expect(await store.claim(claimOf('third'))).toEqual({ kind: 'NO_SESSION' });
      expect(await store.claim(claimOf('first'))).toEqual({ kind: 'DUPLICATE', redemption: failed });
      await clock.advance(resultOver);
      expect(await store.claim(claimOf('third'))).toEqual({ kind: 'NO_SESSION' });
    });

    test('the success of a payer who was erased takes no other code', async () => {
      const { store } = await opened();
      const ended = await attempt(store, 'first', succeeded());
      await store.erase(ended.state === 'SUCCEEDED' ? ended.identity.id : '');
      expect(await store.claim(claimOf('second'))).toEqual({ kind: 'NO_SESSION' });
    });

    test('a query code of the caller takes as many codes as its claims allow, and one where they do not say', async () => {
      const { store } = await open();
      const own = (attempts?: number): SessionClaim => ({ queryCode: 'own', ...(attempts && { attempts }) });
      await attempt(store, 'first', rejected, own(4));
      expect(await store.session('own')).toMatchObject({ attemptsLeft: 3 });
      await attempt(store, 'second', rejected, own(2));
      expect(await store.session('own')).toMatchObject({ attemptsLeft: 1 });
      await attempt(store, 'third', rejected, own());
      expect(await store.session('own')).toMatchObject({ attemptsLeft: 0 });
      expect(await store.claim(claimOf('fourth', own(4)))).toEqual({ kind: 'SESSION_TAKEN' });
    });

    test.each([1, 2])('P4: of 20 codes at once after a refusal, at %i instances, one is CLAIMED', async (instances) => {
      const { store, join, keys } = await opened();
      const other = instances === 2 ? await join(keys.open()) : store;
      await attempt(store, 'first', rejected);
      const verdicts = await times(20, (index) => (index % 2 ? other : store).claim(claimOf(`code ${index}`)));
      const [winner] = verdicts.flatMap((verdict) => (verdict.kind === 'CLAIMED' ? [verdict.lease] : []));
      expect(verdicts.filter(({ kind }) => kind === 'CLAIMED')).toHaveLength(1);
      expect(verdicts.filter(({ kind }) => kind === 'SESSION_BUSY')).toHaveLength(19);
      expect((await other.session(queryCode))?.redemption?.id).toBe(winner?.redemptionId);
    });

    test('P2: attempts and the last failure survive a restart', async () => {
      const { store, reopen } = await opened();
      await attempt(store, 'first', rejected);
      const again = await reopen();
      const lastFailure = { failureCode: rejected.failureCode, traceId: 'trace of first' };
      expect(await again.session(queryCode)).toMatchObject({ attemptsLeft: 2, lastFailure });
      await attempt(again, 'second', succeeded());
    });
  });
};
