import { createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { AlipaySdk } from 'alipay-sdk';
import fc from 'fast-check';
import { describe, expect, onTestFinished, test } from 'vitest';
import { alipay } from '../../../src/channels/alipay/alipay.ts';
import { judgeJobworth } from '../../../src/channels/alipay/jobworth.ts';
import { alipayKeys, keyConfig } from '../../../src/channels/alipay/keys.ts';
import { judgeCall } from '../../../src/channels/alipay/v1.ts';
import { replyTextToSign } from '../../../src/channels/alipay/v3.ts';
import { openSources } from '../../../src/channels/registry.ts';
import type { JobworthRequest } from '../../../src/channels/source.ts';
import { type AlipayOptions, startAlipay } from '../../../src/emulators/alipay.ts';
import { idsOf } from '../../../src/emulators/test-codes.ts';
import { PayerIdentityError } from '../../../src/failure.ts';
import { sourceContract } from '../../contract/source.ts';
import { runs } from '../../support/runs.ts';
import { openSource, soon } from '../../support/services/sources.ts';
import { newRsaKey, pemOf } from '../../support/signers/certificates.ts';
import vectors from '../../vectors/alipay.json' with { type: 'json' };
import certificates from '../../vectors/alipay-certificates.json' with { type: 'json' };

const appId = '2021000000000001';
const encryptKey = 'MDEyMzQ1Njc4OWFiY2RlZg==';
const der = (base64: string) => Buffer.from(base64, 'base64');
const alipayKey = createPrivateKey({ key: der(vectors.alipayPrivateKeyPkcs8DerBase64), format: 'der', type: 'pkcs8' });
const appPublicKey = createPublicKey({ key: der(vectors.appPublicKeySpkiDerBase64), format: 'der', type: 'spki' });
const privateKey = vectors.appPrivateKeyPkcs8DerBase64;
const { note: _, ...pems } = certificates;
const appKey = createPrivateKey({ key: der(privateKey), format: 'der', type: 'pkcs8' });
const { serialNumbers, verifiers } = alipayKeys({
  privateKey: appKey,
  certificates: keyConfig.certificates.parse(pems),
});
const [alipayCertSn = ''] = verifiers.keys();

type App = Partial<AlipayOptions['apps'][number]>;
interface Options {
  readonly app?: App;
  readonly emulator?: Partial<AlipayOptions>;
  readonly source?: Readonly<Record<string, unknown>>;
  readonly now?: () => number;
}

const start = async ({ app = {}, emulator: options = {}, source: settings = {}, now = Date.now }: Options = {}) => {
  const apps = [{ appId, publicKey: appPublicKey, ...app }];
  const emulator = await startAlipay({ apps, privateKey: alipayKey, now, ...options });
  const urls = { gatewayUrl: `${emulator.origin}/gateway.do`, apiUrl: emulator.origin };
  const keys = 'certificates' in settings ? {} : { alipayPublicKey: vectors.alipayPublicKeySpkiDerBase64 };
  return { emulator, ...openSource(alipay, { appId, privateKey, ...keys, ...urls, ...settings }, { now }) };
};

const open = async (options?: Options) => {
  const started = await start(options);
  onTestFinished(async () => {
    await started.disconnect();
    await started.emulator.close();
  });
  return started;
};

const certificateMode: Options = {
  app: { certs: { appCertSn: serialNumbers?.app ?? '', alipayRootCertSn: serialNumbers?.alipayRoot ?? '' } },
  emulator: { alipayCertSn },
  source: { certificates: pems },
};

// Alipay has one sub code for codes that are unknown, used or expired.
const refusals = { invalid: 'AUTH_CODE_INVALID', used: 'AUTH_CODE_INVALID', expired: 'AUTH_CODE_INVALID' } as const;
const plug = { channelId: 'ali_pay', refusals, signsReplies: true };
sourceContract({ ...plug, name: 'Alipay with keys', start: () => start() });
sourceContract({ ...plug, name: 'Alipay with certificates', start: () => start(certificateMode) });
sourceContract({
  ...plug,
  name: 'Alipay with content encryption',
  start: () => start({ app: { encryptKey }, source: { encryptKey } }),
});

describe('OAuth', () => {
  test('an old application gets a user_id, a new one an open_id, and none gets both', async () => {
    const { source: old } = await open({ app: { idKind: 'userId' } });
    const { source: young } = await open({ app: { idKind: 'openId', unionId: true } });
    const { userId, openId } = idsOf('alice');
    expect((await old.redeem('test_ok_alice', { channelId: 'ali_pay' }, soon())).subject).toMatchObject({
      userId,
      openId: undefined,
    });
    const { subject } = await young.redeem('test_ok_alice', { channelId: 'ali_pay' }, soon());
    expect(subject).toMatchObject({ openId, userId: undefined });
    expect(subject.unionId).toMatch(/.{10,}/);
  });

  test('the authorize URL carries the return URL and the state, encoded once', async () => {
    const { source } = await open({
      source: { authorizeUrl: 'https://openauth.alipay.com/oauth2/publicAppAuthorize.htm' },
    });
    expect(source.authorizer?.url({ returnUrl: 'https://a.example/b?c=d', state: 'abc123' })).toBe(
      'https://openauth.alipay.com/oauth2/publicAppAuthorize.htm?app_id=2021000000000001&scope=auth_base&redirect_uri=https%3A%2F%2Fa.example%2Fb%3Fc%3Dd&state=abc123',
    );
  });

  test.each([
    ['web', {}, 'PAGE', ['ali_pay']],
    ['miniprogram', {}, 'MINI_PROGRAM', ['ali_pay', 'ali_pay_mini_program']],
    ['native', { pid: '2088000000000001' }, 'NATIVE_APP', ['ali_pay', 'ali_pay_native_app']],
  ])(
    'a source of kind %s redeems codes of its kind as the others do, and only web has a page',
    async (kind, own, codeKind, channels) => {
      const { source, emulator } = await open({ source: { kind, ...own } });
      expect(source.channels).toEqual(channels);
      for (const channel of channels) expect(source.authCodeKind(channel)).toBe(codeKind);
      expect([source.authorizer !== undefined, source.infoStr !== undefined]).toEqual([
        kind === 'web',
        kind === 'native',
      ]);
      const { subject } = await source.redeem('test_ok_alice', { channelId: channels[0] ?? '' }, soon());
      expect(subject.userId).toBe(idsOf('alice').userId);
      const [{ url, body } = { url: undefined, body: '' }] = emulator.ledger;
      expect(url?.searchParams.get('method')).toBe('alipay.system.oauth.token');
      expect(Object.fromEntries(new URLSearchParams(body))).toEqual({
        grant_type: 'authorization_code',
        code: 'test_ok_alice',
      });
    },
  );

  test.each([
    ['native without a pid', { kind: 'native' }, 'pid'],
    ['a pid of four digits', { kind: 'native', pid: '2088' }, 'pid'],
    ['a pid for a mini program', { kind: 'miniprogram', pid: '2088000000000001' }, 'pid'],
    [
      'an app id that would change the signed text',
      { kind: 'native', pid: '2088000000000001', appId: 'a&pid=1' },
      'appId',
    ],
    [
      'a page for an app',
      { kind: 'native', pid: '2088000000000001', authorizeUrl: 'https://a.example' },
      'authorizeUrl',
    ],
    ['the scope of a page for a mini program', { kind: 'miniprogram', scope: 'auth_user' }, 'scope'],
    ['an unknown kind', { kind: 'app' }, 'kind'],
  ])('the service does not start with %s', (_, changes, path) => {
    const options = { type: 'alipay', appId, privateKey, alipayPublicKey: vectors.alipayPublicKeySpkiDerBase64 };
    expect(() => openSources({ pay: { ...options, ...changes } })).toThrow(new RegExp(`^Source pay: .*${path}`));
  });

  test('a payment code of Alipay or WeChat is refused, and not sent', async () => {
    const { source, emulator } = await open();
    const refused = { code: 'INPUT_INVALID', fields: [expect.objectContaining({ path: 'authCode' })] };
    const ask = (authCode: string) => () => source.validate?.(authCode, { channelId: 'ali_pay' });
    for (const code of ['28763443825664394', '2500000000000000', '309999999999999999999999', '134291427096188722'])
      expect(ask(code)).toThrow(expect.objectContaining(refused));
    for (const code of ['4b203fe6c11548bcabd8da5bb087a83b', '250000000000000', '2887634438256643940000000'])
      expect(ask(code)).not.toThrow();
    expect(emulator.ledger).toEqual([]);
  });

  test('an unknown application and a wrong key fail with CHANNEL_MISCONFIGURED', async () => {
    const { source } = await open({ app: { appId: 'another' } });
    await expect(source.redeem('test_ok_a', { channelId: 'ali_pay' }, soon())).rejects.toMatchObject({
      code: 'CHANNEL_MISCONFIGURED',
    });
    const { source: forger } = await open({ source: { privateKey: pemOf(newRsaKey()) } });
    await expect(forger.redeem('test_ok_a', { channelId: 'ali_pay' }, soon())).rejects.toMatchObject({
      code: 'CHANNEL_MISCONFIGURED',
      upstreamCode: 'isv.invalid-signature',
    });
  });

  test('the source does not open without a key to verify replies with', () => {
    const keyless = { appId, privateKey };
    expect(alipay.config.safeParse(keyless).success).toBe(false);
    expect(alipay.config.safeParse({ ...keyless, alipayPublicKey: '' }).success).toBe(false);
    expect(alipay.config.safeParse({ ...keyless, alipayPublicKey: vectors.alipayPublicKeySpkiDerBase64 }).success).toBe(
      true,
    );
  });
});

describe('certification', () => {
  const payer = {
    orderNo: 'Z1',
    method: 'FACE',
    document: { type: 'IDENTITY_CARD', holderName: '张三', number: '11010519491231002X' },
  } as const;

  test.each([false, true])(
    'a certification passes when the payer passes on the page (reply as a list: %s)',
    async (passedAsList) => {
      const { source } = await open({ emulator: { passedAsList } });
      const certifier = source.certifier ?? expect.unreachable();
      const certifyId = await certifier.initialize(payer, soon());
      expect(certifyId).toMatch(/^[0-9A-Za-z]{1,32}$/);
      expect(await certifier.hasPassed(certifyId, soon())).toBe(false);

      const page = certifier.page(certifyId, undefined);
      const byLink = await (await fetch(page.url)).text();
      const byForm = await (
        await fetch(page.form.action, {
          method: 'POST',
          body: new URLSearchParams(Object.fromEntries(page.form.fields.map(({ name, value }) => [name, value]))),
        })
      ).text();
      const choice = /href="([^"]+)"[^>]*>[^<]*通过/.exec(byLink)?.[1]?.replaceAll('&amp;', '&') ?? '';
      expect(byForm).toContain('通过');
      await fetch(new URL(choice, page.url), { redirect: 'manual' });
      expect(await certifier.hasPassed(certifyId, soon())).toBe(true);
      expect(page.deepLink).toBe(`alipays://platformapi/startapp?appId=20000067&url=${encodeURIComponent(page.url)}`);
    },
  );

  test('a refused certification fails with the code for its reason', async () => {
    const { source } = await open();
    const certifier = source.certifier ?? expect.unreachable();
    await expect(
      certifier.initialize({ ...payer, document: { ...payer.document, holderName: '拒绝' } }, soon()),
    ).rejects.toMatchObject({
      code: 'CERTIFICATION_REFUSED',
    });
    await expect(certifier.hasPassed('0'.repeat(32), soon())).rejects.toMatchObject({ code: 'CERTIFY_ID_UNKNOWN' });
  });
});

