/** Redemption as callers see it, when the store cannot write and when the service starts again. */
import { describe, expect, test } from 'vitest';
import { freePort } from '../../src/emulators/free-port.ts';
import type { Store } from '../../src/store/store.ts';
import { AUTHENTICATE, consoleToken } from '../support/services/service.ts';
import { onRefusedConnection } from '../support/upstreams/refused-connection.ts';
import {
  authenticate,
  authenticateAndSet,
  authResult,
  lock,
  quick,
  start,
  startGated,
  startOn,
  startUpstream,
  temporaryFolder,
} from './redemption-service.ts';

describe('a store that cannot write', () => {
  test('P6: a store that cannot write stops a redemption before anything is sent, and the same call succeeds afterwards', async () => {
    const service = await start();
    const unlock = lock(service.file);
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toMatchObject({
      __typename: 'PayerServiceBusy',
      code: 'SERVICE_UNAVAILABLE',
      retryAfterSeconds: 2,
    });
    expect(service.upstream.ledger).toHaveLength(0);
    unlock();
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toMatchObject({
      __typename: 'PayerAuthenticated',
    });
    expect(service.upstream.ledger).toHaveLength(1);
  });

  test('P6: a store that cannot mark a claim as sent stops the redemption before anything is sent', async () => {
    const [folder, upstream] = [temporaryFolder(), await startUpstream()];
    let unlock: (() => void) | undefined;
    const lockAfterClaim = (store: Store, file: string): Store => ({
      ...store,
      async claim(request) {
        const verdict = await store.claim({ ...request, marks: false });
        unlock = lock(file);
        return verdict;
      },
    });
    const service = await startOn({ folder, upstream, wrap: lockAfterClaim });
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toMatchObject({
      __typename: 'PayerServiceBusy',
      code: 'SERVICE_UNAVAILABLE',
    });
    unlock?.();
    expect(upstream.ledger).toHaveLength(0);
  });

  test('P5: an outcome that cannot be stored is pending, is stored later, and its code is sent once', async () => {
    const { service, upstream, gate } = await startGated({ config: { times: { ...quick, leaseMs: 30_000 } } });
    const pending = { __typename: 'PayerOutcomePending', code: 'OUTCOME_PENDING' };
    const call = authenticate(service, { authCode: 'test_ok_alice' });
    await gate.knocked;
    const unlock = lock(service.file);
    gate.open();
    expect(await call).toMatchObject(pending);
    unlock();
    const again = await authenticate(service, { authCode: 'test_ok_alice' });
    expect(again).toMatchObject({ __typename: 'PayerAuthenticated' });
    expect(upstream.ledger).toHaveLength(1);
  });

  test('P6: a store that cannot release an unsent code still answers with an expected failure', async () => {
    const port = await freePort();
    const service = await start({ source: { baseUrl: `http://127.0.0.1:${port}` } });
    let unlock: (() => void) | undefined;
    onRefusedConnection(port, () => {
      unlock ??= lock(service.file);
    });
    const { data, errors } = await service.graphql(AUTHENTICATE, {
      input: { channelId: 'wechat_pay', authCode: 'test_ok_alice' },
    });
    unlock?.();
    expect(errors).toBeUndefined();
    expect(data.authenticate.code).toMatch(
      /^(SERVICE_UNAVAILABLE|CHANNEL_UNREACHABLE|OUTCOME_UNKNOWN|OUTCOME_PENDING)$/,
    );
  });
});

describe('a restart', () => {
  test('P1, P2: a restart loses no result, and sends no code again', async () => {
    const [folder, upstream] = [temporaryFolder(), await startUpstream()];
    const before = await startOn({ folder, upstream });
    const identified = await authenticate(before, { authCode: 'test_ok_alice' });
    const refused = await authenticate(before, { channelId: 'ali_pay', authCode: 'test_invalid_1' });
    const held = await authenticateAndSet(before, { authCode: 'test_ok_bob' });
    const result = await authResult(before, held.queryCode);
    expect([identified.__typename, refused.__typename, result.__typename]).toEqual([
      'PayerAuthenticated',
      'PayerAuthorizationRejected',
      'PayerAuthSucceeded',
    ]);
    await before.stop();

    const after = await startOn({ folder, upstream });
    expect(await authenticate(after, { authCode: 'test_ok_alice' })).toEqual(identified);
    expect(await authenticate(after, { channelId: 'ali_pay', authCode: 'test_invalid_1' })).toMatchObject({
      code: refused.code,
    });
    expect(await authResult(after, held.queryCode)).toEqual(result);
    expect(await authenticateAndSet(after, { authCode: 'test_ok_carol', queryCode: held.queryCode })).toMatchObject({
      code: 'QUERY_CODE_TAKEN',
    });
    expect(upstream.ledger).toHaveLength(3);
  });

  test('P12: after a restart a payer has the same identity', async () => {
    const [folder, upstream] = [temporaryFolder(), await startUpstream()];
    const before = await startOn({ folder, upstream });
    const { identity } = await authenticate(before, { authCode: 'test_ok_alice~1' });
    await before.stop();
    const after = await startOn({ folder, upstream });
    expect(await authenticate(after, { authCode: 'test_ok_alice~2' })).toMatchObject({
      identity: { id: identity.id, firstAuthenticatedAt: identity.firstAuthenticatedAt },
    });
  });

  test('after a restart without the channel, a result that its upstream holds is waiting', async () => {
    const [folder, upstream] = [temporaryFolder(), await startUpstream()];
    const queryUrl = `${upstream.origin}/assist/channel/auth/queryAuthResult`;
    const daxpay = { type: 'daxpay', baseUrl: upstream.origin, appId: 'demo', secret: '123456' };
    const resultHolder = { queryUrl, headers: { accesstoken: consoleToken } };
    const before = await startOn({ folder, upstream, config: { sources: { daxpay: { ...daxpay, resultHolder } } } });
    const { queryCode } = await authenticateAndSet(before, { authCode: 'test_ok_alice' });
    await before.stop();
    const after = await startOn({
      folder,
      upstream,
      config: { apps: [{ id: 'demo', channels: { ali_pay: 'daxpay' } }] },
    });
    expect(await authResult(after, queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting' });
  });
});
