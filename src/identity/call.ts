/** What a use case knows of the call that it runs for, and what it adds to the log line of that call. */
import { PayerIdentityError } from '../failure.ts';
import type { LogFields } from '../lib/log.ts';
import type { Caller } from '../security/caller.ts';

/** One GraphQL operation, as the edge has received it. */
export interface OperationContext {
  readonly caller: Caller;
  /** Finds the operation in the log. */
  readonly traceId: string;
  /** The address of the router's client; undefined unless `http.clientAddressHeader` is configured. */
  readonly clientIp?: string | undefined;
  /** Aborts when the client has gone or the time of the operation is over: nothing is sent after it, and what was sent goes on. */
  readonly signal: AbortSignal;
  /** Adds milliseconds to the time of the operation, for a read that waits on purpose; of several reads the longest. */
  prolong(ms: number): void;
}

/** The fields of a call's log line beside its trace id, operation and duration. */
export interface CallNote extends Omit<LogFields, 'traceId' | 'operation' | 'durationMs' | 'count'> {
  /** The line's message; absent: the one that follows from the code. */
  readonly event?: string | undefined;
  /** An error of this service: the line has the level error. */
  readonly isBug?: true | undefined;
}

/** One root field of an operation. */
export interface CallContext extends OperationContext {
  /** Adds fields to the log line of this call. A later value replaces an earlier one; undefined adds nothing. */
  note(fields: CallNote): void;
}

/** A failure as the log line shows it: the operator sees the cause, callers do not. */
export const noteOf = (error: unknown): CallNote => {
  if (!(error instanceof PayerIdentityError)) return { error };
  const { code, upstreamCode, claimedCode, upstreamTraceId, missingScope, cause } = error;
  return { code, upstreamCode, claimedCode, upstreamTraceId, missingScope, error: cause };
};
