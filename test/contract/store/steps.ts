/** What is said about a session beside codes: the step of the payer, its cancellation, and that its time is over. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Claim, Lease, SessionClaim, StepReport } from '../../../src/store/model.ts';
import type { Store } from '../../../src/store/store.ts';
import type { StoreEngine } from '../store.ts';
import { contractTimes, end, MARGIN_MS, rejected, resultOver, succeeded, testClaim, times, wakes } from './fixtures.ts';

const queryCode = 'issued-query-code';
const place = { appId: 'demo', channelId: 'wechat_pay' };
const session = { queryCode, stateId: 'issued-state', ...place, attempts: 2 };
const byState: SessionClaim = { stateId: session.stateId };
const byQueryCode: SessionClaim = { queryCode, issuedOnly: true, attempts: 2 };
const reportOf = (step: StepReport['step']): StepReport => ({ stateId: session.stateId, ...place, step });
const cancellation = { queryCode, appId: 'demo', traceId: 'trace of the cancel' };
const cancelled = { failureCode: 'SESSION_CANCELLED', traceId: 'trace of the cancel' };

const claimOf = (authCode: string, by: SessionClaim = byState): Claim => ({
  ...testClaim({ authCode, traceId: `trace of ${authCode}` }),
  session: by,
});

const take = async (store: Store, authCode: string, by?: SessionClaim): Promise<Lease> => {
  const verdict = await store.claim(claimOf(authCode, by));
  if (verdict.kind !== 'CLAIMED') throw new Error(`Expected CLAIMED, not ${verdict.kind}`);
  return verdict.lease;
};

const send = async (store: Store, authCode: string): Promise<Lease> => {
  const lease = await take(store, authCode);
  await store.markSent(lease);
  return lease;
};

type Opened = Awaited<ReturnType<StoreEngine['open']>>;

export const stepContract = ({ name, open }: StoreEngine): void => {
  const opened = async (changes: Partial<typeof session> & { readonly channelId?: string } = {}): Promise<Opened> => {
    const all = await open();
    await all.store.openSession({ ...session, ...changes });
    return all;
  };

  describe(`${name}: the step of a payer`, () => {
    test('the last report is shown, and each change wakes the readers', async () => {
      const { store } = await opened();
      expect(await store.session(queryCode)).toMatchObject({ step: undefined, isExpired: false });
      for (const step of ['OPENED', 'DECLINED', 'OPENED'] as const) {
        const woken = wakes(store.watch({ queryCode }));
        const { expiresAt } = (await store.session(queryCode)) ?? {};
        expect(await store.reportStep(reportOf(step))).toEqual({ kind: 'REPORTED', codesUntil: expiresAt });
        expect(await woken).toBe(true);
        expect(await store.session(queryCode)).toMatchObject({ step, attemptsLeft: 2, redemption: undefined });
      }
    });

    test('a repeated report wakes no reader', async () => {
      const { store } = await opened();
      const first = wakes(store.watch({ queryCode }));
      await store.reportStep(reportOf('DECLINED'));
      expect(await first).toBe(true);
      // A listener that begins wakes its readers as well: the notice itself may come later.
      await delay(1_000);
      const woken = wakes(store.watch({ queryCode }));
      expect(await store.reportStep(reportOf('DECLINED'))).toMatchObject({ kind: 'REPORTED' });
      expect(await woken).toBe(false);
    });

    test('P4: a code that arrives after the payer declined succeeds, and takes the step back', async () => {
      const { store } = await opened();
      await store.reportStep(reportOf('DECLINED'));
      const lease = await send(store, 'first');
      expect(await store.session(queryCode)).toMatchObject({ step: 'OPENED', redemption: { state: 'SENT' } });
      await store.settle(lease, succeeded());
      expect(await store.session(queryCode)).toMatchObject({ redemption: { state: 'SUCCEEDED' } });
    });

    test('P4: a payer who is reported to decline while a code is sent, and after its success, changes nothing', async () => {
      const { store } = await opened();
      const lease = await send(store, 'first');
      await store.reportStep(reportOf('DECLINED'));
      const ended = await store.settle(lease, succeeded());
      await store.reportStep(reportOf('OPENED'));
      await store.reportStep(reportOf('DECLINED'));
      expect(await store.session(queryCode)).toMatchObject({ redemption: ended });
      expect(await store.claim(claimOf('second'))).toEqual({ kind: 'SESSION_DONE', redemption: ended });
    });

    test.each<[string, Partial<StepReport>]>([
      ['unknown session', { stateId: 'another' }],
      ['session of another app', { appId: 'other-app' }],
      ['session of another channel', { channelId: 'ali_pay' }],
    ])('a report of an %s is NO_SESSION, and changes nothing', async (_, changes) => {
      const { store } = await opened();
      expect(await store.reportStep({ ...reportOf('DECLINED'), ...changes })).toEqual({ kind: 'NO_SESSION' });
      expect(await store.session(queryCode)).toMatchObject({ step: undefined });
    });

    test('a session that takes codes of any channel takes reports of any', async () => {
      const { store } = await open();
      const { channelId: _, ...anyChannel } = session;
      await store.openSession(anyChannel);
      for (const channelId of ['wechat_pay', 'ali_pay'])
        expect(await store.reportStep({ ...reportOf('DECLINED'), channelId })).toMatchObject({ kind: 'REPORTED' });
    });

    test('a report is answered why the session takes no code: all failed, cancelled, expired', async () => {
      const { store, clock } = await opened();
      for (const authCode of ['first', 'second']) await store.settle(await send(store, authCode), rejected);
      expect(await store.reportStep(reportOf('DECLINED'))).toEqual({ kind: 'SESSION_SPENT' });
      const [stateId, other] = ['other-state', 'other-query-code'];
      await store.openSession({ ...session, stateId, queryCode: other });
      await store.cancel({ ...cancellation, queryCode: other });
      expect(await store.reportStep({ ...reportOf('OPENED'), stateId })).toEqual({ kind: 'SESSION_CANCELLED' });
      await clock.advance(resultOver);
      expect(await store.reportStep({ ...reportOf('OPENED'), stateId })).toEqual({ kind: 'NO_SESSION' });
    });

    test('P2: the step survives a restart', async () => {
      const { store, reopen } = await opened();
      await store.reportStep(reportOf('DECLINED'));
      expect(await (await reopen()).session(queryCode)).toMatchObject({ step: 'DECLINED' });
    });
  });

  describe(`${name}: a session that is cancelled`, () => {
    test('a cancelled session shows it, takes no code, and wakes its readers', async () => {
      const { store } = await opened();
      const woken = wakes(store.watch({ queryCode }));
      await store.cancel(cancellation);
      expect(await woken).toBe(true);
      const shown = { step: 'CANCELLED', attemptsLeft: 0, lastFailure: cancelled, redemption: undefined };
      expect(await store.session(queryCode)).toMatchObject(shown);
      expect(await store.claim(claimOf('first'))).toEqual({ kind: 'SESSION_CANCELLED' });
      expect(await store.claim(claimOf('first', byQueryCode))).toEqual({ kind: 'SESSION_TAKEN' });
      expect((await store.claim({ ...claimOf('first'), session: undefined })).kind).toBe('CLAIMED');
    });

    test('a cancelled session takes no code after one that failed before', async () => {
      const { store } = await opened();
      await store.settle(await send(store, 'first'), rejected);
      await store.cancel(cancellation);
      expect(await store.session(queryCode)).toMatchObject({ attemptsLeft: 0, lastFailure: cancelled });
      expect(await store.claim(claimOf('second'))).toEqual({ kind: 'SESSION_CANCELLED' });
    });

    test.each(['CLAIMED', 'SENT'])(
      'P4: the success of a code that was %s when the session was cancelled is shown',
      async (state) => {
        const { store } = await opened();
        const lease = state === 'SENT' ? await send(store, 'first') : await take(store, 'first');
        await store.cancel(cancellation);
        const pending = { redemption: { state }, step: 'CANCELLED', attemptsLeft: 0, lastFailure: cancelled };
        expect(await store.session(queryCode)).toMatchObject(pending);
        expect(await store.claim(claimOf('second'))).toMatchObject({ kind: 'SESSION_BUSY' });
        if (state === 'CLAIMED') expect(await store.markSent(lease)).toBe(true);
        const ended = await store.settle(lease, succeeded());
        expect(await store.session(queryCode)).toMatchObject({ redemption: ended });
        expect(await store.claim(claimOf('second'))).toEqual({ kind: 'SESSION_DONE', redemption: ended });
      },
    );

    test('the failure of a code that was sent when the session was cancelled is final', async () => {
      const { store } = await opened();
      const lease = await send(store, 'first');
      await store.cancel(cancellation);
      const ended = await store.settle(lease, rejected);
      const lastFailure = { failureCode: rejected.failureCode, traceId: 'trace of first' };
      expect(await store.session(queryCode)).toMatchObject({ redemption: ended, attemptsLeft: 0, lastFailure });
      expect(await store.claim(claimOf('second'))).toEqual({ kind: 'SESSION_CANCELLED' });
      expect(await store.claim(claimOf('first'))).toEqual({ kind: 'DUPLICATE', redemption: ended });
    });

    test('a session whose code is released after it was cancelled takes no code', async () => {
      const { store } = await opened();
      const lease = await send(store, 'first');
      await store.cancel(cancellation);
      await store.release(lease);
      expect(await store.session(queryCode)).toMatchObject({ redemption: undefined, lastFailure: cancelled });
      expect(await store.claim(claimOf('first'))).toEqual({ kind: 'SESSION_CANCELLED' });
    });

    test('a session that has ended is not cancelled: a success, a last failure and a first cancel stay', async () => {
      const { store } = await opened();
      await store.settle(await send(store, 'first'), rejected);
      const spent = await store.settle(await send(store, 'second'), rejected);
      const before = await store.session(queryCode);
      await store.cancel(cancellation);
      expect(await store.session(queryCode)).toEqual(before);
      expect(before).toMatchObject({ redemption: spent, attemptsLeft: 0 });

      const own = { ...cancellation, queryCode: 'own' };
      const done = await end(store, succeeded(), { authCode: 'third', queryCode: 'own' });
      await store.cancel(own);
      expect(await store.session('own')).toMatchObject({ redemption: done });

      await store.openSession({ ...session, stateId: 'other-state', queryCode: 'other' });
      await store.cancel({ ...cancellation, queryCode: 'other' });
      await store.cancel({ ...cancellation, queryCode: 'other', traceId: 'a later trace' });
      expect(await store.session('other')).toMatchObject({ lastFailure: cancelled });
    });

    test('a cancel for another app, or of an unknown query code, cancels nothing', async () => {
      const { store } = await opened();
      await store.cancel({ ...cancellation, appId: 'other-app' });
      await store.cancel({ ...cancellation, queryCode: 'unknown' });
      expect(await store.session(queryCode)).toMatchObject({ step: undefined, attemptsLeft: 2 });
    });

    test('P2: a cancellation survives a restart', async () => {
      const { store, reopen } = await opened();
      await store.cancel(cancellation);
      const again = await reopen();
      expect(await again.session(queryCode)).toMatchObject({ step: 'CANCELLED', lastFailure: cancelled });
      expect(await again.claim(claimOf('first'))).toEqual({ kind: 'SESSION_CANCELLED' });
    });

    test.each([1, 2])(
      'P11: of codes and cancels at once, at %i instances, the cancel lets one code end at most',
      async (instances) => {
        const { store, join, keys } = await opened();
        const other = instances === 2 ? await join(keys.open()) : store;
        const at = (index: number) => (index % 2 ? other : store);
        for (let round = 0; round < 5; round += 1) {
          const stateId = `state ${round}`;
          const query = { ...cancellation, queryCode: `query code ${round}` };
          await store.openSession({ ...session, stateId, queryCode: query.queryCode });
          const claims = times(6, (index) => at(index).claim(claimOf(`${round} ${index}`, { stateId })));
          const cancels = times(3, (index) => at(index).cancel({ ...query, traceId: `trace ${index}` }));
          const report = at(round).reportStep({ ...reportOf('DECLINED'), stateId });
          const [verdicts] = await Promise.all([claims, cancels, report]);
          const leases = verdicts.flatMap((verdict) => (verdict.kind === 'CLAIMED' ? [verdict.lease] : []));
          expect(leases.length).toBeLessThanOrEqual(1);
          const others = verdicts.filter(({ kind }) => kind !== 'CLAIMED').map(({ kind }) => kind);
          expect(['SESSION_BUSY', 'SESSION_CANCELLED']).toEqual(expect.arrayContaining([...new Set(others)]));
          const shown = await other.session(query.queryCode);
          expect(shown).toMatchObject({ step: 'CANCELLED', lastFailure: { failureCode: 'SESSION_CANCELLED' } });
          expect(shown?.redemption?.id).toBe(leases[0]?.redemptionId);
          for (const lease of leases) {
            await store.markSent(lease);
            await other.settle(lease, succeeded());
            expect(await store.session(query.queryCode)).toMatchObject({ redemption: { state: 'SUCCEEDED' } });
          }
          const late = leases.length > 0 ? 'SESSION_DONE' : 'SESSION_CANCELLED';
          expect((await other.claim(claimOf(`${round} late`, { stateId }))).kind).toBe(late);
        }
      },
    );

    test('P11: of settles and cancels at once, at two instances, the outcome is shown either way', async () => {
      const { store, join, keys } = await opened();
      const other = await join(keys.open());
      for (const [round, outcome] of [succeeded(), rejected, succeeded(), rejected].entries()) {
        const stateId = `state ${round}`;
        const query = { ...cancellation, queryCode: `query code ${round}` };
        await store.openSession({ ...session, stateId, queryCode: query.queryCode });
        const lease = await take(store, `code ${round}`, { stateId });
        await store.markSent(lease);
        const [ended] = await Promise.all([store.settle(lease, outcome), other.cancel(query)]);
        const shown = await store.session(query.queryCode);
        expect(shown).toMatchObject({ redemption: { id: ended?.id, state: outcome.state }, attemptsLeft: 0 });
      }
    });
  });

  describe(`${name}: a session whose time is over`, () => {
    const graceMs = contractTimes.resultTtlMs;

    test.each(['no code arrived', 'a code failed', 'it was cancelled'])(
      'a session in which %s is shown as expired for resultTtlMs, and then unknown',
      async (how) => {
        const { store, clock } = await opened();
        if (how === 'a code failed') await store.settle(await send(store, 'first'), rejected);
        if (how === 'it was cancelled') await store.cancel(cancellation);
        const { expiresAt } = (await store.session(queryCode)) ?? {};
        await clock.advance(graceMs - MARGIN_MS);
        expect(await store.session(queryCode)).toMatchObject({ isExpired: false, expiresAt });
        await clock.advance(2 * MARGIN_MS);
        const expired = { isExpired: true, redemption: undefined, attemptsLeft: 0 };
        expect(await store.session(queryCode)).toMatchObject(expired);
        await store.sweep();
        for (const by of [byState, byQueryCode])
          expect(await store.claim(claimOf('late', by))).toEqual({ kind: 'NO_SESSION' });
        await store.cancel(cancellation);
        expect(await store.reportStep(reportOf('OPENED'))).toEqual({ kind: 'NO_SESSION' });
        const shownUntil = new Date(Number(expiresAt) + graceMs);
        expect(await store.session(queryCode)).toMatchObject({ ...expired, expiresAt: shownUntil });
        await clock.advance(graceMs - 3 * MARGIN_MS);
        expect(await store.session(queryCode)).toMatchObject(expired);
        await clock.advance(2 * MARGIN_MS);
        expect(await store.session(queryCode)).toBeUndefined();
        expect(await store.claim(claimOf('late'))).toEqual({ kind: 'NO_SESSION' });
      },
    );

    test.each([
      ['a success', succeeded()],
      ['a held result', { state: 'HELD' as const }],
    ])('a session with %s is unknown when its time is over', async (_, outcome) => {
      const { store, clock } = await opened();
      await store.settle(await send(store, 'first'), outcome);
      await clock.advance(resultOver);
      expect(await store.session(queryCode)).toBeUndefined();
    });

    test('a session whose code is pending when its time is over is shown until that code has ended', async () => {
      const { store, clock } = await opened();
      const sent = await send(store, 'first');
      await store.openSession({ ...session, stateId: 'other-state', queryCode: 'other' });
      await take(store, 'second', { stateId: 'other-state' });
      await clock.advance(resultOver);
      expect(await store.session(queryCode)).toMatchObject({ isExpired: false, redemption: { state: 'SENT' } });
      expect(await store.session('other')).toMatchObject({ isExpired: false, redemption: { state: 'CLAIMED' } });
      await store.sweep();
      const ended = { id: sent.redemptionId, state: 'INDETERMINATE' };
      expect(await store.session(queryCode)).toMatchObject({ isExpired: false, redemption: ended, attemptsLeft: 0 });
      expect(await store.session('other')).toMatchObject({ isExpired: true, redemption: undefined });
    });

    test.each(['its owner', 'a sweep', 'another code'])(
      'a session whose code is released by %s ends when it would have without that code',
      async (who) => {
        const { store, clock } = await opened();
        const { expiresAt } = (await store.session(queryCode)) ?? {};
        await clock.advance(contractTimes.leaseMs);
        const lease = await take(store, 'first');
        if (who === 'its owner') await store.release(lease);
        else await clock.advance(contractTimes.leaseMs + MARGIN_MS);
        if (who === 'a sweep') await store.sweep();
        if (who === 'another code') await store.release(await take(store, 'second'));
        expect(await store.session(queryCode)).toMatchObject({ redemption: undefined, expiresAt });
      },
    );

    test('a caller may use its own query code again once it has expired', async () => {
      const { store, clock } = await open();
      await end(store, rejected, { queryCode: 'own' });
      await clock.advance(resultOver);
      expect(await store.session('own')).toMatchObject({ isExpired: true });
      await end(store, succeeded(), { authCode: 'second', queryCode: 'own' });
      expect(await store.session('own')).toMatchObject({ isExpired: false, redemption: { state: 'SUCCEEDED' } });
    });
  });
};
