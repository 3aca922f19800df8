/** The door under attack: redirects to elsewhere, hostile hosts, floods of garbage, expired sessions, secrets in the log. */
import { setTimeout as delay } from 'node:timers/promises';
import { Pool } from 'undici';
import { afterEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { FileConfig } from '../../../src/config/load.ts';
import { createStateTokens } from '../../../src/identity/state-token.ts';
import { startPostgres } from '../../support/databases/postgres.ts';
import { forAll } from '../../support/http/http-client.ts';
import { request } from '../../support/http/raw-http.ts';
import { others, wallets } from '../../support/http/user-agents.ts';
import { callersOf, chooseOnPage, locationOf, visit } from '../../support/services/door.ts';
import { type SandboxService, startSandboxService } from '../../support/services/sandbox.ts';

const inWechat = wallets.wechat_pay[0];
const onDesktop = others['a desktop browser'];
const EVIL = 'evil.example';

const startDoor = async (change?: (config: FileConfig) => FileConfig, options?: { sandbox: boolean }) => {
  const service = await startSandboxService(change, options);
  onTestFinished(() => service.close());
  return { service, ...callersOf(service) };
};

/** The address of a database that is there for this test alone. */
const openPostgres = async (): Promise<string> => {
  const postgres = await startPostgres();
  onTestFinished(() => postgres.close());
  return (await postgres.createDatabase()).url;
};

const engines: readonly (readonly [string, () => Promise<string | undefined>])[] = [
  ['SQLite', async () => undefined],
  ['PostgreSQL', openPostgres],
];

/** A session whose stored page no startAuthentication of this configuration would have accepted. */
const openWithPage = async ({ store, vault }: SandboxService, returnUrl: string): Promise<string> => {
  const { state, stateId } = createStateTokens(vault, Date.now).issueState('demo', undefined, 300_000);
  await store.openSession({ queryCode: `query code of ${stateId}`, stateId, appId: 'demo', returnUrl });
  return state;
};

afterEach(() => vi.restoreAllMocks());

describe('no redirect leads elsewhere', () => {
  test.each(engines)(
    'with %s a page that the app has not listed, or lists no longer, gets no payer and no code, and the operator reads of it',
    async (_, openStore) => {
      const store = await openStore();
      // In sandbox mode every page of this machine counts as listed.
      const { service } = await startDoor((config) => ({ ...config, ...(store && { store }) }), { sandbox: false });
      const listed = `${service.origin}/payer`;
      const pages = [
        ...[
          `//${EVIL}`,
          `/\\${EVIL}`,
          `https://${EVIL}/`,
          `https:${EVIL}`,
          `javascript:alert(1)//${EVIL}`,
          'data:,x',
          '',
        ],
        ...[
          `${listed}@${EVIL}`,
          `${listed}.${EVIL}`,
          `http://127.0.0.1@${EVIL}/payer`,
          `${listed}/`,
          `${listed}#`,
          `${listed}?`,
        ],
        ...[`${listed}%0d%0aset-cookie:x=1`, `${listed}\r\nlocation: https://${EVIL}`, ` ${listed}`],
        ...[
          listed.toUpperCase(),
          listed.replace('http', 'https'),
          listed.replace('127.0.0.1', 'localhost'),
          `${listed}%2f`,
        ],
        ...[
          encodeURIComponent(listed),
          `${listed}?next=https://${EVIL}`,
          `${listed}?channel=`,
          `view-source:${listed}`,
        ],
        // PostgreSQL stores no text with this character.
        ...(store === undefined ? [`${listed}\u0000`] : []),
      ];
      for (const page of pages) {
        const state = await openWithPage(service, page);
        const response = await visit(`${service.door}/return/demo/wechat_pay?code=secret-code&state=${state}`);
        expect([page, response.status]).toEqual([page, 403]);
        expect(response.headers.get('location')).toBeNull();
        expect(await response.text()).not.toMatch(/evil|secret-code|payer/);
      }
      const lines = service.logLines.map((line) => JSON.parse(line)).filter(({ msg }) => /cannot return/.test(msg));
      expect(lines).toHaveLength(pages.length);
      expect(lines[0]).toMatchObject({ level: 'warn', appId: 'demo', channelId: 'wechat_pay' });
      const state = await openWithPage(service, listed);
      expect((await visit(`${service.door}/return/demo/wechat_pay?code=c&state=${state}`)).status).toBe(303);
    },
  );

  test('nothing that a request names chooses where it leads', async () => {
    const { service, start } = await startDoor();
    const { state, authorizeUrl } = await start();
    const page = locationOf(await visit(authorizeUrl, inWechat)).href;
    const elsewhere = [
      ...[`https://${EVIL}/`, `//${EVIL}`, `%2f%2f${EVIL}`, `https:%2f%2f${EVIL}`, `/\\${EVIL}`, `%5c%5c${EVIL}`],
      ...[`https://user:password@${EVIL}`, `%0d%0alocation:%20https://${EVIL}`, `%E5%98%8A%E5%98%8Dlocation:${EVIL}`],
      ...[`javascript:alert(1)`, `https%253A%252F%252F${EVIL}`, `\t//${EVIL}`.replace('\t', '%09'), `${EVIL}%00`],
    ];
    const names = [
      'return_url',
      'returnUrl',
      'redirect_uri',
      'redirectUrl',
      'next',
      'url',
      'to',
      'channel',
      'continue',
    ];
    const targets = elsewhere.flatMap((address) => [
      ...names.map((name) => `/w/demo/${state}?${name}=${address}`),
      `/w/demo/${state}/${address}`,
      `/w/${address}/${state}`,
      `/${address}`,
      `//${EVIL}/w/demo/${state}`,
      `/w/demo/${state}//${EVIL}`,
      `/return/demo/wechat_pay?code=c&state=${state}&${names.map((name) => `${name}=${address}`).join('&')}`,
      `/return/demo/wechat_pay?code=${address}&state=${state}`,
      `/return/demo/wechat_pay?error=${address}&state=${state}`,
      `/return/demo/wechat_pay/${address}?code=c&state=${state}`,
      `/return/${address}/wechat_pay?code=c&state=${state}`,
    ]);
    const listed = `${service.origin}/payer?`;
    const ends = new Set<string>();
    await forAll(targets, async (target) => {
      const { status, headers } = await request(service.door, { target, headers: { 'user-agent': inWechat } });
      const location = headers.get('location') ?? 'nowhere';
      const isBack = location.startsWith(listed);
      const end = [location === page && 'the channel', isBack && 'the page', location].find(Boolean);
      ends.add(`${status} ${end}`);
      if (isBack) {
        const given = new URL(location);
        expect(given.origin + given.pathname).toBe(`${service.origin}/payer`);
        // What was asked for is at most the value of a parameter of ours.
        expect(
          [...given.searchParams.keys()].every((name) =>
            ['code', 'error', 'reason', 'state', 'channel'].includes(name),
          ),
        ).toBe(true);
        expect(given.searchParams.get('channel')).toBe('wechat_pay');
      }
      expect(location).not.toMatch(/[\r\n\t ]/);
      expect(headers.get('set-cookie')).toBeUndefined();
    });
    expect(targets.length).toBeGreaterThan(200);
    expect([...ends].sort()).toEqual(['303 the channel', '303 the page', '404 nowhere']);
  });

  test('the host of a request is in no redirect and no page', async () => {
    const { service, start } = await startDoor();
    const { state, authorizeUrl } = await start();
    const ways = [
      [`/w/demo/${state}`, inWechat],
      [`/w/demo/${state}`, onDesktop],
      [`/return/demo/wechat_pay?code=c&state=${state}`, ''],
      ['/w/demo/nothing', ''],
    ] as const;
    const heads: Record<string, string>[] = [
      { host: EVIL },
      { host: `${EVIL}:443` },
      { host: `127.0.0.1.${EVIL}` },
      { host: '' },
      { host: `[::1]` },
      ...[
        'x-forwarded-host',
        'x-host',
        'x-forwarded-server',
        'x-original-url',
        'x-rewrite-url',
        'origin',
        'referer',
      ].map((name) => ({
        [name]: `https://${EVIL}/`,
      })),
      {
        forwarded: `for=1.2.3.4;host=${EVIL};proto=https`,
        'x-forwarded-proto': 'javascript',
        'x-forwarded-prefix': `//${EVIL}`,
      },
    ];
    const shown = async (target: string, headers: Record<string, string>) => {
      const reply = await request(service.door, { target, headers });
      return { status: reply.status, location: reply.headers.get('location'), body: reply.body };
    };
    for (const [target, userAgent] of ways) {
      const expected = await shown(target, { 'user-agent': userAgent });
      for (const head of heads) expect(await shown(target, { 'user-agent': userAgent, ...head })).toEqual(expected);
      const absolute = await shown(`http://${EVIL}${target}`, { 'user-agent': userAgent });
      expect(absolute).toEqual(expected);
    }
    for (const host of ['a b', `x@${EVIL}`, `${EVIL}/w`, `${EVIL}?`, 'a, b', `127.0.0.1:80.${EVIL}`])
      expect((await shown(new URL(authorizeUrl).pathname, { host })).status).toBe(400);
  });
});

describe('a flood', () => {
  /** Names of the store's methods that were called. */
  const watchStore = ({ store }: SandboxService): string[] => {
    const calls: string[] = [];
    for (const [name, method] of Object.entries(store)) {
      if (name === 'sweep') continue;
      // biome-ignore lint/suspicious/noExplicitAny: every method of the store
      vi.spyOn(store, name as any).mockImplementation((...args: unknown[]) => {
        calls.push(name);
        return (method as (...given: unknown[]) => unknown)(...args);
      });
    }
    return calls;
  };

  test('10,000 garbage tickets and states cost no statement of the store, and each is answered at once', {
    timeout: 60_000,
  }, async () => {
    const { service, start } = await startDoor();
    const { state } = await start();
    const calls = watchStore(service);
    const pool = new Pool(service.door, { connections: 16 });
    onTestFinished(() => pool.close());
    const garbage = Array.from({ length: 10_000 }, (_, index) => {
      const hex = index.toString(16).padStart(8, '0').repeat(9);
      const ticket = index % 3 === 0 ? hex : state.slice(0, 40) + hex.slice(0, 32);
      return index % 2 === 0 ? `/w/demo/${ticket}` : `/return/demo/wechat_pay?code=${hex}&state=${ticket}`;
    });
    const statuses = new Map<number, number>();
    const startedAt = performance.now();
    await forAll(
      garbage,
      async (path) => {
        const { statusCode, body } = await pool.request({ method: 'GET', path, headers: { 'user-agent': inWechat } });
        await body.dump();
        statuses.set(statusCode, (statuses.get(statusCode) ?? 0) + 1);
      },
      16,
    );
    const tookMs = performance.now() - startedAt;
    console.log(`10,000 garbage tickets and states: ${Math.round(tookMs)} ms, ${calls.length} calls of the store`);
    expect(Object.fromEntries(statuses)).toEqual({ 404: 10_000 });
    expect(calls).toEqual([]);
    expect(tookMs).toBeLessThan(45_000);
    expect(service.logLines.filter((line) => line.includes('door'))).toEqual([]);
  });

  test('a network that guesses is refused with 429 after a burst, and payers of other networks are served', async () => {
    const rates = { address: { perSecond: 1, burst: 30 } };
    const { service, start } = await startDoor((config) => ({
      ...config,
      limits: { rates },
      door: config.door && { ...config.door, clientAddressHeader: 'X-Forwarded-For' },
    }));
    const { authorizeUrl, state } = await start();
    const from = (address: string, path: string) =>
      visit(`${service.door}${path}`, inWechat, { headers: { 'x-forwarded-for': `9.9.9.9, ${address}` } });
    const guesses = await Promise.all(
      Array.from({ length: 100 }, (_, index) => from('198.51.100.7', `/w/demo/${String(index).padStart(72, '0')}`)),
    );
    const counted = (status: number) => guesses.filter((response) => response.status === status).length;
    // A wrong ticket costs eleven requests; those of a burst may all run before the first is charged.
    expect(counted(404)).toBeLessThanOrEqual(30);
    expect(counted(404) + counted(429)).toBe(100);
    const refused = await from('198.51.100.7', new URL(authorizeUrl).pathname);
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.text()).toContain('Too many requests');
    expect((await from('198.51.100.8', new URL(authorizeUrl).pathname)).status).toBe(303);
    expect((await from('198.51.100.8', `/return/demo/wechat_pay?code=c&state=${state}`)).status).toBe(303);
    // The addresses of one IPv6 network are one client.
    for (let host = 1; host <= 30; host += 1) await from(`2001:db8::${host}`, '/w/demo/x');
    expect((await from('2001:db8::ffff', new URL(authorizeUrl).pathname)).status).toBe(429);
    expect((await from('2001:db8:0:1::1', new URL(authorizeUrl).pathname)).status).toBe(303);
  });

  test('without a header for the client, the address of the connection counts', async () => {
    const { service, start } = await startDoor((config) => ({
      ...config,
      limits: { rates: { address: { perSecond: 1, burst: 5 } } },
    }));
    const { authorizeUrl } = await start();
    for (let count = 0; count < 5; count += 1)
      await visit(`${service.door}/w/demo/x`, inWechat, { headers: { 'x-forwarded-for': `198.51.100.${count}` } });
    const response = await visit(authorizeUrl, inWechat, { headers: { 'x-forwarded-for': '198.51.100.99' } });
    expect(response.status).toBe(429);
  });
});

