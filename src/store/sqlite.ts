/** The embedded engine: one process, one file, no server. https://nodejs.org/docs/latest-v24.x/api/sqlite.html */
import { randomBytes } from 'node:crypto';
import { DatabaseSync } from 'node:sqlite';
import { createWakeups } from '../lib/wakeups.ts';
import type { IdentityRef, PayerIdentity, Subject } from '../model.ts';
import type { Vault } from '../security/vault.ts';
import { createGroupCommit } from './group-commit.ts';
import { migrateSqlite } from './migrate.ts';
import {
  type IdentityRow,
  identityIndex,
  openSubject,
  type RedemptionRow,
  readIdentity,
  readRedemption,
  type SessionRow,
  sealAccessToken,
  sealSubject,
} from './rows.ts';
import type { Claim, ClaimVerdict, Outcome, Redemption, Store, StoreTimes } from './store.ts';

interface SqliteOptions {
  /** A path, or :memory:. */
  readonly file: string;
  readonly vault: Vault;
  readonly times: StoreTimes;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

const newId = (prefix: string) => `${prefix}_${randomBytes(16).toString('base64url')}`;
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

export const openSqlite = ({ file, vault, times, now }: SqliteOptions): Store => {
  const db = new DatabaseSync(file, { enableForeignKeyConstraints: true, timeout: 2_000 });
  db.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON;');
  migrateSqlite(db);

  const sql = prepareStatements(db);
  const write = createGroupCommit(db);
  const wakeups = createWakeups();

  const redemptionTopic = (id: string) => `redemption ${id}`;
  const queryCodeTopic = (index: Uint8Array) => `query code ${hex(index)}`;
  const queryCodeIndex = (queryCode: string) => vault.index('queryCode', queryCode);

  const redemptionRow = (id: string) => sql.redemptionById.get(id) as RedemptionRow | undefined;
  const identityRow = (id: string) => sql.identityById.get(id) as unknown as IdentityRow | undefined;
  const read = (row: RedemptionRow): Redemption =>
    readRedemption(vault, row, row.identity_id === null ? undefined : identityRow(row.identity_id));

  /** A write, and then a wake-up of whoever watches the redemption or its query code. */
  const writeAndWake = async <T>(id: string, job: () => T): Promise<T> => {
    const before = redemptionRow(id);
    const value = await write(job);
    wakeups.wake(redemptionTopic(id));
    if (before?.query_code_index) wakeups.wake(queryCodeTopic(before.query_code_index));
    return value;
  };

  const claim = (wish: Claim): ClaimVerdict => {
    const at = now();
    const codeIndex = vault.index('authCode', wish.source, wish.upstreamAppId, wish.authCode);
    const queryIndex = wish.queryCode === undefined ? null : queryCodeIndex(wish.queryCode);
    const bindingIndex = vault.index('binding', wish.caller, wish.appId, wish.channelId, wish.queryCode ?? '');
    const lease = { owner: newId('own'), leaseUntil: at + times.leaseMs, outcomeUntil: at + times.resultTtlMs };

    const known = sql.redemptionByCode.get(codeIndex) as RedemptionRow | undefined;
    if (known && known.forget_at > at) {
      if (!Buffer.from(known.binding_index).equals(bindingIndex)) return { kind: 'CODE_USED' };
      if (known.state === 'CLAIMED' && known.lease_until <= at) {
        sql.takeOver.run(lease.owner, lease.leaseUntil, wish.traceId, known.id);
        return { kind: 'CLAIMED', lease: { redemptionId: known.id, owner: lease.owner } };
      }
      if (known.state === 'SENT' && known.lease_until <= at) sql.abandon.run(at + times.resultTtlMs, known.id);
      const row = redemptionRow(known.id) ?? known;
      if (row.outcome_until <= at) return { kind: 'CODE_USED' };
      return { kind: 'DUPLICATE', redemption: read(row) };
    }
    if (known) sql.deleteRedemption.run(known.id);

    if (queryIndex) {
      const session = sql.session.get(queryIndex) as SessionRow | undefined;
      if (session && session.expires_at <= at) sql.deleteSession.run(queryIndex);
      else if (
        session &&
        (session.redemption_id || session.app_id !== wish.appId || session.channel_id !== wish.channelId)
      )
        return { kind: 'QUERY_CODE_TAKEN' };
    }

    const id = newId('red');
    sql.insertRedemption.run({
      id,
      codeIndex,
      bindingIndex,
      queryIndex,
      source: wish.source,
      appId: wish.appId,
      channelId: wish.channelId,
      traceId: wish.traceId,
      owner: lease.owner,
      leaseUntil: lease.leaseUntil,
      at,
      outcomeUntil: lease.outcomeUntil,
      forgetAt: at + times.codeTtlMs,
    });
    if (queryIndex) sql.bindSession.run(queryIndex, wish.appId, wish.channelId, id, lease.outcomeUntil);
    return { kind: 'CLAIMED', lease: { redemptionId: id, owner: lease.owner } };
  };

  /** The identity of a subject, made or brought up to date. An id that is another payer's already stays there. */
  const upsertIdentity = (row: RedemptionRow, subject: Subject): string => {
    const index = (kind: 'openId' | 'userId', value: string | undefined) =>
      value === undefined ? null : identityIndex(vault, kind, row.channel_id, row.app_id, value);
    const openIndex = index('openId', subject.openId);
    const userIndex = index('userId', subject.userId);
    const byOpenId = openIndex && (sql.identityByOpenId.get(openIndex) as unknown as IdentityRow | undefined);
    const byUserId = userIndex && (sql.identityByUserId.get(userIndex) as unknown as IdentityRow | undefined);
    const known = byOpenId ?? byUserId;
    const at = now();
    if (!known) {
      const id = newId('pid');
      const sealed = sealSubject(vault, id, subject);
      sql.insertIdentity.run(id, row.channel_id, row.app_id, openIndex, userIndex, sealed, at, at);
      return id;
    }
    const taken = byOpenId && byUserId && byOpenId.id !== byUserId.id;
    const { userId, ...others } = subject;
    const told = Object.entries(taken ? others : { ...others, userId }).filter(([, value]) => value !== undefined);
    const merged: Subject = { ...openSubject(vault, known), ...Object.fromEntries(told) };
    sql.updateIdentity.run(
      index('openId', merged.openId),
      index('userId', merged.userId),
      sealSubject(vault, known.id, merged),
      at,
      known.id,
    );
    return known.id;
  };

  const finish = (row: RedemptionRow, outcome: Outcome): Redemption | undefined => {
    const failed = outcome.state === 'REJECTED' || outcome.state === 'INDETERMINATE';
    const outcomeUntil = now() + times.resultTtlMs;
    const token = outcome.state === 'SUCCEEDED' ? outcome.accessToken : undefined;
    sql.finish.run({
      id: row.id,
      state: outcome.state,
      identityId: outcome.state === 'SUCCEEDED' ? upsertIdentity(row, outcome.subject) : null,
      token: token ? sealAccessToken(vault, row.id, token) : null,
      failureCode: failed ? outcome.failureCode : null,
      upstreamCode: failed ? (outcome.upstreamCode ?? null) : null,
      outcomeUntil,
    });
    sql.extendSession.run(outcomeUntil, row.id);
    const ended = redemptionRow(row.id);
    return ended && read(ended);
  };

  const lookUp = (refs: readonly IdentityRef[]): (PayerIdentity | undefined)[] => {
    const wanted = refs.map((ref): [kind: 'id' | 'openId' | 'userId', key: string] => {
      if ('id' in ref) return ['id', ref.id];
      if ('openId' in ref) return ['openId', hex(identityIndex(vault, 'openId', ref.channelId, ref.appId, ref.openId))];
      return ['userId', hex(identityIndex(vault, 'userId', ref.channelId, ref.appId, ref.userId))];
    });
    const found = new Map<string, PayerIdentity>();
    const keysOf = (kind: string) => JSON.stringify(wanted.flatMap(([k, key]) => (k === kind ? [key] : [])));
    const add = (rows: unknown[], keyOf: (row: IdentityRow) => string) => {
      for (const row of rows as IdentityRow[]) found.set(keyOf(row), readIdentity(vault, row));
    };
    const has = (kind: string) => wanted.some(([k]) => k === kind);
    if (has('id')) add(sql.identitiesById.all(keysOf('id')), (row) => `id ${row.id}`);
    if (has('openId'))
      add(
        sql.identitiesByOpenId.all(keysOf('openId')),
        (row) => `openId ${hex(row.open_id_index ?? new Uint8Array())}`,
      );
    if (has('userId'))
      add(
        sql.identitiesByUserId.all(keysOf('userId')),
        (row) => `userId ${hex(row.user_id_index ?? new Uint8Array())}`,
      );
    return wanted.map(([kind, key]) => found.get(`${kind} ${key}`));
  };

  return {
    claim: (wish) => write(() => claim(wish)),

    markSent: (lease) =>
      write(() => sql.markSent.run(now() + times.leaseMs, lease.redemptionId, lease.owner).changes === 1),

    release: (lease) => writeAndWake(lease.redemptionId, () => void sql.release.run(lease.redemptionId, lease.owner)),

    settle: (lease, outcome) =>
      writeAndWake(lease.redemptionId, () => {
        const row = redemptionRow(lease.redemptionId);
        if (row?.state === 'SENT' && row.owner === lease.owner) return finish(row, outcome);
        return row && read(row);
      }),

    collect: (id, outcome) =>
      writeAndWake(id, () => {
        const row = redemptionRow(id);
        return row?.state === 'HELD' ? finish(row, outcome) : row && read(row);
      }),

    async redemption(id) {
      const row = redemptionRow(id);
      return row && row.outcome_until > now() ? read(row) : undefined;
    },

    async session(queryCode) {
      const row = sql.session.get(queryCodeIndex(queryCode)) as SessionRow | undefined;
      if (!row || row.expires_at <= now()) return undefined;
      const redemption = row.redemption_id === null ? undefined : redemptionRow(row.redemption_id);
      return {
        appId: row.app_id,
        channelId: row.channel_id,
        expiresAt: new Date(row.expires_at),
        redemption: redemption && read(redemption),
      };
    },

    identities: async (refs) => lookUp(refs),

    watch: (subject) =>
      wakeups.watch(
        'queryCode' in subject
          ? queryCodeTopic(queryCodeIndex(subject.queryCode))
          : redemptionTopic(subject.redemptionId),
      ),

    async sweep() {
      const left = await write(() => {
        const at = now();
        const released = sql.releaseExpired.all(at) as unknown as RedemptionRow[];
        const abandoned = sql.abandonExpired.all(at + times.resultTtlMs, at) as unknown as RedemptionRow[];
        const purges = [sql.purgeSessions.run(at), sql.scrubTokens.run(at), sql.purgeRedemptions.run(at)];
        return { released, abandoned, purged: purges.reduce((sum, { changes }) => sum + Number(changes), 0) };
      });
      for (const row of [...left.released, ...left.abandoned]) {
        wakeups.wake(redemptionTopic(row.id));
        if (row.query_code_index) wakeups.wake(queryCodeTopic(row.query_code_index));
      }
      return { released: left.released.length, abandoned: left.abandoned.length, purged: left.purged };
    },

    ready: () => write(() => undefined),

    async close() {
      await write(() => undefined).catch(() => undefined);
      db.close();
    },
  };
};

const prepareStatements = (db: DatabaseSync) => {
  const identitiesBy = (column: string, list: string) =>
    db.prepare(`SELECT * FROM identities WHERE ${column} IN (SELECT ${list} FROM json_each(?))`);
  return {
    redemptionById: db.prepare('SELECT * FROM redemptions WHERE id = ?'),
    redemptionByCode: db.prepare('SELECT * FROM redemptions WHERE code_index = ?'),
    insertRedemption: db.prepare(`
      INSERT INTO redemptions (id, code_index, binding_index, query_code_index, source, app_id, channel_id, trace_id,
        state, owner, lease_until, created_at, outcome_until, forget_at)
      VALUES ($id, $codeIndex, $bindingIndex, $queryIndex, $source, $appId, $channelId, $traceId,
        'CLAIMED', $owner, $leaseUntil, $at, $outcomeUntil, $forgetAt)`),
    takeOver: db.prepare('UPDATE redemptions SET owner = ?, lease_until = ?, trace_id = ? WHERE id = ?'),
    markSent: db.prepare(
      `UPDATE redemptions SET state = 'SENT', lease_until = ? WHERE id = ? AND owner = ? AND state = 'CLAIMED'`,
    ),
    release: db.prepare(`DELETE FROM redemptions WHERE id = ? AND owner = ? AND state IN ('CLAIMED', 'SENT')`),
    finish: db.prepare(`
      UPDATE redemptions SET state = $state, identity_id = $identityId, access_token_sealed = $token,
        failure_code = $failureCode, upstream_code = $upstreamCode, outcome_until = $outcomeUntil
      WHERE id = $id`),
    abandon: db.prepare(
      `UPDATE redemptions SET state = 'INDETERMINATE', failure_code = 'OUTCOME_UNKNOWN', outcome_until = ? WHERE id = ?`,
    ),
    deleteRedemption: db.prepare('DELETE FROM redemptions WHERE id = ?'),

    session: db.prepare('SELECT * FROM sessions WHERE query_code_index = ?'),
    deleteSession: db.prepare('DELETE FROM sessions WHERE query_code_index = ?'),
    bindSession: db.prepare(`
      INSERT INTO sessions (query_code_index, app_id, channel_id, redemption_id, expires_at) VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET redemption_id = excluded.redemption_id, expires_at = excluded.expires_at`),
    extendSession: db.prepare('UPDATE sessions SET expires_at = ? WHERE redemption_id = ?'),

    identityById: db.prepare('SELECT * FROM identities WHERE id = ?'),
    identityByOpenId: db.prepare('SELECT * FROM identities WHERE open_id_index = ?'),
    identityByUserId: db.prepare('SELECT * FROM identities WHERE user_id_index = ?'),
    identitiesById: identitiesBy('id', 'value'),
    identitiesByOpenId: identitiesBy('open_id_index', 'unhex(value)'),
    identitiesByUserId: identitiesBy('user_id_index', 'unhex(value)'),
    insertIdentity: db.prepare('INSERT INTO identities VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    updateIdentity: db.prepare(`
      UPDATE identities SET open_id_index = ?, user_id_index = ?, subject_sealed = ?, last_authenticated_at = ?
      WHERE id = ?`),

    releaseExpired: db.prepare(`DELETE FROM redemptions WHERE state = 'CLAIMED' AND lease_until <= ? RETURNING *`),
    abandonExpired: db.prepare(`
      UPDATE redemptions SET state = 'INDETERMINATE', failure_code = 'OUTCOME_UNKNOWN', outcome_until = ?
      WHERE state = 'SENT' AND lease_until <= ? RETURNING *`),
    purgeSessions: db.prepare('DELETE FROM sessions WHERE expires_at <= ?'),
    scrubTokens: db.prepare(
      'UPDATE redemptions SET access_token_sealed = NULL WHERE access_token_sealed IS NOT NULL AND outcome_until <= ?',
    ),
    purgeRedemptions: db.prepare('DELETE FROM redemptions WHERE forget_at <= ?'),
  };
};
