import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { openSources } from '../../src/channels/registry.ts';
import { type Config, ConfigError, type FileConfig, loadConfig, storeTimes } from '../../src/config/load.ts';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/engine/sqlite.ts';

const folder = mkdtempSync(join(tmpdir(), 'payer-identity-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let files = 0;
const writeFile = (text: string): string => {
  files += 1;
  const path = join(folder, `${files}.json`);
  writeFileSync(path, text);
  return path;
};

const keys = generateVaultKeys();
const routerSecret = 'router-secret-0123456789-abcdefghij';
const upstreamSecret = 'upstream-secret-0123456789';

/** What a real configuration file looks like. */
const complete = {
  defaultApp: 'shop',
  apps: [{ id: 'shop', channels: { ali_pay: 'upstream', wechat_pay: 'upstream' } }],
  sources: {
    upstream: { type: 'daxpay', baseUrl: 'http://127.0.0.1', appId: 'M1', secret: upstreamSecret },
  },
  channelTitles: { ali_pay: '支付宝' },
  router: { secrets: [routerSecret] },
  keys,
} satisfies FileConfig;

const noSandbox = () => Promise.reject(new Error('sandbox mode was not asked for'));

const load = (config: unknown, env: Record<string, string> = {}) =>
  loadConfig({ CONFIG: writeFile(JSON.stringify(config)), ...env }, noSandbox);

const sandboxConfig = async (): Promise<FileConfig> => {
  const { router: _, keys: __, ...rest } = complete;
  return rest;
};

const messageOf = async (failing: Promise<unknown>): Promise<string> => {
  const error: unknown = await failing.then(
    () => new Error('it did not fail'),
    (thrown) => thrown,
  );
  expect(error).toBeInstanceOf(ConfigError);
  return (error as ConfigError).message;
};

describe('sandbox mode', () => {
  test('without CONFIG the service is in sandbox mode, on this machine alone', async () => {
    const config = await loadConfig({}, sandboxConfig);
    expect(config).toMatchObject({ sandbox: true, host: '127.0.0.1', port: 4001, dataDir: './data', logLevel: 'info' });
  });

  test.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost'])('sandbox mode may listen on %s', async (HOST) => {
    expect((await loadConfig({ HOST }, sandboxConfig)).host).toBe(HOST);
  });

  test('sandbox mode takes PORT, DATA_DIR and LOG_LEVEL from the environment', async () => {
    const env = { PORT: '0', DATA_DIR: './somewhere', LOG_LEVEL: 'silent', NODE_ENV: 'development' };
    expect(await loadConfig(env, sandboxConfig)).toMatchObject({
      port: 0,
      dataDir: './somewhere',
      logLevel: 'silent',
    });
  });

  test.each([
    ['NODE_ENV is production', { NODE_ENV: 'production' }],
    ['HOST is every address', { HOST: '0.0.0.0' }],
    ['HOST is every IPv6 address', { HOST: '::' }],
    ['HOST is an address of the network', { HOST: '192.0.2.1' }],
    ['HOST is a name', { HOST: 'pay.example.com' }],
    ['HOST only looks like loopback', { HOST: '127.0.0.1.example.com' }],
    ['HOST is empty, which is every address', { HOST: '' }],
    ['CONFIG is missing in production on loopback', { NODE_ENV: 'production', HOST: '127.0.0.1' }],
  ])('sandbox mode is refused when %s, with the advice to set CONFIG', async (_, env) => {
    let started = false;
    const sandbox = async () => {
      started = true;
      return sandboxConfig();
    };
    const message = await messageOf(loadConfig(env, sandbox));
    expect(message).toMatch(/Set CONFIG/);
    expect(message).toMatch(/router\.secrets/);
    expect(started).toBe(false);
  });

  test.each([
    ['PORT', '-1'],
    ['PORT', '65536'],
    ['PORT', 'http'],
    ['PORT', '1.5'],
    ['DATA_DIR', ''],
    ['LOG_LEVEL', 'verbose'],
    ['CONFIG', ''],
  ])('an environment with %s=%s is refused by the name of the variable', async (variable, value) => {
    expect(await messageOf(loadConfig({ [variable]: value }, sandboxConfig))).toContain(variable);
  });
});

