import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Emulator } from '../../src/emulators/emulator.ts';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { consoleToken } from '../support/services/service.ts';
import {
  authenticate,
  authenticateAndSet,
  authResult,
  quick,
  start,
  startGated,
  startUpstream,
  uniqueQueryCode,
} from './redemption-service.ts';

describe('a stored result', () => {
  test('a stored result is shown to the holder of the query code alone', async () => {
    const service = await start();
    const stored = await authenticateAndSet(service, { authCode: 'test_ok_alice' });
    expect(stored).toEqual({
      __typename: 'PayerAuthResultStored',
      queryCode: expect.stringMatching(/^[\w-]{43}$/),
      expiresAt: expect.any(String),
    });
    const { openid, accessToken } = idsOf('alice');
    const result = await authResult(service, stored.queryCode);
    expect(result).toMatchObject({ __typename: 'PayerAuthSucceeded', identity: { openId: openid } });
    expect(result).toMatchObject({ expiresAt: stored.expiresAt });
    expect(JSON.stringify([stored, result])).not.toContain(accessToken);
    expect(await authResult(service, `${stored.queryCode}x`)).toMatchObject({ __typename: 'PayerAuthNotFound' });
  });

  test('a stored result has a new query code each time the caller gives none', async () => {
    const service = await start();
    const codes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => authenticateAndSet(service, { authCode: `test_ok_alice~${index}` })),
    );
    expect(new Set(codes.map(({ queryCode }) => queryCode)).size).toBe(20);
  });

  test('a result of authenticate is read with the query code that it was called with', async () => {
    const service = await start();
    const queryCode = uniqueQueryCode();
    const { identity } = await authenticate(service, { authCode: 'test_ok_alice', queryCode });
    expect(await authResult(service, queryCode)).toMatchObject({
      __typename: 'PayerAuthSucceeded',
      identity: { id: identity.id },
    });
  });

  test('a result is waiting with the reason when the channel refuses the code', async () => {
    const service = await start();
    const [queryCode, channelId] = [uniqueQueryCode(), 'ali_pay'];
    const refused = { __typename: 'PayerAuthorizationRejected', code: 'AUTH_CODE_REFUSED' };
    const answer = await authenticateAndSet(service, { channelId, authCode: 'test_invalid_1', queryCode });
    expect(answer).toMatchObject(refused);
    expect(await authResult(service, queryCode)).toMatchObject({
      __typename: 'PayerAuthWaiting',
      attemptsLeft: 4,
      lastFailure: { ...refused, traceId: answer.traceId },
    });
  });

  test('a result is waiting while the exchange runs, and waiting for another code with OUTCOME_UNKNOWN when no reply comes', async () => {
    const { service, gate } = await startGated({ config: { times: { ...quick, deadlineMs: 1_000, leaseMs: 2_000 } } });
    const queryCode = uniqueQueryCode();
    const setting = authenticateAndSet(service, { authCode: 'test_ok_alice', queryCode });
    await gate.knocked;
    expect(await authResult(service, queryCode)).toMatchObject({
      __typename: 'PayerAuthWaiting',
      pollAfterSeconds: 5,
    });
    const doubt = { __typename: 'PayerOutcomeUnknown', code: 'OUTCOME_UNKNOWN' };
    expect(await setting).toMatchObject(doubt);
    expect(await authResult(service, queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting', lastFailure: doubt });
  });

  test('a waiting reader gets a result as soon as it is stored', async () => {
    const { service, gate } = await startGated();
    const queryCode = uniqueQueryCode();
    const setting = authenticateAndSet(service, { authCode: 'test_ok_alice', queryCode });
    await gate.knocked;
    const waiting = Array.from({ length: 5 }, () => authResult(service, queryCode, 20));
    await delay(300);
    const openedAt = performance.now();
    gate.open();
    for (const result of await Promise.all(waiting)) expect(result).toMatchObject({ __typename: 'PayerAuthSucceeded' });
    expect(performance.now() - openedAt).toBeLessThan(2_000);
    await setting;
  });

  test('a result is waiting to a reader whose wait is over', async () => {
    const { service, gate } = await startGated();
    const queryCode = uniqueQueryCode();
    const setting = authenticateAndSet(service, { authCode: 'test_ok_alice', queryCode });
    await gate.knocked;
    const startedAt = performance.now();
    expect(await authResult(service, queryCode, 1)).toMatchObject({ __typename: 'PayerAuthWaiting' });
    expect(performance.now() - startedAt).toBeGreaterThan(950);
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    gate.open();
    await setting;
  });

  test('a result is not found after resultTtlMs, and its code stays used', async () => {
    const service = await start({ config: { times: { ...quick, resultTtlMs: quick.leaseMs + 1 } } });
    const { queryCode } = await authenticateAndSet(service, { authCode: 'test_ok_alice' });
    expect(await authResult(service, queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
    await delay(quick.leaseMs + 100);
    const gone = {
      __typename: 'PayerAuthNotFound',
      code: 'QUERY_CODE_UNKNOWN',
      message: expect.any(String),
      traceId: expect.any(String),
    };
    expect(await authResult(service, queryCode)).toEqual(gone);
    expect(await authResult(service, 'never-heard-of-this-one')).toEqual(gone);
    const again = { __typename: 'PayerAuthorizationRejected', code: 'AUTH_CODE_USED' };
    expect(await authenticateAndSet(service, { authCode: 'test_ok_alice', queryCode })).toMatchObject(again);
    expect(service.upstream.ledger).toHaveLength(1);
  });
});

describe('a query code', () => {
  const taken = { __typename: 'PayerInvalidInput', code: 'QUERY_CODE_TAKEN', fields: [{ path: 'queryCode' }] };

  test('P4: a query code belongs to its first writer; the code of the second is not sent and can be redeemed', async () => {
    const service = await start();
    const queryCode = uniqueQueryCode();
    await authenticateAndSet(service, { authCode: 'test_ok_alice', queryCode });
    expect(await authenticateAndSet(service, { authCode: 'test_ok_bob', queryCode })).toMatchObject(taken);
    expect(await authenticate(service, { authCode: 'test_ok_bob', queryCode })).toMatchObject(taken);
    expect(service.upstream.ledger).toHaveLength(1);
    expect(await authResult(service, queryCode)).toMatchObject({ identity: { openId: idsOf('alice').openid } });
    expect(await authenticate(service, { authCode: 'test_ok_bob' })).toMatchObject({
      __typename: 'PayerAuthenticated',
    });
  });

  test('P4: a query code has one writer of 50 that come at once, and one request is sent', async () => {
    const service = await start();
    const queryCode = uniqueQueryCode();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        authenticateAndSet(service, { authCode: `test_ok_p${index}`, queryCode }),
      ),
    );
    expect(answers.filter(({ __typename }) => __typename === 'PayerAuthResultStored')).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 'QUERY_CODE_TAKEN')).toHaveLength(49);
    expect(service.upstream.ledger).toHaveLength(1);
    const winner = answers.findIndex(({ __typename }) => __typename === 'PayerAuthResultStored');
    expect(await authResult(service, queryCode)).toMatchObject({ identity: { openId: idsOf(`p${winner}`).openid } });
  });

  test('a query code other than the first gets nothing for a used auth code, and nothing is sent', async () => {
    const service = await start();
    const authCode = 'test_ok_alice';
    const used = { __typename: 'PayerAuthorizationRejected', code: 'AUTH_CODE_USED' };
    await authenticateAndSet(service, { authCode, queryCode: uniqueQueryCode() });
    const other = uniqueQueryCode();
    expect(await authenticateAndSet(service, { authCode, queryCode: other })).toMatchObject(used);
    expect(await authenticateAndSet(service, { authCode })).toMatchObject(used);
    expect(await authenticate(service, { authCode })).toMatchObject(used);
    expect(await authResult(service, other)).toMatchObject({ __typename: 'PayerAuthNotFound' });
    expect(service.upstream.ledger).toHaveLength(1);
  });

  test('of a payer page and a trusted caller with one auth code and query code the second is refused', async () => {
    const service = await start();
    const used = { __typename: 'PayerAuthorizationRejected', code: 'AUTH_CODE_USED' };
    const alice = { authCode: 'test_ok_alice', queryCode: uniqueQueryCode() };
    await authenticateAndSet(service, alice);
    expect(await authenticate(service, alice)).toMatchObject(used);
    const bob = { authCode: 'test_ok_bob', queryCode: uniqueQueryCode() };
    await authenticate(service, bob);
    expect(await authenticateAndSet(service, bob)).toMatchObject(used);
    expect(service.upstream.ledger).toHaveLength(2);
  });

  test('a payer page can repeat its call with the same query code', async () => {
    const service = await start();
    const input = { authCode: 'test_ok_alice', queryCode: uniqueQueryCode() };
    const first = await authenticateAndSet(service, input);
    expect(await authenticateAndSet(service, input)).toEqual(first);
    expect(service.upstream.ledger).toHaveLength(1);
  });
});

