/** What the store takes and gives: claims and their verdicts, outcomes, sessions, and how long each is stored. */
import type { FailureCode } from '../failure-codes.ts';
import type { AccessToken, PayerIdentity, Redeemed, Subject } from '../model.ts';

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
  /** Marks a new code as sent in the commit of its claim, since the channel is ready. Absent: `markSent` does. */
  readonly marks?: boolean;
}

/** The session that shows the outcome, by its query code, or by the state, which may write and not read. */
export type SessionClaim =
  | {
      readonly stateId: string;
      /** S256 of the verifier that came with the code; absent: none came. */
      readonly codeChallenge?: string | undefined;
    }
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

export type ClaimVerdict = ClaimDecision & {
  /** That of the session which the claim names, with every verdict. */
  readonly clientReferenceId?: string | undefined;
};

type ClaimDecision =
  /** The caller owns the redemption, and nothing has been sent. */
  | { readonly kind: 'CLAIMED'; readonly lease: Lease }
  /** The same for a claim that marks, of a code that is marked now: its lease has begun, and it may be sent. */
  | { readonly kind: 'MARKED'; readonly lease: Lease }
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
  /** By state: the session was cancelled. */
  | { readonly kind: 'SESSION_CANCELLED' }
  /** By state: the challenge differs from the session's, or only one of the two has one. Nothing has changed. */
  | { readonly kind: 'VERIFIER_WRONG' }
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
  /** Absent: the payer chooses among the channels of the app, and the code names one. */
  readonly channelId?: string | undefined;
  /** How many codes it takes until one succeeds. Absent: one alone. */
  readonly attempts?: number;
  /** The page that the payer returns to. */
  readonly returnUrl?: string | undefined;
  /** S256: only who has its verifier can write a code by the state. https://www.rfc-editor.org/rfc/rfc7636 */
  readonly codeChallenge?: string | undefined;
  /** The caller's own reference, for its logs and ours: no secret. */
  readonly clientReferenceId?: string | undefined;
  /** Whether a webhook event is written when the session ends. Needs a clientReferenceId, which the event names. */
  readonly announced?: boolean;
}

/** What the payer's page reported last, or that the caller who opened the session cancelled it. */
export type SessionStep = 'OPENED' | 'DECLINED' | 'CANCELLED';

/** What a payer's page reports by its state. */
export interface StepReport {
  readonly stateId: string;
  readonly appId: string;
  readonly channelId: string;
  readonly step: Exclude<SessionStep, 'CANCELLED'>;
}

/** A report ends nothing: the session goes on, and takes codes until then. Otherwise it had ended before. */
export type StepVerdict =
  | { readonly kind: 'REPORTED'; readonly codesUntil: Date }
  | { readonly kind: 'SESSION_SPENT' | 'SESSION_CANCELLED' | 'NO_SESSION' };

/** By the caller who has the query code: the session takes no other code. */
export interface Cancellation {
  readonly queryCode: string;
  /** The session's. Another one cancels nothing. */
  readonly appId: string;
  /** Of the call that cancels. */
  readonly traceId: string;
}

/** What a query code stands for. */
export interface Session {
  readonly appId: string;
  /** Undefined while the payer may choose one. */
  readonly channelId: string | undefined;
  readonly clientReferenceId: string | undefined;
  readonly step: SessionStep | undefined;
  readonly expiresAt: Date;
  /** Its time was over before a code succeeded. Shown for as long again. */
  readonly isExpired: boolean;
  /** Of the latest code; undefined until one arrives, and when it has expired. Without its access token, which stays sealed: no reader of a query code gets it. */
  readonly redemption: Redemption | undefined;
  /** Other codes that the session takes when the latest one fails; 0 when its time for codes is over, or it was cancelled. */
  readonly attemptsLeft: number;
  /** Of the last code that failed, or of the call that cancelled the session since. */
  readonly lastFailure: SessionFailure | undefined;
}

export interface SessionFailure {
  readonly failureCode: FailureCode;
  /** Of the call with that code, or that cancelled. */
  readonly traceId: string;
}

/** `webhooksOf`: the events of an app that are to be sent. */
export type WatchSubject =
  | { readonly redemptionId: string }
  | { readonly queryCode: string }
  | { readonly webhooksOf: string };

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
