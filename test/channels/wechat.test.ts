import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSources } from '../../src/channels/registry.ts';
import { wechat } from '../../src/channels/wechat.ts';
import { judgeOpenId, openIdRequest, signV2 } from '../../src/channels/wechat-pay.ts';
import { startEmulator } from '../../src/emulators/emulator.ts';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { startWechat, type WechatApp } from '../../src/emulators/wechat.ts';
import { type FailureCode, PayerIdentityError } from '../../src/failure.ts';
import type { Redeemed } from '../../src/model.ts';
import { sourceContract } from '../contract/source.ts';
import { openSource } from '../support/sources.ts';

const appId = 'wxd930ea5d5a258f4f';
const appSecret = 'appSecret-0123456789abcdef';
const mchId = '10000100';
/** From the example of WeChat's own page on signatures. */
const apiKey = '192006250b4c09247ec02edce69f6a2d';
const merchant = { appId, mchId, apiKey };
const sub = { subAppId: 'wx8888888888888888', subMchId: '1900000109' };
const soon = () => ({ deadline: AbortSignal.timeout(5_000) });

const settings = {
  web: { kind: 'web', appId, appSecret },
  miniprogram: { kind: 'miniprogram', appId, appSecret },
  payment_code: { kind: 'payment_code', ...merchant, paymentCodePattern: 'test_.*' },
};
type Kind = keyof typeof settings;

interface Options {
  readonly app?: Partial<WechatApp>;
  readonly source?: Readonly<Record<string, unknown>>;
  readonly now?: () => number;
}

const openAt = (kind: Kind, origin: string, { source: options = {}, now = Date.now }: Options = {}) => {
  const urls = kind === 'payment_code' ? { payUrl: origin } : { apiUrl: origin };
  return openSource(wechat, { ...settings[kind], ...urls, ...options }, now);
};

const start = async (kind: Kind, options: Options = {}) => {
  const { app = {}, now = Date.now } = options;
  const emulator = await startWechat({ apps: [{ appId, secret: appSecret, merchant, ...app }], now });
  return { emulator, ...openAt(kind, emulator.origin, options) };
};

const login = { invalid: 'AUTH_CODE_INVALID', used: 'AUTH_CODE_USED', expired: 'AUTH_CODE_EXPIRED' } as const;
const plug = { channelId: 'wechat_pay', signsReplies: false, refusals: login };
sourceContract({ ...plug, name: 'WeChat, web', start: () => start('web') });
sourceContract({ ...plug, name: 'WeChat, miniprogram', start: () => start('miniprogram') });
sourceContract({
  ...plug,
  name: 'WeChat, payment_code',
  signsReplies: true,
  // V2 has no word for a code that was used.
  refusals: { ...login, used: 'AUTH_CODE_INVALID' },
  start: () => start('payment_code'),
});

/** A source with its emulator for one test. */
const open = async (kind: Kind, options?: Options) => {
  const { source, emulator, disconnect } = await start(kind, options);
  onTestFinished(async () => {
    await disconnect();
    await emulator.close();
  });
  const redeem = (authCode: string) => source.redeem(authCode, { channelId: 'wechat_pay' }, soon());
  return { source, emulator, redeem };
};

/** A source whose upstream answers the same to everything. */
const openAnswering = async (kind: Kind, body: string | Buffer, status = 200) => {
  const emulator = await startEmulator(() => ({ status, headers: { 'content-type': 'text/plain' }, body }));
  const { source, disconnect } = openAt(kind, emulator.origin);
  onTestFinished(async () => {
    await disconnect();
    await emulator.close();
  });
  return () => source.redeem('test_ok_alice', { channelId: 'wechat_pay' }, soon());
};

const failureOf = (attempt: Promise<unknown>): Promise<unknown> =>
  attempt.then(
    () => expect.unreachable('it succeeded'),
    (error: unknown) => error,
  );
const shown = (value: unknown) =>
  `${inspect(value, { depth: null, showHidden: true, maxArrayLength: null, maxStringLength: null })}
  ${value instanceof Error && value.stack}`;