const often = { perSecond: 200, burst: 1_000 };
const oftener = { perSecond: 1_000, burst: 5_000 };

describe('a configuration file', () => {
  test('a configuration file is read, with defaults for what it leaves out', async () => {
    const config = await load(complete, { HOST: '0.0.0.0', NODE_ENV: 'production', PORT: '8080' });
    expect(config).toEqual({
      ...complete,
      callers: { router: [], scopesInSdl: true },
      cache: { identities: 0, maxAgeMs: 60_000 },
      apps: complete.apps.map((app) => ({
        ...app,
        returnUrls: [],
        sessions: 'optional',
        attempts: 5,
        codeChallenge: 'optional',
        returnByDoor: [],
      })),
      times: {
        deadlineMs: 5_000,
        patienceMs: 7_000,
        operationMs: 8_000,
        leaseMs: 10_000,
        resultTtlMs: 300_000,
        codeTtlMs: 86_400_000,
        sweepEveryMs: 2_000,
      },
      nameLookup: 'dns',
      limits: {
        tokens: 2_000,
        depth: 10,
        aliases: 32,
        directives: 50,
        fields: 52_000,
        longFields: 4,
        queryFields: 20,
        mutationFields: 1,
        preparedOperations: 500,
        sensitiveFields: 10,
        representations: 1_000,
        bodyBytes: 321_536,
        waiters: 1_000,
        rates: { caller: often, address: often, app: oftener, channel: oftener },
        bulkheads: {
          public: { running: 200, waiting: 100 },
          trusted: { running: 400, waiting: 200 },
          polls: { running: 800, waiting: 0 },
        },
        source: {
          inFlight: 50,
          waiting: 100,
          minimumCalls: 20,
          windowMs: 10_000,
          failureRatio: 0.5,
          suspendMs: 1_000,
          trialMs: 3_000,
        },
      },
      http: {
        cors: [],
        keepAliveMs: 65_000,
        maxRequestsPerSocket: 10_000,
        maxConnections: 5_000,
        drainDelayMs: 2_000,
      },
      retention: { certificationDays: 90 },
      host: '0.0.0.0',
      port: 8080,
      dataDir: './data',
      logLevel: 'info',
      sandbox: false,
    });
  });

  test('bodies and fields of an operation are bounded in step with its references, unless configured', async () => {
    const limitsOf = async (limits: object) => {
      const { representations, bodyBytes, fields } = (await load({ ...complete, limits })).limits;
      return { representations, bodyBytes, fields };
    };
    expect(await limitsOf({ representations: 100 })).toEqual({
      representations: 100,
      bodyBytes: 91_136,
      fields: 7_000,
    });
    const given = { representations: 100, bodyBytes: 25_600, fields: 1 };
    expect(await limitsOf(given)).toEqual(given);
  });

  test('the retention of payers is passed to the store in milliseconds', async () => {
    const day = 86_400_000;
    const kept = storeTimes(await load({ ...complete, retention: { identityDays: 30 } }));
    expect(kept).toMatchObject({ resultTtlMs: 300_000, identityTtlMs: 30 * day, certificationTtlMs: 90 * day });
    expect(storeTimes(await load(complete)).identityTtlMs).toBeUndefined();
  });

  test.each([0, -1, 1.5, '30', null])('a retention of payers of %s days is refused', async (identityDays) => {
    expect(await messageOf(load({ ...complete, retention: { identityDays } }))).toMatch(/retention\.identityDays/);
  });

  test('a configuration file without router is refused by that name', async () => {
    const { router: _, ...rest } = complete;
    expect(await messageOf(load(rest))).toMatch(/router\.secrets/);
  });

  test('a configuration file without keys is refused by that name', async () => {
    const { keys: _, ...rest } = complete;
    expect(await messageOf(load(rest))).toMatch(/keys: is missing\. The service needs keys\.seal/);
  });

  const signatures = { keys: [{ id: 'a', algorithm: 'hmac-sha256', key: keys.index }] };
  test.each<[string, object]>([
    ["Hive's HMAC, which does not cover them", { hive: { secrets: [routerSecret] } }],
    ['a signature without the body', { signatures }],
    ['a secret or such a signature', { secrets: [routerSecret], signatures }],
  ])('claims of callers behind %s are refused', async (_, router) => {
    const message = await messageOf(load({ ...complete, router, callers: { claims: {} } }));
    expect(message).toMatch(/credentials that cover the body/);
  });

  test('claims of callers behind a secret, or a signature over the body, are accepted', async () => {
    const components = ['@method', '@authority', '@request-target', 'content-type', 'content-digest'];
    for (const router of [{ secrets: [routerSecret] }, { signatures: { ...signatures, components } }])
      await expect(load({ ...complete, router, callers: { claims: {} } })).resolves.toBeDefined();
  });

  test.each<[string, object, RegExp]>([
    ['no router secret', { router: { secrets: [] } }, /router\.secrets/],
    ['a short router secret', { router: { secrets: [routerSecret, 'short'] } }, /router\.secrets\.1.*32 characters/],
    ['no sealing key', { keys: { ...keys, seal: [] } }, /keys\.seal/],
    [
      'a sealing key of 31 bytes',
      { keys: { ...keys, seal: [{ id: 'a', key: 'A'.repeat(42) }] } },
      /keys\.seal\.0\.key/,
    ],
    ['an index key that is not base64', { keys: { ...keys, index: '!' } }, /keys\.index/],
    ['no apps', { apps: [] }, /apps/],
    ['no default app', { defaultApp: undefined }, /defaultApp/],
    ['an app id of 33 characters', { apps: [{ id: 'x'.repeat(33), channels: {} }] }, /apps\.0\.id/],
    [
      'a signing key of 31 bytes',
      { apps: [{ id: 'shop', channels: {}, signature: { keys: [{ secret: 'k'.repeat(31) }] } }] },
      /apps\.shop\.signature\.keys\.0\.secret: .*32 bytes/,
    ],
    ['a source without type', { sources: { upstream: {} } }, /sources\.upstream\.type/],
    [
      'a lease that ends before an outcome can be stored',
      { times: { deadlineMs: 5_000, leaseMs: 5_999 } },
      /leaseMs has to be deadlineMs \+ 1000/,
    ],
    ['an operation shorter than an exchange', { times: { operationMs: 5_000 } }, /operationMs/],
    ['any origin', { http: { cors: ['*'] } }, /http\.cors\.0/],
    ['an origin with a path', { http: { cors: ['https://shop.example.com/'] } }, /http\.cors\.0/],
    ['no origin', { http: { cors: ['null'] } }, /http\.cors\.0/],
    ['an invalid header name', { http: { clientAddressHeader: 'x forwarded' } }, /http\.clientAddressHeader/],
    ['a drain of 5 s', { http: { drainDelayMs: 5_000 } }, /http\.drainDelayMs/],
    ['metrics without a port', { metrics: {} }, /metrics\.port/],
    ['a sweep less often than twice a minute', { times: { sweepEveryMs: 30_001 } }, /times\.sweepEveryMs/],
    ['a time that is negative', { times: { sweepEveryMs: -1 } }, /times\.sweepEveryMs/],
    ['a time that is a text', { times: { deadlineMs: '5000' } }, /times\.deadlineMs/],
    ['a limit of nothing', { limits: { representations: 0 } }, /limits\.representations/],
    [
      'bodies that are too short for the references',
      { limits: { representations: 500, bodyBytes: 127_999 } },
      /limits\.bodyBytes: 127999 bytes hold no 500 references of 256 bytes \(limits\.representations\): at least 128000/,
    ],
  ])('a configuration with %s is refused by the name of the option', async (_, changes, named) => {
    expect(await messageOf(load({ ...complete, ...changes }))).toMatch(named);
  });

  test.each<[string, object, string]>([
    ['at the top', { sceret: 1 }, 'sceret'],
    ['in an app', { apps: [{ id: 'shop', channels: {}, chanels: {} }] }, 'chanels'],
    ['in a signature', { apps: [{ id: 'shop', channels: {}, signature: { keys: [], md5: true } }] }, 'md5'],
    ['in router', { router: { secrets: [routerSecret], secret: 'x' } }, 'router.secret: is not a setting'],
    ['in keys', { keys: { ...keys, seals: [] } }, 'seals'],
    ['in a sealing key', { keys: { ...keys, seal: [{ ...keys.seal[0], algorithm: 'x' }] } }, 'algorithm'],
    ['in times', { times: { deadline: 1 } }, 'deadline'],
    ['in limits', { limits: { bodies: 1 } }, 'bodies'],
  ])('a configuration with an unknown option %s is refused by its name', async (_, changes, named) => {
    expect(await messageOf(load({ ...complete, ...changes }))).toContain(named);
  });

  test.each([
    ['is not there', () => join(folder, 'nowhere.json')],
    ['is a folder', () => folder],
    ['is not JSON', () => writeFile(`{ "secret": "${upstreamSecret}", }`)],
    ['is empty', () => writeFile('')],
  ])('a file that %s is refused by its path, without its content', async (_, pathOf) => {
    const path = pathOf();
    const message = await messageOf(loadConfig({ CONFIG: path }, noSandbox));
    expect(message).toContain(path);
    expect(message).not.toContain(upstreamSecret);
  });

  test.each([
    ['an array', []],
    ['a text', 'x'],
    ['null', null],
  ])('a configuration that is %s is refused', async (_, value) => {
    await expect(load(value)).rejects.toBeInstanceOf(ConfigError);
  });
});

