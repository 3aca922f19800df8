/** The service's configuration for a run: one of production, with every guard on, and rates that one client may reach. */
import type { FileConfig } from '../../src/config/load.ts';
import { benchTimes } from './open-store.ts';
import { audience, type Setup } from './setup.ts';

export const routerSecret = 'bench-router-secret-0123456789abcdef';

/** A load of one client is a flood by the default rates. The buckets are there and are charged; they do not run dry. */
const rate = { perSecond: 1_000_000, burst: 1_000_000 };

export const serviceConfig = ({ keys, postgres, upstream }: Setup): FileConfig => ({
  defaultApp: 'shop',
  apps: [{ id: 'shop', channels: { wechat_pay: 'wechat' } }],
  sources: {
    wechat: { type: 'wechat', kind: 'web', appId: 'wx0123456789abcdef', appSecret: 's'.repeat(32), apiUrl: upstream },
  },
  router: { secrets: [routerSecret] },
  callers: {
    router: ['payer:read', 'payer:authenticate'],
    jwt: { issuer: upstream, audience, algorithms: ['RS256'], jwksUrl: `${upstream}/jwks` },
  },
  keys,
  ...(postgres !== undefined && { store: postgres }),
  times: benchTimes,
  metrics: { port: 0 },
  limits: { rates: { caller: rate, address: rate, app: rate, channel: rate } },
});
