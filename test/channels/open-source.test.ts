/** Everything that a source sends passes its guard and the metrics, in methods of today and of tomorrow. */
import { generateKeyPairSync } from 'node:crypto';
import { globSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { alipay } from '../../src/channels/alipay/alipay.ts';
import { daxpay } from '../../src/channels/daxpay/daxpay.ts';
import { guardConfig } from '../../src/channels/guard/guard.ts';
import { jucai } from '../../src/channels/jucai/jucai.ts';
import {
  defineSource,
  type Exchange,
  type OpenedSource,
  type SourceCall,
  type SourceDefinition,
} from '../../src/channels/source.ts';
import { wechat } from '../../src/channels/wechat/wechat.ts';
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
