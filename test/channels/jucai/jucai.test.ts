import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { jucai } from '../../../src/channels/jucai/jucai.ts';
import { isSigned, jucaiSigning, signJucai } from '../../../src/channels/jucai/sign.ts';
import type { SourceEnvironment } from '../../../src/channels/open-source.ts';
import { openSources } from '../../../src/channels/registry.ts';
import { choicePage } from '../../../src/emulators/choice-page.ts';
import { startEmulator } from '../../../src/emulators/emulator.ts';
import { type JucaiMerchant, jucaiRefusals, startJucai } from '../../../src/emulators/jucai.ts';
import { idsOf } from '../../../src/emulators/test-codes.ts';
import { PayerIdentityError } from '../../../src/failure.ts';
import { failureMember } from '../../../src/failure-codes.ts';
import type { HttpReply } from '../../../src/lib/exchange.ts';
import { readJson } from '../../../src/lib/strict-json.ts';
import type { RedeemRequest } from '../../../src/model.ts';
import { sourceContract } from '../../contract/source.ts';
import { runs } from '../../support/runs.ts';
import { openSource, soon } from '../../support/services/sources.ts';

const merchant: JucaiMerchant = { mchNo: 'MCH_I293975931', appId: 'MCH_A698612520', secret: 'TESTKEY' };
const channels = ['wechat_pay', 'union_pay'];
const requestFor = (channelId: string): RedeemRequest => ({ channelId, clientIp: '203.0.113.7' });
const unionPayId = expect.stringMatching(/^[\w-]{32}$/);

interface Changes {
  readonly merchant?: Partial<JucaiMerchant>;
  readonly config?: Readonly<Record<string, unknown>>;
  /** What a man in the middle does to a reply. */
  readonly tamper?: (reply: HttpReply) => HttpReply;
}

const connectTo = (baseUrl: string, { config = {}, tamper = (reply) => reply }: Changes = {}) => {
  const observe: SourceEnvironment['observe'] =
    (_, send) =>
    async (...sent) =>
      tamper(await send(...sent));
  return openSource(jucai, { baseUrl, ...merchant, refusals: jucaiRefusals, ...config }, { observe });
};

const openAt = (baseUrl: string, changes?: Changes) => {
  const { source, disconnect } = connectTo(baseUrl, changes);
  onTestFinished(disconnect);
  return source;
};

const start = async (changes: Changes = {}) => {
  const emulator = await startJucai({ merchants: [{ ...merchant, ...changes.merchant }] });
  onTestFinished(() => emulator.close());
  return { ...emulator, source: openAt(emulator.origin, changes) };
};

/** A JuCai that answers one and the same text. */
const startFixed = async (body: string, changes: Changes = {}) => {
  const emulator = await startEmulator(() => ({ status: 200, body }));
  onTestFinished(() => emulator.close());
  return openAt(emulator.origin, changes);
};

const sentFields = (entry: { readonly body: string } | undefined) => JSON.parse(entry?.body ?? '{}');

for (const channelId of channels) {
  sourceContract({
    name: `JuCai for ${channelId}`,
    channelId,
    refusals: { invalid: 'AUTH_CODE_INVALID', used: 'AUTH_CODE_USED', expired: 'AUTH_CODE_EXPIRED' },
    signsReplies: true,
    async start() {
      const emulator = await startJucai({ merchants: [merchant] });
      const { source, disconnect } = connectTo(emulator.origin);
      return { source, emulator, disconnect };
    },
  });
}

