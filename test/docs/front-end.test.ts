/** examples/front-end, which docs/front-end.md shows: run against the sandbox, by every flow of the guide. */
import { createServer } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import { generate } from '@graphql-codegen/cli';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { CallFailed } from '../../examples/front-end/ask.ts';
import { newChallenge } from '../../examples/front-end/challenge.ts';
import codegen from '../../examples/front-end/codegen.ts';
import { handOver, readReturn, report } from '../../examples/front-end/payer-page.ts';
import { followPayer } from '../../examples/front-end/stream.ts';
import { payerText } from '../../examples/front-end/texts.ts';
import { cancel, type Result, start, waitForPayer } from '../../examples/front-end/wait.ts';
import { freePort } from '../../src/emulators/free-port.ts';
import { readBlocks } from '../support/markdown.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';

let service: SandboxService;
let gateway: { readonly url: string };
beforeAll(async () => {
  service = await startSandboxService();
  gateway = { url: `${service.origin}/graphql` };
}, 60_000);
afterAll(() => service.close());

const appId = 'demo-ways';
const returnUrl = (channelId: string) => `${service.origin}/payer?app=${appId}&channel=${channelId}`;

const open = async (channelId: string) => {
  const started = await start(gateway, { channelId, appId, returnUrl: returnUrl(channelId) });
  if (started.__typename !== 'PayerAuthenticationStarted') throw new Error(JSON.stringify(started));
  return { channelId, ...started };
};

/** Where the channel's page sends the payer who authorizes as the first one of its list, or declines. */
const visit = async (authorizeUrl: string, choice: 'authorize' | 'decline'): Promise<string> => {
  const page = await (await fetch(authorizeUrl.split('#')[0] ?? '')).text();
  const links = [...page.matchAll(/href="([^"]*)"/g)].map(([, href = '']) => href.replaceAll('&amp;', '&'));
  const back = links.filter((href) => URL.canParse(href) && href.includes('state='));
  const hasCode = (href: string) => /[?&](?:auth_code|code|userAuthCode)=/.test(href);
  return new URL(back.find((href) => hasCode(href) === (choice === 'authorize')) ?? '').search;
};

const namesOf = async (results: AsyncIterable<Result>): Promise<string[]> => {
  const names: string[] = [];
  for await (const { __typename } of results) names.push(__typename);
  return names;
};
const forTenSeconds = () => AbortSignal.timeout(10_000);

describe.each(['ali_pay', 'wechat_pay', 'wechat_pay_website_qr', 'union_pay'])('by the page of %s', (channelId) => {
  test('the payer page reads the code of the channel, and the waiting cashier gets the success', async () => {
    const { authorizeUrl, state, queryCode } = await open(channelId);
    const waiting = namesOf(waitForPayer(gateway, queryCode, forTenSeconds()));
    const back = readReturn(await visit(authorizeUrl, 'authorize'));
    expect(back).toEqual({ kind: 'code', authCode: expect.any(String), state });
    const { authCode = '' } = back.kind === 'code' ? back : {};
    const stored = await handOver(gateway, { channelId, appId, state, authCode, clientIp: '127.0.0.1' });
    expect(stored.__typename).toBe('PayerAuthResultStored');
    expect((await waiting).at(-1)).toBe('PayerAuthSucceeded');
  });

  test('a payer who declines comes back without a code, and the cashier sees it and may cancel', async () => {
    const { authorizeUrl, state, queryCode } = await open(channelId);
    const steps: (string | null | undefined)[] = [];
    const watching = (async () => {
      for await (const result of waitForPayer(gateway, queryCode, forTenSeconds())) {
        if (result.__typename !== 'PayerAuthWaiting') return result.__typename;
        steps.push(result.step);
        if (result.step === 'DECLINED') await cancel(gateway, queryCode);
      }
      return 'nothing';
    })();
    expect(readReturn(await visit(authorizeUrl, 'decline'))).toEqual({ kind: 'declined', state });
    await report(gateway, 'DECLINED', { channelId, appId, state });
    expect(await watching).toBe('PayerAuthFailed');
    expect(steps.at(-1)).toBe('DECLINED');
  });
});

test('a mini program starts without a page and passes its code on', async () => {
  const channelId = 'wechat_pay_mini_program';
  const started = await start(gateway, { channelId, appId });
  if (started.__typename !== 'PayerAuthenticationStartedWithoutPage') throw new Error(JSON.stringify(started));
  const { queryCode, state } = started;
  const login = `${service.emulators.wechat.origin}/payer-app/login?appid=wx0000000000000003&payer=bob`;
  const { code: authCode } = await (await fetch(login)).json();
  const stored = await handOver(gateway, { channelId, appId, state, authCode });
  expect(stored.__typename).toBe('PayerAuthResultStored');
  expect(await namesOf(waitForPayer(gateway, queryCode, forTenSeconds()))).toEqual(['PayerAuthSucceeded']);
});

