/** Rates and bulkheads as callers see them: over real HTTP, with the upstream's ledger as evidence. */
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import {
  AUTH_RESULT,
  AUTHENTICATE,
  AUTHENTICATE_AND_SET,
  type ServiceOptions,
  startService,
} from '../support/services/service.ts';

const endless = { perSecond: 1_000_000, burst: 1_000_000 };
const unlimited = { caller: endless, address: endless, app: endless, channel: endless };
const SLOW = 0.01;

const start = async (limits: NonNullable<ServiceOptions['config']>['limits'], options: ServiceOptions = {}) => {
  const service = await startService({ ...options, config: { ...options.config, limits } });
  onTestFinished(() => service.close());
  return service;
};

const input = (authCode: string) => ({ input: { channelId: 'wechat_pay', authCode } });
const rateLimited = { __typename: 'PayerServiceBusy', code: 'RATE_LIMITED' };

describe('too many calls', () => {
  test('calls over the rate are RATE_LIMITED with the time to wait, and nothing is sent or stored', async () => {
    const service = await start({ rates: { ...unlimited, caller: { perSecond: SLOW, burst: 3 } } });
    for (const code of ['test_ok_a', 'test_ok_b', 'test_ok_c']) {
      const { data } = await service.graphql(AUTHENTICATE, input(code));
      expect(data.authenticate.__typename).toBe('PayerAuthenticated');
    }
    const { status, data } = await service.graphql(AUTHENTICATE, input('test_ok_d'));
    expect(status).toBe(200);
    expect(data.authenticate).toMatchObject({ ...rateLimited, message: expect.stringContaining('Too many calls') });
    expect(data.authenticate.retryAfterSeconds).toBeGreaterThan(90);
    expect(data.authenticate.retryAfterSeconds).toBeLessThanOrEqual(100);
    expect(service.upstream.ledger).toHaveLength(3);
  });

  test('fed-status-hides-code: authResult over the rate is PayerServiceBusy with status 200, and its neighbours are answered', async () => {
    const service = await start({ rates: { ...unlimited, caller: { perSecond: SLOW, burst: 33 } } });
    const query = AUTH_RESULT.replace(/\}\s*$/, 'payerChannels { channel { id } } }');
    const ask = () => service.graphql(query, { queryCode: 'a-query-code-that-does-not-exist' });
    // Three guesses, eleven calls each.
    for (let guess = 0; guess < 3; guess += 1)
      expect((await ask()).data.authResult).toMatchObject({
        __typename: 'PayerAuthNotFound',
        code: 'QUERY_CODE_UNKNOWN',
      });
    const sessions = vi.spyOn(service.store, 'session');
    const { status, data, errors } = await ask();
    expect([status, errors]).toEqual([200, undefined]);
    const message = 'Too many calls; nothing was done. Repeat the call later.';
    expect(data.authResult).toMatchObject({ ...rateLimited, message, retryAfterSeconds: expect.any(Number) });
    expect(data.authResult.retryAfterSeconds).toBeGreaterThan(90);
    expect(data.payerChannels).toHaveLength(2);
    expect(sessions).not.toHaveBeenCalled();
  });

  test('a wrong guess of cancelAuthentication costs what one of authResult does, and both use up one bucket', async () => {
    const service = await start({ rates: { ...unlimited, caller: { perSecond: SLOW, burst: 33 } } });
    const ask = async (root: 'query' | 'mutation', field: string) => {
      const queryCode = 'queryCode: "a-query-code-that-does-not-exist"';
      const query = `${root} { answer: ${field}(${root === 'query' ? queryCode : `input: { ${queryCode} }`}) {
        __typename ... on PayerFailure { code } ... on PayerServiceBusy { retryAfterSeconds } } }`;
      return (await service.graphql(query)).data.answer;
    };
    const unknown = { __typename: 'PayerAuthNotFound', code: 'QUERY_CODE_UNKNOWN' };
    expect(await ask('mutation', 'cancelAuthentication')).toEqual(unknown);
    expect(await ask('query', 'authResult')).toEqual(unknown);
    expect(await ask('mutation', 'cancelAuthentication')).toEqual(unknown);
    const sessions = vi.spyOn(service.store, 'session');
    for (const [root, field] of [
      ['mutation', 'cancelAuthentication'],
      ['query', 'authResult'],
    ] as const) {
      const refused = await ask(root, field);
      expect(refused).toMatchObject({ ...rateLimited, retryAfterSeconds: expect.any(Number) });
      expect(refused.retryAfterSeconds).toBeGreaterThan(90);
    }
    expect(sessions).not.toHaveBeenCalled();
  });

  test('reports of steps are counted by the address of the payer page, before their state is looked at', async () => {
    const limits = { rates: { ...unlimited, address: { perSecond: SLOW, burst: 2 } } };
    const http = { clientAddressHeader: 'x-forwarded-for' };
    const service = await start(limits, { sandbox: false, config: { http } });
    const reports = vi.spyOn(service.store, 'reportStep');
    const query = `mutation { reportAuthenticationStep(input: { channelId: "wechat_pay", state: "x", step: DECLINED }) {
      __typename } }`;
    const typenames: string[] = [];
    for (let count = 0; count < 3; count += 1)
      typenames.push(
        (await service.graphql(query, {}, { 'x-forwarded-for': '192.0.2.1' })).data.reportAuthenticationStep.__typename,
      );
    expect(typenames).toEqual(['PayerInvalidInput', 'PayerInvalidInput', 'PayerServiceBusy']);
    expect(reports).not.toHaveBeenCalled();
  });

  test('calls without credentials are counted by the address of the client', async () => {
    const limits = { rates: { ...unlimited, address: { perSecond: SLOW, burst: 2 } } };
    const http = { clientAddressHeader: 'x-forwarded-for' };
    const service = await start(limits, { sandbox: false, config: { http } });
    const typenames: string[] = [];
    for (const code of ['test_ok_a', 'test_ok_b', 'test_ok_c']) {
      const { data } = await service.graphql(AUTHENTICATE_AND_SET, input(code), { 'x-forwarded-for': '192.0.2.1' });
      typenames.push(data.authenticateAndSet.__typename);
    }
    expect(typenames).toEqual(['PayerAuthResultStored', 'PayerAuthResultStored', 'PayerServiceBusy']);
    expect(service.upstream.ledger).toHaveLength(2);
  });

  test('without configured rates no number of calls is RATE_LIMITED', async () => {
    const service = await start({});
    // The defaults of a configured service would end after 91 guesses.
    const polls = Array.from({ length: 200 }, () => service.graphql(AUTH_RESULT, { queryCode: 'nobody-knows-this' }));
    const answers = await Promise.all(polls);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
  });
});

