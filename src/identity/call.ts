import type { Caller } from '../security/caller.ts';

/** Who calls, and how the call is found in the logs. */
export interface CallContext {
  readonly caller: Caller;
  readonly traceId: string;
  /** The address of the router's client, where the router is configured to name it. */
  readonly clientIp?: string | undefined;
  /** Aborts when the client is gone or the call has taken too long. What was sent then goes on; nothing more is sent. */
  readonly signal: AbortSignal;
  /** Gives the call so much on top of its time, once: it waits on purpose. */
  prolong(ms: number): void;
}
