/**
 * P7: wrong codes of payer pages, 40 a second, beside good codes: for every source, and for every answer of an upstream
 * to a wrong code. `JUNK_SECONDS=20 npm test -- test/reliability/junk.test.ts` is the run in full, one kind at a time: all
 * of them at once are more calls than two slow cores serve, with callers, service and upstreams on them.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import type { Emulator } from '../../src/emulators/emulator.ts';
import { startWechat } from '../../src/emulators/wechat.ts';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';
import { AUTHENTICATE, AUTHENTICATE_AND_SET, type GraphqlAnswer, startService } from '../support/services/service.ts';

const SECONDS = Number(process.env.JUNK_SECONDS ?? 0.8);
const TIMEOUT_MS = 30_000 + SECONDS * 4_000;
const kinds = SECONDS > 1 ? test : test.concurrent;
const JUNK_PER_SECOND = 40;
const GOOD_PER_SECOND = 4;

interface Service {
  graphql(query: string, variables: Record<string, unknown>): Promise<GraphqlAnswer>;
}
type Counts = Record<string, number>;
type Kind = 'trusted' | 'public';

let codes = 0;
const newCode = (prefix: string): string => {
  codes += 1;
  return `${prefix}${codes}`;
};

const ask = async (service: Service, kind: Kind, appId: string, channel: string, prefix: string): Promise<string> => {
  const [query, field] =
    kind === 'trusted' ? [AUTHENTICATE, 'authenticate'] : [AUTHENTICATE_AND_SET, 'authenticateAndSet'];
  const input = { appId, channelId: channel, authCode: newCode(prefix), clientIp: '127.0.0.1' };
  const { data } = await service.graphql(query, { input });
  return data[field]?.code ?? data[field]?.__typename ?? 'none';
};

/** Calls at a rate, without waiting for answers, and counts these. */
const askAtRate = async (perSecond: number, one: () => Promise<string>): Promise<Counts> => {
  const counts: Counts = {};
  const asked: Promise<void>[] = [];
  for (let call = 0; call < Math.max(perSecond * SECONDS, 2); call += 1) {
    asked.push(
      one().then((answer) => {
        counts[answer] = (counts[answer] ?? 0) + 1;
      }),
    );
    await delay(1_000 / perSecond);
  }
  await Promise.all(asked);
  return counts;
};

/** Junk on the first channel; good codes of trusted callers and of payer pages on all of them. */
const throwJunk = async (service: Service, appId: string, channels: readonly string[], junk: string) => {
  const [first = ''] = channels;
  const good = async (kind: Kind, channel: string) => {
    const answers = await askAtRate(GOOD_PER_SECOND, () => ask(service, kind, appId, channel, 'test_ok_'));
    return [`${kind} ${channel}`, answers] as const;
  };
  const [junkAnswers, ...goodAnswers] = await Promise.all([
    askAtRate(JUNK_PER_SECOND, () => ask(service, 'public', appId, first, junk)),
    ...channels.flatMap((channel) => [good('trusted', channel), good('public', channel)]),
  ]);
  const answered = Object.fromEntries(goodAnswers);
  console.log(`junk: ${appId} ${junk}: junk ${JSON.stringify(junkAnswers)}, good ${JSON.stringify(answered)}`);
  return { junkAnswers, answered };
};

/** The answers when every good code is redeemed. */
const allRedeemed = (channels: readonly string[]) =>
  Object.fromEntries(
    channels.flatMap((channel) => [
      [`trusted ${channel}`, { PayerAuthenticated: expect.any(Number) }],
      [`public ${channel}`, { PayerAuthResultStored: expect.any(Number) }],
    ]),
  );

