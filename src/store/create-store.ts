import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Log } from '../lib/log.ts';
import type { Vault } from '../security/vault.ts';
import { addCertification, findCertification, findCertificationsOf, updateCertification } from './certifications.ts';
import { ClaimRace, claim, newOwner } from './claims.ts';
import { createStoreClock, type StoreClock } from './clock.ts';
import {
  CommitInDoubt,
  DatabaseUnavailable,
  type Engine,
  firstRow,
  type Transaction,
  type Urgency,
} from './engine/engine.ts';
import { findIdentities } from './identities.ts';
import { createKeyCheck, type KeyCheck, retireSealKeys } from './key-check.ts';
import { useNonce } from './nonces.ts';
import {
  markSent,
  queryCodeTopic,
  readUnexpired,
  redemptionRow,
  redemptionTopic,
  release,
  settle,
} from './redemptions.ts';
import type { EraseReport } from './reports.ts';
import { reseal } from './reseal.ts';
import { erase, sweep } from './retention.ts';
import { READ, type SessionRow } from './rows.ts';
import { countPoll, openSession, queryCodeIndex } from './sessions.ts';
import type { ClaimVerdict, Store, StoreTimes } from './store.ts';

interface StoreDeps {
  readonly vault: Vault;
  readonly times: StoreTimes;
  /** For tests, in which time passes otherwise. */
  readonly clock?: StoreClock;
  readonly log?: Log | undefined;
}

/** How long a write is tried for whose commit is in doubt. */
const RESOLVE_MS = 5_000;
const MAX_RACES = 5;
/**
 * What the upstream answered is insisted on for so long after a lease, as long as a fail-over may take: until a sweep ends
 * the redemption, which needs the same database, its outcome is stored nevertheless.
 */
const INSIST_MS = 60_000;
/** A process that was stopped for longer than that still tries so often, on connections that it has to find lost first. */
const INSIST_ATTEMPTS = 10;

interface WriteOptions {
  readonly urgency?: Urgency;
  /** Waits for a database that is unavailable: what the job stores cannot be had again. */
  readonly insist?: boolean;
}

/**
 * Writes that know how they ended. A lost race is run again. So is a job whose commit nobody answered: run again, it
 * waits for the locks of the first run, finds what that one left, and comes to the same result.
 */
const createWrite =
  (engine: Engine, { leaseMs }: StoreTimes) =>
  async <T>(
    job: (db: Transaction, inDoubt: boolean) => Promise<T>,
    { urgency = 'claim', insist = false }: WriteOptions = {},
  ) => {
    const startedAt = performance.now();
    const isOver = (attempt: number) => {
      const tookMs = performance.now() - startedAt;
      return insist ? tookMs > leaseMs + INSIST_MS && attempt >= INSIST_ATTEMPTS : tookMs > RESOLVE_MS;
    };
    let inDoubt = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await engine.write((db) => job(db, inDoubt), urgency);
      } catch (error) {
        if (error instanceof ClaimRace && attempt < MAX_RACES) continue;
        inDoubt ||= error instanceof CommitInDoubt;
        const away = error instanceof CommitInDoubt || error instanceof DatabaseUnavailable;
        if (!away || !(inDoubt || insist) || isOver(attempt)) throw error;
        await delay(Math.min(50 * 2 ** attempt, 500));
      }
    }
  };

type Write = ReturnType<typeof createWrite>;

/** Runs a job after comparing keys and database in the same transaction. */
const createCheckedWrite =
  (write: Write, keys: KeyCheck) =>
  async (job: (db: Transaction) => Promise<unknown>, urgency: Urgency): Promise<void> => {
    const mark = await write(
      async (db) => {
        const found = await keys.check(db);
        await job(db);
        return found;
      },
      { urgency },
    );
    keys.confirm(mark);
  };

