/** Which values the configuration accepts, from each of its origins: the file itself, $env and $file. */
import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { openSources } from '../../src/channels/registry.ts';
import { ConfigError, loadConfig, readKeys } from '../../src/config/load.ts';
import { generateVaultKeys } from '../../src/security/vault.ts';

const folder = mkdtempSync(join(tmpdir(), 'payer-identity-values-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const writeFile = (bytes: string | Buffer): string => {
  files += 1;
  const path = join(folder, `${files}`);
  writeFileSync(path, bytes);
  return path;
};

const secret = '0123456789abcdef0123456789abcdef';
const keys = generateVaultKeys();
const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const { publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const privatePem = privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
const publicBase64 = publicKey.export({ format: 'der', type: 'spki' }).toString('base64');

const complete = {
  defaultApp: 'shop',
  apps: [{ id: 'shop', channels: { wechat_pay: 'wechat' }, returnUrls: ['https://shop.example.com/back'] }],
  sources: {
    wechat: { type: 'wechat', appId: 'wx1', appSecret: secret },
    code: { type: 'wechat', kind: 'payment_code', appId: 'wx1', mchId: '10000100', apiKey: secret },
    daxpay: {
      type: 'daxpay',
      baseUrl: 'https://dax.example.com',
      appId: 'A1',
      secret,
      resultHolder: { queryUrl: 'https://dax.example.com/query', headers: { accesstoken: secret } },
    },
    jucai: { type: 'jucai', baseUrl: 'https://jucai.example.com', mchNo: 'M1', appId: 'A1', secret },
    alipay: { type: 'alipay', appId: '2021000000000001', privateKey: privatePem, alipayPublicKey: publicBase64 },
  },
  router: { secrets: [secret] },
  keys,
};

const replace = (value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown => {
  if (key === undefined) return by;
  if (Array.isArray(value)) return value.map((item, index) => (`${index}` === key ? replace(item, rest, by) : item));
  const members = Object.entries(value as object);
  return Object.fromEntries(members.map(([name, member]) => [name, name === key ? replace(member, rest, by) : member]));
};

/** Starts as far as the sources. */
const load = async (setting: string, by: unknown, env: Record<string, string> = {}) => {
  const config = JSON.stringify(replace(complete, setting.split('.'), by));
  const loaded = await loadConfig({ CONFIG: writeFile(config), ...env }, () => Promise.reject(new Error('no sandbox')));
  const sources = openSources(loaded.sources);
  onTestFinished(() => sources.close());
  return loaded;
};
const messageOf = (starting: Promise<unknown>): Promise<string> =>
  starting.then(
    () => 'it started',
    (error: unknown) => (error instanceof ConfigError ? error.message : `another error: ${String(error)}`),
  );

const ways: [way: string, give: (text: string) => [value: unknown, env: Record<string, string>]][] = [
  ['in the file', (text) => [text, {}]],
  ['by $env', (text) => [{ $env: 'SEC' }, { SEC: text }]],
  ['by $file', (text) => [{ $file: writeFile(text) }, {}]],
];

describe.each(ways)('a value given %s', (way, give) => {
  const added: [what: string, text: string, named: RegExp][] = [
    ['a blank behind it', `${secret} `, /a blank at its start or end/],
    ['a blank before it', ` ${secret}`, /a blank at its start or end/],
    ['a tab behind it', `${secret}\t`, /a control character/],
    ['a NUL', `${secret}\0`, /a control character/],
    ['a NUL within', `abc\0${secret}`, /a control character/],
    ['an escape sequence', `\u001b[0m${secret}`, /a control character/],
    ['two line breaks behind it', `${secret}\n\n`, /a line break/],
    ['a line break before it', `\n${secret}`, /a line break/],
    ['a line break within', `${secret}\n${secret}`, /a line break/],
    ['a carriage return behind it', `${secret}\r`, /a line break/],
    ['a line separator', `${secret}\u2028`, /a line break/],
    ['a zero-width space', `${secret}\u200b`, /an invisible character/],
    ['a zero-width space within', `abc\u200b${secret}`, /an invisible character/],
    ['a word joiner', `\u2060${secret}`, /an invisible character/],
    ['a soft hyphen', `abc\u00ad${secret}`, /an invisible character/],
    ['a direction mark', `${secret}\u202c`, /an invisible character/],
    ['a byte order mark behind it', `${secret}\ufeff`, /an invisible character/],
    ['a no-break space behind it', `${secret}\u00a0`, /a blank at its start or end/],
    ['a no-break space within', `abc\u00a0${secret}`, /a blank that is not a plain space/],
    ['an ideographic space', `abc\u3000${secret}`, /a blank that is not a plain space/],
    ['a replacement character', `abc\ufffd${secret}`, /not Unicode/],
  ];
  const settings = [
    'sources.wechat.appSecret',
    'sources.code.apiKey',
    'sources.daxpay.secret',
    'sources.jucai.secret',
    'sources.daxpay.resultHolder.headers.accesstoken',
    'sources.wechat.appId',
    'sources.code.mchId',
    'sources.jucai.mchNo',
    'sources.jucai.appId',
    'sources.alipay.appId',
    'router.secrets.0',
    'keys.index',
    'keys.seal.0.key',
    'apps.0.id',
    'apps.0.returnUrls.0',
  ];

  test.each(added)(
    'a value with %s is refused by the name of its setting and without the value',
    async (_, text, named) => {
      for (const setting of settings) {
        const [value, env] = give(text);
        const message = await messageOf(load(setting, value, env));
        // An app is called by its id, where it has one.
        expect(message, setting).toContain(setting.replace(/^apps\.0\.(?!id$)/, 'apps.shop.'));
        expect(message, setting).toMatch(named);
        expect(message, setting).not.toContain(secret);
        if (way === 'by $env') expect(message).toContain('SEC');
      }
    },
  );

  test.each(['appId', 'mchId'])('a value of %s with full-width letters is refused', async (name) => {
    const [value, env] = give('ｗｘ１');
    const starting = messageOf(load(`sources.code.${name}`, value, env));
    expect(await starting).toMatch(new RegExp(`${name}.*ASCII`));
  });

  test('an empty value of a secret is refused', async () => {
    for (const setting of settings.slice(0, 5)) {
      const [value, env] = give('');
      expect(await messageOf(load(setting, value, env)), setting).toContain(setting.split('.').at(-1));
    }
  });

  test('a value may contain blanks, and keys may be broken into lines as key tools do', async () => {
    const [value, env] = give('pass phrase of the shop');
    expect((await load('sources.daxpay.secret', value, env)).sources.daxpay).toMatchObject({
      secret: 'pass phrase of the shop',
    });
    const wrapped = publicBase64.replace(/.{64}/g, '$&\r\n');
    for (const key of [privatePem, `\n${privatePem}\n\n`, privatePem.replaceAll('\n', '\r\n')])
      await expect(load('sources.alipay.privateKey', ...give(key))).resolves.toBeDefined();
    for (const key of [wrapped, ` ${publicBase64}\u00a0`, `${publicBase64}\n\n`])
      await expect(load('sources.alipay.alipayPublicKey', ...give(key))).resolves.toBeDefined();
  });
});

describe('a line break that tools write', () => {
  test.each(['\n', '\r\n'])('one line break %j at the end of a file or variable is removed', async (end) => {
    const env = { SEC: `${secret}${end}` };
    for (const by of [{ $env: 'SEC' }, { $file: writeFile(`${secret}${end}`) }]) {
      const loaded = await load('sources.wechat.appSecret', by, env);
      expect(loaded.sources.wechat).toMatchObject({ appSecret: secret });
    }
    expect(await messageOf(load('sources.wechat.appSecret', `${secret}${end}`))).toMatch(/a line break/);
  });
});

describe('a file', () => {
  const BOM = Buffer.of(0xef, 0xbb, 0xbf);

  test('a file of $file may begin with the byte order mark that editors write', async () => {
    const path = writeFile(Buffer.concat([BOM, Buffer.from(`${secret}\r\n`)]));
    const { sources } = await load('sources.wechat.appSecret', { $file: path });
    expect(sources.wechat).toMatchObject({ appSecret: secret });
  });

  test('a configuration file may begin with a byte order mark', async () => {
    const CONFIG = writeFile(Buffer.concat([BOM, Buffer.from(JSON.stringify(complete))]));
    await expect(loadConfig({ CONFIG }, () => Promise.reject(new Error('no sandbox')))).resolves.toBeDefined();
    expect(readKeys({ CONFIG })).toEqual(keys);
  });

  test.each([
    ['in UTF-16, as some shells write it', Buffer.from(`\ufeff${secret}`, 'utf16le')],
    ['in GBK', Buffer.of(0xd6, 0xd0)],
  ])('a file %s is refused by its path and setting', async (_, bytes) => {
    const path = writeFile(bytes);
    const message = await messageOf(load('sources.wechat.appSecret', { $file: path }));
    expect(message).toContain(path);
    expect(message).toContain('sources.wechat.appSecret');
    expect(message).toMatch(/not UTF-8/);
  });
});

test.each(['NOT_SET', 'constructor', '__proto__', 'toString'])(
  '$env %s that is not set is named, with its setting',
  async (name) => {
    const message = await messageOf(load('sources.wechat.appSecret', { $env: name }));
    expect(message).toContain(`no ${name}`);
    expect(message).toContain('sources.wechat.appSecret');
  },
);

test('channel titles may contain the parts of an emoji', async () => {
  const CONFIG = writeFile(JSON.stringify({ ...complete, channelTitles: { wechat_pay: '微信 ❤️' } }));
  const { channelTitles } = await loadConfig({ CONFIG }, () => Promise.reject(new Error('no sandbox')));
  expect(channelTitles).toEqual({ wechat_pay: '微信 ❤️' });
});

describe('a source opened by itself', () => {
  test.each<[name: keyof typeof complete.sources, option: string]>([
    ['wechat', 'appSecret'],
    ['wechat', 'appId'],
    ['code', 'apiKey'],
    ['code', 'mchId'],
    ['daxpay', 'secret'],
    ['daxpay', 'appId'],
    ['jucai', 'secret'],
    ['jucai', 'mchNo'],
    ['jucai', 'appId'],
  ])('%s refuses a line feed and a blank behind its %s', (name, option) => {
    for (const end of ['\n', ' ', '\u200b', '\u00a0']) {
      const options = { ...complete.sources[name], [option]: `${secret}${end}` };
      expect(() => openSources({ main: options })).toThrow(`Source main: ${option}: `);
    }
  });
});
