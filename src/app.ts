import { readFileSync } from 'node:fs';
import type { Sources } from './channels/registry.ts';
import type { Config } from './config/load.ts';
import { createApolloServer } from './graphql/apollo-server.ts';
import { apolloSandbox } from './http/cors.ts';
import type { Handler } from './http/edge.ts';
import { createHandler } from './http/handler.ts';
import { readStaticPages } from './http/static-pages.ts';
import { createAdmission } from './identity/admission.ts';
import { createApps } from './identity/apps.ts';
import { createAuthentication } from './identity/authentication.ts';
import { createCertification } from './identity/certification.ts';
import { createJobworth } from './identity/jobworth.ts';
import { createRedeemOnce } from './identity/redeem-once.ts';
import { createReadResult } from './identity/results.ts';
import { createCallerOf, createIsSignedCall } from './identity/signed-calls.ts';
import { createStateTokens } from './identity/state-token.ts';
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
  /** What the sources need at the start and then regularly. */
  readonly refreshSources?: () => void;
  readonly vault: Vault;
  readonly log: Log;
  readonly metrics?: Metrics;
  /** What looks up the issuer's host; absent: what this process shares. */
  readonly resolver?: Resolver | undefined;
}

export interface App {
  readonly handle: Handler;
  /** For a port of the operator's: probes and metrics. */
  readonly operations: Handler;
  /** From now on /readyz says no, so that routers stop sending, and nobody is kept waiting for a result. */
  drain(): void;
  /** Resolves when no operation runs. */
  idle(): Promise<void>;
  close(): Promise<void>;
}

const firstOperation = new URL('../examples/authenticate.graphql', import.meta.url);

/** Puts the rooms together: a configuration, a store and sources become a handler that needs no port. */
export const createApp = async (
  config: Config,
  { store, sources, refreshSources = () => {}, vault, log, metrics = createMetrics(), resolver }: AppDeps,
): Promise<App> => {
  const apps = createApps(config, sources);
  const { times } = config;
  const redeemOnce = createRedeemOnce({ store, log, metrics, times });
  const stopping = new AbortController();
  const stateTokens = createStateTokens(vault, Date.now);
  const callerOf = createCallerOf({ store, now: Date.now });
  const services = {
    store,
    apps,
    admission: createAdmission({ apps, isSignedCall: createIsSignedCall({ now: Date.now }), ...config.limits }),
    metrics,
    authentication: createAuthentication({ store, apps, redeemOnce, stateTokens, callerOf, times }),
    readResult: createReadResult({
      ...{ store, apps, log, metrics, times },
      limits: config.limits,
      stopping: stopping.signal,
    }),
    certification: createCertification({ store, apps, times }),
    queryJobworth: createJobworth({ apps, redeemOnce }),
  };
  const apollo = createApolloServer({
    log,
    explorable: config.sandbox,
    scopesInSdl: config.callers.scopesInSdl,
    limits: config.limits,
    firstOperation: readFileSync(firstOperation, 'utf8'),
  });
  await apollo.start();

  refreshSources();

  const sweeper = startSweeper({ store, vault, log, everyMs: times.sweepEveryMs, before: refreshSources });

  const { handle, operations, idle } = createHandler({
    ...{ apollo, services, metrics },
    router: config.router ? createRouterCheck(config.router, Date.now) : withoutRouterCheck,
    callers: config.sandbox ? sandboxCallers : createCallers(config.callers, log, resolver),
    operationMs: times.operationMs,
    clientAddressHeader: config.http.clientAddressHeader,
    corsOrigins: config.sandbox ? [apolloSandbox, ...config.http.cors] : config.http.cors,
    pages: config.sandbox ? readStaticPages() : new Map(),
    metricsHere: config.sandbox,
    accepting: () => !stopping.signal.aborted,
  });

  return {
    handle,
    operations,
    idle,
    drain: () => stopping.abort(),
    async close() {
      stopping.abort();
      sweeper.stop();
      await apollo.stop();
    },
  };
};
