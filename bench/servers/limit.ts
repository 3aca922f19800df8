/** The limit: one prepared statement, one decryption with a prepared KeyObject, JSON. No GraphQL, no guards, no cache. */
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
const byQueryCode = db.prepare(
  `SELECT i.id, i.subject_sealed FROM sessions s JOIN redemptions r ON r.id = s.redemption_id
   JOIN identities i ON i.id = r.identity_id WHERE s.query_code_index = ?`,
);

const subjectOf = ({ id, subject_sealed }: Row) => {
  const { openId = null, userId = null } = JSON.parse(open(subject_sealed, subjectData(id)));
  return { openId, userId };
};

const entity = (id: string) => {
  const row = byId.get(id) as Row | undefined;
  if (!row) return null;
  return { id, ...subjectOf(row), appId: row.app_id, channel: { id: row.channel_id } };
};

const poll = (queryCode: string) => {
  const row = byQueryCode.get(index('queryCode', queryCode)) as Row | undefined;
  if (!row) return { __typename: 'PayerAuthNotFound' };
  return { __typename: 'PayerAuthSucceeded', identity: { id: row.id, ...subjectOf(row) } };
};

serve(({ representations, queryCode = '' }) =>
  representations ? { _entities: representations.map(({ id }) => entity(id)) } : { authResult: poll(queryCode) },
);