describe.each(channels)('JuCai for %s', (channelId) => {
  const request = requestFor(channelId);

  test('a redeemed payer has the id of the channel, and no other', async () => {
    const { source } = await start();
    const redeemed = await source.redeem('test_ok_alice', request, soon());
    const subject = { wechat_pay: { openId: idsOf('alice').openid }, union_pay: { userId: unionPayId } }[channelId];
    expect(redeemed).toEqual({ subject });
  });

  test('P12: a genuine reply with one byte changed names no other payer', async () => {
    let tamper = (reply: HttpReply) => reply;
    const { source, ledger } = await start({ tamper: (reply) => tamper(reply) });
    const redeemOnce = () => source.redeem(`test_ok_alice~${ledger.length}`, request, soon());
    const genuine = await redeemOnce();
    const count = { accepted: 0, refused: 0 };

    const change = fc.asyncProperty(fc.nat(), fc.integer({ min: 1, max: 255 }), async (position, bits) => {
      tamper = (reply) => {
        const body = Buffer.from(reply.body);
        const at = position % body.length;
        body[at] = (body[at] ?? 0) ^ bits;
        return { ...reply, body };
      };
      const outcome = await redeemOnce().catch((error: unknown) => error);
      count[outcome instanceof PayerIdentityError ? 'refused' : 'accepted'] += 1;
      if (outcome instanceof PayerIdentityError) expect(failureMember(outcome.code)).toBe('PayerOutcomeUnknown');
      else expect(outcome).toEqual(genuine);
    });
    const numRuns = runs(2_000);
    await fc.assert(change, { numRuns, endOnFailure: true });
    // What is not signed, the message for one, may change; what is signed may not.
    expect(count.accepted).toBeGreaterThan(0);
    expect(count.refused).toBeGreaterThan(numRuns / 2);
    expect(ledger).toHaveLength(numRuns + 1);
  });
});

