/** The limit on PostgreSQL: bare `pg`, one named prepared statement, one decryption with a prepared KeyObject, JSON. */
import pg from 'pg';
import { openKeys, subjectData } from '../lib/sealed.ts';
import { serve } from '../lib/serve.ts';
import { readSetup } from '../lib/setup.ts';

const { postgres, keys } = readSetup();
const { open, index } = openKeys(keys);
const pool = new pg.Pool({ connectionString: postgres, max: 10 });

interface Row {
  readonly id: string;
  readonly channel_id: string;
  readonly app_id: string;
  readonly subject_sealed: Uint8Array;
}

const byIds = {
  name: 'by-ids',
  text: 'SELECT id, channel_id, app_id, subject_sealed FROM identities WHERE id = ANY($1)',
};
const byQueryCode = {
  name: 'by-query-code',
  text: `SELECT i.id, i.subject_sealed FROM sessions s JOIN redemptions r ON r.id = s.redemption_id
    JOIN identities i ON i.id = r.identity_id WHERE s.query_code_index = $1`,
};

const subjectOf = ({ id, subject_sealed }: Row) => {
  const { openId = null, userId = null } = JSON.parse(open(subject_sealed, subjectData(id)));
  return { openId, userId };
};

const entities = async (ids: readonly string[]) => {
  const { rows } = await pool.query<Row>({ ...byIds, values: [ids] });
  const found = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => {
    const row = found.get(id);
    return row ? { id, ...subjectOf(row), appId: row.app_id, channel: { id: row.channel_id } } : null;
  });
};

const poll = async (queryCode: string) => {
  const { rows } = await pool.query<Row>({ ...byQueryCode, values: [index('queryCode', queryCode)] });
  const [row] = rows;
  if (!row) return { __typename: 'PayerAuthNotFound' };
  return { __typename: 'PayerAuthSucceeded', identity: { id: row.id, ...subjectOf(row) } };
};

serve(async ({ representations, queryCode = '' }) =>
  representations
    ? { _entities: await entities(representations.map(({ id }) => id)) }
    : { authResult: await poll(queryCode) },
);
