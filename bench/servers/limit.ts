/**
 * The limit: one prepared statement, one decryption with a prepared KeyObject for each payer, JSON. No GraphQL, no guards,
 * no cache. For one payer the statement has one id, for several a list: each is the faster one for its case.
 */
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { openKeys, subjectData } from '../lib/sealed.ts';
import { serve } from '../lib/serve.ts';
import { readSetup } from '../lib/setup.ts';

const { folder, keys } = readSetup();
const { open, index } = openKeys(keys);
const db = new DatabaseSync(join(folder, 'payer-identity.sqlite'), { readOnly: true });

interface Row {
  readonly id: string;
  readonly channel_id: string;
  readonly app_id: string;
  readonly subject_sealed: Uint8Array;
}

const byId = db.prepare('SELECT id, channel_id, app_id, subject_sealed FROM identities WHERE id = ?');
const byIds = db.prepare(
  'SELECT id, channel_id, app_id, subject_sealed FROM identities WHERE id IN (SELECT value FROM json_each(?))',
);
const byQueryCode = db.prepare(
  `SELECT i.id, i.subject_sealed FROM sessions s JOIN redemptions r ON r.id = s.redemption_id
   JOIN identities i ON i.id = r.identity_id WHERE s.query_code_index = ?`,
);

const subjectOf = ({ id, subject_sealed }: Row) => {
  const { openId = null, userId = null } = JSON.parse(open(subject_sealed, subjectData(id)));
  return { openId, userId };
};

const entity = (row: Row | undefined) =>
  row ? { id: row.id, ...subjectOf(row), appId: row.app_id, channel: { id: row.channel_id } } : null;

const entities = (ids: readonly string[]) => {
  if (ids.length === 1) return [entity(byId.get(ids[0] ?? '') as Row | undefined)];
  const found = new Map((byIds.all(JSON.stringify(ids)) as unknown as Row[]).map((row) => [row.id, row]));
  return ids.map((id) => entity(found.get(id)));
};

const poll = (queryCode: string) => {
  const row = byQueryCode.get(index('queryCode', queryCode)) as Row | undefined;
  if (!row) return { __typename: 'PayerAuthNotFound' };
  return { __typename: 'PayerAuthSucceeded', identity: { id: row.id, ...subjectOf(row) } };
};

serve(({ representations, queryCode = '' }) =>
  representations ? { _entities: entities(representations.map(({ id }) => id)) } : { authResult: poll(queryCode) },
);
