/** `sessions: required` and the start of the service: which channels it can be required on, and what it needs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { openSources } from '../../src/channels/registry.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';

const folder = mkdtempSync(join(tmpdir(), 'payer-identity-required-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const secret = '0123456789abcdef0123456789abcdef';
const keys = generateVaultKeys();
const dax = { type: 'daxpay', baseUrl: 'https://dax.example.com', appId: 'A1', secret };
const queryUrl = 'https://dax.example.com/query';
const sources = {
  wechat: { type: 'wechat', appId: 'wx1', appSecret: secret },
  website: { type: 'wechat', appId: 'wx2', appSecret: secret, scope: 'snsapi_login', channels: ['wechat_web'] },
  mini: { type: 'wechat', kind: 'miniprogram', appId: 'wx3', appSecret: secret, channels: ['wechat_mini'] },
  code: { type: 'wechat', kind: 'payment_code', appId: 'wx4', mchId: '1', apiKey: secret, channels: ['wechat_code'] },
  dax,
  daxga: { ...dax, profile: 'ga', mchNo: 'M1' },
  keeping: { ...dax, resultHolder: { queryUrl } },
  jucai: { type: 'jucai', baseUrl: 'https://jucai.example.com', mchNo: 'M1', appId: 'A1', secret },
};
const returnUrls = ['https://shop.example.com/back'];

const start = async (app: object): Promise<string> => {
  const path = join(folder, 'config.json');
  const apps = [{ id: 'shop', sessions: 'required', returnUrls, ...app }];
  writeFileSync(path, JSON.stringify({ defaultApp: 'shop', apps, sources, router: { secrets: [secret] }, keys }));
  const loading = loadConfig({ CONFIG: path }, () => Promise.reject(new Error('no sandbox here')));
  const config = await loading.catch((error: unknown) => String(error));
  if (typeof config === 'string') return config;
  const opened = openSources(config.sources);
  const vault = openVault(keys);
  const store = createStore(openSqlite({ file: ':memory:', now: Date.now }), { vault, times: config.times });
  onTestFinished(async () => {
    await opened.close();
    await store.close();
  });
  try {
    const created = await createApp(config, { store, sources: opened, vault, log: createLog('silent') });
    await created.close();
    return 'it starts';
  } catch (error) {
    return String(error);
  }
};

test('an app that requires sessions without returnUrls is refused: startAuthentication would accept no page', async () => {
  for (const app of [{ returnUrls: [] }, { returnUrls: undefined }]) {
    const said = await start({ channels: { wechat_pay: 'wechat' }, ...app });
    expect(said).toMatch(/apps\.shop\.returnUrls: .*wechat_pay.*List the pages/);
  }
});

test.each([
  ['WeChat in its browser', { wechat_pay: 'wechat' }],
  [
    'an official account, a website, a mini program and payment codes',
    { wechat_pay: 'wechat', wechat_web: 'website', wechat_mini: 'mini', wechat_code: 'code' },
  ],
  ['UnionPay and payment codes of JuCai', { union_pay: 'jucai', wechat_pay: 'jucai' }],
  ['daxpay, as the only source', { ali_pay: 'dax', wechat_pay: 'dax' }],
  ['daxpay ga', { wechat_pay: 'daxga' }],
  ['daxpay that holds results', { ali_pay: 'keeping' }],
  ['daxpay beside a source with a page', { wechat_pay: 'wechat', ali_pay: 'dax' }],
])('%s can be required to have sessions', async (_, channels) => {
  expect(await start({ channels })).toBe('it starts');
});

test('an app whose channels have no page requires sessions without returnUrls', async () => {
  const channels = { wechat_mini: 'mini', wechat_code: 'code', wechat_pay: 'jucai', ali_pay: 'dax' };
  expect(await start({ channels, returnUrls: [] })).toBe('it starts');
});

test('daxpay serves apps whose sessions are optional, with and without returnUrls', async () => {
  for (const app of [{}, { returnUrls: [] }])
    expect(await start({ channels: { ali_pay: 'dax' }, sessions: 'optional', ...app })).toBe('it starts');
});
