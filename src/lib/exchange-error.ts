import type { Reason } from './reasons.ts';

interface Details {
  readonly reason?: Reason;
  /** Scheme, host and port of the upstream. */
  readonly origin?: string;
}

/** The exchange has no reply. `sent` is false only when provably no byte of the request was written. */
export class ExchangeError extends Error {
  override readonly name = 'ExchangeError';
  readonly sent: boolean;
  readonly reason: Reason | undefined;
  readonly origin: string | undefined;

  constructor(message: string, sent: boolean, cause?: unknown, { reason, origin }: Details = {}) {
    super(message, { cause });
    this.sent = sent;
    this.reason = reason;
    this.origin = origin;
  }
}
