/** Group commit: many writes in one transaction, each with its own result. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync, StatementSync } from 'node:sqlite';
import { expect, onTestFinished, test, vi } from 'vitest';
import { generateVaultKeys, openVault } from '../../../src/security/vault.ts';
import { createStore } from '../../../src/store/create-store.ts';
import { createGroupCommit } from '../../../src/store/engine/group-commit.ts';
import { openSqlite } from '../../../src/store/engine/sqlite.ts';
import { claimOf, contractTimes } from '../../contract/store/fixtures.ts';

const temporaryFile = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-commit-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'group.sqlite');
};

const connect = (file: string): DatabaseSync => {
  const db = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 0 });
  onTestFinished(() => {
    if (db.isOpen) db.close();
  });
  return db;
};

const open = () => {
  const file = temporaryFile();
  const db = connect(file);
  db.exec(`
    PRAGMA journal_mode = WAL;
    CREATE TABLE notes (text TEXT PRIMARY KEY);
    CREATE TABLE replies (note TEXT REFERENCES notes (text) DEFERRABLE INITIALLY DEFERRED);`);
  const insert = db.prepare('INSERT INTO notes VALUES (?)');
  const notes = connect(file).prepare('SELECT text FROM notes ORDER BY text');
  return {
    file,
    db,
    write: createGroupCommit(db),
    insert: async (text: string) => void insert.run(text),
    /** What another connection reads: committed rows only. */
    committed: () => notes.all().map(({ text }) => text),
  };
};

/** How many transactions lie in the write-ahead log. https://sqlite.org/fileformat2.html#the_write_ahead_log */
const countCommits = (file: string): number => {
  const log = readFileSync(`${file}-wal`);
  const frameBytes = 24 + log.readUInt32BE(8);
  let commits = 0;
  // Frames of an earlier round of the log carry other salts; a frame that ends a transaction holds the size of the database.
  for (let at = 32; at + frameBytes <= log.length; at += frameBytes) {
    const current = log.subarray(at + 8, at + 16).equals(log.subarray(16, 24));
    if (current && log.readUInt32BE(at + 4) !== 0) commits += 1;
  }
  return commits;
};

const settled = async (promises: Promise<unknown>[]): Promise<string[]> =>
  (await Promise.allSettled(promises)).map(({ status }) => status);

const repeat = <T>(length: number, make: (index: number) => T): T[] =>
  Array.from({ length }, (_, index) => make(index));

/** The transactions ended from now on, empty ones included. */
const watchTransactions = (): (() => number) => {
  const run = vi.spyOn(StatementSync.prototype, 'run');
  onTestFinished(() => run.mockRestore());
  return () => run.mock.contexts.filter((statement) => (statement as StatementSync).sourceSQL === 'COMMIT').length;
};

test('64 writers at once share one transaction and one commit', async () => {
  const { file, write, insert, committed } = open();
  const [before, transactions] = [countCommits(file), watchTransactions()];
  await Promise.all(repeat(64, (index) => write(() => insert(`note ${index}`))));
  await new Promise((resolve) => setImmediate(resolve));
  expect([transactions(), countCommits(file) - before]).toEqual([1, 1]);
  expect(committed()).toHaveLength(64);
});

test('writers one after the other have a commit each', async () => {
  const { file, write, insert } = open();
  const before = countCommits(file);
  for (let index = 0; index < 8; index += 1) await write(() => insert(`note ${index}`));
  expect(countCommits(file) - before).toBe(8);
});

test('64 concurrent claims take far fewer than 64 transactions', async () => {
  const file = temporaryFile();
  const store = createStore(openSqlite({ file, now: Date.now }), {
    vault: openVault(generateVaultKeys()),
    times: contractTimes,
  });
  onTestFinished(() => store.close());
  const before = countCommits(file);
  const common = { source: 's', upstreamAppId: 'u', caller: 'c', appId: 'a', channelId: 'ali_pay', traceId: 't' };
  await Promise.all(repeat(64, (index) => store.claim(claimOf({ ...common, authCode: `code ${index}` }))));
  expect(countCommits(file) - before).toBeLessThanOrEqual(2);
});