describe('wrong codes that the upstream refuses', () => {
  const secret = 's'.repeat(32);
  const wechatApp = { appId: 'wx1', secret, merchant: { mchId: '10000100', apiKey: 'k'.repeat(32) } };
  const ga = { appId: 'ga', secret, profile: 'ga', mchNo: 'M1' } as const;
  const resultHolder = { appId: 'resultHolder', secret };
  let service: SandboxService;
  let emulators: Emulator[];
  beforeAll(async () => {
    const daxpay = await startDaxpay({ apps: [ga, resultHolder], consoleToken: 'token' });
    const wechat = await startWechat({ apps: [wechatApp] });
    emulators = [daxpay, wechat];
    const both = (source: string) => ({ ali_pay: source, wechat_pay: source });
    const login = { type: 'wechat', appId: 'wx1', appSecret: secret, apiUrl: wechat.origin };
    const queryUrl = `${daxpay.origin}/assist/channel/auth/queryAuthResult`;
    service = await startSandboxService((config) => ({
      ...config,
      limits: { source: {} },
      apps: [
        ...config.apps,
        { id: 'ga', channels: both('ga') },
        { id: 'resultHolder', channels: both('resultHolder') },
        { id: 'unknown-refusals', channels: { wechat_pay: 'unknown', union_pay: 'unknown' } },
        { id: 'web', channels: { wechat_pay: 'web' } },
        { id: 'miniprogram', channels: { wechat_pay: 'miniprogram' } },
        { id: 'payment_code', channels: { wechat_pay: 'payment_code' } },
      ],
      sources: {
        ...config.sources,
        ga: { type: 'daxpay', baseUrl: daxpay.origin, ...ga },
        resultHolder: {
          type: 'daxpay',
          baseUrl: daxpay.origin,
          ...resultHolder,
          resultHolder: { queryUrl, headers: { accesstoken: 'token' } },
        },
        unknown: { ...config.sources.jucai, type: 'jucai', refusals: {} },
        web: login,
        miniprogram: { ...login, kind: 'miniprogram' },
        payment_code: {
          type: 'wechat',
          kind: 'payment_code',
          appId: 'wx1',
          ...wechatApp.merchant,
          payUrl: wechat.origin,
          paymentCodePattern: '.*',
        },
      },
    }));
  });
  afterAll(async () => {
    await service.close();
    await Promise.all(emulators.map((emulator) => emulator.close()));
  });

  kinds.each([
    ['daxpay beta', 'demo-daxpay', ['wechat_pay', 'ali_pay'], 'OUTCOME_UNKNOWN'],
    ['daxpay ga', 'ga', ['wechat_pay', 'ali_pay'], 'AUTH_CODE_INVALID'],
    ['daxpay resultHolder', 'resultHolder', ['wechat_pay', 'ali_pay'], 'OUTCOME_UNKNOWN'],
    ['jucai whose refusals are not known', 'unknown-refusals', ['wechat_pay', 'union_pay'], 'OUTCOME_UNKNOWN'],
    ['alipay', 'demo', ['ali_pay'], 'AUTH_CODE_INVALID'],
    ['wechat web', 'web', ['wechat_pay'], 'AUTH_CODE_INVALID'],
    ['wechat miniprogram', 'miniprogram', ['wechat_pay'], 'AUTH_CODE_INVALID'],
    ['wechat payment_code', 'payment_code', ['wechat_pay'], 'AUTH_CODE_INVALID'],
  ] as const)(
    'P7: wrong codes of payer pages that %s refuses suspend neither trusted calls nor other payer pages',
    { timeout: TIMEOUT_MS },
    async (_, appId, channels, code) => {
      const { junkAnswers, answered } = await throwJunk(service, appId, channels, 'junk-');
      expect(junkAnswers).toEqual({ [code]: expect.any(Number) });
      expect(answered).toEqual(allRedeemed(channels));
    },
  );
});

describe('wrong codes that the upstream fails on', () => {
  const start = async (times = {}) => {
    const service = await startService({ config: { limits: { source: {} }, times } });
    onTestFinished(() => service.close());
    return service;
  };
  const channels = ['wechat_pay', 'ali_pay'];

  kinds.each(['500', 'html', 'reset', 'badsign'])(
    'P7: wrong codes that the upstream answers with %s suspend neither trusted calls nor other payer pages',
    { timeout: TIMEOUT_MS },
    async (kind) => {
      const { answered } = await throwJunk(await start(), 'demo', channels, `test_${kind}_`);
      expect(answered).toEqual(allRedeemed(channels));
    },
  );

  test('P7: wrong codes for which the upstream hangs delay neither trusted calls nor the other channel', {
    timeout: TIMEOUT_MS,
  }, async () => {
    const service = await start({ deadlineMs: 3_000 });
    const [{ answered }] = await Promise.all([
      throwJunk(service, 'demo', channels, 'test_hang_'),
      askAtRate(4 * JUNK_PER_SECOND, () => ask(service, 'public', 'demo', 'wechat_pay', 'test_hang_')),
    ]);
    const { 'public wechat_pay': sameSide, ...others } = answered;
    const { 'public wechat_pay': _, ...expected } = allRedeemed(channels);
    expect(others).toEqual(expected);
    expect(sameSide).toBeDefined();
  });
});
