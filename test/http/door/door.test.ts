/** What the door answers to which request: tickets, browsers, methods, headers, and the parameters that channels return. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { request } from '../../support/http/raw-http.ts';
import { others, wallets } from '../../support/http/user-agents.ts';
import { callersOf, locationOf, redemptionsAt, visit } from '../../support/services/door.ts';
import { type SandboxService, startSandboxService } from '../../support/services/sandbox.ts';

const inAlipay = wallets.ali_pay[0];
const onDesktop = others['a desktop browser'];

let service: SandboxService;
let start: ReturnType<typeof callersOf>['start'];
beforeAll(async () => {
  service = await startSandboxService((config) => ({
    ...config,
    apps: [
      ...config.apps,
      { id: 'other', channels: { ali_pay: 'alipay', wechat_pay: 'wechat' }, returnUrls: ['https://other.example/'] },
      { id: 'website', channels: { wechat_web: 'website', ali_pay: 'alipay' }, returnUrls: ['https://web.example/'] },
    ],
    sources: {
      ...config.sources,
      website: {
        ...config.sources.wechat,
        type: 'wechat',
        scope: 'snsapi_login',
        channels: ['wechat_web'],
        authorizeUrl: 'http://127.0.0.1/connect/qrconnect',
      },
    },
  }));
  start = callersOf(service).start;
});
afterAll(() => service?.close());

/** Every call of the store but the sweeper's, by name. */
let calls: string[];
beforeEach(() => {
  calls = [];
  for (const [name, method] of Object.entries(service.store)) {
    if (name === 'sweep') continue;
    // biome-ignore lint/suspicious/noExplicitAny: every method of the store
    vi.spyOn(service.store, name as any).mockImplementation((...args: unknown[]) => {
      calls.push(name);
      return (method as (...given: unknown[]) => unknown)(...args);
    });
  }
});
afterEach(() => vi.restoreAllMocks());

const ticketOf = async (input: Record<string, unknown> = {}): Promise<{ state: string; authorizeUrl: string }> => {
  const started = await start(input);
  calls = [];
  return started;
};
const at = (path: string): string => `${service.door}${path}`;

/** The end of a word, changed. */
const flipped = (text: string, position: number): string =>
  text.slice(0, position) + (text[position] === '0' ? '1' : '0') + text.slice(position + 1);

describe('a ticket', () => {
  test('a ticket that was not issued here for this app is 404, and costs no statement of the store', async () => {
    const { state } = await ticketOf();
    const { state: ofOther } = await ticketOf({ appId: 'other', returnUrl: 'https://other.example/' });
    const { state: ofChannel } = await ticketOf({ channelId: 'ali_pay' });
    const tickets = [
      ...[flipped(state, 0), flipped(state, 31), flipped(state, 39), flipped(state, 40), flipped(state, 71)],
      ...[state.toUpperCase(), `${state}0`, state.slice(1), `%20${state}`, `${state}%00`, `${state}/`, `${state};x`],
      ...['0'.repeat(72), 'f'.repeat(72), 'x', '..', '%2e%2e', '-', '__proto__', 'constructor', '%', '%ff', '*'],
      ...[ofOther, ofChannel],
    ].map((ticket) => `/w/demo/${ticket}`);
    const paths = [`/w/other/${state}`, `/w/nowhere/${state}`, `/w/__proto__/${state}`, `/w//${state}`, `/w/${state}`];
    for (const target of [...tickets, ...paths]) {
      const { status, headers } = await request(service.door, { target, headers: { 'user-agent': inAlipay } });
      expect([target, status]).toEqual([target, 404]);
      expect(headers.get('location')).toBeUndefined();
    }
    expect(calls).toEqual([]);
  });

  test('a valid ticket leads to the channel without a statement of the store, with our state and our return address', async () => {
    const { state, authorizeUrl } = await ticketOf();
    const { searchParams, pathname } = locationOf(await visit(authorizeUrl, inAlipay));
    expect(pathname).toBe('/oauth2/publicAppAuthorize.htm');
    expect(searchParams.get('state')).toBe(state);
    expect(searchParams.get('redirect_uri')).toBe(at('/return/demo/ali_pay'));
    expect(calls).toEqual([]);
  });

  test('what a wallet adds to the address of a ticket is ignored', async () => {
    const { authorizeUrl } = await ticketOf();
    const plain = locationOf(await visit(authorizeUrl, inAlipay)).href;
    const shared = await visit(`${authorizeUrl}?from=singlemessage&isappinstalled=0&state=evil#x`, inAlipay);
    expect(locationOf(shared).href).toBe(plain);
  });
});

