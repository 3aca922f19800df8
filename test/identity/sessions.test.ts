import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';
import { AUTH_RESULT, AUTHENTICATE_AND_SET } from '../support/services/service.ts';

const START = `mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) { __typename
  ... on PayerAuthenticationStarted { queryCode state authorizeUrl authorizeQr expiresAt }
  ... on PayerFailure { code } ... on PayerInvalidInput { fields { path } } } }`;

let service: SandboxService;
beforeAll(async () => {
  service = await startSandboxService((config) => ({
    ...config,
    apps: [
      ...config.apps,
      {
        id: 'strict',
        channels: { ali_pay: 'alipay', wechat_pay: 'wechat' },
        returnUrls: ['https://shop.example/back'],
        sessions: 'required',
      },
    ],
  }));
});
afterAll(() => service.close());

const start = async (channelId: string, returnUrl = service.returnUrl(channelId), appId?: string) =>
  (await service.graphql(START, { input: { channelId, returnUrl, appId } })).data.startAuthentication;
const set = async (input: Record<string, unknown>) =>
  (await service.graphql(AUTHENTICATE_AND_SET, { input })).data.authenticateAndSet;
const result = async (queryCode: string) => (await service.graphql(AUTH_RESULT, { queryCode })).data.authResult;
const requests = () => Object.values(service.emulators).reduce((sum, { ledger }) => sum + ledger.length, 0);

/** What a payer does on the channel's page: picks the first one, and is sent back. */
const authorize = async (authorizeUrl: string) => {
  const page = await (await fetch(authorizeUrl.split('#')[0] ?? '')).text();
  const href = /href="([^"]*(?:auth_code|code|userAuthCode)=[^"]*)"/.exec(page)?.[1]?.replaceAll('&amp;', '&') ?? '';
  return new URL(href).searchParams;
};

