/** What resolvers run with: the use cases of the process, and loaders and log lines of the request. */
import type DataLoader from 'dataloader';
import type { Admission } from '../identity/admission.ts';
import type { Apps, AskedNames } from '../identity/apps.ts';
import type { Authentication } from '../identity/authentication.ts';
import type { CallContext, CallNote, OperationContext } from '../identity/call.ts';
import type { CertificationUseCase } from '../identity/certification.ts';
import type { QueryJobworth } from '../identity/jobworth.ts';
import type { ReadResult } from '../identity/results.ts';
import type { SessionSteps } from '../identity/session-steps.ts';
import type { WatchResult } from '../identity/watch-result.ts';
import type { Metrics } from '../metrics.ts';
import type { Certification } from '../model.ts';
import type { Store } from '../store/store.ts';
import { createCertificationLoader, createIdentityLoader, type IdentityLoader } from './loaders.ts';
import { createReferenceBudget, type ReferenceBudget } from './reference-budget.ts';

/** What lives as long as the process. */
export interface Services {
  readonly admission: Admission;
  readonly authentication: Authentication;
  readonly readResult: ReadResult;
  readonly watchResult: WatchResult;
  readonly sessionSteps: SessionSteps;
  readonly certification: CertificationUseCase;
  readonly queryJobworth: QueryJobworth;
  readonly apps: Apps;
  readonly store: Store;
  /** Different entity references of one request. */
  readonly maxReferences: number;
  readonly metrics: Pick<Metrics, 'operations' | 'references' | 'prepared'>;
}

/** What the log line of one root field will say. */
export interface CallLine {
  /** The root field's key in the answer. */
  readonly key: string | number;
  readonly operation: string;
  readonly asked: AskedNames;
  note: CallNote;
  durationMs?: number;
  /** Errors of the answer at this root field and below it. */
  errors: number;
}

/** What one request resolves with: the use cases, and loaders of its own. */
export interface Context extends Omit<Services, 'store' | 'maxReferences'> {
  readonly loaders: {
    readonly identities: IdentityLoader;
    /** By the id of a payer identity. */
    readonly certifications: DataLoader<string, Certification | undefined>;
  };
  readonly references: ReferenceBudget;
  readonly call: CallContext;
  /** One for each root field that ran; written to the log when the operation is answered. */
  readonly lines: CallLine[];
  /** What root fields have answered to a prepared operation, by their keys: Apollo Server answers with it and runs them no more. */
  readonly answers: Map<string | number, unknown>;
}

export const createContext = ({ store, maxReferences, ...services }: Services, call: OperationContext): Context => ({
  ...services,
  loaders: {
    identities: createIdentityLoader(store, call.caller),
    certifications: createCertificationLoader(store),
  },
  references: createReferenceBudget(maxReferences),
  call: { ...call, note() {} },
  lines: [],
  answers: new Map(),
});
