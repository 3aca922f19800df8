/** A circuit breaker: suspends calls after too many failures, and resumes them after a trial call was answered. */
import { PayerIdentityError } from '../../failure.ts';

export interface BreakerConfig {
  readonly minimumCalls: number;
  readonly windowMs: number;
  readonly failureRatio: number;
  readonly suspendMs: number;
  /** Nothing is suspended when a call was answered within these last milliseconds, however many calls fail. */
  readonly quietMs: number;
  /** Trial calls after each suspendMs; as many more are reserved for clients without a trial call in this suspension. */
  readonly trials: number;
}

/** `left`: nothing was sent, by no fault of the upstream. */
type End = 'answered' | 'failed' | 'left';

interface Attempt {
  readonly trial: boolean;
  end(how: End): void;
}

export interface Breaker {
  /** Throws CHANNEL_SUSPENDED when `begin` would. */
  requireReady(client: string | undefined): void;
  /** Begins one call, or throws CHANNEL_SUSPENDED. */
  begin(client: string | undefined): Attempt;
}

const SLICES = 10;
const MAX_CLIENTS = 10_000;

/** Calls and failures within a sliding window. */
const createSample = ({ minimumCalls, windowMs, failureRatio, quietMs }: BreakerConfig) => {
  let slices: { readonly since: number; calls: number; failures: number }[] = [];
  let answeredAt = Number.NEGATIVE_INFINITY;
  return {
    clear() {
      slices = [];
    },
    count(failed: boolean) {
      const at = performance.now();
      if (!failed) answeredAt = at;
      slices = slices.filter(({ since }) => at - since < windowMs);
      const last = slices.at(-1);
      const current = last && at - last.since < windowMs / SLICES ? last : { since: at, calls: 0, failures: 0 };
      if (current !== last) slices.push(current);
      current.calls += 1;
      current.failures += failed ? 1 : 0;
    },
    hasFailed(): boolean {
      const calls = slices.reduce((sum, slice) => sum + slice.calls, 0);
      const failures = slices.reduce((sum, slice) => sum + slice.failures, 0);
      return calls >= minimumCalls && failures >= calls * failureRatio && performance.now() - answeredAt >= quietMs;
    },
  };
};

/**
 * The trial calls of one suspension. A client that sends only calls which fail must not use up every trial: clients
 * without a trial call in this suspension have trials of their own, and do not wait for the end of another client's.
 */
const createTrials = ({ suspendMs, trials }: BreakerConfig) => {
  const firstAt = performance.now() + suspendMs;
  const tried = new Set<string>();
  let nextAt = firstAt;
  let begun = 0;
  let failed = 0;
  let first = 0;

  const isFirst = (client: string | undefined): client is string =>
    client !== undefined && !tried.has(client) && first < trials && performance.now() >= firstAt;
  const isNext = () => performance.now() >= nextAt && begun < trials;

  return {
    mayBegin: (client: string | undefined): boolean => isFirst(client) || isNext(),
    /** Returns what to do when the trial call has failed. */
    begin(client: string | undefined): () => void {
      const reserved = isFirst(client);
      if (reserved) first += 1;
      else begun += 1;
      if (tried.size >= MAX_CLIENTS) tried.clear();
      if (client !== undefined) tried.add(client);
      return () => {
        if (!reserved) failed += 1;
        if (failed < trials) return;
        nextAt = performance.now() + suspendMs;
        begun = 0;
        failed = 0;
        first = 0;
      };
    },
  };
};

export const createBreaker = (config: BreakerConfig): Breaker => {
  const sample = createSample(config);
  /** Undefined: not suspended. */
  let suspension: ReturnType<typeof createTrials> | undefined;
  /** Suspensions begun and ended. A call that began before the last change is not counted. */
  let changes = 0;

  const requireReady = (client: string | undefined): void => {
    if (suspension?.mayBegin(client) === false) throw new PayerIdentityError('CHANNEL_SUSPENDED');
  };

  const suspend = () => {
    changes += 1;
    suspension = createTrials(config);
  };
  const resume = () => {
    changes += 1;
    suspension = undefined;
    sample.clear();
    sample.count(false);
  };

  return {
    requireReady,
    begin(client) {
      requireReady(client);
      const begunAfter = changes;
      const fail = suspension?.begin(client);
      const end = (how: End) => {
        if (begunAfter !== changes) return;
        // A trial that ends without an answer does not show that the upstream has recovered.
        if (fail) return how === 'answered' ? resume() : fail();
        if (how === 'left') return;
        sample.count(how === 'failed');
        if (how === 'failed' && sample.hasFailed()) suspend();
      };
      return { trial: fail !== undefined, end };
    },
  };
};
