/**
 * What the service remembers, and the promises that every engine keeps. `test/contract/store.ts` holds them to it.
 *
 * - A promise that resolves is durable: the result survives the process and the machine losing power.
 * - Every call is one transaction: it happens whole or not at all, in some order with all others.
 * - Time is the store's own clock, which does not jump; callers pass durations.
 * - Nothing is claimed with keys that are not those of the database: such a call rejects with KeysMismatch.
 * - Auth codes and query codes are kept as blind indexes, what a channel says about a payer sealed.
 * - A call that cannot be kept rejects; the caller must then act as if it had not been made.
 * - What does not open any more, for its key is missing or it was tampered with, is a VaultError and never a guess.
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
} from '../model.ts';
import type { VaultError } from '../security/vault.ts';
import type { EraseReport, ResealCursor, ResealReport, SweepReport } from './reports.ts';

/** A wish to be the one that redeems a one-time code. */
export interface Claim {
  /** Our name for where the code goes, for the log alone: another name makes no other code. */
  readonly source: string;
  /** The application that issued the code, by the upstream's names: see `Route.upstreamApp`. */
  readonly upstreamAppId: string;
  /** The one-time code; two kinds of code with the same text are two codes. */
  readonly code: string;
  readonly kind: 'authCode' | 'onceToken';
  /** Who asks, and with what. Whoever asks differently with the same code is no duplicate: it replays. */
  readonly binding: readonly string[];
  readonly appId: string;
  readonly channelId: string;
  readonly session?: SessionClaim | undefined;
  readonly traceId: string;
}

/** The session that shows the outcome, named by its query code, or by the state that may write but not read. */
export type SessionClaim = ({ readonly queryCode: string } | { readonly stateId: string }) & {
  /** Refuse a session that `openSession` did not make; a state always names one that it made. */
  readonly issuedOnly?: boolean;
};

/** A value that an app uses for one call alone. */
export interface NonceUse {
  readonly appId: string;
  readonly nonce: string;
  /** The whole call, so that the same one sent again is told from another one. */
  readonly fingerprint: string;
}

export type NonceVerdict =
  | 'FIRST'
  /** The same call was made at most 60 seconds ago. */
  | 'REPEATED'
  | 'USED';

/** The right to redeem, until it expires. */
export interface Lease {
  readonly redemptionId: string;
  readonly owner: string;
}

export type ClaimVerdict =
  /** The caller owns the redemption, and nothing has been sent. */
  | { readonly kind: 'CLAIMED'; readonly lease: Lease }
  /** The same caller asked before, with the same query code: read or await that outcome. */
  | { readonly kind: 'DUPLICATE'; readonly redemption: Redemption }
  /** Somebody else asked before, or the outcome is no longer kept. */
  | { readonly kind: 'CODE_USED' }
  /** The session belongs to another code, app or channel. */
  | { readonly kind: 'SESSION_TAKEN' }
  /** There is no such session, or its time is over. */
  | { readonly kind: 'NO_SESSION' };

/**
 * How a sent redemption ended. HELD: the upstream keeps the identity for the query code.
 * ANSWERED: the code bought an answer that is not an identity.
 */
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
  /** The outcome is kept until then. */
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
}

/** What a query code stands for. */
export interface Session {
  readonly appId: string;
  readonly channelId: string;
  readonly expiresAt: Date;
  /** Undefined until a code arrives. */
  readonly redemption: Redemption | undefined;
}

export type WatchSubject = { readonly redemptionId: string } | { readonly queryCode: string };

export interface Store {
  /** Makes a session that waits for a code. */
  openSession(session: NewSession): Promise<{ readonly expiresAt: Date }>;

  /** Remembers a nonce for 11 minutes. Of any number of concurrent uses exactly one is FIRST. */
  useNonce(use: NonceUse): Promise<NonceVerdict>;

  /** Exactly one of any number of concurrent claims of a code is CLAIMED. First writer wins on a session. */
  claim(claim: Claim): Promise<ClaimVerdict>;