test('one address for every wallet comes back with code, state and channel', async () => {
  const started = await start(gateway, { returnUrl: `${service.origin}/payer` });
  if (started.__typename !== 'PayerAuthenticationStarted') throw new Error(JSON.stringify(started));
  const alipay = { 'user-agent': 'Mozilla/5.0 AlipayClient/10.5.0' };
  const door = await fetch(started.authorizeUrl, { headers: alipay, redirect: 'manual' });
  const search = await visit(door.headers.get('location') ?? '', 'authorize');
  const page = await fetch(`${service.door}/return/demo/ali_pay${search}`, { redirect: 'manual' });
  const { searchParams, search: returned } = new URL(page.headers.get('location') ?? '');
  const back = readReturn(returned);
  expect(searchParams.get('channel')).toBe('ali_pay');
  if (back.kind !== 'code') throw new Error(back.kind);
  const stored = await handOver(gateway, { channelId: 'ali_pay', state: back.state, authCode: back.authCode });
  expect(stored.__typename).toBe('PayerAuthResultStored');
});

/** What a block of the guide exports under this name, with these in place of its imports and globals. */
const fromGuide = (name: string, tools: Readonly<Record<string, unknown>>) => {
  const block = readBlocks('front-end.md').find(({ text }) => text.includes(`export const ${name}`));
  const code = stripTypeScriptTypes(block?.text ?? '').replaceAll(/^export /gm, '');
  return new Function(...Object.keys(tools), `${code}; return ${name};`)(...Object.values(tools));
};

test.each(['React', 'Vue'])(
  'the function for %s shows each result, and its loop ends with its component',
  async (library) => {
    const { queryCode, state, channelId } = await open('ali_pay');
    const shown: Result[] = [];
    const ends: (() => void)[] = [];
    const failures: unknown[] = [];
    const tools = {
      ...{ gateway, waitForPayer, reportError: (error: unknown) => failures.push(error) },
      useState: () => [undefined, (next: Result) => shown.push(next)],
      useEffect: (effect: () => () => void) => void ends.push(effect()),
      shallowRef: () => ({
        set value(next: Result) {
          shown.push(next);
        },
      }),
      onScopeDispose: (end: () => void) => void ends.push(end),
    };
    const use = fromGuide(library === 'React' ? 'usePayer' : 'usePayerRef', tools);
    use(queryCode);
    const second = (await open('ali_pay')).queryCode;
    use(second);
    await handOver(gateway, { channelId, appId, state, authCode: `test_ok_${library}` });
    await expect.poll(() => shown.at(-1)?.__typename, { timeout: 10_000 }).toBe('PayerAuthSucceeded');
    for (const end of ends) end();
    const until = shown.length;
    await cancel(gateway, second);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect({ more: shown.length - until, failures }).toEqual({ more: 0, failures: [] });
  },
);

test('in a WeChat mini program the code of wx.login is handed over by wx.request', async () => {
  const channelId = 'wechat_pay_mini_program';
  const started = await start(gateway, { channelId, appId });
  if (started.__typename !== 'PayerAuthenticationStartedWithoutPage') throw new Error(JSON.stringify(started));
  const { queryCode, state } = started;
  const wx = {
    async login({ success }: { success(result: { code: string }): void }) {
      const login = `${service.emulators.wechat.origin}/payer-app/login?appid=wx0000000000000003&payer=carol`;
      success(await (await fetch(login)).json());
    },
    request: async (given: {
      url: string;
      header: Record<string, string>;
      data: string;
      success(answer: object): void;
    }) => {
      const { url, header: headers, data: body } = given;
      given.success({ data: await (await fetch(url, { method: 'POST', headers, body })).json() });
    },
  };
  const wechatGateway = fromGuide('wechatGateway', { wx, gateway });
  // The app of the sandbox that has mini programs is not the default one.
  const handOverFor = (to: typeof gateway, input: Parameters<typeof handOver>[1]) => handOver(to, { ...input, appId });
  const inWechat = fromGuide('inWechat', { wx, wechatGateway, handOver: handOverFor });
  const stored = await new Promise((done) => inWechat(state, done));
  expect(stored).toMatchObject({ __typename: 'PayerAuthResultStored' });
  expect(await namesOf(waitForPayer(gateway, queryCode, forTenSeconds()))).toEqual(['PayerAuthSucceeded']);
});

