/**
 * P7: a name server that answers for one channel's host and not for the other's: the first channel is as quick as
 * before. Its upstream closes every connection, so that each call needs the name. MUTE_SECONDS sets the length; the
 * calls to the mute host hang for longer than a look-up goes on.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { expect, onTestFinished, test } from 'vitest';
import { openSources } from '../../src/channels/registry.ts';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import { createResolver } from '../../src/lib/resolver.ts';
import { soon } from '../support/services/sources.ts';
import { startNameServer } from '../support/upstreams/name-server.ts';

const SECONDS = Number(process.env.MUTE_SECONDS ?? 4);
const MUTE_CALLS = 16;

test(
  'P7: a host whose look-up gets no answer makes no other channel slower',
  async () => {
    const emulator = await startDaxpay({ apps: [{ appId: 'demo', secret: '123456' }] });
    const server = await startNameServer({
      'pay.good': { A: ['127.0.0.1'], ttl: 0 },
      'pay.mute': { A: 'mute', AAAA: 'mute' },
    });
    const folder = mkdtempSync(join(tmpdir(), 'names-'));
    writeFileSync(join(folder, 'none'), '');
    const files = { hostsFile: join(folder, 'none'), resolvConf: join(folder, 'none') };
    const { port } = new URL(emulator.origin);
    const at = (host: string) => ({
      type: 'daxpay',
      baseUrl: `http://${host}:${port}`,
      appId: 'demo',
      secret: '123456',
    });
    const sources = openSources(
      { good: at('pay.good'), mute: at('pay.mute') },
      { resolver: createResolver({ servers: [server.address], ...files }) },
    );
    onTestFinished(async () => {
      await sources.close();
      await server.close();
      await emulator.close();
      rmSync(folder, { recursive: true });
    });

    let payer = 0;
    const redeem = async (name: 'good' | 'mute') => {
      const startedAt = performance.now();
      const error = await sources
        .get(name)
        ?.redeem(`test_ok_p${++payer}`, { channelId: 'wechat_pay' }, soon())
        .then(
          () => undefined,
          (failure: { readonly sent: boolean; readonly reason: string }) => failure,
        );
      return { ms: performance.now() - startedAt, error };
    };
    const measure = async (seconds: number) => {
      const calls = [];
      for (const end = Date.now() + seconds * 1_000; Date.now() < end; await delay(20))
        calls.push(await redeem('good'));
      const sorted = calls.map(({ ms }) => ms).sort((left, right) => left - right);
      expect(calls.filter(({ error }) => error)).toEqual([]);
      return { count: calls.length, p99: sorted[Math.floor(sorted.length * 0.99)] ?? 0 };
    };

    const before = await measure(Math.max(SECONDS / 4, 1));
    const hanging = Promise.all(Array.from({ length: MUTE_CALLS }, () => redeem('mute')));
    const meanwhile = await measure(SECONDS);
    const mute = await hanging;
    const slowest = Math.max(...mute.map(({ ms }) => ms));
    console.log(
      `mute name server: ${MUTE_CALLS} calls hang for ${Math.round(slowest)} ms at most; the other channel ` +
        `${meanwhile.count} calls in ${SECONDS} s, 0 failed, p99 ${meanwhile.p99.toFixed(1)} ms; before ` +
        `${before.count} calls, p99 ${before.p99.toFixed(1)} ms; ratio ${(meanwhile.p99 / before.p99).toFixed(2)}`,
    );
    for (const { error } of mute) expect(error).toMatchObject({ sent: false, reason: 'NAME_TIMED_OUT' });
    // The calls end at the connect time-out, and share one look-up.
    expect(slowest).toBeLessThan(4_000);
    expect(server.asked.filter((question) => question === 'A pay.mute').length).toBeLessThan(MUTE_CALLS);
    // A wide bound, since other tests run at the same time; before the fix it was 5 s.
    expect(meanwhile.p99).toBeLessThan(Math.max(before.p99 * 1.5, 500));
  },
  60_000 + SECONDS * 2_000,
);
