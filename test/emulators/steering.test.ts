/** A test of another team steers the sandbox: /sandbox/graphql makes the payer open, decline, authorize and certify. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { delayMsOf, issueTestCode, readTestCode } from '../../src/emulators/test-codes.ts';
import { startConfigured } from '../support/services/configured.ts';
import { callersOf } from '../support/services/door.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';

let service: SandboxService;
beforeAll(async () => {
  service = await startSandboxService();
});
afterAll(() => service.close());

const returnUrl = 'http://localhost:5173/back';
const post = (body: unknown, headers: Record<string, string> = {}) =>
  fetch(`${service.origin}/sandbox/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
const steer = async (query: string, variables: Record<string, unknown> = {}) =>
  (await (await post({ query, variables })).json()) as {
    // biome-ignore lint/suspicious/noExplicitAny: tests assert the shape that they select
    data: any;
    errors?: { message: string }[];
  };

const AUTHORIZES = `mutation ($url: String!, $channelId: ID, $appId: ID, $payer: String, $outcome: AuthCodeOutcome, $after: Float, $redeems: Boolean, $late: Int) {
  visit: payerAuthorizes(authorizeUrl: $url, channelId: $channelId, appId: $appId, payer: $payer, outcome: $outcome,
    afterSeconds: $after, redeems: $redeems, delaySeconds: $late) { returnedTo answer code } }`;

describe('the payer of a session', () => {
  test.each([
    ['ali_pay', undefined],
    ['wechat_pay', undefined],
    ['union_pay', undefined],
    ['wechat_pay_website_qr', 'demo-ways'],
  ])('authorizes on %s as bob, and the caller that waits gets bob', async (channelId, appId) => {
    const { start, result } = callersOf(service);
    const { authorizeUrl: url, queryCode } = await start({ channelId, appId, returnUrl });
    const { data } = await steer(AUTHORIZES, { url, appId, payer: 'bob' });
    expect(data.visit).toMatchObject({ answer: 'PayerAuthResultStored', code: null });
    const { returnedTo } = data.visit;
    expect(returnedTo.startsWith(`${returnUrl}?`)).toBe(true);
    const { identity } = await result(queryCode);
    // The same payer as by an auth code of bob.
    const { start: again, result: read } = callersOf(service);
    const second = await again({ channelId, appId, returnUrl });
    await service.payer.authorizes({ authorizeUrl: second.authorizeUrl, appId, payer: 'bob', delaySeconds: 1 });
    expect((await read(second.queryCode)).identity.id).toBe(identity.id);
  });

  test('a payer page that leaves out the app of its session reads which field is wrong', async () => {
    const { start } = callersOf(service);
    const { authorizeUrl: url } = await start({ channelId: 'ali_pay', appId: 'demo-ways', returnUrl });
    const { data } = await steer(
      `mutation ($url: String!) { visit: payerAuthorizes(authorizeUrl: $url) { code reason } }`,
      {
        url,
      },
    );
    expect(data.visit).toEqual({
      code: 'INPUT_INVALID',
      reason: 'state: the state that startAuthentication issued for this app and channel',
    });
  });

  test('opens, then declines, and the session shows both steps; then authorizes after all', async () => {
    const { start, result } = callersOf(service);
    const { authorizeUrl, queryCode } = await start({ channelId: 'ali_pay', returnUrl });
    const step = async () =>
      (
        await service.graphql(
          `query ($queryCode: String!) { authResult(queryCode: $queryCode) { ... on PayerAuthWaiting { step } } }`,
          { queryCode },
        )
      ).data.authResult.step;
    const opens = await steer(
      'mutation ($url: String!) { visit: payerOpens(authorizeUrl: $url) { returnedTo answer } }',
      {
        url: authorizeUrl,
      },
    );
    expect(opens.data.visit).toEqual({ returnedTo: null, answer: 'PayerAuthStepReported' });
    expect(await step()).toBe('OPENED');
    const declines = await steer(
      'mutation ($url: String!) { visit: payerDeclines(authorizeUrl: $url) { returnedTo code } }',
      {
        url: authorizeUrl,
      },
    );
    expect(declines.data.visit).toMatchObject({ code: null, returnedTo: expect.not.stringContaining('auth_code') });
    expect(await step()).toBe('DECLINED');
    await steer(AUTHORIZES, { url: authorizeUrl });
    expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });

  test('declines on UnionPay, whose page names its reason', async () => {
    const { start } = callersOf(service);
    const { authorizeUrl } = await start({ channelId: 'union_pay', returnUrl });
    const { returnedTo, code } = await service.payer.declines({ authorizeUrl });
    expect(code).toBeNull();
    expect(new URL(returnedTo ?? '').searchParams.get('respCode')).toBe('34');
    expect(returnedTo).not.toContain('userAuthCode');
  });

  test('comes by the door in the wallet of the channel that the test names', async () => {
    const { start, result } = callersOf(service);
    const { authorizeUrl: url, queryCode } = await start({ returnUrl });
    const nowhere = await steer(AUTHORIZES, { url });
    expect(nowhere.errors?.[0]?.message).toMatch(/name the channelId whose wallet opens it/);
    const { data } = await steer(AUTHORIZES, { url, channelId: 'wechat_pay' });
    expect(data.visit).toMatchObject({ answer: 'PayerAuthResultStored' });
    const { returnedTo } = data.visit;
    expect(new URL(returnedTo).searchParams.get('channel')).toBe('wechat_pay');
    expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });

  test('waits as long as the test says, and a channel that is late for longer than the deadline is an unknown outcome', async () => {
    const { start } = callersOf(service);
    const began = Date.now();
    const { authorizeUrl: url } = await start({ channelId: 'wechat_pay', returnUrl });
    const [late, after] = await Promise.all([
      steer(AUTHORIZES, { url, late: 9 }),
      (async () => {
        const { authorizeUrl } = await start({ channelId: 'ali_pay', returnUrl });
        await steer(AUTHORIZES, { url: authorizeUrl, after: 1 });
        return Date.now() - began;
      })(),
    ]);
    expect(late.data.visit).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect(after).toBeGreaterThanOrEqual(1_000);
  });

  test('fails as the test says: every outcome of an auth code is a value of the enum', async () => {
    const { start } = callersOf(service);
    for (const [outcome, code] of [
      ['EXPIRED', 'AUTH_CODE_EXPIRED'],
      ['HTTP_500', 'REPLY_MALFORMED'],
    ]) {
      const { authorizeUrl: url } = await start({ channelId: 'wechat_pay', returnUrl });
      expect((await steer(AUTHORIZES, { url, outcome })).data.visit).toMatchObject({ code });
    }
  });

  test('with redeems: false the auth code stays for the payer page of the team', async () => {
    const { start, set, result } = callersOf(service);
    const { authorizeUrl: url, queryCode } = await start({ channelId: 'ali_pay', returnUrl });
    const { data } = await steer(AUTHORIZES, { url, payer: 'dora', redeems: false });
    const back = new URL(data.visit.returnedTo).searchParams;
    expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting' });
    await set({ channelId: 'ali_pay', authCode: back.get('auth_code'), state: back.get('state') });
    expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  });

  test.each([
    ['passes', {}, 'PASSED'],
    ['does not pass', { passes: false }, 'NOT_PASSED'],
    ['chooses a fault', { outcome: 'EXPIRED' }, 'CERTIFY_ID_EXPIRED'],
  ])('%s the certification', async (_, choice, outcome) => {
    const document = { type: 'IDENTITY_CARD', holderName: '张三', number: '11010519491231002X' };
    const initialized = await service.graphql(
      `mutation ($input: PayerInitializeCertificationInput!) { r: initializeIdentityCertification(input: $input) { ... on PayerCertificationInitialized { certifyId } } }`,
      { input: { method: 'FACE', document, returnUrl } },
    );
    const { certifyId } = initialized.data.r;
    const started = await service.graphql(
      `mutation ($input: PayerStartCertificationInput!) { r: startIdentityCertification(input: $input) { ... on PayerCertificationStarted { url } } }`,
      { input: { certifyId } },
    );
    const { data } = await steer(
      'mutation ($url: String!, $passes: Boolean, $outcome: AuthCodeOutcome) { visit: payerCertifies(url: $url, passes: $passes, outcome: $outcome) { returnedTo } }',
      { url: started.data.r.url, ...choice },
    );
    expect(data.visit).toEqual({ returnedTo: returnUrl });
    const read = await service.graphql(
      `query ($id: ID!) { r: identityCertification(certifyId: $id) { ... on PayerCertification { status } ... on PayerFailure { code } } }`,
      { id: certifyId },
    );
    expect(read.data.r.status ?? read.data.r.code).toBe(outcome);
  });
});

describe('what a test does wrong', () => {
  test.each([
    ['an address elsewhere', { url: 'http://127.0.0.1:9/oauth2/publicAppAuthorize.htm' }, /no address of this sandbox/],
    ['no address', { url: 'nothing' }, /no address of this sandbox/],
    ['a payer with blanks', { payer: 'b o b' }, /1 to 32 characters/],
    ['a pause of an hour', { after: 3_600 }, /0 to 60/],
    ['a delay below 0', { late: -1 }, /from 0 to 60/],
    ['an unknown outcome', { outcome: 'NOPE' }, /does not exist in "AuthCodeOutcome" enum/],
  ])('%s is an error that says what is right', async (_, variables, message) => {
    const { start } = callersOf(service);
    const { authorizeUrl } = await start({ channelId: 'ali_pay', returnUrl });
    const { errors } = await steer(AUTHORIZES, { url: authorizeUrl, ...variables });
    expect(errors?.[0]?.message).toMatch(message);
  });

  test('a page that refuses says why', async () => {
    const { start } = callersOf(service);
    const { authorizeUrl } = await start({ channelId: 'ali_pay', returnUrl });
    const url = authorizeUrl.replace(/app_id=\d+/, 'app_id=2021');
    expect((await steer(AUTHORIZES, { url })).errors?.[0]?.message).toMatch(/lets no payer authorize/);
  });

  test('a request that is no JSON of GraphQL is refused, and other sites cannot send one', async () => {
    expect((await post('{')).status).toBe(400);
    expect((await post({})).status).toBe(400);
    expect((await post({ query: '{ a }' }, { 'content-type': 'text/plain' })).status).toBe(415);
    expect((await fetch(`${service.origin}/sandbox/graphql`)).status).toBe(405);
    const preflight = (origin: string) =>
      fetch(`${service.origin}/sandbox/graphql`, {
        method: 'OPTIONS',
        headers: { origin, 'access-control-request-method': 'POST', 'access-control-request-headers': 'content-type' },
      });
    expect((await preflight('http://localhost:5173')).headers.get('access-control-allow-origin')).toBe(
      'http://localhost:5173',
    );
    expect((await preflight('https://evil.example')).headers.get('access-control-allow-origin')).toBeNull();
  });
});

test('only the sandbox has the address', async () => {
  const production = await startConfigured();
  try {
    expect((await fetch(`${production.url}/sandbox/graphql`, { method: 'POST', body: '{}' })).status).toBe(404);
  } finally {
    await production.close();
  }
});

test('new auth codes and the table of test values are there as data', async () => {
  const { data } = await steer(`mutation { newAuthCode(payer: "eve", outcome: USED, delaySeconds: 2) }`);
  expect(readTestCode(data.newAuthCode ?? '')).toEqual({ kind: 'used', payer: 'eve' });
  expect(delayMsOf(data.newAuthCode ?? '')).toBe(2_000);
  const values = await steer('{ testValues { value of does outcomes { appId channelId outcome } } }');
  expect(values.data.testValues).toEqual(
    expect.arrayContaining([expect.objectContaining({ value: 'test_used_1', of: 'authCode' })]),
  );
});

test.each([
  ['test_ok_bob_delay_3s', 'ok', 'bob', 3_000],
  ['test_ok_bob_delay_3s~7', 'ok', 'bob', 3_000],
  ['test_invalid_1_delay_12s', 'invalid', '1', 12_000],
  ['test_ok_bob_delay_3', 'ok', 'bob_delay_3', 0],
  ['test_ok_bob_delay_123s', 'ok', 'bob_delay_123s', 0],
  ['test_ok_bob', 'ok', 'bob', 0],
  ['test_ok_delay_3s', 'ok', 'delay_3s', 0],
  ['nothing_delay_3s', 'invalid', 'nothing_delay_3s', 0],
])('the code %s is of the kind %s and the payer %s, and late by %d ms', (code, kind, payer, delayMs) => {
  expect([readTestCode(code), delayMsOf(`{"authCode":"${code}"}`)]).toEqual([{ kind, payer }, delayMs]);
  expect(issueTestCode('bob', { delaySeconds: 3 })).toMatch(/^test_ok_bob_delay_3s~[\da-f]{16}$/);
});
