/**
 * The store against a model of it: random histories of everything that can be done to it, after each step of which
 * everything readable has to be what the model says.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test, vi } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openPostgres } from '../../src/store/engine/postgres.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import { startPostgres } from '../support/databases/postgres.ts';
import type { ModelledStore } from '../support/store-model/commands.ts';
import { compareAll } from '../support/store-model/comparisons.ts';
import { commands } from '../support/store-model/histories.ts';
import { emptyModel, modelTimes as times } from '../support/store-model/state.ts';
import { createTestTime } from '../support/store-model/time.ts';

/** Histories for each engine; MODEL_RUNS=1000 asks for so many of them. */
const runsOf = (name: string) => Number(process.env.MODEL_RUNS ?? (name === 'SQLite' ? 60 : 30));
const STEPS = { min: 30, max: 45 };

/** Both engines wait for the disk at every commit. Where there is memory to put the databases in, that takes no time. */
const MEMORY = '/dev/shm';
if (existsSync(MEMORY)) {
  const { bavail, bsize } = statfsSync(MEMORY);
  if (bavail * bsize > 2 ** 30) vi.stubEnv('TMPDIR', MEMORY);
}

type Opened = Omit<ModelledStore, 'onStep'> & { close(): Promise<void> };
/** Opens an empty store whose clock stands still, at `atMs`. */
type Open = (atMs: number) => Promise<Opened>;

const closers: (() => Promise<void>)[] = [];
afterAll(async () => {
  for (const close of closers.reverse()) await close();
});

const vault = openVault(generateVaultKeys());

const openTemporarySqlite: Open = async (startMs) => {
  let atMs = startMs;
  const time = createTestTime({ frozen: true });
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-model-'));
  let life = 0;
  const file = () => join(folder, String(life), 'model.sqlite');
  const start = () => {
    mkdirSync(join(folder, String(life)), { recursive: true });
    const engine = openSqlite({ file: file(), now: () => atMs });
    return createStore(engine, { vault, times, clock: time.clockOf(engine) });
  };
  let store = start();
  await store.ready();
  return {
    store: () => store,
    async advance(ms) {
      atMs += ms;
      await time.pass(ms);
    },
    async jump(ms) {
      atMs += ms;
      await time.pass(0);
    },
    /** What a killed process leaves behind: the files as they are, the log not yet moved into the database. */
    async reopen() {
      const [abandoned, left] = [store, file()];
      life += 1;
      mkdirSync(join(folder, String(life)));
      for (const suffix of ['', '-wal']) if (existsSync(left + suffix)) copyFileSync(left + suffix, file() + suffix);
      store = start();
      // As a service does at its start.
      await store.ready();
      await abandoned.close();
    },
    async close() {
      await store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

const EMPTY = ['sessions', 'certifications', 'redemptions', 'identities']
  .map((table) => `DELETE FROM ${table}`)
  .join(';');

/** One database for many histories, each of which finds it empty. */
const openDatabase = async (server: Awaited<ReturnType<typeof startPostgres>>): Promise<Open> => {
  const database = await server.createDatabase();
  closers.push(database.drop);
  const time = createTestTime({ frozen: true });
  const start = async () => {
    const engine = await openPostgres({ url: database.url, log: createLog('silent'), maxConnections: 4 });
    return createStore(engine, { vault, times, clock: time.clockOf(engine) });
  };
  let store = await start();
  await store.ready();
  closers.push(() => store.close());
  // Another function for every second would have the server plan everything anew.
  await database.query(`CREATE TABLE model_clock (at_ms bigint); INSERT INTO model_clock VALUES (0);
    CREATE OR REPLACE FUNCTION now_ms() RETURNS bigint LANGUAGE sql STABLE AS 'SELECT at_ms FROM model_clock'`);
  return async (startMs) => {
    await database.query(EMPTY);
    await database.query('UPDATE model_clock SET at_ms = $1', [startMs]);
    await database.query('UPDATE store_clock SET store_ms = $1, wall_ms = $1, ticks = ticks + 1', [startMs]);
    return {
      store: () => store,
      async advance(ms) {
        await database.query('UPDATE model_clock SET at_ms = at_ms + $1', [ms]);
        await time.pass(ms);
      },
      async jump(ms) {
        await database.query('UPDATE model_clock SET at_ms = at_ms + $1', [ms]);
        await time.pass(0);
      },
      async reopen() {
        const abandoned = store;
        store = await start();
        await store.ready();
        await abandoned.close();
      },
      close: async () => undefined,
    };
  };
};

/** How each engine opens stores, for as many histories at a time as it is worth. */
const engines: Record<string, () => Promise<Open[]>> = {
  SQLite: async () => [openTemporarySqlite],
  PostgreSQL: async () => {
    const server = await startPostgres();
    closers.push(server.close);
    return Promise.all([1, 2, 3].map(() => openDatabase(server)));
  },
};

const histories = fc.commands(commands, { maxCommands: STEPS.max, size: 'max' });
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

test.each(Object.keys(engines))(
  'P11: %s does what the model of the store does',
  { timeout: 1_200_000 },
  async (name) => {
    const opens = (await engines[name]?.()) ?? [];
    const lengths: number[] = [];
    const seen = new Map<string, number>();
    const see = (what: string) => void seen.set(what, (seen.get(what) ?? 0) + 1);
    const runMany = async (open: Open, numRuns: number) => {
      let failed = false;
      const property = fc.asyncProperty(histories, async (history) => {
        // A short history proves too little; but what has failed may shrink.
        fc.pre(failed || [...history].length >= STEPS.min);
        const model = emptyModel(Date.now());
        const { close, ...opened } = await open(model.now);
        try {
          await fc.asyncModelRun(() => ({ model, real: { ...opened, onStep: see } }), history);
          await compareAll(model, opened.store());
        } catch (error) {
          failed = true;
          throw error;
        } finally {
          await close();
        }
        for (const { state } of model.entries) see(state);
        for (const step of model.stepsSeen) see(step);
        if (!failed) lengths.push(model.steps);
      });
      await fc.assert(property, { numRuns });
    };
    await Promise.all(opens.map((open) => runMany(open, Math.ceil(runsOf(name) / opens.length))));

    const total = lengths.reduce((sum, length) => sum + length, 0);
    console.log(
      `${name}: ${lengths.length} histories, ${total} steps; in each ${Math.min(...lengths)} to ${Math.max(...lengths)}, ` +
        `median ${median(lengths)}; ${JSON.stringify(Object.fromEntries([...seen].sort()))}`,
    );
    expect(lengths.length).toBeGreaterThanOrEqual(runsOf(name));
    expect(Math.min(...lengths)).toBeGreaterThanOrEqual(STEPS.min);
    const states = ['ANSWERED', 'CLAIMED', 'HELD', 'INDETERMINATE', 'REJECTED', 'SENT', 'SUCCEEDED'];
    const steps = ['report', 'cancel', 'OPENED', 'DECLINED', 'CANCELLED'];
    const others = ['reopen', 'erase', 'sweep', 'poll', 'jump'];
    expect([...seen.keys()]).toEqual(expect.arrayContaining([...states, ...steps, ...others]));
  },
);