describe('a browser', () => {
  const pages = {
    wechat_pay: '/connect/oauth2/authorize',
    ali_pay: '/oauth2/publicAppAuthorize.htm',
    union_pay: '/qrcGtwWeb-web/api/userAuth',
  };
  test.each(Object.entries(wallets).flatMap(([channel, all]) => all.map((userAgent) => [channel, userAgent] as const)))(
    'the wallet of %s is redirected to its own channel: %s',
    async (channel, userAgent) => {
      const { authorizeUrl } = await ticketOf();
      const response = await visit(authorizeUrl, userAgent);
      expect(response.status).toBe(303);
      expect(locationOf(response).pathname).toBe(pages[channel as keyof typeof pages]);
    },
  );

  test.each(Object.entries(others))(
    '%s gets a page with a QR code and a link to every channel',
    async (_, userAgent) => {
      const { authorizeUrl } = await ticketOf();
      const response = await visit(authorizeUrl, userAgent);
      expect(response.status).toBe(200);
      expect(response.headers.get('content-type')).toBe('text/html; charset=utf-8');
      const page = await response.text();
      expect(page).not.toMatch(/<script|javascript:|onclick|src=/i);
      expect(page).toContain('<svg');
      const links = [...page.matchAll(/<a href="([^"]+)" rel="noreferrer">([^<]+)</g)].map(([, href = '', title]) => [
        title,
        new URL(href.replaceAll('&amp;', '&')).pathname,
      ]);
      expect(links).toEqual([
        ['支付宝', pages.ali_pay],
        ['微信支付', pages.wechat_pay],
        ['云闪付', pages.union_pay],
      ]);
    },
  );

  test('a wallet whose channel the app does not have gets the page of choice', async () => {
    const { authorizeUrl } = await ticketOf({ appId: 'other', returnUrl: 'https://other.example/' });
    expect((await visit(authorizeUrl, wallets.union_pay[0])).status).toBe(200);
  });

  test('WeChat’s browser is not sent to the page for websites, which the page of choice offers', async () => {
    const { authorizeUrl } = await ticketOf({ appId: 'website', returnUrl: 'https://web.example/' });
    const response = await visit(authorizeUrl, wallets.wechat_pay[0]);
    expect(response.status).toBe(200);
    expect(await response.text()).toContain('/connect/qrconnect?appid=');
  });

  test('a browser that claims to be several wallets is sent to the first channel of the app', async () => {
    const { authorizeUrl } = await ticketOf();
    const all = Object.values(wallets).flat().join(' ');
    expect(locationOf(await visit(authorizeUrl, all)).pathname).toBe(pages.ali_pay);
  });

  test('a hostile User-Agent is refused or takes no effect, and comes back in no reply', async () => {
    const { authorizeUrl } = await ticketOf();
    const target = new URL(authorizeUrl).pathname;
    const mark = 'evil-mark';
    const cases: [status: number, userAgent: string][] = [
      [431, 'MicroMessenger/'.padEnd(65_536, mark)],
      [400, `MicroMessenger/8\u0000${mark}`],
      [400, `MicroMessenger/8\u0007${mark}`],
      [400, `x\u007f${mark}`],
      [200, `<script>alert("${mark}")</script>`],
      [200, `"><img src=x onerror=${mark}>`],
      [200, `${mark}\t${'('.repeat(3_000)}${'a'.repeat(3_000)}`],
      [200, `${'UnionPay '.repeat(500)}${mark}`],
      [200, `\${jndi:ldap://${mark}}`],
      [200, `\u00ff\u00fe${mark}`],
      [303, `${mark} MicroMessenger/`],
    ];
    for (const [status, userAgent] of cases) {
      const reply = await request(service.door, { target, headers: { 'user-agent': userAgent } });
      expect([reply.status, userAgent.slice(0, 40)]).toEqual([status, userAgent.slice(0, 40)]);
      expect(`${reply.body} ${[...reply.headers.values()].join(' ')}`).not.toContain(mark);
    }
    const folded = await request(service.door, { target, headers: { 'user-agent': `x\r\nx-forwarded-host: ${mark}` } });
    expect(folded.status).toBe(200);
    expect(folded.body).not.toContain(mark);
    expect(calls).toEqual([]);
  });
});

