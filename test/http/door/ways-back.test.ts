/** The whole way of a payer through the door, over HTTP: from startAuthentication to the merchant's page and the result. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startWechat } from '../../../src/emulators/wechat.ts';
import { startPostgres, type TestDatabase, type TestPostgres } from '../../support/databases/postgres.ts';
import { wallets } from '../../support/http/user-agents.ts';
import { callersOf, chooseOnPage, locationOf, redemptionsAt, visit } from '../../support/services/door.ts';
import { startSandboxService } from '../../support/services/sandbox.ts';

const browsers = Object.entries(wallets).map(([channel, [userAgent]]) => [channel, userAgent] as const);
const inWechat = wallets.wechat_pay[0];

const shopPages = ['https://www.shop.example/back?from=pay&lang=zh', 'https://m.shop.example/#/back'];
const cafePage = 'https://cafe.example/';

/** Two front ends of one merchant, and a second merchant, whose WeChat returns payers to the host of the door alone. */
const startShops = async (store: string | undefined) => {
  const app = { appId: 'wx0000000000000002', secret: 'a-secret-of-the-emulated-wechat', redirectHost: 'nowhere' };
  const wechat = await startWechat({ apps: [app] });
  const authorizeUrl = `${wechat.origin}/connect/oauth2/authorize`;
  const oneDomain = {
    type: 'wechat',
    appId: app.appId,
    appSecret: app.secret,
    apiUrl: wechat.origin,
    authorizeUrl,
  };
  const service = await startSandboxService((config) => ({
    ...config,
    ...(store !== undefined && { store }),
    apps: [
      ...config.apps,
      { id: 'shop', channels: { wechat_pay: 'oneDomain' }, returnUrls: shopPages, returnByDoor: ['wechat_pay'] },
      { id: 'cafe', channels: { wechat_pay: 'oneDomain' }, returnUrls: [cafePage], sessions: 'required' },
    ],
    sources: { ...config.sources, oneDomain },
  }));
  app.redirectHost = new URL(service.door).host;
  return {
    service,
    ...callersOf(service),
    async close() {
      await service.close();
      await wechat.close();
    },
  };
};

let postgres: TestPostgres;
let database: TestDatabase;
beforeAll(async () => {
  postgres = await startPostgres();
  database = await postgres.createDatabase();
}, 60_000);
afterAll(() => postgres?.close());