describe('the configuration of WeChat', () => {
  test('is of kind web with the addresses of WeChat when nothing else is said', () => {
    expect(wechat.config.parse({ appId, appSecret })).toEqual({
      ...settings.web,
      scope: 'snsapi_base',
      channels: ['wechat_pay'],
      apiUrl: 'https://api.weixin.qq.com',
      authorizeUrl: 'https://open.weixin.qq.com/connect/oauth2/authorize',
    });
    expect(wechat.config.parse({ kind: 'payment_code', ...merchant })).toMatchObject({
      payUrl: 'https://api.mch.weixin.qq.com',
      channels: ['wechat_pay'],
    });
  });

  test.each([
    ['web without a secret', { appId }, 'appSecret'],
    ['miniprogram without a secret', { kind: 'miniprogram', appId }, 'appSecret'],
    ['payment_code without a merchant number', { kind: 'payment_code', appId, apiKey }, 'mchId'],
    ['payment_code without a key', { kind: 'payment_code', appId, mchId }, 'apiKey'],
    ['payment_code with half a pattern', { ...settings.payment_code, paymentCodePattern: '1[' }, 'paymentCodePattern'],
    ['web with what only payment_code knows', { ...settings.web, mchId }, 'mchId'],
    ['an unknown kind', { ...settings.web, kind: 'h5' }, 'kind'],
  ])('stops the start: %s', (_, options, path) => {
    expect(() => openSources({ pay: { type: 'wechat', ...options } })).toThrow(/^Source pay: /);
    expect(() => openSources({ pay: { type: 'wechat', ...options } })).toThrow(path);
  });

  test('keeps the path prefix of apiUrl and payUrl', async () => {
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
  test('on the web yields the openid, and the token with its end by the clock given', async () => {
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

  test('in a mini program yields the openid alone', async () => {
    const { emulator, redeem } = await open('miniprogram');
    expect(await redeem('test_ok_alice')).toEqual({ subject: { openId: idsOf('alice').openid } });
    expect(emulator.ledger[0]?.url.href).toBe(
      `http://emulator/sns/jscode2session?appid=${appId}&secret=${appSecret}&js_code=test_ok_alice&grant_type=authorization_code`,
    );
  });

  test.each([
    ['web', { bound: true, scope: 'snsapi_userinfo' }, true],
    ['web', { bound: true, scope: 'snsapi_base' }, false],
    ['web', { scope: 'snsapi_userinfo' }, false],
    ['miniprogram', { bound: true }, true],
  ] as const)('of kind %s with %j has a unionid: %s', async (kind, app, expected) => {
    const { redeem } = await open(kind, { app });
    const { openId, unionId } = (await redeem('test_ok_alice')).subject;
    expect(unionId !== undefined).toBe(expected);
    expect(unionId).not.toBe(openId);
  });

  test('keeps an auth code out of the rest of the query', async () => {
    const { emulator, redeem } = await open('web');
    await failureOf(redeem('x&appid=evil#/../?secret=1 +%26'));
    expect(Object.fromEntries(emulator.ledger[0]?.url.searchParams ?? [])).toEqual({
      appid: appId,
      secret: appSecret,
      code: 'x&appid=evil#/../?secret=1 +%26',
      grant_type: 'authorization_code',
    });
  });

  test('of a snapshot user is refused: those ids are made up', async () => {
    const { redeem } = await open('web');
    const refused = { code: 'AUTH_CODE_REFUSED', upstreamCode: 'snapshot_user' };
    await expect(redeem('test_ok_snapshot')).rejects.toMatchObject(refused);
  });

  test.each(['web', 'miniprogram'] as const)('of kind %s is sent once though it is a GET', async (kind) => {
    const { emulator, redeem } = await open(kind);
    await expect(redeem('test_reset_alice')).rejects.toMatchObject({ name: 'ExchangeError', sent: true });
    await delay(300);
    expect(emulator.ledger).toHaveLength(1);
  });

  test.each([
    ['another app', { app: { appId: 'wx0' } }, '40013'],
    ['another secret', { app: { secret: 'rolled' } }, '40125'],
  ])('with the credentials of %s is CHANNEL_MISCONFIGURED', async (_, options, upstreamCode) => {
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
    ...rows('CHANNEL_MISCONFIGURED', 40001, 40002, 40013, 40125, 40164, 40243, 41002, 41004, 48001),
    ...rows('OUTCOME_UNKNOWN', -1, 45011, 42002, 99999, 1),
  ])('refused with errcode %s fails with %s', async (errcode, code) => {
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

  test('with ids and an errcode beside them is refused', async () => {
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
  ])('answered with %s is malformed', async (_, body) => {
    const redeem = await openAnswering('web', JSON.stringify(body));
    await expect(redeem()).rejects.toMatchObject({ code: 'REPLY_MALFORMED' });
  });
});

describe('the session key of a mini program', () => {
  const sessionKey = 'tiihtNczf5v6AKRyjwEUhQ==';
  const unquoted = sessionKey.slice(0, -2);

  test('is not in the result', async () => {
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
  ])('is in no error about %s, and neither is the secret', async (_, body) => {
    const error = await failureOf((await openAnswering('miniprogram', body))());
    expect(shown(error)).toContain('Error');
    expect(shown(error)).not.toContain(unquoted);
    expect(shown(error)).not.toContain(appSecret);
  });

  test('is in no error about a reply that is not even HTTP', async () => {
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
  const request = { channelId: 'wechat_pay', returnUrl: 'https://shop.test/pay?a=1&b=中', state: 'Ab1' };

  test('is addressed to the letter as WeChat asks', async () => {
    const { source } = await open('web', { source: { scope: 'snsapi_userinfo' } });
    expect(source.authorizeUrl?.(request)).toBe(
      `https://open.weixin.qq.com/connect/oauth2/authorize?appid=${appId}` +
        '&redirect_uri=https%3A%2F%2Fshop.test%2Fpay%3Fa%3D1%26b%3D%E4%B8%AD' +
        '&response_type=code&scope=snsapi_userinfo&state=Ab1#wechat_redirect',
    );
  });

  test('exists on the web only', async () => {
    expect((await open('miniprogram')).source.authorizeUrl).toBeUndefined();
    expect((await open('payment_code')).source.authorizeUrl).toBeUndefined();
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

  test('of the emulator lets payers choose, and their codes work once', async () => {
    const { page, redeem } = await ask(query(request.returnUrl));
    const links = linksOf(page);
    expect(links.map(([label]) => label)).toEqual(['小艾', '小博', '小卡', '拒绝']);
    for (const [, url] of links) expect(url.href).toMatch(/^https:\/\/shop\.test\/pay\?a=1&b=%E4%B8%AD.*state=Ab1$/);
    const code = links[1]?.[1].searchParams.get('code') ?? '';
    expect((await redeem(code)).subject).toEqual({ openId: idsOf('bob').openid });
    await expect(redeem(code)).rejects.toMatchObject({ code: 'AUTH_CODE_USED' });
    expect(links[3]?.[1].searchParams.has('code')).toBe(false);
  });

  test('of the emulator knows what the payer granted, and for how long', async () => {
    let nowMs = Date.UTC(2026, 0, 1);
    const options = { app: { bound: true }, now: () => nowMs };
    const { page, redeem } = await ask(query(request.returnUrl, 'snsapi_userinfo'), options);
    const [alice = '', bob = ''] = linksOf(page).map(([, url]) => url.searchParams.get('code') ?? '');
    expect((await redeem(alice)).subject).toMatchObject({ unionId: expect.stringMatching(/^o.{27}$/) });
    nowMs += 300_000;
    await expect(redeem(bob)).rejects.toMatchObject({ code: 'AUTH_CODE_EXPIRED' });
  });

  test('of the emulator asks for the parameters in their order', async () => {
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

/** A V2 reply as WeChat would sign it. */
const signedXml = (fields: Readonly<Record<string, string>>, key = apiKey): string => {
  const all = new Map(Object.entries(fields));
  all.set('sign', signV2(all, key));
  return `<xml>${[...all].map(([name, value]) => `<${name}><![CDATA[${value}]]></${name}>`).join('\n')}\n</xml>`;
};
const success = {
  ...{ return_code: 'SUCCESS', return_msg: 'OK', appid: appId, mch_id: mchId, nonce_str: 'n', result_code: 'SUCCESS' },
  openid: 'oAlice',
};
const judge = (xml: string | Buffer, who: Parameters<typeof judgeOpenId>[1] = merchant): Redeemed =>
  judgeOpenId({ status: 200, headers: {}, body: Buffer.from(xml) }, who);
const outcome = (xml: string | Buffer, who = merchant): unknown => {
  try {
    return judge(xml, who).subject;
  } catch (error) {
    if (!(error instanceof PayerIdentityError)) throw error;
    return error.code;
  }
};

describe('a signature of WeChat Pay V2', () => {
  /** https://pay.weixin.qq.com/wiki/doc/api/micropay.php?chapter=4_3 */
  const example = {
    ...{ appid: 'wxd930ea5d5a258f4f', mch_id: '10000100', device_info: '1000', body: 'test' },
    nonce_str: 'ibuaiVcKdpRxkhJA',
  };
  const published = '9A0A8659F005D6984697E2CA0A9CF3B7';
  const sign = (fields: object, key = apiKey) => signV2(new Map(Object.entries(fields)), key);

  test('is the published one for the published example', () => {
    expect(sign(example)).toBe(published);
    expect(sign(Object.fromEntries(Object.entries(example).reverse()))).toBe(published);
    expect(sign({ ...example, sign: 'x', attach: '' })).toBe(published);
  });

  test('is another with one character changed', () => {
    for (const [name, value] of Object.entries(example))
      expect(sign({ ...example, [name]: `${value.slice(0, -1)}~` }), name).not.toBe(published);
    expect(sign(example, apiKey.replace('1', '2'))).not.toBe(published);
    expect(sign({ ...example, attach: ' ' })).not.toBe(published);
  });
});

describe('a payment code', () => {
  test('yields the openid; the request carries what V2 asks for', async () => {
    const { emulator, redeem } = await open('payment_code');
    expect(await redeem('test_ok_alice')).toEqual({ subject: { openId: idsOf('alice').openid } });
    expect(emulator.ledger[0]?.method).toBe('POST');
    const { headers } = openIdRequest('code', merchant, 'nonce');
    expect(headers).toEqual({ 'content-type': 'text/xml; charset=utf-8', accept: 'text/xml' });
    expect(emulator.ledger[0]?.body).toMatch(
      new RegExp(
        `^<xml><appid>${appId}</appid><mch_id>${mchId}</mch_id><auth_code>test_ok_alice</auth_code>` +
          `<nonce_str>[0-9a-f]{32}</nonce_str><sign>[0-9A-F]{32}</sign></xml>$`,
      ),
    );
  });

  test('yields the ids of the sub-merchant to a service provider', async () => {
    const { emulator, redeem } = await open('payment_code', {
      app: { merchant: { ...merchant, ...sub } },
      source: sub,
    });
    const { subject } = await redeem('test_ok_alice');
    expect(subject).toEqual({
      openId: idsOf('alice').openid,
      subAppId: sub.subAppId,
      subOpenId: expect.stringMatching(/^o[\w-]{27}$/),
    });
    expect(subject.subOpenId).not.toBe(subject.openId);
    expect(emulator.ledger[0]?.body).toContain(
      `<sub_appid>${sub.subAppId}</sub_appid><sub_mch_id>${sub.subMchId}</sub_mch_id>`,
    );
  });

  test('with markup in it reaches WeChat as it is', async () => {
    const { redeem } = await open('payment_code');
    const refused = { code: 'AUTH_CODE_INVALID', upstreamCode: 'AUTH_CODE_INVALID' };
    await expect(redeem('test_]]></auth_code>&amp;<appid>')).rejects.toMatchObject(refused);
  });

  test.each(['100000000000000000', '134567890123456789', '159999999999999999'])('%s is sent', async (code) => {
    const { source, emulator, redeem } = await open('payment_code', { source: { paymentCodePattern: undefined } });
    source.validate?.(code, { channelId: 'wechat_pay' });
    await expect(redeem(code)).rejects.toMatchObject({ upstreamCode: 'AUTH_CODE_INVALID' });
    expect(emulator.ledger).toHaveLength(1);
  });

  test.each([
    '160000000000000000',
    '013456789012345678',
    '13456789012345678',
    '1345678901234567890',
    '134567890123456789\n',
    '１３４５６７８９０１２３４５６７８９',
    'test_ok_alice',
    '',
  ])('%j is none, and is told before anything is claimed', async (code) => {
    const { source } = await open('payment_code', { source: { paymentCodePattern: undefined } });
    const check = () => source.validate?.(code, { channelId: 'wechat_pay' });
    expect(check).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID', fields: [expect.objectContaining({ path: 'authCode' })] }),
    );
  });

  test.each([
    ['another key', { source: { apiKey: 'not theirs' } }],
    ['another merchant number', { source: { mchId: '1' } }],
    ['another app', { app: { appId: 'wx0' } }],
  ])('asked for with %s: WeChat says so unsigned, so all that we know is doubt', async (_, options) => {
    const { redeem } = await open('payment_code', options);
    const doubt = { code: 'OUTCOME_UNKNOWN', upstreamCode: 'return_code_FAIL' };
    await expect(redeem('test_ok_alice')).rejects.toMatchObject(doubt);
  });
});

describe('a reply of WeChat Pay V2', () => {
  test.each([
    ['AUTHCODEEXPIRE', 'AUTH_CODE_EXPIRED'],
    ['AUTH_CODE_ERROR', 'AUTH_CODE_INVALID'],
    ['AUTH_CODE_INVALID', 'AUTH_CODE_INVALID'],
    ['SYSTEMERROR', 'OUTCOME_UNKNOWN'],
    ['NEVER_HEARD_OF', 'OUTCOME_UNKNOWN'],
    ['constructor', 'OUTCOME_UNKNOWN'],
  ])('refusing with %s is %s', (err_code, code) => {
    const refusal = signedXml({ ...success, result_code: 'FAIL', openid: '', err_code });
    expect(() => judge(refusal)).toThrow(expect.objectContaining({ code, upstreamCode: err_code }));
  });

  test('refusing without a signature is not believed', () => {
    const refusal = signedXml({ ...success, result_code: 'FAIL', err_code: 'AUTH_CODE_INVALID' });
    expect(outcome(refusal.replace(/<sign>.*<\/sign>/, ''))).toBe('REPLY_UNVERIFIED');
  });

  test('for another app, merchant or sub-merchant is not ours, though the signature is right', () => {
    const provider = { ...merchant, ...sub };
    expect(outcome(signedXml(success))).toEqual({ openId: 'oAlice' });
    expect(outcome(signedXml({ ...success, appid: 'wx0' }))).toBe('REPLY_UNVERIFIED');
    expect(outcome(signedXml({ ...success, mch_id: '1' }))).toBe('REPLY_UNVERIFIED');
    expect(outcome(signedXml({ ...success, sub_appid: 'wx0' }), provider)).toBe('REPLY_UNVERIFIED');
    expect(outcome(signedXml({ ...success, sub_mch_id: '1' }), provider)).toBe('REPLY_UNVERIFIED');
    const both = { ...success, sub_appid: sub.subAppId, sub_openid: 'oSub' };
    expect(outcome(signedXml(both), provider)).toEqual({
      openId: 'oAlice',
      subAppId: sub.subAppId,
      subOpenId: 'oSub',
    });
  });

  test('that names no sub-merchant where none is known is a success without one', () => {
    expect(outcome(signedXml({ ...success, sub_openid: '', sub_appid: '', sub_mch_id: '' }))).toEqual({
      openId: 'oAlice',
    });
  });

  test.each([
    ['no openid', { openid: '' }],
    ['an openid that is markup', { openid: '<b>' }],
    ['a result unheard of', { result_code: 'MAYBE' }],
    ['a return code unheard of', { return_code: 'MAYBE' }],
  ])('with %s makes no sense, though the signature is right', (_, change) => {
    expect(outcome(signedXml({ ...success, ...change }))).toBe('REPLY_MALFORMED');
  });

  test('that has one field moved into another keeps its signature, and is not read', () => {
    const genuine = { ...success, sub_openid: 'oSub', return_msg: 'OK' };
    const { sub_openid: _, ...rest } = genuine;
    const moved = { ...rest, return_msg: 'OK&sub_openid=oSub' };
    const { sign } = Object.fromEntries(
      [...signedXml(genuine).matchAll(/<(sign)><!\[CDATA\[(.*?)\]/g)].map(([, k, v]) => [k, v]),
    );
    expect(signV2(new Map(Object.entries({ ...moved, return_code: 'SUCCESS' })), apiKey)).toBe(sign);
    expect(outcome(signedXml(moved))).toBe('REPLY_MALFORMED');
  });

  const genuine = signedXml(success);
  const openid = '<openid><![CDATA[oAlice]]></openid>';
  test.each([
    ['a declaration', `<?xml version="1.0" encoding="UTF-8"?>\n${genuine}`],
    ['a byte order mark', `\ufeff${genuine}`],
    ['blanks between elements', genuine.replaceAll('>\n<', '>\r\n\t <')],
    ['plain text for CDATA', genuine.replace(openid, '<openid>oAlice</openid>')],
    ['an empty element', genuine.replace(openid, `${openid}<attach></attach>`)],
    ['a self-closing element', genuine.replace(openid, `${openid}<attach/>`)],
    ['a new element, signed', signedXml({ ...success, brand_new: '<b>中</b> ]] >' })],
  ])('with %s is read', (_, xml) => {
    expect(outcome(xml)).toEqual({ openId: 'oAlice' });
  });

  const inside = (content: string) => genuine.replace(openid, `<openid>${content}</openid>`);
  const laughs = Array.from({ length: 12 }, (_, i) => `<!ENTITY l${i + 1} "${`&l${i};`.repeat(10)}">`).join('');
  test.each([
    ['a DTD', `<!DOCTYPE xml>${genuine}`],
    ['an entity', `<!DOCTYPE xml [<!ENTITY e "oAlice">]>${inside('&e;')}`],
    ['an external entity', `<!DOCTYPE xml [<!ENTITY e SYSTEM "file:///etc/passwd">]>${inside('&e;')}`],
    ['a billion laughs', `<!DOCTYPE xml [<!ENTITY l0 "ha">${laughs}]>${inside('&l12;')}`],
    ['a doctype in other letters', `<!doctype xml>${genuine}`],
    ['an undeclared entity', inside('&e;')],
    ['a predefined entity', inside('oAlic&#101;')],
    ['an attribute', genuine.replace('<openid>', '<openid id="1">')],
    ['an attribute of the root', genuine.replace('<xml>', '<xml xmlns="urn:x">')],
    ['a comment in a value', inside('oAl<!-- -->ice')],
    ['a comment', genuine.replace('</xml>', '<!-- --></xml>')],
    ['a processing instruction', inside('oAlice<?x y?>')],
    ['a declaration in a value', inside('oAl<?xml version="1.0"?>ice')],
    ['a reference in CDATA', signedXml({ ...success, brand_new: 'a&b' })],
    ['a comment in CDATA', signedXml({ ...success, brand_new: '<!-- -->' })],
    ['two CDATA sections', inside('<![CDATA[oAl]]><![CDATA[ice]]>')],
    ['text beside CDATA', inside('oAl<![CDATA[ice]]>')],
    ['an element in an element', inside('<b>oAlice</b>')],
    ['a repeated element', genuine.replace('</xml>', `${openid}</xml>`)],
    ['a repeated element, the other one first', genuine.replace('<xml>', '<xml><openid>oMallory</openid>')],
    ['an element with a namespace', genuine.replaceAll('openid>', 'x:openid>')],
    ['an element of the prototype', genuine.replace('</xml>', '<__proto__>1</__proto__></xml>')],
    ['an element named constructor', genuine.replace('</xml>', '<constructor>1</constructor></xml>')],
    ['two roots', `${genuine}${genuine}`],
    ['another root', genuine.replaceAll('xml>', 'root>')],
    ['text before the root', `OK${genuine}`],
    ['text after the root', `${genuine}OK`],
    ['text between elements', genuine.replace(openid, `${openid}oMallory`)],
    ['a root that is not closed', genuine.replace('</xml>', '')],
    ['a tag closed by another', genuine.replace('</openid>', '</openld>')],
    ['CDATA that is not closed', genuine.replace('oAlice]]>', 'oAlice')],
    ['depth', `<xml>${'<a>'.repeat(5_000)}${'</a>'.repeat(5_000)}</xml>`],
    ['depth without end', '<xml>'.repeat(13_000)],
    ['more than it needs', genuine.replace('</xml>', `${' '.repeat(8_000)}</xml>`)],
    ['nothing', ''],
    ['blanks', ' \n '],
    ['an angle', '<'],
    ['JSON', '{"return_code":"SUCCESS","openid":"oAlice"}'],
    ['a NUL', Buffer.from([0])],
  ])('with %s is malformed', (_, xml) => {
    expect(outcome(xml)).toBe('REPLY_MALFORMED');
  });

  test('that is malformed is in no error', () => {
    for (const xml of [inside('s3cret<'), inside('<s3cret'), inside('<a s3cret>'), `<s3cret>${genuine}`, 's3cret'])
      try {
        expect.unreachable(shown(judge(xml)));
      } catch (error) {
        expect(error).toBeInstanceOf(PayerIdentityError);
        expect(shown(error)).not.toContain('s3cret');
      }
  });

  /** The emulator's replies, byte for byte. */
  const replyTo = async (code: string, who: typeof merchant) => {
    const emulator = await startWechat({ apps: [{ appId, secret: appSecret, merchant: who }] });
    onTestFinished(() => emulator.close());
    const { path, body = '' } = openIdRequest(code, who, 'n');
    const reply = await fetch(emulator.origin + path, { method: 'POST', body });
    return Buffer.from(await reply.arrayBuffer());
  };

  test.each([
    ['a success', 'test_ok_alice', merchant],
    ["a sub-merchant's success", 'test_ok_alice', { ...merchant, ...sub }],
    ['a refusal', 'test_expired_alice', merchant],
  ])('with any one byte of %s changed names nobody else', async (_, code, who) => {
    const reply = await replyTo(code, who);
    const before = outcome(reply, who);
    let accepted = 0;
    fc.assert(
      fc.property(fc.nat(reply.length - 1), fc.integer({ min: 1, max: 255 }), (at, change) => {
        const changed = Buffer.from(reply);
        changed[at] = (changed[at] ?? 0) ^ change;
        const after = outcome(changed, who);
        if (typeof after === 'string') return;
        accepted += 1;
        expect(after).toEqual(before);
      }),
      { numRuns: 3_000 },
    );
    // Only the blanks between elements may change.
    expect(accepted).toBeLessThan(100);
  });

  test('cut, doubled or spliced anywhere names nobody else', async () => {
    const reply = await replyTo('test_ok_alice', merchant);
    const before = outcome(reply);
    const at = fc.nat(reply.length);
    fc.assert(
      fc.property(at, at, at, (from, to, into) => {
        const piece = reply.subarray(Math.min(from, to), Math.max(from, to));
        const changed = [
          reply.subarray(0, from),
          Buffer.concat([reply.subarray(0, into), piece, reply.subarray(into)]),
        ];
        for (const xml of changed) {
          const after = outcome(xml);
          if (typeof after !== 'string') expect(after).toEqual(before);
        }
      }),
      { numRuns: 3_000 },
    );
  });
});