describe('secrets need not stand in the file', () => {
  test('$env is replaced by the variable of that name in any place', async () => {
    const config = await load(
      {
        ...complete,
        sources: { upstream: { ...complete.sources.upstream, secret: { $env: 'UPSTREAM_SECRET' } } },
        router: { secrets: [{ $env: 'OLD_SECRET' }, { $env: 'NEW_SECRET' }] },
        keys: { seal: [{ id: 'k1', key: { $env: 'SEAL_KEY' } }], index: { $env: 'INDEX_KEY' } },
      },
      {
        UPSTREAM_SECRET: upstreamSecret,
        OLD_SECRET: `old-${routerSecret}`,
        NEW_SECRET: `new-${routerSecret}`,
        SEAL_KEY: keys.seal[0]?.key ?? '',
        INDEX_KEY: keys.index,
      },
    );
    expect(config.sources).toEqual(complete.sources);
    expect(config.router?.secrets).toEqual([`old-${routerSecret}`, `new-${routerSecret}`]);
    expect(config.keys).toEqual({ seal: [{ id: 'k1', key: keys.seal[0]?.key }], index: keys.index });
  });

  test('$file is replaced by the content of the file, without the line break that editors add', async () => {
    const path = writeFile(`${routerSecret}\n`);
    const config = await load({ ...complete, router: { secrets: [{ $file: path }] } });
    expect(config.router?.secrets).toEqual([routerSecret]);
  });

  test('the store is a PostgreSQL whose address may come from the environment, or else SQLite', async () => {
    const url = 'postgres://user:the-password@db.example.com/payers?sslmode=verify-full';
    const config = await load({ ...complete, store: { $env: 'DATABASE_URL' } }, { DATABASE_URL: url });
    expect(config.store).toBe(url);
    expect((await load(complete)).store).toBeUndefined();
    const message = await messageOf(load({ ...complete, store: 'mysql://user:the-password@db.example.com/payers' }));
    expect(message).toMatch(
      /store: is not an address of PostgreSQL\. Write postgres:\/\/user:password@host:port\/database/,
    );
    expect(message).not.toContain('the-password');
  });

  test('an $env that is not set is refused by its name', async () => {
    const message = await messageOf(load({ ...complete, router: { secrets: [{ $env: 'ROUTER_SECRET' }] } }));
    expect(message).toContain('ROUTER_SECRET');
  });

  test('a $file that does not exist is refused by its name', async () => {
    const missing = join(folder, 'no-such-secret');
    const message = await messageOf(load({ ...complete, router: { secrets: [{ $file: missing }] } }));
    expect(message).toContain(missing);
  });

  test('the content of $env and $file is text and is not resolved again', async () => {
    const nested = JSON.stringify({ $env: 'OTHER', padding: 'x'.repeat(20) });
    const config = await load({ ...complete, router: { secrets: [{ $env: 'NESTED' }] } }, { NESTED: nested });
    expect(config.router?.secrets).toEqual([nested]);
  });
});