describe('job identity', () => {
  const upstreamTraceId = expect.stringMatching(/^[0-9a-f]{30}$/);
  const request: JobworthRequest = {
    agreementId: 'A B+C/中~*',
    onceToken: 'test_ok_alice',
    match: 'EXACT',
    jobIdentityType: '04',
    serviceId: '2019120400000000000004450100',
    subject: { userId: '20881029102921' },
  };
  const ask = async (onceToken: string, options?: Options) => {
    const { source, emulator } = await open(options);
    const jobworth = source.jobworth ?? expect.unreachable();
    return { emulator, query: () => jobworth.query({ ...request, onceToken }, soon()) };
  };

  test.each([{}, certificateMode])(
    'a final answer of job identity reports whether the payer is confirmed',
    async (options) => {
      const confirmed = await ask('test_ok_alice', options);
      expect(await confirmed.query()).toMatchObject({
        kind: 'ANSWERED',
        confirmed: true,
        authorizationStatus: 'FINISH',
      });
      const denied = await ask('test_ok_unconfirmed', options);
      expect(await denied.query()).toMatchObject({ kind: 'ANSWERED', confirmed: false });
    },
  );

  test('a job query whose answer is not final is pending, and can be repeated', async () => {
    const { query } = await ask('test_ok_waiting');
    expect([(await query()).kind, (await query()).kind, (await query()).kind]).toEqual([
      'PENDING',
      'PENDING',
      'ANSWERED',
    ]);
    expect(await query()).toEqual({
      kind: 'REFUSED',
      code: 'ONCE_TOKEN_INVALID',
      upstreamCode: 'TOKEN_INVALID',
      upstreamTraceId,
    });
  });

  test.each([
    ['USER_NOT_AUTHORIZE', 'JOBWORTH_NOT_AUTHORIZED'],
    ['TOKEN_INVALID', 'ONCE_TOKEN_INVALID'],
    ['NOT_OPEN_ZM', 'JOBWORTH_NOT_OPENED'],
    ['USER_NOT_OPEN_JOBWORTH', 'JOBWORTH_NOT_OPENED'],
    ['INVALID_PARAMETER', 'JOBWORTH_REFUSED'],
    ['JOB_WORTH_BLACK_LIST', 'JOBWORTH_BLOCKED'],
    ['MERCHANT_INTERCEPT', 'JOBWORTH_BLOCKED'],
    ['RISK_INTERCEPT', 'JOBWORTH_BLOCKED'],
    ['OPEN_ZM_ACCOUNT_INTERCEPT', 'JOBWORTH_BLOCKED'],
    ['CARD_NO_NOT_MATCH', 'JOBWORTH_MISMATCH'],
    ['MOBILE_NO_NOT_MATCH', 'JOBWORTH_MISMATCH'],
    ['USER_NAME_NOT_MATCH', 'JOBWORTH_MISMATCH'],
    ['WRONG_OUT_AGREEMENT_NO_INTERCEPT', 'JOBWORTH_BLOCKED'],
    ['TOKEN_NOT_MATCH_IDENTITY_TYPE', 'JOBWORTH_MISMATCH'],
    ['PARAM_ERROR', 'JOBWORTH_REFUSED'],
  ])('the signed refusal %s of job identity is %s and consumes nothing', async (upstreamCode, code) => {
    const { query } = await ask(`test_ok_error-${upstreamCode}`);
    expect(await query()).toEqual({ kind: 'REFUSED', code, upstreamCode, upstreamTraceId });
  });

  test('SYSTEM_ERROR of job identity is indeterminate, and an unsigned refusal is final', async () => {
    const system = await ask('test_ok_error-SYSTEM_ERROR');
    await expect(system.query()).rejects.toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    const unsigned = await ask('test_ok_error-RISK_INTERCEPT', { emulator: { signErrors: false } });
    await expect(unsigned.query()).rejects.toMatchObject({ code: 'JOBWORTH_BLOCKED' });
  });
});

