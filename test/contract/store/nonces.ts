/** Nonces: each is FIRST once, on every instance. */
import { describe, expect, test } from 'vitest';
import type { NonceUse } from '../../../src/store/model.ts';
import type { StoreEngine } from '../store.ts';
import { count, DUMP, MARGIN_MS } from './fixtures.ts';

const SECOND = 1_000;

const use = (changes: Partial<NonceUse> = {}): NonceUse => ({
  appId: 'demo',
  nonce: 'nonce-of-this-call',
  fingerprint: 'every byte of this call',
  ...changes,
});
const other = { fingerprint: 'another call' };

export const nonceContract = ({ name, open: opened }: StoreEngine): void => {
  describe(`${name}: a nonce`, () => {
    test('a nonce is FIRST once, REPEATED for the same call, and USED for any other', async () => {
      const { store } = await opened();
      expect(await store.useNonce(use())).toBe('FIRST');
      expect(await store.useNonce(use())).toBe('REPEATED');
      expect(await store.useNonce(use(other))).toBe('USED');
      expect(await store.useNonce(use())).toBe('REPEATED');
    });

    test('a nonce belongs to one app, and to one spelling', async () => {
      const { store } = await opened();
      expect(await store.useNonce(use())).toBe('FIRST');
      expect(await store.useNonce(use({ appId: 'other' }))).toBe('FIRST');
      expect(await store.useNonce(use({ nonce: 'NONCE-of-this-call' }))).toBe('FIRST');
    });

    test('P11: a nonce is FIRST for one of 50 concurrent calls at two instances, equal or not', async () => {
      const { store, join, keys } = await opened();
      const stores = [store, await join(keys.open())] as const;
      const atOnce = (make: (index: number) => NonceUse) =>
        Promise.all(Array.from({ length: 50 }, (_, index) => stores[index % 2 === 0 ? 0 : 1].useNonce(make(index))));
      const same = await atOnce(() => use());
      expect([count(same, 'FIRST'), count(same, 'REPEATED')]).toEqual([1, 49]);
      const different = await atOnce((index) => use({ nonce: 'contested', fingerprint: `call ${index}` }));
      expect([count(different, 'FIRST'), count(different, 'USED')]).toEqual([1, 49]);
    });

    test('a nonce is REPEATED for a minute after its first use, and USED from then on', async () => {
      const { store, clock } = await opened();
      await store.useNonce(use());
      await clock.advance(30 * SECOND);
      expect(await store.useNonce(use())).toBe('REPEATED');
      await clock.advance(30 * SECOND - MARGIN_MS);
      expect(await store.useNonce(use())).toBe('REPEATED');
      await clock.advance(2 * MARGIN_MS);
      expect(await store.useNonce(use())).toBe('USED');
    });

    test('a nonce is stored for 11 minutes, swept or not, and forgotten then', async () => {
      const { store, clock, query } = await opened();
      const rows = () => query('SELECT used_at FROM nonces');
      await store.useNonce(use());
      await store.useNonce(use({ nonce: 'another nonce' }));
      await clock.advance(660 * SECOND - MARGIN_MS);
      await store.sweep();
      expect(await store.useNonce(use(other))).toBe('USED');
      expect(await rows()).toHaveLength(2);
      await clock.advance(2 * MARGIN_MS);
      expect(await store.useNonce(use(other))).toBe('FIRST');
      expect(await store.useNonce(use(other))).toBe('REPEATED');
      expect(await store.useNonce(use())).toBe('USED');
      expect(await store.sweep()).toMatchObject({ purged: 1 });
      expect(await rows()).toHaveLength(1);
    });

    test('P2: a nonce survives a restart', async () => {
      const { store, reopen } = await opened();
      await store.useNonce(use());
      const reopened = await reopen();
      expect(await reopened.useNonce(use(other))).toBe('USED');
    });

    test('P8: a nonce and what was signed are stored as blind indexes alone', DUMP, async () => {
      const { store, dump } = await opened();
      await store.useNonce(use());
      const written = await dump();
      for (const text of [use().nonce, use().fingerprint]) expect(written.includes(text)).toBe(false);
    });
  });
};
