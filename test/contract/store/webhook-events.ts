/** The outbox of webhooks: one event for each end of a session, sent until it is acknowledged or given up. */
import { describe, expect, test } from 'vitest';
import type { EventClaim, WebhookEvent } from '../../../src/store/event-model.ts';
import type { Outcome } from '../../../src/store/model.ts';
import type { Store } from '../../../src/store/store.ts';
import type { StoreEngine } from '../store.ts';
import { contractTimes, MARGIN_MS, rejected, resultOver, succeeded, testClaim, times, wakes } from './fixtures.ts';

const queryCode = 'query-code-of-a-webhook';
const session = {
  ...{ queryCode, stateId: 'state-of-a-webhook', appId: 'demo', channelId: 'wechat_pay', attempts: 2 },
  ...{ clientReferenceId: 'order-1', announced: true },
};
const DAY_MS = 86_400_000;
const leaseMs = 20_000;
const leaseOver = leaseMs + MARGIN_MS;
const retry = { afterMs: 10_000, maxAttempts: 3 };

const claim = (store: Store, changes: Partial<EventClaim> = {}) =>
  store.claimEvents({ appId: 'demo', limit: 10, leaseMs, ...changes });

const one = async (store: Store): Promise<WebhookEvent> => {
  const [event, ...others] = await claim(store);
  if (!event || others.length > 0) throw new Error(`Expected one event, not ${others.length + (event ? 1 : 0)}`);
  return event;
};

let codes = 0;
const attempt = async (store: Store, outcome: Outcome, by: { queryCode: string } = { queryCode }) => {
  codes += 1;
  const verdict = await store.claim({ ...testClaim({ authCode: `code ${codes}` }), session: { ...by, attempts: 2 } });
  if (verdict.kind !== 'CLAIMED') throw new Error(`Expected CLAIMED, not ${verdict.kind}`);
  await store.markSent(verdict.lease);
  return (await store.settle(verdict.lease, outcome)) ?? { id: '' };
};

