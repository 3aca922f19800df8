import { PayerIdentityError } from '../failure.ts';
import type { LogFields } from '../lib/log.ts';
import type { Caller } from '../security/caller.ts';

/** An operation as the edge receives it. */
export interface OperationContext {
  readonly caller: Caller;
  /** Finds the operation in the log. */
  readonly traceId: string;
  /** The address of the router's client, where the router is configured to name it. */
  readonly clientIp?: string | undefined;
  /** Aborts when the client is gone or the call has taken too long. What was sent then goes on; nothing more is sent. */
  readonly signal: AbortSignal;
  /** Gives the call so much on top of its time, once: it waits on purpose. */
  prolong(ms: number): void;
}

/** What the log line of a call says beyond its traceId, operation and duration. */
export interface CallNote extends Omit<LogFields, 'traceId' | 'operation' | 'durationMs' | 'count'> {
  /** The line's message, where the use case knows a better one than the code tells. */
  readonly event?: string | undefined;
  /** A fault of this service: the line has the level error. */
  readonly isBug?: true | undefined;
}

/** One root field of an operation. */
export interface CallContext extends OperationContext {
  /** Adds to the one line that the log gets about this call. A later note replaces an earlier one; undefined adds nothing. */
  note(fields: CallNote): void;
}

/** A failure, as the line of its call shows it: the operator sees the cause, which no caller is shown. */
export const noteOf = (error: unknown): CallNote => {
  if (!(error instanceof PayerIdentityError)) return { error };
  const { code, upstreamCode, claimedCode, upstreamTraceId, missingScope, cause } = error;
  return { code, upstreamCode, claimedCode, upstreamTraceId, missingScope, error: cause };
};
