/** Makes the data of a run, through the store's own code: sealed identities in bulk, and sessions that have finished. */
import { randomBytes } from 'node:crypto';
import type { Vault } from '../../src/security/vault.ts';
import type { Engine, SqlParameter } from '../../src/store/engine/engine.ts';
import { keyIndex } from '../../src/store/identities.ts';
import { newId } from '../../src/store/rows.ts';
import { sealSubject } from '../../src/store/sealed.ts';
import type { Store } from '../../src/store/store.ts';
import { openBenchStore } from './open-store.ts';
import type { Setup } from './setup.ts';
import type { Stored } from './workloads.ts';

const place = { appId: 'shop', channelId: 'wechat_pay' };

/** Rows of one statement, and of one transaction. */
const ROWS = 500;
const BATCH = 100_000;
/** Ids that the load asks for: a sample of more rows than this. */
const SAMPLE = 100_000;

const newOpenId = () => `o${randomBytes(20).toString('base64url')}`;

const identityRow = (vault: Vault, id: string): SqlParameter[] => {
  const openId = newOpenId();
  const sealed = sealSubject(vault, id, { openId, unionId: newOpenId() });
  return [id, place.channelId, place.appId, keyIndex(vault, 'openId', place, openId), sealed];
};

const values = Array.from({ length: ROWS }, (_, row) => {
  const at = (column: number) => `$${row * 5 + column}`;
  return `(${[1, 2, 3, 4, 5].map(at).join(', ')}, now_ms(), now_ms())`;
});
const insert = (rows: number) => `INSERT INTO identities (id, channel_id, app_id, open_id_index, subject_sealed,
  first_authenticated_at, last_authenticated_at) VALUES ${values.slice(0, rows).join(', ')}`;

/** Inserts identities with these ids in one transaction. */
const addIdentities = (engine: Engine, vault: Vault, ids: readonly string[]): Promise<void> =>
  engine.write(async (db) => {
    for (let at = 0; at < ids.length; at += ROWS) {
      const part = ids.slice(at, at + ROWS);
      await db.all(
        insert(part.length),
        part.flatMap((id) => identityRow(vault, id)),
      );
    }
  });

const newIds = (count: number) => Array.from({ length: count }, () => newId('pid'));

/** Inserts identities until there are so many, and returns the ids of a sample. */
export const growTo = async (setup: Setup, from: number, rows: number): Promise<readonly string[]> => {
  const { engine, vault, store } = await openBenchStore(setup);
  const sample: string[] = [];
  for (let at = from; at < rows; at += BATCH) {
    const ids = newIds(Math.min(BATCH, rows - at));
    await addIdentities(engine, vault, ids);
    const share = Math.ceil((SAMPLE * ids.length) / (rows - from));
    sample.push(...ids.slice(0, share));
  }
  // What autovacuum does within a minute: without it PostgreSQL plans for an empty table.
  if (setup.postgres !== undefined) await engine.write((db) => db.all('ANALYZE'));
  await store.close();
  return sample;
};

/** A session whose code has succeeded, as a redemption makes it. */
const addSession = async (store: Store): Promise<string> => {
  const queryCode = randomBytes(24).toString('base64url');
  const code = randomBytes(16).toString('hex');
  const issued = { kind: 'authCode', upstreamAppId: 'wx0123456789abcdef', code } as const;
  const call = { source: 'wechat', binding: ['bench'], traceId: 'bench', session: { queryCode } };
  const verdict = await store.claim({ ...issued, ...call, ...place });
  if (verdict.kind !== 'CLAIMED') throw new Error(`A claim was ${verdict.kind}`);
  await store.markSent(verdict.lease);
  const accessToken = { value: randomBytes(40).toString('base64url'), expiresAt: new Date() };
  await store.settle(verdict.lease, { state: 'SUCCEEDED', subject: { openId: newOpenId() }, accessToken });
  return queryCode;
};

/** Sessions that are made at the same time: they share commits. */
const AT_ONCE = 200;

export const addSessions = async (setup: Setup, count: number): Promise<readonly string[]> => {
  const { store } = await openBenchStore(setup);
  const queryCodes: string[] = [];
  while (queryCodes.length < count) {
    const next = Math.min(AT_ONCE, count - queryCodes.length);
    queryCodes.push(...(await Promise.all(Array.from({ length: next }, () => addSession(store)))));
  }
  await store.close();
  return queryCodes;
};

/** Everything that a run needs. */
export const makeData = async (
  setup: Setup,
  { rows, sessions }: { readonly rows: number; readonly sessions: number },
): Promise<Stored> => {
  const ids = await growTo(setup, 0, rows);
  return { ids, queryCodes: await addSessions(setup, sessions) };
};
