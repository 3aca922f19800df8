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
const rateLimited = { __typename: 'PayerServiceBusy', code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) };

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

  test('authResult over the rate is 429 with Retry-After, since its type has no place for a failure', async () => {
    const service = await start({ rates: { ...unlimited, caller: { perSecond: SLOW, burst: 33 } } });
    const ask = () =>
      fetch(`${service.url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ query: AUTH_RESULT, variables: { queryCode: 'nobody-knows-this-query-code' } }),
      });
    // Three guesses, eleven calls each.
    for (let guess = 0; guess < 3; guess += 1) {
      const answer = (await (await ask()).json()) as { data: object };
      expect(answer.data).toMatchObject({ authResult: { status: 'NOT_EXIST' } });
    }
    const sessions = vi.spyOn(service.store, 'session');
    const refused = await ask();
    expect(refused.status).toBe(429);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(90);
    expect(await refused.json()).toMatchObject({
      data: null,
      errors: [
        {
          message: 'Too many calls; nothing was done. Repeat the call later.',
          extensions: { code: 'RATE_LIMITED', retryAfterSeconds: expect.any(Number) },
        },
      ],
    });
    expect(sessions).not.toHaveBeenCalled();
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
    expect(typenames).toEqual(['PayerAuthResultStored', 'PayerAuthResultStored', 'PayerChannelUnavailable']);
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
    '... on PayerChannelUnavailable { retryAfterSeconds } ... on PayerFailure',
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
    expect((await Promise.race(hanging)).data.authenticate).toMatchObject(overloaded);
    const page = await service.graphql(PAGE, input('test_ok_b'));
    expect(page.data.authenticateAndSet.__typename).toBe('PayerAuthResultStored');
    await Promise.all(hanging);
  });

  test('anonymous polls over their bulkhead are 503 with Retry-After', async () => {
    const service = await start({ bulkheads: { polls: { running: 1, waiting: 0 } } }, { sandbox: false });
    const sessions = vi.spyOn(service.store, 'session');
    const queryCode = 'a-query-code-that-nobody-has';
    await service.store.openSession({ queryCode, stateId: 'state', appId: 'demo', channelId: 'wechat_pay' });
    const waiting = service.graphql(AUTH_RESULT, { queryCode, waitSeconds: 2 });
    await vi.waitFor(() => expect(sessions).toHaveBeenCalled());
    const refused = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: AUTH_RESULT, variables: { queryCode } }),
    });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    const errors = [{ extensions: { code: 'OVERLOADED', retryAfterSeconds: 1 } }];
    expect(await refused.json()).toMatchObject({ errors });
    expect((await waiting).data.authResult.status).toBe('WAITING');
  });
});
