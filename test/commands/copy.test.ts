/** `npm run store:copy`: a SQLite deployment moves to PostgreSQL, whole or not at all. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault, type VaultKeys } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openPostgres } from '../../src/store/engine/postgres.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import { claimOf, contractTimes } from '../contract/store/fixtures.ts';
import { startPostgres, type TestDatabase, type TestPostgres } from '../support/databases/postgres.ts';
import { cli, runCommand, startCommand } from '../support/services/command.ts';
import { populate, populatedClaim, readAll } from '../support/store-model/populate.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.close(), 30_000);

const times = { ...contractTimes, leaseMs: 3_600_000, resultTtlMs: 7_200_000, codeTtlMs: 7_200_000 };
const tables = ['identities', 'redemptions', 'sessions', 'certifications', 'nonces', 'webhook_events'];

interface Deployment {
  readonly file: string;
  readonly keys: VaultKeys;
  readonly database: TestDatabase;
  readonly names: readonly string[];
  /** A new connection past the service at every look: while one is open, the file is in use. */
  readonly db: DatabaseSync;
  /** The environment of the command, with these keys. */
  env(keys?: VaultKeys): Record<string, string>;
  openFile(): Store;
  openCopy(): Promise<Store>;
}

/** A service that was stopped, and an empty database. */
const deployed = async (): Promise<Deployment> => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-copy-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const file = join(folder, 'payer-identity.sqlite');
  const database = await server.createDatabase();
  onTestFinished(() => database.drop());
  const keys = generateVaultKeys();
  const vault = openVault(keys);
  const openFile = () => createStore(openSqlite({ file, now: Date.now }), { vault, times });
  const store = openFile();
  const names = await populate(store);
  await store.close();
  return {
    file,
    keys,
    database,
    names,
    openFile,
    get db() {
      const db = new DatabaseSync(file, { timeout: 0 });
      onTestFinished(() => {
        if (db.isOpen) db.close();
      });
      return db;
    },
    env(given = keys) {
      const config = join(folder, 'config.json');
      const rest = { defaultApp: 'a', apps: [{ id: 'a', channels: {} }], sources: {}, store: { $env: 'STORE' } };
      writeFileSync(config, JSON.stringify({ ...rest, router: { secrets: ['s'.repeat(32)] }, keys: given }));
      return { CONFIG: config, DATA_DIR: folder, STORE: database.url };
    },
    async openCopy() {
      const engine = await openPostgres({ url: database.url, log: createLog('silent') });
      const store = createStore(engine, { vault, times });
      onTestFinished(() => store.close());
      return store;
    },
  };
};

const copy = ({ file, env }: Deployment, keys?: VaultKeys) => runCommand(cli, ['copy-store', file], env(keys));

const plain = (rows: readonly object[]) =>
  rows
    .map((row) =>
      JSON.stringify(
        Object.entries(row)
          .map(([name, value]) => [name, value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value])
          .map(([name, value]) => [name, typeof value === 'number' ? String(value) : value])
          .sort(),
      ),
    )
    .sort();

/** Every row of both sides, as text. */
const both = async ({ db, database }: Deployment, table: string) => {
  const original = plain(db.prepare(`SELECT * FROM ${table}`).all());
  db.close();
  return { file: original, copy: plain(await database.query(`SELECT * FROM ${table}`)) };
};

const countOf = async ({ database }: Deployment): Promise<number[]> => {
  const counts = tables.map((table) => `(SELECT count(*)::int FROM ${table}) AS ${table}`);
  const [row] = await database.query<Record<string, number>>(`SELECT ${counts.join(', ')}`);
  return tables.map((table) => row?.[table] ?? -1);
};

/** A command is a process that has to start, on a machine that may be busy. */
const slow = { timeout: 60_000 };