describe('the request', () => {
  const fieldsOf = async (request: RedeemRequest, config = {}) => {
    const { source, ledger } = await start({ config });
    await source.redeem('test_ok_alice', request, soon());
    return sentFields(ledger[0]);
  };

  test('a request has the fields of the published page, and defaults for those that the caller leaves out', async () => {
    expect(await fieldsOf(requestFor('wechat_pay'))).toEqual({
      version: '1.0',
      termId: '88888888',
      mchNo: merchant.mchNo,
      appId: merchant.appId,
      mchOrderNo: expect.stringMatching(/^[A-Za-z0-9_]{5,30}$/),
      wayCode: 'WECHAT',
      authCode: 'test_ok_alice',
      clientIp: '203.0.113.7',
      sign: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
    const unionPay = { wayCode: 'UNIONPAY', subAppid: 'UnionPay/1.0 CloudPay' };
    expect(await fieldsOf(requestFor('union_pay'))).toMatchObject(unionPay);
  });

  test.each([
    ['wechat_pay', 'wx0123'],
    ['union_pay', 'UnionPay/1.0 ICBCeLife'],
  ])("a request carries the caller's order, terminal and sub-application for %s", async (channelId, subAppId) => {
    const own = { orderId: 'order_1', terminalId: '12345678', subAppId };
    const { mchOrderNo, termId, subAppid } = await fieldsOf({ ...requestFor(channelId), ...own });
    expect({ mchOrderNo, termId, subAppid }).toEqual({ mchOrderNo: 'order_1', termId: '12345678', subAppid: subAppId });
  });

  test.each([
    ['union_pay', 'wx0123456789abcdef'],
    ['union_pay', 'UnionPay/1.0'],
    ['wechat_pay', 'UnionPay/1.0 CloudPay'],
    ['wechat_pay', 'wx 0123'],
    ['wechat_pay', 'ｗｘ0123'],
  ])('for %s a sub-application %j is refused before anything is claimed', async (channelId, subAppId) => {
    const { source } = await start();
    const failure = {
      code: 'INPUT_INVALID',
      fields: [{ path: 'channelOptions.subAppId', message: expect.any(String) }],
    };
    const check = () => source.validate?.('x', { ...requestFor(channelId), subAppId });
    expect(check).toThrow(expect.objectContaining(failure));
  });

  test('a sub-application of the caller comes back with the id that the payer has in it', async () => {
    const { source } = await start();
    const request = { ...requestFor('wechat_pay'), subAppId: 'wx0123' };
    const { subject } = await source.redeem('test_ok_alice', request, soon());
    const subOpenId = idsOf('alice wx0123').openid;
    expect(subject).toEqual({ openId: idsOf('alice').openid, subAppId: 'wx0123', subOpenId });
  });

  test('two orders never have the same number: the second in UTC+8 and 16 random characters', async () => {
    const { source, ledger } = await start();
    const before = Date.now();
    for (let order = 0; order < 50; order += 1)
      await source.redeem(`test_ok_a~${order}`, requestFor('wechat_pay'), soon());
    const numbers = ledger.map((entry) => String(sentFields(entry).mchOrderNo));
    expect(new Set(numbers).size).toBe(50);
    for (const number of numbers) {
      const [, year, month, day, hour, minute, second] =
        /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)[0-9a-f]{16}$/.exec(number) ?? [];
      const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}+08:00`);
      expect(at).toBeGreaterThan(before - 1_000);
      expect(at).toBeLessThan(Date.now() + 1_000);
    }
  });

  test("a caller's order number goes to JuCai as it is, so a second one is JuCai's to refuse", async () => {
    const { source } = await start();
    const request = { ...requestFor('wechat_pay'), orderId: 'order_1' };
    await source.redeem('test_ok_a', request, soon());
    await expect(source.redeem('test_ok_b', request, soon())).rejects.toMatchObject({ upstreamCode: '400' });
  });

  test('requests go below the path of baseUrl', async () => {
    const emulator = await startEmulator(() => 'reset');
    onTestFinished(() => emulator.close());
    const source = openAt(`${emulator.origin}/gateway/`);
    await expect(source.redeem('x', requestFor('wechat_pay'), soon())).rejects.toMatchObject({ sent: true });
    expect(emulator.ledger[0]?.url.pathname).toBe('/gateway/pay/api/1.0/auth2OpenId');
  });

  test.each([{}, { clientIp: '' }])('a call without a clientIp (%o) is refused and sends nothing', async (ip) => {
    const { source, ledger } = await start();
    const request = { channelId: 'union_pay', ...ip };
    const failure = { code: 'INPUT_INVALID', fields: [{ path: 'clientIp', message: expect.any(String) }] };
    expect(() => source.validate?.('test_ok_x', request)).toThrow(expect.objectContaining(failure));
    await expect(source.redeem('test_ok_x', request, soon())).rejects.toMatchObject(failure);
    expect(ledger).toHaveLength(0);
    expect(() => source.validate?.('test_ok_x', requestFor('union_pay'))).not.toThrow();
  });

  test('a channel that JuCai does not serve is refused before anything is sent', async () => {
    const { source, ledger } = await start();
    for (const channelId of ['ali_pay', 'constructor'])
      await expect(source.redeem('test_ok_x', requestFor(channelId), soon())).rejects.toMatchObject({
        code: 'CHANNEL_UNSUPPORTED',
      });
    expect(ledger).toHaveLength(0);
  });
});

describe('the reply', () => {
  const wechat = requestFor('wechat_pay');

  test.each([
    ['mchNo', 'MCH_I000000000'],
    ['mchOrderNo', 'somebody_else'],
    ['openid', null],
    ['openid', ''],
    ['openid', 12],
  ])('a signed success whose %s is %o is malformed', async (field, value) => {
    const { source } = await start({ merchant: { data: { [field]: value } } });
    const request = { ...wechat, orderId: 'order_1' };
    await expect(source.redeem('test_ok_x', request, soon())).rejects.toMatchObject({ code: 'REPLY_MALFORMED' });
  });

  test('a success in another sub-application than the requested one is malformed', async () => {
    const { source } = await start({ merchant: { data: { subAppid: 'wx9', subOpenid: 'o9' } } });
    const asked = source.redeem('test_ok_x', { ...wechat, subAppId: 'wx8' }, soon());
    await expect(asked).rejects.toMatchObject({ code: 'REPLY_MALFORMED' });
  });

  test.each([
    [
      { openid: 'o1', subAppid: 'wx8', subOpenid: 's1' },
      { openId: 'o1', subAppId: 'wx8', subOpenId: 's1' },
    ],
    [{ openid: 'o1', subAppid: 'wx8', subOpenid: '' }, { openId: 'o1' }],
    [{ openid: 'o1', subAppid: null, subOpenid: '  ' }, { openId: 'o1' }],
    [{ openid: '', subAppid: 'wx8', subOpenid: 's1' }, 'REPLY_MALFORMED'],
    [{ openid: 'o 1' }, 'REPLY_MALFORMED'],
  ])('a reply of WeChat with %j yields openId and subOpenId separately', async (data, expected) => {
    const { source } = await start({ merchant: { data } });
    const redeemed = source.redeem('test_ok_x', wechat, soon());
    if (typeof expected === 'string') await expect(redeemed).rejects.toMatchObject({ code: expected });
    else expect((await redeemed).subject).toEqual(expected);
  });

  test.each(['openid', 'subOpenid', 'both'] as const)(
    'a reply of UnionPay yields the userId from %s',
    async (unionpayIdIn) => {
      const { source } = await start({ merchant: { unionpayIdIn } });
      const { subject } = await source.redeem('test_ok_alice', requestFor('union_pay'), soon());
      expect(subject).toEqual({ userId: unionPayId });
    },
  );

  test.each([
    [{ openid: 'u1', subOpenid: 'u1' }, 'u1'],
    [{ openid: null, subOpenid: 'u1' }, 'u1'],
    [{ openid: ' ', subOpenid: 'u1' }, 'u1'],
    [{ openid: 'u1', subOpenid: ' ' }, 'u1'],
    [{ openid: 'u1', subOpenid: undefined }, 'u1'],
    [{ openid: 'u1', subOpenid: 'u2' }, 'REPLY_MALFORMED'],
    [{ openid: 'u1', subOpenid: 'U1' }, 'REPLY_MALFORMED'],
    [{ openid: '', subOpenid: null }, 'REPLY_MALFORMED'],
    [{ openid: 'u 1', subOpenid: 'u1' }, 'REPLY_MALFORMED'],
  ])('a reply of UnionPay with %j is %s', async (data, expected) => {
    const { source } = await start({ merchant: { data } });
    const redeemed = source.redeem('test_ok_x', requestFor('union_pay'), soon());
    if (expected === 'REPLY_MALFORMED') await expect(redeemed).rejects.toMatchObject({ code: expected });
    else expect((await redeemed).subject).toEqual({ userId: expected });
  });

  test('a success that repeats our merchant and order, or neither, is accepted', async () => {
    const request = { ...wechat, orderId: 'order_1' };
    for (const data of [{ mchOrderNo: 'order_1' }, { mchOrderNo: '', mchNo: null }, { subAppid: null }]) {
      const { source } = await start({ merchant: { data } });
      const { subject } = await source.redeem('test_ok_alice', request, soon());
      expect(subject).toEqual({ openId: idsOf('alice').openid });
    }
  });

  test.each([
    ['{"code":500,"msg":"系统繁忙","data":null,"sign":null}', '500'],
    ['{"code":500,"msg":"系统繁忙"}', '500'],
    ['{"code":10001,"msg":"超时","data":null}', '10001'],
    ['{"code":10002,"msg":"系统异常"}', '10002'],
    ['{"code":10003,"msg":"当前服务不可用"}', '10003'],
    ['{"code":10005,"msg":"x"}', '10005'],
    ['{"code":401,"msg":"未授权","data":{"returnCode":"000000","openid":"oEvil"}}', '401.000000'],
    ['{"code":200,"msg":"成功","data":{"returnCode":"999999"},"sign":""}', '200.999999'],
    ['{"code":0,"msg":"成功","data":{"returnCode":"000000","openid":"oEvil"}}', '0.000000'],
  ])('a code that is not configured leaves the outcome unknown: %s', async (body, upstreamCode) => {
    const source = await startFixed(body);
    const failure = { code: 'OUTCOME_UNKNOWN', upstreamCode };
    await expect(source.redeem('x', wechat, soon())).rejects.toMatchObject(failure);
  });

  test.each([
    [400, 'CHANNEL_MISCONFIGURED'],
    [401, 'CHANNEL_MISCONFIGURED'],
    [403, 'CHANNEL_MISCONFIGURED'],
    [405, 'CHANNEL_MISCONFIGURED'],
    [200, 'CHANNEL_MISCONFIGURED'],
  ])('the published code %s without data is %s', async (code, failure) => {
    for (const rest of ['', ',"data":null', ',"data":null,"sign":null']) {
      const refused = { code: failure, upstreamCode: `${code}` };
      const source = await startFixed(`{"code":${code}${rest}}`);
      await expect(source.redeem('x', wechat, soon())).rejects.toMatchObject(refused);
      const other = await startFixed(`{"code":${code}${rest}}`, {
        config: { refusals: { [code]: 'AUTH_CODE_REFUSED' } },
      });
      await expect(other.redeem('x', wechat, soon())).rejects.toMatchObject({ code: 'AUTH_CODE_REFUSED' });
      const doubting = await startFixed(`{"code":${code}${rest}}`, {
        config: { refusals: { [code]: 'OUTCOME_UNKNOWN' } },
      });
      await expect(doubting.redeem('x', wechat, soon())).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    }
  });

  test.each(['constructor', '__proto__', 'toString'])('a returnCode %s is as unknown as any other', async (name) => {
    const source = await startFixed(`{"code":200,"data":{"returnCode":"${name}"}}`);
    await expect(source.redeem('x', wechat, soon())).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
  });

  test('200 without data and 403 are CHANNEL_MISCONFIGURED', async () => {
    const { source } = await start({ merchant: { withoutLookup: true } });
    const unsupported = { code: 'CHANNEL_MISCONFIGURED', upstreamCode: '200' };
    await expect(source.redeem('test_ok_x', wechat, soon())).rejects.toMatchObject(unsupported);
    const { source: expired } = await start({ merchant: { expired: true } });
    const refused = { code: 'CHANNEL_MISCONFIGURED', upstreamCode: '403' };
    await expect(expired.redeem('test_ok_x', wechat, soon())).rejects.toMatchObject(refused);
  });

  test('a reply whose signature is wrong or missing carries its claimed code', async () => {
    const { source } = await start();
    const claimed = { code: 'REPLY_UNVERIFIED', claimedCode: '200.000000', upstreamCode: undefined };
    for (const code of ['test_badsign_x', 'test_nosign_x'])
      await expect(source.redeem(code, wechat, soon())).rejects.toMatchObject(claimed);
    const refused = await startFixed('{"code":401,"data":null,"sign":"0123"}');
    const unverified = { code: 'REPLY_UNVERIFIED', claimedCode: '401' };
    await expect(refused.redeem('x', wechat, soon())).rejects.toMatchObject(unverified);
    const shapeless = await startFixed('{"code":"401","data":null}');
    const malformed = { code: 'REPLY_MALFORMED', claimedCode: '401' };
    await expect(shapeless.redeem('x', wechat, soon())).rejects.toMatchObject(malformed);
  });

  test('a configured code is the configured failure', async () => {
    const config = { refusals: { '500': 'CHANNEL_MISCONFIGURED', '200.E42': 'AUTH_CODE_REFUSED' } };
    const refusals = [
      ['{"code":500}', 'CHANNEL_MISCONFIGURED'],
      ['{"code":200,"data":{"returnCode":"E42"}}', 'AUTH_CODE_REFUSED'],
      ['{"code":500,"data":{"returnCode":"E42"}}', 'OUTCOME_UNKNOWN'],
    ];
    for (const [body = '', code] of refusals)
      await expect((await startFixed(body, { config })).redeem('x', wechat, soon())).rejects.toMatchObject({ code });
  });

  test.each([
    ['another secret', { secret: 'other' }, '401'],
    ['an unknown merchant', { mchNo: 'MCH_I0' }, '401'],
    ['an unknown application', { appId: 'MCH_A0' }, '401'],
  ])('%s is CHANNEL_MISCONFIGURED', async (_, config, upstreamCode) => {
    const { source } = await start({ config });
    const failure = { code: 'CHANNEL_MISCONFIGURED', upstreamCode };
    await expect(source.redeem('test_ok_x', wechat, soon())).rejects.toMatchObject(failure);
  });

  test('a refusal of the request is not a refusal of the code', async () => {
    const { source } = await start();
    const request = { ...wechat, orderId: 'a b' };
    const failure = { code: 'CHANNEL_MISCONFIGURED', upstreamCode: '400' };
    await expect(source.redeem('test_ok_x', request, soon())).rejects.toMatchObject(failure);
  });

  test.each([
    ['empty', ''],
    ['not an object', '[]'],
    ['without a code', '{"data":{}}'],
    ['with a code in words', '{"code":"200","data":{"returnCode":"000000","openid":"o"}}'],
    ['without a returnCode', '{"code":200,"data":{"openid":"o"}}'],
    ['with an empty returnCode', '{"code":200,"data":{"returnCode":"","openid":"o"}}'],
    ['with a list for data', '{"code":200,"data":[]}'],
    ['very deep', `{"code":200,"data":${'['.repeat(10_000)}${']'.repeat(10_000)}}`],
  ])('a reply that is %s is malformed', async (_, body) => {
    const source = await startFixed(body);
    await expect(source.redeem('x', wechat, soon())).rejects.toMatchObject({ code: 'REPLY_MALFORMED' });
  });
});

/**
 * The samples of https://www.showdoc.com.cn/jucaishangfu/10059757329274989 with the key TESTKEY. Their own key is not
 * published: the signatures here were computed from Jeepay's rule by other code than ours.
 */
const requestSample = {
  appId: 'MCH_A698612520',
  authCode: '134291427096188722',
  clientIp: '127.0.0.1',
  mchNo: 'MCH_I293975931',
  mchOrderNo: '2023041709270000001',
  sign: '42cfdf22e66a1ba02405588fee305d9a',
  subAppid: '',
  termId: '12345678',
  version: '1.0',
  wayCode: 'WECHAT',
};
const replySample = {
  code: 200,
  msg: '成功',
  data: {
    returnCode: '000000',
    returnMsg: 'SUCCESS',
    termId: null,
    randomStr: '58H6XIKWXXNUVDVP9IZWX1NAQ8U6HUWD',
    orgId: 'ISV_I232767463',
    mchNo: 'MCH_I293975931',
    mchOrderNo: null,
    appid: 'wxfaxxxx',
    openid: 'ooIeqs3PCR04Hkvd-xxxx',
    subAppid: '',
    subOpenid: '',
  },
  sign: '803c70f9efa5baaaab9355f30e781ac1',
};

describe('the signature', () => {
  const key = { secret: 'TESTKEY', signing: jucaiSigning.parse({}) };
  const isSignedText = (text: string) => {
    const root = readJson(text);
    return root.kind === 'object' && isSigned(text, root, key);
  };

  test('the published sample request has the published signature, and a changed one has another', () => {
    expect(signJucai(Object.entries(requestSample), key)).toBe(requestSample.sign);
    for (const [name, value] of Object.entries(requestSample).filter(([name]) => name !== 'sign'))
      expect(signJucai(Object.entries({ ...requestSample, [name]: `${value}0` }), key)).not.toBe(requestSample.sign);
  });

  test('the published sample reply is accepted, in either case and in any order and spacing', async () => {
    const reversed = { ...replySample, data: Object.fromEntries(Object.entries(replySample.data).reverse()) };
    const upper = { ...replySample, sign: replySample.sign.toUpperCase() };
    for (const reply of [replySample, reversed, upper]) {
      const source = await startFixed(JSON.stringify(reply, null, 2));
      const { subject } = await source.redeem('134291427096188722', requestFor('wechat_pay'), soon());
      expect(subject).toEqual({ openId: 'ooIeqs3PCR04Hkvd-xxxx' });
    }
  });

  test('the published sample reply with one character changed is unverified', () => {
    expect(isSignedText(JSON.stringify(replySample))).toBe(true);
    for (const [name, value] of Object.entries(replySample.data)) {
      const changed = { ...replySample, data: { ...replySample.data, [name]: `${value ?? ''}0` } };
      expect(() => isSignedText(JSON.stringify(changed))).toThrow(
        expect.objectContaining({ code: 'REPLY_UNVERIFIED' }),
      );
    }
  });

  test('fields hidden in the values of others are unverified, though the signed text is the same', () => {
    const { appid, mchNo, openid, orgId, ...rest } = replySample.data;
    const hidden = [
      { ...rest, appid: `${appid}&mchNo=${mchNo}`, openid, orgId },
      { ...rest, appid, mchNo, openid: `${openid}&orgId=${orgId}` },
      { ...rest, appid, [`mchNo=${mchNo}&openid`]: openid, orgId },
    ];
    for (const data of hidden)
      expect(() => isSignedText(JSON.stringify({ ...replySample, data }))).toThrow(
        expect.objectContaining({ code: 'REPLY_UNVERIFIED' }),
      );
  });

  test('a number is signed with the digits it was written with', () => {
    const sign = signJucai([['amount', '1.0']], key);
    expect(isSignedText(`{"data":{"amount":1.0},"sign":"${sign}"}`)).toBe(true);
  });

  test.each([
    {},
    { digest: 'hmac_sha256' },
    { letterCase: 'upper' },
    { keyParameter: 'secretKey' },
    { replyScope: 'envelope' },
    { digest: 'hmac_sha256', letterCase: 'upper', keyParameter: 'k', replyScope: 'envelope' },
  ] as const)('source and emulator agree on the signing options %o', async (signing) => {
    const { source, ledger } = await start({ merchant: signing, config: { signing } });
    const { subject } = await source.redeem('test_ok_alice', requestFor('wechat_pay'), soon());
    expect(subject).toEqual({ openId: idsOf('alice').openid });
    const { sign } = sentFields(ledger[0]);
    expect(sign).toHaveLength('digest' in signing ? 64 : 32);
    expect(sign).toBe('letterCase' in signing ? sign.toUpperCase() : sign.toLowerCase());
    for (const code of ['test_badsign_x', 'test_nosign_x'])
      await expect(source.redeem(code, requestFor('wechat_pay'), soon())).rejects.toMatchObject({
        code: 'REPLY_UNVERIFIED',
      });
  });

  test.each([{ digest: 'hmac_sha256' }, { keyParameter: 'secretKey' }, { replyScope: 'envelope' }] as const)(
    'a source and an emulator that differ in %o reject each other',
    async (signing) => {
      const { source } = await start({ merchant: signing });
      const outcome = source.redeem('test_ok_alice', requestFor('wechat_pay'), soon());
      const code = 'replyScope' in signing ? 'REPLY_UNVERIFIED' : 'CHANNEL_MISCONFIGURED';
      await expect(outcome).rejects.toMatchObject({ code });
    },
  );

  test('replySignature optional accepts an unsigned reply, and never a wrong signature', async () => {
    const { source } = await start({ config: { signing: { replySignature: 'optional' } } });
    const { subject } = await source.redeem('test_nosign_alice', requestFor('wechat_pay'), soon());
    expect(subject).toEqual({ openId: idsOf('alice').openid });
    const forged = source.redeem('test_badsign_alice', requestFor('wechat_pay'), soon());
    await expect(forged).rejects.toMatchObject({ code: 'REPLY_UNVERIFIED' });
    for (const sign of [0, false, {}, ['x']]) {
      const fixed = await startFixed(JSON.stringify({ ...replySample, sign }), {
        config: { signing: { replySignature: 'optional' } },
      });
      const outcome = fixed.redeem('x', requestFor('wechat_pay'), soon());
      await expect(outcome).rejects.toMatchObject({ code: 'REPLY_UNVERIFIED' });
    }
  });
});

describe("UnionPay's page", () => {
  const state = 'a1'.repeat(36);

  test('the payer goes to UnionPay and comes back with the state', async () => {
    const source = openAt('https://jucai.example');
    const returnUrl = 'https://shop.example/pay?a=%20b&c=d+e';
    const url = new URL(source.authorizer?.url({ returnUrl, state }) ?? '');
    expect(url.origin + url.pathname).toBe('https://qr.95516.com/qrcGtwWeb-web/api/userAuth');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      version: '1.0.0',
      redirectUrl: `https://shop.example/pay?a=%20b&c=d+e&state=${state}`,
    });
  });

  test.each([
    ['https://shop.example/pay', `https://shop.example/pay?state=${state}`],
    ['https://shop.example/pay#top', `https://shop.example/pay?state=${state}#top`],
    ['https://shop.example/pay?x=1#top', `https://shop.example/pay?x=1&state=${state}#top`],
  ])('the state is added to the query of the return URL %s', (returnUrl, redirectUrl) => {
    const source = openAt('https://jucai.example');
    const url = new URL(source.authorizer?.url({ returnUrl, state }) ?? '');
    expect(url.searchParams.get('redirectUrl')).toBe(redirectUrl);
  });

  test('WeChat channels take payment codes, which no page gives out, and only UnionPay has a page', () => {
    const source = openAt('https://jucai.example');
    expect(source.authorizer?.channels).toEqual(['union_pay']);
    expect(source.channels.map((channel) => [channel, source.authCodeKind(channel)])).toEqual([
      ['wechat_pay', 'PAYMENT_CODE'],
      ['wechat_pay_payment_code', 'PAYMENT_CODE'],
      ['union_pay', 'PAGE'],
    ]);
  });

  const visit = async (returnUrl: string) => {
    const emulator = await startJucai({ merchants: [merchant] });
    onTestFinished(() => emulator.close());
    const unionpayAuthorizeUrl = `${emulator.origin}/qrcGtwWeb-web/api/userAuth`;
    const source = openAt(emulator.origin, { config: { unionpayAuthorizeUrl } });
    const response = await fetch(source.authorizer?.url({ returnUrl, state }) ?? '');
    return { source, response, html: await response.text() };
  };
  const linksOf = (html: string) =>
    [...html.matchAll(/href="([^"]*)">([^<]*)</g)].map(([, href = '', label = '']) => {
      const { searchParams, origin, pathname } = new URL(href.replaceAll('&amp;', '&'));
      return { label, page: origin + pathname, ...Object.fromEntries(searchParams) };
    });

  test('the emulated page offers three payers and a refusal, and every choice carries the state', async () => {
    const { source, response, html } = await visit('https://shop.example/pay?a=1');
    expect(response.status).toBe(200);
    const back = { page: 'https://shop.example/pay', a: '1', state };
    const code = (payer: string) => expect.stringMatching(new RegExp(`^test_ok_${payer}~[0-9a-f]{16}$`));
    const links = linksOf(html);
    expect(links).toEqual([
      { ...back, label: '小艾', userAuthCode: code('alice'), respCode: '00' },
      { ...back, label: '小博', userAuthCode: code('bob'), respCode: '00' },
      { ...back, label: '小卡', userAuthCode: code('carol'), respCode: '00' },
      { ...back, label: '拒绝', respCode: '34' },
    ]);
    const { userAuthCode = '' } = links[0] as { userAuthCode?: string };
    const { subject } = await source.redeem(userAuthCode, requestFor('union_pay'), soon());
    expect(subject).toEqual({ userId: unionPayId });
  });

  test('the page of choices escapes all its input, and runs no script', () => {
    const evil = `<script>"'&`;
    const { body, headers } = choicePage({
      brand: 'union',
      title: { zh: evil, en: evil },
      merchant: evil,
      language: 'zh',
      hrefFor: () => `https://shop.test/?a=${evil}`,
    });
    const escaped = '&lt;script&gt;&quot;&#39;&amp;';
    // Twice the title, the merchant, and the four links.
    expect(body.toString().split(escaped)).toHaveLength(8);
    expect(body).not.toContain('<script');
    expect(headers?.['content-security-policy']).toMatch(/^default-src 'none';/);
  });

  test('the emulated page escapes its input, and accepts only http and https addresses', async () => {
    const { html } = await visit(`https://shop.example/'"><script>alert(1)</script>?q='<b>`);
    expect(html).not.toMatch(/<script|<b>|'/);
    const { origin } = await start();
    for (const query of ['version=1.0.0&redirectUrl=javascript:alert(1)', 'version=1.0.0', 'redirectUrl=https://a.b']) {
      const response = await fetch(`${origin}/qrcGtwWeb-web/api/userAuth?${query}`);
      expect(response.status).toBe(400);
    }
  });
});

describe('the configuration', () => {
  const options = { type: 'jucai', baseUrl: 'https://jucai.example', mchNo: 'm', appId: 'a', secret: 's' };

  test('the registry opens a JuCai source that serves both wallets', async () => {
    const sources = openSources({ main: options });
    onTestFinished(() => sources.close());
    const channels = ['wechat_pay', 'wechat_pay_payment_code', 'union_pay'];
    expect(sources.get('main')).toMatchObject({ upstreamAppId: 'a', channels });
  });

  test.each([
    ['channels.0', { channels: ['ali_pay'] }],
    ['baseUrl', { baseUrl: 'ftp://jucai.example' }],
    ['secret', { secret: '' }],
    ['refusals.500', { refusals: { 500: 'OUTCOME_PENDING' } }],
    ['refusals.200', { refusals: { 200: 'CHANNEL_UNSUPPORTED' } }],
    ['signing.digest', { signing: { digest: 'sha1' } }],
    ['unknown', { unknown: true }],
  ])('a fault in the option %s is refused at start', (path, fault) => {
    expect(() => openSources({ main: { ...options, ...fault } })).toThrow(`Source main: ${path}: `);
  });
});
