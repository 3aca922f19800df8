/**
 * The limit of redeeming: node:http, undici, and two durable commits: the code is stored as sent before the request, and
 * its outcome after the reply. No GraphQL, no guards, no sessions. GROUPED=1: commits that wait in one turn of the event
 * loop are one; otherwise each has its own.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Pool } from 'undici';
import { openKeys, subjectData } from '../lib/sealed.ts';
import { serve } from '../lib/serve.ts';
import { readSetup } from '../lib/setup.ts';

const { folder, keys, upstream } = readSetup();
const grouped = process.env.GROUPED === '1';
const { seal, index } = openKeys(keys);
const pool = new Pool(upstream, { connections: 64 });

const db = new DatabaseSync(join(folder, `redeem-loop-${grouped ? 'grouped' : 'single'}.sqlite`));
db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;
  CREATE TABLE codes (code_index BLOB PRIMARY KEY, state TEXT NOT NULL, identity_id TEXT) STRICT;
  CREATE TABLE identities (id TEXT PRIMARY KEY, open_id_index BLOB UNIQUE, subject_sealed BLOB NOT NULL) STRICT;`);
const begin = db.prepare('BEGIN IMMEDIATE');
const commit = db.prepare('COMMIT');
const markSent = db.prepare("INSERT INTO codes VALUES (?, 'SENT', NULL)");
const findPayer = db.prepare('SELECT id FROM identities WHERE open_id_index = ?');
const addPayer = db.prepare('INSERT INTO identities VALUES (?, ?, ?)');
const settle = db.prepare("UPDATE codes SET state = 'SUCCEEDED', identity_id = ? WHERE code_index = ?");

let waiting: { readonly job: () => void; readonly done: () => void }[] = [];

const commitWaiting = () => {
  const batch = waiting;
  waiting = [];
  begin.run();
  for (const { job } of batch) job();
  commit.run();
  for (const { done } of batch) done();
};

const durably = (job: () => void): Promise<void> =>
  new Promise((done) => {
    waiting.push({ job, done });
    if (!grouped) commitWaiting();
    else if (waiting.length === 1) setImmediate(commitWaiting);
  });

const redeem = async (code: string) => {
  const codeIndex = index('authCode', code);
  await durably(() => markSent.run(codeIndex));
  const { body } = await pool.request({ method: 'GET', path: `/sns/oauth2/access_token?code=${code}` });
  const { openid } = (await body.json()) as { openid: string };
  const openIdIndex = index('openId', openid);
  let id = '';
  await durably(() => {
    const found = findPayer.get(openIdIndex) as { id: string } | undefined;
    id = found?.id ?? `pid_${randomBytes(16).toString('base64url')}`;
    if (!found) addPayer.run(id, openIdIndex, seal(JSON.stringify({ openId: openid }), subjectData(id)));
    settle.run(id, codeIndex);
  });
  return { authenticate: { __typename: 'PayerAuthenticated', identity: { id, openId: openid } } };
};

serve(({ input }) => redeem(input?.authCode ?? ''));