export const webhookContract = ({ name, open }: StoreEngine): void => {
  const opened = async () => {
    const all = await open();
    await all.store.openSession(session);
    return all;
  };

  describe(`${name}: the webhook events of a session`, () => {
    test('a success is announced once, with the reference and until when it can be read', async () => {
      const { store, query } = await opened();
      const watch = store.watch({ webhooksOf: 'demo' });
      await attempt(store, succeeded());
      expect(await wakes(watch)).toBe(true);
      const event = await one(store);
      expect(event).toMatchObject({ appId: 'demo', clientReferenceId: 'order-1', status: 'SUCCEEDED', attempt: 1 });
      expect(event.id).toMatch(/^evt_[\w-]{22}$/);
      expect(event.expiresAt).toEqual((await store.session(queryCode))?.expiresAt);
      expect(await store.acknowledgeEvent(event.lease)).toBe(true);
      expect(await query('SELECT id FROM webhook_events')).toEqual([]);
    });

    test('an event holds neither the query code nor anything of the payer', async () => {
      const { store, query } = await opened();
      await attempt(store, succeeded({ openId: 'open-secret', userId: 'user-secret', unionId: 'union-secret' }));
      const [row] = await query<Record<string, unknown>>('SELECT * FROM webhook_events');
      const hidden = /query-code|secret|state-of|"(?:red|pid)_/;
      expect(JSON.stringify(row)).not.toMatch(hidden);
      expect(JSON.stringify(await one(store))).not.toMatch(hidden);
    });

    test('a code that failed announces nothing while another one may follow, and the last one FAILED', async () => {
      const { store } = await opened();
      await attempt(store, rejected);
      expect(await claim(store)).toEqual([]);
      await attempt(store, { state: 'INDETERMINATE', failureCode: 'OUTCOME_UNKNOWN' });
      expect(await one(store)).toMatchObject({ status: 'FAILED' });
    });

    test('a result that the upstream holds is announced as HELD, and again when it was collected', async () => {
      const { store } = await opened();
      const held = await attempt(store, { state: 'HELD' });
      expect(await one(store)).toMatchObject({ status: 'HELD' });
      await store.collect(held.id, { state: 'SUCCEEDED', subject: { openId: 'o' } });
      expect(await one(store)).toMatchObject({ status: 'SUCCEEDED' });
    });

    test('a cancelled session is announced in the transaction of the cancel, once', async () => {
      const { store } = await opened();
      await store.cancel({ queryCode, appId: 'demo', traceId: 'trace' });
      await store.cancel({ queryCode, appId: 'demo', traceId: 'trace' });
      expect(await one(store)).toMatchObject({ status: 'CANCELLED', clientReferenceId: 'order-1' });
    });

    test.each<[string, Outcome | undefined, string]>([
      ['succeeds', succeeded(), 'SUCCEEDED'],
      ['fails', rejected, 'CANCELLED'],
      ['was not sent', undefined, 'CANCELLED'],
    ])(
      'a session that is cancelled while a code is pending is announced when that code %s',
      async (_, outcome, end) => {
        const { store } = await opened();
        const verdict = await store.claim({
          ...testClaim({ authCode: 'the pending code' }),
          session: { queryCode, attempts: 2 },
        });
        if (verdict.kind !== 'CLAIMED') throw new Error(`Expected CLAIMED, not ${verdict.kind}`);
        await store.cancel({ queryCode, appId: 'demo', traceId: 'trace' });
        expect(await claim(store)).toEqual([]);
        if (outcome) {
          await store.markSent(verdict.lease);
          await store.settle(verdict.lease, outcome);
        } else await store.release(verdict.lease);
        expect(await one(store)).toMatchObject({ status: end });
      },
    );

    test.each<[string, Outcome | undefined, string]>([
      ['without a code', undefined, 'EXPIRED'],
      ['after a code that failed', rejected, 'FAILED'],
    ])(
      'a session that expires %s is announced by one sweep, and its row deleted after that',
      async (_, outcome, end) => {
        const { store, clock, query } = await opened();
        if (outcome) await attempt(store, outcome);
        await clock.advance(contractTimes.resultTtlMs - MARGIN_MS);
        await store.sweep();
        expect(await claim(store)).toEqual([]);
        await clock.advance(2 * MARGIN_MS);
        await store.sweep();
        await store.sweep();
        expect(await one(store)).toMatchObject({ status: end, clientReferenceId: 'order-1' });
        await clock.advance(resultOver);
        await store.sweep();
        expect(await query('SELECT app_id FROM sessions')).toEqual([]);
      },
    );

    test('an expired session whose query code is used again is announced before its row is replaced', async () => {
      const { store, clock, query } = await opened();
      await clock.advance(contractTimes.resultTtlMs + MARGIN_MS);
      await query('UPDATE sessions SET webhook_due = 1');
      await attempt(store, rejected);
      expect(await one(store)).toMatchObject({ status: 'EXPIRED' });
    });

    test.each([
      ['that has no reference', { ...session, clientReferenceId: undefined }],
      ['of an app without a webhook', { ...session, announced: false }],
    ])('a session %s is never announced', async (_, other) => {
      const { store, clock, query } = await open();
      await store.openSession(other);
      await attempt(store, succeeded());
      await clock.advance(2 * resultOver);
      await store.sweep();
      expect(await query('SELECT id FROM webhook_events')).toEqual([]);
      expect(await query('SELECT app_id FROM sessions')).toEqual([]);
    });

    test('of events of many sessions, claimed by two instances at once, each is claimed once', async () => {
      const { store, join, keys } = await open();
      const other = await join(keys.open());
      await times(20, async (index) => {
        const own = { queryCode: `query-code-number-${index}`, stateId: `state ${index}` };
        await store.openSession({ ...session, ...own });
        await attempt(store, succeeded({ openId: `payer ${index}` }), own);
      });
      const claimed = (await times(8, (index) => claim(index % 2 ? store : other, { limit: 5 }))).flat();
      const rest = await claim(store, { limit: 20 });
      const ids = [...claimed, ...rest].map(({ id }) => id);
      expect(ids).toHaveLength(20);
      expect(new Set(ids).size).toBe(20);
    });

    test('an app gets the events of its own sessions only', async () => {
      const { store } = await opened();
      await attempt(store, succeeded());
      expect(await claim(store, { appId: 'other' })).toEqual([]);
      expect(await claim(store)).toHaveLength(1);
    });

    test('P2: an event that was claimed and not acknowledged is claimed again, also after a restart', async () => {
      const { store, clock, reopen } = await opened();
      await attempt(store, succeeded());
      const first = await one(store);
      expect(await claim(store)).toEqual([]);
      const again = await reopen();
      await clock.advance(leaseOver);
      const second = await one(again);
      expect(second).toMatchObject({ id: first.id, attempt: 2 });
      expect(await again.acknowledgeEvent(first.lease)).toBe(false);
      expect(await again.retryEvent(first.lease, retry)).toBe('LEASE_LOST');
      expect(await again.acknowledgeEvent(second.lease)).toBe(true);
    });

    test('an event that failed is due again after its pause, and is given up after its attempts', async () => {
      const { store, clock, query } = await opened();
      await attempt(store, succeeded());
      for (const expected of ['RETRIED', 'RETRIED', 'GIVEN_UP']) {
        expect(await store.retryEvent((await one(store)).lease, retry)).toBe(expected);
        expect(await claim(store)).toEqual([]);
        await clock.advance(retry.afterMs + MARGIN_MS);
      }
      expect(await query('SELECT id FROM webhook_events')).toEqual([]);
    });

    test('an event is given up a day after it occurred, after a last attempt', async () => {
      const { store, clock } = await opened();
      await attempt(store, succeeded());
      expect(await store.retryEvent((await one(store)).lease, { afterMs: 5 * DAY_MS, maxAttempts: 99 })).toBe(
        'RETRIED',
      );
      await clock.advance(DAY_MS + MARGIN_MS);
      expect(await store.retryEvent((await one(store)).lease, { afterMs: 1, maxAttempts: 99 })).toBe('GIVEN_UP');
    });

    test('the backlog counts what no app has acknowledged, also while it is being sent, and how old the first is', async () => {
      const { store, clock } = await opened();
      expect(await store.eventBacklog()).toEqual({ count: 0, oldestMs: 0 });
      await attempt(store, succeeded());
      await clock.advance(60_000);
      const other = { ...session, queryCode: 'second-query-code', stateId: 'second-state', appId: 'other' };
      await store.openSession(other);
      await store.cancel({ queryCode: other.queryCode, appId: 'other', traceId: 'trace' });
      const { count, oldestMs } = await store.eventBacklog();
      expect(count).toBe(2);
      expect(oldestMs).toBeGreaterThanOrEqual(60_000 - MARGIN_MS);
      expect(oldestMs).toBeLessThanOrEqual(60_000 + MARGIN_MS);
      const event = await one(store);
      expect((await store.eventBacklog()).count).toBe(2);
      await store.retryEvent(event.lease, retry);
      expect((await store.eventBacklog()).count).toBe(2);
      await clock.advance(leaseOver);
      await store.acknowledgeEvent((await one(store)).lease);
      expect(await store.eventBacklog()).toMatchObject({ count: 1 });
      expect((await store.eventBacklog()).oldestMs).toBeLessThanOrEqual(leaseOver + MARGIN_MS);
    });

    test('events that no instance sends are deleted by a sweep, an hour after their day', async () => {
      const { store, clock, query } = await opened();
      await attempt(store, succeeded());
      await clock.advance(DAY_MS + MARGIN_MS);
      await store.sweep();
      expect(await query('SELECT id FROM webhook_events')).toHaveLength(1);
      await clock.advance(3_600_000);
      await store.sweep();
      expect(await query('SELECT id FROM webhook_events')).toEqual([]);
    });
  });
};
