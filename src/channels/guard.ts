/**
 * Keeps a source that fails from dragging the others along: so many calls at the same time, and none for a while when
 * too many of them have failed.
 */
import {
  BrokenCircuitError,
  BulkheadRejectedError,
  bulkhead,
  CircuitState,
  circuitBreaker,
  handleWhenResult,
  type IBreaker,
  TaskCancelledError,
} from 'cockatiel';
import { z } from 'zod';
import { type FailureCode, PayerIdentityError } from '../failure.ts';
import { ExchangeError, type Until } from '../lib/exchange.ts';
import type { Certifier, Jobworth, Keeper, Source } from './source.ts';

const milliseconds = (fallback: number) => z.int().positive().max(60_000).default(fallback);

/** Of each source by itself. */
export const guardConfig = z.strictObject({
  /** Calls at the same time; not more than the connections of its pool. */
  inFlight: z.int().positive().max(50).default(50),
  /** Calls that wait for one of those to end. */
  waiting: z.int().nonnegative().default(100),
  /** The source is suspended when, of at least so many calls … */
  minimumCalls: z.int().positive().default(20),
  /** … within this time … */
  windowMs: milliseconds(10_000),
  /** … this share has failed. */
  failureRatio: z.number().positive().max(1).default(0.5),
  /** How long nothing is sent to it; then one call is tried. */
  suspendMs: milliseconds(1_000),
  /** How long that call may take. Together with suspendMs, how long a source that is well again stays suspended. */
  trialMs: milliseconds(3_000),
});
export type GuardConfig = z.output<typeof guardConfig>;

/** A fault of the channel, and not what it says about a code, an input or our credentials. */
const faults: ReadonlySet<FailureCode> = new Set([
  'OUTCOME_UNKNOWN',
  'REPLY_MALFORMED',
  'REPLY_UNVERIFIED',
  'CHANNEL_NO_ANSWER',
]);
const isFault = (error: unknown): boolean =>
  error instanceof ExchangeError || (error instanceof PayerIdentityError && faults.has(error.code));

const SLICES = 10;

/**
 * The share of failures within a window that slides. The library's own window moves on by one slice for each call,
 * however long ago the last one was, so that it would count failures of yesterday.
 */
const createSample = ({ minimumCalls, windowMs, failureRatio }: GuardConfig): IBreaker => {
  let slices: { readonly since: number; calls: number; failures: number }[] = [];
  const count = (failures: 0 | 1) => {
    const now = Date.now();
    slices = slices.filter(({ since }) => now - since < windowMs);
    const last = slices.at(-1);
    const current = last && now - last.since < windowMs / SLICES ? last : { since: now, calls: 0, failures: 0 };
    if (current !== last) slices.push(current);
    current.calls += 1;
    current.failures += failures;
  };
  return {
    state: undefined,
    success(state) {
      if (state === CircuitState.HalfOpen) slices = [];
      count(0);
    },
    failure() {
      count(1);
      const calls = slices.reduce((sum, slice) => sum + slice.calls, 0);
      const failures = slices.reduce((sum, slice) => sum + slice.failures, 0);
      return calls >= minimumCalls && failures >= calls * failureRatio;
    },
  };
};

type Settled<T> = { readonly value: T } | { readonly error: unknown };

/** Nothing was sent, since nobody waited for the reply any more. */
const wasLeft = (settled: Settled<unknown>, { unwanted }: Until): boolean =>
  'error' in settled && settled.error instanceof ExchangeError && !settled.error.sent && unwanted?.aborted === true;

const soonest = (...signals: (AbortSignal | undefined)[]): AbortSignal =>
  AbortSignal.any(signals.filter((signal) => signal !== undefined));

const settle = async <T>(work: () => Promise<T>): Promise<Settled<T>> => {
  try {
    return { value: await work() };
  } catch (error) {
    return { error };
  }
};

interface Guard {
  requireReady(): void;
  /** Throws CHANNEL_SUSPENDED or OVERLOADED when the work was not even begun. */
  run<T>(work: (until: Until) => Promise<T>, until: Until): Promise<T>;
}

