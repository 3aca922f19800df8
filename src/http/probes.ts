/** What orchestrators ask: whether the process lives, and whether requests may come. */
import type { Metrics } from '../metrics.ts';
import { type EdgeReply, type Handler, refuse, reply } from './edge.ts';
import { exposeMetrics } from './metrics-route.ts';

/** A look at the store serves all who ask within this time, and an answer takes no longer than this. */
const LOOK_MS = 1_000;

const json = (status: number, value: object): EdgeReply =>
  reply(status, 'application/json; charset=utf-8', JSON.stringify(value));

interface Look {
  readonly startedAt: number;
  readonly isReady: Promise<boolean>;
  ended: boolean;
}

/**
 * Whether a check passes, looked at once a second at most and only when it is asked for: the check of the store writes.
 * A check that takes longer than a second counts as failed until it has ended.
 */
export const createReadiness = (check: () => Promise<void>): (() => Promise<boolean>) => {
  let latest: Look | undefined;
  const look = (): Look => {
    const started: Look = {
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
    if (!latest || (latest.ended && performance.now() - latest.startedAt >= LOOK_MS)) latest = look();
    const late = Promise.withResolvers<boolean>();
    const leftMs = Math.max(latest.startedAt + LOOK_MS - performance.now(), 0);
    const timer = setTimeout(() => late.resolve(false), leftMs);
    try {
      return await Promise.race([latest.isReady, late.promise]);
    } finally {
      clearTimeout(timer);
    }
  };
};

export interface ProbeDeps {
  /** Rejects when the store cannot keep its promises now. */
  readonly check: () => Promise<void>;
  /** False once the service is to stop. */
  readonly accepting: () => boolean;
}

/** The routes of the probes. /livez looks at nothing but that this runs. */
export const createProbes = ({ check, accepting }: ProbeDeps): ReadonlyMap<string, Handler> => {
  const isReady = createReadiness(check);
  return new Map<string, Handler>([
    ['/livez', async () => json(200, { status: 'live' })],
    [
      '/readyz',
      async () => {
        if (!accepting()) return refuse(503, 'STOPPING', 'The service is stopping');
        if (await isReady()) return json(200, { status: 'ready' });
        return refuse(503, 'STORE_UNAVAILABLE', 'The store cannot keep its promises now');
      },
    ],
  ]);
};

/** The edge of the operator's port: probes and metrics, which no traffic of the other port can crowd out. */
export const createOperations = (probes: ReadonlyMap<string, Handler>, metrics: Metrics): Handler => {
  const routes = new Map([...probes, ['/metrics', exposeMetrics(metrics)]]);
  return async (request) =>
    routes.get(request.target.split('?', 1)[0] ?? '')?.(request) ??
    refuse(404, 'NOT_FOUND', 'There is nothing here but /livez, /readyz and /metrics');
};