describe('what a channel returns', () => {
  const back = async (channel: string, query: string): Promise<Record<string, string>> => {
    const { state } = await ticketOf();
    const response = await visit(at(`/return/demo/${channel}?${query.replaceAll('STATE', state)}`));
    expect(response.status).toBe(303);
    expect(calls).toEqual(['returnUrl']);
    const url = locationOf(response);
    expect(url.origin + url.pathname).toBe(`${service.origin}/payer`);
    const { state: returned, channel: named, ...given } = Object.fromEntries(url.searchParams);
    expect({ returned, named }).toEqual({ returned: state, named: channel });
    expect([...url.searchParams.keys()].length).toBe(Object.keys(given).length + 2);
    return given;
  };

  test.each<[string, string, string]>([
    ['ali_pay', 'app_id=1&source=alipay_wallet&scope=auth_base&state=STATE&auth_code=a1', 'a1'],
    ['wechat_pay', 'code=a1&state=STATE', 'a1'],
    ['union_pay', 'state=STATE&userAuthCode=a1&respCode=00', 'a1'],
    ['union_pay', 'state=STATE&userAuthCode=95f5%24%23%24%23%24&respCode=00', '95f5$#$#$'],
    ['wechat_pay', 'state=STATE&code=ab+c/d==', 'ab+c/d=='],
    ['wechat_pay', 'state=STATE&code=ab%2Bc%2Fd%3D%3D', 'ab+c/d=='],
    ['wechat_pay', 'state=STATE&code=a%252B', 'a%2B'],
    ['wechat_pay', 'state=STATE&code=c%26state%3Devil%26channel%3Devil', 'c&state=evil&channel=evil'],
  ])('the code of %s in %s is handed over', async (channel, query, code) => {
    expect(await back(channel, query)).toEqual({ code });
  });

  test.each([
    ['several codes', 'code=stale&state=STATE&code=newer&code=last', 'last'],
    ['an address that was redirected twice', 'code=stale&state=f00&code=last&state=STATE', 'last'],
    ['an empty code before', 'code=&state=STATE&code=last', 'last'],
    ['a broken code behind', 'state=STATE&code=last&code=%zz', 'last'],
  ])('of %s the last counts', async (_, query, code) => {
    expect(await back('wechat_pay', query)).toEqual({ code });
  });

  test('a code counts beside a reason: the page gave it out', async () => {
    expect(await back('wechat_pay', 'error=access_denied&state=STATE&code=a1')).toEqual({ code: 'a1' });
  });

  test.each<[string, string, string, string | undefined]>([
    ['ali_pay', 'state=STATE', 'access_denied', undefined],
    ['wechat_pay', 'state=STATE', 'access_denied', undefined],
    ['wechat_pay', 'state=STATE&code=', 'access_denied', undefined],
    ['ali_pay', 'state=STATE&code=of-another-channel', 'access_denied', undefined],
    ['ali_pay', 'error=access_denied&state=STATE', 'access_denied', 'access_denied'],
    ['union_pay', 'state=STATE&respCode=34', 'access_denied', '34'],
    ['union_pay', 'state=STATE&respCode=01&respCode=34', 'access_denied', '34'],
    ['union_pay', 'state=STATE&respCode=01', 'server_error', '01'],
    ['union_pay', 'state=STATE&respCode=00', 'server_error', '00'],
    ['union_pay', 'state=STATE&errmsg=%E5%A4%B1%E8%B4%A5&errorcode=E1004', 'server_error', 'E1004'],
    ['ali_pay', 'error=server_error&state=STATE', 'server_error', 'server_error'],
    ['ali_pay', 'state=STATE&error=%3Cscript%3E', 'server_error', undefined],
    ['ali_pay', `state=STATE&error=${'e'.repeat(33)}`, 'server_error', undefined],
    ['wechat_pay', 'state=STATE&code=two%20words', 'server_error', undefined],
    ['wechat_pay', `state=STATE&code=${'c'.repeat(201)}`, 'server_error', undefined],
    ['wechat_pay', 'state=STATE&code=a%0d%0aset-cookie:x=1', 'server_error', undefined],
    ['wechat_pay', 'state=STATE&code=%00', 'server_error', undefined],
  ])('%s without a code, %s, is handed over as %s with the reason %s', async (channel, query, error, reason) => {
    expect(await back(channel, query)).toEqual({ error, ...(reason !== undefined && { reason }) });
  });

  test('a return without the state of a session of this app and channel is 404, and costs no statement', async () => {
    const { state } = await ticketOf();
    const { state: ofAlipay } = await ticketOf({ channelId: 'ali_pay' });
    const { state: ofOther } = await ticketOf({ appId: 'other', returnUrl: 'https://other.example/' });
    const queries = ['', '?', '?code=a1', '?state=&code=a1', `?state=${flipped(state, 71)}&code=a1`, `?STATE=${state}`];
    const targets = [
      ...queries.map((query) => `/return/demo/wechat_pay${query}`),
      `/return/demo/wechat_pay?state=${ofAlipay}&code=a1`,
      `/return/demo/wechat_pay?state=${ofOther}&code=a1`,
      `/return/demo/wechat_pay?state=${state}&state=evil&code=a1`,
      ...['nowhere', '', '..', '__proto__', 'wechat_pay/'].map((name) => `/return/demo/${name}?state=${state}&code=a1`),
      ...['nowhere', 'demo-daxpay', ''].map((name) => `/return/${name}/wechat_pay?state=${state}&code=a1`),
    ];
    for (const target of targets) {
      const { status, headers } = await request(service.door, { target });
      expect([target, status]).toEqual([target, 404]);
      expect(headers.get('location')).toBeUndefined();
    }
    expect(calls).toEqual([]);
  });

  test('a session of one channel that returns by the door is handed over as well', async () => {
    const { state } = await ticketOf({ channelId: 'wechat_pay', returnUrl: service.returnUrl('wechat_pay') });
    const { href } = locationOf(await visit(at(`/return/demo/wechat_pay?code=a1&state=${state}`)));
    expect(href).toBe(`${service.returnUrl('wechat_pay')}&code=a1&state=${state}&channel=wechat_pay`);
  });
});

