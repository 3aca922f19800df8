/** docs/storage.md against the columns of both real databases. */
import { readFileSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { migrateSqlite } from '../../src/store/engine/migrate.ts';
import { openPostgres } from '../../src/store/engine/postgres.ts';
import { startPostgres } from '../support/databases/postgres.ts';

/** `table.column` and its form, of every row of the page that describes a column. */
const described = (): Map<string, string> => {
  const page = readFileSync(new URL('../../docs/storage.md', import.meta.url), 'utf8');
  const forms = new Map<string, string>();
  let table = '';
  for (const line of page.split('\n')) {
    table = /^### `(\w+)`$/.exec(line)?.[1] ?? (line.startsWith('## ') ? '' : table);
    const [, column, form] = /^\| `(\w+)` \| ([a-z ]+) \| .+ \|$/.exec(line) ?? [];
    if (table !== '' && column !== undefined && form !== undefined) forms.set(`${table}.${column}`, form);
  }
  return forms;
};

/** The form that a column's name promises; the contract of the store verifies the values. */
const formOf = (column: string): string => {
  if (/_index$|\.index_mark$/.test(column)) return 'blind index';
  return column.endsWith('_sealed') ? 'sealed' : 'plain';
};

test('docs/storage.md describes every column of SQLite, in its form, and no other', () => {
  const db = new DatabaseSync(':memory:');
  onTestFinished(() => db.close());
  db.function('now_ms', () => Date.now());
  migrateSqlite(db, Date.now);
  const columns = db
    .prepare(
      `SELECT s.name || '.' || c.name AS name FROM sqlite_schema s, pragma_table_info(s.name) c WHERE s.type = 'table'`,
    )
    .all()
    .map(({ name }) => String(name));
  expect(columns.length).toBeGreaterThan(50);
  expect([...described()].sort()).toEqual(columns.map((column) => [column, formOf(column)]).sort());
});

test('docs/storage.md describes every column of PostgreSQL, and no other', { timeout: 60_000 }, async () => {
  const server = await startPostgres();
  onTestFinished(() => server.close());
  const database = await server.createDatabase();
  const engine = await openPostgres({ url: database.url, log: createLog('silent') });
  onTestFinished(() => engine.close());
  const rows = await database.query<{ name: string }>(
    `SELECT table_name || '.' || column_name AS name FROM information_schema.columns WHERE table_schema = 'public'`,
  );
  expect([...described().keys()].sort()).toEqual(rows.map(({ name }) => name).sort());
});
