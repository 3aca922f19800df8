/** The contract of the store on SQLite, and what is SQLite's alone: its file, its clock, its migrations. */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Vault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import type { Claim } from '../../src/store/model.ts';
import type { Store } from '../../src/store/store.ts';
import { claimOf, contractTimes } from '../contract/store/fixtures.ts';
import { type OpenedStore, storeContract } from '../contract/store.ts';
import { createTestKeys } from '../support/services/keys.ts';
import { createTestTime } from '../support/store-model/time.ts';

interface OpenedSqlite extends OpenedStore {
  readonly file: string;
}

/** `onClock` is called when the store reads its clock, which happens in the middle of its work. */
const openTemporary = async (times = contractTimes, onClock = () => {}): Promise<OpenedSqlite> => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-store-'));
  const file = join(folder, 'store.sqlite');
  const keys = createTestKeys();
  const vault = keys.open();
  let atMs = Date.now();
  const now = () => {
    onClock();
    return atMs;
  };
  const time = createTestTime();
  const openFile = (vault: Vault) => {
    const engine = openSqlite({ file, now });
    return createStore(engine, { vault, times, clock: time.clockOf(engine) });
  };
  const joined: Store[] = [];
  let current: Store | undefined;
  const start = () => {
    current = openFile(vault);
    return current;
  };
  const stop = async () => {
    for (const store of joined.splice(0)) await store.close();
    await current?.close();
    current = undefined;
  };
  return {
    file,
    keys,
    store: start(),
    clock: {
      async advance(ms) {
        atMs += ms;
        await time.pass(ms);
      },
      jump(ms) {
        atMs += ms;
      },
    },
    stop,
    async reopen() {
      await stop();
      return start();
    },
    join(vault) {
      const store = openFile(vault);
      joined.push(store);
      return store;
    },
    query<Row>(sql: string) {
      const db = new DatabaseSync(file);
      try {
        return db.prepare(sql).all() as Row[];
      } finally {
        db.close();
      }
    },
    dump: () => Buffer.concat(readdirSync(folder).map((name) => readFileSync(join(folder, name)))),
    async close() {
      await stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

storeContract({ name: 'SQLite', open: openTemporary });

describe('SQLite by itself', () => {
  const opened = async (onClock?: () => void): Promise<OpenedSqlite> => {
    const engine = await openTemporary(contractTimes, onClock);
    onTestFinished(() => engine.close());
    return engine;
  };
  const connect = (file: string): DatabaseSync => {
    const db = new DatabaseSync(file, { timeout: 0 });
    onTestFinished(() => db.close());
    return db;
  };
  const newClaim = (authCode: string): Claim =>
    claimOf({
      source: 'daxpay',
      upstreamAppId: 'upstream-app',
      authCode,
      caller: 'router',
      appId: 'demo',
      channelId: 'ali_pay',
      traceId: 'trace',
    });
  /** Opens a store, and returns the connection that the store made. */
  const openedWithConnection = async (): Promise<OpenedSqlite & { connection: DatabaseSync }> => {
    const exec = vi.spyOn(DatabaseSync.prototype, 'exec');
    onTestFinished(() => exec.mockRestore());
    const engine = await opened();
    return { ...engine, connection: exec.mock.contexts[0] as DatabaseSync };
  };
  const pragma = (db: DatabaseSync, name: string) => Object.values(db.prepare(`PRAGMA ${name}`).get() ?? {})[0];

  test('P2, P8: SQLite writes ahead, waits for the disk at every commit, and overwrites what it deletes', async () => {
    const { file, connection } = await openedWithConnection();
    expect(pragma(connect(file), 'journal_mode')).toBe('wal');
    expect(pragma(connection, 'synchronous')).toBe(2);
    expect(pragma(connection, 'secure_delete')).toBe(1);
    expect(pragma(connection, 'foreign_keys')).toBe(1);
  });

  test('P8: a token is cleared when its outcome expires, and its row deleted when the code is forgotten', async () => {
    const { file, store, clock } = await opened();
    const verdict = await store.claim(newClaim('code'));
    if (verdict.kind !== 'CLAIMED') throw new Error('not claimed');
    await store.markSent(verdict.lease);
    await store.settle(verdict.lease, {
      state: 'SUCCEEDED',
      subject: { openId: 'o' },
      accessToken: { value: 'token' },
    });
    const sealed = connect(file).prepare('SELECT answer_sealed IS NOT NULL AS sealed FROM redemptions');
    expect(sealed.all()).toMatchObject([{ sealed: 1 }]);
    await clock.advance(contractTimes.resultTtlMs);
    await store.sweep();
    expect(sealed.all()).toMatchObject([{ sealed: 0 }]);
    await clock.advance(contractTimes.codeTtlMs);
    await store.sweep();
    expect(sealed.all()).toEqual([]);
  });

  test('no statement scans a whole table', async () => {
    const prepare = vi.spyOn(DatabaseSync.prototype, 'prepare');
    onTestFinished(() => prepare.mockRestore());
    const { store } = await opened();
    const claim = { ...newClaim('code'), session: { queryCode: 'query-code' } };
    const verdict = await store.claim(claim);
    if (verdict.kind !== 'CLAIMED') throw new Error('not claimed');
    await store.markSent(verdict.lease);
    await store.settle(verdict.lease, { state: 'SUCCEEDED', subject: { openId: 'o', userId: 'u' } });
    await store.claim(claim);
    await store.release(verdict.lease);
    await store.session('query-code');
    for (const fingerprint of ['first', 'other']) await store.useNonce({ appId: 'demo', nonce: 'n', fingerprint });
    const place = { channelId: 'ali_pay', appId: 'demo' };
    await store.identities([{ id: 'unknown' }, { ...place, openId: 'o' }, { ...place, userId: 'u' }]);
    await store.sweep();
    const statements = prepare.mock.calls.flatMap(([sql], index) =>
      /^\s*(SELECT|INSERT|UPDATE|DELETE)/.test(sql) ? [{ sql, db: prepare.mock.contexts[index] as DatabaseSync }] : [],
    );
    expect(statements.length).toBeGreaterThan(10);
    const scanning = statements.filter(({ sql, db }) =>
      db
        .prepare(`EXPLAIN QUERY PLAN ${sql}`)
        .all()
        .some(({ detail }) => /^SCAN (?!json_each|CONSTANT)/.test(String(detail))),
    );
    // The few rows about the schema and the keys are read at the start, and one row of what they sealed.
    const onData = scanning.filter(({ sql }) => !/schema|seal_keys| LIMIT 1$/.test(sql));
    expect(onData.map(({ sql }) => sql)).toEqual([]);
  });

  test('P2: no call reads an outcome before it is committed', async () => {
    let readAlong: (() => Promise<void>) | undefined;
    let reading: Promise<void> | undefined;
    const { file, store } = await opened(() => {
      const read = readAlong;
      readAlong = undefined;
      reading ??= read?.();
    });
    const verdict = await store.claim(newClaim('code'));
    if (verdict.kind !== 'CLAIMED') throw new Error('not claimed');
    const { lease } = verdict;
    await store.markSent(lease);
    const committed = connect(file).prepare('SELECT state FROM redemptions');
    const seen: string[] = [];
    // Takes turns with the steps of the transaction that looks at the clock first.
    readAlong = async () => {
      for (let turn = 0; turn < 100; turn += 1) {
        const read = await store.redemption(lease.redemptionId);
        seen.push(`${read?.state}, committed ${committed.get()?.state}`);
      }
    };
    await store.settle(lease, { state: 'REJECTED', failureCode: 'AUTH_CODE_USED' });
    await reading;
    expect(seen).toContain('SENT, committed SENT');
    expect(seen).not.toContain('REJECTED, committed SENT');
    expect(await store.redemption(lease.redemptionId)).toMatchObject({ state: 'REJECTED' });
  });

  test('a lease ends at its millisecond', async () => {
    const { store, clock } = await opened();
    await store.claim(newClaim('code'));
    await clock.advance(contractTimes.leaseMs - 1);
    expect(await store.claim(newClaim('code'))).toMatchObject({ kind: 'DUPLICATE' });
    await clock.advance(1);
    expect(await store.claim(newClaim('code'))).toMatchObject({ kind: 'CLAIMED' });
  });

  test('a nonce can be repeated up to its millisecond, and is forgotten at its millisecond', async () => {
    const { store, clock } = await opened();
    const use = { appId: 'demo', nonce: 'nonce', fingerprint: 'call' };
    await store.useNonce(use);
    await clock.advance(60_000);
    expect(await store.useNonce(use)).toBe('REPEATED');
    await clock.advance(1);
    expect(await store.useNonce(use)).toBe('USED');
    await clock.advance(599_998);
    expect(await store.useNonce(use)).toBe('USED');
    await clock.advance(1);
    expect(await store.useNonce(use)).toBe('FIRST');
  });

  const ledger = 'SELECT version, name, checksum FROM schema_migrations ORDER BY version';
  const files = readdirSync(new URL('../../src/store/engine/migrations/sqlite/', import.meta.url)).sort();

  test('a file of a newer release is refused, and not changed', async () => {
    const { file, stop } = await opened();
    await stop();
    const db = connect(file);
    db.exec("INSERT INTO schema_migrations VALUES (9999, 'newer', '', 0); CREATE TABLE newer (x)");
    const before = db.prepare(ledger).all();
    const reopen = () => openSqlite({ file, now: Date.now });
    expect(reopen).toThrow(/newer release/);
    expect(reopen).toThrow(/newer release/);
    expect(db.prepare(ledger).all()).toEqual(before);
    expect(db.prepare("SELECT count(*) AS n FROM sqlite_schema WHERE name = 'newer'").get()).toMatchObject({ n: 1 });
  });

  test('a file made by another text of a migration is refused', async () => {
    const { file, stop } = await opened();
    await stop();
    connect(file).exec("UPDATE schema_migrations SET checksum = 'another' WHERE version = 1");
    expect(() => openSqlite({ file, now: Date.now })).toThrow(/another migration 1 \(redemptions\)/);
  });

  test('a store that refuses to start leaves no lock behind', async () => {
    const { file, stop } = await opened();
    await stop();
    const db = connect(file);
    db.exec("INSERT INTO schema_migrations VALUES (9999, 'newer', '', 0)");
    expect(() => openSqlite({ file, now: Date.now })).toThrow();
    expect(() => db.exec('BEGIN EXCLUSIVE; COMMIT')).not.toThrow();
  });

  test('migrating from nothing and again from there gives one and the same schema', async () => {
    const { file, store, reopen } = await opened();
    const schema = connect(file).prepare('SELECT type, name, sql FROM sqlite_schema ORDER BY name');
    const applied = connect(file).prepare(ledger);
    const [first, firstApplied] = [schema.all(), applied.all()];
    expect(first.length).toBeGreaterThan(3);
    expect(firstApplied.map(({ version, name }) => `000${version}-${name}.sql`)).toEqual(files);
    await store.claim(newClaim('code'));
    const reopened = await reopen();
    expect([schema.all(), applied.all()]).toEqual([first, firstApplied]);
    expect(await reopened.claim(newClaim('code'))).toMatchObject({ kind: 'DUPLICATE' });
  });

  const LATER_SESSION_COLUMNS = [
    ...['attempts_left', 'codes_until', 'failure_code', 'failure_trace_id'],
    ...['step', 'return_url', 'code_challenge', 'client_reference_id', 'webhook_due'],
  ];
  /** The file as the first release left it. */
  const AS_OF_FIRST_STEP = `DROP TABLE nonces; DROP TABLE store_clock; DROP TABLE store_keys; DROP TABLE seal_keys;
    DROP TABLE webhook_events; DROP INDEX sessions_to_announce; DROP TABLE schema_migrations; PRAGMA user_version = 1;
    ${LATER_SESSION_COLUMNS.map((name) => `ALTER TABLE sessions DROP COLUMN ${name};`).join(' ')}`;

  test('a file from before the ledger of migrations keeps its rows', async () => {
    const { file, store, stop, reopen } = await opened();
    const session = { queryCode: 'query-code', stateId: 'state', appId: 'demo', channelId: 'ali_pay' };
    await store.openSession(session);
    await stop();
    const db = connect(file);
    const before = db.prepare(ledger).all();
    db.exec(AS_OF_FIRST_STEP);
    const reopened = await reopen();
    expect(db.prepare(ledger).all()).toEqual(before);
    expect(await reopened.session('query-code')).toMatchObject({ appId: 'demo' });
  });

  test('P1: a file that stores codes by an earlier rule is refused until they are forgotten', async () => {
    const { file, store, clock, stop, reopen } = await opened();
    await store.claim(newClaim('code'));
    await stop();
    const db = connect(file);
    db.exec(AS_OF_FIRST_STEP);
    await expect(reopen()).rejects.toThrow(/rule of an earlier release: .* after times\.codeTtlMs/);
    expect(db.prepare('PRAGMA user_version').get()).toMatchObject({ user_version: 1 });
    expect(db.prepare('SELECT count(*) AS n FROM redemptions').get()).toMatchObject({ n: 1 });
    await clock.advance(contractTimes.codeTtlMs);
    expect(await (await reopen()).claim(newClaim('code'))).toMatchObject({ kind: 'CLAIMED' });
  });

  test('a file that another process locks rejects every write and loses none, and works again afterwards', async () => {
    const { file, store } = await opened();
    const other = connect(file);
    other.exec('BEGIN IMMEDIATE');
    await expect(store.claim(newClaim('code'))).rejects.toThrow(/locked/);
    await expect(store.ready()).rejects.toThrow(/locked/);
    other.exec('ROLLBACK');
    expect(await store.claim(newClaim('code'))).toMatchObject({ kind: 'CLAIMED' });
  });

  test('P6: a full disk rejects what cannot be stored, stores the rest, and works again when there is space', async () => {
    const { store, connection } = await openedWithConnection();
    const full = Number(pragma(connection, 'page_count')) + 3;
    connection.exec(`PRAGMA max_page_count = ${full}`);
    const stored: string[] = [];
    const lost: string[] = [];
    for (let index = 0; index < 200; index += 1) {
      const code = `code-${index}`;
      await store.claim(newClaim(code)).then(
        () => stored.push(code),
        () => lost.push(code),
      );
    }
    expect([stored.length > 0, lost.length > 0]).toEqual([true, true]);
    await expect(store.claim(newClaim('one more'))).rejects.toThrow();
    connection.exec('PRAGMA max_page_count = 100000');
    for (const code of stored) expect(await store.claim(newClaim(code))).toMatchObject({ kind: 'DUPLICATE' });
    for (const code of lost) expect(await store.claim(newClaim(code))).toMatchObject({ kind: 'CLAIMED' });
  });
});
