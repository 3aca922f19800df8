/** Starts the service, listens, and drains on SIGTERM; no other file does. */
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { type App, createApp } from './app.ts';
import { createSourceRefresh } from './channels/refresh.ts';
import { openSources, type Sources } from './channels/registry.ts';
import { prepareDataDir } from './config/data-dir.ts';
import { type Config, loadConfig, sourcesReader } from './config/load.ts';
import { openConfiguredStore } from './config/store.ts';
import { type Sandbox, startSandbox, testIdentityId } from './emulators/sandbox.ts';
import type { Handler } from './http/edge.ts';
import { listen } from './http/server.ts';
import { createLog, type Log } from './lib/log.ts';
import { createResolver } from './lib/resolver.ts';
import { createMetrics, type Metrics, measureProcess, measureUpstream } from './metrics.ts';
import { greeting } from './start/greeting.ts';
import { places, portFault } from './start/ports.ts';
import { readyFields } from './start/ready-line.ts';
import { KeysMismatch } from './store/key-check.ts';
import type { Store } from './store/store.ts';

/** How long operations that run at SIGTERM may take; a redemption that was sent is settled by then. */
const DRAIN_MS = 10_000;
/** After this the process ends, even if an operation or a connection hangs. */
const STOP_MS = 14_500;

/** On a terminal, sandbox mode shows no line of each call, unless LOG_LEVEL asks for it: the greeting stays in sight. */
const isQuiet = ({ CONFIG, LOG_LEVEL }: NodeJS.ProcessEnv): boolean =>
  process.stdout.isTTY && !CONFIG && LOG_LEVEL === undefined;

/** Rejects with what the operator should set when it cannot start. */
export const startService = async (given: NodeJS.ProcessEnv): Promise<void> => {
  const quiet = isQuiet(given);
  const env = quiet ? { ...given, LOG_LEVEL: 'warn' } : given;
  let sandbox: Sandbox | undefined;
  const loaded = await loadConfig(env, async (origin, lanHost) => {
    sandbox = await startSandbox(origin, lanHost);
    return sandbox.config;
  });
  const config = withLanDoor(loaded, sandbox?.lanDoorUrl);
  const log = createLog(config.logLevel);
  const resolver = createResolver({ resolver: config.nameLookup });
  const metrics = createMetrics();
  // Before the store: a start that ends here leaves no database and no keys.
  const sources = openSources(config.sources, {
    observe: measureUpstream(metrics),
    guard: config.limits.source,
    resolver,
  });
  const readSources = sourcesReader(env);
  prepareDataDir(config.dataDir);
  const { vault, store } = await openConfiguredStore(config, {
    env,
    log,
    serve: true,
    lookup: resolver.lookup,
    ...(config.sandbox && { newIdentityId: testIdentityId }),
  });
  // With the keys of another database the service does not start; while a database cannot be written, /readyz is 503.
  await store.ready().catch((error: unknown) => {
    if (error instanceof KeysMismatch) throw error;
    log.error('the store is not ready', { error });
  });
  measureProcess(metrics);
  const refreshSources = createSourceRefresh({ sources, log, now: Date.now, readSources });
  const more = sandbox && { sandboxRoutes: sandbox.routes };
  const app = await createApp(config, { store, sources, refreshSources, vault, log, metrics, resolver, ...more });
  const ports = await openPorts(config, app, { log, metrics });
  const { url } = ports.server;
  const lanUrl = await sandbox?.listening(url);
  // After the lines of the log, which are written at the end of this turn.
  await turn();
  if (config.sandbox) process.stdout.write(greeting({ url, lanUrl, config, quiet }));

  stopOnSignal(() => stopService(config, { app, sources, store, ports, sandbox, log }));
};

/** Phones cannot open the door of this machine, and no configuration file may name one without TLS elsewhere. */
export const withLanDoor = (config: Config, publicUrl: string | undefined): Config =>
  config.door && publicUrl !== undefined ? { ...config, door: { ...config.door, publicUrl } } : config;

/** Rejects with the setting to change when the port does not open. */
const open = (handle: Handler, options: Parameters<typeof listen>[1], place: Parameters<typeof portFault>[2]) =>
  listen(handle, options).catch((error: unknown) => Promise.reject(portFault(error, options, place)));

/** The operator's port first: its probes answer before the service takes traffic. */
const openPorts = async (config: Config, app: App, { log, metrics }: { log: Log; metrics: Metrics }) => {
  const operations = config.metrics && (await open(app.operations, { ...config.metrics, log }, places.metrics));
  if (operations) log.info('metrics', { url: `${operations.url}/metrics` });
  const edge = { log, onRefusal: (code: string) => metrics.refusals.inc({ code }), limits: config.http };
  const door = app.door && config.door && (await open(app.door, { ...config.door, ...edge }, places.door));
  if (door) log.info('the door is open', { url: door.url });
  const where = { host: config.host, port: config.port };
  const server = await open(app.handle, { ...where, tls: config.tls, ...edge }, places.service);
  log.info('listening', { ...readyFields(config), url: server.url });
  return { server, door, operations };
};

interface Running {
  readonly app: App;
  readonly sources: Sources;
  readonly store: Store;
  readonly ports: Awaited<ReturnType<typeof openPorts>>;
  readonly sandbox: Sandbox | undefined;
  readonly log: Log;
}

/** Drains: what was sent is settled before the store closes. */
const stopService = async (config: Config, running: Running): Promise<void> => {
  const { app, sources, store, sandbox, log } = running;
  const { server, door, operations } = running.ports;
  log.info('stopping');
  setTimeout(() => process.exit(1), STOP_MS).unref();
  const acceptMs = config.sandbox ? 0 : config.http.drainDelayMs;
  const cutOff = delay(acceptMs + DRAIN_MS);
  app.drain();
  await Promise.all([server.close(DRAIN_MS, acceptMs), door?.close(DRAIN_MS, acceptMs)]);
  // Operations whose clients have gone go on.
  await Promise.race([app.idle(), cutOff]);
  await sources.close();
  // Operations whose exchange was cut off still store its outcome.
  await app.idle();
  await app.close();
  await operations?.close(0);
  await store.close();
  await sandbox?.close();
};

const stopOnSignal = (stop: () => Promise<void>): void => {
  const stopOnce = () => {
    process.removeAllListeners('SIGTERM').removeAllListeners('SIGINT');
    stop().then(
      () => process.exit(0),
      () => process.exit(1),
    );
  };
  process.once('SIGTERM', stopOnce).once('SIGINT', stopOnce);
};