describe.each(['SQLite', 'PostgreSQL'])('the door, with results in %s', (engine) => {
  let shops: Awaited<ReturnType<typeof startShops>>;
  beforeAll(async () => {
    shops = await startShops(engine === 'PostgreSQL' ? database.url : undefined);
  }, 60_000);
  afterAll(() => shops?.close());

  test.each(browsers)(
    'a session without a channel is opened in the wallet of %s and redeemed by the page that the door returns to',
    async (channel, userAgent) => {
      const { start, set, result, service } = shops;
      const started = await start();
      expect(started).toMatchObject({
        __typename: 'PayerAuthenticationStarted',
        authorizeUrl: `${service.door}/w/demo/${started.state}`,
        authorizeQr: expect.stringContaining('<svg'),
      });
      expect(await result(started.queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting' });

      const before = redemptionsAt(service);
      const opened = await visit(started.authorizeUrl, userAgent);
      expect(opened.status).toBe(303);
      const returned = await visit(await chooseOnPage(locationOf(opened)), userAgent);
      expect(returned.status).toBe(303);
      const back = locationOf(returned);
      expect(back.origin + back.pathname).toBe(`${service.origin}/payer`);
      expect([...back.searchParams.keys()]).toEqual(['code', 'state', 'channel']);
      const { code: authCode, state, channel: channelId } = Object.fromEntries(back.searchParams);
      expect({ state, channelId }).toEqual({ state: started.state, channelId: channel });
      // Until now nothing was redeemed, and the session waits as before.
      expect(redemptionsAt(service)).toBe(before);
      expect(await result(started.queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting', attemptsLeft: 5 });

      const stored = await set({ channelId, authCode, state, clientIp: '127.0.0.1' });
      expect(stored).toMatchObject({ __typename: 'PayerAuthResultStored', queryCode: null });
      expect(redemptionsAt(service)).toBe(before + 1);
      const { __typename, identity } = await result(started.queryCode);
      expect(__typename).toBe('PayerAuthSucceeded');
      expect(identity.openId ?? identity.userId).toMatch(/.{10,}/);
    },
  );

  test('front ends and merchants share one callback domain, and each payer returns to the page of its session', async () => {
    const { start, set, result } = shops;
    const sessions = [
      { appId: 'shop', returnUrl: shopPages[0], channelId: 'wechat_pay' },
      { appId: 'shop', returnUrl: shopPages[1], channelId: 'wechat_pay' },
      { appId: 'shop', returnUrl: shopPages[1] },
      { appId: 'cafe', returnUrl: cafePage },
    ];
    const ways = await Promise.all(
      sessions.map(async (input) => {
        const { authorizeUrl, state, queryCode } = await start(input);
        const page = input.channelId ? authorizeUrl : locationOf(await visit(authorizeUrl, inWechat));
        const back = locationOf(await visit(await chooseOnPage(page), inWechat));
        expect(back.searchParams.get('state')).toBe(state);
        const authCode = back.searchParams.get('code');
        const stored = await set({ appId: input.appId, channelId: 'wechat_pay', authCode, state });
        expect(stored.__typename).toBe('PayerAuthResultStored');
        expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
        return back.href.replace(/code=[^&]+&state=[0-9a-f]{72}/, 'code=C&state=S');
      }),
    );
    expect(ways).toEqual([
      'https://www.shop.example/back?from=pay&lang=zh&code=C&state=S&channel=wechat_pay',
      'https://m.shop.example/?code=C&state=S&channel=wechat_pay#/back',
      'https://m.shop.example/?code=C&state=S&channel=wechat_pay#/back',
      'https://cafe.example/?code=C&state=S&channel=wechat_pay',
    ]);
  });

  test('a session on a channel of returnByDoor has the door as its return address, and the page in the store', async () => {
    const { service } = shops;
    const { searchParams } = new URL(
      (await shops.start({ appId: 'shop', returnUrl: shopPages[0], channelId: 'wechat_pay' })).authorizeUrl,
    );
    expect(searchParams.get('redirect_uri')).toBe(`${service.door}/return/shop/wechat_pay`);
  });

  test('a payer who refuses on the page of any channel returns with access_denied, and the session waits', async () => {
    const { start, result } = shops;
    for (const [channel, userAgent] of browsers) {
      const { authorizeUrl, state, queryCode } = await start();
      const page = locationOf(await visit(authorizeUrl, userAgent));
      const back = locationOf(await visit(await chooseOnPage(page, '拒绝'), userAgent));
      expect(Object.fromEntries(back.searchParams)).toEqual({
        error: 'access_denied',
        ...(channel === 'union_pay' && { reason: '34' }),
        state,
        channel,
      });
      expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting', attemptsLeft: 5 });
    }
  });

  test('a payer who refuses in one wallet authorizes in another one, and the session succeeds', async () => {
    const { start, set, result } = shops;
    const { authorizeUrl, state, queryCode } = await start();
    const refused = locationOf(await visit(authorizeUrl, wallets.ali_pay[0]));
    await visit(await chooseOnPage(refused, '拒绝'));
    const granted = locationOf(await visit(authorizeUrl, wallets.union_pay[0]));
    const back = locationOf(await visit(await chooseOnPage(granted)));
    const authCode = back.searchParams.get('code');
    await set({ channelId: 'union_pay', authCode, state, clientIp: '127.0.0.1' });
    expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });

  test('of several codes in an address the last is handed over, redeemed alone, and succeeds', async () => {
    const { start, set, result, service } = shops;
    const { authorizeUrl, state, queryCode } = await start();
    const address = new URL(await chooseOnPage(locationOf(await visit(authorizeUrl, inWechat))));
    const code = address.searchParams.get('code');
    const twice = `${address.origin}${address.pathname}?code=stale&code=&${address.searchParams}`;
    const back = locationOf(await visit(twice));
    expect(back.searchParams.getAll('code')).toEqual([code]);
    const before = redemptionsAt(service);
    expect(await set({ channelId: 'wechat_pay', authCode: code, state })).toMatchObject({
      __typename: 'PayerAuthResultStored',
    });
    expect(redemptionsAt(service)).toBe(before + 1);
    expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });

  test.each([
    ['ali_pay', 'error=access_denied', 'access_denied'],
    ['wechat_pay', '', 'access_denied'],
    ['union_pay', 'respCode=34', 'access_denied'],
    ['union_pay', 'errorcode=E1004&errmsg=no', 'server_error'],
    ['union_pay', 'respCode=01', 'server_error'],
  ])(
    'a return from %s with %j is handed over as %s; it costs no attempt, and the session succeeds afterwards',
    async (channelId, query, error) => {
      const { start, set, result, service } = shops;
      const { state, queryCode } = await start();
      const back = locationOf(await visit(`${service.door}/return/demo/${channelId}?${query}&state=${state}`));
      expect(back.searchParams.get('error')).toBe(error);
      expect(back.searchParams.get('code')).toBeNull();
      expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting', attemptsLeft: 5 });
      const authCode = `test_ok_alice~${state.slice(0, 16)}`;
      await set({ channelId, authCode, state, clientIp: '127.0.0.1' });
      expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
    },
  );

  test('HEAD, loading ahead, POST and strangers’ tickets spend nothing: the code works afterwards', async () => {
    const { start, set, result, service } = shops;
    const { authorizeUrl, state, queryCode } = await start();
    const address = await chooseOnPage(locationOf(await visit(authorizeUrl, inWechat)));
    const before = redemptionsAt(service);
    const flipped = `${address.slice(0, -1)}${address.endsWith('0') ? '1' : '0'}`;
    for (const url of [authorizeUrl, address]) {
      expect((await visit(url, inWechat, { method: 'HEAD' })).status).toBe(303);
      for (const headers of [{ purpose: 'prefetch' }, { 'sec-purpose': 'prefetch;prerender' }])
        expect((await visit(url, inWechat, { headers })).headers.get('location')).toBeNull();
      expect((await visit(url, inWechat, { method: 'POST' })).status).toBe(405);
    }
    const strange = [flipped, address.replace('/demo/', '/shop/'), `${service.door}/w/shop/${state}`];
    for (const url of strange) expect((await visit(url, inWechat)).status).toBe(404);
    expect(redemptionsAt(service)).toBe(before);
    expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting', attemptsLeft: 5 });
    const authCode = locationOf(await visit(address)).searchParams.get('code');
    await set({ channelId: 'wechat_pay', authCode, state });
    expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });

  test('a ticket opened and returned twice, and again after the success, leads to the same places and changes nothing', async () => {
    const { start, set, result, service } = shops;
    const { authorizeUrl, state, queryCode } = await start();
    const [first, second] = [await visit(authorizeUrl, inWechat), await visit(authorizeUrl, inWechat)];
    expect(locationOf(second).href).toBe(locationOf(first).href);
    const address = await chooseOnPage(locationOf(first));
    const [back, again] = [locationOf(await visit(address)), locationOf(await visit(address))];
    expect(again.href).toBe(back.href);
    await set({ channelId: 'wechat_pay', authCode: back.searchParams.get('code'), state });
    const succeeded = await result(queryCode);
    const before = redemptionsAt(service);
    expect((await visit(authorizeUrl, inWechat)).status).toBe(303);
    expect(locationOf(await visit(address)).href).toBe(back.href);
    expect(redemptionsAt(service)).toBe(before);
    expect(await result(queryCode)).toEqual(succeeded);
  });

  test('two redirects with two codes on one state: the first is redeemed, and the second answered with its success', async () => {
    const { start, set, result } = shops;
    const { authorizeUrl, state, queryCode } = await start();
    const page = locationOf(await visit(authorizeUrl, inWechat));
    const backs = await Promise.all(
      ['小艾', '小博'].map(async (payer) => locationOf(await visit(await chooseOnPage(page, payer)))),
    );
    const [first, second] = backs.map((back) => back.searchParams.get('code'));
    const stored = await set({ channelId: 'wechat_pay', authCode: first, state });
    expect(stored.__typename).toBe('PayerAuthResultStored');
    expect(await set({ channelId: 'wechat_pay', authCode: second, state })).toEqual(stored);
    expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });
});
