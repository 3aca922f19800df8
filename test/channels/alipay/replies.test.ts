/** Replies as Alipay's gateway really sends them, over real HTTP: in GBK, unsigned, without a certificate, traced. */
import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';
import { describe, expect, onTestFinished, test } from 'vitest';
import { alipay } from '../../../src/channels/alipay/alipay.ts';
import { alipayKeys, keyConfig } from '../../../src/channels/alipay/keys.ts';
import type { Source } from '../../../src/channels/source.ts';
import { type AlipayOptions, startAlipay } from '../../../src/emulators/alipay.ts';
import { createRedeemOnce } from '../../../src/identity/redeem-once.ts';
import { createLog } from '../../../src/lib/log.ts';
import { createMetrics } from '../../../src/metrics.ts';
import { generateVaultKeys, openVault } from '../../../src/security/vault.ts';
import { createStore } from '../../../src/store/create-store.ts';
import { openSqlite } from '../../../src/store/engine/sqlite.ts';
import { claimOf, contractTimes } from '../../contract/store/fixtures.ts';
import { openSource, origin, soon } from '../../support/services/sources.ts';
import { newRsaKey, pemOf } from '../../support/signers/certificates.ts';
import vectors from '../../vectors/alipay.json' with { type: 'json' };
import certificates from '../../vectors/alipay-certificates.json' with { type: 'json' };

const appId = '2021000000000001';
const keyOf = (base64: string) =>
  createPrivateKey({ key: Buffer.from(base64, 'base64'), format: 'der', type: 'pkcs8' });
const appKey = keyOf(vectors.appPrivateKeyPkcs8DerBase64);
const alipayKey = keyOf(vectors.alipayPrivateKeyPkcs8DerBase64);
const { note: _, ...pems } = certificates;
const { serialNumbers, verifiers } = alipayKeys({
  privateKey: appKey,
  certificates: keyConfig.certificates.unwrap().parse(pems),
});
const [alipayCertSn = ''] = verifiers.keys();
const certs = { appCertSn: serialNumbers?.app ?? '', alipayRootCertSn: serialNumbers?.alipayRoot ?? '' };
const traceId = expect.stringMatching(/^[0-9a-f]{30}$/);

interface Options {
  readonly app?: Partial<AlipayOptions['apps'][number]>;
  readonly emulator?: Partial<AlipayOptions>;
  readonly source?: Readonly<Record<string, unknown>>;
}

const open = async ({ app = {}, emulator: options = {}, source: settings = {} }: Options = {}) => {
  const apps = [{ appId, publicKey: createPublicKey(appKey), ...app }];
  const emulator = await startAlipay({ apps, privateKey: alipayKey, ...options });
  const urls = { gatewayUrl: `${emulator.origin}/gateway.do`, apiUrl: emulator.origin };
  const keys = 'certificates' in settings ? {} : { alipayPublicKey: vectors.alipayPublicKeySpkiDerBase64 };
  const privateKey = vectors.appPrivateKeyPkcs8DerBase64;
  const { source, disconnect } = openSource(alipay, { appId, privateKey, ...keys, ...urls, ...settings });
  onTestFinished(async () => {
    await disconnect();
    await emulator.close();
  });
  const redeem = (code: string) => source.redeem(code, { channelId: 'ali_pay' }, soon());
  return { source, emulator, redeem };
};
const certificateMode: Options = { app: { certs }, emulator: { alipayCertSn }, source: { certificates: pems } };
const payer = (holderName: string) =>
  ({
    orderNo: 'Z1',
    method: 'FACE',
    document: { type: 'IDENTITY_CARD', holderName, number: '11010519491231002X' },
  }) as const;
const jobworth = {
  agreementId: 'c',
  match: 'EXACT',
  jobIdentityType: '04',
  serviceId: 's',
  subject: { userId: '20881029102921' },
} as const;

describe('in GBK', () => {
  test.each([{}, certificateMode])(
    'a success in GBK is accepted, and a refusal in GBK has its reason',
    async (options) => {
      const { source, redeem } = await open({ ...options, emulator: { ...options.emulator, charset: 'GBK' } });
      expect((await redeem('test_ok_alice')).subject.userId).toMatch(/^2088/);
      await expect(redeem('test_invalid_a')).rejects.toMatchObject({
        ...{ code: 'AUTH_CODE_INVALID', upstreamCode: 'isv.code-invalid', upstreamTraceId: traceId },
      });
      const refused = source.certifier?.initialize(payer('拒绝'), soon());
      await expect(refused).rejects.toMatchObject({
        code: 'CERTIFICATION_REFUSED',
        upstreamCode: 'ILLEGAL_ARGUMENT_FORMAT',
      });
      await expect(redeem('test_badsign_a')).rejects.toMatchObject({ code: 'REPLY_UNVERIFIED' });
    },
  );
});

