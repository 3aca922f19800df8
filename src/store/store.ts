/**
 * The store's promises on every engine, by the ids of the whole service; `test/contract/store.ts` verifies them.
 *
 * - P1 at most once: of any number of concurrent claims of a code, one is CLAIMED or MARKED; a code is marked once.
 * - P2 durable: a call that has resolved survives the death of process, database and machine.
 * - P3 honest: an outcome is the one that was settled; a send that was abandoned is INDETERMINATE.
 * - P4 first success wins: a query code shows one redemption at a time, and the first success for good; a duplicate gets
 *   the outcome of its code.
 * - P5 a success in hand is stored: settle, collect and release wait for a database that is unavailable.
 * - P6 typed failure: a call that cannot be committed rejects; after a fault of the database no restart is needed.
 * - P7 contained: what settles comes before what claims, what claims before what reads or polls.
 * - P8 sealed: codes and nonces are blind indexes, payer data and tokens sealed; what does not open is a VaultError.
 * - P9 time: the store's clock does not follow jumps of the database's clock; callers pass durations.
 * - P10 keys: with keys that are not those of the database, a claim rejects with KeysMismatch.
 * - P11 atomic: every call is one transaction, and the calls of all instances have one order.
 * - P12 the right payer: an outcome goes to the redemption of its own lease, and an identity to its own ids.
 */
import type { Watch } from '../lib/wakeups.ts';
import type { Certification, CertificationStatus, IdentityRef, PayerIdentity } from '../model.ts';
import type { VaultError } from '../security/vault.ts';
import type { EventBacklog, EventClaim, EventLease, EventRetry, RetryVerdict, WebhookEvent } from './event-model.ts';
import type {
  Cancellation,
  Claim,
  ClaimVerdict,
  FinalOutcome,
  Lease,
  NewSession,
  NonceUse,
  NonceVerdict,
  Outcome,
  Redemption,
  Session,
  StepReport,
  StepVerdict,
  WatchSubject,
} from './model.ts';
import type { EraseReport, ResealCursor, ResealReport, SweepReport } from './reports.ts';

export interface Store {
  /** Creates a session that waits for a code. */
  openSession(session: NewSession): Promise<{ readonly expiresAt: Date }>;

  /** Stores a nonce for 11 minutes. Of any number of concurrent uses exactly one is FIRST. */
  useNonce(use: NonceUse): Promise<NonceVerdict>;

  /**
   * Exactly one of any number of concurrent claims of a code is CLAIMED, or MARKED when that claim marks. A session has one pending code at a time, takes
   * another one when that failed, and none after the first success.
   */
  claim(claim: Claim): Promise<ClaimVerdict>;

  /** Must resolve to true before the first byte is sent; false: the lease is lost, and nothing may be sent. */
  markSent(lease: Lease): Promise<boolean>;

  /**
   * Deletes a redemption of which nothing was sent. Its code, and its session for the same app and channel, are free
   * again. False when the lease is lost: the redemption stays as it is.
   */
  release(lease: Lease): Promise<boolean>;

  /**
   * Ends a sent redemption, also after its lease unless it was ended. Waits for a database that is unavailable, for the
   * lease and a minute. Returns the redemption as it has ended: an earlier outcome stays, since a caller may have it.
   */
  settle(lease: Lease, outcome: Outcome): Promise<Redemption | undefined>;

  /** Ends a HELD redemption with the result that was collected from the upstream; likewise once. */
  collect(redemptionId: string, outcome: FinalOutcome): Promise<Redemption | undefined>;

  redemption(id: string): Promise<Redemption | undefined>;

  /** Undefined when the query code is unknown, or its result has expired. */
  session(queryCode: string): Promise<Session | undefined>;

  /** Shows what a payer's page has reported. Ends nothing; a code that arrives later is taken as before. */
  reportStep(report: StepReport): Promise<StepVerdict>;

  /** From now on the session takes no other code. Nothing changes once it has ended. */
  cancel(cancellation: Cancellation): Promise<void>;

  /**
   * The page that the payer of a session returns to, for as long as the session is stored; undefined when no session has
   * this state, or it was opened without a page.
   */
  returnUrl(stateId: string): Promise<string | undefined>;

  /**
   * Counts a poll of a session that waits, and returns the interval before the next one. Each poll that comes sooner
   * makes it 5 seconds longer, up to a minute. https://www.rfc-editor.org/rfc/rfc8628#section-3.5
   */
  countPoll(queryCode: string): Promise<{ readonly pollAfterMs: number }>;

  /**
   * The identities that the references name, in their order, in at most three statements, which lookups of other requests
   * share. One that does not open is an error in its own place. With opened identities in memory, one that another
   * instance on PostgreSQL has just changed may be its former state until the notice arrives, for 6 seconds at most.
   */
  identities(refs: readonly IdentityRef[]): Promise<readonly (PayerIdentity | VaultError | undefined)[]>;

  /** Stores a certification that was started. False when the identity that it names does not exist. */
  addCertification(certification: Omit<Certification, 'status' | 'startedAt' | 'checkedAt'>): Promise<boolean>;

  /** Stores the upstream's answer. PASSED is final: a later answer does not change it. */
  updateCertification(certifyId: string, status: CertificationStatus): Promise<Certification | undefined>;

  certification(certifyId: string): Promise<Certification | undefined>;

  /** For each identity the passed certification, else the latest; one statement for all. */
  certificationsOf(identityIds: readonly string[]): Promise<readonly (Certification | VaultError | undefined)[]>;

  /** Takes a lease on events of an app that are due, up to a limit. Each event is sent until it is acknowledged. */
  claimEvents(claim: EventClaim): Promise<readonly WebhookEvent[]>;

  /** Deletes an event that its app has acknowledged. False when the lease is lost: another instance may send it again. */
  acknowledgeEvent(lease: EventLease): Promise<boolean>;

  /** Makes an event due again, or deletes it when it was sent often or long enough. */
  retryEvent(lease: EventLease, retry: EventRetry): Promise<RetryVerdict>;

  /** How many events wait for an acknowledgement. Two reads of an index, 10,000 entries at most. */
  eventBacklog(): Promise<EventBacklog>;

  /** Wakes when the redemption, or what the query code stands for, changes, or when an event of the app is written. */
  watch(subject: WatchSubject): Watch;

  /** Releases and abandons what no owner ended, and deletes what has expired. */
  sweep(): Promise<SweepReport>;

  /** Deletes a payer and every value that shows who it was, at once. The codes stay used. */
  erase(identityId: string): Promise<EraseReport>;

  /**
   * Reads up to `limit` rows from a cursor on, and seals with the newest key what another one sealed. Other calls are not
   * disturbed; a pass that is broken off can begin again, and finds less to do.
   */
  reseal(limit: number, from?: ResealCursor): Promise<ResealReport>;

  /** Records that only the newest key is needed. For after a pass of `reseal` with nothing to do and nothing unreadable. */
  retireSealKeys(): Promise<void>;

  /**
   * Rejects when the store cannot keep its promises now, with KeysMismatch when the keys are not those of the database.
   * The service awaits it before it listens.
   */
  ready(): Promise<void>;

  close(): Promise<void>;
}