describe('no message repeats a value', () => {
  const canary = 'canary-7f3a-value';
  /** Every place in a value where something else can stand. */
  const placesOf = (value: unknown, path: readonly string[] = []): string[][] => {
    if (typeof value !== 'object' || value === null) return [[...path]];
    return [[...path], ...Object.entries(value).flatMap(([key, member]) => placesOf(member, [...path, key]))];
  };
  const replace = (value: unknown, [key, ...rest]: readonly string[], by: unknown): unknown => {
    if (key === undefined) return by;
    if (Array.isArray(value)) return value.map((item, i) => (String(i) === key ? replace(item, rest, by) : item));
    const members = Object.entries(value as Record<string, unknown>);
    return Object.fromEntries(
      members.map(([name, member]) => [name, name === key ? replace(member, rest, by) : member]),
    );
  };
  const everything = {
    ...complete,
    sources: {
      upstream: {
        ...complete.sources.upstream,
        profile: 'beta',
        signType: 'md5',
        replySignature: 'required',
        channels: ['ali_pay', 'wechat_pay'],
        resultHolder: { queryUrl: 'http://127.0.0.1/query', headers: { accesstoken: 'x' } },
      },
    },
    times: { deadlineMs: 1, leaseMs: 1_001 },
    limits: { representations: 1 },
  };
  const places = placesOf(everything);
  /** What messages call the places that they do not call by their key. */
  const words = new Map([
    ['sources', /\bsource/i],
    ['apps', /\bapp/i],
    ['defaultApp', /default ?app/i],
  ]);

  /** Starts as far as main does before it listens; answers what it says when it cannot. */
  const startWith = async (config: unknown): Promise<string> => {
    let said = '';
    try {
      const loaded = await load(config);
      const sources = openSources(loaded.sources);
      try {
        const vault = openVault(generateVaultKeys());
        const store = createStore(openSqlite({ file: ':memory:', now: Date.now }), { vault, times: loaded.times });
        try {
          await (await createApp(loaded, { store, sources, vault, log: createLog('silent') })).close();
        } finally {
          await store.close();
        }
      } finally {
        await sources.close();
      }
    } catch (error) {
      said = String(error);
    }
    return said;
  };

  test('the configuration that the other tests change is valid', async () => {
    expect(await startWith(everything)).toBe('');
  });

  test.each([
    ['a text', canary],
    ['a long text', canary.repeat(20)],
    ['a text in an array', [canary]],
    ['a text in an object', { a: canary }],
  ])('no message repeats the value when any setting is %s', async (_, value) => {
    const said: string[] = [];
    for (const place of places) {
      const message = await startWith(replace(everything, place, value));
      if (message.includes(canary)) said.push(`${place.join('.')}: ${message}`);
      // A refusal names the setting.
      const [top = ''] = place;
      if (message !== '' && top !== '') expect(message).toMatch(words.get(top) ?? top);
    }
    // Names of apps, channels and sources are no secrets and have to be named.
    expect(said.filter((message) => !/^(?:defaultApp|apps|sources\.upstream\.channels)\b/.test(message))).toEqual([]);
  });

  test('a message about a source names the option and not the value', async () => {
    for (const [changes, option] of [
      [{ baseUrl: `not a url ${canary}` }, 'baseUrl'],
      [{ baseUrl: `ftp://${canary}` }, 'baseUrl'],
      [{ secret: [canary] }, 'secret'],
      [{ appId: canary.repeat(3) }, 'appId'],
      [{ profile: canary }, 'profile'],
      [{ profile: 'ga' }, 'mchNo'],
      [{ signType: canary }, 'signType'],
      [{ resultHolder: { queryUrl: canary } }, 'resultHolder.queryUrl'],
      [{ secrt: canary }, 'secrt'],
    ] as const) {
      const upstream = { ...complete.sources.upstream, ...changes };
      const message = await startWith({ ...complete, sources: { upstream } });
      expect(message).toMatch(/sources\.upstream/);
      expect(message).toContain(option);
      expect(message).not.toContain(canary);
      expect(message).not.toContain(upstreamSecret);
    }
  });
});

