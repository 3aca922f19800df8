/**
 * P1 to P3, P6: PostgreSQL dies under load: one of its processes, after which it ends all others and recovers, or the
 * whole server. What two instances had answered stays so, no code reaches the upstream twice, nothing is sent while the
 * server is down, and every failure has its type. POSTGRES_KILLS=<number> makes the run longer.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import { generateVaultKeys } from '../../src/security/vault.ts';
import { startPostgres, type TestPostgres } from '../support/databases/postgres.ts';
import { account, openBooks, untilTerminal } from './crash-account.ts';
import { createRandom, type Load, startLoad } from './crash-load.ts';
import { type CrashService, openCrashService, startSlowProxy } from './crash-service.ts';

const DEATHS = Number(process.env.POSTGRES_KILLS ?? 1);
const CLIENTS = 24;
const RECOVERY_MS = 5_000;
/** What a client may be answered while the database is down. */
const TYPED = ['SERVICE_UNAVAILABLE', 'OUTCOME_UNKNOWN', 'OUTCOME_PENDING', 'CHANNEL_UNREACHABLE', 'DEADLINE_EXCEEDED'];
const times = { patienceMs: 1_000, resultTtlMs: 3_600_000 };
const random = createRandom(20_261_122);

/** A time in which no process of the server ran. */
interface Absence {
  readonly from: number;
  readonly to: number;
  /** Of /readyz, of every instance. */
  readonly readiness: readonly number[];
}

const openLoad = async (postgres: TestPostgres) => {
  const database = await postgres.createDatabase();
  onTestFinished(() => database.drop());
  const upstream = await startDaxpay({ apps: [{ appId: 'demo', secret: '123456' }] });
  onTestFinished(() => upstream.close());
  const proxy = await startSlowProxy(upstream.origin, () => random(2, 50));
  onTestFinished(() => proxy.close());
  const shared = { store: database.url, keys: generateVaultKeys() };
  const services = [openCrashService(proxy.origin, times, shared), openCrashService(proxy.origin, times, shared)];
  for (const service of services) onTestFinished(() => service.close());
  for (const service of services) await service.start();
  const load = startLoad({ services, random, clients: CLIENTS, minCodes: 0, giveUpMs: 60_000 + 20_000 * DEATHS });
  return { load, services, upstream, books: openBooks((sql) => database.query(sql)) };
};

/** Milliseconds until every instance has answered a call made after that moment with a success. */
const recovery = async (load: Load, services: readonly CrashService[], from: number): Promise<number> => {
  const first = (service: CrashService) =>
    load.calls.find((call) => call.service === service && call.askedAt > from && call.verdict === 'acknowledged');
  while (!services.every(first) && Date.now() - from < 2 * RECOVERY_MS) await delay(5);
  return Math.max(...services.map((service) => (first(service)?.answeredAt ?? Number.POSITIVE_INFINITY) - from));
};

/** The run for every kind of death. `die` returns the moment from which recovery counts. */
const run = async (
  postgres: TestPostgres,
  die: (services: readonly CrashService[], load: Load) => Promise<number>,
): Promise<Awaited<ReturnType<typeof openLoad>>> => {
  const opened = await openLoad(postgres);
  const { load, services } = opened;
  const recoveriesMs: number[] = [];
  let lastDeathAt = 0;
  for (let death = 0; death < DEATHS; death += 1) {
    await delay(random(800, 1_600));
    const from = await die(services, load);
    lastDeathAt = Date.now();
    recoveriesMs.push(await recovery(load, services, from));
  }
  const [terminalAfterMs] = await Promise.all([untilTerminal(opened.books, lastDeathAt), load.finish()]);
  console.log(`PostgreSQL died ${DEATHS} times; both instances recovered after ${recoveriesMs.join(', ')} ms:`);
  await account({ ...opened, terminalAfterMs });
  expect(Math.max(...recoveriesMs)).toBeLessThanOrEqual(RECOVERY_MS);
  expect(load.count('cut off')).toBe(0);
  expect(load.calls.map(({ code }) => code).filter((code) => code && !TYPED.includes(code))).toEqual([]);
  expect(load.acknowledged.size).toBeGreaterThan(20 * DEATHS);
  // In a run of few deaths, every client may come through them.
  if (DEATHS >= 10) expect(load.givenUp.size).toBeGreaterThan(0);
  return opened;
};

test(`P1–P3: ${DEATHS} crashes of a process of PostgreSQL lose no acknowledged result and send no code twice`, {
  timeout: 120_000 + 20_000 * DEATHS,
}, async () => {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.close());
  await run(postgres, async () => {
    await postgres.crash();
    return Date.now();
  });
});

test(`P1–P3, P6: ${DEATHS} deaths of PostgreSQL lose nothing, send nothing meanwhile, and both instances recover in ${RECOVERY_MS} ms`, {
  timeout: 120_000 + 20_000 * DEATHS,
}, async () => {
  const postgres = await startPostgres({ own: true });
  onTestFinished(() => postgres.close());
  const absences: Absence[] = [];
  const { load, upstream, services } = await run(postgres, async (services, load) => {
    await postgres.kill();
    const from = Date.now();
    await delay(random(300, 2_000));
    // On a busy machine no client may have called in that time.
    while (!load.calls.some(({ isFirst, askedAt }) => isFirst && askedAt >= from)) await delay(20);
    const readiness = await Promise.all(services.map((service) => service.readiness()));
    absences.push({ from, to: Date.now(), readiness });
    await postgres.restart();
    return Date.now();
  });

  const during = ({ from, to }: Absence, at: number) => at >= from && at <= to;
  const firstTried = (absence: Absence) => load.calls.filter((call) => call.isFirst && during(absence, call.askedAt));
  const tried = absences.map((absence) => firstTried(absence).map(({ authCode }) => authCode));
  const sentMeanwhile = absences.map((absence, index) =>
    upstream.ledger
      .filter(({ at }) => during(absence, at))
      .map(({ body }) => JSON.parse(body).authCode as string)
      .filter((authCode) => tried[index]?.includes(authCode)),
  );
  const answered = absences.flatMap((absence) =>
    load.calls.filter(({ askedAt, answeredAt }) => during(absence, askedAt) && during(absence, answeredAt)),
  );
  const downMs = absences.map(({ from, to }) => to - from);
  console.log(
    `down for ${downMs.join(', ')} ms: ${answered.length} calls asked and answered meanwhile ` +
      `${JSON.stringify([...new Set(answered.map(({ code }) => code))])}, ${tried.flat().length} calls with new codes, ` +
      `${sentMeanwhile.flat().length} of these sent; /readyz ${JSON.stringify(absences.map(({ readiness }) => readiness))}`,
  );
  expect(sentMeanwhile.flat()).toEqual([]);
  for (const [index, absence] of absences.entries()) {
    expect(tried[index]?.length).toBeGreaterThan(0);
    expect(absence.readiness).toEqual([503, 503]);
  }
  expect(new Set(answered.map(({ code }) => code))).toEqual(new Set(['SERVICE_UNAVAILABLE']));
  expect(await Promise.all(services.map((service) => service.readiness()))).toEqual([200, 200]);
});
