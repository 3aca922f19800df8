/** Single statements on a PostgreSQL connection, in the SQL that every engine speaks. */
import { hash } from 'node:crypto';
import type pg from 'pg';
import { CommitIndeterminate, type SqlParameter, type SqlRow, type Transaction } from './engine.ts';
import { isAboutStatement, unavailable } from './postgres-failures.ts';

/** The name that LISTEN and NOTIFY use. */
export const CHANNEL = 'payer_identity';

/** The shared SQL as PostgreSQL has it. */
const translate = (sql: string): string =>
  sql.replace(/in_texts\((\$\d+)\)/g, '= ANY($1::text[])').replace(/in_blobs\((\$\d+)\)/g, '= ANY($1::bytea[])');

interface Statement {
  readonly text: string;
  /** The same on every instance, so that a name never stands for two texts. */
  readonly name: string;
}

const statements = new Map<string, Statement>();

const statementOf = (sql: string): Statement => {
  const known = statements.get(sql);
  if (known) return known;
  const text = translate(sql);
  const statement = { text, name: hash('sha256', text).slice(0, 32) };
  statements.set(sql, statement);
  return statement;
};

const run = async (client: pg.ClientBase, statement: pg.QueryConfig): Promise<SqlRow[]> => {
  try {
    return (await client.query<SqlRow>(statement)).rows;
  } catch (error) {
    throw isAboutStatement(error) ? error : unavailable(error);
  }
};

/** Rejects with DatabaseUnavailable, or with the server's error about this statement. */
export const query = (client: pg.ClientBase, sql: string, values: readonly SqlParameter[] = []): Promise<SqlRow[]> =>
  run(client, { text: statementOf(sql).text, values: [...values] });

/** The same as a prepared statement: for a connection that stays one connection of the server, which plans it once. */
export const queryPrepared = (
  client: pg.ClientBase,
  sql: string,
  values: readonly SqlParameter[] = [],
): Promise<SqlRow[]> => run(client, { ...statementOf(sql), values: [...values] });

/** Rejects with CommitIndeterminate when the server did not answer. */
export const commit = async (client: pg.ClientBase): Promise<void> => {
  const { command } = await client.query('COMMIT').catch((cause: unknown) => {
    throw new CommitIndeterminate('PostgreSQL did not answer a COMMIT: whether it committed is not known', { cause });
  });
  // After a statement has failed, PostgreSQL answers COMMIT with ROLLBACK.
  if (command !== 'COMMIT') throw new Error('A job continued after one of its statements had failed');
};

/** Sends the notices of a transaction as part of it: other instances receive them when it commits. */
export const notifyAll = (client: pg.ClientBase, topics: ReadonlySet<string>): Promise<unknown> =>
  query(client, `SELECT pg_notify('${CHANNEL}', topic) FROM unnest($1::text[]) AS topic`, [[...topics]]);

/** The interface of a transaction that runs on this connection; its topics are added to `topics`. */
export const inTransaction = (client: pg.ClientBase, topics: Set<string>): Transaction => ({
  all: (sql, values) => query(client, sql, values),
  wake: async (topic) => void topics.add(topic),
  tryLock: async (name) => {
    const sql = 'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0))::int AS locked';
    const [row] = await query(client, sql, [`payer-identity ${name}`]);
    return row?.locked === 1;
  },
});