describe('a DaxPay that holds results', () => {
  const keep = ({ origin }: Emulator, token = consoleToken) => ({
    baseUrl: origin,
    resultHolder: { queryUrl: `${origin}/assist/channel/auth/queryAuthResult`, headers: { accesstoken: token } },
  });
  const paths = ({ ledger }: Emulator) => ledger.map(({ url }) => url.pathname.split('/').at(-1));

  test('a DaxPay that holds results gets the query code, and is asked for the identity once', async () => {
    const upstream = await startUpstream();
    const service = await start({ source: keep(upstream) });
    const stored = await authenticateAndSet(service, { authCode: 'test_ok_alice' });
    expect(stored).toMatchObject({
      __typename: 'PayerAuthResultStored',
      queryCode: expect.stringMatching(/^[\w-]{43}$/),
    });
    const [request] = upstream.ledger;
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ queryCode: stored.queryCode, authCode: 'test_ok_alice' });
    const success = { __typename: 'PayerAuthSucceeded', identity: { openId: idsOf('alice').openid } };
    expect(await authResult(service, stored.queryCode)).toMatchObject(success);
    expect(await authResult(service, stored.queryCode)).toMatchObject(success);
    expect(paths(upstream)).toEqual(['authAndSet', 'queryAuthResult']);
  });

  test('P1: a DaxPay that holds results is sent a code once, however many pages repeat the call', async () => {
    const upstream = await startUpstream();
    const service = await start({ source: keep(upstream) });
    const input = { authCode: 'test_ok_alice', queryCode: uniqueQueryCode() };
    const answers = await Promise.all(Array.from({ length: 10 }, () => authenticateAndSet(service, input)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(paths(upstream)).toEqual(['authAndSet']);
  });

  test('a DaxPay that holds results answers authenticate with the identity itself', async () => {
    const upstream = await startUpstream();
    const service = await start({ source: keep(upstream) });
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toMatchObject({
      __typename: 'PayerAuthenticated',
    });
    expect(paths(upstream)).toEqual(['auth']);
  });

  test('a code that a DaxPay that holds results refuses is PayerAuthorizationRejected', async () => {
    const upstream = await startUpstream();
    const service = await start({ source: keep(upstream) });
    const [queryCode, channelId] = [uniqueQueryCode(), 'ali_pay'];
    const input = { channelId, authCode: 'test_expired_1', queryCode };
    expect(await authenticateAndSet(service, input)).toMatchObject({ __typename: 'PayerAuthorizationRejected' });
    expect(await authResult(service, queryCode)).toMatchObject({
      __typename: 'PayerAuthFailed',
      failure: { __typename: 'PayerAuthorizationRejected', code: 'AUTH_CODE_REFUSED' },
    });
    expect(paths(upstream)).toEqual(['authAndSet']);
  });

  test('P3: a code that a DaxPay that holds results does not answer has an unknown outcome and is not sent again', async () => {
    const upstream = await startUpstream();
    const service = await start({ source: keep(upstream), config: { times: quick } });
    const input = { authCode: 'test_hang_1', queryCode: uniqueQueryCode() };
    const unknown = { __typename: 'PayerOutcomeUnknown', code: 'OUTCOME_UNKNOWN' };
    expect(await authenticateAndSet(service, input)).toMatchObject(unknown);
    expect(await authenticateAndSet(service, input)).toMatchObject(unknown);
    expect(await authResult(service, input.queryCode)).toMatchObject({
      __typename: 'PayerAuthFailed',
      failure: unknown,
    });
    expect(paths(upstream)).toEqual(['authAndSet']);
  });

  test('P4: a session of a DaxPay that holds results takes one code, by its state or by its query code', async () => {
    const upstream = await startUpstream();
    const service = await start({ source: keep(upstream) });
    const channelId = 'ali_pay';
    const startSession = async () => {
      const query = `mutation { startAuthentication(input: { channelId: "ali_pay" }) { ... on PayerAuthenticationStartedWithoutPage { queryCode state } } }`;
      return (await service.graphql(query)).data.startAuthentication as { queryCode: string; state: string };
    };
    const [first, second, third] = [await startSession(), await startSession(), await startSession()];
    const refused = { __typename: 'PayerAuthorizationRejected' };
    const { queryCode } = first;
    expect(await authenticateAndSet(service, { channelId, authCode: 'test_invalid_1', queryCode })).toMatchObject(
      refused,
    );
    expect(await authenticateAndSet(service, { channelId, authCode: 'test_ok_alice', queryCode })).toMatchObject({
      code: 'QUERY_CODE_TAKEN',
    });
    const { state } = second;
    expect(await authenticateAndSet(service, { channelId, authCode: 'test_invalid_2', state })).toMatchObject(refused);
    expect(await authenticateAndSet(service, { channelId, authCode: 'test_ok_alice', state })).toMatchObject({
      code: 'SESSION_SPENT',
    });
    expect(await authenticateAndSet(service, { channelId, authCode: 'test_ok_bob', state: third.state })).toMatchObject(
      {
        __typename: 'PayerAuthResultStored',
      },
    );
    expect(await authResult(service, third.queryCode)).toMatchObject({ identity: { userId: idsOf('bob').userId } });
    // The result that was written by the state is stored here: the upstream holds none of it.
    expect(paths(upstream)).toEqual(['authAndSet', 'auth', 'auth']);
  });

  test('a held result that cannot be read for now is waiting, and is read later', async () => {
    const upstream = await startUpstream();
    const service = await start({ source: keep(upstream, 'a session that has ended') });
    const { queryCode } = await authenticateAndSet(service, { authCode: 'test_ok_alice' });
    expect(await authResult(service, queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting', pollAfterSeconds: 5 });
    expect(await authResult(service, queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting' });
    expect(paths(upstream)).toEqual(['authAndSet', 'queryAuthResult', 'queryAuthResult']);
  });

  test('P3: a held result that the upstream has lost has an unknown outcome for good', async () => {
    let atMs = Date.now();
    const upstream = await startUpstream({ now: () => atMs });
    const service = await start({ source: keep(upstream) });
    const { queryCode } = await authenticateAndSet(service, { authCode: 'test_ok_alice' });
    atMs += 6 * 60_000;
    const failure = { __typename: 'PayerOutcomeUnknown', code: 'OUTCOME_UNKNOWN' };
    const forgotten = { __typename: 'PayerAuthFailed', failure };
    expect(await authResult(service, queryCode)).toMatchObject(forgotten);
    atMs -= 6 * 60_000;
    expect(await authResult(service, queryCode)).toMatchObject(forgotten);
  });
});
