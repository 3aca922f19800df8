/** A channel that fails is suspended: no code is lost by it, and calls pass soon after the upstream has recovered. */
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { FileConfig } from '../../src/config/load.ts';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import type { Emulator } from '../../src/emulators/emulator.ts';
import { AUTHENTICATE, type Service, startService } from '../support/services/service.ts';
import { startUpstreamProxy, type UpstreamProxy } from '../support/upstreams/upstream-proxy.ts';

let daxpay: Emulator;
let proxy: UpstreamProxy;
beforeEach(async () => {
  daxpay = await startDaxpay({ apps: [{ appId: 'demo', secret: '123456' }] });
  proxy = await startUpstreamProxy(daxpay.origin);
});
afterEach(async () => {
  await proxy.close();
  await daxpay.close();
});

const withService = async (
  source: NonNullable<FileConfig['limits']>['source'],
  run: (service: Service) => Promise<void>,
) => {
  const service = await startService({ source: { baseUrl: proxy.origin }, config: { limits: { source } } });
  try {
    await run(service);
  } finally {
    await service.close();
  }
};

const authenticate = async (service: Service, code: string) => {
  const { data } = await service.graphql(AUTHENTICATE, {
    input: { channelId: 'wechat_pay', authCode: `test_ok_${code}` },
  });
  return data.authenticate;
};
const times = async <T>(count: number, work: (index: number) => Promise<T>) => {
  for (let index = 0; index < count; index += 1) await work(index);
};
const sentCodes = () => daxpay.ledger.map(({ body }) => JSON.parse(body).authCode as string);
const suspended = { __typename: 'PayerChannelUnavailable', code: 'CHANNEL_SUSPENDED', retryAfterSeconds: 2 };

test('a code that meets a suspended channel is not sent, and is redeemed when the channel is back', async () => {
  await withService({ minimumCalls: 6, suspendMs: 4_000 }, async (service) => {
    const before = await authenticate(service, 'before');
    proxy.be('broken');
    // Six calls, with the one before.
    await times(5, async (index) => {
      const failed = await authenticate(service, `lost${index}`);
      expect(failed).toMatchObject({ __typename: 'PayerOutcomeUnknown', code: 'REPLY_MALFORMED' });
    });
    const sends = proxy.received;
    const markSent = vi.spyOn(service.store, 'markSent');
    const claim = vi.spyOn(service.store, 'claim');
    await times(3, async () => expect(await authenticate(service, 'alice')).toMatchObject(suspended));
    expect(await authenticate(service, 'before')).toEqual(before);
    expect(proxy.received).toBe(sends);
    expect(markSent).not.toHaveBeenCalled();
    expect(claim.mock.calls.map(([{ marks }]) => marks)).toEqual([false, false, false, false]);

    proxy.be('well');
    await vi.waitFor(async () => expect((await authenticate(service, 'alice')).__typename).toBe('PayerAuthenticated'), {
      timeout: 10_000,
    });
    expect(sentCodes().filter((code) => code === 'test_ok_alice')).toHaveLength(1);
    // What was indeterminate stays so.
    expect((await authenticate(service, 'lost0')).code).toBe('REPLY_MALFORMED');
  });
});

test('a code that waits in the bulkhead of a crowded channel is not sent after the suspension', async () => {
  await withService({ inFlight: 2, waiting: 1 }, async (service) => {
    proxy.takeMs(500);
    const crowd = ['a', 'b', 'c', 'd'].map(async (code) => ({ payer: code, ...(await authenticate(service, code)) }));
    const refused = await Promise.race(crowd);
    expect(refused).toMatchObject({ __typename: 'PayerServiceBusy', code: 'OVERLOADED', retryAfterSeconds: 1 });
    const typenames = (await Promise.all(crowd)).map(({ __typename }) => __typename);
    expect(typenames.filter((name) => name === 'PayerAuthenticated')).toHaveLength(3);
    expect((await authenticate(service, refused.payer)).__typename).toBe('PayerAuthenticated');
    expect(sentCodes().sort()).toEqual(['a', 'b', 'c', 'd'].map((code) => `test_ok_${code}`));
  });
});

test('with the defaults, a channel that did not answer is served within 5 seconds of its recovery', {
  timeout: 40_000,
}, async () => {
  await withService({}, async (service) => {
    proxy.be('mute');
    await Promise.all(Array.from({ length: 20 }, (_, index) => authenticate(service, `lost${index}`)));
    expect(await authenticate(service, 'alice')).toMatchObject(suspended);
    expect(proxy.received).toBe(20);
    // The worst moment to recover: right after the trial was sent, which will get no answer.
    const trial = vi.waitFor(
      async () => {
        const { code } = await authenticate(service, 'trial');
        expect(code).not.toBe('CHANNEL_SUSPENDED');
      },
      { timeout: 15_000, interval: 100 },
    );
    await vi.waitFor(() => expect(proxy.owing).toBe(21), { timeout: 10_000, interval: 5 });
    proxy.be('well');
    const wellAt = performance.now();
    await trial;
    await vi.waitFor(async () => expect((await authenticate(service, 'alice')).__typename).toBe('PayerAuthenticated'), {
      timeout: 10_000,
      interval: 20,
    });
    const seconds = (performance.now() - wellAt) / 1_000;
    console.log(
      `suspension: back ${seconds.toFixed(1)} s after the channel was well, ${proxy.received} requests in all`,
    );
    expect(seconds).toBeLessThanOrEqual(5);
    expect(sentCodes()).toEqual(['test_ok_alice']);
  });
});