test('the SDK verifies what our emulator signs, in both protocols', async () => {
  const { emulator } = await open();
  const sdk = new AlipaySdk({
    appId,
    privateKey,
    keyType: 'PKCS8',
    alipayPublicKey: vectors.alipayPublicKeySpkiDerBase64,
    gateway: `${emulator.origin}/gateway.do`,
    endpoint: emulator.origin,
  });
  // The SDK writes the time of its machine's zone; the tests run in several.
  const timestamp = new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
  const token = await sdk.exec(
    'alipay.system.oauth.token',
    { timestamp, grantType: 'authorization_code', code: 'test_ok_alice' },
    { validateSign: true },
  );
  expect(token).toMatchObject({ userId: idsOf('alice').userId });
  const query = {
    conn_key: 'c',
    once_token: 'test_ok_bob',
    query_type: 'dim',
    identity_type: '04',
    service_id: 's',
    user_id: 'u',
  };
  const reply = await sdk.curl('GET', '/v3/zhima/customer/jobworth/authentication', { query });
  expect(reply.data).toMatchObject({ identity_result: 'SUCCESS' });
});

describe('changed replies', () => {
  const keys = alipayKeys({ privateKey: alipayKey, alipayPublicKey: createPublicKey(alipayKey) });
  const settings = { appId, keys, gatewayUrl: 'https://openapi.alipay.com/gateway.do' };
  const method = 'alipay.system.oauth.token';
  const node = '{"access_token":"at","user_id":"2088102150477652","expires_in":300,"re_expires_in":360}';
  const signature = sign('RSA-SHA256', Buffer.from(node), alipayKey).toString('base64');
  const body = Buffer.from(`{"alipay_system_oauth_token_response":${node},"sign":"${signature}"}`);
  const judge = (bytes: Buffer) => judgeCall(settings, method, { status: 200, headers: {}, body: bytes }, new Map());
  const refused = (bytes: Buffer) => {
    try {
      return JSON.stringify(judge(bytes)) === node ? 'the same' : 'ACCEPTED';
    } catch (error) {
      if (error instanceof PayerIdentityError) return 'refused';
      throw error;
    }
  };

  test('an unchanged reply is accepted', () => expect(judge(body)).toMatchObject({ user_id: '2088102150477652' }));

  test.each([
    [
      'the node twice, genuine first',
      `{"alipay_system_oauth_token_response":${node},"sign":"${signature}","alipay_system_oauth_token_response":{"user_id":"evil","access_token":"x"}}`,
    ],
    [
      'the node twice, genuine last',
      `{"alipay_system_oauth_token_response":{"user_id":"evil","access_token":"x"},"alipay_system_oauth_token_response":${node},"sign":"${signature}"}`,
    ],
    [
      'the key spelt with an escape',
      `{"alipay_system_oauth_token_response":${node},"sign":"${signature}","alipay_system_oauth_token_respons\\u0065":{"user_id":"evil","access_token":"x"}}`,
    ],
    ['a success in an error node', `{"error_response":{"user_id":"evil","access_token":"x","code":"10000"}}`],
    ['no signature', `{"alipay_system_oauth_token_response":${node}}`],
    ['an empty signature', `{"alipay_system_oauth_token_response":${node},"sign":""}`],
    ['another node', `{"alipay_user_info_share_response":${node},"sign":"${signature}"}`],
    ['trailing text', `${body}{}`],
    ['a byte order mark', `\uFEFF${body}`],
  ])('a reply changed to have %s is refused', (_, text) => expect(refused(Buffer.from(text))).toBe('refused'));

  test('100,000 changed replies: none is accepted with another content', { timeout: 120_000 }, () => {
    let accepted = 0;
    let same = 0;
    const change = fc.record({
      at: fc.nat(body.length - 1),
      to: fc.nat(255),
      kind: fc.constantFrom('set', 'insert', 'delete', 'swap'),
    });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        let bytes: Buffer = Buffer.from(body);
        for (const { at, to, kind } of changes) {
          if (kind === 'set') bytes[at % bytes.length] = to;
          else if (kind === 'insert') bytes = Buffer.concat([bytes.subarray(0, at), Buffer.of(to), bytes.subarray(at)]);
          else if (kind === 'delete') bytes = Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + 1)]);
          else bytes = Buffer.concat([bytes.subarray(at), bytes.subarray(0, at)]);
        }
        const result = refused(bytes);
        if (result === 'ACCEPTED') accepted += 1;
        if (result === 'the same') same += 1;
      }),
      { numRuns: runs(100_000) },
    );
    console.log(
      `alipay v1: ${runs(100_000)} changed replies, ${accepted} accepted, ${same} changed outside of what is read`,
    );
    expect(accepted).toBe(0);
  });

  test('20,000 changed job identity replies: none is accepted', { timeout: 60_000 }, () => {
    const text = '{"identity_result":"FAILED","token_status":"FINISH","user_id":"2088102150477652"}';
    const signed = sign('RSA-SHA256', replyTextToSign('1700000000123', 'n', Buffer.from(text)), alipayKey).toString(
      'base64',
    );
    const headers = { 'alipay-timestamp': '1700000000123', 'alipay-nonce': 'n', 'alipay-signature': signed };
    let accepted = 0;
    fc.assert(
      fc.property(fc.nat(text.length - 1), fc.nat(255), (at, to) => {
        const bytes = Buffer.from(text);
        if (bytes[at] === to) return;
        bytes[at] = to;
        try {
          judgeJobworth(keys, { status: 200, headers, body: bytes });
          accepted += 1;
        } catch (error) {
          if (!(error instanceof PayerIdentityError)) throw error;
        }
      }),
      { numRuns: runs(20_000) },
    );
    expect(accepted).toBe(0);
  });
});