const createGuard = (config: GuardConfig): Guard => {
  const room = bulkhead(config.inFlight, config.waiting);
  const circuit = circuitBreaker(
    handleWhenResult((settled) => isFault((settled as { readonly error?: unknown }).error)),
    { halfOpenAfter: config.suspendMs, breaker: createSample(config) },
  );
  let changes = 0;
  let suspendedUntil = 0;
  circuit.onStateChange((state) => {
    changes += 1;
    if (state === CircuitState.Open) suspendedUntil = Date.now() + config.suspendMs;
  });

  const requireReady = () => {
    const resting = circuit.state === CircuitState.Open && Date.now() < suspendedUntil;
    // The library would let a second call wait for the end of the trial.
    if (resting || circuit.state === CircuitState.HalfOpen) throw new PayerIdentityError('CHANNEL_SUSPENDED');
  };

  const attempt = <T>(work: (until: Until) => Promise<T>, until: Until): Promise<Settled<T>> => {
    requireReady();
    return circuit.execute(async () => {
      const begunAfter = changes;
      const onTrial = circuit.state === CircuitState.HalfOpen;
      const limited = onTrial
        ? { ...until, deadline: soonest(until.deadline, AbortSignal.timeout(config.trialMs)) }
        : until;
      const settled = await settle(() => work(limited));
      // Begun before the circuit last changed, or given up by its client: this tells nothing of the source as it is
      // now, and is not counted. But a trial that ends without an answer has not shown that the source is well.
      const tellsNothing = begunAfter !== changes || (!onTrial && wasLeft(settled, until));
      if ('error' in settled && tellsNothing) throw settled.error;
      return settled;
    });
  };

  return {
    requireReady,
    async run(work, until) {
      // Before waiting as well as after it: those who wait leave at once when the source is suspended.
      requireReady();
      const settled = await room
        .execute(() => attempt(work, until), soonest(until.deadline, until.unwanted))
        .catch(refusal);
      if ('error' in settled) throw settled.error;
      return settled.value;
    },
  };
};

/** What the library refuses was never begun. */
const refusal = (error: unknown): never => {
  if (error instanceof BulkheadRejectedError || error instanceof TaskCancelledError)
    throw new PayerIdentityError('OVERLOADED', { cause: error });
  if (error instanceof BrokenCircuitError) throw new PayerIdentityError('CHANNEL_SUSPENDED', { cause: error });
  throw error;
};

/** The same source behind a guard: whatever it sends passes there, and what it only computes does not. */
export const guardSource = (source: Source, config: GuardConfig): Source => {
  const { requireReady, run } = createGuard(config);
  const { keeper, certifier, jobworth } = source;
  return {
    ...source,
    requireReady,
    redeem: (authCode, request, until) => run((within) => source.redeem(authCode, request, within), until),
    ...(keeper && { keeper: guardKeeper(keeper, run) }),
    ...(certifier && { certifier: guardCertifier(certifier, run) }),
    ...(jobworth && { jobworth: guardJobworth(jobworth, run) }),
  };
};

const guardKeeper = (keeper: Keeper, run: Guard['run']): Keeper => ({
  redeemAndKeep: (authCode, queryCode, request, until) =>
    run((within) => keeper.redeemAndKeep(authCode, queryCode, request, within), until),
  collect: (queryCode, until) => run((within) => keeper.collect(queryCode, within), until),
});

const guardCertifier = (certifier: Certifier, run: Guard['run']): Certifier => ({
  page: (certifyId, returnUrl) => certifier.page(certifyId, returnUrl),
  initialize: (request, until) => run((within) => certifier.initialize(request, within), until),
  hasPassed: (certifyId, until) => run((within) => certifier.hasPassed(certifyId, within), until),
});

const guardJobworth = (jobworth: Jobworth, run: Guard['run']): Jobworth => ({
  query: (request, until) => run((within) => jobworth.query(request, within), until),
});
