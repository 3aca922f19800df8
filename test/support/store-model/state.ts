/** The state of the model of a store. */
import type { CertificationStatus, Subject } from '../../../src/model.ts';
import type {
  Claim,
  Lease,
  Outcome,
  Redemption,
  SessionFailure,
  SessionStep,
  StoreTimes,
} from '../../../src/store/model.ts';

/** Whole seconds, in which time moves: so that it also stops at the exact instants at which rows expire. */
export const modelTimes = {
  leaseMs: 10_000,
  resultTtlMs: 30_000,
  codeTtlMs: 80_000,
  identityTtlMs: 60_000,
  certificationTtlMs: 45_000,
} satisfies StoreTimes;

export interface Place {
  readonly appId: string;
  readonly channelId: string;
}

export interface Payer extends Place {
  readonly id: string;
  subject: Subject;
  readonly firstAt: number;
  lastAt: number;
}

export interface Entry {
  readonly id: string;
  readonly claim: Claim;
  state: Redemption['state'];
  traceId: string;
  owner: string;
  leaseUntil: number;
  outcome: Outcome | undefined;
  payer: Payer | undefined;
  /** Its token or answer is readable. */
  hasAnswer: boolean;
  outcomeUntil: number;
  readonly forgetAt: number;
}

export const hasFailed = ({ state }: Entry): boolean => state === 'REJECTED' || state === 'INDETERMINATE';

export const isPending = ({ state }: Entry): boolean => state === 'CLAIMED' || state === 'SENT';

export interface Bound {
  readonly appId: string;
  /** Undefined: it takes a code of any channel. */
  readonly channelId: string | undefined;
  readonly queryCode: string;
  /** Present when the store issued the session. */
  readonly stateId: string | undefined;
  readonly codeChallenge: string | undefined;
  readonly clientReferenceId: string | undefined;
  entry: Entry | undefined;
  expiresAt: number;
  /** Other codes that it takes, and until when. */
  attemptsLeft: number;
  readonly codesUntil: number;
  lastFailure: SessionFailure | undefined;
  step: SessionStep | undefined;
  pollAfterMs: number;
  polledAt: number | undefined;
}

interface Certified extends Place {
  readonly certifyId: string;
  readonly identityId: string | null;
  status: CertificationStatus;
  readonly startedAt: number;
  checkedAt: number | null;
}

export interface Model {
  /** The store's clock, in milliseconds since 1970. */
  now: number;
  /** What is added to it for the database's clock, which is shown, and which jumps. */
  skew: number;
  /** Every step that a session has had. */
  readonly stepsSeen: Set<SessionStep>;
  steps: number;
  entries: Entry[];
  sessions: Bound[];
  payers: Payer[];
  certifications: Certified[];
  /** Every lease, lost ones included. */
  readonly leases: Lease[];
  /** Every query code, payer and certification of this history. */
  readonly queryCodes: Set<string>;
  readonly payerIds: Set<string>;
  readonly certifyIds: Set<string>;
}

/** By how much the store's clock follows one jump forward. */
export const TOLERANCE_MS = 1_000;

export const wallOf = ({ now, skew }: Model): number => now + skew;

export const emptyModel = (now: number): Model => ({
  now,
  skew: 0,
  stepsSeen: new Set(),
  steps: 0,
  entries: [],
  sessions: [],
  payers: [],
  certifications: [],
  leases: [],
  queryCodes: new Set(),
  payerIds: new Set(),
  certifyIds: new Set(),
});
