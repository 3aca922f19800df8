/** Redemption as callers see it: auth codes, and upstreams that cannot be asked. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Emulator } from '../../src/emulators/emulator.ts';
import { freePort } from '../../src/emulators/free-port.ts';
import { idsOf } from '../../src/emulators/test-codes.ts';
import type { Store } from '../../src/store/store.ts';
import { AUTHENTICATE } from '../support/services/service.ts';
import { onRefusedConnection } from '../support/upstreams/refused-connection.ts';
import {
  authenticate,
  authResult,
  quick,
  start,
  startGated,
  startOn,
  startUpstream,
  temporaryFolder,
  uniqueQueryCode,
} from './redemption-service.ts';

describe('an auth code', () => {
  test('P1: an auth code is sent once and answered alike, however many calls come at the same time', async () => {
    const service = await start();
    const calls = Array.from({ length: 20 }, () => authenticate(service, { authCode: 'test_ok_alice' }));
    const answers = await Promise.all(calls);
    expect(answers[0]).toMatchObject({
      __typename: 'PayerAuthenticated',
      identity: { openId: idsOf('alice').openid, appId: 'demo', channel: { id: 'wechat_pay' } },
      accessToken: { value: idsOf('alice').accessToken },
    });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toEqual(answers[0]);
    expect(service.upstream.ledger).toHaveLength(1);
  });

  test('P4: duplicates that come while an auth code is in flight await its outcome', async () => {
    const { service, upstream, gate } = await startGated();
    const first = authenticate(service, { authCode: 'test_ok_alice' });
    await gate.knocked;
    const duplicates = Array.from({ length: 9 }, () => authenticate(service, { authCode: 'test_ok_alice' }));
    await delay(50);
    expect(upstream.ledger).toHaveLength(0);
    gate.open();
    const answers = await Promise.all([first, ...duplicates]);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0].__typename).toBe('PayerAuthenticated');
    expect(upstream.ledger).toHaveLength(1);
  });

  test('an auth code in flight for longer than patienceMs is OUTCOME_PENDING to a duplicate', async () => {
    const { service, upstream, gate } = await startGated({ config: { times: { patienceMs: 200 } } });
    const first = authenticate(service, { authCode: 'test_ok_alice' });
    await gate.knocked;
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toMatchObject({
      __typename: 'PayerOutcomePending',
      code: 'OUTCOME_PENDING',
    });
    gate.open();
    const answer = await first;
    expect(answer.__typename).toBe('PayerAuthenticated');
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toEqual(answer);
    expect(upstream.ledger).toHaveLength(1);
  });

  test('P5: an auth code is redeemed to the end for a caller that hangs up, which reads the outcome later', async () => {
    const { service, upstream, gate } = await startGated();
    const hangUp = new AbortController();
    const input = { channelId: 'wechat_pay', authCode: 'test_ok_alice' };
    const call = fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: AUTHENTICATE, variables: { input } }),
      signal: hangUp.signal,
    });
    await gate.knocked;
    hangUp.abort();
    await expect(call).rejects.toThrow();
    gate.open();
    expect(await authenticate(service, input)).toMatchObject({ __typename: 'PayerAuthenticated' });
    expect(upstream.ledger).toHaveLength(1);
  });

  test('an auth code that the channel refuses is refused again without being sent again', async () => {
    const service = await start();
    const input = { channelId: 'ali_pay', authCode: 'test_invalid_1' };
    const refused = { __typename: 'PayerAuthorizationRejected', code: 'AUTH_CODE_REFUSED' };
    expect(await authenticate(service, input)).toMatchObject(refused);
    expect(await authenticate(service, input)).toMatchObject(refused);
    expect(service.upstream.ledger).toHaveLength(1);
  });

  test('P1: an auth code whose claim was taken over before the send is not sent by its first owner', async () => {
    const [folder, upstream] = [temporaryFolder(), await startUpstream()];
    const times = { ...quick, sweepEveryMs: 30_000 };
    const loseTheLease = (store: Store): Store => ({
      ...store,
      async claim(request) {
        const unmarked = { ...request, marks: false };
        const verdict = await store.claim(unmarked);
        await delay(times.leaseMs + 50);
        expect(await store.claim(unmarked)).toMatchObject({ kind: 'CLAIMED' });
        return verdict;
      },
    });
    const service = await startOn({ folder, upstream, config: { times }, wrap: loseTheLease });
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toMatchObject({ code: 'OUTCOME_PENDING' });
    expect(upstream.ledger).toHaveLength(0);
  });
});

describe('an upstream that does not answer', () => {
  const unknown = { __typename: 'PayerOutcomeUnknown', code: 'OUTCOME_UNKNOWN' };

  test('P3: an upstream that does not answer makes the outcome unknown at the deadline, for good, and is not asked again', async () => {
    const service = await start({ config: { times: quick } });
    const startedAt = performance.now();
    expect(await authenticate(service, { authCode: 'test_hang_1' })).toMatchObject(unknown);
    const elapsedMs = performance.now() - startedAt;
    expect(elapsedMs).toBeGreaterThan(quick.deadlineMs - 50);
    expect(elapsedMs).toBeLessThan(quick.deadlineMs + 1_000);
    expect(await authenticate(service, { authCode: 'test_hang_1' })).toMatchObject(unknown);
    expect(service.upstream.ledger).toHaveLength(1);
  });

  test('duplicates of an unanswered code get the stored outcome, whose traceId finds the exchange in the log', async () => {
    const service = await start({ config: { times: quick } });
    const calls = Array.from({ length: 3 }, () => authenticate(service, { authCode: 'test_hang_1' }));
    const [first, ...others] = await Promise.all(calls);
    const repeated = await authenticate(service, { authCode: 'test_hang_1' });
    for (const other of [...others, repeated]) expect(other).toEqual(first);
    expect(service.logLines.filter((line) => line.includes(first.traceId))).not.toEqual([]);
  });

  test('an upstream that resets the connection after reading is not asked again', async () => {
    const service = await start();
    expect(await authenticate(service, { authCode: 'test_reset_1' })).toMatchObject(unknown);
    expect(await authenticate(service, { authCode: 'test_reset_1' })).toMatchObject(unknown);
    expect(service.upstream.ledger).toHaveLength(1);
  });

  test('an upstream that answers after the deadline changes nothing', async () => {
    const { service, upstream, gate } = await startGated({ config: { times: quick } });
    expect(await authenticate(service, { authCode: 'test_ok_late' })).toMatchObject(unknown);
    gate.open();
    await delay(200);
    expect(await authenticate(service, { authCode: 'test_ok_late' })).toMatchObject(unknown);
    expect(upstream.ledger.length).toBeLessThanOrEqual(1);
  });
});

describe('an upstream that cannot be reached', () => {
  const unreachable = { __typename: 'PayerChannelUnavailable', code: 'CHANNEL_UNREACHABLE', retryAfterSeconds: 2 };

  test('an unreachable upstream uses up no code: when it is back the same call succeeds', async () => {
    const port = await freePort();
    const service = await start({ source: { baseUrl: `http://127.0.0.1:${port}` } });
    const input = { authCode: 'test_ok_alice', queryCode: uniqueQueryCode() };
    expect(await authenticate(service, input)).toMatchObject(unreachable);
    expect(await authenticate(service, input)).toMatchObject(unreachable);
    expect(await authResult(service, input.queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting' });
    const upstream = await startUpstream({ port });
    expect(await authenticate(service, input)).toMatchObject({ __typename: 'PayerAuthenticated' });
    expect(await authResult(service, input.queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded' });
    expect(upstream.ledger).toHaveLength(1);
  });

  test('every duplicate of a code for an unreachable upstream is answered that nothing was sent', async () => {
    const service = await start({ source: { baseUrl: `http://127.0.0.1:${await freePort()}` } });
    const calls = Array.from({ length: 10 }, () => authenticate(service, { authCode: 'test_ok_alice' }));
    for (const answer of await Promise.all(calls)) expect(answer).toMatchObject(unreachable);
  });

  test('an upstream that is reachable only at the second attempt is sent exactly one request', async () => {
    const port = await freePort();
    const service = await start({ source: { baseUrl: `http://127.0.0.1:${port}` } });
    let refusals = 0;
    let upstream: Promise<Emulator> | undefined;
    onRefusedConnection(port, () => {
      refusals += 1;
      upstream ??= startUpstream({ port });
    });
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toMatchObject({
      __typename: 'PayerAuthenticated',
    });
    expect(refusals).toBe(1);
    expect((await upstream)?.ledger).toHaveLength(1);
  });
});
