/**
 * P1 to P3: processes of the service are killed with codes in every state, and started again on their store: what they
 * had answered stays so, and no code reaches the upstream twice. CRASH_KILLS=<number> makes the run longer,
 * CRASH_SEED=<number> repeats its kills and delays; what they meet depends on the machine.
 */
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import { generateVaultKeys } from '../../src/security/vault.ts';
import { startPostgres } from '../support/databases/postgres.ts';
import { account, type Books, openBooks, untilTerminal } from './crash-account.ts';
import { createRandom, startLoad } from './crash-load.ts';
import { type CrashService, openCrashService, startSlowProxy } from './crash-service.ts';

const kills = (few: number) => Number(process.env.CRASH_KILLS ?? few);
const seed = Number(process.env.CRASH_SEED ?? 20_261_122);
const CODES_A_KILL = 40;
const ACKNOWLEDGED_A_KILL = 10;
const CLIENTS = 24;
/** Answers that are under way when an instance is killed, for each instance: so a death meets codes that are spent. */
const HELD = 3;
/** Short for what a client waits for; leases and sweeps are the defaults. */
const times = { patienceMs: 250, resultTtlMs: 3_600_000 };

interface Deployment {
  readonly services: readonly CrashService[];
  readonly books: Books;
}
const openOne = async (upstreamOrigin: string): Promise<Deployment> => {
  const service = openCrashService(upstreamOrigin, times);
  onTestFinished(() => service.close());
  const query = async (sql: string) => {
    const db = new DatabaseSync(service.file, { readOnly: true });
    try {
      return db.prepare(sql).all();
    } finally {
      db.close();
    }
  };
  return { services: [service], books: openBooks(query) };
};

const openThree = async (upstreamOrigin: string): Promise<Deployment> => {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.close());
  const database = await postgres.createDatabase();
  onTestFinished(() => database.drop());
  const shared = { store: database.url, keys: generateVaultKeys() };
  const services = Array.from({ length: 3 }, () => openCrashService(upstreamOrigin, times, shared));
  for (const service of services) onTestFinished(() => service.close());
  return { services, books: openBooks((sql) => database.query(sql)) };
};

test.each([
  { deployment: 'a process on SQLite', open: openOne, count: kills(2) },
  { deployment: 'three processes on one PostgreSQL', open: openThree, count: kills(3) },
])(
  'P1–P3: $count kills of $deployment lose no acknowledged result, send no code twice and leave nothing hanging',
  {
    timeout: 120_000 + 5_000 * kills(12),
  },
  async ({ deployment, open, count }) => {
    const [killAfter, answerAfter, random] = [createRandom(seed), createRandom(seed + 1), createRandom(seed + 2)];
    const startedAt = Date.now();
    const upstream = await startDaxpay({ apps: [{ appId: 'demo', secret: '123456' }] });
    onTestFinished(() => upstream.close());
    const proxy = await startSlowProxy(upstream.origin, () => answerAfter(2, 150));
    onTestFinished(() => proxy.close());
    const { services, books } = await open(proxy.origin);
    await Promise.all(services.map((service) => service.start()));

    const minCodes = CODES_A_KILL * count;
    const giveUpMs = 60_000 + 5_000 * count;
    const load = startLoad({ services, random, clients: CLIENTS, minCodes, giveUpMs });
    // In turn; the process before may still be starting.
    const starting = services.map(() => Promise.resolve());
    let lastDeathAt = 0;
    for (let kill = 0; kill < count; kill += 1) {
      const turn = kill % services.length;
      const service = services[turn] as CrashService;
      await starting[turn];
      await delay(killAfter(50, 900));
      await expect.poll(proxy.held, { interval: 1, timeout: 20_000 }).toBeGreaterThanOrEqual(HELD * services.length);
      await service.kill();
      lastDeathAt = Date.now();
      starting[turn] = service.start();
    }
    await Promise.all(starting);
    const [terminalAfterMs] = await Promise.all([untilTerminal(books, lastDeathAt), load.finish()]);

    const seconds = () => ((Date.now() - startedAt) / 1_000).toFixed(0);
    console.log(`${count} kills of ${deployment}, seed ${seed}, ${seconds()} s:`);
    await account({ load, services, upstream, books, terminalAfterMs });
    expect(load.drawn()).toBeGreaterThanOrEqual(minCodes);
    expect(load.acknowledged.size).toBeGreaterThanOrEqual(ACKNOWLEDGED_A_KILL * count);
    expect(load.count('cut off')).toBeGreaterThanOrEqual(count);
    expect(load.unknown.size).toBeGreaterThan(0);
    expect(load.leftBehind.size).toBeGreaterThan(0);
    // Only what was in flight when a process died may be indeterminate.
    expect(load.unknown.size).toBeLessThanOrEqual(load.count('cut off'));
  },
);
