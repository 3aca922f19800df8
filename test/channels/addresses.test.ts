import { describe, expect, onTestFinished, test } from 'vitest';
import { openSources } from '../../src/channels/registry.ts';
import { startEmulator } from '../../src/emulators/emulator.ts';
import { soon } from '../support/services/sources.ts';
import vectors from '../vectors/alipay.json' with { type: 'json' };

const keys = {
  privateKey: vectors.appPrivateKeyPkcs8DerBase64,
  alipayPublicKey: vectors.alipayPublicKeySpkiDerBase64,
};
const alipay = { type: 'alipay', appId: '2021000000000001', ...keys };
const daxpay = { type: 'daxpay', baseUrl: 'https://pay.example', appId: 'a', secret: 's' };
const jucai = { type: 'jucai', baseUrl: 'https://pay.example', mchNo: 'm', appId: 'a', secret: 's' };
const web = { type: 'wechat', kind: 'web', appId: 'wx1', appSecret: 'x' };
const miniprogram = { type: 'wechat', kind: 'miniprogram', appId: 'wx1', appSecret: 'x' };
const native = { type: 'wechat', kind: 'native', appId: 'wx1', appSecret: 'x' };
const paymentCode = { type: 'wechat', kind: 'payment_code', appId: 'wx1', mchId: '1', apiKey: 'k' };

type Options = { readonly type: string; readonly [option: string]: unknown };
interface Setting {
  readonly name: string;
  readonly options: Options;
  /** `endpoint`: not the source's own, so it may have a query. */
  readonly kind?: 'endpoint' | 'page';
  /** Its replies are not signed, so plain HTTP is for this machine. */
  readonly needsTls?: boolean;
}

/** Every address that a source can be given. */
const settings: readonly Setting[] = [
  { name: 'gatewayUrl', options: alipay },
  { name: 'apiUrl', options: alipay },
  { name: 'authorizeUrl', options: alipay, kind: 'page' },
  { name: 'baseUrl', options: daxpay },
  { name: 'baseUrl', options: { ...daxpay, replySignature: 'optional' }, needsTls: true },
  { name: 'baseUrl', options: { ...daxpay, profile: 'ga', mchNo: 'M' }, needsTls: true },
  { name: 'baseUrl', options: { ...daxpay, resultHolder: { queryUrl: 'https://pay.example/q' } }, needsTls: true },
  { name: 'resultHolder.queryUrl', options: daxpay, kind: 'endpoint', needsTls: true },
  { name: 'baseUrl', options: jucai },
  { name: 'baseUrl', options: { ...jucai, signing: { replySignature: 'optional' } }, needsTls: true },
  { name: 'unionpayAuthorizeUrl', options: jucai, kind: 'page' },
  { name: 'apiUrl', options: web, needsTls: true },
  { name: 'authorizeUrl', options: web, kind: 'page' },
  { name: 'apiUrl', options: miniprogram, needsTls: true },
  { name: 'apiUrl', options: native, needsTls: true },
  { name: 'payUrl', options: paymentCode },
];

const openWith = ({ name, options }: Setting, address: string) => {
  const [first = '', second] = name.split('.');
  const sources = openSources({ main: { ...options, [first]: second ? { [second]: address } : address } });
  onTestFinished(() => sources.close());
  const source = sources.get('main');
  if (!source) throw new Error('not opened');
  return source;
};

const pathOf = (address: string) => new URL(address).pathname;
const redeem = (source: ReturnType<typeof openWith>, channelId: string) =>
  source.redeem('101234567890123456', { channelId, clientIp: '203.0.113.7' }, soon()).catch(() => undefined);

for (const setting of settings) {
  const { name, options, kind, needsTls = false } = setting;
  describe(`${options.type} ${name}${needsTls ? ', whose replies are not signed,' : ''}`, () => {
    test.each([
      'ftp://h.example',
      'h.example',
      '//h.example',
      'https:h.example',
      'https:///h.example',
      'https://',
      'https://s3cret@h.example',
      'https://user:s3cret@h.example/p',
      'https://@h.example',
      'https://h.example/p#s3cret',
      'https://h.example/p?a=s3cret#',
      'https://h.example\\p',
      'https://h.example/p\n',
      'https://h.exa\tmple',
      ' https://h.example',
      'https://h.example/ p',
      'https://h.example:0/',
      'https://h.example:99999/',
      'https://[::1/',
      'https://h.example/\u0000',
      ...(kind === 'endpoint'
        ? []
        : ['https://h.example/p?', 'https://h.example/p?charset=utf-8', 'https://h.example?a=1']),
    ])('%j is refused at start, with a message that names source and setting and repeats nothing of it', (address) => {
      let said = '';
      try {
        openWith(setting, address);
      } catch (error) {
        said = String(error);
      }
      expect(said).toContain(`Source main: ${name}: `);
      expect(said).not.toMatch(/s3cret|h\.ex/);
    });

    test.each(['https://h.example', 'HTTPS://H.Example:443/', 'https://h.example:8443/a/b', 'https://支付.example/p/'])(
      '%j is accepted',
      (address) => {
        expect(() => openWith(setting, address)).not.toThrow();
      },
    );

    test.each([
      'http://127.0.0.1:1',
      'http://127.8.9.10/p',
      'http://[::1]:1/p',
      'http://localhost:1',
      'http://LOCALHOST/p',
      'http://pay.localhost',
    ])('%j is accepted, since nothing leaves this machine', (address) => {
      expect(() => openWith(setting, address)).not.toThrow();
    });

    test.each([
      'http://h.example',
      'http://10.0.0.1',
      'http://127.0.0.1.h.example',
      'http://localhost.h.example',
      'http://[2001:db8::1]',
      'http://128.0.0.1',
      'http://1localhost',
      'http://0.0.0.0',
    ])(
      needsTls ? '%j is refused at start: TLS alone authenticates the replies' : '%j is accepted: replies are signed',
      (address) => {
        if (needsTls) expect(() => openWith(setting, address)).toThrow(`Source main: ${name}: https:// is required`);
        else expect(() => openWith(setting, address)).not.toThrow();
      },
    );
  });
}

