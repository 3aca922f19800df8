/** Brings a database up to this release's schema: numbered SQL files, each once, all under one lock, only forward. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';
import type { ClientBase } from 'pg';

interface AppliedStep {
  readonly version: number;
  readonly name: string;
  /** SHA-256 of the file. */
  readonly checksum: string;
}

interface Step extends AppliedStep {
  readonly sql: string;
}

/** The schema that a database had, and the one that it has now; 0: none. */
export interface Migration {
  readonly from: number;
  readonly to: number;
}

const LEDGER = `CREATE TABLE schema_migrations
  (version integer PRIMARY KEY, name text NOT NULL, checksum text NOT NULL, applied_at bigint NOT NULL)`;
const APPLIED = 'SELECT version, name, checksum FROM schema_migrations ORDER BY version';
const readApplied = (rows: readonly Readonly<Record<string, unknown>>[]): AppliedStep[] =>
  rows.map(({ version, name, checksum }) => ({
    version: Number(version),
    name: String(name),
    checksum: String(checksum),
  }));

const readSteps = (engine: 'sqlite' | 'postgres'): Step[] => {
  const folder = new URL(`./migrations/${engine}/`, import.meta.url);
  const files = readdirSync(folder).filter((name) => /^\d{4}-.+\.sql$/.test(name));
  return files.sort().map((file, index) => {
    const version = Number(file.slice(0, 4));
    if (version !== index + 1) throw new Error(`Migration ${file} should have the number ${index + 1}`);
    const sql = readFileSync(new URL(file, folder), 'utf8');
    const checksum = createHash('sha256').update(sql).digest('hex');
    return { version, name: file.slice(5, -4), checksum, sql };
  });
};

/** The schema of this release. */
export const currentSchema = (engine: 'sqlite' | 'postgres'): number => readSteps(engine).length;

const newestOf = (applied: readonly AppliedStep[]): number => applied.at(-1)?.version ?? 0;

/** The steps that a database still needs. Throws for one that a newer release has migrated, or with another history. */
const missing = (steps: readonly Step[], applied: readonly AppliedStep[]): Step[] => {
  const newest = newestOf(applied);
  if (newest > steps.length)
    throw new Error(`The database has schema ${newest}, this release knows ${steps.length}: run the newer release`);
  for (const [index, { version, name, checksum }] of applied.entries()) {
    const step = steps[index];
    if (step?.version !== version || step.checksum !== checksum)
      throw new Error(`The database was made by another migration ${version} (${name}): a released file never changes`);
  }
  return steps.slice(applied.length);
};

export const migrateSqlite = (db: DatabaseSync, now: () => number): Migration => {
  const steps = readSteps('sqlite');
  const insert = ({ version, name, checksum }: Step) =>
    db
      .prepare('INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (?, ?, ?, ?)')
      .run(version, name, checksum, now());
  db.exec('BEGIN IMMEDIATE');
  try {
    if (!db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'schema_migrations'").get()) {
      db.exec(LEDGER);
      // The first releases counted their steps here.
      const counted = Number(db.prepare('PRAGMA user_version').get()?.user_version);
      for (const step of steps.slice(0, counted)) insert(step);
    }
    const applied = readApplied(db.prepare(APPLIED).all());
    for (const step of missing(steps, applied)) {
      db.exec(step.sql);
      insert(step);
    }
    db.exec('COMMIT');
    return { from: newestOf(applied), to: steps.length };
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
};

/** An arbitrary number that nothing else in the database locks. */
const MIGRATION_LOCK = 7_364_001;

/** A role without the right to create tables suffices once every step has been applied. */
export const migratePostgres = async (client: ClientBase): Promise<Migration> => {
  const steps = readSteps('postgres');
  await client.query('BEGIN');
  try {
    await client.query(`SELECT pg_advisory_xact_lock(${MIGRATION_LOCK})`);
    const ledger = await client.query("SELECT to_regclass('schema_migrations') AS ledger");
    if (!ledger.rows[0]?.ledger) await client.query(LEDGER);
    const applied = readApplied((await client.query(APPLIED)).rows);
    for (const { sql, version, name, checksum } of missing(steps, applied)) {
      await client.query(sql);
      await client.query(
        'INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES ($1, $2, $3, now_ms())',
        [version, name, checksum],
      );
    }
    await client.query('COMMIT');
    return { from: newestOf(applied), to: steps.length };
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined);
    throw error;
  }
};
