/** Ids of identities: random, or as the sandbox derives them. */
import { expect, onTestFinished, test } from 'vitest';
import { testIdentityId } from '../../src/emulators/sandbox.ts';
import type { Subject } from '../../src/model.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import type { NewIdentityId } from '../../src/store/model.ts';
import { createTestKeys } from '../support/services/keys.ts';

const times = { leaseMs: 1_000, resultTtlMs: 60_000, codeTtlMs: 600_000 };

/** Redeems a code for each subject in turn, and answers the ids of their identities. */
const redeem = async (newIdentityId: NewIdentityId | undefined, subjects: readonly Subject[]) => {
  const engine = openSqlite({ file: ':memory:', now: Date.now });
  const store = createStore(engine, { vault: createTestKeys().open(), times, newIdentityId });
  onTestFinished(() => store.close());
  const ids: (string | undefined)[] = [];
  for (const [index, subject] of subjects.entries()) {
    const verdict = await store.claim({
      source: 's',
      upstreamAppId: 'u',
      appId: 'demo',
      channelId: 'wechat_pay',
      traceId: 't',
      kind: 'authCode',
      code: `code ${index}`,
      binding: [],
    });
    if (verdict.kind !== 'CLAIMED') throw new Error(verdict.kind);
    await store.markSent(verdict.lease);
    const ended = await store.settle(verdict.lease, { state: 'SUCCEEDED', subject });
    ids.push(ended?.state === 'SUCCEEDED' ? ended.identity.id : undefined);
  }
  return ids;
};

const alice = { openId: 'alice' };

test('an id is random unless the store is given how to make it', async () => {
  const [[first], [second]] = [await redeem(undefined, [alice]), await redeem(undefined, [alice])];
  for (const id of [first, second]) expect(id).toMatch(/^pid_[\w-]{22}$/);
  expect(first).not.toBe(second);
});

test("the sandbox's ids are the same in every new database, and others for another payer, key, app or channel", async () => {
  const subjects = [alice, { openId: 'bob' }, { userId: 'alice' }];
  const ids = await redeem(testIdentityId, subjects);
  expect(await redeem(testIdentityId, subjects)).toEqual(ids);
  const place = { channelId: 'wechat_pay', appId: 'demo' };
  const elsewhere = [
    { ...place, appId: 'other' },
    { ...place, channelId: 'ali_pay' },
  ];
  const all = [...ids, ...elsewhere.map((there) => testIdentityId({ ...there, ...alice }))];
  expect(new Set(all).size).toBe(5);
  for (const id of all) expect(id).toMatch(/^pid_[\w-]{22}$/);
});

test('a derived id that another identity has is not used again: the payer gets a random one', async () => {
  const [first, moved, second] = await redeem(testIdentityId, [
    { openId: 'old', userId: 'u' },
    { openId: 'new', userId: 'u' },
    { openId: 'old' },
  ]);
  expect(moved).toBe(first);
  expect(second).toMatch(/^pid_[\w-]{22}$/);
  expect(second).not.toBe(first);
});