describe.each(['ali_pay', 'wechat_pay', 'union_pay'])('a session on %s', (channel) => {
  test('a session goes from its starter through the payer’s browser to the holder of the query code', async () => {
    const started = await start(channel);
    expect(started).toMatchObject({
      __typename: 'PayerAuthenticationStarted',
      authorizeQr: expect.stringContaining('<svg'),
    });
    expect(started.queryCode).toMatch(/^[\w-]{43}$/);
    expect(started.state).toMatch(/^[0-9a-f]{72}$/);
    expect(started.authorizeUrl).not.toContain(started.queryCode);
    expect(await result(started.queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting', pollAfterSeconds: 5 });

    const back = await authorize(started.authorizeUrl);
    expect(back.get('state')).toBe(started.state);
    const authCode = back.get('auth_code') ?? back.get('code') ?? back.get('userAuthCode');
    const kept = await set({ channelId: channel, authCode, state: back.get('state'), clientIp: '127.0.0.1' });
    expect(kept).toEqual({ __typename: 'PayerAuthResultStored', queryCode: null, expiresAt: expect.any(String) });

    const { __typename, identity } = await result(started.queryCode);
    expect(__typename).toBe('PayerAuthSucceeded');
    expect(identity.openId ?? identity.userId).toMatch(/.{10,}/);
  });
});

describe('a state', () => {
  test('P4: a second code of a state that has succeeded is answered with that success, and is not sent', async () => {
    const { state, queryCode } = await start('ali_pay');
    const first = await set({ channelId: 'ali_pay', authCode: 'test_ok_alice~s1', state });
    const { identity } = await result(queryCode);
    const before = requests();
    expect(await set({ channelId: 'ali_pay', authCode: 'test_ok_bob~s1', state })).toEqual(first);
    expect(requests()).toBe(before);
    expect((await result(queryCode)).identity).toEqual(identity);
    expect(await set({ channelId: 'ali_pay', authCode: 'test_ok_bob~s1' })).toMatchObject({
      queryCode: expect.any(String),
    });
  });

  test('P4: after a refused code the session waits for another one, and says why the last one failed', async () => {
    const { state, queryCode } = await start('union_pay');
    const send = (authCode: string) => set({ channelId: 'union_pay', authCode, state, clientIp: '127.0.0.1' });
    expect(await result(queryCode)).toMatchObject({ attemptsLeft: 5, lastFailure: null });
    for (const [index, kind] of ['invalid', 'used', 'expired'].entries()) {
      const refused = await send(`test_${kind}_s5~${index}`);
      expect(refused).toMatchObject({ __typename: 'PayerAuthorizationRejected' });
      const { __typename, code, traceId } = refused;
      expect(await result(queryCode)).toMatchObject({
        __typename: 'PayerAuthWaiting',
        attemptsLeft: 4 - index,
        lastFailure: { __typename, code, traceId },
      });
      // The same call again reads its own outcome, and costs no attempt.
      expect(await send(`test_${kind}_s5~${index}`)).toEqual(refused);
    }
    expect(await send('test_ok_alice~s5')).toMatchObject({ __typename: 'PayerAuthResultStored' });
    expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });

  test('a session is over when five codes have failed, and takes no other one', async () => {
    const { state, queryCode } = await start('union_pay');
    const send = (authCode: string) => set({ channelId: 'union_pay', authCode, state, clientIp: '127.0.0.1' });
    for (let count = 1; count <= 5; count += 1) await send(`test_invalid_s6~${count}`);
    expect(await result(queryCode)).toMatchObject({
      __typename: 'PayerAuthFailed',
      failure: { code: 'AUTH_CODE_INVALID' },
    });
    const before = requests();
    expect(await send('test_ok_alice~s6')).toMatchObject({ __typename: 'PayerSessionEnded', code: 'SESSION_SPENT' });
    expect(requests()).toBe(before);
  });

  test('P4: of two codes at once for one state, one is sent, and both calls get its success', async () => {
    const { state, queryCode } = await start('ali_pay');
    const before = requests();
    const [first, second] = await Promise.all(
      ['alice', 'bob'].map((payer) => set({ channelId: 'ali_pay', authCode: `test_ok_${payer}~s7`, state })),
    );
    expect(first).toMatchObject({ __typename: 'PayerAuthResultStored' });
    expect(second).toEqual(first);
    expect(requests()).toBe(before + 1);
    expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });

  test('P4: of two codes at once for one state the second is sent when the first is refused', async () => {
    const { state, queryCode } = await start('union_pay');
    const send = (authCode: string) => set({ channelId: 'union_pay', authCode, state, clientIp: '127.0.0.1' });
    const answers = await Promise.all([send('test_invalid_s8'), send('test_ok_alice~s8')]);
    expect(answers.map(({ __typename }) => __typename)).toEqual(expect.arrayContaining(['PayerAuthResultStored']));
    expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });

  test('a payer who sees the snapshot page lets the same session succeed with the code of the full service', async () => {
    const { state, queryCode } = await start('wechat_pay');
    const send = (authCode: string) => set({ channelId: 'wechat_pay', authCode, state });
    expect(await send('test_ok_snapshot~s9')).toMatchObject({
      __typename: 'PayerAuthorizationRejected',
      code: 'AUTH_CODE_SNAPSHOT',
    });
    expect(await result(queryCode)).toMatchObject({
      __typename: 'PayerAuthWaiting',
      lastFailure: { code: 'AUTH_CODE_SNAPSHOT' },
    });
    expect(await send('test_ok_alice~s9')).toMatchObject({ __typename: 'PayerAuthResultStored' });
    expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });

  test('a state of another channel or app, forged, cut or garbled is refused before anything is sent', async () => {
    const { state } = await start('ali_pay');
    const before = requests();
    const flipped = (state[0] === '0' ? '1' : '0') + state.slice(1);
    for (const input of [
      { channelId: 'wechat_pay', state },
      { channelId: 'ali_pay', appId: 'demo-daxpay', state },
      { channelId: 'ali_pay', state: flipped },
      { channelId: 'ali_pay', state: state.slice(1) },
      { channelId: 'ali_pay', state: `${state.slice(0, 32)}ffffffff${state.slice(40)}` },
      { channelId: 'ali_pay', state: 'x' },
    ])
      expect(await set({ authCode: 'test_ok_alice~s2', ...input })).toMatchObject({
        __typename: 'PayerInvalidInput',
        fields: [{ path: 'state' }],
      });
    expect(requests()).toBe(before);
  });

  test('a state does not open its session for reading: as a query code it does not exist', async () => {
    const { state } = await start('ali_pay');
    expect(await result(state)).toMatchObject({ __typename: 'PayerAuthNotFound', code: 'QUERY_CODE_UNKNOWN' });
  });

  test('a state and a query code together are refused', async () => {
    const { state, queryCode } = await start('ali_pay');
    expect(await set({ channelId: 'ali_pay', authCode: 'test_ok_x', state, queryCode })).toMatchObject({
      code: 'INPUT_INVALID',
    });
  });
});

describe('a page to return to', () => {
  test.each([
    'https://shop.example/back/',
    'https://shop.example/back?x=1',
    'https://shop.example/back#x',
    'https://SHOP.example/back',
    'https://shop.example:443/back',
    'https://shop.example/./back',
    'https://user@shop.example/back',
    'https://shop.example.evil.example/back',
    'https://shop.example\\@evil.example/back',
    'http://shop.example/back',
    'javascript:alert(1)',
    '//shop.example/back',
    '',
  ])('the return URL %s is refused when only a similar one is listed', async (returnUrl) => {
    expect(await start('ali_pay', returnUrl, 'strict')).toMatchObject({
      __typename: 'PayerInvalidInput',
      fields: [{ path: 'returnUrl' }],
    });
  });

  test('a return URL that is listed character by character is accepted', async () => {
    expect(await start('ali_pay', 'https://shop.example/back', 'strict')).toMatchObject({
      __typename: 'PayerAuthenticationStarted',
    });
  });
});

describe('an app that requires sessions', () => {
  test('an app that requires sessions accepts no query code that the caller chose, and issues none on the way', async () => {
    const before = requests();
    const input = { appId: 'strict', channelId: 'ali_pay', authCode: 'test_ok_alice~s3' };
    expect(await set({ ...input, queryCode: '0123456789abcdef0123' })).toMatchObject({ __typename: 'PayerNotAllowed' });
    expect(await set(input)).toMatchObject({ __typename: 'PayerNotAllowed' });
    expect(requests()).toBe(before);
  });

  test('an app that requires sessions accepts the state and the query code of startAuthentication', async () => {
    const first = await start('ali_pay', 'https://shop.example/back', 'strict');
    const base = { appId: 'strict', channelId: 'ali_pay' };
    expect(await set({ ...base, authCode: 'test_ok_alice~s4', state: first.state })).toMatchObject({
      __typename: 'PayerAuthResultStored',
    });
    const second = await start('ali_pay', 'https://shop.example/back', 'strict');
    expect(await set({ ...base, authCode: 'test_ok_alice~s5', queryCode: second.queryCode })).toMatchObject({
      __typename: 'PayerAuthResultStored',
    });
    expect(await result(second.queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });
});
