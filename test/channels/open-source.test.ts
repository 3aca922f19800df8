/** Everything that a source sends passes its guard and the metrics, in methods of today and of tomorrow. */
import { generateKeyPairSync } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import { alipay } from '../../src/channels/alipay/alipay.ts';
import { daxpay } from '../../src/channels/daxpay/daxpay.ts';
import { guardConfig } from '../../src/channels/guard/guard.ts';
import { jucai } from '../../src/channels/jucai/jucai.ts';
import { inspectSource } from '../../src/channels/open-source.ts';
import {
  defineSource,
  type Exchange,
  type OpenedSource,
  type SourceCall,
  type SourceDefinition,
} from '../../src/channels/source.ts';
import { wechat } from '../../src/channels/wechat/wechat.ts';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import { ExchangeError, type HttpReply, type Send } from '../../src/lib/exchange.ts';
import { createMetrics, measureUpstream } from '../../src/metrics.ts';
import { anyCertification, anyJobQuery, openSource, soon } from '../support/services/sources.ts';

/** A guarded and measured source whose upstream answers as `reply` does. */
const openMeasured = (definition: SourceDefinition, options: object, reply: () => HttpReply) => {
  let sent = 0;
  const metrics = createMetrics();
  const send: Send = async () => {
    sent += 1;
    return reply();
  };
  const { source } = openSource(
    definition,
    { ...options },
    {
      guard: guardConfig.parse({ inFlight: 1, waiting: 0 }),
      observe: (name) => measureUpstream(metrics)(name, send),
    },
  );
  const measured = async () => {
    const { values } = await metrics.upstream.get();
    const counts = values.filter(({ metricName }) => metricName?.endsWith('_count'));
    return Object.fromEntries(counts.map(({ labels, value }) => [labels.result, value]));
  };
  return { source, sentCount: () => sent, measured };
};

const ok = (): HttpReply => ({ status: 200, headers: {}, body: Buffer.from('ok') });
const noReply = (): never => {
  throw new ExchangeError('no reply', true);
};
const endsOf = (calls: readonly Promise<unknown>[]) =>
  Promise.allSettled(calls).then((ends) =>
    ends.map((end) => (end.status === 'fulfilled' ? end.value : (end.reason.code ?? end.reason.name))),
  );

describe('a capability that was added to a source', () => {
  /** No other file knows of `refund`. */
  let refund: (call: SourceCall) => Promise<string>;
  const definition = defineSource({
    config: z.object({ channels: z.array(z.string()) }),
    open({ channels }, { connect }) {
      const exchange: Exchange = connect('http://127.0.0.1');
      refund = (call) =>
        exchange({ method: 'POST', path: '/refund', headers: {} }, ({ body }) => body.toString(), call);
      const redeem = () => Promise.reject(new Error('not used'));
      return { upstreamAppId: 'app', channels, authCodeKind: () => 'PAGE', redeem };
    },
  });
  const open = (reply: () => HttpReply) => openMeasured(definition, { channels: ['ali_pay'] }, reply);

  test('an added capability is measured, as answered and as unanswered', async () => {
    const answered = open(ok);
    expect(await refund(soon())).toBe('ok');
    expect(await answered.measured()).toEqual({ answered: 1 });
    const unanswered = open(noReply);
    await expect(refund(soon())).rejects.toThrow('no reply');
    expect(await unanswered.measured()).toEqual({ unanswered: 1 });
  });

  test('an added capability is suspended: 20 failures suspend the channel for it and for every other method', async () => {
    const { source, sentCount, measured } = open(noReply);
    for (let call = 0; call < 20; call += 1) await refund(soon()).catch(() => {});
    await expect(refund(soon())).rejects.toMatchObject({ code: 'CHANNEL_SUSPENDED' });
    expect(() => source.requireReady(soon().origin)).toThrow(expect.objectContaining({ code: 'CHANNEL_SUSPENDED' }));
    expect(sentCount()).toBe(20);
    expect(await measured()).toEqual({ unanswered: 20 });
  });

  test('an added capability is limited: a call beyond the bulkhead is OVERLOADED and sends nothing', async () => {
    const { sentCount } = open(ok);
    expect(await endsOf([refund(soon()), refund(soon())])).toEqual(['ok', 'OVERLOADED']);
    expect(sentCount()).toBe(1);
  });

  test('P7: an added capability counts for the origin that its call names, and for no other', async () => {
    const { source } = open(noReply);
    const payerPage = { channelId: 'ali_pay', traffic: 'public' } as const;
    for (let call = 0; call < 20; call += 1) await refund({ ...soon(), origin: payerPage }).catch(() => {});
    expect(() => source.requireReady(payerPage)).toThrow();
    source.requireReady(soon().origin);
  });
});

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const alipayOptions = {
  appId: 'a',
  privateKey: keys.privateKey.export({ format: 'pem', type: 'pkcs8' }),
  alipayPublicKey: generateKeyPairSync('rsa', { modulusLength: 2048 }).publicKey.export({
    format: 'pem',
    type: 'spki',
  }),
};
const origin = 'http://127.0.0.1';
const daxpayOptions = { baseUrl: origin, appId: 'a', secret: 's', resultHolder: { queryUrl: `${origin}/query` } };
const jucaiOptions = { baseUrl: origin, mchNo: 'm', appId: 'a', secret: 's' };
const login = { appId: 'a', appSecret: 's', apiUrl: origin };

