/** The service in this process, with an emulated DaxPay and a store whose calls a test can fail or delay. */
import { createApp } from '../../../src/app.ts';
import { openSources } from '../../../src/channels/registry.ts';
import { type FileConfig, loadConfig } from '../../../src/config/load.ts';
import { startDaxpay } from '../../../src/emulators/daxpay.ts';
import { listen } from '../../../src/http/server.ts';
import { createLog } from '../../../src/lib/log.ts';
import { openVault, type VaultKeys } from '../../../src/security/vault.ts';
import { createStore } from '../../../src/store/create-store.ts';
import type { Engine } from '../../../src/store/engine/engine.ts';
import type { Store } from '../../../src/store/store.ts';
import { AUTHENTICATE, type GraphqlAnswer } from './service.ts';

/** Runs before each call of the store. */
export interface Obstacles {
  /** It marks the code, too. */
  claim?: (() => Promise<void>) | undefined;
  settle?: (() => Promise<void>) | undefined;
}

const withObstacles = (store: Store, obstacles: Obstacles): Store => {
  return {
    ...store,
    async claim(request) {
      await obstacles.claim?.();
      return store.claim(request);
    },
    async settle(lease, outcome) {
      await obstacles.settle?.();
      return store.settle(lease, outcome);
    },
  };
};

export const startDiskService = async (engine: Engine, keys: VaultKeys, times: FileConfig['times']) => {
  const upstream = await startDaxpay({ apps: [{ appId: 'demo', secret: '123456' }] });
  const config = await loadConfig({ PORT: '0' }, async () => ({
    defaultApp: 'demo',
    apps: [{ id: 'demo', channels: { wechat_pay: 'daxpay' } }],
    sources: { daxpay: { type: 'daxpay', baseUrl: upstream.origin, appId: 'demo', secret: '123456' } },
    times,
  }));
  const obstacles: Obstacles = {};
  const vault = openVault(keys);
  const log = createLog('silent');
  const store = withObstacles(createStore(engine, { vault, times: config.times }), obstacles);
  const sources = openSources(config.sources);
  const app = await createApp(config, { store, sources, vault, log });
  const server = await listen(app.handle, { host: '127.0.0.1', port: 0, log });
  const graphql = async (query: string, variables: object) => {
    const headers = { 'content-type': 'application/json' };
    const body = JSON.stringify({ query, variables });
    const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
    const { data } = (await response.json()) as Pick<GraphqlAnswer, 'data'>;
    return data;
  };

  return {
    obstacles,
    readiness: async (): Promise<number> => (await fetch(`${server.url}/readyz`)).status,
    async authenticate(authCode: string) {
      return (await graphql(AUTHENTICATE, { input: { channelId: 'wechat_pay', authCode } }))?.authenticate;
    },
    async openIdOf(payerId: string): Promise<unknown> {
      return (await graphql('query ($id: ID!) { payerIdentity(id: $id) { openId } }', { id: payerId }))?.payerIdentity
        ?.openId;
    },
    /** How often a code has reached the upstream. */
    sends: (authCode: string) =>
      upstream.ledger.filter(({ body }) => (JSON.parse(body) as { authCode?: string }).authCode === authCode).length,
    async close() {
      await server.close(1_000);
      await app.close();
      await sources.close();
      await store.close();
      await upstream.close();
    },
  };
};

export type DiskService = Awaited<ReturnType<typeof startDiskService>>;