describe('too many at the same time', () => {
  const bulkheads = { public: { running: 2, waiting: 1 }, trusted: { running: 2, waiting: 1 } };
  const overloaded = { __typename: 'PayerServiceBusy', code: 'OVERLOADED', retryAfterSeconds: 1 };
  const patient = { config: { times: { deadlineMs: 3_000, leaseMs: 4_000 } } };
  const PAGE = AUTHENTICATE_AND_SET.replace(
    '... on PayerFailure',
    '... on PayerServiceBusy { retryAfterSeconds } ... on PayerFailure',
  );

  test('P7: payer pages over their bulkhead are OVERLOADED within 50 ms, and trusted calls are answered', async () => {
    const service = await start({ bulkheads }, patient);
    const hanging = [1, 2, 3, 4].map((index) => service.graphql(PAGE, input(`test_hang_${index}`)));
    // Two run, one waits; who is refused is the first to hear of it.
    expect((await Promise.race(hanging)).data.authenticateAndSet).toMatchObject(overloaded);
    const refusedAfterMs: number[] = [];
    const trusted: string[] = [];
    for (let index = 0; index < 20; index += 1) {
      const askedAt = performance.now();
      const { data } = await service.graphql(PAGE, input(`test_ok_${index}`));
      refusedAfterMs.push(performance.now() - askedAt);
      expect(data.authenticateAndSet).toMatchObject(overloaded);
      const answer = await service.graphql(AUTHENTICATE, input(`test_ok_trusted${index}`));
      trusted.push(answer.data.authenticate.__typename);
    }
    refusedAfterMs.sort((left, right) => left - right);
    const [median = Number.NaN, slowest] = [refusedAfterMs[10], refusedAfterMs.at(-1)];
    console.log(`overloaded: 20 refusals, median ${median.toFixed(1)} ms, slowest ${slowest?.toFixed(1)} ms`);
    expect(median).toBeLessThan(50);
    expect(trusted).toEqual(Array(20).fill('PayerAuthenticated'));
    await Promise.all(hanging);
    const { data } = await service.graphql(PAGE, input('test_ok_0'));
    expect(data.authenticateAndSet.__typename).toBe('PayerAuthResultStored');
  });

  test('trusted callers over their bulkhead are OVERLOADED, and payer pages are answered', async () => {
    const service = await start({ bulkheads }, patient);
    const hanging = [1, 2, 3, 4].map((index) => service.graphql(AUTHENTICATE, input(`test_hang_${index}`)));
    const { retryAfterSeconds, ...refused } = overloaded;
    expect((await Promise.race(hanging)).data.authenticate).toMatchObject({ ...refused, retryAfterSeconds });
    const page = await service.graphql(PAGE, input('test_ok_b'));
    expect(page.data.authenticateAndSet.__typename).toBe('PayerAuthResultStored');
    await Promise.all(hanging);
  });

  test('anonymous polls over their bulkhead are PayerServiceBusy, with the time to wait', async () => {
    const service = await start({ bulkheads: { polls: { running: 1, waiting: 0 } } }, { sandbox: false });
    const sessions = vi.spyOn(service.store, 'session');
    const queryCode = 'a-query-code-without-result';
    await service.store.openSession({ queryCode, stateId: 'state', appId: 'demo', channelId: 'wechat_pay' });
    const waiting = service.graphql(AUTH_RESULT, { queryCode, waitSeconds: 2 });
    await vi.waitFor(() => expect(sessions).toHaveBeenCalled());
    const { status, data } = await service.graphql(AUTH_RESULT, { queryCode });
    expect(status).toBe(200);
    expect(data.authResult).toMatchObject(overloaded);
    expect((await waiting).data.authResult.__typename).toBe('PayerAuthWaiting');
  });
});

