/** Webhook events as the store takes and gives them. */

/** How a session has ended, as its app is notified. HELD: not yet, but its result can be read. */
export type WebhookStatus = 'SUCCEEDED' | 'HELD' | 'FAILED' | 'CANCELLED' | 'EXPIRED';

/** The exclusive right to send an event, until its time is over. */
export interface EventLease {
  readonly eventId: string;
  readonly owner: string;
}

export interface WebhookEvent {
  readonly lease: EventLease;
  readonly id: string;
  readonly appId: string;
  readonly clientReferenceId: string;
  readonly status: WebhookStatus;
  readonly occurredAt: Date;
  /** The result is readable until then. */
  readonly expiresAt: Date;
  /** From 1; the first one that is acknowledged is the last. */
  readonly attempt: number;
}

/** The events of all apps that are not acknowledged yet. */
export interface EventBacklog {
  /** 10,000 when there are more. */
  readonly count: number;
  /** How long ago the first of them was written. Milliseconds; 0 without one. */
  readonly oldestMs: number;
}

export interface EventClaim {
  readonly appId: string;
  readonly limit: number;
  readonly leaseMs: number;
}

export interface EventRetry {
  readonly afterMs: number;
  /** The event is given up after as many, and a day after it occurred. */
  readonly maxAttempts: number;
}

export type RetryVerdict = 'RETRIED' | 'GIVEN_UP' | 'LEASE_LOST';
