/** Reads on PostgreSQL as prepared statements, and what happens when one is not there any more. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { createLog } from '../../../src/lib/log.ts';
import { openPostgres } from '../../../src/store/engine/postgres.ts';
import { startPostgres, type TestPostgres } from '../../support/databases/postgres.ts';

let server: TestPostgres;
beforeAll(async () => {
  server = await startPostgres();
}, 60_000);
afterAll(() => server.close(), 60_000);

const PREPARED = 'SELECT count(*)::int AS n FROM pg_prepared_statements';
const BACKEND = 'SELECT pg_backend_pid() AS pid, $1::int AS n';

test('a read is prepared once, and read again plainly, on another connection then, where its statement is missing', async () => {
  const database = await server.createDatabase();
  onTestFinished(() => database.drop());
  const engine = await openPostgres({ url: database.url, log: createLog('silent') });
  onTestFinished(() => engine.close());
  const [first] = await engine.read.all(BACKEND, [1]);
  const [second] = await engine.read.all(BACKEND, [2]);
  expect(second).toEqual({ pid: first?.pid, n: 2 });
  expect(await engine.write((db) => db.all(PREPARED))).toEqual([{ n: 1 }]);
  // What a pooler does that gives this connection another one of the server.
  await engine.write((db) => db.all('DEALLOCATE ALL'));
  expect(await engine.read.all(BACKEND, [3])).toEqual([{ pid: first?.pid, n: 3 }]);
  const [fourth] = await engine.read.all(BACKEND, [4]);
  expect(fourth).toMatchObject({ n: 4 });
  expect(fourth?.pid).not.toBe(first?.pid);
});
