import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { Vault } from '../security/vault.ts';
import { addCertification, findCertification, findCertificationsOf, updateCertification } from './certifications.ts';
import { ClaimRace, claim, newOwner } from './claims.ts';
import { CommitInDoubt, DatabaseUnavailable, type Engine, one, type Transaction } from './engine.ts';
import { findIdentities } from './identities.ts';
import { useNonce } from './nonces.ts';
import { markSent, queryCodeTopic, readTold, redemptionRow, redemptionTopic, release, settle } from './redemptions.ts';
import { reseal } from './reseal.ts';
import { erase, sweep } from './retention.ts';
import type { SessionRow } from './rows.ts';
import { countPoll, openSession, queryCodeIndex } from './sessions.ts';
import type { ClaimVerdict, Store, StoreTimes } from './store.ts';
import type { EraseReport } from './upkeep.ts';

interface StoreTools {
  readonly vault: Vault;
  readonly times: StoreTimes;
}

/** How long a write is tried for that must not be left open. */
const RESOLVE_MS = 5_000;
const MAX_RACES = 5;

interface WriteOptions {
  /** Waits for a database that is away: what the job keeps cannot be had again. */
  readonly insist?: boolean;
}

/**
 * Writes that know how they ended. A lost race is run again. So is a job whose commit nobody answered: run again, it
 * waits for the locks of the first run, finds what that one left, and comes to the same result.
 */
const createWrite =
  (engine: Engine) =>
  async <T>(job: (db: Transaction, inDoubt: boolean) => Promise<T>, { insist = false }: WriteOptions = {}) => {
    const until = Date.now() + RESOLVE_MS;
    let inDoubt = false;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await engine.write((db) => job(db, inDoubt));
      } catch (error) {
        if (error instanceof ClaimRace && attempt < MAX_RACES) continue;
        inDoubt ||= error instanceof CommitInDoubt;
        const away = error instanceof CommitInDoubt || error instanceof DatabaseUnavailable;
        if (!away || !(inDoubt || insist) || Date.now() > until) throw error;
        await delay(Math.min(50 * 2 ** attempt, 500));
      }
    }
  };

/** The store on an engine. */
export const createStore = (engine: Engine, tools: StoreTools): Store => {
  const { vault } = tools;
  const { read, watch, close } = engine;
  const write = createWrite(engine);

  return {
    openSession: (session) => write(async (db) => ({ expiresAt: await openSession(db, tools, session) })),

    useNonce: (use) => write((db) => useNonce(db, vault, use)),

    claim: (wish): Promise<ClaimVerdict> => {
      const owner = newOwner();
      return write((db) => claim(db, tools, wish, owner));
    },

    markSent: (lease) => write((db, inDoubt) => markSent(db, tools, lease, inDoubt)),
    release: (lease) => write((db) => release(db, lease)),

    settle: ({ redemptionId, owner }, outcome) =>
      write((db) => settle(db, tools, redemptionId, outcome, (row) => row.state === 'SENT' && row.owner === owner), {
        insist: true,
      }),
    collect: (id, outcome) =>
      write((db) => settle(db, tools, id, outcome, ({ state }) => state === 'HELD'), { insist: true }),

    async redemption(id) {
      const row = await redemptionRow(read, id);
      return row && readTold(read, vault, row);
    },

    async session(queryCode) {
      const row = await one(
        read.all<SessionRow>(
          'SELECT *, now_ms() AS now FROM sessions WHERE query_code_index = $1',
          queryCodeIndex(vault, queryCode),
        ),
      );
      if (!row || row.expires_at <= row.now) return undefined;
      const shown = row.redemption_id === null ? undefined : await redemptionRow(read, row.redemption_id);
      const redemption = shown && (await readTold(read, vault, shown));
      // Its payer was erased: the query code stays taken and stands for nothing.
      if (shown && !redemption) return undefined;
      return {
        appId: row.app_id,
        channelId: row.channel_id,
        expiresAt: new Date(row.expires_at),
        redemption,
      };
    },

    countPoll: (queryCode) => write(async (db) => ({ pollAfterMs: await countPoll(db, vault, queryCode) })),

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

    sweep: () => sweep(write, tools),
    erase(identityId) {
      let earlier: EraseReport | undefined;
      return write(async (db, inDoubt) => {
        const report = await erase(db, identityId);
        if (inDoubt && earlier && report.identities === 0) return { ...earlier, inDoubt: true };
        earlier = report;
        return report;
      });
    },
    reseal: (limit, from) => reseal({ read, write }, vault, limit, from),
    // Something has to be written: a transaction of nothing commits on a full disk, too.
    ready: () =>
      engine.write(async (db) => {
        const probe = randomBytes(32);
        await db.all(
          "INSERT INTO sessions (query_code_index, app_id, channel_id, expires_at) VALUES ($1, '', '', 0)",
          probe,
        );
        await db.all('DELETE FROM sessions WHERE query_code_index = $1', probe);
      }),
    close,
  };
};
