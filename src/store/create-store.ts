/** Wires the store: which transaction each call is, how urgent, and on which engine. */
import type { Log } from '../lib/log.ts';
import type { Vault } from '../security/vault.ts';
import { addCertification, findCertification, findCertificationsOf, updateCertification } from './certifications.ts';
import { claim, newOwner, releaseUnconfirmed } from './claims.ts';
import { createStoreClock, type StoreClock } from './clock.ts';
import { CommitIndeterminate, type Engine } from './engine/engine.ts';
import { createGatheredReads } from './gathered-reads.ts';
import { createKeyCheck, retireSealKeys } from './key-check.ts';
import type { NewIdentityId, StoreTimes } from './model.ts';
import { useNonce } from './nonces.ts';
import type { OpenedIdentitiesOptions } from './opened-identities.ts';
import { countPoll, findRedemption, findReturnUrl, topicOf } from './query-codes.ts';
import { markSent, release, settle } from './redemptions.ts';
import { reseal } from './reseal.ts';
import { createErase, sweep } from './retention.ts';
import { cancelSession, reportStep } from './session-steps.ts';
import { openSession, writeProbe } from './sessions.ts';
import type { Store } from './store.ts';
import { acknowledgeEvent, claimEvents, eventBacklog, retryEvent } from './webhook-events.ts';
import { createCheckedWrite, createOpening, createSettling, createWrite, type Write } from './write.ts';

interface StoreDeps {
  readonly vault: Vault;
  readonly times: StoreTimes;
  /** Tests pass one that they move. */
  readonly clock?: StoreClock;
  readonly log?: Log | undefined;
  /** Absent: ids are random. */
  readonly newIdentityId?: NewIdentityId | undefined;
  /** Absent: none are held in memory. */
  readonly openedIdentities?: OpenedIdentitiesOptions | undefined;
}

/** The store on an engine. */
export const createStore = (
  engine: Engine,
  { vault, times, clock = createStoreClock(), log, newIdentityId, openedIdentities }: StoreDeps,
): Store => {
  const { read, poll, watch } = engine;
  const keys = createKeyCheck(vault);
  const deps = { vault, times, clock, keys, log, newIdentityId };
  const writeAtOnce = createWrite(engine, times);
  const writeChecked = createCheckedWrite(writeAtOnce, keys);
  const open = createOpening(() => writeChecked(clock.observe, 'mark'));
  const write: Write = async (job, options) => {
    await open();
    return writeAtOnce(job, options);
  };
  const settling = createSettling(write);
  const reads = createGatheredReads(engine, { vault, times, openedIdentities });

  return {
    openSession: (session) => write((db) => openSession(db, deps, session)),
    useNonce: (use) => write((db) => useNonce(db, deps, use)),

    claim(request) {
      const owner = newOwner();
      return write((db) => claim(db, deps, request, owner)).catch((error: unknown) => {
        // Marked, it would end as INDETERMINATE, although nothing is sent.
        if (request.marks && error instanceof CommitIndeterminate)
          settling
            .write((db) => releaseUnconfirmed(db, deps, request, owner))
            .catch((cause: unknown) =>
              log?.warn('a claim of which nothing was sent could not be released', {
                traceId: request.traceId,
                appId: request.appId,
                channelId: request.channelId,
                source: request.source,
                error: cause,
              }),
            );
        throw error;
      });
    },
    markSent: (lease) =>
      write((db, isIndeterminate) => markSent(db, deps, lease, isIndeterminate), { urgency: 'mark' }),
    release: (lease) => settling.write((db) => release(db, lease)),
    settle: ({ redemptionId: id, owner }, outcome) =>
      settling.write((db) =>
        settle(db, deps, { id, outcome, mayEnd: (row) => row.state === 'SENT' && row.owner === owner }),
      ),
    collect: (id, outcome) =>
      settling.write((db) => settle(db, deps, { id, outcome, mayEnd: ({ state }) => state === 'HELD' })),

    redemption: (id) => findRedemption(read, vault, id),
    session: reads.session,
    returnUrl: (stateId) => findReturnUrl(poll, vault, stateId),
    reportStep: (report) => write((db) => reportStep(db, deps, report), { urgency: 'poll' }),
    cancel: (cancellation) => write((db) => cancelSession(db, deps, cancellation)),
    countPoll: (queryCode) => write((db) => countPoll(db, vault, queryCode), { urgency: 'poll' }),
    identities: reads.identities,

    addCertification: (certification) => write((db) => addCertification(db, vault, certification)),
    updateCertification: (certifyId, status) => write((db) => updateCertification(db, vault, certifyId, status)),
    certification: (certifyId) => findCertification(read, vault, certifyId),
    certificationsOf: (identityIds) => findCertificationsOf(read, vault, identityIds),

    claimEvents(request) {
      const owner = newOwner();
      return write((db) => claimEvents(db, request, owner), { urgency: 'poll' });
    },
    acknowledgeEvent: (lease) => write((db) => acknowledgeEvent(db, lease)),
    retryEvent: (lease, retry) => write((db) => retryEvent(db, lease, retry), { urgency: 'poll' }),

    eventBacklog: () => eventBacklog(poll),

    watch: (subject) => watch(topicOf(vault, subject)),

    async sweep() {
      const report = await sweep((job) => write(job, { urgency: 'mark' }), deps);
      await writeChecked(async () => undefined, 'mark');
      return report;
    },
    erase: (identityId) => write(createErase(identityId)),
    reseal: (limit, from) => reseal({ read, write: (job) => write(job) }, vault, limit, from),
    retireSealKeys: () => write((db) => retireSealKeys(db, vault)),

    // The most urgent: an instance under load is ready nevertheless.
    ready: () => open().then(() => writeChecked(writeProbe, 'settle')),
    async close() {
      reads.close();
      await settling.idle();
      await engine.close();
    },
  };
};
