/** The sandbox for the phones in a room; 127.0.0.2 plays the address in the local network. */
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openLanFront } from '../../src/emulators/lan-front.ts';
import { callersOf, chooseOnPage } from '../support/services/door.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';

const lanHost = '127.0.0.2';
let service: SandboxService;
beforeAll(async () => {
  service = await startSandboxService(undefined, { lanHost });
});
afterAll(() => service.close());

const get = (url: string, cookie = '') => fetch(url, { redirect: 'manual', headers: { cookie } });
const cookieOf = (response: Response) => response.headers.get('set-cookie')?.split(';')[0] ?? '';

test('a phone gets every page with the key and none without, and the cookie is good for every port', async () => {
  const { origin } = new URL(service.lanUrl);
  expect(new URL(origin).hostname).toBe(lanHost);
  for (const path of ['/cashier', '/graphql', '/', '/livez', '/not-the-key/cashier', '/sandbox/graphql']) {
    const refused = await get(origin + path, 'payer_identity_sandbox=not-the-key');
    expect([path, refused.status]).toEqual([path, 403]);
    expect(await refused.text()).toMatch(/key, which the terminal of the sandbox shows/);
  }
  const first = await get(`${service.lanUrl}/cashier`);
  expect(first.status).toBe(200);
  expect(first.headers.get('set-cookie')).toMatch(/; Path=\/; HttpOnly; SameSite=Lax$/);
  expect((await get(`${origin}/cashier`, cookieOf(first))).status).toBe(200);
  const { start } = callersOf(service);
  const { authorizeUrl } = await start({ channelId: 'wechat_pay', returnUrl: `${origin}/payer?channel=wechat_pay` });
  const page = new URL(authorizeUrl.split('#')[0]);
  expect(page.hostname).toBe(lanHost);
  const withoutKey = new URL(page.pathname.replace(/^\/[\w-]+/, '') + page.search, page).href;
  expect((await get(withoutKey)).status).toBe(403);
  expect((await get(withoutKey, cookieOf(first))).status).toBe(200);
});

test.each(['ali_pay', 'wechat_pay', 'union_pay'])(
  'a phone authorizes on %s: the page of the channel gives it the cookie for the payer page',
  async (channelId) => {
    const { start, set, result } = callersOf(service);
    const { origin } = new URL(service.lanUrl);
    const started = await start({ channelId, returnUrl: `${origin}/payer?channel=${channelId}` });
    const cookie = cookieOf(await get(started.authorizeUrl.split('#')[0]));
    const back = new URL(await chooseOnPage(started.authorizeUrl, '小博'));
    expect((await get(back.href, cookie)).status).toBe(200);
    const { searchParams } = back;
    const authCode = ['auth_code', 'code', 'userAuthCode'].map((name) => searchParams.get(name)).find(Boolean);
    await set({ channelId, authCode, state: started.state, clientIp: '127.0.0.1' });
    expect(await result(started.queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  },
);

test('a phone opens the one address of every wallet, chooses a channel, authorizes, and comes back by the door', async () => {
  const { start, result } = callersOf(service);
  const { origin } = new URL(service.lanUrl);
  const { authorizeUrl, queryCode } = await start({ returnUrl: `${origin}/payer` });
  expect(new URL(authorizeUrl).hostname).toBe(lanHost);
  const choice = await get(authorizeUrl);
  expect(choice.status).toBe(200);
  const [, channel = ''] = /<a href="([^"]*)"[^>]*>微信支付</.exec(await choice.text()) ?? [];
  const back = await get(await chooseOnPage(channel.replaceAll('&amp;', '&'), '小博'));
  expect(back.headers.get('location')).toMatch(new RegExp(`^${origin}/payer\\?`));
  expect(await service.payer.authorizes({ authorizeUrl, channelId: 'wechat_pay', payer: 'bob' })).toMatchObject({
    answer: 'PayerAuthResultStored',
  });
  expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
});

test('return pages of the address in the local network are accepted, and of other networks refused', async () => {
  const { start } = callersOf(service);
  const open = (returnUrl: string) => start({ channelId: 'ali_pay', returnUrl });
  expect(await open(`http://${lanHost}:5173/back`)).toMatchObject({ __typename: 'PayerAuthenticationStarted' });
  expect(await open('http://127.0.0.3:5173/back')).toMatchObject({ code: 'INPUT_INVALID' });
});

test('a front passes a body and its answer on, answers 502 for a dead server, and leaves nothing open', async () => {
  const front = await openLanFront({ host: lanHost, port: 0, key: 'the-key', target: service.origin });
  const body = JSON.stringify({ query: '{ payerChannels { channel { id } } }' });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${front.url}/graphql`, { method: 'POST', headers, body });
  expect(await answer.json()).toHaveProperty('data.payerChannels.0.channel.id', 'ali_pay');
  const idle = connect(Number(new URL(front.url).port), lanHost).on('error', () => {});
  await front.close();
  idle.destroy();
  const dead = await openLanFront({
    host: lanHost,
    port: 0,
    key: 'the-key',
    target: front.url.replace(/\/the-key$/, ''),
  });
  expect((await get(`${dead.url}/x`)).status).toBe(502);
  await dead.close();
});

test('an address that is not of this machine is refused in one sentence', async () => {
  const elsewhere = openLanFront({ host: '203.0.113.9', port: 0, key: 'k', target: service.origin });
  await expect(elsewhere).rejects.toThrow(/SANDBOX_HOST names 203\.0\.113\.9, where the sandbox cannot listen/);
});