type Ask = (source: OpenedSource, call: SourceCall) => Promise<unknown> | undefined;
const redeem: Ask = (source, call) => source.redeem('code', { channelId: 'wechat_pay', clientIp: '127.0.0.1' }, call);
const capabilities: readonly (readonly [string, SourceDefinition, object, Ask])[] = [
  ['alipay redeem', alipay, alipayOptions, redeem],
  ['alipay initialize', alipay, alipayOptions, ({ certifier }, call) => certifier?.initialize(anyCertification, call)],
  ['alipay hasPassed', alipay, alipayOptions, ({ certifier }, call) => certifier?.hasPassed('id', call)],
  ['alipay jobworth', alipay, alipayOptions, ({ jobworth }, call) => jobworth?.query(anyJobQuery, call)],
  ['daxpay redeem', daxpay, daxpayOptions, redeem],
  [
    'daxpay redeemAndHold',
    daxpay,
    daxpayOptions,
    ({ resultHolder }, call) => resultHolder?.redeemAndHold('code', 'query', { channelId: 'wechat_pay' }, call),
  ],
  ['daxpay collect', daxpay, daxpayOptions, ({ resultHolder }, call) => resultHolder?.collect('query', call)],
  ['jucai redeem', jucai, jucaiOptions, redeem],
  ['wechat web redeem', wechat, login, redeem],
  ['wechat miniprogram redeem', wechat, { ...login, kind: 'miniprogram' }, redeem],
  [
    'wechat payment_code redeem',
    wechat,
    { kind: 'payment_code', appId: 'a', mchId: 'm', apiKey: 'k', payUrl: origin },
    redeem,
  ],
];

test.each(capabilities)(
  '%s is measured, and 20 of its failures suspend its channel',
  async (_, definition, options, ask) => {
    const { source, sentCount, measured } = openMeasured(definition, options, noReply);
    for (let call = 0; call < 20; call += 1) await expect(ask(source, soon())).rejects.toThrow('no reply');
    await expect(ask(source, soon())).rejects.toMatchObject({ code: 'CHANNEL_SUSPENDED' });
    expect(sentCount()).toBe(20);
    expect(await measured()).toEqual({ unanswered: 20 });
  },
);