test('P2: a write resolves when its job is committed, not before', async () => {
  const { write, insert, committed } = open();
  const writing = write(() => insert('note'));
  expect(committed()).toEqual([]);
  await writing;
  expect(committed()).toEqual(['note']);
});

test('every write resolves to the value of its own job, in the order of the calls', async () => {
  const { write } = open();
  const ran: number[] = [];
  const values = await Promise.all(repeat(10, (index) => write(async () => ran.push(index) * 10)));
  expect(ran).toEqual(repeat(10, (index) => index));
  expect(values).toEqual(repeat(10, (index) => (index + 1) * 10));
});

test('P11: a job that throws undoes itself alone, and only its own write rejects', async () => {
  const { write, insert, committed } = open();
  const failing = async () => {
    await insert('undone');
    throw new Error('changed my mind');
  };
  const writers = [write(() => insert('first')), write(failing), write(() => insert('last'))];
  await expect(writers[1]).rejects.toThrow('changed my mind');
  expect(await settled(writers)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(committed()).toEqual(['first', 'last']);
});

test('a job that breaks a constraint undoes itself alone', async () => {
  const { write, insert, committed } = open();
  const writers = ['first', 'first', 'last'].map((text) => write(() => insert(text)));
  expect(await settled(writers)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(committed()).toEqual(['first', 'last']);
});

test('a commit that fails rejects every write of its batch, changes nothing, and the next batch commits', async () => {
  const { db, write, insert, committed } = open();
  const orphan = async () => void db.prepare("INSERT INTO replies VALUES ('no such note')").run();
  const writers = [write(() => insert('first')), write(orphan), write(() => insert('last'))];
  await expect(writers[0]).rejects.toThrow(/FOREIGN KEY/);
  expect(await settled(writers)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(committed()).toEqual([]);
  expect(db.isTransaction).toBe(false);
  await write(() => insert('next'));
  expect(committed()).toEqual(['next']);
});

test('a locked database rejects every write before a job runs, and the next batch commits', async () => {
  const { file, write, insert, committed } = open();
  const other = connect(file);
  other.exec('BEGIN IMMEDIATE');
  let ran = 0;
  const writers = repeat(3, () =>
    write(async () => {
      ran += 1;
    }),
  );
  await expect(writers[0]).rejects.toThrow(/locked/);
  expect(await settled(writers)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(ran).toBe(0);
  other.exec('ROLLBACK');
  await write(() => insert('next'));
  expect(committed()).toEqual(['next']);
});

test('a job that ends the whole transaction, as a full disk does, rejects every write with the reason', async () => {
  const { db, write, insert, committed } = open();
  await insert('there already');
  const rollBack = async () => void db.prepare("INSERT OR ROLLBACK INTO notes VALUES ('there already')").run();
  const writers = [write(() => insert('first')), write(rollBack), write(() => insert('last'))];
  expect(await settled(writers)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(committed()).toEqual(['there already']);
  await write(() => insert('next'));
  expect(committed()).toEqual(['next', 'there already']);
  await expect(writers[0]).rejects.toThrow(/UNIQUE constraint/);
});

test('a batch that fails does not affect the batch that forms meanwhile', async () => {
  const { db, write, insert, committed } = open();
  const orphan = async () => void db.prepare("INSERT INTO replies VALUES ('no such note')").run();
  const failing = write(orphan);
  const next = failing.catch(() => write(() => insert('next')));
  await expect(failing).rejects.toThrow();
  await next;
  expect(committed()).toEqual(['next']);
});

test('a closed database rejects every write', { timeout: 3_000 }, async () => {
  const { db, write, insert } = open();
  db.close();
  const writers = repeat(3, () => write(() => insert('late')));
  expect(await settled(writers)).toEqual(['rejected', 'rejected', 'rejected']);
});
