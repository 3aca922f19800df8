/** How long payers are stored, and how they are erased. */
import { describe, expect, test } from 'vitest';
import type { Outcome } from '../../../src/store/model.ts';
import type { StoreEngine } from '../store.ts';
import {
  authenticate,
  codeOver,
  contractTimes,
  end,
  MARGIN_MS,
  rejected,
  send,
  succeeded,
  testClaim,
  times,
} from './fixtures.ts';

export const retentionContract = ({ name, open: opened }: StoreEngine): void => {
  describe(`${name}: retention`, () => {
    const retentionMs = 3 * contractTimes.resultTtlMs;
    const limited = { ...contractTimes, identityTtlMs: retentionMs, certificationTtlMs: retentionMs };
    const certification = { appId: 'demo', channelId: 'wechat_pay' };

    test('the retention of a payer starts again when it authenticates; then it is deleted, and the code stays used', async () => {
      const { store, clock, query } = await opened(limited);
      const payer = await authenticate(store, { openId: 'o' }, { authCode: 'first' });
      await clock.advance(retentionMs - MARGIN_MS);
      await authenticate(store, { openId: 'o' }, { authCode: 'second' });
      await store.addCertification({ certifyId: 'certify-1', ...certification, identityId: payer.id });
      await clock.advance(retentionMs - MARGIN_MS);
      await store.sweep();
      expect(await store.identities([{ id: payer.id }])).toMatchObject([{ id: payer.id }]);
      await clock.advance(2 * MARGIN_MS);
      expect((await store.sweep()).purged).toBeGreaterThan(0);
      expect(await store.identities([{ id: payer.id }])).toEqual([undefined]);
      for (const table of ['identities', 'certifications'])
        expect(await query(`SELECT * FROM ${table}`), table).toEqual([]);
      expect(await store.claim(testClaim({ authCode: 'second' }))).toEqual({ kind: 'CODE_USED' });
      expect((await authenticate(store, { openId: 'o' })).id).not.toBe(payer.id);
    });

    test('a payer is not deleted before the outcome that shows it', async () => {
      const { store, clock } = await opened({ ...limited, identityTtlMs: contractTimes.resultTtlMs / 4 });
      const { id } = await end(store, succeeded(), { queryCode: 'query-code-1' });
      await clock.advance(contractTimes.resultTtlMs / 2);
      await store.sweep();
      expect(await store.redemption(id)).toMatchObject({ state: 'SUCCEEDED', identity: { openId: 'open-1' } });
      expect(await store.session('query-code-1')).toMatchObject({ redemption: { state: 'SUCCEEDED' } });
      await clock.advance(contractTimes.resultTtlMs / 2 + MARGIN_MS);
      await store.sweep();
      expect(await store.identities([{ channelId: 'wechat_pay', appId: 'demo', openId: 'open-1' }])).toEqual([
        undefined,
      ]);
    });

    test('a payer is stored for good when no retention is set', async () => {
      const { store, clock } = await opened();
      const { id } = await authenticate(store, { openId: 'o' });
      await store.addCertification({ certifyId: 'certify-1', ...certification, identityId: id });
      await clock.advance(10 * 365 * 86_400_000);
      await store.sweep();
      expect(await store.identities([{ id }])).toMatchObject([{ id }]);
      expect(await store.certification('certify-1')).toMatchObject({ identityId: id });
    });

    test('one sweep deletes all expired certifications, and not their payer', async () => {
      const { store, clock, query } = await opened({ ...limited, identityTtlMs: undefined });
      const { id } = await authenticate(store, { openId: 'o' });
      // In portions: an engine may refuse more concurrent writes than it has places for.
      for (let from = 0; from < 1_100; from += 50)
        await times(50, (index) =>
          store.addCertification({ certifyId: `certify-${from + index}`, ...certification, identityId: id }),
        );
      await clock.advance(retentionMs - 4 * MARGIN_MS);
      await store.sweep();
      expect(await query('SELECT status FROM certifications')).toHaveLength(1_100);
      await clock.advance(5 * MARGIN_MS);
      await store.sweep();
      expect(await query('SELECT status FROM certifications')).toEqual([]);
      expect(await store.identities([{ id }])).toMatchObject([{ id }]);
    });

    test('one sweep, 5 s after everything has expired, empties every table', async () => {
      const { store, clock, query } = await opened(limited);
      const payer = await authenticate(store, { openId: 'o' }, { queryCode: 'query-code-1' });
      await end(store, rejected, { authCode: 'refused', queryCode: 'query-code-2' });
      await store.addCertification({ certifyId: 'certify-1', ...certification, identityId: payer.id });
      await store.addCertification({ certifyId: 'certify-2', ...certification, identityId: null });
      await clock.advance(codeOver);
      await store.sweep();
      for (const table of ['identities', 'redemptions', 'sessions', 'certifications'])
        expect(await query(`SELECT * FROM ${table}`), table).toEqual([]);
    });
  });

  describe(`${name}: erasing a payer`, () => {
    const certification = { appId: 'demo', channelId: 'wechat_pay' };

    test('an erasure deletes the payer, its tokens and its certifications, and no other payer', async () => {
      const { store, query } = await opened();
      const withToken: Outcome = { state: 'SUCCEEDED', subject: { openId: 'o' }, accessToken: { value: 'token' } };
      const shown = await end(store, withToken, { authCode: 'first', queryCode: 'query-code-1' });
      const payer = await authenticate(store, { openId: 'o' }, { authCode: 'second' });
      const other = await authenticate(store, { openId: 'other' }, { queryCode: 'query-code-2' });
      for (const [certifyId, identityId] of [
        ['certify-1', payer.id],
        ['certify-2', payer.id],
        ['certify-other', other.id],
      ] as const)
        await store.addCertification({ certifyId, ...certification, identityId });

      expect(await store.erase(payer.id)).toEqual({ identities: 1, certifications: 2, outcomes: 2, tokens: 1 });
      expect(await store.identities([{ id: payer.id }, { ...certification, openId: 'o' }])).toEqual([
        undefined,
        undefined,
      ]);
      expect(await store.redemption(shown.id)).toBeUndefined();
      expect(await store.session('query-code-1')).toBeUndefined();
      expect(await store.certificationsOf([payer.id])).toEqual([undefined]);
      expect(await store.certification('certify-1')).toBeUndefined();
      expect(await query('SELECT id FROM redemptions WHERE answer_sealed IS NOT NULL')).toEqual([]);

      expect(await store.identities([{ id: other.id }])).toEqual([other]);
      expect(await store.session('query-code-2')).toMatchObject({ redemption: { identity: { id: other.id } } });
      expect(await store.certification('certify-other')).toMatchObject({ identityId: other.id });
      expect(await store.sweep()).toEqual({ released: 0, abandoned: 0, purged: 0 });
    });

    test('P1: after an erasure the codes stay used and the query code taken', async () => {
      const { store } = await opened();
      const claim = { authCode: 'first', queryCode: 'query-code-1' };
      const lease = await send(store, claim);
      const ended = await store.settle(lease, succeeded());
      if (ended?.state !== 'SUCCEEDED') throw new Error('Expected SUCCEEDED');
      await store.erase(ended.identity.id);
      expect(await store.claim(testClaim(claim))).toEqual({ kind: 'CODE_USED' });
      expect(await store.claim(testClaim({ ...claim, caller: 'other' }))).toEqual({ kind: 'CODE_USED' });
      expect(await store.claim(testClaim({ ...claim, authCode: 'new' }))).toEqual({ kind: 'SESSION_TAKEN' });
      expect(await store.settle(lease, succeeded())).toBeUndefined();
      const again = await authenticate(store, { openId: 'open-1' });
      expect(again.id).not.toBe(ended.identity.id);
    });

    test('an erasure of an unknown payer, or a second one, deletes nothing', async () => {
      const { store } = await opened();
      const nothing = { identities: 0, certifications: 0, outcomes: 0, tokens: 0 };
      const { id } = await authenticate(store, { openId: 'o' });
      expect(await store.erase('unknown')).toEqual(nothing);
      expect(await store.erase(id)).toMatchObject({ identities: 1 });
      expect(await store.erase(id)).toEqual(nothing);
    });

    test('P11: an erasure while the payer authenticates leaves no outcome without its payer', async () => {
      const { store, query } = await opened();
      for (let round = 0; round < 5; round += 1) {
        const { id } = await authenticate(store, { openId: 'o' });
        const authenticated = times(10, () => authenticate(store, { openId: 'o' }));
        const [report, identities] = await Promise.all([store.erase(id), authenticated]);
        expect(report).toMatchObject({ identities: 1 });
        expect(identities.map(({ openId }) => openId)).toEqual(Array(10).fill('o'));
      }
      const outcomes = await query<{ id: string }>("SELECT id FROM redemptions WHERE state = 'SUCCEEDED'");
      for (const { id } of outcomes) {
        const redemption = await store.redemption(id);
        if (redemption) expect(redemption).toMatchObject({ identity: { openId: 'o' } });
      }
    });
  });
};