describe('a refusal whose signature cannot be checked', () => {
  const invalid = { code: 'AUTH_CODE_INVALID', upstreamCode: undefined, claimedCode: 'isv.code-invalid' };

  test.each<[how: string, options: Options]>([
    ['no certificate named', { ...certificateMode, emulator: { alipayCertSn, nameCertInErrors: false } }],
    ['another certificate named', { ...certificateMode, emulator: { alipayCertSn: 'f'.repeat(32) } }],
    ['another key than Alipay’s configured', { source: { alipayPublicKey: pemOf(createPublicKey(newRsaKey())) } }],
    ['no signature', { emulator: { signErrors: false } }],
  ])('a refusal unverified for %s is the same failure, with a claimed code', async (_, options) => {
    const { source, redeem } = await open(options);
    await expect(redeem('test_invalid_a')).rejects.toMatchObject({ ...invalid, upstreamTraceId: traceId });
    const refused = source.certifier?.initialize(payer('拒绝'), soon());
    const claim = { code: 'CERTIFICATION_REFUSED', upstreamCode: undefined, claimedCode: 'ILLEGAL_ARGUMENT_FORMAT' };
    await expect(refused).rejects.toMatchObject(claim);
  });

  test.each<[how: string, options: Options]>([
    ['another certificate named', { ...certificateMode, emulator: { alipayCertSn: 'f'.repeat(32) } }],
    ['another key than Alipay’s configured', { source: { alipayPublicKey: pemOf(createPublicKey(newRsaKey())) } }],
    ['no signature', { emulator: { signErrors: false } }],
  ])('a v3 refusal unverified for %s is final for the once token, with a claimed code', async (_, options) => {
    const { source } = await open(options);
    const asked = source.jobworth?.query({ ...jobworth, onceToken: 'test_ok_error-RISK_INTERCEPT' }, soon());
    const claim = { code: 'JOBWORTH_BLOCKED', upstreamCode: undefined, claimedCode: 'RISK_INTERCEPT' };
    await expect(asked).rejects.toMatchObject({ ...claim, upstreamTraceId: traceId });
  });

  test('a success by a certificate that is not configured logs CERTIFICATE_UNKNOWN', async () => {
    const { source, redeem } = await open({ ...certificateMode, emulator: { alipayCertSn: 'f'.repeat(32) } });
    const failure = { code: 'REPLY_UNVERIFIED', claimedCode: 'CERTIFICATE_UNKNOWN', upstreamTraceId: traceId };
    await expect(redeem('test_ok_a')).rejects.toMatchObject(failure);
    const asked = source.jobworth?.query({ ...jobworth, onceToken: 'test_ok_a' }, soon());
    await expect(asked).rejects.toMatchObject(failure);
  });
});

describe('the trace id', () => {
  test.each(['badsign', 'nosign', 'twice', 'gbk'])(
    'is on the failure of a reply of kind %s, in both protocols',
    async (kind) => {
      const { source, redeem } = await open();
      const onceToken = `test_${kind}_a`;
      await expect(redeem(onceToken)).rejects.toMatchObject({ upstreamTraceId: traceId });
      await expect(source.jobworth?.query({ ...jobworth, onceToken }, soon())).rejects.toMatchObject({
        upstreamTraceId: traceId,
      });
    },
  );

  test('a signed refusal of job identity carries the trace id', async () => {
    const { source } = await open();
    const asked = await source.jobworth?.query({ ...jobworth, onceToken: 'test_invalid_a' }, soon());
    expect(asked).toEqual({
      ...{ kind: 'REFUSED', code: 'ONCE_TOKEN_INVALID', upstreamCode: 'TOKEN_INVALID', upstreamTraceId: traceId },
    });
  });
});

describe('content encryption', () => {
  const encryptKey = 'MDEyMzQ1Njc4OWFiY2RlZg==';

  test('content encryption is announced only for requests with content, in both protocols', async () => {
    const { source, emulator, redeem } = await open({ app: { encryptKey }, source: { encryptKey } });
    await redeem('test_ok_alice');
    await source.certifier?.initialize(payer('张三'), soon());
    await source.jobworth?.query({ ...jobworth, onceToken: 'test_ok_alice' }, soon());
    const [token, initialize, asked] = emulator.ledger.map(({ url, headers }) => [
      url.searchParams.get('encrypt_type'),
      headers['alipay-encrypt-type'],
    ]);
    expect([token, initialize, asked]).toEqual([
      [null, undefined],
      ['AES', undefined],
      [null, undefined],
    ]);
  });
});

test('P1: a request that cannot be signed leaves the code unspent, and the same call succeeds with the right key', async () => {
  const { source, emulator } = await open();
  const unfit = alipay.open(
    {
      ...alipay.config.parse({
        ...{ appId, privateKey: vectors.appPrivateKeyPkcs8DerBase64 },
        alipayPublicKey: vectors.alipayPublicKeySpkiDerBase64,
      }),
      privateKey: generateKeyPairSync('x25519').privateKey,
    },
    { connect: () => () => expect.unreachable(), now: Date.now, nonce: () => 'n' },
  );
  const store = createStore(openSqlite({ file: ':memory:', now: Date.now }), {
    vault: openVault(generateVaultKeys()),
    times: contractTimes,
  });
  onTestFinished(() => store.close());
  const times = { deadlineMs: 2_000, patienceMs: 2_000, leaseMs: 10_000 };
  const once = createRedeemOnce({ store, log: createLog('silent'), metrics: createMetrics(), times });
  const place = { source: 'alipay', upstreamAppId: appId, appId: 'demo', channelId: 'ali_pay' };
  const claim = () => claimOf({ ...place, authCode: 'test_ok_alice', caller: 'router', traceId: 'trace' });
  const authenticate = (by: Source) =>
    once(
      claim(),
      async (cancellation) => {
        const { subject } = await by.redeem('test_ok_alice', { channelId: 'ali_pay' }, { ...cancellation, origin });
        return { state: 'ANSWERED', answer: JSON.stringify(subject) };
      },
      { clientGone: new AbortController().signal },
    );
  await expect(authenticate(unfit)).rejects.toMatchObject({ code: 'CHANNEL_UNREACHABLE' });
  expect(emulator.ledger).toHaveLength(0);
  expect(await authenticate(source)).toMatchObject({ state: 'ANSWERED' });
  expect(emulator.ledger).toHaveLength(1);
});