describe('store:copy', slow, () => {
  test('a copy holds every row of every table, and is read like the file', async () => {
    const from = await deployed();
    const { code, out, err } = await copy(from);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const lines = out.trim().split('\n');
    for (const table of tables) {
      const count = from.db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n;
      const line = new RegExp(`^${table}: ${count} rows, SHA-256 [0-9a-f]{16} on both sides$`);
      expect(lines).toContainEqual(expect.stringMatching(line));
    }
    expect(out).toMatch(/\nEverything was copied\..*\n$/);
    for (const table of tables) {
      const rows = await both(from, table);
      expect(rows.file.length, table).toBeGreaterThan(0);
      expect(rows.copy, table).toEqual(rows.file);
    }
    const states = from.db.prepare('SELECT DISTINCT state FROM redemptions').all();
    expect(states).toHaveLength(7);

    const [file, copied] = [from.openFile(), await from.openCopy()];
    onTestFinished(() => file.close());
    const fromFile = await readAll(file, from.names);
    expect(await readAll(copied, from.names)).toEqual(fromFile);
    expect(fromFile.claims.map(({ kind }) => kind)).toEqual(from.names.map(() => 'DUPLICATE'));
    expect([...fromFile.identities, ...fromFile.certifications]).not.toContain(undefined);
  });

  test('the service starts on the copy of an empty file', async () => {
    const from = await deployed();
    const { db } = from;
    for (const table of [...tables].reverse()) db.exec(`DELETE FROM ${table}`);
    db.close();
    expect(await copy(from)).toMatchObject({ code: 0, out: expect.stringContaining('redemptions: 0 rows') });
    expect(await (await from.openCopy()).claim(claimOf(populatedClaim('new')))).toMatchObject({ kind: 'CLAIMED' });
  });

  test('a second copy finds every row there, and changes nothing', async () => {
    const from = await deployed();
    await copy(from);
    const before = await both(from, 'redemptions');
    expect(await copy(from)).toMatchObject({ code: 0, out: expect.stringContaining('Everything was there already') });
    expect(await both(from, 'redemptions')).toEqual(before);
  });

  test('P11: a copy that is killed at any table leaves no row, and the next run copies all', async () => {
    const from = await deployed();
    const { db, database } = from;
    const many = '(WITH RECURSIVE up (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM up WHERE n < 1200) SELECT n FROM up)';
    db.exec(`INSERT INTO identities SELECT 'pid_' || n, 'ali_pay', 'demo', randomblob(32), NULL, randomblob(90), n, n FROM ${many};
      INSERT INTO redemptions SELECT 'red_' || n, randomblob(32), randomblob(32), NULL, 'daxpay', 'demo', 'ali_pay',
        'trace', 'SUCCEEDED', 'own', n, 'pid_' || n, NULL, NULL, NULL, n, n, n FROM ${many}`);
    db.close();
    await (await from.openCopy()).close();
    // A write to a table waits for this lock, which the test holds.
    await database.query(`CREATE FUNCTION wait() RETURNS trigger LANGUAGE plpgsql AS
      'BEGIN PERFORM pg_advisory_xact_lock(42); RETURN NULL; END'`);
    const holder = new pg.Client({ connectionString: database.url });
    await holder.connect();
    onTestFinished(() => holder.end());
    for (const table of tables) {
      await database.query(`CREATE TRIGGER wait AFTER INSERT ON ${table} EXECUTE FUNCTION wait()`);
      await holder.query('SELECT pg_advisory_lock(42)');
      const { child, ended } = startCommand(cli, ['copy-store', from.file], from.env());
      const waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted";
      while (child.exitCode === null && (await database.query(waiting)).length === 0) await delay(20);
      child.kill('SIGKILL');
      expect(await ended, table).toMatchObject({ code: null });
      await holder.query('SELECT pg_advisory_unlock(42)');
      expect(await countOf(from), table).toEqual([0, 0, 0, 0, 0, 0]);
      await database.query(`DROP TRIGGER wait ON ${table}`);
    }
    expect(await copy(from)).toMatchObject({ code: 0, err: '' });
    for (const table of tables) {
      const rows = await both(from, table);
      expect(rows.copy, table).toEqual(rows.file);
    }
  });
});

describe('store:copy refuses', slow, () => {
  test('a copy is refused while a service has the file open, even an idle one', async () => {
    const from = await deployed();
    const service = from.openFile();
    expect(await copy(from)).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringContaining('stop the service first'),
    });
    await service.close();
    expect(await copy(from)).toMatchObject({ code: 0, err: '' });
  });

  test.each<[string, (keys: VaultKeys) => VaultKeys]>([
    ['another sealing key', (keys) => ({ ...keys, seal: generateVaultKeys().seal })],
    ['another index key', (keys) => ({ ...keys, index: generateVaultKeys().index })],
  ])('P10: a copy with %s is refused, and changes nothing', async (_, change) => {
    const from = await deployed();
    const { code, out, err } = await copy(from, change(from.keys));
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/^The keys are not those that .* was written with/);
    for (const secret of [from.database.url, from.keys.index]) expect(err).not.toContain(secret);
  });

  test('a copy is refused when the database holds other data, or the file has changed since', async () => {
    const from = await deployed();
    await copy(from);
    const file = from.openFile();
    await file.claim(claimOf(populatedClaim('later')));
    await file.close();
    const before = await countOf(from);
    expect(await copy(from)).toMatchObject({ code: 1, err: expect.stringMatching(/holds other data in redemptions/) });
    expect(await countOf(from)).toEqual(before);
  });

  test('a copy of an empty file is refused when the database holds a row', async () => {
    const from = await deployed();
    await (await from.openCopy()).openSession({ queryCode: 'q', stateId: 's', appId: 'demo', channelId: 'ali_pay' });
    expect(await copy(from)).toMatchObject({ code: 1, err: expect.stringMatching(/holds other data in identities/) });
    expect(await countOf(from)).toEqual([0, 0, 1, 0, 0, 0]);
  });

  test('a copy of a file of another release is refused, and changes nothing', async () => {
    const from = await deployed();
    await (await from.openCopy()).close();
    const { db } = from;
    db.exec("INSERT INTO schema_migrations VALUES (9999, 'newer', '', 0)");
    db.close();
    expect(await copy(from)).toMatchObject({ code: 1, err: expect.stringMatching(/has schema 9999/) });
    expect(await countOf(from)).toEqual([0, 0, 0, 0, 0, 0]);
  });

  test('a copy is refused without a file, without its name, and with an address that is not of PostgreSQL', async () => {
    const from = await deployed();
    const run = (...args: string[]) => runCommand(cli, ['copy-store', ...args], from.env());
    expect(await run('/nowhere.sqlite')).toMatchObject({ code: 1, err: 'There is no /nowhere.sqlite\n' });
    expect(await run()).toMatchObject({
      code: 2,
      out: '',
      err: expect.stringMatching(/missing required argument 'file'/),
    });
    const odd = await run(from.file, 'mysql://user:the-password@127.0.0.1/x');
    expect(odd).toMatchObject({ code: 1, out: '', err: expect.not.stringContaining('the-password') });
    const unreachable = await run(from.file, 'postgres://user:the-password@127.0.0.1:1/x');
    expect(unreachable).toMatchObject({
      code: 1,
      err: 'PostgreSQL, which store names, cannot be used: 127.0.0.1:1 refuses connections: start PostgreSQL there, or correct host and port (ECONNREFUSED)\n',
    });
  });
});