test.each(engines)(
  'with %s an expired ticket is 410, an expired return reaches the page while the session is stored, and no code is taken',
  async (_, openStore) => {
    const ttlMs = 1_700;
    const times = { deadlineMs: 300, leaseMs: 1_500, resultTtlMs: ttlMs, sweepEveryMs: 30_000, operationMs: 1_000 };
    const store = await openStore();
    const { service, start, set } = await startDoor((config) => ({ ...config, ...(store && { store }), times }));
    const { authorizeUrl, state } = await start();
    expect((await visit(authorizeUrl, inWechat)).status).toBe(303);
    // The ticket's time is in whole seconds, rounded up.
    await delay(ttlMs + 1_100);
    const expired = await visit(authorizeUrl, inWechat);
    expect(expired.status).toBe(410);
    expect(await expired.text()).toContain('This link has expired');
    const address = `${service.door}/return/demo/wechat_pay?code=test_ok_alice~late&state=${state}`;
    const back = locationOf(await visit(address));
    expect(back.searchParams.get('code')).toBe('test_ok_alice~late');
    expect(await set({ channelId: 'wechat_pay', authCode: 'test_ok_alice~late', state })).toMatchObject({
      code: 'SESSION_EXPIRED',
    });
    await delay(ttlMs);
    await service.store.sweep();
    expect((await visit(address)).status).toBe(410);
  },
);

