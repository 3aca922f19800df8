/** The whole service in this process, over real HTTP, with an emulated DaxPay and a database of its own. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../../src/app.ts';
import { openSources } from '../../../src/channels/registry.ts';
import type { OpenedSource } from '../../../src/channels/source.ts';
import { type FileConfig, loadConfig } from '../../../src/config/load.ts';
import { type DaxpayApp, startDaxpay } from '../../../src/emulators/daxpay.ts';
import type { HttpConfig } from '../../../src/http/config.ts';
import { listen } from '../../../src/http/server.ts';
import { createLog } from '../../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../../src/security/vault.ts';
import { createStore } from '../../../src/store/create-store.ts';
import { openSqlite } from '../../../src/store/engine/sqlite.ts';
import type { Store } from '../../../src/store/store.ts';
import { loadWithMadeSources } from './made-sources.ts';

export interface ServiceOptions {
  /** Changes to the emulated DaxPay application. */
  readonly daxpay?: Partial<DaxpayApp>;
  /** Changes to the source that calls it. */
  readonly source?: Readonly<Record<string, unknown>>;
  /** Changes to the configuration. */
  readonly config?: Partial<FileConfig>;
  /** Sources beside the emulated DaxPay, for apps of `config` to name. */
  readonly sources?: Readonly<Record<string, OpenedSource>>;
  /** False: callers have to authenticate, as with a configuration file. */
  readonly sandbox?: boolean;
  /** Wraps the store, to fail or delay its calls. */
  readonly wrap?: (store: Store) => Store;
  /** Changes to the limits of connections. */
  readonly http?: Partial<HttpConfig>;
}

export interface GraphqlAnswer {
  readonly status: number;
  // biome-ignore lint/suspicious/noExplicitAny: tests assert the shape that they select
  readonly data: any;
  // biome-ignore lint/suspicious/noExplicitAny: likewise
  readonly errors: any;
}

export const consoleToken = 'console-session';

export const startService = async ({
  daxpay = {},
  source = {},
  config = {},
  sources: others = {},
  sandbox = true,
  wrap = (store) => store,
  http = {},
}: ServiceOptions = {}) => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-'));
  const app: DaxpayApp = { appId: 'demo', secret: '123456', ...daxpay };
  const upstream = await startDaxpay({ apps: [app], consoleToken });
  const logLines: string[] = [];
  const log = createLog('info', { write: (line) => void logLines.push(line) });
  const given: FileConfig = {
    defaultApp: 'demo',
    apps: [{ id: 'demo', channels: { ali_pay: 'daxpay', wechat_pay: 'daxpay' } }],
    sources: { daxpay: { type: 'daxpay', baseUrl: upstream.origin, appId: app.appId, secret: app.secret, ...source } },
    channelTitles: { ali_pay: '支付宝', wechat_pay: '微信支付' },
    ...config,
  };
  const env = { PORT: '0', DATA_DIR: folder };
  const isMade = Object.keys(others).length > 0;
  const loaded = isMade ? await loadWithMadeSources(env, given) : await loadConfig(env, async () => given);
  const database = join(folder, 'payer-identity.sqlite');
  const vault = openVault(generateVaultKeys());
  const store = createStore(openSqlite({ file: database, now: Date.now }), { vault, times: loaded.times, log });
  const sources = openSources(loaded.sources, { guard: loaded.limits.source });
  const allSources = { get: (name: string) => others[name] ?? sources.get(name), close: sources.close };
  const service = await createApp({ ...loaded, sandbox }, { store: wrap(store), sources: allSources, vault, log });
  const server = await listen(service.handle, {
    host: '127.0.0.1',
    port: 0,
    log,
    tls: loaded.tls,
    limits: { ...loaded.http, ...http },
  });

  return {
    url: server.url,
    file: database,
    upstream,
    store,
    logLines,
    async graphql(query: string, variables: Record<string, unknown> = {}, headers = {}): Promise<GraphqlAnswer> {
      const response = await fetch(`${server.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...headers },
        body: JSON.stringify({ query, variables }),
      });
      const { data, errors } = (await response.json()) as Omit<GraphqlAnswer, 'status'>;
      return { status: response.status, data, errors };
    },
    /** Stops as the process does on SIGTERM, before it closes its port. */
    async drain() {
      service.drain();
      await service.idle();
    },
    async close() {
      await server.close(1_000);
      await service.close();
      await sources.close();
      await store.close();
      await upstream.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export type Service = Awaited<ReturnType<typeof startService>>;

/** Every field of every member, for tests of `authenticate`. */
export const AUTHENTICATE = `
  mutation Authenticate($input: PayerAuthenticateInput!) {
    authenticate(input: $input) {
      __typename
      ... on PayerAuthenticated {
        identity { id appId openId userId unionId subAppId subOpenId firstAuthenticatedAt lastAuthenticatedAt channel { id title } }
        accessToken { value expiresAt }
      }
      ... on PayerFailure { code message traceId }
      ... on PayerInvalidInput { fields { path message } }
      ... on PayerNotAllowed { requiredScope }
      ... on PayerChannelUnavailable { retryAfterSeconds }
      ... on PayerServiceBusy { retryAfterSeconds }
      ... on PayerOutcomePending { retryAfterSeconds }
    }
  }`;

export const AUTHENTICATE_AND_SET = `
  mutation AuthenticateAndSet($input: PayerAuthenticateAndSetInput!) {
    authenticateAndSet(input: $input) {
      __typename
      ... on PayerAuthResultStored { queryCode expiresAt }
      ... on PayerFailure { code message traceId }
      ... on PayerInvalidInput { fields { path message } }
    }
  }`;

export const AUTH_RESULT = `
  query AuthResult($queryCode: String!, $waitSeconds: Int) {
    authResult(queryCode: $queryCode, waitSeconds: $waitSeconds) {
      __typename
      ... on PayerAuthWaiting { clientReferenceId pollAfterSeconds attemptsLeft lastFailure { __typename code traceId } expiresAt }
      ... on PayerAuthSucceeded { clientReferenceId identity { id openId userId } expiresAt }
      ... on PayerAuthFailed { clientReferenceId failure { __typename code message traceId } expiresAt }
      ... on PayerFailure { code message traceId }
      ... on PayerServiceBusy { retryAfterSeconds }
      ... on PayerInvalidInput { fields { path message } }
    }
  }`;
