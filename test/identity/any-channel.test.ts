/** Sessions that startAuthentication opens without a channel: what their state is good for, and where none can be opened. */
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { callersOf, redemptionsAt, visit } from '../support/services/door.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';

let service: SandboxService;
let callers: ReturnType<typeof callersOf>;
beforeAll(async () => {
  service = await startSandboxService((config) => ({
    ...config,
    apps: [
      ...config.apps,
      { id: 'second', channels: { ali_pay: 'alipay', wechat_pay: 'wechat' }, returnUrls: ['https://second.example/'] },
    ],
  }));
  callers = callersOf(service);
});
afterAll(() => service?.close());

test.each([{}, { channelId: null }])('a session without a channel (%j) has the address of the door', async (input) => {
  const { authorizeUrl, state } = await callers.start(input);
  expect(authorizeUrl).toBe(`${service.door}/w/demo/${state}`);
  expect(state).toMatch(/^[0-9a-f]{72}$/);
});

test.each(['ali_pay', 'wechat_pay', 'union_pay'])(
  'the state of a session without a channel takes a code of %s, and the result shows that channel',
  async (channelId) => {
    const { state, queryCode } = await callers.start();
    const authCode = `test_ok_alice~any-${channelId}`;
    expect(await callers.set({ channelId, authCode, state, clientIp: '127.0.0.1' })).toMatchObject({
      __typename: 'PayerAuthResultStored',
    });
    const QUERY = `query ($queryCode: String!) { authResult(queryCode: $queryCode) { ... on PayerAuthSucceeded { identity { channel { id } } } } }`;
    const { data } = await service.graphql(QUERY, { queryCode });
    expect(data.authResult.identity.channel.id).toBe(channelId);
  },
);

test('P4: after a refused code of one channel the session succeeds with a code of another one', async () => {
  const { state, queryCode } = await callers.start();
  const refused = { channelId: 'ali_pay', authCode: 'test_invalid_any~1', state };
  expect(await callers.set(refused)).toMatchObject({ __typename: 'PayerAuthorizationRejected' });
  expect(await callers.result(queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting', attemptsLeft: 4 });
  await callers.set({ channelId: 'wechat_pay', authCode: 'test_ok_bob~any-1', state });
  expect(await callers.result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
});

test('P4: of codes of two channels at once for one state, one success is stored, and both calls get it', async () => {
  const { state, queryCode } = await callers.start();
  const [first, second] = await Promise.all(
    ['ali_pay', 'wechat_pay'].map((channelId) => callers.set({ channelId, authCode: 'test_ok_carol~any-2', state })),
  );
  expect(first).toMatchObject({ __typename: 'PayerAuthResultStored' });
  expect(second).toEqual(first);
  expect(await callers.result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
});

test('the state of a session without a channel is refused for another app, forged, and for a channel that the app lacks', async () => {
  const { state } = await callers.start();
  const { state: ofSecond } = await callers.start({ appId: 'second', returnUrl: 'https://second.example/' });
  const before = redemptionsAt(service);
  const forged = `${state.slice(0, 71)}${state.endsWith('0') ? '1' : '0'}`;
  for (const [input, path] of [
    [{ channelId: 'ali_pay', appId: 'second', state }, 'state'],
    [{ channelId: 'ali_pay', state: ofSecond }, 'state'],
    [{ channelId: 'ali_pay', state: forged }, 'state'],
    [{ channelId: 'union_pay', appId: 'second', state: ofSecond }, 'channelId'],
    [{ channelId: '', state }, 'channelId'],
  ] as const)
    expect(await callers.set({ authCode: 'test_ok_alice~any-3', ...input })).toMatchObject({
      __typename: 'PayerInvalidInput',
      fields: [{ path }],
    });
  expect(redemptionsAt(service)).toBe(before);
});

test.each<[string, Record<string, unknown>, string, string]>([
  ['of an app without a page', { appId: 'demo-daxpay' }, 'CHANNEL_UNSUPPORTED', 'appId'],
  ['of an app that does not exist', { appId: 'nowhere' }, 'APP_UNKNOWN', 'appId'],
  ['with a page that is not listed', { returnUrl: 'https://evil.example/' }, 'INPUT_INVALID', 'returnUrl'],
  ['with a page of another app', { returnUrl: 'https://second.example/' }, 'INPUT_INVALID', 'returnUrl'],
  ['with an empty channel', { channelId: '' }, 'INPUT_INVALID', 'channelId'],
])('a session without a channel %s is refused', async (_, input, code, path) => {
  expect(await callers.start(input)).toMatchObject({ __typename: 'PayerInvalidInput', code, fields: [{ path }] });
});

test('without a door every session needs a channel, and the answer says so', async () => {
  const doorless = await startSandboxService(({ door: _, ...config }) => config);
  onTestFinished(() => doorless.close());
  const { start } = callersOf(doorless);
  expect(await start()).toMatchObject({
    code: 'INPUT_INVALID',
    fields: [{ path: 'channelId', message: expect.stringContaining('door') }],
  });
  const { authorizeUrl } = await start({ channelId: 'ali_pay' });
  expect(new URL(authorizeUrl).searchParams.get('redirect_uri')).toBe(`${doorless.origin}/payer`);
});

test('a start without a channel takes from the app’s tokens, and none of another app', async () => {
  const limited = await startSandboxService((config) => ({
    ...config,
    apps: [...config.apps, { id: 'second', channels: { ali_pay: 'alipay' }, returnUrls: ['https://second.example/'] }],
    limits: { rates: { app: { perSecond: 0.01, burst: 3 } } },
  }));
  onTestFinished(() => limited.close());
  const { start } = callersOf(limited);
  const answers = [];
  for (let count = 0; count < 4; count += 1) answers.push((await start()).__typename);
  expect(answers).toEqual([...Array<string>(3).fill('PayerAuthenticationStarted'), 'PayerServiceBusy']);
  const other = { appId: 'second', returnUrl: 'https://second.example/' };
  expect(await start(other)).toMatchObject({ __typename: 'PayerAuthenticationStarted' });
});

test('the log line of a start without a channel names the app alone', async () => {
  await callers.start();
  const { appId, channelId, source } = JSON.parse(service.logLines.at(-1) ?? '{}');
  expect({ appId, channelId, source }).toEqual({ appId: 'demo', channelId: undefined, source: undefined });
});

test('the QR code of a start is the address of the door', async () => {
  const { authorizeUrl, authorizeQr } = await callers.start();
  const page = await (await visit(authorizeUrl)).text();
  expect(page).toContain(authorizeQr);
});