test('while the store fails a return is 503 and says when to try again, a ticket opens, and the log names the failure', async () => {
  const { service, start } = await startDoor();
  const { authorizeUrl, state } = await start();
  const address = `${service.door}/return/demo/wechat_pay?code=secret-code&state=${state}`;
  vi.spyOn(service.store, 'returnUrl').mockRejectedValueOnce(new Error('the database is away'));
  const failed = await visit(address);
  expect(failed.status).toBe(503);
  expect(Number(failed.headers.get('retry-after'))).toBeGreaterThan(0);
  expect(await failed.text()).toContain('Load this page again');
  const line = service.logLines.map((each) => JSON.parse(each)).find(({ msg }) => msg === 'the store failed');
  expect(line).toMatchObject({ level: 'error', appId: 'demo', channelId: 'wechat_pay', code: 'SERVICE_UNAVAILABLE' });
  expect((await visit(authorizeUrl, inWechat)).status).toBe(303);
  expect((await visit(address)).status).toBe(303);
});

test('a store that does not answer delays a return by times.operationMs at most', async () => {
  const times = { deadlineMs: 300, operationMs: 500 };
  const { service, start } = await startDoor((config) => ({ ...config, times }));
  const { state } = await start();
  vi.spyOn(service.store, 'returnUrl').mockImplementationOnce(() => new Promise(() => {}));
  const startedAt = performance.now();
  const response = await visit(`${service.door}/return/demo/wechat_pay?code=c&state=${state}`);
  expect(response.status).toBe(503);
  expect(performance.now() - startedAt).toBeLessThan(5_000);
});