test('the stream shows the same results as the loop, and ends with the last one', async () => {
  const { queryCode, state, channelId } = await open('ali_pay');
  const following = namesOf(followPayer(gateway, queryCode, forTenSeconds()));
  await handOver(gateway, { channelId, appId, state, authCode: 'test_ok_streamed' });
  const names = await following;
  expect(names.at(-1)).toBe('PayerAuthSucceeded');
  expect(names.slice(0, -1)).toEqual(names.slice(0, -1).map(() => 'PayerAuthWaiting'));
});

test('a session with a challenge takes the code from the browser with its verifier alone', async () => {
  const { codeChallenge, codeVerifier } = await newChallenge();
  const channelId = 'wechat_pay';
  const started = await start(gateway, { channelId, appId, returnUrl: returnUrl(channelId), codeChallenge });
  if (started.__typename !== 'PayerAuthenticationStarted') throw new Error(JSON.stringify(started));
  const input = { channelId, appId, state: started.state, authCode: 'test_ok_challenged' };
  expect(await handOver(gateway, input)).toMatchObject({ code: 'INPUT_INVALID' });
  expect(await handOver(gateway, { ...input, codeVerifier })).toMatchObject({ __typename: 'PayerAuthResultStored' });
});

test('a payer page whose network fails twice hands its code over all the same', { timeout: 20_000 }, async () => {
  const { state, channelId } = await open('ali_pay');
  let calls = 0;
  const post = async (url: string, headers: Record<string, string>, body: string) => {
    calls += 1;
    if (calls < 3) throw new Error('no network');
    return (await fetch(url, { method: 'POST', headers, body })).json();
  };
  const stored = await handOver({ ...gateway, post }, { channelId, appId, state, authCode: 'test_ok_offline' });
  expect(stored.__typename).toBe('PayerAuthResultStored');
  const dead = { ...gateway, post: () => Promise.reject(new Error('no network')) };
  await expect(handOver(dead, { channelId, state, authCode: 'test_ok_dead' }, 1)).rejects.toThrow(CallFailed);
});

test('the payer page reads which field of its input was refused', async () => {
  const { state, channelId } = await open('ali_pay');
  const stored = await handOver(gateway, { channelId, state, authCode: 'test_ok_elsewhere' });
  expect(stored).toMatchObject({ code: 'INPUT_INVALID', fields: [{ path: 'state' }] });
});

test('the codegen of a front-end team types the operations by the schema that the sandbox serves', async () => {
  const documents = ['examples/front-end/*.ts', '!examples/front-end/codegen.ts'];
  const files = await generate({ ...codegen, schema: gateway.url, documents, silent: true }, false);
  const typed = files.find((file: { filename: string }) => file.filename.endsWith('graphql.ts'));
  expect(typed?.content).toContain('export type AuthenticateAndSetMutation');
}, 60_000);

test('the loop outlasts a broken connection, a web page and a 503, also where the gateway has no subscriptions', async () => {
  const { queryCode, state, channelId } = await open('ali_pay');
  await handOver(gateway, { channelId, appId, state, authCode: 'test_ok_outlasts' });
  let calls = 0;
  const port = await freePort();
  const flaky = createServer(async (request, response) => {
    calls += 1;
    const body = (await request.toArray()).join('');
    if (calls === 1) response.writeHead(200, { 'content-type': 'text/html' }).end('<p>maintenance</p>');
    else if (calls === 2) request.socket.destroy();
    else if (calls === 3) response.writeHead(503).end();
    else {
      const headers = { 'content-type': 'application/json' };
      const answer = await fetch(gateway.url, { method: 'POST', headers, body });
      response.writeHead(200, headers).end(await answer.text());
    }
  }).listen(port, '127.0.0.1');
  onTestFinished(() => void flaky.close());
  const results = followPayer({ url: `http://127.0.0.1:${port}` }, queryCode, forTenSeconds());
  expect(await namesOf(results)).toEqual(['PayerAuthSucceeded']);
  expect(calls).toBe(4);
});

test.each([
  ['?respCode=34&state=s', { kind: 'declined', state: 's' }],
  ['?error=access_denied&state=s', { kind: 'declined', state: 's' }],
  ['?state=s', { kind: 'declined', state: 's' }],
  ['?respCode=01&state=s', { kind: 'fault', reason: '01' }],
  ['?error=server_error&state=s', { kind: 'fault', reason: 'server_error' }],
  ['?code=old&state=s&code=new&state=s', { kind: 'code', authCode: 'new', state: 's' }],
])('the payer page reads the return %s', (search, expected) => {
  expect(readReturn(search)).toEqual(expected);
});

test('a payer reads a text in the language asked for, also for a code of a later version', () => {
  expect(payerText('SESSION_EXPIRED', 'zh')).toBe('页面已过期，请重新开始。');
  expect(payerText('A_CODE_OF_TOMORROW', 'en')).toBe(payerText('INPUT_INVALID', 'en'));
});
