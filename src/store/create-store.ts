import type { Vault } from '../security/vault.ts';
import { addCertification, findCertification, findCertificationsOf, updateCertification } from './certifications.ts';
import { type Engine, one } from './engine.ts';
import { findIdentities } from './identities.ts';
import {
  ClaimRace,
  claim,
  markSent,
  queryCodeTopic,
  readRow,
  redemptionRow,
  redemptionTopic,
  release,
  settle,
  sweep,
} from './redemptions.ts';
import type { SessionRow } from './rows.ts';
import { countPoll, openSession, queryCodeIndex } from './sessions.ts';
import type { ClaimVerdict, Store, StoreTimes } from './store.ts';

interface StoreTools {
  readonly vault: Vault;
  readonly times: StoreTimes;
}

/** The store on an engine. */
export const createStore = ({ read, write, watch, close }: Engine, tools: StoreTools): Store => {
  const { vault } = tools;

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
      return row && row.outcome_until > row.now ? readRow(read, vault, row) : undefined;
    },

    async session(queryCode) {
      const row = await one(
        read.all<SessionRow>(
          'SELECT *, now_ms() AS now FROM sessions WHERE query_code_index = $1',
          queryCodeIndex(vault, queryCode),
        ),
      );
      if (!row || row.expires_at <= row.now) return undefined;
      const redemption = row.redemption_id === null ? undefined : await redemptionRow(read, row.redemption_id);
      return {
        appId: row.app_id,
        channelId: row.channel_id,
        expiresAt: new Date(row.expires_at),
        redemption: redemption && (await readRow(read, vault, redemption)),
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

    sweep: () => write((db) => sweep(db, tools)),
    ready: () => write(async () => undefined),
    close,
  };
};
