/** Identities: which ids are one payer. */
import { describe, expect, test } from 'vitest';
import type { IdentityRef, Subject } from '../../../src/model.ts';
import type { StoreEngine } from '../store.ts';
import { authenticate, codeOver, times } from './fixtures.ts';

export const identityContract = ({ name, open: opened }: StoreEngine): void => {
  describe(`${name}: identities`, () => {
    test.each<[string, Subject]>([
      ['openId', { openId: 'same' }],
      ['userId', { userId: 'same' }],
    ])('P12: the same %s is the same payer', async (_, subject) => {
      const { store, clock } = await opened();
      const first = await authenticate(store, subject);
      await clock.advance(1_000);
      const second = await authenticate(store, subject);
      expect(second.id).toBe(first.id);
      expect(second.firstAuthenticatedAt).toEqual(first.firstAuthenticatedAt);
      expect(second.lastAuthenticatedAt.getTime()).toBeGreaterThanOrEqual(first.lastAuthenticatedAt.getTime() + 1_000);
    });

    test('P12: an openId and a userId of the same spelling are two payers', async () => {
      const { store } = await opened();
      const byOpenId = await authenticate(store, { openId: 'same' });
      const byUserId = await authenticate(store, { userId: 'same' });
      expect(byUserId.id).not.toBe(byOpenId.id);
    });

    test('20 concurrent first authentications of a payer make one identity', async () => {
      const { store } = await opened();
      const identities = await times(20, () => authenticate(store, { openId: 'new', userId: 'new too' }));
      expect(new Set(identities.map(({ id }) => id)).size).toBe(1);
    });

    test('an openId and a userId that arrive together find one identity', async () => {
      const { store } = await opened();
      const { id } = await authenticate(store, { openId: 'o', userId: 'u' });
      expect(await authenticate(store, { userId: 'u' })).toMatchObject({ id, openId: 'o', userId: 'u' });
      expect(await authenticate(store, { openId: 'o' })).toMatchObject({ id, openId: 'o', userId: 'u' });
    });

    test.each<[string, Subject, Subject]>([
      ['userId', { openId: 'o' }, { userId: 'u' }],
      ['openId', { userId: 'u' }, { openId: 'o' }],
    ])('a %s that arrives later finds the existing identity', async (_, earlier, later) => {
      const { store } = await opened();
      const { id } = await authenticate(store, earlier);
      await authenticate(store, { ...earlier, ...later });
      expect(await authenticate(store, later)).toMatchObject({ id, openId: 'o', userId: 'u' });
    });

    test.each<[string, Subject]>([
      ['without a userId', { openId: 'a' }],
      ['with a userId', { openId: 'a', userId: 'ua' }],
    ])('P12: the openId of A %s with the userId of B finds A, and both identities stay', async (_, subject) => {
      const { store } = await opened();
      const a = await authenticate(store, subject);
      const b = await authenticate(store, { openId: 'b', userId: 'ub' });
      const answer = await authenticate(store, { openId: 'a', userId: 'ub', unionId: 'later' });
      expect(answer).toMatchObject({ id: a.id, openId: 'a', userId: subject.userId ?? null, unionId: 'later' });
      const place = { channelId: 'wechat_pay', appId: 'demo' };
      const found = await store.identities([
        { ...place, openId: 'a' },
        { ...place, openId: 'b' },
        { ...place, userId: 'ub' },
      ]);
      expect(found).toMatchObject([{ id: a.id }, { id: b.id }, { id: b.id }]);
      expect(found[1]).toEqual(b);
    });

    test.each<[string, Subject, Subject]>([
      ['openId', { openId: 'earlier', userId: 'u' }, { openId: 'later', userId: 'u' }],
      ['userId', { openId: 'o', userId: 'earlier' }, { openId: 'o', userId: 'later' }],
    ])('a new %s of a payer replaces the earlier one, which then finds no identity', async (kind, first, then) => {
      const { store } = await opened();
      const { id } = await authenticate(store, first);
      expect(await authenticate(store, then)).toMatchObject({ id, ...then });
      const place = { channelId: 'wechat_pay', appId: 'demo' };
      const by = (value: string): IdentityRef =>
        kind === 'openId' ? { ...place, openId: value } : { ...place, userId: value };
      expect(await store.identities([{ id }, by('later'), by('earlier')])).toMatchObject([{ id }, { id }, undefined]);
      const alone = kind === 'openId' ? { openId: 'earlier' } : { userId: 'earlier' };
      const stranger = await authenticate(store, alone);
      expect(stranger.id).not.toBe(id);
      expect(await store.identities([{ id }, by('later'), by('earlier')])).toMatchObject([
        { id, ...then },
        { id },
        { id: stranger.id },
      ]);
    });

    test('later fields of a payer are added, and earlier ones stay', async () => {
      const { store } = await opened();
      const { id } = await authenticate(store, { openId: 'o', unionId: 'n' });
      await authenticate(store, { openId: 'o', subAppId: 'sa' });
      const identity = await authenticate(store, { openId: 'o', unionId: undefined, subOpenId: 'so' });
      expect(identity).toMatchObject({ id, unionId: 'n', subAppId: 'sa', subOpenId: 'so', userId: null });
      expect(await authenticate(store, { openId: 'o', unionId: 'newer' })).toMatchObject({ id, unionId: 'newer' });
    });

    test('P12: the same ids in another app or on another channel are another payer', async () => {
      const { store } = await opened();
      const subject = { openId: 'o', userId: 'u' };
      const places = [{}, { appId: 'other-app' }, { channelId: 'ali_pay' }];
      const identities = await Promise.all(places.map((place) => authenticate(store, subject, place)));
      expect(new Set(identities.map(({ id }) => id)).size).toBe(3);
      const refs = [
        { channelId: 'wechat_pay', appId: 'demo', openId: 'o' },
        { channelId: 'wechat_pay', appId: 'other-app', userId: 'u' },
        { channelId: 'ali_pay', appId: 'demo', openId: 'o' },
        { channelId: 'ali_pay', appId: 'other-app', openId: 'o' },
      ];
      expect(await store.identities(refs)).toEqual([...identities, undefined]);
    });

    test('identities are returned in the order of the references, by any key, repeated ones too', async () => {
      const { store } = await opened();
      const place = { channelId: 'wechat_pay', appId: 'demo' };
      const alice = await authenticate(store, { openId: 'alice', userId: '2088-alice' });
      const bob = await authenticate(store, { userId: '2088-bob' });
      const refs: IdentityRef[] = [
        { ...place, userId: '2088-bob' },
        { id: alice.id },
        { id: 'unknown' },
        { ...place, openId: 'alice' },
        { ...place, openId: '2088-bob' },
        { id: alice.id },
        { ...place, userId: '2088-alice' },
        { ...place, openId: "'; DROP TABLE identities; --" },
        { id: bob.id },
      ];
      const found = [bob, alice, undefined, alice, undefined, alice, alice, undefined, bob];
      expect(await store.identities(refs)).toEqual(found);
      expect(await store.identities([])).toEqual([]);
      const many = Array.from({ length: 1_000 }, (_, index) =>
        index % 2 ? { id: `unknown-${index}` } : { id: bob.id },
      );
      expect(await store.identities(many)).toEqual(many.map(({ id }) => (id === bob.id ? bob : undefined)));
    });

    test('identities outlive the redemptions that made them', async () => {
      const { store, clock } = await opened();
      const { id } = await authenticate(store, { openId: 'o' });
      await clock.advance(codeOver);
      await store.sweep();
      expect(await store.identities([{ id }])).toMatchObject([{ id, openId: 'o' }]);
      expect(await authenticate(store, { openId: 'o' })).toMatchObject({ id });
    });
  });
};
