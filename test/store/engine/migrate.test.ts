/** `npm run migrate` brings the schema of the configured store up to this release. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../../src/lib/log.ts';
import { generateVaultKeys } from '../../../src/security/vault.ts';
import { openPostgres } from '../../../src/store/engine/postgres.ts';
import { startPostgres, type TestPostgres } from '../../support/databases/postgres.ts';
import { cli, runCommand } from '../../support/services/command.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.close(), 30_000);

interface Configured {
  readonly env: Record<string, string>;
  /** Runs a statement without the service. */
  query(sql: string): Promise<unknown[]>;
}

const newFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-migrate-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const onSqlite = async (): Promise<Configured> => {
  const folder = newFolder();
  return {
    env: { DATA_DIR: folder },
    async query(sql) {
      const db = new DatabaseSync(join(folder, 'payer-identity.sqlite'));
      try {
        return db.prepare(sql).all();
      } finally {
        db.close();
      }
    },
  };
};

const onPostgres = async (): Promise<Configured> => {
  const folder = newFolder();
  const database = await server.createDatabase();
  onTestFinished(() => database.drop());
  const config = {
    defaultApp: 'a',
    apps: [{ id: 'a', channels: {} }],
    sources: {},
    store: { $env: 'STORE' },
    router: { secrets: ['s'.repeat(32)] },
    keys: generateVaultKeys(),
  };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(config));
  return {
    env: { CONFIG: join(folder, 'config.json'), DATA_DIR: folder, STORE: database.url },
    query: (sql) => database.query(sql),
  };
};

describe.each([
  ['sqlite', onSqlite],
  ['postgres', onPostgres],
] as const)('migrate on %s', { timeout: 60_000 }, (engine, configure) => {
  const newest = readdirSync(new URL(`../../../src/store/engine/migrations/${engine}/`, import.meta.url)).length;
  const migrate = (env: Record<string, string>) => runCommand(cli, ['migrate'], env);

  test('migrate prints the earlier and the present schema, and changes nothing the second time', async () => {
    const { env, query } = await configure();
    const line = (from: number) => ({
      code: 0,
      out: `The database had schema ${from} and has schema ${newest}.\n`,
      err: '',
    });
    expect(await migrate(env)).toEqual(line(0));
    expect(await query('SELECT id FROM redemptions')).toEqual([]);
    const ledger = 'SELECT version, applied_at FROM schema_migrations ORDER BY version';
    const applied = await query(ledger);
    expect(applied).toHaveLength(newest);
    expect(await migrate(env)).toEqual(line(newest));
    expect(await query(ledger)).toEqual(applied);
  });

  test('migrate refuses a database of a newer release, and does not change it', async () => {
    const { env, query } = await configure();
    await migrate(env);
    await query("INSERT INTO schema_migrations VALUES (9999, 'newer', '', 0)");
    const { code, out, err } = await migrate(env);
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toBe(`The database has schema 9999, this release knows ${newest}: run the newer release\n`);
    expect(await query('SELECT version FROM schema_migrations')).toHaveLength(newest + 1);
  });
});

test('after migrate a role without the right to create tables serves, and before it the start names that right', async () => {
  const { env, query } = await onPostgres();
  const role = `service_${Date.now()}`;
  const url = new URL(env.STORE ?? '');
  await query(`CREATE ROLE ${role} LOGIN PASSWORD 'the-password'`);
  onTestFinished(async () => void (await query(`DROP OWNED BY ${role}; DROP ROLE ${role}`)));
  url.username = role;
  url.password = 'the-password';
  const open = () => openPostgres({ url: url.href, log: createLog('silent') });
  await expect(open()).rejects.toThrow(/cannot be used: permission denied for schema public/);

  expect(await runCommand(cli, ['migrate'], env)).toMatchObject({ code: 0 });
  await query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO ${role}`);
  const engine = await open();
  onTestFinished(() => engine.close());
  expect(await engine.read.all('SELECT id FROM redemptions')).toEqual([]);
});