/** What comes before the first write; when it failed, the next write begins with it again. */
const createOpening = (begin: () => Promise<void>) => {
  let opened: Promise<void> | undefined;
  return (): Promise<void> => {
    opened ??= begin().catch((error: unknown) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };
};

/** How long a store that is closed waits for what is insisted on. */
const CLOSE_MS = 5_000;

/** The store on an engine. */
export const createStore = (engine: Engine, { vault, times, clock = createStoreClock(), log }: StoreDeps): Store => {
  const { read, poll, watch } = engine;
  const keys = createKeyCheck(vault);
  const deps = { vault, times, clock, keys, log };
  const writeAtOnce = createWrite(engine, times);
  const writeChecked = createCheckedWrite(writeAtOnce, keys);
  const open = createOpening(() => writeChecked(clock.observe, 'mark'));
  const write: Write = async (job, options) => {
    await open();
    return writeAtOnce(job, options);
  };
  const settling = new Set<Promise<unknown>>();
  const insist: Write = (job) => {
    const settled = write(job, { urgency: 'settle', insist: true });
    settling.add(settled);
    const end = () => settling.delete(settled);
    settled.then(end, end);
    return settled;
  };

  return {
    openSession: (session) => write(async (db) => ({ expiresAt: await openSession(db, deps, session) })),

    useNonce: (use) => write((db) => useNonce(db, deps, use)),

    claim: (request): Promise<ClaimVerdict> => {
      const owner = newOwner();
      return write((db) => claim(db, deps, request, owner));
    },

    markSent: (lease) => write((db, inDoubt) => markSent(db, deps, lease, inDoubt), { urgency: 'mark' }),
    release: (lease) => insist((db) => release(db, lease)),

    settle: ({ redemptionId, owner }, outcome) =>
      insist((db) => settle(db, deps, redemptionId, outcome, (row) => row.state === 'SENT' && row.owner === owner)),
    collect: (id, outcome) => insist((db) => settle(db, deps, id, outcome, ({ state }) => state === 'HELD')),

    async redemption(id) {
      const row = await redemptionRow(read, id);
      return row && readUnexpired(read, vault, row);
    },

    async session(queryCode) {
      const row = await firstRow(
        poll.all<SessionRow>(
          `SELECT ${READ} FROM sessions WHERE query_code_index = $1`,
          queryCodeIndex(vault, queryCode),
        ),
      );
      if (!row || row.expires_at <= row.now) return undefined;
      const shown = row.redemption_id === null ? undefined : await redemptionRow(poll, row.redemption_id);
      const redemption = shown && (await readUnexpired(poll, vault, shown));
      // Its payer was erased: the query code stays taken and stands for nothing.
      if (shown && !redemption) return undefined;
      return {
        appId: row.app_id,
        channelId: row.channel_id,
        expiresAt: new Date(row.expires_at + row.skew),
        redemption,
      };
    },

    countPoll: (queryCode) =>
      write(async (db) => ({ pollAfterMs: await countPoll(db, vault, queryCode) }), { urgency: 'poll' }),

    identities: (refs) => findIdentities(read, vault, refs),

    addCertification: (certification) => write((db) => addCertification(db, vault, certification)),
    updateCertification: (certifyId, status) => write((db) => updateCertification(db, vault, certifyId, status)),
    certification: (certifyId) => findCertification(read, vault, certifyId),
    certificationsOf: (identityIds) => findCertificationsOf(read, vault, identityIds),

    watch: (subject) =>
      watch(
        'queryCode' in subject
          ? queryCodeTopic(queryCodeIndex(vault, subject.queryCode))
          : redemptionTopic(subject.redemptionId),
      ),

    async sweep() {
      const report = await sweep((job) => write(job, { urgency: 'mark' }), deps);
      await writeChecked(async () => undefined, 'mark');
      return report;
    },
    erase(identityId) {
      let earlier: EraseReport | undefined;
      return write(async (db, inDoubt) => {
        const report = await erase(db, identityId);
        if (inDoubt && earlier && report.identities === 0) return { ...earlier, inDoubt: true };
        earlier = report;
        return report;
      });
    },
    reseal: (limit, from) => reseal({ read, write: (job) => write(job) }, vault, limit, from),
    retireSealKeys: () => write((db) => retireSealKeys(db, vault)),
    // Something has to be written: a transaction of nothing commits on a full disk, too.
    // At the head of the queue: an instance that has much to do is not out of order.
    async ready() {
      await open();
      await writeChecked(async (db) => {
        const probe = randomBytes(32);
        await db.all(
          "INSERT INTO sessions (query_code_index, app_id, channel_id, expires_at) VALUES ($1, '', '', 0)",
          probe,
        );
        await db.all('DELETE FROM sessions WHERE query_code_index = $1', probe);
      }, 'settle');
    },
    async close() {
      await Promise.race([Promise.allSettled(settling), delay(CLOSE_MS, undefined, { ref: false })]);
      await engine.close();
    },
  };
};
