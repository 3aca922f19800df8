/** Sends a code to its upstream: again only while provably no byte was sent, and never after the lease allows it. */
import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { PayerIdentityError } from '../failure.ts';
import { type Cancellation, ExchangeError } from '../lib/exchange.ts';
import type { Outcome } from '../store/model.ts';

/**
 * Presents a code to its upstream, once. Resolves with undefined when the upstream says that it consumed nothing: the
 * code is as it was. Throws ExchangeError when there is no reply, and PayerIdentityError for one that is no success.
 */
export type Redeem = (cancellation: Cancellation) => Promise<Outcome | undefined>;

interface SendLimits {
  /** Milliseconds for all attempts together. */
  readonly deadlineMs: number;
  /** Milliseconds of `performance.now()`: no byte is sent after it. */
  readonly sendBy: number;
  readonly clientGone: AbortSignal;
}

const MAX_ATTEMPTS = 3;

/** Throws CHANNEL_UNREACHABLE when nothing was sent. */
export const redeemWithRetry = async (
  redeem: Redeem,
  { deadlineMs, sendBy, clientGone }: SendLimits,
): Promise<Outcome | undefined> => {
  const { signal: deadline, clear } = deadlineIn(deadlineMs);
  try {
    for (let attempt = 1; ; attempt += 1) {
      requireClient(clientGone);
      if (performance.now() > sendBy) throw new PayerIdentityError('CHANNEL_UNREACHABLE');
      try {
        return await redeem({ deadline, clientGone, sendBy });
      } catch (error) {
        if (!(error instanceof ExchangeError) || error.sent) throw error;
        if (attempt === MAX_ATTEMPTS || deadline.aborted)
          throw new PayerIdentityError('CHANNEL_UNREACHABLE', { cause: error });
        await delay(randomInt(50, 150) * attempt, undefined, { signal: clientGone }).catch(() => {});
      }
    }
  } finally {
    clear();
  }
};

/** Like AbortSignal.timeout, whose timer would run on, and abort, for every code that was answered in time. */
const deadlineIn = (ms: number) => {
  const ended = new AbortController();
  const late = () => ended.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError'));
  const timer = setTimeout(late, ms);
  return { signal: ended.signal, clear: () => clearTimeout(timer) };
};

/** A code whose client has gone is not sent, so that it stays usable. */
export const requireClient = ({ aborted }: AbortSignal): void => {
  if (aborted) throw new PayerIdentityError('CHANNEL_UNREACHABLE');
};
