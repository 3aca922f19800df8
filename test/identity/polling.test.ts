import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';
import { AUTH_RESULT, AUTHENTICATE_AND_SET } from '../support/services/service.ts';

const START = `mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) {
  ... on PayerAuthenticationStarted { queryCode state } } }`;

let service: SandboxService;
beforeAll(async () => {
  service = await startSandboxService((config) => ({ ...config, limits: { waiters: 2 } }));
});
afterAll(() => service.close());

const start = async (): Promise<{ queryCode: string; state: string }> => {
  const input = { channelId: 'ali_pay', returnUrl: service.returnUrl('ali_pay') };
  return (await service.graphql(START, { input })).data.startAuthentication;
};
const poll = async (queryCode: string, waitSeconds = 0) =>
  (await service.graphql(AUTH_RESULT, { queryCode, waitSeconds })).data.authResult;

test('polling faster than pollAfterSeconds makes it 5 seconds longer each time, up to a minute', async () => {
  const { queryCode } = await start();
  const intervals: number[] = [];
  for (let count = 0; count < 14; count += 1) intervals.push((await poll(queryCode)).pollAfterSeconds);
  expect(intervals).toEqual([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55, 60, 60, 60]);
});

test('a poll that waits counts once, from when it came', async () => {
  const { queryCode } = await start();
  expect(await poll(queryCode, 2)).toMatchObject({ __typename: 'PayerAuthWaiting', pollAfterSeconds: 5 });
});

test('polling too fast does not delay a stored result', async () => {
  const { queryCode, state } = await start();
  await poll(queryCode);
  await poll(queryCode);
  await service.graphql(AUTHENTICATE_AND_SET, { input: { channelId: 'ali_pay', authCode: 'test_ok_alice', state } });
  expect(await poll(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
});

test('a waiting reader is woken by the outcome, and does not wait for its next read', async () => {
  const { queryCode, state } = await start();
  const waiting = poll(queryCode, 20);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const startedAt = performance.now();
  await service.graphql(AUTHENTICATE_AND_SET, { input: { channelId: 'ali_pay', authCode: 'test_ok_bob', state } });
  expect(await waiting).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});

test('readers beyond the limit are answered at once and do not wait', async () => {
  const sessions = await Promise.all([start(), start(), start()]);
  const [first, second, third] = sessions.map(({ queryCode }) => queryCode) as [string, string, string];
  const waiting = [poll(first, 3), poll(second, 3)];
  await new Promise((resolve) => setTimeout(resolve, 200));
  const startedAt = performance.now();
  expect(await poll(third, 3)).toMatchObject({ __typename: 'PayerAuthWaiting' });
  expect(performance.now() - startedAt).toBeLessThan(1_500);
  await Promise.all(waiting);
});

test('a reader that leaves frees its place among the waiting', async () => {
  const { queryCode } = await start();
  const leave = new AbortController();
  const request = (signal: AbortSignal) =>
    fetch(`${service.origin}/graphql`, {
      method: 'POST',
      signal,
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: AUTH_RESULT, variables: { queryCode, waitSeconds: 20 } }),
    }).catch(() => undefined);
  const left = [request(leave.signal), request(leave.signal)];
  await new Promise((resolve) => setTimeout(resolve, 200));
  leave.abort();
  await Promise.all(left);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const startedAt = performance.now();
  await poll(queryCode, 1);
  expect(performance.now() - startedAt).toBeGreaterThan(900);
});

test.each([-1, 26, 2_147_483_647])('a wait of %i seconds is PayerInvalidInput, with the field', async (waitSeconds) => {
  const { queryCode } = await start();
  expect(await poll(queryCode, waitSeconds)).toMatchObject({
    __typename: 'PayerInvalidInput',
    code: 'INPUT_INVALID',
    fields: [{ path: 'waitSeconds', message: '0 to 25' }],
  });
});

test('a wait of 25 seconds for a result that is stored is answered at once', async () => {
  const { queryCode, state } = await start();
  await service.graphql(AUTHENTICATE_AND_SET, { input: { channelId: 'ali_pay', authCode: 'test_ok_carol', state } });
  const startedAt = performance.now();
  expect(await poll(queryCode, 25)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
  expect(performance.now() - startedAt).toBeLessThan(2_000);
});
