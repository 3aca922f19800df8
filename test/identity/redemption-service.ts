import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { expect, onTestFinished } from 'vitest';
import { createApp } from '../../src/app.ts';
import { openSources } from '../../src/channels/registry.ts';
import { type FileConfig, loadConfig } from '../../src/config/load.ts';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import type { Emulator } from '../../src/emulators/emulator.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import {
  AUTH_RESULT,
  AUTHENTICATE,
  AUTHENTICATE_AND_SET,
  consoleToken,
  type ServiceOptions,
  startService,
} from '../support/services/service.ts';

/** A client of a service, in this process or another. */
export interface Asked {
  graphql(
    query: string,
    variables: Record<string, unknown>,
  ): Promise<{ status: number; data: unknown; errors: unknown }>;
}

/** An answer without errors; the field is all that the operation selects. */
const ask = async (service: Asked, query: string, variables: Record<string, unknown>) => {
  const { status, data, errors } = await service.graphql(query, variables);
  expect({ status, errors }).toEqual({ status: 200, errors: undefined });
  return Object.values(data as object)[0];
};
export const authenticate = (service: Asked, input: object) =>
  ask(service, AUTHENTICATE, { input: { channelId: 'wechat_pay', ...input } });
export const authenticateAndSet = (service: Asked, input: object) =>
  ask(service, AUTHENTICATE_AND_SET, { input: { channelId: 'wechat_pay', ...input } });
export const authResult = (service: Asked, queryCode: string, waitSeconds = 0) =>
  ask(service, AUTH_RESULT, { queryCode, waitSeconds });

export const start = async (options: ServiceOptions = {}) => {
  const service = await startService(options);
  onTestFinished(() => service.close());
  return service;
};

export const startUpstream = async (options: { port?: number; now?: () => number } = {}): Promise<Emulator> => {
  const upstream = await startDaxpay({ apps: [{ appId: 'demo', secret: '123456' }], consoleToken, ...options });
  onTestFinished(() => upstream.close());
  return upstream;
};

/** Short enough to wait for, long enough for a busy machine. */
export const quick = { deadlineMs: 500, patienceMs: 3_000, leaseMs: 1_500, sweepEveryMs: 100 };

/** Takes connections to an upstream, and passes nothing on before it is opened. */
const startGate = async (origin: string) => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const { promise: knocked, resolve: knock } = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const server = createServer(async (client) => {
    const track = (socket: Socket) => {
      sockets.add(socket);
      // A side that breaks off is what some tests are about.
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    };
    track(client);
    knock();
    await opened;
    const upstream = connect(Number(new URL(origin).port), '127.0.0.1');
    track(upstream);
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, knocked, open };
};

/** A service whose calls stay in flight until the gate is opened. */
export const startGated = async (options: ServiceOptions = {}) => {
  const upstream = await startUpstream();
  const gate = await startGate(upstream.origin);
  const service = await start({ ...options, source: { baseUrl: gate.origin, ...options.source } });
  return { service, upstream, gate };
};

/** Keeps the service from writing, as another process that holds the database does. */
export const lock = (file: string): (() => void) => {
  const db = new DatabaseSync(file);
  onTestFinished(() => db.close());
  db.exec('BEGIN IMMEDIATE');
  return () => db.exec('ROLLBACK');
};

const keys = generateVaultKeys();

export interface OwnService {
  readonly folder: string;
  readonly upstream: Emulator;
  readonly config?: Partial<FileConfig>;
  readonly now?: () => number;
  /** Puts trouble between the service and its store. */
  readonly wrap?: (store: Store, file: string) => Store;
}

/** The service on a database that outlives it. */
export const startOn = async ({
  folder,
  upstream,
  config = {},
  now = Date.now,
  wrap = (store) => store,
}: OwnService) => {
  const loaded = await loadConfig({ PORT: '0', DATA_DIR: folder }, async () => ({
    defaultApp: 'demo',
    apps: [{ id: 'demo', channels: { ali_pay: 'daxpay', wechat_pay: 'daxpay' } }],
    sources: { daxpay: { type: 'daxpay', baseUrl: upstream.origin, appId: 'demo', secret: '123456' } },
    ...config,
  }));
  const log = createLog('silent');
  const file = join(folder, 'payer-identity.sqlite');
  const vault = openVault(keys);
  const store = createStore(openSqlite({ file, now }), { vault, times: loaded.times });
  const sources = openSources(loaded.sources);
  const app = await createApp(loaded, { store: wrap(store, file), sources, vault, log });
  const server = await listen(app.handle, { host: '127.0.0.1', port: 0, log });
  let running = true;
  const stop = async () => {
    if (!running) return;
    running = false;
    await server.close(500);
    await app.close();
    await sources.close();
    await store.close();
  };
  onTestFinished(stop);
  const graphql: Asked['graphql'] = async (query, variables) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data: unknown; errors: unknown };
    return { status: response.status, data, errors };
  };
  return { graphql, stop };
};

export const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-restart-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

export const uniqueQueryCode = (() => {
  let made = 0;
  return () => {
    made += 1;
    return `query-code-of-test-${made}`;
  };
})();
