/** /livez and /readyz, for orchestrators: whether the process runs, and whether it accepts requests. */
import type { Metrics } from '../metrics.ts';
import { type EdgeReply, type Handler, refuse, reply } from './edge.ts';
import { toGet } from './methods.ts';
import { exposeMetrics } from './metrics-route.ts';

/** A result of the check serves all probes for this time, and a probe waits for one no longer than this. */
const CHECK_MS = 1_000;

const json = (status: number, value: object): EdgeReply =>
  reply(status, 'application/json; charset=utf-8', JSON.stringify(value));

interface Check {
  readonly startedAt: number;
  readonly isReady: Promise<boolean>;
  ended: boolean;
}

/**
 * Whether the store's check passes. It writes, so it runs on request only, and once a second at most. A check that takes
 * longer counts as failed until it has ended.
 */
export const createReadiness = (check: () => Promise<void>): (() => Promise<boolean>) => {
  let latest: Check | undefined;
  const start = (): Check => {
    const started: Check = {
      startedAt: performance.now(),
      isReady: check().then(
        () => true,
        () => false,
      ),
      ended: false,
    };
    void started.isReady.then(() => {
      started.ended = true;
    });
    return started;
  };
  return async () => {
    if (!latest || (latest.ended && performance.now() - latest.startedAt >= CHECK_MS)) latest = start();
    const late = Promise.withResolvers<boolean>();
    const leftMs = Math.max(latest.startedAt + CHECK_MS - performance.now(), 0);
    const timer = setTimeout(() => late.resolve(false), leftMs);
    try {
      return await Promise.race([latest.isReady, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
};

export interface ProbeDeps {
  /** Rejects while the store cannot read or write. */
  readonly check: () => Promise<void>;
  /** False once the service is stopping. */
  readonly accepting: () => boolean;
}

/** The routes of the probes. /livez depends on nothing but the process. */
export const createProbes = ({ check, accepting }: ProbeDeps): ReadonlyMap<string, Handler> => {
  const isReady = createReadiness(check);
  return new Map<string, Handler>([
    ['/livez', toGet(async () => json(200, { status: 'live' }))],
    [
      '/readyz',
      toGet(async () => {
        if (!accepting()) return refuse(503, 'STOPPING', 'The service is stopping');
        if (await isReady()) return json(200, { status: 'ready' });
        return refuse(503, 'STORE_UNAVAILABLE', 'The store cannot keep its promises now');
      }),
    ],
  ]);
};

/** The handler of the operator's port: probes and metrics, out of reach of the other port's traffic. */
export const createOperations = (probes: ReadonlyMap<string, Handler>, metrics: Metrics): Handler => {
  const routes = new Map([...probes, ['/metrics', exposeMetrics(metrics)]]);
  return async (request) =>
    routes.get(request.path)?.(request) ??
    refuse(404, 'NOT_FOUND', 'There is nothing here but /livez, /readyz and /metrics');
};
