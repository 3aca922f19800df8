/** WeChat, against an emulator that checks what it is sent. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSources } from '../../../src/channels/registry.ts';
import { wechat } from '../../../src/channels/wechat/wechat.ts';
import { idsOf } from '../../../src/emulators/test-codes.ts';
import type { FailureCode } from '../../../src/failure-codes.ts';
import { sourceContract } from '../../contract/source.ts';
import { soon } from '../../support/services/sources.ts';
import {
  apiKey,
  appId,
  appSecret,
  failureOf,
  mchId,
  merchant,
  type Options,
  open,
  openAnswering,
  openAt,
  settings,
  shown,
  start,
} from './options.ts';

const login = { invalid: 'AUTH_CODE_INVALID', used: 'AUTH_CODE_USED', expired: 'AUTH_CODE_EXPIRED' } as const;
const plug = { channelId: 'wechat_pay', signsReplies: false, refusals: login };
sourceContract({ ...plug, name: 'WeChat, web', start: () => start('web') });
sourceContract({ ...plug, name: 'WeChat, miniprogram', start: () => start('miniprogram') });
sourceContract({ ...plug, name: 'WeChat, native', start: () => start('native') });
sourceContract({
  ...plug,
  name: 'WeChat, payment_code',
  signsReplies: true,
  // V2 has no word for a code that was used.
  refusals: { ...login, used: 'AUTH_CODE_INVALID' },
  start: () => start('payment_code'),
});

const OAUTH2 = 'https://open.weixin.qq.com/connect/oauth2/authorize';
const QRCONNECT = 'https://open.weixin.qq.com/connect/qrconnect';

describe('the configuration of WeChat', () => {
  test("options default to kind web and to WeChat's addresses", () => {
    expect(wechat.config.parse({ appId, appSecret })).toEqual({
      ...settings.web,
      scope: 'snsapi_base',
      channels: ['wechat_pay'],
      apiUrl: 'https://api.weixin.qq.com/',
      authorizeUrl: 'https://open.weixin.qq.com/connect/oauth2/authorize',
    });
    expect(wechat.config.parse({ kind: 'payment_code', ...merchant })).toMatchObject({
      payUrl: 'https://api.mch.weixin.qq.com/',
      channels: ['wechat_pay', 'wechat_pay_payment_code'],
    });
  });

  test.each([
    [settings.web, 'PAGE', ['wechat_pay']],
    [{ ...settings.web, scope: 'snsapi_userinfo' }, 'PAGE', ['wechat_pay']],
    [{ ...settings.web, scope: 'snsapi_login' }, 'WEBSITE_QR', ['wechat_pay', 'wechat_pay_website_qr']],
    [settings.miniprogram, 'MINI_PROGRAM', ['wechat_pay', 'wechat_pay_mini_program']],
    [settings.native, 'NATIVE_APP', ['wechat_pay', 'wechat_pay_native_app']],
    [settings.payment_code, 'PAYMENT_CODE', ['wechat_pay', 'wechat_pay_payment_code']],
    [{ ...settings.native, channels: ['own'] }, 'NATIVE_APP', ['own']],
  ])('a source with %j takes codes of the kind %s on the channels %j', (options, kind, channels) => {
    const sources = openSources({ pay: { type: 'wechat', ...options } });
    onTestFinished(() => sources.close());
    const source = sources.get('pay');
    expect(source?.channels).toEqual(channels);
    for (const channel of channels) expect(source?.authCodeKind(channel)).toBe(kind);
  });

  test.each([
    ['web without a secret', { appId }, 'appSecret'],
    ['miniprogram without a secret', { kind: 'miniprogram', appId }, 'appSecret'],
    ['payment_code without a merchant number', { kind: 'payment_code', appId, apiKey }, 'mchId'],
    ['payment_code without a key', { kind: 'payment_code', appId, mchId }, 'apiKey'],
    ['payment_code with half a pattern', { ...settings.payment_code, paymentCodePattern: '1[' }, 'paymentCodePattern'],
    [
      'website login at the page of the browser',
      { ...settings.web, scope: 'snsapi_login', authorizeUrl: OAUTH2 },
      'scope',
    ],
    ['no scope at the page of website login', { ...settings.web, authorizeUrl: QRCONNECT }, 'scope'],
    [
      'snsapi_userinfo at the page of website login behind a proxy',
      { ...settings.web, scope: 'snsapi_userinfo', authorizeUrl: 'https://proxy.test/wx/connect/qrconnect' },
      'scope',
    ],
    ['an application of no sub-merchant', { ...settings.payment_code, subAppId: 'wx8' }, 'subMchId'],
    ['web with what only payment_code knows', { ...settings.web, mchId }, 'mchId'],
    ['a mini program with a page', { ...settings.miniprogram, authorizeUrl: OAUTH2 }, 'authorizeUrl'],
    ['an app with the scope of a page', { ...settings.native, scope: 'snsapi_login' }, 'scope'],
    ['an unknown kind', { ...settings.web, kind: 'h5' }, 'kind'],
  ])('the service does not start with %s', (_, options, path) => {
    expect(() => openSources({ pay: { type: 'wechat', ...options } })).toThrow(/^Source pay: /);
    expect(() => openSources({ pay: { type: 'wechat', ...options } })).toThrow(path);
  });

  test('requests go below the paths of apiUrl and payUrl', async () => {
    for (const kind of ['web', 'payment_code'] as const) {
      const { emulator } = await open(kind);
      const { source, disconnect } = openAt(kind, `${emulator.origin}/proxy/`);
      onTestFinished(disconnect);
      await failureOf(source.redeem('test_ok_alice', { channelId: 'wechat_pay' }, soon()));
      expect(emulator.ledger[0]?.url.pathname).toMatch(/^\/proxy\/(sns|tools)\//);
    }
  });
});

describe('a login through WeChat', () => {
  test('a web login yields the openid, and the token with its end', async () => {
    const { emulator, redeem } = await open('web', { now: () => Date.UTC(2026, 0, 1) });
    expect(await redeem('test_ok_alice')).toEqual({
      subject: { openId: idsOf('alice').openid },
      accessToken: { value: idsOf('alice').accessToken, expiresAt: new Date(Date.UTC(2026, 0, 1, 2)) },
    });
    expect(emulator.ledger[0]?.method).toBe('GET');
    expect(emulator.ledger[0]?.url.href).toBe(
      `http://emulator/sns/oauth2/access_token?appid=${appId}&secret=${appSecret}&code=test_ok_alice&grant_type=authorization_code`,
    );
  });

  test('a mini program login yields the openid alone', async () => {
    const { emulator, redeem } = await open('miniprogram');
    expect(await redeem('test_ok_alice')).toEqual({ subject: { openId: idsOf('alice').openid } });
    expect(emulator.ledger[0]?.url.href).toBe(
      `http://emulator/sns/jscode2session?appid=${appId}&secret=${appSecret}&js_code=test_ok_alice&grant_type=authorization_code`,
    );
  });

  test.each([
    ['web', { bound: true, scope: 'snsapi_userinfo' }, true],
    ['web', { bound: true, scope: 'snsapi_base' }, false],
    ['web', { bound: true, scope: 'snsapi_login' }, true],
    ['web', { scope: 'snsapi_userinfo' }, false],
    ['miniprogram', { bound: true }, true],
  ] as const)('a login of kind %s with %j has a unionid: %s', async (kind, app, expected) => {
    const { redeem } = await open(kind, { app });
    const { openId, unionId } = (await redeem('test_ok_alice')).subject;
    expect(unionId !== undefined).toBe(expected);
    expect(unionId).not.toBe(openId);
  });

  test('an auth code with & and = changes no other parameter of the query', async () => {
    const { emulator, redeem } = await open('web');
    await failureOf(redeem('x&appid=evil#/../?secret=1 +%26'));
    expect(Object.fromEntries(emulator.ledger[0]?.url.searchParams ?? [])).toEqual({
      appid: appId,
      secret: appSecret,
      code: 'x&appid=evil#/../?secret=1 +%26',
      grant_type: 'authorization_code',
    });
  });

  test('a login of a snapshot user is refused, since its ids are made up', async () => {
    const { redeem } = await open('web');
    const refused = { code: 'AUTH_CODE_SNAPSHOT' };
    await expect(redeem('test_ok_snapshot')).rejects.toMatchObject(refused);
  });

  test.each(['web', 'miniprogram'] as const)(
    'P1: a login of kind %s is sent once, though it is a GET',
    async (kind) => {
      const { emulator, redeem } = await open(kind);
      await expect(redeem('test_reset_alice')).rejects.toMatchObject({ name: 'ExchangeError', sent: true });
      await delay(300);
      expect(emulator.ledger).toHaveLength(1);
    },
  );

  test.each([
    ['another app', { app: { appId: 'wx0' } }, '40013'],
    ['another secret', { app: { secret: 'rolled' } }, '40125'],
  ])('a login with the credentials of %s is CHANNEL_MISCONFIGURED', async (_, options, upstreamCode) => {
    const { redeem } = await open('web', options);
    await expect(redeem('test_ok_alice')).rejects.toMatchObject({ code: 'CHANNEL_MISCONFIGURED', upstreamCode });
  });

  const rows = (code: FailureCode, ...errcodes: number[]): [number, FailureCode][] =>
    errcodes.map((errcode) => [errcode, code]);
  test.each<[errcode: number, code: FailureCode]>([
    [40029, 'AUTH_CODE_INVALID'],
    [41008, 'AUTH_CODE_INVALID'],
    [40163, 'AUTH_CODE_USED'],
    [42003, 'AUTH_CODE_EXPIRED'],
    [40226, 'AUTH_CODE_REFUSED'],
    [50002, 'AUTH_CODE_REFUSED'],
    ...rows('CHANNEL_MISCONFIGURED', 40001, 40002, 40013, 40125, 40164, 40243, 41002, 41004, 48001),
    ...rows('CHANNEL_MISCONFIGURED', 43001, 43002, 43003, 48004, 50001, 61004),
    ...rows('OUTCOME_UNKNOWN', -1, 45009, 45011, 42002, 99999, 1),
  ])('a login refused with errcode %s fails with %s', async (errcode, code) => {
    const errmsg = 'whatever, rid: 62fb9bc8-078c24da-4202f278';
    for (const kind of ['web', 'miniprogram'] as const)
      for (const body of [
        { errcode, errmsg },
        { errcode: `${errcode}`, errmsg },
      ]) {
        const redeem = await openAnswering(kind, JSON.stringify(body));
        await expect(redeem()).rejects.toMatchObject({ code, upstreamCode: `${errcode}` });
      }
  });

  test.each([
    ['invalid code, rid: 62fb9bc8-078c24da-4202f278', '62fb9bc8-078c24da-4202f278'],
    ['invalid code rid:62fb9bc8-078c24da-4202f278 ', '62fb9bc8-078c24da-4202f278'],
    ['invalid code, rid: 62fb9bc8-078c24da-4202f278-oAlice', undefined],
    ['invalid code, rid: test_ok_alice', undefined],
    ['invalid code, hints: [ req_id: 0cBDc ]', undefined],
    [40029, undefined],
    [null, undefined],
  ])('a login refused with errmsg %j has the upstream trace id %s', async (errmsg, upstreamTraceId) => {
    const redeem = await openAnswering('web', JSON.stringify({ errcode: 40029, errmsg }));
    await expect(redeem()).rejects.toMatchObject({ code: 'AUTH_CODE_INVALID', upstreamTraceId });
  });

  test('every refusal of the emulator has a trace id of WeChat', async () => {
    const { redeem } = await open('miniprogram');
    const named = { upstreamTraceId: expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{8}-[0-9a-f]{8}$/) };
    await expect(redeem('test_invalid_alice')).rejects.toMatchObject(named);
  });

  test.each(['web', 'miniprogram'] as const)('a login of kind %s with a subAppId is refused', async (kind) => {
    const { source } = await open(kind);
    const refused = { code: 'INPUT_INVALID', fields: [expect.objectContaining({ path: 'channelOptions.subAppId' })] };
    const ask = (more: object) => () => source.validate?.('code', { channelId: 'wechat_pay', ...more });
    expect(ask({ subAppId: 'wx8' })).toThrow(expect.objectContaining(refused));
    expect(ask({ orderId: 'order_1', terminalId: '1', clientIp: '192.0.2.1' })).not.toThrow();
  });

  test.each(['web', 'miniprogram', 'native'] as const)(
    'a payment code of WeChat or Alipay at kind %s is refused, and not sent',
    async (kind) => {
      const { source, emulator } = await open(kind);
      const refused = { code: 'INPUT_INVALID', fields: [expect.objectContaining({ path: 'authCode' })] };
      const ask = (authCode: string) => () => source.validate?.(authCode, { channelId: 'wechat_pay' });
      for (const code of ['134291427096188722', '100000000000000000', '159999999999999999', '28763443825664394'])
        expect(ask(code)).toThrow(expect.objectContaining(refused));
      for (const code of ['13429142709618872', '164291427096188722', '081Jk0Ga1mTNGB0Tx9Ja1aBcDe1Jk0Gv'])
        expect(ask(code)).not.toThrow();
      expect(emulator.ledger).toEqual([]);
    },
  );

  test('a reply with ids and an errcode is refused', async () => {
    const redeem = await openAnswering('miniprogram', '{"openid":"oAlice","session_key":"k","errcode":40029}');
    await expect(redeem()).rejects.toMatchObject({ code: 'AUTH_CODE_INVALID' });
  });

  test.each(['{"openid":"oAlice"}', '{"openid":"oAlice","errcode":0}', '{"openid":"oAlice","unionid":""}'])(
    'in a mini program succeeds with %s',
    async (body) => {
      const redeem = await openAnswering('miniprogram', body);
      expect(await redeem()).toEqual({ subject: { openId: 'oAlice' } });
    },
  );

  const token = { access_token: 't', expires_in: 7200, openid: 'oAlice' };
  test.each([
    ['no ids', {}],
    ['no openid', { ...token, openid: undefined }],
    ['an empty openid', { ...token, openid: '' }],
    ['an openid that is a number', { ...token, openid: 1 }],
    ['an openid that is markup', { ...token, openid: '<script>' }],
    ['an openid of a thousand characters', { ...token, openid: 'o'.repeat(1_000) }],
    ['no token', { ...token, access_token: undefined }],
    ['a token that never ends', { ...token, expires_in: -1 }],
    ['a snapshot flag unheard of', { ...token, is_snapshotuser: '1' }],
    ['an errcode that is text', { ...token, errcode: 'constructor' }],
    ['an array', []],
    ['null', null],
  ])('a login answered with %s is malformed', async (_, body) => {
    const redeem = await openAnswering('web', JSON.stringify(body));
    await expect(redeem()).rejects.toMatchObject({ code: 'REPLY_MALFORMED' });
  });
});

describe('the session key of a mini program', () => {
  const sessionKey = 'tiihtNczf5v6AKRyjwEUhQ==';
  const unquoted = sessionKey.slice(0, -2);

  test('the session key is not in the result', async () => {
    const redeem = await openAnswering('miniprogram', JSON.stringify({ openid: 'oAlice', session_key: sessionKey }));
    expect(shown(await redeem())).not.toContain(unquoted);
  });

  test.each([
    ['a refusal', `{"errcode":40029,"session_key":"${sessionKey}"}`],
    ['no openid', `{"session_key":"${sessionKey}"}`],
    ['a wrong openid', `{"session_key":"${sessionKey}","openid":"${sessionKey} "}`],
    ['half a document', `{"openid":"oAlice","session_key":"${sessionKey}`],
    ['a repeated key', `{"session_key":"${sessionKey}","session_key":"${sessionKey}"}`],
    ['an errcode of its own', `{"errcode":"${sessionKey}"}`],
    ['bytes that are not UTF-8', Buffer.from(`{"session_key":"${sessionKey}","note":"\xd6"}`, 'latin1')],
    ['too much', `{"session_key":"${sessionKey}"}${' '.repeat(70_000)}`],
  ])('P8: the session key and the secret are in no error about %s', async (_, body) => {
    const error = await failureOf((await openAnswering('miniprogram', body))());
    expect(shown(error)).toContain('Error');
    expect(shown(error)).not.toContain(unquoted);
    expect(shown(error)).not.toContain(appSecret);
  });

  test('P8: the session key is in no error about a reply that is not HTTP', async () => {
    const head = 'HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n';
    const server = createServer((socket) => {
      socket.once('data', () => socket.end(`${head}zz\r\n{"session_key":"${sessionKey}"}\r\n`));
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { source, disconnect } = openAt('miniprogram', origin);
    onTestFinished(async () => {
      await disconnect();
      server.close();
    });
    const error = await failureOf(source.redeem('test_ok_alice', { channelId: 'wechat_pay' }, soon()));
    expect(error).toMatchObject({ name: 'ExchangeError', sent: true });
    expect(shown(error)).not.toContain(unquoted);
    expect(shown(error)).not.toContain(appSecret);
  });
});

describe('the page that asks a payer', () => {
  const request = { returnUrl: 'https://shop.test/pay?a=1&b=中', state: 'Ab1' };

  test('the authorize URL has the exact form that WeChat requires', async () => {
    const { source } = await open('web', { source: { scope: 'snsapi_userinfo' } });
    expect(source.authorizer?.url(request)).toBe(
      `https://open.weixin.qq.com/connect/oauth2/authorize?appid=${appId}` +
        '&redirect_uri=https%3A%2F%2Fshop.test%2Fpay%3Fa%3D1%26b%3D%E4%B8%AD' +
        '&response_type=code&scope=snsapi_userinfo&state=Ab1&connect_redirect=1#wechat_redirect',
    );
  });

  test('website login has another page, with the same parameters in the same order and no connect_redirect', async () => {
    const { source } = await open('web', { source: { scope: 'snsapi_login' } });
    expect(source.authorizer?.url(request)).toBe(
      `https://open.weixin.qq.com/connect/qrconnect?appid=${appId}` +
        '&redirect_uri=https%3A%2F%2Fshop.test%2Fpay%3Fa%3D1%26b%3D%E4%B8%AD' +
        '&response_type=code&scope=snsapi_login&state=Ab1#wechat_redirect',
    );
    const { source: named } = await open('web', { source: { scope: 'snsapi_login', authorizeUrl: QRCONNECT } });
    expect(named.authorizer?.url(request)).toBe(source.authorizer?.url(request));
  });

  test('codes of the website login page yield the unionid, and each page refuses the scope of the other', async () => {
    const { emulator, source, redeem } = await open('web', { app: { bound: true }, source: { scope: 'snsapi_login' } });
    const url = new URL(source.authorizer?.url(request) ?? '');
    const visit = async (path: string, search = url.search) =>
      await (await fetch(`${emulator.origin}${path}${search}`)).text();
    const code = linksOf(await visit('/connect/qrconnect'))[0]?.[1].searchParams.get('code') ?? '';
    expect((await redeem(code)).subject).toMatchObject({ openId: idsOf('alice').openid, unionId: expect.any(String) });
    expect(await visit('/connect/oauth2/authorize')).toContain('10005');
    expect(await visit('/connect/qrconnect', query(request.returnUrl))).toContain('10005');
  });

  test('only kind web has an authorizer', async () => {
    expect((await open('miniprogram')).source.authorizer).toBeUndefined();
    expect((await open('payment_code')).source.authorizer).toBeUndefined();
    expect((await open('native')).source.authorizer).toBeUndefined();
  });

  const ask = async (query: string, options?: Options) => {
    const opened = await open('web', options);
    const reply = await fetch(`${opened.emulator.origin}/connect/oauth2/authorize${query}`);
    expect(reply.status).toBe(200);
    return { ...opened, page: await reply.text() };
  };
  const linksOf = (page: string) =>
    [...page.matchAll(/href="([^"]+)"[^>]*>([^<]+)</g)].map(
      ([, href = '', label]) => [label, new URL(href.replaceAll('&amp;', '&'))] as const,
    );
  const query = (redirect: string, scope = 'snsapi_base') =>
    `?appid=${appId}&redirect_uri=${encodeURIComponent(redirect)}&response_type=code&scope=${scope}&state=Ab1`;

  test('the page of the emulator lets payers choose, and their codes work once', async () => {
    const { page, redeem } = await ask(query(request.returnUrl));
    const links = linksOf(page);
    expect(links.map(([label]) => label)).toEqual(['小艾', '小博', '小卡', '拒绝']);
    for (const [, url] of links) expect(url.href).toMatch(/^https:\/\/shop\.test\/pay\?a=1&b=%E4%B8%AD.*state=Ab1$/);
    const code = links[1]?.[1].searchParams.get('code') ?? '';
    expect((await redeem(code)).subject).toEqual({ openId: idsOf('bob').openid });
    await expect(redeem(code)).rejects.toMatchObject({ code: 'AUTH_CODE_USED' });
    expect(links[3]?.[1].searchParams.has('code')).toBe(false);
  });

  test('the page of the emulator remembers what the payer granted, until it expires', async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const options = { app: { bound: true }, now: () => nowMs };
    const { page, redeem } = await ask(query(request.returnUrl, 'snsapi_userinfo'), options);
    const [alice = '', bob = ''] = linksOf(page).map(([, url]) => url.searchParams.get('code') ?? '');
    expect((await redeem(alice)).subject).toMatchObject({ unionId: expect.stringMatching(/^o.{27}$/) });
    nowMs += 300_000;
    await expect(redeem(bob)).rejects.toMatchObject({ code: 'AUTH_CODE_EXPIRED' });
  });

  test('the page of the emulator requires the parameters in their order', async () => {
    const base = query('https://shop.test/');
    expect((await ask(base)).page).toContain('小艾');
    const disordered = `?redirect_uri=https%3A%2F%2Fshop.test%2F&appid=${appId}&response_type=code&scope=snsapi_base&state=1`;
    const elsewhere = { app: { redirectHost: 'other.test' } };
    for (const { page } of [
      await ask(disordered),
      await ask(base.replace(appId, 'wx0')),
      await ask(base, elsewhere),
      await ask(query('javascript:alert(1)')),
      await ask(query('nowhere')),
      await ask(base.replace('https%3A', '%')),
    ]) {
      expect(page).toContain('10003');
      expect(page).not.toContain('test_ok_');
    }
    expect((await ask(base.replace('&state=Ab1', ''))).page).toContain('10013');
    expect((await ask(base.replace('&scope=snsapi_base', ''))).page).toContain('10010');
  });
});