  /** Must resolve true before the first byte leaves; false: the lease is lost, nothing may be sent. */
  markSent(lease: Lease): Promise<boolean>;

  /**
   * Forgets a redemption that provably consumed nothing. Its code, and its session for the same app and channel, are
   * free again. False when the lease was lost: the redemption is as others have left it.
   */
  release(lease: Lease): Promise<boolean>;

  /**
   * Ends a sent redemption, also after its lease when nothing else has ended it. Waits as long as a lease for a database
   * that is unavailable. A redemption that has ended stays as it is, since its outcome may have been answered; the
   * answer tells how.
   */
  settle(lease: Lease, outcome: Outcome): Promise<Redemption | undefined>;

  /** Ends a HELD redemption with what the upstream had kept; likewise once only. */
  collect(redemptionId: string, outcome: FinalOutcome): Promise<Redemption | undefined>;

  redemption(id: string): Promise<Redemption | undefined>;

  /** Undefined when the query code is unknown or its time is over. */
  session(queryCode: string): Promise<Session | undefined>;

  /**
   * Counts a poll of a session that waits, and answers after how long the next one is welcome. Each one that comes
   * sooner makes that 5 seconds longer, up to a minute. https://www.rfc-editor.org/rfc/rfc8628#section-3.5
   */
  countPoll(queryCode: string): Promise<{ readonly pollAfterMs: number }>;

  /**
   * The identities that the references name, in their order; one lookup however many there are. One that does not open
   * is an error in its own place.
   */
  identities(refs: readonly IdentityRef[]): Promise<readonly (PayerIdentity | VaultError | undefined)[]>;

  /** Keeps a certification that was started. False when the identity it names does not exist. */
  addCertification(certification: Omit<Certification, 'status' | 'startedAt' | 'checkedAt'>): Promise<boolean>;

  /** Keeps what the upstream answered. PASSED is final: a later answer does not take it back. */
  updateCertification(certifyId: string, status: CertificationStatus): Promise<Certification | undefined>;

  certification(certifyId: string): Promise<Certification | undefined>;

  /** The certification that says most of each payer: a passed one, else the latest; one lookup for all. */
  certificationsOf(identityIds: readonly string[]): Promise<readonly (Certification | VaultError | undefined)[]>;

  /** Wakes whenever the redemption, or what the query code stands for, changes. */
  watch(subject: WatchSubject): Watch;

  /** Ends what its owners left behind and deletes what has expired. */
  sweep(): Promise<SweepReport>;

  /** Deletes a payer, and whatever shows who it was, at once. The codes stay used. */
  erase(identityId: string): Promise<EraseReport>;

  /**
   * Looks at up to `limit` rows from a place on, and seals with the newest key what another one sealed. Nobody else
   * notices; a pass that is broken off is begun again, and finds less to do.
   */
  reseal(limit: number, from?: ResealCursor): Promise<ResealReport>;

  /** After passes of `reseal` that found nothing to do and nothing unreadable: only the newest key is needed from now on. */
  retireSealKeys(): Promise<void>;

  /**
   * Rejects when the store cannot keep its promises now, with KeysMismatch when the keys are not those of the database. To
   * be awaited before the service listens.
   */
  ready(): Promise<void>;

  close(): Promise<void>;
}

/** How long things are kept. */
export interface StoreTimes {
  /** A claim may be taken over, a send is given up, after this long. Longer than any exchange may take. */
  readonly leaseMs: number;
  /** Outcomes can be read, and query codes work, for this long. */
  readonly resultTtlMs: number;
  /** One-time codes are remembered as used for this long. */
  readonly codeTtlMs: number;
  /** Identities are kept for this long after the payer last authenticated; undefined: until they are erased. */
  readonly identityTtlMs?: number | undefined;
  /** Certifications are kept for this long after they were started; undefined: as long as the identity. */
  readonly certificationTtlMs?: number | undefined;
}