test('P8: no code, state, ticket or payer of the door is in a log line or a metric', async () => {
  const { service, start, set, result } = await startDoor();
  const secrets: string[] = [];
  for (const [channel, [userAgent]] of Object.entries(wallets)) {
    const { authorizeUrl, state, queryCode } = await start();
    const page = locationOf(await visit(authorizeUrl, userAgent));
    const back = locationOf(await visit(await chooseOnPage(page)));
    const code = back.searchParams.get('code') ?? '';
    await set({ channelId: channel, authCode: code, state, clientIp: '127.0.0.1' });
    const { identity } = await result(queryCode);
    secrets.push(state, state.slice(0, 32), state.slice(40), code, queryCode, identity.openId ?? identity.userId);
    const returning = `${service.door}/return/demo/${channel}?code=${code}&auth_code=${code}&state=${state}`;
    await visit(authorizeUrl, onDesktop);
    await visit(authorizeUrl, `${userAgent} ua-canary`);
    await visit(`${returning}x`);
    await visit(returning, '', { method: 'POST' });
    await visit(returning, '', { headers: { purpose: 'prefetch' } });
    vi.spyOn(service.store, 'returnUrl').mockRejectedValueOnce(new Error(`with ${code} and ${state}`));
    await visit(returning);
    const unlisted = await openWithPage(service, 'https://gone.example/page-canary');
    await visit(`${service.door}/return/demo/${channel}?code=${code}&state=${unlisted}`);
    secrets.push(unlisted);
  }
  await request(service.door, { target: `/w/demo/${secrets[0]}`, headers: { 'user-agent': 'u'.repeat(65_536) } });
  await request(service.door, { target: `/w/demo/${secrets[0]} x`, headers: {} });
  const metrics = await (await fetch(`${service.origin}/metrics`)).text();
  expect(metrics).toMatch(/route="door \/w",status="303"/);
  expect(metrics).toMatch(/route="door \/return",status="303"/);
  expect(metrics).toContain('DOOR_UNLISTED');
  const written = `${service.logLines.join('')} ${metrics}`;
  expect(service.logLines.join('')).toContain('cannot return');
  expect(secrets.length).toBeGreaterThan(15);
  for (const secret of [...secrets, 'ua-canary', 'page-canary', 'gone.example']) {
    expect(secret.length).toBeGreaterThan(8);
    expect(written.includes(secret)).toBe(false);
  }
});

