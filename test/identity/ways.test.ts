/**
 * Every way to an auth code, on an app that requires sessions: started, the code from the emulated channel, redeemed by
 * the state, read by the starter; over real HTTP, with the signatures that the emulators verify.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';
import { AUTH_RESULT, AUTHENTICATE, AUTHENTICATE_AND_SET } from '../support/services/service.ts';

const START = `mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) { __typename
  ... on PayerAuthenticationStarted { queryCode state authorizeUrl expiresAt }
  ... on PayerAuthenticationStartedWithoutPage { queryCode state authCodeKind instruction infoStr expiresAt }
  ... on PayerFailure { code } ... on PayerInvalidInput { fields { path message } } } }`;

let service: SandboxService;
beforeAll(async () => {
  service = await startSandboxService((config) => ({
    ...config,
    apps: [
      ...config.apps,
      { id: 'codes', channels: { wechat_pay_payment_code: 'jucai' }, sessions: 'required' },
      { id: 'dax', channels: { ali_pay: 'daxpay', wechat_pay: 'daxpay' }, sessions: 'required' },
    ],
  }));
});
afterAll(() => service.close());

type Input = Record<string, unknown>;
const appId = 'demo-ways';
const start = async (channelId: string, input: Input = {}) =>
  (await service.graphql(START, { input: { channelId, appId, ...input } })).data.startAuthentication;
const set = async (channelId: string, input: Input) =>
  (await service.graphql(AUTHENTICATE_AND_SET, { input: { channelId, appId, clientIp: '127.0.0.1', ...input } })).data
    .authenticateAndSet;
const authenticate = async (channelId: string, input: Input) =>
  (await service.graphql(AUTHENTICATE, { input: { channelId, appId, ...input } })).data.authenticate;
const result = async (queryCode: string) => (await service.graphql(AUTH_RESULT, { queryCode })).data.authResult;
const requests = () => Object.values(service.emulators).reduce((sum, { ledger }) => sum + ledger.length, 0);

const returnUrl = (channel: string) => `${service.origin}/payer?app=demo-ways&channel=${channel}`;

interface Session {
  readonly authorizeUrl?: string;
  readonly infoStr?: string;
}

/** What a payer does on the channel's page: picks the first one, and is sent back with a code. */
const visit = async ({ authorizeUrl = '' }: Session): Promise<string> => {
  const page = await (await fetch(authorizeUrl.split('#')[0] ?? '')).text();
  const href = /href="([^"]*(?:auth_code|code|userAuthCode)=[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
  const back = new URL(href).searchParams;
  return back.get('auth_code') ?? back.get('code') ?? back.get('userAuthCode') ?? '';
};
/** What the payer's phone answers to a mini program, an app or a hand that shows a payment code. */
const phone = async (wallet: 'wechat' | 'alipay', path: string, body?: string) => {
  const init = body === undefined ? {} : { method: 'POST', body };
  const response = await fetch(`${service.emulators[wallet].origin}/payer-app/${path}`, init);
  return (await response.json()) as Record<string, string>;
};
const askSdk = async (infoStr = '', payer = 'alice') => phone('alipay', `auth_V2?payer=${payer}`, infoStr);

interface Way {
  readonly kind: string;
  readonly page: boolean;
  readonly code: (session: Session) => Promise<string | null | undefined>;
  /** The id that the channel gives of alice. */
  readonly id: string;
}
const { openid, userId } = idsOf('alice');
const login = (appid: string) => phone('wechat', `login?appid=${appid}&payer=alice`);
const ways: Record<string, Way> = {
  ali_pay: { kind: 'PAGE', page: true, code: visit, id: userId },
  ali_pay_mini_program: {
    kind: 'MINI_PROGRAM',
    page: false,
    code: async () => (await phone('alipay', 'my.getAuthCode?app_id=2021000000000002&payer=alice')).authCode,
    id: userId,
  },
  ali_pay_native_app: {
    kind: 'NATIVE_APP',
    page: false,
    code: async ({ infoStr }) => new URLSearchParams((await askSdk(infoStr)).result).get('auth_code'),
    id: userId,
  },
  wechat_pay: { kind: 'PAGE', page: true, code: visit, id: openid },
  wechat_pay_website_qr: { kind: 'WEBSITE_QR', page: true, code: visit, id: openid },
  wechat_pay_mini_program: {
    kind: 'MINI_PROGRAM',
    page: false,
    code: async () => (await login('wx0000000000000003')).code,
    id: openid,
  },
  wechat_pay_native_app: {
    kind: 'NATIVE_APP',
    page: false,
    code: async () => (await login('wx0000000000000004')).code,
    id: openid,
  },
  wechat_pay_payment_code: {
    kind: 'PAYMENT_CODE',
    page: false,
    code: async () => (await phone('wechat', 'payment-code?payer=alice')).paymentCode,
    id: openid,
  },
  union_pay: { kind: 'PAGE', page: true, code: visit, id: '' },
};
const channels = Object.entries(ways).map(([channel, way]) => ({ channel, ...way }));
const pageless = channels.filter(({ page }) => !page);
const startFor = (channel: string) => start(channel, ways[channel]?.page ? { returnUrl: returnUrl(channel) } : {});

