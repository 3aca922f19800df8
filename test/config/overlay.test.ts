/** The file that SANDBOX names: which changes of sandbox mode's configuration it makes, and which it cannot make. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type FileConfig, loadConfig } from '../../src/config/load.ts';
import { lanAddress } from '../../src/lib/lan-address.ts';

const folder = mkdtempSync(join(tmpdir(), 'payer-identity-overlay-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const generated: FileConfig = {
  defaultApp: 'demo',
  apps: [
    { id: 'demo', channels: { ali_pay: 'daxpay', wechat_pay: 'daxpay' }, returnUrls: ['http://127.0.0.1:4001/payer'] },
    { id: 'other', channels: { ali_pay: 'daxpay' } },
  ],
  sources: { daxpay: { type: 'daxpay', baseUrl: 'http://127.0.0.1:9', appId: 'demo', secret: 'of the emulator' } },
  channelTitles: { ali_pay: '支付宝' },
};

const load = (overlay: string, env: Record<string, string> = {}) => {
  const path = join(folder, 'overlay.json');
  writeFileSync(path, overlay);
  return loadConfig({ SANDBOX: path, ...env }, async () => generated);
};

test('an overlay adds an app, changes one by its id, and leaves the others as they are', async () => {
  const { apps, defaultApp, sandbox } = await load(`{
    "defaultApp": "shop",
    "apps": [
      { "id": "shop", "channels": { "ali_pay": "daxpay" }, "returnUrls": ["https://dev.shop.example/back"], "sessions": "required" },
      { "id": "demo", "channels": { "ali_pay": null }, "attempts": 2 }
    ]
  }`);
  expect(apps.map(({ id }) => id)).toEqual(['demo', 'other', 'shop']);
  expect(apps[0]).toMatchObject({ channels: { wechat_pay: 'daxpay' }, attempts: 2, returnUrls: [/payer$/] });
  expect(apps[0]?.channels).not.toHaveProperty('ali_pay');
  expect(apps[2]).toMatchObject({ sessions: 'required', returnUrls: ['https://dev.shop.example/back'] });
  expect({ defaultApp, sandbox }).toEqual({ defaultApp: 'shop', sandbox: true });
});

test('an overlay changes single settings, and takes values from variables', async () => {
  const config = await load(
    `{
      "callers": { "scopesInSdl": false },
      "times": { "resultTtlMs": 60000 },
      "channelTitles": { "wechat_pay": "微信支付" },
      "sources": { "daxpay": { "secret": { "$env": "TEAM_SECRET" } }, "mine": { "type": "daxpay", "baseUrl": "http://127.0.0.1:9", "appId": "m", "secret": "s" } }
    }`,
    { TEAM_SECRET: 'of the team' },
  );
  expect(config.callers.scopesInSdl).toBe(false);
  expect(config.times).toMatchObject({ resultTtlMs: 60_000, deadlineMs: 5_000 });
  expect(config.channelTitles).toEqual({ ali_pay: '支付宝', wechat_pay: '微信支付' });
  expect(config.sources.daxpay).toMatchObject({ type: 'daxpay', appId: 'demo', secret: 'of the team' });
  expect(config.sources).toHaveProperty('mine.type', 'daxpay');
});

test.each([
  ['[]', 'SANDBOX names a file that holds no object'],
  ['{"keys": {}}', 'keys cannot be set in the file that SANDBOX names'],
  ['{"app": []}', 'app: is not a setting. Did you mean apps?'],
  ['{"apps": {"id": "shop"}}', 'apps'],
  ['{"apps": [{"channels": {}}]}', 'apps.0: has no id'],
  ['{"apps": [{"id": "demo"}, null]}', 'apps.1: is not an object'],
  ['{"apps": [{"id": 7}]}', 'apps.0: has no id'],
  ['{"apps": [{"id": "demo", "attempts": 2}, {"id": "demo"}]}', 'apps.1: is the second one with the id demo'],
  ['{"__proto__": {"sandbox": false}}', '__proto__'],
])('an overlay of %s is refused, and the message names what', async (overlay, message) => {
  await expect(load(overlay)).rejects.toThrow(message);
});

test('SANDBOX and SANDBOX_HOST are refused beside CONFIG, which ends sandbox mode', async () => {
  for (const env of [{ CONFIG: 'payer-identity.json' }, { CONFIG: 'payer-identity.json', SANDBOX_HOST: 'auto' }])
    await expect(load('{}', env)).rejects.toThrow(/SANDBOX and SANDBOX_HOST are for sandbox mode/);
});

test('SANDBOX_HOST takes an IPv4 address or auto, which is the private address of this machine', async () => {
  expect((await load('{}', { SANDBOX_HOST: '192.168.1.20' })).sandboxHost).toBe('192.168.1.20');
  expect((await load('{}')).sandboxHost).toBeUndefined();
  for (const SANDBOX_HOST of ['phone.example', '1.2.3', '::1', '']) {
    await expect(load('{}', { SANDBOX_HOST })).rejects.toThrow(
      /SANDBOX_HOST: is no IPv4 address. Write auto, or one of this machine./,
    );
  }
  const entry = (address: string, internal = false) => ({
    address,
    internal,
    family: 'IPv4' as const,
    netmask: '',
    mac: '',
    cidr: null,
  });
  const lo = [entry('127.0.0.1', true)];
  expect(lanAddress({ lo, tun: [entry('203.0.113.9')], eth: [entry('172.20.1.2')] })).toBe('172.20.1.2');
  expect(lanAddress({ lo, eth: [entry('203.0.113.9')] })).toBe('203.0.113.9');
  expect(lanAddress({ lo })).toBeUndefined();
});
