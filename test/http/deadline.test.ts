/** Clients that are gone and operations whose time is over: an unsent code stays unsent, and an outcome is stored. */
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import type { Store } from '../../src/store/store.ts';
import { AUTH_RESULT, AUTHENTICATE_AND_SET, type ServiceOptions, startService } from '../support/services/service.ts';

/** Lets a method of the store begin, and holds back what it answers until the gate is opened. */
const gateOn = (method: 'markSent' | 'settle' | 'claim') => {
  const { promise: reached, resolve: reach } = Promise.withResolvers<void>();
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const wrap = (store: Store): Store => ({
    ...store,
    // Otherwise the claim marks.
    ...(method === 'markSent' && { claim: (request) => store.claim({ ...request, marks: false }) }),
    [method]: async (...args: never[]) => {
      reach();
      await opened;
      return Reflect.apply(store[method], store, args);
    },
  });
  onTestFinished(() => open());
  return { wrap, reached, open };
};

const start = async (options: ServiceOptions) => {
  const service = await startService(options);
  onTestFinished(() => service.close());
  /** A call that its client can abandon. */
  const call = (query: string, variables: object) => {
    const gone = new AbortController();
    const body = JSON.stringify({ query, variables });
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body, signal: gone.signal };
    const answered = fetch(`${service.url}/graphql`, init).then(
      async (response) => ({
        status: response.status,
        headers: response.headers,
        ...((await response.json()) as object),
      }),
      () => 'abandoned' as const,
    );
    return { answered, abandon: () => gone.abort() };
  };
  return { ...service, call };
};

const redeem = (authCode: string, queryCode: string) => ({ input: { channelId: 'ali_pay', authCode, queryCode } });
const queryCode = 'a-query-code-of-somebody';

test.each(['claim', 'markSent'] as const)(
  'P1: when the client is gone before its code was sent (%s), nothing is sent and the code can still be redeemed',
  async (method) => {
    const gate = gateOn(method);
    const { call, graphql, upstream, logLines } = await start({ wrap: gate.wrap });
    const { answered, abandon } = call(AUTHENTICATE_AND_SET, redeem('test_ok_patient', queryCode));
    await gate.reached;
    abandon();
    expect(await answered).toBe('abandoned');
    // The server hears of it on its side of the connection.
    await delay(100);
    gate.open();
    await expect.poll(() => logLines.join(), { timeout: 5_000 }).toMatch(/a code was not redeemed/);
    expect(upstream.ledger).toHaveLength(0);

    const again = await graphql(AUTHENTICATE_AND_SET, redeem('test_ok_patient', queryCode));
    expect(again.data.authenticateAndSet).toMatchObject({ __typename: 'PayerAuthResultStored' });
    expect(upstream.ledger).toHaveLength(1);
  },
);

test("when the client is gone while its code waits for the channel's bulkhead, the code is not sent and can still be redeemed", async () => {
  const { call, graphql, upstream, logLines } = await start({
    config: { limits: { source: { inFlight: 1, waiting: 1 } }, times: { deadlineMs: 1_000 } },
  });
  const first = call(AUTHENTICATE_AND_SET, redeem('test_hang_first', 'a-query-code-of-the-first'));
  await expect.poll(() => upstream.ledger.length, { timeout: 5_000 }).toBe(1);
  const { answered, abandon } = call(AUTHENTICATE_AND_SET, redeem('test_ok_second', queryCode));
  await delay(200);
  abandon();
  expect(await answered).toBe('abandoned');
  await first.answered;
  await expect.poll(() => logLines.join(), { timeout: 5_000 }).toMatch(/a code was not redeemed/);
  expect(upstream.ledger).toHaveLength(1);
  const again = await graphql(AUTHENTICATE_AND_SET, redeem('test_ok_second', queryCode));
  expect(again.data.authenticateAndSet).toMatchObject({ __typename: 'PayerAuthResultStored' });
});

