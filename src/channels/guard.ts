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
import { ExchangeError } from '../lib/exchange.ts';
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
  run<T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<T>;
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

  const attempt = <T>(work: (signal: AbortSignal) => Promise<T>, signal: AbortSignal): Promise<Settled<T>> => {
    requireReady();
    return circuit.execute(async () => {
      const begunAfter = changes;
      const onTrial = circuit.state === CircuitState.HalfOpen;
      const limit = onTrial ? AbortSignal.any([signal, AbortSignal.timeout(config.trialMs)]) : signal;
      const settled = await settle(() => work(limit));
      // Begun before the circuit last changed: this tells nothing of the source as it is now, and is not counted.
      if ('error' in settled && begunAfter !== changes) throw settled.error;
      return settled;
    });
  };

  return {
    requireReady,
    async run(work, signal) {
      // Before waiting as well as after it: those who wait leave at once when the source is suspended.
      requireReady();
      const settled = await room.execute(() => attempt(work, signal), signal).catch(refusal);
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
    redeem: (authCode, request, signal) => run((within) => source.redeem(authCode, request, within), signal),
    ...(keeper && { keeper: guardKeeper(keeper, run) }),
    ...(certifier && { certifier: guardCertifier(certifier, run) }),
    ...(jobworth && { jobworth: guardJobworth(jobworth, run) }),
  };
};

const guardKeeper = (keeper: Keeper, run: Guard['run']): Keeper => ({
  redeemAndKeep: (authCode, queryCode, request, signal) =>
    run((within) => keeper.redeemAndKeep(authCode, queryCode, request, within), signal),
  collect: (queryCode, signal) => run((within) => keeper.collect(queryCode, within), signal),
});

const guardCertifier = (certifier: Certifier, run: Guard['run']): Certifier => ({
  page: (certifyId, returnUrl) => certifier.page(certifyId, returnUrl),
  initialize: (request, signal) => run((within) => certifier.initialize(request, within), signal),
  hasPassed: (certifyId, signal) => run((within) => certifier.hasPassed(certifyId, within), signal),
});

const guardJobworth = (jobworth: Jobworth, run: Guard['run']): Jobworth => ({
  query: (request, signal) => run((within) => jobworth.query(request, within), signal),
});
