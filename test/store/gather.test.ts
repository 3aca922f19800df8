/** Lookups of one turn of the event loop share a statement, and share nothing else. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { VaultError } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import { gather } from '../../src/store/gather.ts';
import { contractTimes, end, succeeded } from '../contract/store/fixtures.ts';
import { createTestKeys } from '../support/services/keys.ts';

const upper = () => vi.fn(async (keys: readonly string[]) => keys.map((key) => key.toUpperCase()));

describe('gather', () => {
  test('lookups of one turn are one load, each with its own values in its own order', async () => {
    const load = upper();
    const read = gather(load);
    expect(await Promise.all([read(['b', 'a']), read([]), read(['c', 'a'])])).toEqual([['B', 'A'], [], ['C', 'A']]);
    expect(load.mock.calls).toEqual([[['b', 'a', 'c', 'a']]]);
  });

  test('a lookup that comes after a load has begun is part of the next one', async () => {
    const load = upper();
    const read = gather(load);
    const first = read(['a']);
    await nextTurn();
    expect(load).toHaveBeenCalledTimes(1);
    expect(await Promise.all([first, read(['b'])])).toEqual([['A'], ['B']]);
    expect(load.mock.calls).toEqual([[['a']], [['b']]]);
  });

  test('no load but that of a single longer lookup has more than 256 keys', async () => {
    const load = upper();
    const read = gather(load);
    const lists = [200, 100, 300, 56].map((length, list) => Array.from({ length }, (_, key) => `k${list} ${key}`));
    const values = await Promise.all(lists.map(read));
    expect(values).toEqual(lists.map((list) => list.map((key) => key.toUpperCase())));
    expect(load.mock.calls.map(([keys]) => keys.length)).toEqual([200, 100, 300, 56]);
  });

  test('a load that fails rejects the lookups of its turn, and none of the next', async () => {
    const load = upper().mockRejectedValueOnce(new Error('unavailable'));
    const read = gather(load);
    const failed = await Promise.allSettled([read(['a']), read(['b'])]);
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(await read(['a'])).toEqual(['A']);
  });
});

test('polls and lookups of many requests at once are one statement each, and what does not open fails alone', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-gather-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'store.sqlite');
  const engine = openSqlite({ file, now: Date.now });
  const statements: string[] = [];
  const recorded = (db: typeof engine.read): typeof engine.read => ({
    all(sql, values) {
      statements.push(sql);
      return db.all(sql, values);
    },
  });
  const vault = createTestKeys().open();
  const recording = { ...engine, read: recorded(engine.read), poll: recorded(engine.poll) };
  const store = createStore(recording, { vault, times: contractTimes });
  onTestFinished(() => store.close());
  const ids: string[] = [];
  for (const name of ['a', 'b', 'c']) {
    const ended = await end(store, succeeded({ openId: name }), { authCode: name, queryCode: `query ${name}` });
    if (ended.state === 'SUCCEEDED') ids.push(ended.identity.id);
  }
  const db = new DatabaseSync(file);
  db.prepare(
    'UPDATE identities SET subject_sealed = (SELECT subject_sealed FROM identities WHERE id = ?) WHERE id = ?',
  ).run(ids[0] ?? '', ids[1] ?? '');
  db.close();
  statements.length = 0;
  const polls = ['a', 'b', 'c', 'unknown', 'a'].map((name) => store.session(`query ${name}`));
  const sessions = await Promise.allSettled(polls);
  expect(statements).toHaveLength(1);
  expect(sessions).toMatchObject([
    { value: { redemption: { identity: { openId: 'a' } } } },
    { status: 'rejected', reason: expect.any(VaultError) },
    { value: { redemption: { identity: { openId: 'c' } } } },
    { status: 'fulfilled' },
    { value: { redemption: { identity: { openId: 'a' } } } },
  ]);
  statements.length = 0;
  const lookups = await Promise.all(ids.map((id) => store.identities([{ id }])));
  expect(statements).toHaveLength(1);
  expect(lookups).toMatchObject([[{ openId: 'a' }], [expect.any(VaultError)], [{ openId: 'c' }]]);
});