test('no file of a source opens a connection of its own', () => {
  const files = globSync('src/channels/{alipay,daxpay,jucai,wechat}/*.ts');
  expect(files.length).toBeGreaterThan(15);
  for (const file of files)
    expect(readFileSync(file, 'utf8'), file).not.toMatch(
      /\bopenUpstream\b|\bfetch\(|WebSocket|'(?:node:)?(?:http|https|http2|net|tls|dgram|undici)'/,
    );
});

describe('the options of a source', () => {
  const behindProxy = 'an address on this machine cannot be reached through it.';
  const proxy = 'http://proxy.example.com:3128';

  test('an inspected source serves what an opened one serves, and sends nothing', async () => {
    const { faults, source } = inspectSource(daxpay, daxpayOptions);
    expect(faults).toEqual([]);
    expect(source?.channels).toEqual(['ali_pay', 'wechat_pay']);
    const redeeming = source?.redeem('code', { channelId: 'wechat_pay' }, soon());
    await expect(redeeming).rejects.toThrow('An inspected source sends nothing.');
  });

  test('the faults of its own options and of those of every source are reported at once', () => {
    const { faults, source } = inspectSource(daxpay, { ...daxpayOptions, secret: '', proxy: 'nowhere' });
    expect(faults.map(({ path }) => path)).toEqual([['proxy'], ['secret']]);
    expect(source).toBeUndefined();
    expect(inspectSource(daxpay, { ...daxpayOptions, proxy: 'nowhere' })).toEqual({
      faults: [expect.objectContaining({ path: ['proxy'] })],
    });
    expect(inspectSource(daxpay, { ...daxpayOptions, secret: '' })).toEqual({
      faults: [expect.objectContaining({ path: ['secret'] })],
    });
  });

  test('an upstream on this machine cannot be inspected or opened with a proxy, by any of its addresses', () => {
    const addresses = [
      { ...daxpayOptions, resultHolder: { queryUrl: 'https://daxpay.example.com/query' } },
      { ...daxpayOptions, baseUrl: 'https://daxpay.example.com' },
    ];
    for (const options of addresses) {
      expect(inspectSource(daxpay, { ...options, proxy })).toEqual({
        faults: [{ path: ['proxy'], message: expect.stringContaining(behindProxy) }],
      });
      expect(() => openSource(daxpay, { ...options, proxy })).toThrow(`Source test: proxy: ${behindProxy}`);
    }
  });

  test('a source with faults is not opened: the message names the source and each option, and shows no value', () => {
    expect(() => openSource(daxpay, { ...daxpayOptions, secret: '', proxy: 'the-proxy' })).toThrow(
      /^Source test: proxy: is not the address of a proxy\.[^;]*; secret: (?!.*the-proxy)/,
    );
    const whole = defineSource({
      config: z.object({ channels: z.array(z.string()) }).refine(() => false, 'do not fit together'),
      open: () => expect.unreachable('it has faults'),
    });
    expect(() => openSource(whole, { channels: [] })).toThrow('Source test: options: do not fit together');
  });

  test('a source is reached by as many connections as its guards let calls through at once', async () => {
    const emulator = await startDaxpay({ apps: [{ appId: 'a', secret: 's' }] });
    onTestFinished(() => emulator.close());
    const guard = guardConfig.parse({ inFlight: 2, waiting: 0 });
    const { source, disconnect } = openSource(daxpay, { ...daxpayOptions, baseUrl: emulator.origin }, { guard });
    const redeemed = ['ali_pay', 'wechat_pay'].flatMap((channelId) =>
      [1, 2].map((number) =>
        source.redeem(
          `test_ok_${channelId}-${number}_delay_1s`,
          { channelId },
          { ...soon(), origin: { channelId, traffic: 'trusted' } },
        ),
      ),
    );
    await vi.waitFor(() => expect(emulator.ledger).toHaveLength(4), { timeout: 900, interval: 10 });
    await Promise.all(redeemed);
    await disconnect();
    await expect(source.redeem('test_ok_late', { channelId: 'ali_pay' }, soon())).rejects.toThrow();
    expect(emulator.ledger).toHaveLength(4);
  });
});
