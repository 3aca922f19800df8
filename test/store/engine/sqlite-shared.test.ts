/** What other processes do to a served SQLite file delays calls for a bounded time, or is reported. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFileSync, mkdtempSync, renameSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../../src/security/vault.ts';
import { createStore } from '../../../src/store/create-store.ts';
import { DatabaseUnavailable } from '../../../src/store/engine/engine.ts';
import { openSqlite } from '../../../src/store/engine/sqlite.ts';
import type { Store } from '../../../src/store/store.ts';
import { contractTimes, succeeded, testClaim } from '../../contract/store/fixtures.ts';

const vault = openVault(generateVaultKeys());
const newClaim = (authCode: string) => testClaim({ authCode });

const open = (file = join(newFolder(), 'store.sqlite'), serve = false) => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const store = createStore(openSqlite({ file, now: Date.now, log, serve }), { vault, times: contractTimes });
  onTestFinished(() => store.close().catch(() => undefined));
  return { file, store, lines };
};

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-shared-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

/** Another process that has run SQL on the file, and holds its locks until it ends. */
const startShell = async (file: string, sql: string): Promise<ChildProcess> => {
  const script = `
    const { DatabaseSync } = require('node:sqlite');
    const db = new DatabaseSync(process.argv[1], { timeout: 5000 });
    db.exec(process.argv[2]);
    console.log('done');
    setInterval(() => {}, 1000);`;
  const child = spawn(process.execPath, ['-e', script, file, sql], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  return child;
};

const end = async (child: ChildProcess): Promise<void> => {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
};

const send = async (store: Store, code: string) => {
  const verdict = await store.claim(newClaim(code));
  if (verdict.kind !== 'CLAIMED') throw new Error(`Expected CLAIMED, not ${verdict.kind}`);
  await store.markSent(verdict.lease);
  return verdict.lease;
};

/** The longest time for which this process was blocked. */
const watchEventLoop = () => {
  let longestMs = 0;
  let last = performance.now();
  const timer = setInterval(() => {
    longestMs = Math.max(longestMs, performance.now() - last);
    last = performance.now();
  }, 5);
  return () => {
    clearInterval(timer);
    return Math.max(longestMs, performance.now() - last);
  };
};

describe.each(['BEGIN IMMEDIATE', 'BEGIN EXCLUSIVE'])('a shell that holds %s', (begin) => {
  test("a shell's lock does not block the process: claims wait for it, and go on when it ends", async () => {
    const { file, store } = open();
    const shell = await startShell(file, begin);
    const longest = watchEventLoop();
    const claims = Array.from({ length: 20 }, (_, index) => store.claim(newClaim(`code ${index}`)));
    await delay(1_000);
    expect(await store.redemption('red_unknown')).toBeUndefined();
    await end(shell);
    expect((await Promise.all(claims)).map(({ kind }) => kind)).toEqual(claims.map(() => 'CLAIMED'));
    expect(longest()).toBeLessThan(700);
  });

  test("P5: a shell's lock makes new claims fail after two seconds, and an outcome wait until it can be stored", async () => {
    const { file, store, lines } = open();
    const lease = await send(store, 'sent');
    const shell = await startShell(file, begin);
    const settling = store.settle(lease, succeeded());
    const startedAt = performance.now();
    await expect(store.claim(newClaim('new'))).rejects.toThrow(DatabaseUnavailable);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    await delay(2_500);
    await end(shell);
    expect(await settling).toMatchObject({ state: 'SUCCEEDED' });
    expect(lines.filter((line) => line.includes('"code":"SQLITE_BUSY"'))).toHaveLength(1);
  });
});

test.each([
  'VACUUM',
  'PRAGMA wal_checkpoint(TRUNCATE)',
  'REINDEX; ANALYZE',
  "VACUUM INTO '/dev/null'",
  'BEGIN; SELECT * FROM redemptions',
  'PRAGMA integrity_check',
])('a tool that runs %s does not disturb the service', async (sql) => {
  const { file, store } = open();
  const lease = await send(store, 'before');
  const shell = await startShell(file, sql.includes('/dev/null') ? `VACUUM INTO '${file}.copy'` : sql);
  expect(await store.settle(lease, succeeded())).toMatchObject({ state: 'SUCCEEDED' });
  await store.ready();
  await end(shell);
  expect(await store.claim(newClaim('before'))).toMatchObject({
    kind: 'DUPLICATE',
    redemption: { state: 'SUCCEEDED' },
  });
});

test('P1: a file that is replaced, as by a restore, is reported, and no code is claimed any more', async () => {
  const { file, store, lines } = open();
  await send(store, 'before');
  copyFileSync(file, `${file}.other`);
  renameSync(`${file}.other`, file);
  await expect(store.ready()).rejects.toThrow('was replaced while it was in use');
  await expect(store.claim(newClaim('new'))).rejects.toThrow(DatabaseUnavailable);
  expect(lines.filter((line) => line.includes('"code":"FILE_REPLACED"'))).toHaveLength(1);
});

test('a file that is renamed is reported, and serves again when it is renamed back', async () => {
  const { file, store } = open();
  const lease = await send(store, 'before');
  renameSync(file, `${file}.moved`);
  await expect(store.ready()).rejects.toThrow('was deleted while it was in use');
  const settling = store.settle(lease, succeeded());
  renameSync(`${file}.moved`, file);
  expect(await settling).toMatchObject({ state: 'SUCCEEDED' });
  await store.ready();
});

test.each(['-wal', '-shm'])('P2: a deleted %s file loses no confirmed commit', async (suffix) => {
  const { file, store } = open();
  const ended = await store.settle(await send(store, 'before'), succeeded());
  unlinkSync(`${file}${suffix}`);
  await expect(store.ready()).rejects.toThrow('was deleted while it was in use');
  await expect(store.claim(newClaim('new'))).rejects.toThrow(DatabaseUnavailable);
  await store.close();
  const { store: reopened } = open(file);
  expect(await reopened.claim(newClaim('before'))).toMatchObject({ kind: 'DUPLICATE', redemption: ended });
});

test('a file that is overwritten in place is reported', async () => {
  const { file, store } = open();
  await send(store, 'before');
  const other = new DatabaseSync(file);
  other.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  other.close();
  writeFileSync(file, Buffer.alloc(200_000, 'x'));
  await expect(Promise.all([store.ready(), store.claim(newClaim('new'))])).rejects.toThrow(DatabaseUnavailable);
});

test('a second service on one file is refused, and commands beside the service are not', async () => {
  const { file, store } = open(undefined, true);
  expect(() => openSqlite({ file, now: Date.now, serve: true })).toThrow('is served by another process');
  const beside = open(file).store;
  expect(await beside.claim(newClaim('code'))).toMatchObject({ kind: 'CLAIMED' });
  await store.close();
  await open(file, true).store.ready();
});