test('P2: when the client is gone after its code was sent, the code was sent once and the outcome can be read', async () => {
  const gate = gateOn('settle');
  const { call, graphql, upstream } = await start({ wrap: gate.wrap });
  const { answered, abandon } = call(AUTHENTICATE_AND_SET, redeem('test_ok_hasty', queryCode));
  await gate.reached;
  abandon();
  expect(await answered).toBe('abandoned');
  await delay(100);
  gate.open();
  const { data } = await graphql(AUTH_RESULT, { queryCode, waitSeconds: 5 });
  expect(data.authResult).toMatchObject({ __typename: 'PayerAuthSucceeded', identity: { userId: expect.any(String) } });
  expect(upstream.ledger).toHaveLength(1);
});

test('when the client is gone while the channel is silent, the outcome is stored as indeterminate', async () => {
  const { call, graphql, upstream } = await start({ config: { times: { deadlineMs: 1_000 } } });
  const { answered, abandon } = call(AUTHENTICATE_AND_SET, redeem('test_hang_1', queryCode));
  await expect.poll(() => upstream.ledger.length, { timeout: 5_000 }).toBe(1);
  abandon();
  expect(await answered).toBe('abandoned');
  const { data } = await graphql(AUTH_RESULT, { queryCode, waitSeconds: 5 });
  expect(data.authResult).toMatchObject({ __typename: 'PayerAuthWaiting', lastFailure: { code: 'OUTCOME_UNKNOWN' } });
  expect(upstream.ledger.map(({ rawUrl, body }) => `${rawUrl} ${JSON.parse(body || '{}').authCode}`)).toEqual([
    '/unipay/assist/channel/auth/auth test_hang_1',
  ]);
});

const swift = { deadlineMs: 300, patienceMs: 5_000, operationMs: 600 };

test.each(['claim', 'markSent'] as const)(
  'an operation whose time is over before it sent anything (%s) sends nothing, and is DEADLINE_EXCEEDED when it hangs',
  async (method) => {
    const gate = gateOn(method);
    const { call, graphql, upstream, logLines } = await start({ wrap: gate.wrap, config: { times: swift } });
    const startedAt = performance.now();
    const answer = await call(AUTHENTICATE_AND_SET, redeem('test_ok_late', queryCode)).answered;
    expect(performance.now() - startedAt).toBeLessThan(5_000);
    expect(answer).toMatchObject({
      status: 200,
      errors: [{ extensions: { code: 'DEADLINE_EXCEEDED', retryAfterSeconds: 2 } }],
    });
    expect(answer === 'abandoned' || answer.headers.get('retry-after')).toBe('2');
    gate.open();
    await expect.poll(() => logLines.join(), { timeout: 5_000 }).toMatch(/a code was not redeemed/);
    expect(upstream.ledger).toHaveLength(0);
    const again = await graphql(AUTHENTICATE_AND_SET, redeem('test_ok_late', queryCode));
    expect(again.data.authenticateAndSet).toMatchObject({ __typename: 'PayerAuthResultStored' });
  },
);

test('a duplicate whose time is over while it waits for the outcome gets OUTCOME_PENDING', async () => {
  const gate = gateOn('settle');
  const { call, graphql } = await start({ wrap: gate.wrap, config: { times: swift } });
  const first = call(AUTHENTICATE_AND_SET, redeem('test_ok_shared', queryCode));
  await gate.reached;
  const { data } = await graphql(AUTHENTICATE_AND_SET, redeem('test_ok_shared', queryCode));
  expect(data.authenticateAndSet).toMatchObject({ code: 'OUTCOME_PENDING' });
  gate.open();
  await first.answered;
});

test('waitSeconds extends the time of an operation', async () => {
  const { call, store } = await start({ config: { times: swift } });
  await store.openSession({ queryCode, stateId: 'state', appId: 'demo', channelId: 'ali_pay' });
  const startedAt = performance.now();
  const answer = await call(AUTH_RESULT, { queryCode, waitSeconds: 2 }).answered;
  expect(performance.now() - startedAt).toBeGreaterThan(1_900);
  expect(answer).toMatchObject({ status: 200, data: { authResult: { __typename: 'PayerAuthWaiting' } } });
});
