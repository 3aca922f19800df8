/**
 * Keeps a source that fails from dragging others along: for each of its channels, and there for trusted calls and for
 * payer pages apart, so many calls at the same time, and none for a while when too many of them have failed.
 */
import { z } from 'zod';
import { PayerIdentityError } from '../../failure.ts';
import { createBulkhead } from '../../lib/bulkhead.ts';
import { type Cancellation, ExchangeError } from '../../lib/exchange.ts';
import type { Traffic } from '../../model.ts';
import type { CallOrigin, Certifier, Jobworth, ResultHolder, Source } from '../source.ts';
import { createBreaker } from './breaker.ts';
import { isUpstreamFault } from './fault.ts';

const milliseconds = (fallback: number) => z.int().positive().max(60_000).default(fallback);

/** Of each source, channel and kind of traffic by itself. */
export const guardConfig = z.strictObject({
  /** Calls at the same time. */
  inFlight: z.int().positive().max(50).default(50),
  /** Calls that wait for one of those to end. */
  waiting: z.int().nonnegative().default(100),
  /** It is suspended when, of at least so many calls … */
  minimumCalls: z.int().positive().default(20),
  /** … within this time … */
  windowMs: milliseconds(10_000),
  /** … this share has failed. */
  failureRatio: z.number().positive().max(1).default(0.5),
  /** How long nothing is sent to it; then a call is tried. */
  suspendMs: milliseconds(1_000),
  /** How long that call may take. Together with suspendMs, how long a source that is well again stays suspended. */
  trialMs: milliseconds(3_000),
});
export type GuardConfig = z.output<typeof guardConfig>;

/** Nothing was sent, since the caller left or the right to send had lapsed: no word about the upstream. */
const wasLeft = (error: unknown, { clientGone, sendBy = Number.POSITIVE_INFINITY }: Cancellation): boolean =>
  error instanceof ExchangeError && !error.sent && (clientGone?.aborted === true || performance.now() > sendBy);

const soonest = (...signals: (AbortSignal | undefined)[]): AbortSignal =>
  AbortSignal.any(signals.filter((signal) => signal !== undefined));

/**
 * Trusted callers answer for what they send. On the public side most calls may be made to fail, so nothing less than
 * no answer at all for a quarter of the window suspends it, and several calls are tried.
 */
const rulesFor = (traffic: Traffic, { windowMs }: GuardConfig) =>
  traffic === 'trusted' ? { quietMs: 0, trials: 1 } : { quietMs: windowMs / 4, trials: 3 };

interface Guard {
  requireReady(client?: string): void;
  /** Throws CHANNEL_SUSPENDED or OVERLOADED when the work was not even begun. */
  run<T>(work: (cancellation: Cancellation) => Promise<T>, cancellation: Cancellation, client?: string): Promise<T>;
}

const createGuard = (traffic: Traffic, config: GuardConfig, now: () => number): Guard => {
  const size = { running: config.inFlight, waiting: config.waiting };
  const bulkhead = createBulkhead(size, (cause) => new PayerIdentityError('OVERLOADED', { cause }));
  const { requireReady, begin } = createBreaker({ ...config, ...rulesFor(traffic, config) }, now);

  const attempt = async <T>(
    work: (cancellation: Cancellation) => Promise<T>,
    cancellation: Cancellation,
    client?: string,
  ): Promise<T> => {
    const { trial, end } = begin(client);
    const limited = trial
      ? { ...cancellation, deadline: soonest(cancellation.deadline, AbortSignal.timeout(config.trialMs)) }
      : cancellation;
    try {
      const value = await work(limited);
      end('answered');
      return value;
    } catch (error) {
      const how = isUpstreamFault(error) ? 'failed' : 'answered';
      end(wasLeft(error, cancellation) ? 'left' : how);
      throw error;
    }
  };

  return {
    requireReady,
    async run(work, cancellation, client) {
      // Before waiting as well as after it: those who wait leave at once when the source is suspended.
      requireReady(client);
      return bulkhead(
        () => attempt(work, cancellation, client),
        soonest(cancellation.deadline, cancellation.clientGone),
      );
    },
  };
};

type Run = <T>(
  origin: CallOrigin | undefined,
  work: (cancellation: Cancellation) => Promise<T>,
  cancellation: Cancellation,
) => Promise<T>;

/** The same source behind a guard: whatever it sends passes there, and what it only computes does not. */
export const guardSource = (source: Source, config: GuardConfig, now = () => performance.now()): Source => {
  const guards = new Map<string, Guard>();
  const [firstChannel = ''] = source.channels;
  /** Certification and job identity belong to the source's first channel, and only trusted callers ask for them. */
  const guardOf = ({ channelId, traffic = 'trusted' }: CallOrigin = { channelId: firstChannel }): Guard => {
    const name = `${traffic} ${channelId}`;
    const guard = guards.get(name) ?? createGuard(traffic, config, now);
    guards.set(name, guard);
    return guard;
  };
  const run: Run = (origin, work, cancellation) => guardOf(origin).run(work, cancellation, origin?.client);
  const { resultHolder, certifier, jobworth } = source;
  return {
    ...source,
    requireReady: (origin) => guardOf(origin).requireReady(origin?.client),
    redeem: (authCode, request, cancellation) =>
      run(request, (within) => source.redeem(authCode, request, within), cancellation),
    ...(resultHolder && { resultHolder: guardResultHolder(resultHolder, run) }),
    ...(certifier && { certifier: guardCertifier(certifier, run) }),
    ...(jobworth && { jobworth: guardJobworth(jobworth, run) }),
  };
};

const guardResultHolder = (resultHolder: ResultHolder, run: Run): ResultHolder => ({
  redeemAndHold: (authCode, queryCode, request, cancellation) =>
    run(request, (within) => resultHolder.redeemAndHold(authCode, queryCode, request, within), cancellation),
  collect: (queryCode, cancellation, origin) =>
    run(origin, (within) => resultHolder.collect(queryCode, within, origin), cancellation),
});

const guardCertifier = (certifier: Certifier, run: Run): Certifier => ({
  page: (certifyId, returnUrl) => certifier.page(certifyId, returnUrl),
  initialize: (request, cancellation) =>
    run(undefined, (within) => certifier.initialize(request, within), cancellation),
  hasPassed: (certifyId, cancellation) =>
    run(undefined, (within) => certifier.hasPassed(certifyId, within), cancellation),
});

const guardJobworth = (jobworth: Jobworth, run: Run): Jobworth => ({
  query: (request, cancellation) => run(undefined, (within) => jobworth.query(request, within), cancellation),
});