test('a closing door answers the request that runs, and takes no other one', async () => {
  const service = await startSandboxService();
  const { start } = callersOf(service);
  const { state } = await start();
  const address = `${service.door}/return/demo/wechat_pay?code=c&state=${state}`;
  const { returnUrl } = service.store;
  vi.spyOn(service.store, 'returnUrl').mockImplementation(async (stateId) => {
    await delay(400);
    return returnUrl(stateId);
  });
  const running = visit(address);
  await delay(100);
  const closing = service.close();
  expect((await running).status).toBe(303);
  await closing;
  await expect(visit(address)).rejects.toThrow();
});

test('a public address with a path has it in front of every address, and is served below it alone', async () => {
  const { service, start } = await startDoor((config) => ({
    ...config,
    door: config.door && { ...config.door, publicUrl: `${config.door.publicUrl}/pay/` },
  }));
  const { authorizeUrl, state } = await start();
  expect(authorizeUrl).toBe(`${service.door}/pay/w/demo/${state}`);
  const page = locationOf(await visit(authorizeUrl, inWechat));
  expect(page.searchParams.get('redirect_uri')).toBe(`${service.door}/pay/return/demo/wechat_pay`);
  expect((await visit(`${service.door}/pay/return/demo/wechat_pay?code=c&state=${state}`)).status).toBe(303);
  for (const path of [`/w/demo/${state}`, `/pa/w/demo/${state}`, `/payw/demo/${state}`, `/pay/pay/w/demo/${state}`])
    expect((await visit(`${service.door}${path}`, inWechat)).status).toBe(404);
});
