import type { Caller } from '../security/caller.ts';

/** Who calls, and how the call is found in the logs. */
export interface CallContext {
  readonly caller: Caller;
  readonly traceId: string;
  /** Of whoever is at the other end of the connection, or of the client that the router names. */
  readonly address: string | undefined;
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal;
}
