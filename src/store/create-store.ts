import type { Vault } from '../security/vault.ts';
import { addCertification, findCertification, findCertificationsOf, updateCertification } from './certifications.ts';
import { type Engine, one } from './engine.ts';
import { findIdentities } from './identities.ts';
import {
  ClaimRace,
  claim,
  markSent,
  queryCodeTopic,
  readTold,
  redemptionRow,
  redemptionTopic,
  release,
  settle,
  sweep,
} from './redemptions.ts';
import { reseal } from './reseal.ts';
import { erase, expire } from './retention.ts';
import type { SessionRow } from './rows.ts';
import { countPoll, openSession, queryCodeIndex } from './sessions.ts';
import type { ClaimVerdict, Store, StoreTimes } from './store.ts';

interface StoreTools {
  readonly vault: Vault;
  readonly times: StoreTimes;
}

/** The store on an engine. */
export const createStore = ({ read, write, watch, close }: Engine, tools: StoreTools): Store => {
  const { vault, times } = tools;

  return {
    openSession: (session) => write(async (db) => ({ expiresAt: await openSession(db, tools, session) })),

    async claim(wish): Promise<ClaimVerdict> {
      for (let attempt = 1; ; attempt += 1) {
        try {
          return await write((db) => claim(db, tools, wish));
        } catch (error) {
          if (!(error instanceof ClaimRace) || attempt === 3) throw error;
        }
      }
    },

    markSent: (lease) => write((db) => markSent(db, tools, lease)),
    release: (lease) => write((db) => release(db, lease)),

    settle: ({ redemptionId, owner }, outcome) =>
      write((db) => settle(db, tools, redemptionId, outcome, (row) => row.state === 'SENT' && row.owner === owner)),
    collect: (id, outcome) => write((db) => settle(db, tools, id, outcome, ({ state }) => state === 'HELD')),

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

    async sweep() {
      const report = await write((db) => sweep(db, tools));
      let purged = 0;
      for (let more = true; more; ) {
        const expired = await write((db) => expire(db, times));
        purged += expired.purged;
        more = expired.more;
      }
      return { ...report, purged: report.purged + purged };
    },
    erase: (identityId) => write((db) => erase(db, identityId)),
    reseal: (limit, from) => reseal({ read, write }, vault, limit, from),
    ready: () => write(async () => undefined),
    close,
  };
};