describe('a path in an address', () => {
  const requests = [
    { options: { ...daxpay }, name: 'baseUrl', channel: 'ali_pay', path: '/unipay/assist/channel/auth/auth' },
    { options: { ...jucai }, name: 'baseUrl', channel: 'wechat_pay', path: '/pay/api/1.0/auth2OpenId' },
    { options: { ...web }, name: 'apiUrl', channel: 'wechat_pay', path: '/sns/oauth2/access_token' },
    { options: { ...miniprogram }, name: 'apiUrl', channel: 'wechat_pay', path: '/sns/jscode2session' },
    { options: { ...paymentCode }, name: 'payUrl', channel: 'wechat_pay', path: '/tools/authcodetoopenid' },
  ];

  test.each(
    requests.flatMap((request) =>
      ['', '/', '/a/b', '/a/b/', '/%E6%94%AF/x.do'].map((prefix) => ({ ...request, prefix })),
    ),
  )('$options.type $name with $prefix: requests go below it', async ({ options, name, channel, path, prefix }) => {
    const emulator = await startEmulator(() => ({ status: 500, body: '' }));
    onTestFinished(() => emulator.close());
    await redeem(openWith({ name, options }, emulator.origin + prefix), channel);
    expect(emulator.ledger.map(({ url }) => url.pathname)).toEqual([prefix.replace(/\/$/, '') + path]);
  });

  test('requests go to the exact path of gatewayUrl for Alipay v1, and below the path of apiUrl for v3', async () => {
    const emulator = await startEmulator(() => ({ status: 500, body: '' }));
    onTestFinished(() => emulator.close());
    await redeem(openWith({ name: 'gatewayUrl', options: alipay }, `${emulator.origin}/x/gateway.do`), 'ali_pay');
    const api = openWith({ name: 'apiUrl', options: alipay }, `${emulator.origin}/x/`);
    const asked = {
      agreementId: 'k',
      onceToken: 't',
      match: 'EXACT',
      jobIdentityType: 'i',
      serviceId: 's',
      subject: {},
    } as const;
    await api.jobworth?.query(asked, soon()).catch(() => undefined);
    const paths = emulator.ledger.map(({ url }) => url.pathname);
    expect(paths).toEqual(['/x/gateway.do', '/x/v3/zhima/customer/jobworth/authentication']);
  });

  test('the query of an endpoint is sent, with each parameter once', async () => {
    const emulator = await startEmulator(() => ({ status: 500, body: '' }));
    onTestFinished(() => emulator.close());
    const setting = { name: 'resultHolder.queryUrl', options: daxpay };
    const source = openWith(setting, `${emulator.origin}/x/query/?from=console&queryCode=old`);
    await source.resultHolder?.collect('new', soon()).catch(() => undefined);
    expect(emulator.ledger.map(({ rawUrl }) => rawUrl)).toEqual(['/x/query/?from=console&queryCode=new']);
  });
});

describe('the address of a page', () => {
  const request = { returnUrl: 'https://shop.example/?a=1', state: 'abc' };
  const pages = settings.filter(({ kind }) => kind === 'page');

  test.each(pages)('the page of $options.type $name has one question mark, and each parameter once', (setting) => {
    for (const address of ['https://h.example/p', 'https://h.example', 'https://H.example:443/a/']) {
      const source = openWith(setting, address);
      const page = source.authorizer?.url(request) ?? '';
      expect(page.split('?')).toHaveLength(2);
      const names = [...new URL(page).searchParams.keys()];
      expect([names.length, pathOf(page)]).toEqual([new Set(names).size, pathOf(address)]);
    }
  });

  test('the page of a certification begins with gatewayUrl, and has one question mark', () => {
    const source = openWith({ name: 'gatewayUrl', options: alipay }, 'https://H.example/gateway.do');
    const page = source.certifier?.page('e63e21d979ef24934d5aa384847e7560', undefined);
    for (const address of [page?.url ?? '', page?.form.action ?? '']) {
      expect(address.split('?')).toHaveLength(2);
      expect(address).toMatch(/^https:\/\/h\.example\/gateway\.do\?app_id=2021000000000001&/);
    }
  });
});
