/**
 * The store's promises on every engine, by the ids of the whole service; `test/contract/store.ts` verifies them.
 *
 * - P1 at most once: of any number of concurrent claims of a code, one is CLAIMED; markSent resolves to true once.
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
import type { FailureCode } from '../failure.ts';
import type { Watch } from '../lib/wakeups.ts';
import type {
  AccessToken,
  Certification,
  CertificationStatus,
  IdentityRef,
  PayerIdentity,
  Redeemed,
  Subject,
} from '../model.ts';
import type { VaultError } from '../security/vault.ts';
import type { EraseReport, ResealCursor, ResealReport, SweepReport } from './reports.ts';

/** A request for the exclusive right to redeem a one-time code. */
export interface Claim {
  /** The configured name of the source, for the log: it is no part of the code's identity. */
  readonly source: string;
  /** The upstream app that issued the code: see `Route.upstreamApp`. */
  readonly upstreamAppId: string;
  /** Codes of two kinds with the same text are two codes. */
  readonly code: string;
  readonly kind: 'authCode' | 'onceToken';
  /** Caller and parameters. The same code with another binding is a replay, not a duplicate. */
  readonly binding: readonly string[];
  readonly appId: string;
  readonly channelId: string;
  readonly session?: SessionClaim | undefined;
  readonly traceId: string;
}

/** The session that shows the outcome, by its query code, or by the state, which may write and not read. */
export type SessionClaim =
  | { readonly stateId: string }
  | {
      readonly queryCode: string;
      /** Refuse a session that `openSession` did not create; a state always names one that it created. */
      readonly issuedOnly?: boolean;
      /** How many codes the session takes at most, this one included, until one succeeds. Absent: this one alone. */
      readonly attempts?: number;
    };

/** A value that an app uses for one call alone. */
export interface NonceUse {
  readonly appId: string;
  readonly nonce: string;
  /** The whole call: distinguishes the same call, sent again, from another one with the same nonce. */
  readonly fingerprint: string;
}

export type NonceVerdict =
  | 'FIRST'
  /** The same call was made at most 60 seconds ago. */
  | 'REPEATED'
  | 'USED';

/** The exclusive right to redeem a code, until its time is over. */
export interface Lease {
  readonly redemptionId: string;
  readonly owner: string;
}

export type ClaimVerdict =
  /** The caller owns the redemption, and nothing has been sent. */
  | { readonly kind: 'CLAIMED'; readonly lease: Lease }
  /** Claimed before with the same binding and session: read or await that outcome. */
  | { readonly kind: 'DUPLICATE'; readonly redemption: Redemption }
  /** Claimed before with another binding, or the outcome has expired. */
  | { readonly kind: 'CODE_USED' }
  /** The session belongs to another code, app or channel. */
  | { readonly kind: 'SESSION_TAKEN' }
  /** By state: another code of the session is being redeemed. Await its outcome, and claim again. */
  | { readonly kind: 'SESSION_BUSY'; readonly redemption: Redemption }
  /** By state: another code of the session has succeeded, and this one is not needed. */
  | { readonly kind: 'SESSION_DONE'; readonly redemption: Redemption }
  /** By state: as many codes as the session takes have failed. */
  | { readonly kind: 'SESSION_SPENT' }
  /** There is no such session, or it has expired. */
  | { readonly kind: 'NO_SESSION' };

/** How a sent redemption ended. HELD: the upstream holds the identity. ANSWERED: the code bought another answer. */
export type Outcome = FinalOutcome | { readonly state: 'HELD' };

export type FinalOutcome =
  | ({ readonly state: 'SUCCEEDED' } & Redeemed)
  | { readonly state: 'ANSWERED'; readonly answer: string }
  | {
      readonly state: 'REJECTED' | 'INDETERMINATE';
      readonly failureCode: FailureCode;
      readonly upstreamCode?: string | undefined;
    };

