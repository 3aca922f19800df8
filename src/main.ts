/** Starts the service, listens, and drains on SIGTERM; no other file does. */
import { mkdirSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type App, createApp } from './app.ts';
import { createSourceRefresh } from './channels/refresh.ts';
import { openSources } from './channels/registry.ts';
import { type Config, loadConfig, sourcesReader } from './config/load.ts';
import { describeForOperator } from './config/operator-errors.ts';
import { openConfiguredStore } from './config/store.ts';
import { type Sandbox, startSandbox, testIdentityId } from './emulators/sandbox.ts';
import { listen } from './http/server.ts';
import { createLog, type Log } from './lib/log.ts';
import { createResolver } from './lib/resolver.ts';
import { createMetrics, type Metrics, measureProcess, measureUpstream } from './metrics.ts';
import { KeysMismatch } from './store/key-check.ts';

/** How long operations that run at SIGTERM may take; a redemption that was sent is settled by then. */
const DRAIN_MS = 10_000;
/** After this the process ends, even if an operation or a connection hangs. */
const STOP_MS = 14_500;

const schemaNote = ({ scopesInSdl }: Config['callers']) =>
  scopesInSdl
    ? 'with @requiresScopes; SCOPES_IN_SDL=false npm start for gateways that refuse it'
    : 'without @requiresScopes (SCOPES_IN_SDL=false)';

const greeting = (url: string, { dataDir, callers }: Config) => `
payer-identity is in sandbox mode: emulated channels, results in ${dataDir}, nothing leaves this machine.

  GraphQL          ${url}/graphql
  Apollo Sandbox   ${url}/
  Offline explorer ${url}/explorer
  Cashier          ${url}/cashier
  Metrics          ${url}/metrics
  Schema           ${schemaNote(callers)}

Try it:

  curl -s ${url}/graphql -H 'content-type: application/json' \\
    -d '{"query":"mutation { authenticate(input: { channelId: \\"wechat_pay\\", authCode: \\"test_ok_alice\\" }) { __typename ... on PayerAuthenticated { identity { id openId } } ... on PayerFailure { code message } } }"}'

`;

const start = async () => {
  let sandbox: Sandbox | undefined;
  const config = await loadConfig(process.env, async (origin) => {
    sandbox = await startSandbox(origin);
    return sandbox.config;
  });
  const log = createLog(config.logLevel);
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  const resolver = createResolver({ resolver: config.nameLookup });
  const { vault, store } = await openConfiguredStore(config, {
    env: process.env,
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
  const metrics = createMetrics();
  measureProcess(metrics);
  const sources = openSources(config.sources, {
    observe: measureUpstream(metrics),
    guard: config.limits.source,
    resolver,
  });
  const readSources = sourcesReader(process.env);
  const refreshSources = createSourceRefresh({ sources, log, now: Date.now, readSources });
  const app = await createApp(config, { store, sources, refreshSources, vault, log, metrics, resolver });
  const { server, door, operations } = await openPorts(config, app, { log, metrics });
  if (config.sandbox) process.stdout.write(greeting(server.url, config));

  const stop = async () => {
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
  stopOnSignal(stop);
};

/** The operator's port first: its probes answer before the service takes traffic. */
const openPorts = async (config: Config, app: App, { log, metrics }: { log: Log; metrics: Metrics }) => {
  const operations = config.metrics && (await listen(app.operations, { ...config.metrics, log }));
  if (operations) log.info('metrics', { url: `${operations.url}/metrics` });
  const edge = { log, onRefusal: (code: string) => metrics.refusals.inc({ code }), limits: config.http };
  const door = app.door && config.door && (await listen(app.door, { ...config.door, ...edge }));
  if (door) log.info('the door is open', { url: door.url });
  const server = await listen(app.handle, { host: config.host, port: config.port, tls: config.tls, ...edge });
  log.info('listening', { url: server.url });
  return { server, door, operations };
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

start().catch((error: unknown) => {
  process.stderr.write(`payer-identity cannot start: ${describeForOperator(error)}\n`);
  process.exit(1);
});
