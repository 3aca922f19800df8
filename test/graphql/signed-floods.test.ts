/** Floods of calls without credentials, beside the signed calls and the payer pages of merchants: over real HTTP. */
import { describe, expect, onTestFinished, test } from 'vitest';
import { AUTH_RESULT, AUTHENTICATE, AUTHENTICATE_AND_SET, startService } from '../support/services/service.ts';
import { signed, signingKey } from '../support/signers/app-signer.ts';

/** A fiftieth of the defaults, which do not fill up again while a test runs. */
const rate = (burst: number) => ({ perSecond: burst / 200, burst });
const rates = { caller: rate(20), address: rate(20), app: rate(100), channel: rate(100) };
const channels = { ali_pay: 'daxpay', wechat_pay: 'daxpay' };
const signature = { scheme: 'v2' as const, keys: [{ secret: signingKey }] };

const start = async (callers: object = {}) => {
  const service = await startService({
    sandbox: false,
    config: {
      ...{ callers, limits: { rates, bulkheads: {} }, http: { clientAddressHeader: 'x-forwarded-for' } },
      apps: [
        { id: 'demo', channels, signature },
        { id: 'other', channels },
      ],
    },
  });
  onTestFinished(() => service.close());
  const ask = async (field: string, input: object, address: string): Promise<string> => {
    const query = field === 'authenticate' ? AUTHENTICATE : AUTHENTICATE_AND_SET;
    const { data } = await service.graphql(query, { input }, { 'x-forwarded-for': address });
    return data[field].code ?? data[field].__typename;
  };
  return { service, ask };
};
type Ask = Awaited<ReturnType<typeof start>>['ask'];

let codes = 0;
const newCode = () => {
  codes += 1;
  return `test_ok_flood-${codes}`;
};
const count = async (answers: readonly Promise<string>[]) => {
  const counts: Record<string, number> = {};
  for (const answer of await Promise.all(answers)) counts[answer] = (counts[answer] ?? 0) + 1;
  return counts;
};
const times = (number: number, one: (index: number) => Promise<string>) =>
  Array.from({ length: number }, (_, i) => one(i));

/** More calls than one address may make, from each of so many addresses. */
const flood = (ask: Ask, addresses: number, input: () => object) =>
  count(times(addresses * 25, (index) => ask('authenticate', input(), `192.0.2.${index % addresses}`)));

const signedCalls = (ask: Ask, number: number) =>
  count(times(number, () => ask('authenticate', signed({ authCode: newCode() }), '198.51.100.1')));
const pages = (ask: Ask, number: number, appId: string) =>
  count(
    times(number, (index) =>
      ask('authenticateAndSet', { appId, channelId: 'wechat_pay', authCode: newCode() }, `203.0.113.${index}`),
    ),
  );

const unsigned = () => ({ appId: 'demo', channelId: 'wechat_pay', authCode: 'x' });
const badlySigned = () => {
  const call = signed({ authCode: newCode() });
  return { ...call, signature: { ...call.signature, value: '0'.repeat(64) } };
};

describe.each([
  ['unsigned', unsigned, 'SIGNATURE_MISSING'],
  ['badly signed', badlySigned, 'SIGNATURE_INVALID'],
] as const)('a flood of %s calls for an app that signs', (_, input, code) => {
  test('P7: a flood from three addresses takes nothing from signed calls of the app and from payer pages', async () => {
    const { ask } = await start();
    const answers = await flood(ask, 3, input);
    expect(answers[code]).toBeGreaterThanOrEqual(60);
    expect(answers.RATE_LIMITED).toBeGreaterThan(5);
    expect(await signedCalls(ask, 15)).toEqual({ PayerAuthenticated: 15 });
    expect(await pages(ask, 15, 'demo')).toEqual({ PayerAuthResultStored: 15 });
    expect(await pages(ask, 15, 'other')).toEqual({ PayerAuthResultStored: 15 });
  });

  test('P7: a flood from ten addresses takes nothing from signed calls of the app and from other apps on the channel', async () => {
    const { ask } = await start();
    const answers = await flood(ask, 10, input);
    expect(answers.RATE_LIMITED).toBeGreaterThan(100);
    expect(await signedCalls(ask, 15)).toEqual({ PayerAuthenticated: 15 });
    expect(await pages(ask, 15, 'other')).toEqual({ PayerAuthResultStored: 15 });
  });
});

test('a flood by callers with the scope that the router grants takes nothing from signed calls', async () => {
  const { ask } = await start({ router: ['payer:authenticate'] });
  const answers = await flood(ask, 10, unsigned);
  expect(answers.RATE_LIMITED).toBeGreaterThan(100);
  expect(await signedCalls(ask, 15)).toEqual({ PayerAuthenticated: 15 });
});

test('copies of a recorded signed call take no more than five tokens of the merchant', async () => {
  const { ask } = await start();
  const recorded = signed({ authCode: newCode() });
  expect(await ask('authenticate', recorded, '198.51.100.1')).toBe('PayerAuthenticated');
  await flood(ask, 10, () => recorded);
  expect(await signedCalls(ask, 15)).toEqual({ PayerAuthenticated: 15 });
});

test('wrong guesses from the address of a merchant are not charged to its signed calls', async () => {
  const { service, ask } = await start();
  const guess = () =>
    service.graphql(AUTH_RESULT, { queryCode: 'not-a-query-code' }, { 'x-forwarded-for': '198.51.100.1' });
  const answers = await Promise.all(Array.from({ length: 5 }, async () => (await guess()).data.authResult));
  expect(answers.map(({ code }) => code)).toContain('RATE_LIMITED');
  expect(await signedCalls(ask, 15)).toEqual({ PayerAuthenticated: 15 });
});
