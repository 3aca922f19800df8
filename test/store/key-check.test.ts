/** Keys that do not match the database are noticed at the start, and while a service runs. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault, type VaultKeys, vaultKeys } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import type { Engine } from '../../src/store/engine/engine.ts';
import { openPostgres } from '../../src/store/engine/postgres.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import { requireKeysMatch } from '../../src/store/key-check.ts';
import type { Store } from '../../src/store/store.ts';
import { contractTimes, end, succeeded, take, testClaim } from '../contract/store/fixtures.ts';
import { startPostgres, type TestPostgres } from '../support/databases/postgres.ts';
import { cli, runCommand } from '../support/services/command.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.close(), 30_000);

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-keys-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

interface Database {
  open(): Promise<Engine>;
  query(sql: string): Promise<unknown>;
}
const onSqlite = async (): Promise<Database> => {
  const file = join(newFolder(), 'store.sqlite');
  return {
    open: async () => openSqlite({ file, now: Date.now }),
    async query(sql) {
      const db = new DatabaseSync(file);
      db.exec(sql);
      db.close();
    },
  };
};
const onPostgres = async (): Promise<Database> => {
  const database = await server.createDatabase();
  onTestFinished(() => database.drop());
  return {
    open: () => openPostgres({ url: database.url, log: createLog('silent') }),
    query: (sql) => database.query(sql),
  };
};

const [first, other] = [generateVaultKeys(), generateVaultKeys()];
const [sealOfFirst, sealOfOther] = [first.seal[0], other.seal[0]];
if (!sealOfFirst || !sealOfOther) throw new Error('A sealing key was expected');

describe.each([
  ['SQLite', onSqlite],
  ['PostgreSQL', onPostgres],
])('on %s', (_, newDatabase) => {
  /** A store with these keys, which the test may change while it is open. */
  const openWith = async ({ open }: Database, keys: VaultKeys, readAgain = () => keys) => {
    const vault = openVault(keys, readAgain);
    const store = createStore(await open(), { vault, times: contractTimes });
    onTestFinished(() => store.close());
    return { store, vault };
  };
  /** A database that was written with the first keys. */
  const written = async () => {
    const database = await newDatabase();
    const { store } = await openWith(database, first);
    await store.ready();
    await end(store, succeeded());
    return database;
  };
  const refused = async (store: Store, reason: RegExp) => {
    await expect(store.ready()).rejects.toThrow(
      expect.objectContaining({ name: 'KeysMismatch', message: expect.stringMatching(reason) }),
    );
    await expect(store.claim(testClaim({ authCode: 'new' }))).rejects.toThrow(
      expect.objectContaining({ name: 'KeysMismatch' }),
    );
  };

  test('a store is ready with the same keys, and with a new one in front and behind', async () => {
    const database = await written();
    for (const seal of [first.seal, [sealOfOther, sealOfFirst], [sealOfFirst, sealOfOther]]) {
      const { store } = await openWith(database, { ...first, seal });
      await expect(store.ready()).resolves.toBeUndefined();
      expect(await store.claim(testClaim())).toMatchObject({ kind: 'DUPLICATE', redemption: { state: 'SUCCEEDED' } });
    }
  });

  test.each<[string, VaultKeys, RegExp]>([
    ['all other', other, /^keys\.index is not the index key of this database/],
    ['another index key', { ...first, index: other.index }, /^keys\.index is not the index key/],
    ['another sealing key', { ...first, seal: other.seal }, new RegExp(`^keys\\.seal lacks ${sealOfFirst.id}`)],
    [
      'another key under the same id',
      { ...first, seal: [{ ...sealOfOther, id: sealOfFirst.id }] },
      /another key under the id .*: restore that key, and give the new one an id of its own$/,
    ],
    [
      'index and sealing key exchanged',
      { seal: [{ ...sealOfFirst, key: first.index }], index: sealOfFirst.key },
      /^keys\.index/,
    ],
  ])(
    'P10: with %s the store is refused, nothing is claimed, and the database is not changed',
    async (_, keys, reason) => {
      const database = await written();
      await refused((await openWith(database, keys)).store, reason);
      const { store } = await openWith(database, first);
      await expect(store.ready()).resolves.toBeUndefined();
      await take(store, { authCode: 'new' });
    },
  );

  test('P10: a database without a mark is compared by its rows', async () => {
    const database = await written();
    await database.query('DELETE FROM store_keys');
    await database.query('DELETE FROM seal_keys');
    await refused((await openWith(database, other)).store, /^keys\.seal lacks/);
    await refused((await openWith(database, { ...first, index: other.index })).store, /^keys\.index/);
    await expect((await openWith(database, first)).store.ready()).resolves.toBeUndefined();
  });

  const unmark = async (database: Database) => {
    await database.query('DELETE FROM store_keys');
    await database.query('DELETE FROM seal_keys');
  };

  test('P10: a database without a mark is compared by the ids that its payers have, user ids alone as well', async () => {
    const database = await newDatabase();
    await end((await openWith(database, first)).store, succeeded({ userId: 'user-1' }));
    await unmark(database);
    await refused((await openWith(database, { ...first, index: other.index })).store, /^keys\.index/);
    await expect((await openWith(database, first)).store.ready()).resolves.toBeUndefined();
  });

  test('P10: a database without a mark is compared by its stored answers, whose key may be an older one', async () => {
    const database = await newDatabase();
    const payer = { state: 'SUCCEEDED', subject: { openId: 'open-1' } } as const;
    await end((await openWith(database, first)).store, { ...payer, accessToken: { value: 'token' } });
    // The payer authenticates again, and only the token is left under the first key.
    const rotated = { ...first, seal: [sealOfOther, sealOfFirst] };
    await end((await openWith(database, rotated)).store, payer, { authCode: 'another' });
    await unmark(database);
    await refused((await openWith(database, { ...first, seal: [sealOfOther] })).store, /^keys\.seal lacks a key/);
    await expect((await openWith(database, rotated)).store.ready()).resolves.toBeUndefined();
  });

  test('P10: keys are compared without writing: by the rows, the mark and the sentinels', async () => {
    const database = await newDatabase();
    const compare = async (keys: VaultKeys) => {
      const engine = await database.open();
      onTestFinished(() => engine.close());
      return requireKeysMatch(engine.read, openVault(keys)).then(
        () => 'match',
        ({ name, message }: Error) => `${name}: ${message}`,
      );
    };
    expect(await compare(other)).toBe('match');
    await (await openWith(database, first)).store.ready();
    expect(await compare(first)).toBe('match');
    expect(await compare({ ...first, index: other.index })).toMatch(/^KeysMismatch: keys\.index/);
    expect(await compare({ ...first, seal: other.seal })).toMatch(/^KeysMismatch: keys\.seal lacks/);
    await end((await openWith(database, first)).store, succeeded());
    await unmark(database);
    expect(await compare({ ...first, index: other.index })).toMatch(/^KeysMismatch: keys\.index/);
    expect(await compare(first)).toBe('match');
  });

  test('P10: every sealing key that is missing is named', async () => {
    const database = await written();
    await (await openWith(database, { ...first, seal: [sealOfOther, sealOfFirst] })).store.ready();
    const [missing] = generateVaultKeys().seal;
    const ids = [sealOfFirst.id, sealOfOther.id].sort().join(', ');
    await refused(
      (await openWith(database, { ...first, seal: missing ? [missing] : [] })).store,
      new RegExp(`^keys\\.seal lacks ${ids}, with`),
    );
  });

  test('P10: of ten instances that start at once on an empty database, those with the first one’s keys are ready', async () => {
    const database = await newDatabase();
    const stores: { store: Store; keys: VaultKeys }[] = [];
    for (let index = 0; index < 6; index += 1) {
      const keys = index % 2 === 0 ? first : other;
      stores.push({ keys, store: (await openWith(database, keys)).store });
    }
    const ready = await Promise.all(
      stores.map(async ({ store, keys }) => ({
        keys,
        isReady: await store.ready().then(
          () => true,
          () => false,
        ),
      })),
    );
    const winners = new Set(ready.filter(({ isReady }) => isReady).map(({ keys }) => keys));
    expect(winners.size).toBe(1);
    expect(ready.filter(({ isReady }) => isReady)).toHaveLength(3);
  });

  test('a retired key may be removed, a lost one has to be named, and the message says so', async () => {
    const database = await written();
    const rotated = { ...first, seal: [sealOfOther, sealOfFirst] };
    const { store } = await openWith(database, rotated);
    await store.ready();
    const newest = { ...first, seal: [sealOfOther] };
    await refused(
      (await openWith(database, newest)).store,
      new RegExp(`lacks ${sealOfFirst.id}.*keys:rotate.*keys\\.lost`),
    );
    const lost = await openWith(database, { ...newest, lost: [sealOfFirst.id] });
    await expect(lost.store.ready()).resolves.toBeUndefined();
    for (let report = await store.reseal(10); report.next; report = await store.reseal(10, report.next));
    await store.retireSealKeys();
    await expect((await openWith(database, newest)).store.ready()).resolves.toBeUndefined();
  });

  test('P10: a store whose keys stop matching is not ready and claims nothing, until they match again', async () => {
    const database = await written();
    let keys: VaultKeys = first;
    const { store, vault } = await openWith(database, first, () => keys);
    await store.ready();
    for (const wrong of [
      { ...first, index: other.index },
      { ...first, seal: [{ ...sealOfOther, id: sealOfFirst.id }] },
    ]) {
      keys = wrong;
      expect(() => vault.refresh()).toThrow();
      await expect(store.sweep()).rejects.toThrow(expect.objectContaining({ name: 'KeysMismatch' }));
      await refused(store, /index key has changed|another key than before/);
      keys = first;
      vault.refresh();
      await expect(store.ready()).resolves.toBeUndefined();
    }
    await take(store, { authCode: 'new' });
  });

  test('P10: nothing is claimed in a database that was replaced, even before a comparison', async () => {
    const database = await written();
    const { store } = await openWith(database, first);
    await store.ready();
    await database.query("UPDATE store_keys SET store_id = 'another'");
    await refused(store, /^keys\.index is not/);
    await database.query('DELETE FROM store_keys');
    await expect(store.claim(testClaim({ authCode: 'new' }))).rejects.toThrow(
      /another one than when this instance started|not the index key/,
    );
    await expect(store.ready()).rejects.toThrow(/another one than when this instance started/);
  });
});

