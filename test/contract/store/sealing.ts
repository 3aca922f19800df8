/** What the database holds, and sealed with which keys. */
import { describe, expect, test } from 'vitest';
import { resealAll } from '../../../src/commands/lib/reseal-all.ts';
import type { PayerIdentity } from '../../../src/model.ts';
import { VaultError } from '../../../src/security/vault.ts';
import type { Outcome } from '../../../src/store/model.ts';
import type { Store } from '../../../src/store/store.ts';
import type { OpenedStore, StoreEngine } from '../store.ts';
import {
  authenticate,
  DUMP,
  end,
  inSession,
  leaseOver,
  rejected,
  send,
  succeeded,
  take,
  testClaim,
} from './fixtures.ts';

export const sealingContract = ({ name, open: opened }: StoreEngine): void => {
  describe(`${name}: rotating keys`, () => {
    const PACE = { batch: 2, pauseMs: 0 };
    const place = { appId: 'demo', channelId: 'wechat_pay' };

    /** 3 payers, 2 of them with tokens and 1 with a certification, and a certification without a payer. */
    const fill = async (store: Store) => {
      const accessToken = { value: 'token', expiresAt: new Date(1_900_000_000_000) };
      const ended = [
        await end(store, { ...succeeded({ openId: 'a' }), accessToken } as Outcome, { authCode: 'a' }),
        await end(store, { ...succeeded({ openId: 'b', userId: 'ub' }), accessToken } as Outcome, { authCode: 'b' }),
        await end(store, succeeded({ userId: 'uc' }), { authCode: 'c' }),
        await end(store, rejected, { authCode: 'd' }),
      ];
      const [payer] = ended.flatMap((one) => (one.state === 'SUCCEEDED' ? [one.identity.id] : []));
      await store.addCertification({ certifyId: 'certify-1', ...place, identityId: payer ?? null });
      await store.addCertification({ certifyId: 'certify-2', ...place, identityId: null });
      return async (other: Store) => {
        for (const one of ended) expect(await other.redemption(one.id)).toEqual(one);
        expect(await other.certification('certify-1')).toMatchObject({ certifyId: 'certify-1', identityId: payer });
        expect(await other.certification('certify-2')).toMatchObject({ certifyId: 'certify-2' });
      };
    };
    const VALUES = 3 + 2 + 2;

    test('a rotation seals every value with the newest key, and the older one is not needed any more', async () => {
      const { store, keys, join } = await opened();
      const expectAll = await fill(store);
      expect(await resealAll(store, PACE)).toEqual({ resealed: 0, unreadable: 0 });
      keys.rotate();
      const rotating = await join(keys.open());
      await expect(expectAll(await join(keys.openNewest()))).rejects.toThrow(VaultError);
      expect(await resealAll(rotating, PACE)).toEqual({ resealed: VALUES, unreadable: 0 });
      expect(await resealAll(rotating, PACE)).toEqual({ resealed: 0, unreadable: 0 });
      await expectAll(await join(keys.openNewest()));
      // The store that was open during the rotation reads the new key when a value needs it.
      await expectAll(store);
    });

    test('a pass of resealing that was broken off begins again, and finds less to do', async () => {
      const { store, keys, join } = await opened();
      const expectAll = await fill(store);
      keys.rotate();
      const broken = await join(keys.open());
      expect(await broken.reseal(2)).toMatchObject({ resealed: 2, unreadable: 0 });
      expect(await resealAll(await join(keys.open()), PACE)).toEqual({ resealed: VALUES - 2, unreadable: 0 });
      await expectAll(await join(keys.openNewest()));
    });

    test('two concurrent passes of resealing do the work once', async () => {
      const { store, keys, join } = await opened();
      const expectAll = await fill(store);
      keys.rotate();
      const both = [await join(keys.open()), await join(keys.open())];
      const reports = await Promise.all(both.map((one) => resealAll(one, PACE)));
      expect(reports.reduce((sum, { resealed }) => sum + resealed, 0)).toBe(VALUES);
      await expectAll(await join(keys.openNewest()));
    });

    test('P11: updates of payers during a rotation are not lost', async () => {
      const { store, keys, join } = await opened();
      const payers = Array.from({ length: 10 }, (_, index) => `payer-${index}`);
      for (const openId of payers) await authenticate(store, { openId });
      for (let round = 0; round < 5; round += 1) {
        keys.rotate();
        const rotating = await join(keys.open());
        const updates = payers.map((openId) => authenticate(store, { openId, unionId: `union-${round}` }));
        await Promise.all([resealAll(rotating, PACE), ...updates]);
        const refs = payers.map((openId) => ({ ...place, openId }));
        const found = payers.map((openId) => ({ openId, unionId: `union-${round}` }));
        expect(await store.identities(refs)).toMatchObject(found);
      }
    });

    test('a row that does not open is counted, stays as it is and stops no other row', async () => {
      const { store, keys, join, query } = await opened();
      await fill(store);
      await query(`UPDATE redemptions SET answer_sealed = (SELECT min(subject_sealed) FROM identities)
        WHERE id = (SELECT min(id) FROM redemptions WHERE answer_sealed IS NOT NULL)`);
      keys.rotate();
      const rotating = await join(keys.open());
      expect(await resealAll(rotating, PACE)).toEqual({ resealed: VALUES - 1, unreadable: 1 });
      expect(await resealAll(rotating, PACE)).toEqual({ resealed: 0, unreadable: 1 });
    });
  });

  describe(`${name}: what does not open`, () => {
    /** Copies the sealed value of one payer over that of another. */
    const tamper = (query: OpenedStore['query'], { id }: PayerIdentity, other: PayerIdentity) =>
      query(`UPDATE identities SET subject_sealed = (SELECT subject_sealed FROM identities WHERE id = '${other.id}')
        WHERE id = '${id}'`);

    test('P8: a row that does not open is an error in its own place, and the others are returned', async () => {
      const { store, query } = await opened();
      const [a, bad, c] = [
        await authenticate(store, { openId: 'a' }),
        await authenticate(store, { openId: 'bad' }),
        await authenticate(store, { openId: 'c' }),
      ];
      const place = { appId: 'demo', channelId: 'wechat_pay' };
      for (const [certifyId, identityId] of [
        ['certify-a', a.id],
        ['certify-bad', bad.id],
      ] as const)
        await store.addCertification({ certifyId, ...place, identityId });
      await tamper(query, bad, a);
      await query(`UPDATE certifications SET certify_id_sealed = (SELECT subject_sealed FROM identities
        WHERE id = '${a.id}') WHERE identity_id = '${bad.id}'`);

      const error = expect.any(VaultError);
      const refs = [{ id: a.id }, { id: bad.id }, { ...place, openId: 'bad' }, { id: 'unknown' }, { id: c.id }];
      expect(await store.identities(refs)).toEqual([a, error, error, undefined, c]);
      const certifications = [expect.objectContaining({ certifyId: 'certify-a' }), error, undefined];
      expect(await store.certificationsOf([a.id, bad.id, c.id])).toEqual(certifications);
      await expect(store.certification('certify-bad')).rejects.toThrow(VaultError);
    });

    test('P8: a value that does not open rejects the calls that would return it, and no others', async () => {
      const { store, query } = await opened();
      const bad = await authenticate(store, { openId: 'bad' }, { authCode: 'code', queryCode: 'query-code-1' });
      await tamper(query, bad, await authenticate(store, { openId: 'a' }));
      const again = { authCode: 'code', queryCode: 'query-code-1' };
      await expect(store.session('query-code-1')).rejects.toThrow(VaultError);
      await expect(store.claim(testClaim(again))).rejects.toThrow(VaultError);
      expect(await store.claim(testClaim({ ...again, caller: 'other' }))).toEqual({ kind: 'CODE_USED' });
      await expect(authenticate(store, { openId: 'bad' })).rejects.toThrow(VaultError);
      expect(await authenticate(store, { openId: 'a' })).toMatchObject({ openId: 'a' });
      // The remedy: the payer is erased, and can authenticate again.
      expect(await store.erase(bad.id)).toMatchObject({ identities: 1 });
      expect(await authenticate(store, { openId: 'bad' })).toMatchObject({ openId: 'bad' });
    });
  });

  describe(`${name}: what is written`, () => {
    test('P2: every written state survives a restart', async () => {
      const { store, clock, reopen } = await opened();
      await take(store, { authCode: 'claimed' });
      const sent = await send(store, { authCode: 'sent', queryCode: 'query-code-sent' });
      const token = { value: 'token', expiresAt: new Date(1_900_000_000_000) };
      const outcome: Outcome = { state: 'SUCCEEDED', subject: { openId: 'o', userId: 'u' }, accessToken: token };
      const done = await end(store, outcome, { authCode: 'done', queryCode: 'query-code-done' });
      const refused = await end(store, rejected, { authCode: 'refused' });
      const held = await end(store, { state: 'HELD' }, { authCode: 'held', queryCode: 'query-code-held' });

      const reopened = await reopen();
      expect(await reopened.claim(testClaim({ authCode: 'claimed' }))).toMatchObject({
        kind: 'DUPLICATE',
        redemption: { state: 'CLAIMED' },
      });
      expect(await reopened.redemption(done.id)).toEqual(done);
      expect((await reopened.session('query-code-done'))?.redemption).toEqual(inSession(done));
      expect(await reopened.redemption(refused.id)).toEqual(refused);
      expect((await reopened.session('query-code-held'))?.redemption).toEqual(held);
      expect(await reopened.identities([{ channelId: 'wechat_pay', appId: 'demo', userId: 'u' }])).toEqual([
        done.state === 'SUCCEEDED' ? done.identity : undefined,
      ]);
      expect(await reopened.session('query-code-sent')).toMatchObject({ redemption: { state: 'SENT' } });
      await clock.advance(leaseOver);
      await take(reopened, { authCode: 'claimed' });
      expect(await reopened.sweep()).toMatchObject({ released: 0, abandoned: 1 });
      expect(await reopened.redemption(sent.redemptionId)).toMatchObject({ state: 'INDETERMINATE' });
    });

    test('P8: the written bytes hold no auth code, query code, payer id or token, in any spelling', DUMP, async () => {
      const { store, dump } = await opened();
      const canary = (kind: string) => `canary-of-${kind}-7c1f4b`;
      const claim = { authCode: canary('auth-code'), queryCode: canary('query-code'), caller: canary('caller') };
      const ids = { openId: canary('open-id'), userId: canary('user-id'), unionId: canary('union-id') };
      const subject = { ...ids, subAppId: canary('sub-app'), subOpenId: canary('sub-open-id') };
      const token = canary('token');
      const outcome: Outcome = { state: 'SUCCEEDED', subject, accessToken: { value: token } };
      await end(store, outcome, { ...claim, appId: 'plain-app-id' });
      await take(store, { ...claim, authCode: `${claim.authCode}2`, queryCode: `${claim.queryCode}2` });

      const written = await dump();
      expect(written.includes('plain-app-id'), 'the dump shows what may be seen').toBe(true);
      const found = [...Object.values(claim), ...Object.values(subject), token].flatMap((secret) => {
        const bytes = Buffer.from(secret);
        const encoded = [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')];
        const spellings = [secret, secret.toUpperCase(), ...encoded, bytes.toString('hex').toUpperCase()];
        return [...spellings.map((text) => Buffer.from(text)), Buffer.from(secret, 'utf16le')].flatMap((spelling) =>
          written.includes(spelling) ? [spelling.toString()] : [],
        );
      });
      expect(found).toEqual([]);
    });

    test('ready resolves for a store that can write', async () => {
      const { store } = await opened();
      await expect(store.ready()).resolves.toBeUndefined();
    });

    test('P6: a closed store rejects', { timeout: 3_000 }, async () => {
      const { store, stop } = await opened();
      await stop();
      await expect(store.claim(testClaim())).rejects.toThrow();
      await expect(store.ready()).rejects.toThrow();
    });
  });
};
