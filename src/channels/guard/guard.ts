/**
 * The guards of a source: for each of its channels, one for trusted and one for public traffic. A guard limits the
 * calls in flight (bulkhead) and sends nothing for a while after too many failures (breaker), so that a failing
 * channel holds up no other one.
 */
import { z } from 'zod';
import { PayerIdentityError } from '../../failure.ts';
import { createBulkhead } from '../../lib/bulkhead.ts';
import { ExchangeError } from '../../lib/exchange.ts';
import type { Traffic } from '../../model.ts';
import type { CallOrigin, SourceCall } from '../source.ts';
import { createBreaker } from './breaker.ts';
import { isUpstreamFault } from './fault.ts';

const milliseconds = (fallback: number) => z.int().positive().max(60_000).default(fallback);

/** The limits of each guard. */
export const guardConfig = z.strictObject({
  inFlight: z.int().positive().max(50).default(50).describe('Calls at the same time'),
  waiting: z.int().nonnegative().default(100).describe('Calls that wait for one of those to end'),
  minimumCalls: z.int().positive().default(20).describe('Fewer calls than these within windowMs suspend nothing'),
  windowMs: milliseconds(10_000).describe('Milliseconds: for how long failed calls are counted'),
  failureRatio: z
    .number()
    .positive()
    .max(1)
    .default(0.5)
    .describe('The share of failed calls within windowMs that suspends the channel'),
  suspendMs: milliseconds(1_000).describe('Milliseconds: how long nothing is sent; then trial calls are'),
  trialMs: milliseconds(3_000).describe('Milliseconds: how long a trial call may take'),
});
export type GuardConfig = z.output<typeof guardConfig>;

/** Nothing was sent, because the client left or `sendBy` had passed: this says nothing about the upstream. */
const wasLeft = (error: unknown, { clientGone, sendBy = Number.POSITIVE_INFINITY }: SourceCall): boolean =>
  error instanceof ExchangeError && !error.sent && (clientGone?.aborted === true || performance.now() > sendBy);

/**
 * Payer pages can make most of their calls fail on purpose. So public traffic is suspended only when nothing was
 * answered for a quarter of the window, and has several trial calls.
 */
const rulesFor = (traffic: Traffic, { windowMs }: GuardConfig) =>
  traffic === 'trusted' ? { quietMs: 0, trials: 1 } : { quietMs: windowMs / 4, trials: 3 };

/** The exchange of a call; a trial call gets an earlier deadline. */
type Work<T> = (call: SourceCall) => Promise<T>;

interface Guard {
  requireReady(client: string | undefined): void;
  run<T>(work: Work<T>, call: SourceCall): Promise<T>;
}

const createGuard = (traffic: Traffic, config: GuardConfig): Guard => {
  const size = { running: config.inFlight, waiting: config.waiting };
  const bulkhead = createBulkhead(size, (cause) => new PayerIdentityError('OVERLOADED', { cause }));
  const { requireReady, begin } = createBreaker({ ...config, ...rulesFor(traffic, config) });

  const attempt = async <T>(work: Work<T>, call: SourceCall): Promise<T> => {
    const { trial, end } = begin(call.origin.client);
    const limited = trial
      ? { ...call, deadline: AbortSignal.any([call.deadline, AbortSignal.timeout(config.trialMs)]) }
      : call;
    try {
      const value = await work(limited);
      end('answered');
      return value;
    } catch (error) {
      const how = isUpstreamFault(error) ? 'failed' : 'answered';
      end(wasLeft(error, call) ? 'left' : how);
      throw error;
    }
  };

  return {
    requireReady,
    async run(work, call) {
      // Checked before the wait as well: calls that wait when the channel is suspended fail at their turn.
      requireReady(call.origin.client);
      return bulkhead(() => attempt(work, call), call.deadline, call.clientGone);
    },
  };
};

/** The guards of one source, by the origin of a call. */
export interface Guards {
  /** Throws CHANNEL_SUSPENDED while a call from this origin would not be sent. */
  requireReady(origin: CallOrigin): void;
  /** Does the work of a call, or throws CHANNEL_SUSPENDED or OVERLOADED before the work begins. */
  run<T>(work: Work<T>, call: SourceCall): Promise<T>;
}

/** In sandbox mode: the payer at that machine causes failures on purpose. */
export const unguarded: Guards = {
  requireReady: () => {},
  run: (work, call) => work(call),
};

export const createGuards = (config: GuardConfig): Guards => {
  const guards = new Map<string, Guard>();
  const guardOf = ({ channelId, traffic }: CallOrigin): Guard => {
    const name = `${traffic} ${channelId}`;
    const guard = guards.get(name) ?? createGuard(traffic, config);
    guards.set(name, guard);
    return guard;
  };
  return {
    requireReady: (origin) => guardOf(origin).requireReady(origin.client),
    run: (work, call) => guardOf(call.origin).run(work, call),
  };
};