export type Redemption = {
  readonly id: string;
  readonly source: string;
  readonly appId: string;
  readonly channelId: string;
  readonly traceId: string;
  /** The outcome is readable until then. */
  readonly expiresAt: Date;
} & (
  | { readonly state: 'CLAIMED' | 'SENT' | 'HELD' }
  | {
      readonly state: 'SUCCEEDED';
      readonly identity: PayerIdentity;
      readonly accessToken?: AccessToken | undefined;
    }
  | { readonly state: 'ANSWERED'; readonly answer: string }
  | { readonly state: 'REJECTED' | 'INDETERMINATE'; readonly failureCode: FailureCode }
);

/** A session to be opened before any code arrives. */
export interface NewSession {
  readonly queryCode: string;
  readonly stateId: string;
  readonly appId: string;
  readonly channelId: string;
  /** How many codes it takes until one succeeds. Absent: one alone. */
  readonly attempts?: number;
}

/** What a query code stands for. */
export interface Session {
  readonly appId: string;
  readonly channelId: string;
  readonly expiresAt: Date;
  /** Of the latest code; undefined until one arrives. */
  readonly redemption: Redemption | undefined;
  /** Other codes that the session takes when the latest one fails; 0 when its time for codes is over. */
  readonly attemptsLeft: number;
  /** Of the last code that failed. */
  readonly lastFailure: SessionFailure | undefined;
}

export interface SessionFailure {
  readonly failureCode: FailureCode;
  /** Of the call with that code. */
  readonly traceId: string;
}

export type WatchSubject = { readonly redemptionId: string } | { readonly queryCode: string };

export interface Store {
  /** Creates a session that waits for a code. */
  openSession(session: NewSession): Promise<{ readonly expiresAt: Date }>;

  /** Stores a nonce for 11 minutes. Of any number of concurrent uses exactly one is FIRST. */
  useNonce(use: NonceUse): Promise<NonceVerdict>;

  /**
   * Exactly one of any number of concurrent claims of a code is CLAIMED. A session has one pending code at a time, takes
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

  /** Undefined when the query code is unknown or has expired. */
  session(queryCode: string): Promise<Session | undefined>;

  /**
   * Counts a poll of a session that waits, and returns the interval before the next one. Each poll that comes sooner
   * makes it 5 seconds longer, up to a minute. https://www.rfc-editor.org/rfc/rfc8628#section-3.5
   */
  countPoll(queryCode: string): Promise<{ readonly pollAfterMs: number }>;

  /**
   * The identities that the references name, in their order, in at most three statements. One that does not open is an
   * error in its own place.
   */
  identities(refs: readonly IdentityRef[]): Promise<readonly (PayerIdentity | VaultError | undefined)[]>;

  /** Stores a certification that was started. False when the identity that it names does not exist. */
  addCertification(certification: Omit<Certification, 'status' | 'startedAt' | 'checkedAt'>): Promise<boolean>;

  /** Stores the upstream's answer. PASSED is final: a later answer does not change it. */
  updateCertification(certifyId: string, status: CertificationStatus): Promise<Certification | undefined>;

  certification(certifyId: string): Promise<Certification | undefined>;

  /** For each identity the passed certification, else the latest; one statement for all. */
  certificationsOf(identityIds: readonly string[]): Promise<readonly (Certification | VaultError | undefined)[]>;

  /** Wakes when the redemption, or what the query code stands for, changes. */
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

/** Makes the id of an identity that is not stored yet; the same for the same ids of a payer. */
export type NewIdentityId = (identity: Pick<PayerIdentity, 'channelId' | 'appId'> & Subject) => string;

/** How long leases last, and how long rows are stored. Milliseconds. */
export interface StoreTimes {
  /** After this time a claim may be taken over, and a send is abandoned. Longer than any exchange may take. */
  readonly leaseMs: number;
  /** Outcomes are readable, and query codes valid, for this long. */
  readonly resultTtlMs: number;
  /** Codes count as used for this long. */
  readonly codeTtlMs: number;
  /** Identities are stored for this long after the payer last authenticated; undefined: until they are erased. */
  readonly identityTtlMs?: number | undefined;
  /** Certifications are stored for this long after they were started; undefined: as long as the identity. */
  readonly certificationTtlMs?: number | undefined;
}
