/** The whole service in sandbox mode, in the process of another team's test: free ports, a database that goes with it. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../app.ts';
import { openSources } from '../channels/registry.ts';
import { type Config, loadConfig } from '../config/load.ts';
import { openConfiguredStore } from '../config/store.ts';
import type { Payer } from '../emulators/payer.ts';
import { type Sandbox, startSandbox as startChannels, testIdentityId } from '../emulators/sandbox.ts';
import { issueTestCode } from '../emulators/test-codes.ts';
import type { Handler } from '../http/edge.ts';
import { type HttpServer, listen } from '../http/server.ts';
import { createLog } from '../lib/log.ts';
import { portFault } from '../start/ports.ts';
import { requireKnown } from './options.ts';

/** An app of the sandbox, in the form of `apps[]` of the configuration file. */
export interface SandboxApp {
  /** One of the sandbox's own, such as demo, is changed; a new one is added. */
  readonly id: string;
  /** The source of each channel, such as `{ ali_pay: 'alipay', wechat_pay: 'wechat' }`. */
  readonly channels?: Readonly<Record<string, string | null>>;
  /** Besides the pages of this machine. */
  readonly returnUrls?: readonly string[];
  readonly sessions?: 'optional' | 'required';
  readonly attempts?: number;
  readonly codeChallenge?: 'optional' | 'required';
  readonly [setting: string]: unknown;
}

export interface SandboxOptions {
  readonly apps?: readonly SandboxApp[];
  /** The app of calls that name none; demo by default. */
  readonly defaultApp?: string;
  /** False for gateways that refuse a schema with @requiresScopes. */
  readonly scopesInSdl?: boolean;
  /** The service's port; a free one by default. */
  readonly port?: number;
  /** Every other setting, in the form of the configuration file: `{ times: { deadlineMs: 1000 } }`. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** Called with each line of the log; by default no line is written. */
  readonly log?: (line: string) => void;
}

const OPTIONS = { apps: true, defaultApp: true, scopesInSdl: true, port: true, config: true, log: true } as const;

export interface TestSandbox {
  /** Where the service listens, without a slash at the end. */
  readonly url: string;
  readonly graphqlUrl: string;
  /** The same operations as `payer`, by GraphQL, for tests in another process. */
  readonly steeringUrl: string;
  /** The payer of every session. */
  readonly payer: Payer;
  /** A new auth code, as a mini program, an app or a payment code gives it to the merchant. */
  readonly newAuthCode: typeof issueTestCode;
  /** Ends every connection and deletes the database. May be called again. */
  close(): Promise<void>;
}

const overlayOf = ({ apps, defaultApp, scopesInSdl, config }: SandboxOptions) => ({
  ...config,
  ...(apps && { apps }),
  ...(defaultApp !== undefined && { defaultApp }),
  ...(scopesInSdl !== undefined && { callers: { scopesInSdl } }),
});

/** How long running requests may take after `close` was called. */
const GRACE_MS = 1_000;

const serve = async (config: Config, channels: Sandbox, { log: write }: SandboxOptions) => {
  const log = write ? createLog('info', { write }) : createLog('silent');
  const { vault, store } = await openConfiguredStore(config, {
    env: {},
    log,
    serve: true,
    newIdentityId: testIdentityId,
  });
  const sources = openSources(config.sources, { guard: config.limits.source });
  const app = await createApp(config, { store, sources, vault, log, sandboxRoutes: channels.routes });
  const servers: HttpServer[] = [];
  const close = async () => {
    app.drain();
    await Promise.all(servers.map((server) => server.close(GRACE_MS)));
    await sources.close();
    await app.idle();
    await app.close();
    await store.close();
  };
  const open = async (handle: Handler, place: { host: string; port: number }): Promise<HttpServer> => {
    const server = await listen(handle, { ...place, log }).catch(async (error: unknown) => {
      await close();
      throw portFault(error, place, { host: 'host', port: 'the option port' });
    });
    servers.push(server);
    return server;
  };
  if (app.door && config.door) await open(app.door, config.door);
  const { url } = await open(app.handle, { host: config.host, port: config.port });
  return { url, close };
};

/** Rejects with a message that names the setting when an option is not valid. */
export const startSandbox = async (options: SandboxOptions = {}): Promise<TestSandbox> => {
  requireKnown('startSandbox', options, OPTIONS);
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-sandbox-'));
  const opened: (() => Promise<void>)[] = [async () => rmSync(folder, { recursive: true, force: true })];
  let closing: Promise<void> | undefined;
  const closeAll = async (): Promise<void> => {
    for (const close of opened.toReversed()) await close();
  };
  const close = (): Promise<void> => {
    closing ??= closeAll();
    return closing;
  };
  try {
    const overlay = join(folder, 'options.json');
    writeFileSync(overlay, JSON.stringify(overlayOf(options)));
    let channels: Sandbox | undefined;
    const env = { PORT: `${options.port ?? 0}`, DATA_DIR: folder, SANDBOX: overlay };
    const config = await loadConfig(env, async (origin) => {
      channels = await startChannels(origin);
      opened.push(channels.close);
      return channels.config;
    });
    if (!channels) throw new Error('The sandbox has not started');
    const service = await serve(config, channels, options);
    opened.push(service.close);
    await channels.listening(service.url);
    const { url } = service;
    return {
      url,
      graphqlUrl: `${url}/graphql`,
      steeringUrl: `${url}/sandbox/graphql`,
      payer: channels.payer,
      newAuthCode: issueTestCode,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
};