describe('keys in a configuration', () => {
  const key = (byte: number) => Buffer.alloc(32, byte).toString('base64');
  test.each<[string, unknown, RegExp]>([
    [
      'two with one id',
      {
        seal: [
          { id: 'k1', key: key(1) },
          { id: 'k1', key: key(2) },
        ],
        index: key(3),
      },
      /two keys have the id k1/,
    ],
    [
      'one with two ids',
      {
        seal: [
          { id: 'k1', key: key(1) },
          { id: 'k2', key: key(1) },
        ],
        index: key(3),
      },
      /k2 stands here twice/,
    ],
    ['the index key to seal with', { seal: [{ id: 'k1', key: key(3) }], index: key(3) }, /k1 is the index key as well/],
    ['31 bytes', { seal: [{ id: 'k1', key: Buffer.alloc(31, 1).toString('base64') }], index: key(3) }, /32 bytes/],
    ['zeros', { seal: [{ id: 'k1', key: key(0) }], index: key(3) }, /is all zero/],
    ['an index key of zeros', { seal: [{ id: 'k1', key: key(1) }], index: key(0) }, /is all zero/],
    [
      'a lost one that is there',
      { seal: [{ id: 'k1', key: key(1) }], index: key(3), lost: ['k1'] },
      /k1 stands in keys\.seal/,
    ],
  ])('%s are refused with a reason that quotes no key', (_, keys, reason) => {
    const { success, error } = vaultKeys.safeParse(keys);
    expect(success).toBe(false);
    const text = JSON.stringify(error?.issues);
    expect(text).toMatch(reason);
    for (const byte of [1, 2, 3]) expect(text).not.toContain(key(byte));
  });
});

describe('the service', { timeout: 60_000 }, () => {
  const run = (folder: string, command = 'rotate-keys') =>
    runCommand(cli, [command], { DATA_DIR: folder, LOG_LEVEL: 'silent' });

  test('P10: the service does not start on a database whose keys.json was removed, and says what to do', async () => {
    const folder = newFolder();
    expect(await run(folder, 'migrate')).toMatchObject({ code: 0 });
    expect(await run(folder)).toMatchObject({ code: 0 });
    const keysFile = readFileSync(join(folder, 'keys.json'));
    rmSync(join(folder, 'keys.json'));
    const { code, out, err } = await runCommand('src/main.ts', [], { DATA_DIR: folder, PORT: '0' });
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^payer-identity cannot start: keys\.index is not the index key of this database.*keys\.json/);
    writeFileSync(join(folder, 'keys.json'), keysFile);
    expect(await run(folder)).toMatchObject({ code: 0 });
  });
});