describe('what was loaded cannot be changed', () => {
  const frozen = (value: unknown): boolean =>
    typeof value !== 'object' || value === null || (Object.isFrozen(value) && Object.values(value).every(frozen));

  test.each<[string, () => Promise<Config>]>([
    ['from a file', () => load(complete)],
    ['for the sandbox', () => loadConfig({}, sandboxConfig)],
  ])('a loaded configuration is frozen to the bottom: %s', async (_, loadIt) => {
    const config = await loadIt();
    expect(frozen(config)).toBe(true);
    expect(() => (config.apps as unknown[]).push({})).toThrow(TypeError);
  });
});

describe('apps and sources that do not fit refuse to start', () => {
  const start = async (changes: Partial<typeof complete> & Record<string, unknown>) => {
    const config = await load({ ...complete, ...changes });
    const sources = openSources(config.sources);
    onTestFinished(() => sources.close());
    const vault = openVault(generateVaultKeys());
    const store = createStore(openSqlite({ file: ':memory:', now: Date.now }), { vault, times: config.times });
    onTestFinished(() => store.close());
    const app = await createApp(config, { store, sources, vault, log: createLog('silent') });
    onTestFinished(() => app.close());
  };

  test('the apps and sources that the other tests change start', async () => {
    await expect(start({})).resolves.toBeUndefined();
  });

  test('an app that names an unknown source does not start', async () => {
    const apps = [{ id: 'shop', channels: { ali_pay: 'nowhere', wechat_pay: 'upstream' } }];
    await expect(start({ apps })).rejects.toThrow(/shop.*ali_pay.*nowhere/);
  });

  test('an app with a channel that its source does not serve does not start', async () => {
    const apps = [{ id: 'shop', channels: { ali_pay: 'upstream', wechat_pay: 'upstream', card_pay: 'upstream' } }];
    await expect(start({ apps })).rejects.toThrow(/shop.*upstream.*card_pay/);
  });

  test('a default app that is not configured does not start', async () => {
    await expect(start({ defaultApp: 'elsewhere' })).rejects.toThrow(
      /defaultApp: is not the id of an app. Write one of: shop\./,
    );
  });

  test('two apps of one name do not start', async () => {
    const apps = [
      { id: 'shop', channels: { ali_pay: 'upstream', wechat_pay: 'upstream' } },
      { id: 'shop', channels: { ali_pay: 'upstream', wechat_pay: 'upstream' } },
    ];
    await expect(start({ apps })).rejects.toThrow(/shop/);
  });

  test('a source of an unknown type does not start', async () => {
    const sources = { upstream: { ...complete.sources.upstream, type: 'paypal' } };
    await expect(start({ sources })).rejects.toThrow(/sources\.upstream\.type: is not a known type.*daxpay/);
  });
});

