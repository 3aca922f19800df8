/** A great many rows whose time is over at once, while others go on: neither may stand in the way. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import type { Engine } from '../../src/store/engine/engine.ts';
import { openPostgres } from '../../src/store/engine/postgres.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import { claimOf, contractTimes } from '../contract/store/fixtures.ts';
import { startPostgres, type TestPostgres } from '../support/databases/postgres.ts';

const REDEMPTIONS = 60_000;
const SESSIONS = 20_000;
const IDENTITIES = 10_000;
const CERTIFICATIONS = 10_000;
const ROWS = REDEMPTIONS + SESSIONS + IDENTITIES + CERTIFICATIONS;
/** What the service promises, less the longest that it may take until it looks. */
const PURGED_MS = 60_000 - 2_000;

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.close(), 30_000);

/** Statements that fill a database with what was over long ago; `numbers` makes a table of the numbers from 1, `blob` bytes. */
const overdue = (numbers: (count: number) => string, blob: string) => [
  `INSERT INTO identities SELECT 'pid_' || n, 'ali_pay', 'demo', ${blob}, NULL, ${blob}, 1, 1 FROM ${numbers(IDENTITIES)}`,
  `INSERT INTO redemptions SELECT 'red_' || n, ${blob}, ${blob}, NULL, 'daxpay', 'demo', 'ali_pay', 'trace', 'SUCCEEDED',
     'own', 2, CASE WHEN n <= ${IDENTITIES} THEN 'pid_' || n END, ${blob}, NULL, NULL, 1, 2, 3 FROM ${numbers(REDEMPTIONS)}`,
  `INSERT INTO sessions (query_code_index, app_id, channel_id, redemption_id, expires_at)
     SELECT ${blob}, 'demo', 'ali_pay', 'red_' || n, 2 FROM ${numbers(SESSIONS)}`,
  `INSERT INTO certifications SELECT ${blob}, ${blob}, 'demo', 'ali_pay', 'pid_' || n, 'PASSED', 1, 2
     FROM ${numbers(CERTIFICATIONS)}`,
];

const openOnPostgres = async () => {
  const database = await server.createDatabase();
  const engine = await openPostgres({ url: database.url, log: createLog('silent') });
  onTestFinished(() => database.drop());
  const numbers = (count: number) => `generate_series(1, ${count}) AS n`;
  return {
    engine,
    fill: async () => {
      for (const sql of overdue(numbers, "sha256(n::text::bytea) || 'sealed'")) await database.query(sql);
    },
    rows: (sql: string) => database.query<{ rows: number }>(sql),
  };
};

const openOnSqlite = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-retention-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'store.sqlite');
  const engine = openSqlite({ file, now: Date.now });
  const db = new DatabaseSync(file);
  onTestFinished(() => db.close());
  const numbers = (count: number) =>
    `(WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < ${count}) SELECT n FROM up)`;
  return {
    engine,
    fill: async () => {
      for (const sql of overdue(numbers, "CAST(printf('%040d sealed', n) AS BLOB)")) db.exec(sql);
    },
    rows: async (sql: string) => db.prepare(sql).all() as { rows: number }[],
  };
};

interface Filled {
  readonly engine: Engine;
  /** To be called once the store has marked the database as its own. */
  fill(): Promise<void>;
  rows(sql: string): Promise<{ rows: number }[]>;
}

test.each<[string, () => Promise<Filled>]>([
  ['PostgreSQL', openOnPostgres],
  ['SQLite', openOnSqlite],
])(
  `${ROWS} expired rows are deleted within a minute on %s, and claims go on`,
  async (name, open) => {
    const { engine, fill, rows } = await open();
    const DAY_MS = 86_400_000;
    const times = { ...contractTimes, identityTtlMs: DAY_MS, certificationTtlMs: DAY_MS };
    const store = createStore(engine, { vault: openVault(generateVaultKeys()), times });
    onTestFinished(() => store.close());
    await store.ready();
    await fill();

    let sweeping = true;
    const claims: number[] = [];
    const claimOn = async () => {
      while (sweeping) {
        const startedAt = performance.now();
        const place = { source: 'daxpay', upstreamAppId: 'upstream', appId: 'demo', channelId: 'ali_pay' };
        const code = { authCode: `code-${claims.length}`, queryCode: `query-${claims.length}`, caller: 'router' };
        const verdict = await store.claim(claimOf({ ...place, ...code, traceId: 'trace' }));
        if (verdict.kind !== 'CLAIMED') throw new Error(verdict.kind);
        claims.push(performance.now() - startedAt);
      }
    };
    const claiming = claimOn();
    const startedAt = performance.now();
    const { purged } = await store.sweep();
    const tookMs = performance.now() - startedAt;
    sweeping = false;
    await claiming;

    const slowestMs = Math.max(...claims);
    console.log(
      `${name}: ${purged} rows purged in ${Math.round(tookMs)} ms, meanwhile ${claims.length} claims, the slowest ${Math.round(slowestMs)} ms`,
    );
    // A redemption that loses its token before it goes counts twice.
    expect(purged).toBeGreaterThanOrEqual(ROWS);
    expect(tookMs).toBeLessThan(PURGED_MS);
    expect(claims.length).toBeGreaterThan(10);
    expect(slowestMs).toBeLessThan(2_000);
    const remaining = { identities: 0, certifications: 0, redemptions: claims.length, sessions: claims.length };
    for (const [table, count] of Object.entries(remaining))
      expect(Number((await rows(`SELECT count(*) AS rows FROM ${table}`))[0]?.rows), table).toBe(count);
  },
  120_000,
);
