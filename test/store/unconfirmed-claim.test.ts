/** Claims that mark, and whose commit is never confirmed: nothing is sent for them. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { createStore } from '../../src/store/create-store.ts';
import { CommitIndeterminate, DatabaseUnavailable, type Engine } from '../../src/store/engine/engine.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import type { Claim } from '../../src/store/model.ts';
import { createTestKeys } from '../support/services/keys.ts';

const marking: Claim = {
  source: 'a-source',
  upstreamAppId: 'u',
  appId: 'demo',
  channelId: 'a',
  traceId: 'a-trace',
  kind: 'authCode',
  code: 'one-time-code',
  binding: ['caller'],
  session: undefined,
  marks: true,
};

/** A store on SQLite whose calls of `write` meet the faults given, the first of them first. */
const open = (faults: readonly (Error | undefined)[]) => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-unconfirmed-'));
  const engine = openSqlite({ file: join(folder, 'store.sqlite'), now: Date.now });
  const left = [...faults];
  const faulty: Engine = {
    ...engine,
    async write(job, urgency) {
      const fault = urgency === 'mark' ? undefined : left.shift();
      if (fault && !(fault instanceof CommitIndeterminate)) throw fault;
      const result = await engine.write(job, urgency);
      // The transaction has committed, and its confirmation is lost.
      if (fault) throw fault;
      return result;
    },
  };
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const times = { leaseMs: 5_000, resultTtlMs: 60_000, codeTtlMs: 600_000 };
  const store = createStore(faulty, { vault: createTestKeys().open(), times, log });
  onTestFinished(async () => {
    await store.close();
    rmSync(folder, { recursive: true, force: true });
  });
  const states = async () => (await engine.read.all('SELECT state FROM redemptions')).map(({ state }) => state);
  return { store, lines, states };
};

const lost = () => new CommitIndeterminate('the connection was lost');

test('P1: a claim whose commit is not confirmed at first is MARKED when it runs again', async () => {
  const { store, states } = open([lost()]);
  expect(await store.claim(marking)).toMatchObject({ kind: 'MARKED' });
  expect(await states()).toEqual(['SENT']);
});

test('a claim that fails after an indeterminate commit rejects with CommitIndeterminate, and the code is free again', async () => {
  const { store, states } = open([lost(), new Error('not of the database')]);
  await expect(store.claim(marking)).rejects.toThrow(CommitIndeterminate);
  await vi.waitFor(async () => expect(await states()).toEqual([]));
  expect(await store.claim(marking)).toMatchObject({ kind: 'MARKED' });
});

test('a claim that failed before anything was committed rejects with its error, and no release is written', async () => {
  const { store, lines, states } = open([new DatabaseUnavailable('refused')]);
  await expect(store.claim(marking)).rejects.toThrow(DatabaseUnavailable);
  expect(await states()).toEqual([]);
  expect(lines).toEqual([]);
});

test('a release that fails is logged with the traceId, and the mark stays until its lease is over', async () => {
  const { store, lines, states } = open([lost(), new Error('first'), new Error('second')]);
  await expect(store.claim(marking)).rejects.toThrow(CommitIndeterminate);
  await vi.waitFor(() => expect(lines).toHaveLength(1));
  const line = JSON.parse(lines[0] ?? '');
  expect(line).toMatchObject({ msg: 'a claim of which nothing was sent could not be released', traceId: 'a-trace' });
  expect(lines[0]).not.toContain('one-time-code');
  expect(await states()).toEqual(['SENT']);
});
