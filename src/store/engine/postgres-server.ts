/** Checks that a PostgreSQL suits the store: a primary that writes, does not lose what it confirms, and limits time. */
import type pg from 'pg';
import { columns, computed, integer, text } from './columns.ts';
import { DatabaseUnavailable } from './engine.ts';
import { query } from './postgres-statements.ts';

/** Longer than any statement of the store takes. A process that stops in a transaction does not hold its locks longer. */
const LIMITS = [
  ['statement_timeout', '5s'],
  ['lock_timeout', '2s'],
  ['idle_in_transaction_session_timeout', '5s'],
] as const;

export const setLimits = (scope: 'SESSION' | 'LOCAL'): string =>
  LIMITS.map(([name, value]) => `SET ${scope} ${name} = '${value}'`).join('; ');

/** For one transaction, on any connection that a pooler gives it. */
export const LOCAL_LIMITS = setLimits('LOCAL');

const setting = (name: string) => computed(text, `current_setting('${name}')`);

const serverColumns = columns({
  version: computed(integer, "current_setting('server_version_num')::int"),
  is_standby: computed(integer, 'pg_is_in_recovery()::int'),
  read_only: setting('transaction_read_only'),
  fsync: setting('fsync'),
  synchronous_commit: setting('synchronous_commit'),
  statement_timeout: setting('statement_timeout'),
  lock_timeout: setting('lock_timeout'),
  idle_in_transaction_session_timeout: setting('idle_in_transaction_session_timeout'),
});

const unfit = (code: string, message: string): never => {
  throw new DatabaseUnavailable(message, { code });
};

/** Rejects for a server that does not write, or that loses confirmed commits with its power. One round trip. */
export const checkServer = async (client: pg.ClientBase, limitSession: boolean): Promise<void> => {
  const db = { all: (sql: string) => query(client, sql) };
  const server = await serverColumns.first(db, `SELECT ${serverColumns.list}`);
  if (!server) throw new Error('PostgreSQL returned no settings');
  const { version, is_standby, read_only, fsync, synchronous_commit } = server;
  if (version < 120_000) unfit('VERSION', 'The store needs PostgreSQL 12 or newer');
  if (is_standby === 1)
    unfit('STANDBY', 'The store needs the primary, and this PostgreSQL is a standby: correct store');
  if (read_only !== 'off')
    unfit('25006', 'The store has to write, and this PostgreSQL has default_transaction_read_only = on');
  if (!['on', 'remote_apply'].includes(synchronous_commit))
    unfit(
      'SYNCHRONOUS_COMMIT',
      `PostgreSQL has synchronous_commit = ${synchronous_commit}, so that it could lose what it has confirmed: ` +
        'set it to on, for example by ALTER ROLE … SET synchronous_commit = on',
    );
  if (fsync !== 'on')
    unfit('FSYNC', 'PostgreSQL has fsync = off, so that it could lose what it has confirmed: set it to on');
  for (const [name, value] of LIMITS)
    if (limitSession && server[name] !== value)
      unfit('SETTINGS', `${name} was set and does not hold: a pooler in between has to pool sessions or transactions`);
};
