import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createApp } from '../../../src/app.ts';
import { openSources } from '../../../src/channels/registry.ts';
import { type FileConfig, loadConfig } from '../../../src/config/load.ts';
import { listen } from '../../../src/http/server.ts';
import { createLog } from '../../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../../src/security/vault.ts';
import { createStore } from '../../../src/store/create-store.ts';
import { openSqlite } from '../../../src/store/engine/sqlite.ts';
import type { Store } from '../../../src/store/store.ts';

export const oldSecret = 'old-router-secret-0123456789abcdef';
export const newSecret = 'new-router-secret-0123456789abcdef';

/** The service as it runs behind a router: with a configuration file, and no sandbox. */
export const startConfigured = async (
  changeStore: (store: Store) => Partial<Store> = () => ({}),
  changes: Partial<FileConfig> = {},
) => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-'));
  const path = join(folder, 'config.json');
  const keys = generateVaultKeys();
  writeFileSync(
    path,
    JSON.stringify({
      defaultApp: 'shop',
      apps: [{ id: 'shop', channels: { ali_pay: 'upstream' } }],
      // Nothing is redeemed here, so no upstream listens.
      sources: { upstream: { type: 'daxpay', baseUrl: 'http://127.0.0.1', appId: 'a', secret: 's' } },
      router: { secrets: [oldSecret, newSecret] },
      keys,
      ...changes,
    }),
  );
  const config = await loadConfig({ CONFIG: path }, () => Promise.reject(new Error('no sandbox here')));
  const vault = openVault(keys);
  const opened = createStore(openSqlite({ file: ':memory:', now: Date.now }), { vault, times: config.times });
  const store = { ...opened, ...changeStore(opened) };
  const sources = openSources(config.sources);
  const log = createLog('silent');
  const app = await createApp(config, { store, sources, vault, log });
  const server = await listen(app.handle, { host: '127.0.0.1', port: 0, log });
  return {
    app,
    url: server.url,
    async close() {
      await server.close(1_000);
      await app.close();
      await sources.close();
      await opened.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