describe('the door as a server', () => {
  const returned = async () => at(`/return/demo/wechat_pay?code=a1&state=${(await ticketOf()).state}`);

  test('HEAD is answered as GET is, without a body, and redeems nothing', async () => {
    const before = redemptionsAt(service);
    for (const [url, userAgent] of [
      [(await ticketOf()).authorizeUrl, inAlipay],
      [(await ticketOf()).authorizeUrl, onDesktop],
      [await returned(), ''],
      [at('/w/demo/nothing'), ''],
    ] as const) {
      const [get, head] = [await visit(url, userAgent), await visit(url, userAgent, { method: 'HEAD' })];
      const shown = ({ status, headers }: Response) => ({
        status,
        ...Object.fromEntries([...headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name))),
      });
      expect(shown(head)).toEqual(shown(get));
      expect(await head.text()).toBe('');
    }
    expect(redemptionsAt(service)).toBe(before);
  });

  test.each(['OPTIONS', 'POST', 'PUT', 'DELETE', 'PATCH'])('%s is 405, and leads nowhere', async (method) => {
    for (const url of [(await ticketOf()).authorizeUrl, await returned(), at('/'), at('/graphql')]) {
      const response = await visit(url, inAlipay, { method });
      expect(response.status).toBe(405);
      expect(response.headers.get('allow')).toBe('GET, HEAD');
      expect(response.headers.get('location')).toBeNull();
    }
    expect(calls).toEqual([]);
  });

  test('OPTIONS * and TRACE are 405, CONNECT and unknown methods 501', async () => {
    const status = async (method: string, target: string) => (await request(service.door, { method, target })).status;
    expect(await status('OPTIONS', '*')).toBe(405);
    expect(await status('TRACE', '/w/demo/x')).toBe(405);
    expect(await status('CONNECT', 'evil.example:443')).toBe(501);
    expect(await status('SPEND', '/w/demo/x')).toBe(501);
  });

  test.each([
    ['purpose', 'prefetch'],
    ['sec-purpose', 'prefetch'],
    ['sec-purpose', 'prefetch;prerender'],
    ['x-purpose', 'preview'],
    ['x-moz', 'prefetch'],
  ])('a browser that loads ahead (%s: %s) is led nowhere, and the payer’s own request is', async (name, value) => {
    const { authorizeUrl } = await ticketOf();
    for (const url of [authorizeUrl, await returned()]) {
      const ahead = await visit(url, inAlipay, { headers: { [name]: value } });
      expect(ahead.status).toBe(403);
      expect(ahead.headers.get('location')).toBeNull();
      expect(calls).toEqual([]);
      expect((await visit(url, inAlipay)).status).toBe(303);
      calls = [];
    }
  });

  test.each(['/graphql', '/metrics', '/livez', '/readyz', '/', '/cashier', '/payer', '/explorer', '/favicon.ico'])(
    'the door has no %s',
    async (path) => {
      for (const accept of ['text/html', 'application/json', '*/*']) {
        const response = await visit(at(path), onDesktop, { headers: { accept } });
        expect(response.status).toBe(404);
        expect(await response.text()).toContain('This link is not valid');
      }
      expect(calls).toEqual([]);
    },
  );

  test('the service’s own port has no door', async () => {
    const { authorizeUrl } = await ticketOf();
    const { pathname } = new URL(authorizeUrl);
    expect((await visit(`${service.origin}${pathname}`, inAlipay)).status).toBe(404);
  });

  test('every reply of the door forbids storing, sniffing, referring, framing, scripts and indexing', async () => {
    const { authorizeUrl } = await ticketOf();
    const replies = [
      await visit(authorizeUrl, inAlipay),
      await visit(authorizeUrl, onDesktop),
      await visit(await returned()),
      await visit(at('/w/demo/nothing')),
      await visit(at('/')),
      await visit(authorizeUrl, inAlipay, { method: 'POST' }),
      await visit(authorizeUrl, inAlipay, { headers: { purpose: 'prefetch' } }),
    ];
    expect(replies.map(({ status }) => status)).toEqual([303, 200, 303, 404, 404, 405, 403]);
    for (const { headers } of replies) {
      expect(headers.get('content-security-policy')).toBe(
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
      );
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('x-robots-tag')).toBe('noindex, nofollow');
      expect(headers.get('set-cookie')).toBeNull();
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});
