/** Puts the rooms together: a configuration, a store and sources become handlers that need no port. */
import type { Sources } from './channels/registry.ts';
import type { Config } from './config/load.ts';
import { createGraphql } from './graphql/apollo-server.ts';
import type { Services } from './graphql/context.ts';
import { clientAddress } from './http/client-address.ts';
import { apolloSandbox } from './http/cors.ts';
import { createDoorHandler } from './http/door/door-handler.ts';
import type { EdgeRequest, Handler } from './http/edge.ts';
import { createHandler } from './http/handler.ts';
import { readStaticPages } from './http/static-pages.ts';
import { createAdmission } from './identity/admission.ts';
import { createApps } from './identity/apps.ts';
import { createAuthentication } from './identity/authentication.ts';
import { createCertification } from './identity/certification.ts';
import { createDoor, doorAddresses } from './identity/door.ts';
import { createJobworth } from './identity/jobworth.ts';
import { createReaders } from './identity/readers.ts';
import { createRedeemOnce } from './identity/redeem-once.ts';
import { createReadResult, createReadSession } from './identity/results.ts';
import { createSessionSteps } from './identity/session-steps.ts';
import { createCallerOf, createIsSignedCall } from './identity/signed-calls.ts';
import { createStateTokens } from './identity/state-token.ts';
import { createWatchResult } from './identity/watch-result.ts';
import { startWebhooks } from './identity/webhooks.ts';
import { isLocalPage } from './lib/address.ts';
import type { Log } from './lib/log.ts';
import type { Resolver } from './lib/resolver.ts';
import { createMetrics, type Metrics } from './metrics.ts';
import { createCallers, sandboxCallers } from './security/callers.ts';
import { createRouterCheck, withoutRouterCheck } from './security/router-check.ts';
import type { Vault } from './security/vault.ts';
import type { Store } from './store/store.ts';
import { startSweeper } from './store/sweeper.ts';

interface AppDeps {
  readonly store: Store;
  readonly sources: Pick<Sources, 'get'>;
  /** Called at the start and before each sweep: reads changed keys and certificates of the sources. */
  readonly refreshSources?: () => void;
  readonly vault: Vault;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** In sandbox mode: the routes with which tests steer it. */
  readonly sandboxRoutes?: ReadonlyMap<string, Handler>;
  /** Looks up the host of the callers' issuer; absent: the resolver that this process shares. */
  readonly resolver?: Resolver | undefined;
}

export interface App {
  readonly handle: Handler;
  /** For the operator's own port: probes and metrics. */
  readonly operations: Handler;
  /** For the port of payers' browsers; undefined without `door`. */
  readonly door: Handler | undefined;
  /** From now on /readyz answers 503, so that routers stop sending, and waiting readers are answered. */
  drain(): void;
  /** Resolves when no operation runs. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

type ServiceDeps = Pick<AppDeps, 'store' | 'sources' | 'vault' | 'log'> & {
  readonly metrics: Metrics;
  readonly stopping: AbortSignal;
};

const createServices = (config: Config, { store, sources, vault, log, metrics, stopping }: ServiceDeps): Services => {
  const { times, limits } = config;
  const now = Date.now;
  const apps = createApps(config, sources);
  const redeemOnce = createRedeemOnce({ store, log, metrics, times });
  const stateTokens = createStateTokens(vault, now);
  const callerOf = createCallerOf({ store, now });
  const readSession = createReadSession({ store, apps, log, times });
  const door = config.door && doorAddresses(config.door.publicUrl);
  const reading = { store, readSession, readers: createReaders(limits.waiters, metrics), stopping };
  return {
    store,
    maxReferences: limits.representations,
    apps,
    metrics,
    admission: createAdmission({ apps, isSignedCall: createIsSignedCall({ now }), ...limits }),
    authentication: createAuthentication({ store, apps, redeemOnce, stateTokens, callerOf, door, times }),
    readResult: createReadResult(reading),
    watchResult: createWatchResult(reading),
    sessionSteps: createSessionSteps({ store, apps, stateTokens, readSession }),
    certification: createCertification({ store, apps, times }),
    queryJobworth: createJobworth({ apps, redeemOnce }),
  };
};

type DoorDeps = Omit<ServiceDeps, 'stopping'>;

/** Beside the services: of these it has what reads a state, and the pages of the apps. */
const openDoor = (config: Config, { store, sources, vault, log, metrics }: DoorDeps): Handler | undefined => {
  if (!config.door) return undefined;
  const { publicUrl, clientAddressHeader } = config.door;
  const door = createDoor({
    addresses: doorAddresses(publicUrl),
    apps: createApps(config, sources),
    store,
    stateTokens: createStateTokens(vault, Date.now),
  });
  const { times, limits } = config;
  const edge = { publicUrl, clientAddressHeader, rate: limits.rates?.address, operationMs: times.operationMs };
  return createDoorHandler({ door, ...edge, metrics, log });
};

/** What the edge takes from the configuration alone. In sandbox mode it serves pages, also to other pages of this machine. */
const edgeSettings = ({ sandbox, sandboxHost, router, times, limits, http }: Config) => ({
  router: router ? createRouterCheck(router, Date.now) : withoutRouterCheck,
  operationMs: times.operationMs,
  bodyBytes: limits.bodyBytes,
  // Between a page of this machine and the sandbox there is no router that could name the page's address.
  clientAddressOf: (request: EdgeRequest) =>
    sandbox && http.clientAddressHeader === undefined
      ? request.remoteAddress
      : clientAddress(request, http.clientAddressHeader),
  corsOrigins: sandbox ? [apolloSandbox, ...http.cors] : http.cors,
  isLocalOrigin: sandbox
    ? (origin: string) => isLocalPage(origin, sandboxHost === undefined ? [] : [sandboxHost])
    : undefined,
  pages: sandbox ? readStaticPages() : new Map(),
  metricsHere: sandbox,
});

export const createApp = async (
  config: Config,
  {
    store,
    sources,
    refreshSources = () => {},
    vault,
    log,
    metrics = createMetrics(),
    resolver,
    sandboxRoutes,
  }: AppDeps,
): Promise<App> => {
  const stopping = new AbortController();
  const services = createServices(config, { store, sources, vault, log, metrics, stopping: stopping.signal });
  const graphql = createGraphql({
    log,
    explorable: config.sandbox,
    scopesInSdl: config.callers.scopesInSdl,
    limits: config.limits,
  });
  await graphql.apollo.start();

  refreshSources();

  const sweeper = startSweeper({ store, vault, log, everyMs: config.times.sweepEveryMs, before: refreshSources });

  const webhooks = startWebhooks({ apps: config.apps, store, log, metrics, resolver, now: Date.now });

  const { handle, operations, idle } = createHandler({
    ...graphql,
    ...edgeSettings(config),
    services,
    metrics,
    callers: config.sandbox ? sandboxCallers : createCallers(config.callers, log, resolver),
    moreRoutes: sandboxRoutes,
    accepting: () => !stopping.signal.aborted,
  });

  return {
    handle,
    operations,
    door: openDoor(config, { store, sources, vault, log, metrics }),
    idle,
    drain() {
      stopping.abort();
      void webhooks.stop();
    },
    async close() {
      stopping.abort();
      sweeper.stop();
      await webhooks.stop();
      await graphql.apollo.stop();
    },
  };
};
