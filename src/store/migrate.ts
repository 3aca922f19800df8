import { readdirSync, readFileSync } from 'node:fs';
import type { DatabaseSync } from 'node:sqlite';

const folder = new URL('./migrations/sqlite/', import.meta.url);

/** Brings a database up to this code's schema, each step in a transaction; refuses one that is newer. */
export const migrateSqlite = (db: DatabaseSync): void => {
  const steps = readdirSync(folder)
    .filter((name) => /^\d{4}-.+\.sql$/.test(name))
    .sort();
  db.exec('BEGIN IMMEDIATE');
  try {
    const done = Number(db.prepare('PRAGMA user_version').get()?.user_version);
    if (done > steps.length) {
      throw new Error(`The database has schema ${done}, this release knows ${steps.length}: run the newer release`);
    }
    for (const step of steps.slice(done)) db.exec(readFileSync(new URL(step, folder), 'utf8'));
    db.exec(`PRAGMA user_version = ${steps.length}; COMMIT`);
  } catch (error) {
    if (db.isTransaction) db.exec('ROLLBACK');
    throw error;
  }
};