describe('the door', () => {
  const door = { publicUrl: 'https://pay.example.com/', port: 4003 };

  test('the door listens on this machine unless another host is given', async () => {
    const config = await load({ ...complete, door });
    expect(config.door).toEqual({ ...door, host: '127.0.0.1' });
    const all = { host: '0.0.0.0', clientAddressHeader: 'X-Real-IP' };
    expect((await load({ ...complete, door: { ...door, ...all } })).door).toMatchObject({
      host: '0.0.0.0',
      clientAddressHeader: 'x-real-ip',
    });
  });

  test.each([
    'http://pay.example.com',
    'pay.example.com',
    'https://user@pay.example.com',
    'https://pay.example.com/?next=',
    'https://pay.example.com/#x',
    'javascript:alert(1)',
    'ftp://pay.example.com',
    '',
  ])('the public address %j is refused', async (publicUrl) => {
    expect(await messageOf(load({ ...complete, door: { ...door, publicUrl } }))).toContain('door.publicUrl');
  });

  test('a door without a port is refused', async () => {
    expect(await messageOf(load({ ...complete, door: { publicUrl: door.publicUrl } }))).toContain('door.port');
  });

  test('returnByDoor is refused without a door, and for a channel without a page', async () => {
    const [shop] = complete.apps;
    const apps = [{ ...shop, returnByDoor: ['ali_pay'] }];
    expect(await messageOf(load({ ...complete, apps }))).toContain('door, by which');
    expect(await messageOf(load({ ...complete, apps, door }))).toMatch(
      /apps\.shop\.returnByDoor\.0: is no channel of the app with a page/,
    );
  });
});