describe.each(channels)('a session on $channel', ({ channel, kind, page, code, id }) => {
  test('a session goes from its starter by the way of the channel to the holder of the query code', async () => {
    const started = await startFor(channel);
    expect(started).toMatchObject({
      __typename: page ? 'PayerAuthenticationStarted' : 'PayerAuthenticationStartedWithoutPage',
      queryCode: expect.stringMatching(/^[\w-]{43}$/),
      state: expect.stringMatching(/^[0-9a-f]{72}$/),
      ...(!page && { authCodeKind: kind, instruction: expect.stringMatching(/^[A-Z].+\.$/) }),
    });
    expect(await result(started.queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting' });

    const authCode = await code(started);
    expect(await set(channel, { authCode, state: started.state })).toMatchObject({
      __typename: 'PayerAuthResultStored',
      queryCode: null,
    });
    const { __typename, identity } = await result(started.queryCode);
    expect(__typename).toBe('PayerAuthSucceeded');
    expect(identity.openId ?? identity.userId).toContain(id);
  });

  test('payerChannels names the kind of code, and AUTHORIZE only where there is a page', async () => {
    const query = '{ payerChannels(appId: "demo-ways") { channel { id title } capabilities authCodeKind } }';
    const { payerChannels } = (await service.graphql(query)).data;
    const [found] = payerChannels.filter((one: { channel: { id: string } }) => one.channel.id === channel);
    expect(found).toMatchObject({ authCodeKind: kind, channel: { title: expect.any(String) } });
    expect(found.capabilities.includes('AUTHORIZE')).toBe(page);
  });
});

describe.each(pageless)('a session without a page, on $channel', ({ channel, code }) => {
  test('a page to return to is refused, with the path returnUrl', async () => {
    for (const url of [returnUrl(channel), 'https://evil.example', service.returnUrl('ali_pay')])
      expect(await start(channel, { returnUrl: url })).toMatchObject({
        __typename: 'PayerInvalidInput',
        code: 'INPUT_INVALID',
        fields: [{ path: 'returnUrl' }],
      });
  });

  test('a trusted caller redeems a code with the query code of the session, and with none that was not issued', async () => {
    const started = await start(channel);
    const authCode = await code(started);
    expect(await authenticate(channel, { authCode, queryCode: '0123456789abcdef0123' })).toMatchObject({
      __typename: 'PayerNotAllowed',
    });
    expect(await authenticate(channel, { authCode, queryCode: started.queryCode })).toMatchObject({
      __typename: 'PayerAuthenticated',
    });
    expect(await result(started.queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });

  test('a payer page without a state is not allowed, and nothing is sent', async () => {
    const authCode = await code(await start(channel));
    const before = requests();
    expect(await set(channel, { authCode })).toMatchObject({ __typename: 'PayerNotAllowed' });
    expect(requests()).toBe(before);
  });
});

test.each(channels.filter(({ page }) => page))(
  'startAuthentication on $channel without a page to return to is refused, with the path returnUrl',
  async ({ channel }) => {
    for (const input of [{}, { returnUrl: null }])
      expect(await start(channel, input)).toMatchObject({
        __typename: 'PayerInvalidInput',
        code: 'INPUT_INVALID',
        fields: [{ path: 'returnUrl', message: expect.stringContaining('required') }],
      });
  },
);

test('only a native app of Alipay gets an infoStr, another one for each session', async () => {
  const sessions = await Promise.all(pageless.map(async ({ channel }) => [channel, await start(channel)] as const));
  for (const [channel, { infoStr }] of sessions) expect(infoStr !== null).toBe(channel === 'ali_pay_native_app');
  const [first, second] = [await start('ali_pay_native_app'), await start('ali_pay_native_app')];
  expect(first.infoStr).not.toBe(second.infoStr);
  expect(first.infoStr).not.toContain(first.queryCode);
  expect(first.infoStr).not.toContain(first.state.slice(0, 32));
});

test('the emulated Alipay refuses an infoStr with one parameter changed, in another order or signed otherwise', async () => {
  const { infoStr } = await start('ali_pay_native_app');
  expect(await askSdk(infoStr)).toMatchObject({ resultStatus: '9000' });
  expect(await askSdk(infoStr, 'cancels')).toMatchObject({ resultStatus: '6001' });
  const [text = '', signature = ''] = infoStr.split('&sign=');
  for (const forged of [
    infoStr.replace('target_id=', 'target_id=0').replace(/.&sign=/, '&sign='),
    infoStr.replace('2088000000000001', '2088000000000002'),
    infoStr.replace('AUTHACCOUNT', 'LOGIN'),
    `${text.split('&').reverse().join('&')}&sign=${signature}`,
    text,
    `${text}&sign=`,
    `${text}&sign=${encodeURIComponent(Buffer.alloc(256).toString('base64'))}`,
  ])
    expect(await askSdk(forged)).toMatchObject({ resultStatus: '4000' });
});

describe('one way taken for another', () => {
  test('a state of one channel is refused on every other one, and nothing is sent', async () => {
    const sessions = await Promise.all(
      channels.map(async ({ channel }) => [channel, await startFor(channel)] as const),
    );
    const before = requests();
    for (const [from, { state }] of sessions)
      for (const { channel } of channels.filter(({ channel }) => channel !== from))
        expect(await set(channel, { authCode: '134291427096188722', state })).toMatchObject({
          __typename: 'PayerInvalidInput',
          fields: [{ path: 'state' }],
        });
    expect(requests()).toBe(before);
  });

  test.each(channels.filter(({ kind, channel }) => kind !== 'PAYMENT_CODE' && channel !== 'union_pay'))(
    'a payment code on $channel is refused, costs no attempt, and can still be redeemed where it belongs',
    async ({ channel }) => {
      const { paymentCode: authCode } = await phone('wechat', 'payment-code?payer=alice');
      const { state, queryCode } = await startFor(channel);
      const before = requests();
      expect(await set(channel, { authCode, state })).toMatchObject({
        __typename: 'PayerInvalidInput',
        fields: [{ path: 'authCode' }],
      });
      expect(requests()).toBe(before);
      expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting', attemptsLeft: 5 });
      const right = await start('wechat_pay_payment_code');
      expect(await set('wechat_pay_payment_code', { authCode, state: right.state })).toMatchObject({
        __typename: 'PayerAuthResultStored',
      });
    },
  );

  test('a code of a page or a mini program on the channel of payment codes is refused, and nothing is sent', async () => {
    const { state, queryCode } = await start('wechat_pay_payment_code');
    const before = requests();
    for (const authCode of [
      '081Jk0Ga1mTNGB0Tx9Ja1aBcDe1Jk0Gv',
      '4b203fe6c11548bcabd8da5bb087a83b',
      '28763443825664394',
    ])
      expect(await set('wechat_pay_payment_code', { authCode, state })).toMatchObject({
        __typename: 'PayerInvalidInput',
        fields: [{ path: 'authCode' }],
      });
    expect(requests()).toBe(before);
    expect(await result(queryCode)).toMatchObject({ attemptsLeft: 5 });
  });

  test('a code of the mini program on the website is refused by WeChat, and the session takes the right one', async () => {
    const { state, queryCode, authorizeUrl } = await startFor('wechat_pay_website_qr');
    const { code: authCode } = await login('wx0000000000000003');
    expect(await set('wechat_pay_website_qr', { authCode, state })).toMatchObject({ code: 'AUTH_CODE_INVALID' });
    const right = await visit({ authorizeUrl });
    expect(await set('wechat_pay_website_qr', { authCode: right, state })).toMatchObject({
      __typename: 'PayerAuthResultStored',
    });
    expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });
});

describe('aggregators, which have no page for these channels', () => {
  test('payment codes of JuCai are redeemed by the state of a session', async () => {
    const started = await start('wechat_pay_payment_code', { appId: 'codes' });
    expect(started).toMatchObject({ authCodeKind: 'PAYMENT_CODE', infoStr: null });
    const input = { appId: 'codes', authCode: 'test_ok_alice~w1', state: started.state };
    expect(await set('wechat_pay_payment_code', input)).toMatchObject({ __typename: 'PayerAuthResultStored' });
    expect(await result(started.queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });

  test.each(['ali_pay', 'wechat_pay'])(
    'codes of DaxPay for %s are redeemed by the state of a session',
    async (channel) => {
      const started = await start(channel, { appId: 'dax' });
      expect(started).toMatchObject({ authCodeKind: 'PAGE', instruction: expect.stringContaining('no address of it') });
      const input = { appId: 'dax', authCode: `test_ok_alice~w2${channel}`, state: started.state };
      expect(await set(channel, input)).toMatchObject({ __typename: 'PayerAuthResultStored' });
      expect(await result(started.queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
    },
  );

  test('payerChannels names the kinds of aggregators, too', async () => {
    const query = `query ($appId: ID) { payerChannels(appId: $appId) { channel { id } capabilities authCodeKind } }`;
    const channelsOf = async (of: string) => (await service.graphql(query, { appId: of })).data.payerChannels;
    expect(await channelsOf('demo-jucai')).toEqual([
      { channel: { id: 'wechat_pay' }, capabilities: ['AUTHENTICATE'], authCodeKind: 'PAYMENT_CODE' },
      { channel: { id: 'union_pay' }, capabilities: ['AUTHENTICATE', 'AUTHORIZE'], authCodeKind: 'PAGE' },
    ]);
    expect(await channelsOf('demo-daxpay')).toEqual(
      ['ali_pay', 'wechat_pay'].map((id) => ({
        channel: { id },
        capabilities: ['AUTHENTICATE'],
        authCodeKind: 'PAGE',
      })),
    );
  });
});