describe('fed-two-auth-results: several reads of secrets in one operation', () => {
  const RESULT = '{ __typename ... on PayerServiceBusy { code } }';
  const results = (codes: readonly string[]) =>
    `{ ${codes.map((code, index) => `a${index}: authResult(queryCode: "${code}") ${RESULT}`).join(' ')} }`;
  const typenames = (data: Readonly<Record<string, { readonly __typename: string }>>) =>
    Object.values(data).map(({ __typename }) => __typename);
  const unknownCodes = (count: number) => Array.from({ length: count }, (_, index) => `unknown-query-code-${index}`);
  const openSessions = async (service: Awaited<ReturnType<typeof start>>, count: number) => {
    const codes = Array.from({ length: count }, (_, index) => `query-code-of-payer-${index}`);
    for (const queryCode of codes)
      await service.store.openSession({ queryCode, stateId: queryCode, appId: 'demo', channelId: 'wechat_pay' });
    return codes;
  };

  test('a cashier waits for two payers at once, for as long as the longer of the two waits', async () => {
    const service = await start({}, { config: { times: { operationMs: 600, deadlineMs: 500 } } });
    const [one, other] = await openSessions(service, 2);
    const query = `query { slow: authResult(queryCode: "${one}", waitSeconds: 2) ${RESULT} quick: authResult(queryCode: "${other}", waitSeconds: 1) ${RESULT} }`;
    const startedAt = performance.now();
    const { status, data, errors } = await service.graphql(query);
    expect([status, errors]).toEqual([200, undefined]);
    expect(typenames(data)).toEqual(['PayerAuthWaiting', 'PayerAuthWaiting']);
    expect(performance.now() - startedAt).toBeGreaterThan(1_900);
  });

  test('a result and a certification are answered in one operation', async () => {
    const service = await start({});
    const [code] = await openSessions(service, 1);
    const query = `{ authResult(queryCode: "${code}") { __typename } identityCertification(certifyId: "1") { __typename } }`;
    const { data, errors } = await service.graphql(query);
    expect(errors).toBeUndefined();
    // The emulated DaxPay certifies no payers.
    expect(typenames(data)).toEqual(['PayerAuthWaiting', 'PayerInvalidInput']);
  });

  test('each field is charged by itself, and those over the rate are refused alone', async () => {
    const service = await start({ rates: { ...unlimited, caller: { perSecond: SLOW, burst: 3 } } });
    const { status, data } = await service.graphql(results(await openSessions(service, 5)));
    expect(status).toBe(200);
    expect(typenames(data)).toEqual([...Array(3).fill('PayerAuthWaiting'), ...Array(2).fill('PayerServiceBusy')]);
  });

  test('wrong guesses in one operation are charged as in as many operations: aliases buy none', async () => {
    // Ten guesses are 110 calls.
    const service = await start({ rates: { ...unlimited, caller: { perSecond: SLOW, burst: 120 } } });
    expect(new Set(typenames((await service.graphql(results(unknownCodes(10)))).data))).toEqual(
      new Set(['PayerAuthNotFound']),
    );
    const { data } = await service.graphql(results(unknownCodes(10)));
    // Of the ten tokens left each field takes one, before the first of them has proved to be a guess.
    expect(new Set(typenames(data))).toEqual(new Set(['PayerAuthNotFound']));
    const { data: refused } = await service.graphql(
      '{ authResult(queryCode: "one-more") { ... on PayerServiceBusy { code retryAfterSeconds } } }',
    );
    // The debt of those: 100 tokens, and one for the next call.
    expect(refused.authResult).toEqual({ code: 'RATE_LIMITED', retryAfterSeconds: 101 / SLOW });
  });

  test('guesses that run at the same time are charged in full, however many they are', async () => {
    const service = await start({ rates: { ...unlimited, caller: { perSecond: SLOW, burst: 100 } } });
    const answers = await Promise.all(Array.from({ length: 12 }, () => service.graphql(results(unknownCodes(10)))));
    const guessed = answers
      .flatMap(({ data }) => typenames(data))
      .filter((name) => name === 'PayerAuthNotFound').length;
    expect(guessed).toBeLessThanOrEqual(100);
    const { data } = await service.graphql(
      '{ authResult(queryCode: "one-more") { ... on PayerServiceBusy { retryAfterSeconds } } }',
    );
    const seconds = (11 * guessed - 99) / SLOW;
    expect(data.authResult.retryAfterSeconds).toBeGreaterThan(seconds - 10);
    expect(data.authResult.retryAfterSeconds).toBeLessThanOrEqual(seconds);
  });
});
