/** Sandbox mode in this process: every emulated channel, and the service on the port that its payer page is listed with. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../../src/app.ts';
import { openSources } from '../../../src/channels/registry.ts';
import { openConfiguredVault } from '../../../src/config/keys.ts';
import { type FileConfig, loadConfig, storeTimes } from '../../../src/config/load.ts';
import { freePort } from '../../../src/emulators/free-port.ts';
import { startSandbox, testIdentityId } from '../../../src/emulators/sandbox.ts';
import { listen } from '../../../src/http/server.ts';
import { createLog, type Log } from '../../../src/lib/log.ts';
import { allScopes } from '../../../src/security/caller.ts';
import { withLanDoor } from '../../../src/service.ts';
import { createStore } from '../../../src/store/create-store.ts';
import { openEngine } from '../../../src/store/engine/open.ts';
import type { GraphqlAnswer } from './service.ts';

const keepErrors = (log: Log, errors: unknown[]): Log => {
  const collect =
    (severity: keyof Log): Log['info'] =>
    (event, fields) => {
      if (fields?.error !== undefined) errors.push(fields.error);
      log[severity](event, fields);
    };
  return { info: collect('info'), warn: collect('warn'), error: collect('error') };
};

interface Options {
  /** False: the emulated channels with a service as in production, where callers through the router have every scope. */
  readonly sandbox?: boolean;
  /** An address at which phones in the room reach the pages. */
  readonly lanHost?: string;
}

export const startSandboxService = async (
  change: (config: FileConfig) => FileConfig = (config) => config,
  { sandbox: isSandbox = true, lanHost }: Options = {},
) => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-'));
  const origin = `http://127.0.0.1:${await freePort()}`;
  const sandbox = await startSandbox(origin, lanHost);
  const env = { PORT: new URL(origin).port, DATA_DIR: folder, ...(lanHost && { SANDBOX_HOST: lanHost }) };
  const loaded = withLanDoor(await loadConfig(env, async () => change(sandbox.config)), sandbox.lanDoorUrl);
  const config = isSandbox
    ? loaded
    : { ...loaded, sandbox: false, callers: { ...loaded.callers, router: [...allScopes] } };
  const logLines: string[] = [];
  const errors: unknown[] = [];
  const log = keepErrors(createLog('info', { write: (line) => void logLines.push(line) }), errors);
  const file = join(folder, 'payer-identity.sqlite');
  const vault = openConfiguredVault(config, {});
  const options = { vault, times: storeTimes(config), log, newIdentityId: testIdentityId };
  const store = createStore(await openEngine(config, log), options);
  const sources = openSources(config.sources, { guard: config.limits.source });
  const app = await createApp(config, { store, sources, vault, log, sandboxRoutes: sandbox.routes });
  const server = await listen(app.handle, { host: config.host, port: config.port, log });
  const lanUrl = await sandbox.listening(server.url);
  const door = app.door && config.door && (await listen(app.door, { ...config.door, log }));

  return {
    origin,
    /** Where the door listens. */
    door: door?.url ?? '',
    /** The service's address for phones in the room, with the key. */
    lanUrl: lanUrl ?? '',
    file,
    folder,
    store,
    vault,
    emulators: sandbox.emulators,
    payer: sandbox.payer,
    config,
    sources: config.sources,
    logLines,
    /** Every error that the service logged, unchanged. */
    errors,
    returnUrl: (channel: string) => `${origin}/payer?channel=${channel}`,
    async graphql(query: string, variables: Record<string, unknown> = {}): Promise<GraphqlAnswer> {
      const response = await fetch(`${origin}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query, variables }),
      });
      return { status: response.status, ...((await response.json()) as Omit<GraphqlAnswer, 'status'>) };
    },
    async close() {
      await Promise.all([server.close(1_000), door?.close(1_000)]);
      await app.close();
      await sources.close();
      await store.close();
      await sandbox.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};

export type SandboxService = Awaited<ReturnType<typeof startSandboxService>>;
