/** The emulator against requests that are signed by hand, the published vectors, and the official SDK. */
import { createCipheriv, createDecipheriv, createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { AlipaySdk, type AlipaySdkConfig } from 'alipay-sdk';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type AlipayOptions, startAlipay } from '../../src/emulators/alipay.ts';
import type { AlipayApp } from '../../src/emulators/alipay-v3.ts';
import { idsOf } from '../../src/emulators/test-codes.ts';

const vectors = JSON.parse(readFileSync(new URL('../vectors/alipay.json', import.meta.url), 'utf8'));
const der = (base64: string) => Buffer.from(base64, 'base64');
const appKey = createPrivateKey({ key: der(vectors.appPrivateKeyPkcs8DerBase64), format: 'der', type: 'pkcs8' });
const appPublicKey = createPublicKey(appKey);
const alipayKey = createPrivateKey({ key: der(vectors.alipayPrivateKeyPkcs8DerBase64), format: 'der', type: 'pkcs8' });
const alipayPublicKey = createPublicKey(alipayKey);
const pem = (key: typeof appKey, type: 'pkcs8' | 'spki') => key.export({ format: 'pem', type }).toString();

const appId = '2021000000000001';
const encryptKey = 'MDEyMzQ1Njc4OWFiY2RlZg==';
const certs = { appCertSn: 'a'.repeat(32), alipayRootCertSn: `${'b'.repeat(32)}_${'c'.repeat(32)}` };
const OAUTH = 'alipay.system.oauth.token';
const INITIALIZE = 'alipay.user.certify.open.initialize';
const CERTIFY = 'alipay.user.certify.open.certify';
const QUERY = 'alipay.user.certify.open.query';
const noon = Date.parse('2026-11-22T12:00:00+08:00');

type Params = Record<string, string | undefined>;
// biome-ignore lint/suspicious/noExplicitAny: tests assert the shape that they expect
type Node = any;

const signText = (text: string, key = appKey) => sign('sha256', Buffer.from(text), key).toString('base64');
const isAlipays = (text: string | Buffer, signature: string | null) =>
  verify('sha256', Buffer.from(text), alipayPublicKey, der(signature ?? ''));
/** Neither sent nor signed: what is undefined. Sent and not signed: what is empty. */
const present = (params: Params) => Object.entries(params).filter((pair): pair is [string, string] => pair[1] != null);
const omit = (params: Params, others: Params) =>
  Object.fromEntries(Object.entries(params).filter(([name]) => !(name in others)));
const signParams = (params: Params, key = appKey) => {
  const names = present(params).flatMap(([name, value]) => (value === '' ? [] : [name]));
  return signText(
    names
      .sort()
      .map((name) => `${name}=${params[name]}`)
      .join('&'),
    key,
  );
};

interface Reply {
  readonly response: Response;
  readonly text: string;
  readonly root: string;
  /** The node as it was sent. */
  readonly raw: string;
  readonly node: Node;
  readonly sign: string;
  /** Whether Alipay's key has signed the node. */
  readonly isSigned: boolean;
}

/** Starts an emulator whose clock says noon, and gives it a client that shares no code with it. */
const start = async ({ app = {}, ...options }: Partial<AlipayOptions> & { app?: Partial<AlipayApp> } = {}) => {
  const clock = { now: noon };
  const apps = [{ appId, publicKey: appPublicKey, ...app }];
  const { origin, close } = await startAlipay({ apps, privateKey: alipayKey, now: () => clock.now, ...options });
  onTestFinished(close);

  const common = (method: string): Params => ({
    app_id: appId,
    method,
    format: 'json',
    charset: 'utf-8',
    sign_type: 'RSA2',
    timestamp: '2026-11-22 12:00:00',
    version: '1.0',
  });
  const signed = (method: string, params: Params, key = appKey) => {
    const all = { ...common(method), ...params };
    return { ...all, sign: params.sign ?? signParams(all, key) };
  };
  const inBody = new Set(['biz_content', 'code', 'grant_type']);
  const post = (params: Params) => {
    const [query, body] = [new URLSearchParams(), new URLSearchParams()];
    for (const [name, value] of present(params)) (inBody.has(name) ? body : query).set(name, value);
    return fetch(`${origin}/gateway.do?${query}`, { method: 'POST', body });
  };
  const read = async (response: Response): Promise<Reply> => {
    const text = await response.text();
    const [, root = '', raw = '', tail = ''] = /^\{"(\w+)":(\{.*?\}|"[^"]*")((?:,"\w+":"[^"]*")*)\}$/s.exec(text) ?? [];
    const members = JSON.parse(`{${tail.slice(1)}}`);
    const isOne = root !== '' && text.split(`"${root}":`).length === 2;
    const sign: string = members.sign ?? '';
    const isSigned = isAlipays(raw, sign);
    return { response, text, root, raw, node: isOne ? JSON.parse(raw) : undefined, sign, isSigned };
  };
  const send = async (method: string, params: Params, key = appKey) => read(await post(signed(method, params, key)));
  const redeem = (code: string, params: Params = {}) =>
    send(OAUTH, { grant_type: 'authorization_code', code, ...params });
  const business = (method: string, biz: unknown, params: Params = {}) =>
    send(method, { biz_content: JSON.stringify(biz), ...params });
  const get = (path: string) => fetch(origin + path, { redirect: 'manual' });

  const authorize = (target: string, { auth = {}, key = appKey, body = '', method = 'GET' }: V3 = {}) => {
    // Those that a test gives come first, in its order.
    const fields = { ...auth, ...omit({ app_id: appId, nonce: 'eb4ade8f', timestamp: String(clock.now) }, auth) };
    const authString = present(fields)
      .map(([name, value]) => `${name}=${value}`)
      .join(',');
    const signature = signText(`${authString}\n${method}\n${target}\n${body}\n`, key);
    return { authorization: `ALIPAY-SHA256withRSA ${authString},sign=${signature}` };
  };
  const getV3 = async (target: string, options: V3 = {}) => {
    const headers = { ...authorize(target, options), ...options.headers };
    const response = await fetch(origin + (options.sendTo ?? target), { headers, redirect: 'manual' });
    const bytes = Buffer.from(await response.arrayBuffer());
    const { headers: told } = response;
    const text = `${told.get('alipay-timestamp')}\n${told.get('alipay-nonce')}\n`;
    const isSigned = isAlipays(
      Buffer.concat([Buffer.from(text), bytes, Buffer.from('\n')]),
      told.get('alipay-signature'),
    );
    return { response, bytes, isSigned, body: bytes.toString() };
  };
  const jobworth = (onceToken: string, changes: Params = {}, options: V3 = {}) => {
    const query = { ...jobworthQuery, once_token: onceToken, ...changes };
    return getV3(`/v3/zhima/customer/jobworth/authentication?${new URLSearchParams(present(query))}`, options);
  };
  return { origin, clock, common, signed, post, read, send, redeem, business, get, getV3, jobworth };
};

interface V3 {
  readonly auth?: Params;
  readonly key?: typeof appKey;
  readonly body?: string;
  readonly method?: string;
  readonly headers?: Record<string, string>;
  /** Another target than the one that was signed. */
  readonly sendTo?: string;
}

const jobworthQuery = {
  conn_key: 'uuid 中/~*',
  query_type: 'exact',
  identity_type: '04',
  service_id: '2019120400000000000004450100',
  user_id: '2088102910292100',
};
const bill = {
  outer_order_no: 'ZGYD201809132323000001234',
  biz_code: 'FACE',
  identity_param: {
    identity_type: 'CERT_INFO',
    cert_type: 'IDENTITY_CARD',
    cert_name: '张三',
    cert_no: '330100199001011234',
  },
  merchant_config: { return_url: 'https://shop.example/back?d=1&e=2' },
};
const billFor = (certName: string) => ({ ...bill, identity_param: { ...bill.identity_param, cert_name: certName } });
const hrefs = (html: string) =>
  Object.fromEntries(
    [...html.matchAll(/<a href="([^"]*)">([^<]*)<\/a>/g)].map(([, href = '', label = '']) => [
      label,
      href.replaceAll('&amp;', '&'),
    ]),
  );

describe('the first protocol', () => {
  test('tells the user_id of an auth code, signed over the node as it is sent', async () => {
    const { redeem } = await start();
    const { response, root, raw, node, sign, isSigned } = await redeem('test_ok_alice~1');
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('text/html;charset=utf-8');
    expect(root).toBe('alipay_system_oauth_token_response');
    expect(node).toEqual({
      access_token: idsOf('alice').accessToken,
      alipay_user_id: expect.stringMatching(/^2088\d{28}$/),
      auth_start: '2026-11-22 12:00:00',
      expires_in: 1_296_000,
      re_expires_in: 2_592_000,
      refresh_token: expect.stringContaining('/'),
      user_id: idsOf('alice').userId,
    });
    expect(raw).toContain('\\/');
    expect(raw).not.toMatch(/[^\\]\//);
    expect(isSigned).toBe(true);
    expect(isAlipays(raw.replaceAll('\\/', '/'), sign)).toBe(false);
  });

  test('tells the open_id and the union_id where the application is told them', async () => {
    const { redeem } = await start({ app: { idKind: 'openId', unionId: true } });
    const { node } = await redeem('test_ok_alice~1');
    expect(node).toMatchObject({ open_id: idsOf('alice').openId, union_id: expect.stringMatching(/^[\w-]{43}$/) });
    expect(node).not.toHaveProperty('user_id');
    expect(node).not.toHaveProperty('alipay_user_id');
  });

  test('takes keys as PEM', async () => {
    const app = { publicKey: pem(appPublicKey, 'spki') };
    const { redeem } = await start({ app, privateKey: pem(alipayKey, 'pkcs8') });
    const { isSigned } = await redeem('test_ok_alice~1');
    expect(isSigned).toBe(true);
  });

  test.each(['test_invalid_a', 'test_used_a', 'test_expired_a', 'what?', ''])('refuses the code "%s"', async (code) => {
    const { redeem } = await start();
    const { text, sign, isSigned } = await redeem(code);
    const node = '{"code":"40002","msg":"Invalid Arguments","sub_code":"isv.code-invalid","sub_msg":"授权码code无效"}';
    expect(text).toBe(`{"error_response":${node},"sign":"${sign}"}`);
    expect(isSigned).toBe(true);
  });

  test('leaves errors unsigned when told so', async () => {
    const { redeem, send } = await start({ signErrors: false });
    expect((await redeem('test_invalid_a')).text).toMatch(/^\{"error_response":\{[^{}]*\}\}$/);
    expect((await send(OAUTH, { version: '2.0' })).text).not.toContain('"sign"');
    expect((await redeem('test_ok_a')).isSigned).toBe(true);
  });

  test('takes a code once', async () => {
    const { redeem } = await start();
    expect((await redeem('test_ok_alice~1')).node.user_id).toBe(idsOf('alice').userId);
    expect((await redeem('test_ok_alice~1')).node.sub_code).toBe('isv.code-invalid');
    expect((await redeem('test_ok_alice~2')).node.user_id).toBe(idsOf('alice').userId);
  });

  test('does not look for oauth parameters in a biz_content', async () => {
    const { business } = await start();
    const { root, node } = await business(OAUTH, { grant_type: 'authorization_code', code: 'test_ok_alice' });
    expect([root, node.sub_code]).toEqual(['error_response', 'isv.grant-type-invalid']);
  });

  test('takes all parameters in the query, too', async () => {
    const { signed, get, read } = await start();
    const params = present(signed(OAUTH, { grant_type: 'authorization_code', code: 'test_ok_alice' }));
    const { node } = await read(await get(`/gateway.do?${new URLSearchParams(params)}`));
    expect(node.user_id).toBe(idsOf('alice').userId);
  });

  test('of two parameters with one name takes that of the query, and reads no body but a form', async () => {
    const { origin, signed, read } = await start();
    const params = present(signed(OAUTH, { grant_type: 'authorization_code', code: 'test_ok_alice' }));
    const url = `${origin}/gateway.do?${new URLSearchParams(params)}`;
    const postWith = (body: string | URLSearchParams) => fetch(url, { method: 'POST', body }).then(read);
    const other = 'code=test_ok_bob&extra=1';
    expect((await postWith(new URLSearchParams({ code: 'test_ok_bob' }))).node.user_id).toBe(idsOf('alice').userId);
    // Not a form: fetch sends it as text. A form with the same bytes has a parameter that nobody has signed.
    expect((await postWith(other)).node.sub_code).toBe('isv.code-invalid');
    expect((await postWith(new URLSearchParams(other))).node.sub_code).toBe('isv.invalid-signature');
  });

  describe('refuses, by the names of the real gateway,', () => {
    const faults: [what: string, params: Params, code: string, subCode: string][] = [
      ['no sign', { sign: '' }, '40001', 'isv.missing-signature'],
      ['no sign_type', { sign_type: undefined }, '40001', 'isv.missing-signature-type'],
      ['a sign_type that is not RSA2', { sign_type: 'RSA' }, '40002', 'isv.invalid-signature-type'],
      ['a charset that is not utf-8', { charset: 'gbk' }, '40002', 'isv.invalid-charset'],
      ['no timestamp', { timestamp: undefined }, '40001', 'isv.missing-timestamp'],
      ['a timestamp of another form', { timestamp: '2026-11-22T12:00:00' }, '40002', 'isv.invalid-timestamp'],
      ['a timestamp in UTC', { timestamp: '2026-11-22 04:00:00' }, '40002', 'isv.invalid-timestamp'],
      ['a timestamp 601 s ago', { timestamp: '2026-11-22 11:49:59' }, '40002', 'isv.invalid-timestamp'],
      ['a timestamp 601 s ahead', { timestamp: '2026-11-22 12:10:01' }, '40002', 'isv.invalid-timestamp'],
      ['no version', { version: undefined }, '40001', 'isv.missing-version'],
      ['another version', { version: '2.0' }, '40002', 'isv.invalid-version'],
      ['another format', { format: 'xml' }, '40002', 'isv.invalid-format'],
      ['no method', { method: undefined }, '40001', 'isv.missing-method'],
      ['a method that does not exist', { method: 'alipay.trade.pay' }, '40002', 'isv.invalid-method'],
      ['an encryption that is not AES', { encrypt_type: 'SM4' }, '40002', 'isv.invalid-encrypt-type'],
      ['AES without a key', { encrypt_type: 'AES' }, '40003', 'isv.decryption-error-not-valid-encrypt-key'],
      ['a biz_content that is no JSON', { biz_content: '{' }, '40002', 'isv.invalid-parameter'],
    ];
    test.each(faults)('%s', async (_, params, code, subCode) => {
      const { send } = await start();
      const { response, root, node, isSigned } = await send(QUERY, params);
      expect(response.status).toBe(200);
      const method = 'method' in params ? params.method : QUERY;
      expect(root).toBe(method ? `${method.replaceAll('.', '_')}_response` : 'error_response');
      expect(node).toMatchObject({ code, sub_code: subCode });
      expect(isSigned).toBe(true);
    });

    test.each([
      [{ app_id: '2021000000000009' }, '40002', 'isv.invalid-app-id'],
      [{ app_id: undefined }, '40001', 'isv.missing-app-id'],
    ])('an application that it does not know, first of all and unsigned', async (params, code, subCode) => {
      const { send } = await start();
      const { text, node, root } = await send(QUERY, { ...params, sign: 'ZmFrZQ==', version: '9' });
      expect(root).toBe('alipay_user_certify_open_query_response');
      expect(node).toMatchObject({ code, sub_code: subCode });
      expect(text).not.toContain('"sign"');
    });

    test('a signature by another key, with the text that it has verified', async () => {
      const { send, common } = await start();
      const { node, isSigned } = await send(QUERY, { biz_content: '{"certify_id":"密"}' }, alipayKey);
      const { app_id, ...rest } = common(QUERY);
      const text = [`app_id=${app_id}`, 'biz_content={&quot;certify_id&quot;:&quot;密&quot;}']
        .concat(
          present(rest)
            .map(([name, value]) => `${name}=${value}`)
            .sort(),
        )
        .join('&amp;');
      expect(node).toEqual({
        code: '40002',
        msg: 'Invalid Arguments',
        sub_code: 'isv.invalid-signature',
        sub_msg: `验签出错，建议检查签名字符串或签名私钥与应用公钥是否匹配，网关生成的验签字符串为：${text}`,
      });
      expect(isSigned).toBe(true);
    });

    test.each(['charset', 'sign_type', 'code', 'timestamp'])('a signature that leaves out %s', async (name) => {
      const { signed, post, read, common } = await start();
      const params = { grant_type: 'authorization_code', code: 'test_ok_alice' };
      const all: Params = { ...common(OAUTH), ...params };
      const { node } = await read(
        await post(signed(OAUTH, { ...params, sign: signParams({ ...all, [name]: undefined }) })),
      );
      expect(node.sub_code).toBe('isv.invalid-signature');
    });

    test('a signature in base64url, or none at all', async () => {
      const { send, signed } = await start();
      const { sign } = signed(QUERY, {});
      for (const wrong of [sign.replaceAll('+', '-').replaceAll('/', '_'), '*', 'ZmFrZQ=='])
        expect((await send(QUERY, { sign: wrong })).node.sub_code).toBe('isv.invalid-signature');
    });

    test('a charset in the body', async () => {
      const { origin, signed, read } = await start();
      const { charset = '', ...query }: Params = signed(QUERY, {});
      const url = `${origin}/gateway.do?${new URLSearchParams(present(query))}`;
      const { node } = await read(await fetch(url, { method: 'POST', body: new URLSearchParams({ charset }) }));
      expect(node).toMatchObject({
        sub_code: 'isv.invalid-signature',
        sub_msg: '验签出错，请确认charset参数放在了URL查询字符串中且各参数值使用charset参数指示的字符集编码',
      });
    });
  });

  test.each(['2026-11-22 11:50:00', '2026-11-22 12:10:00'])('allows ten minutes, as at %s', async (timestamp) => {
    const { redeem } = await start();
    expect((await redeem('test_ok_alice', { timestamp })).node).toHaveProperty('user_id');
  });

  describe('with certificates', () => {
    const sns = { app_cert_sn: certs.appCertSn, alipay_root_cert_sn: certs.alipayRootCertSn };

    test('names its own between the node and the signature', async () => {
      const { redeem } = await start({ app: { certs }, alipayCertSn: 'd'.repeat(32) });
      const { text, raw, sign, isSigned } = await redeem('test_ok_alice', sns);
      expect(text).toBe(
        `{"alipay_system_oauth_token_response":${raw},"alipay_cert_sn":"${'d'.repeat(32)}","sign":"${sign}"}`,
      );
      expect(isSigned).toBe(true);
    });

    test.each([
      [{ app_cert_sn: undefined }, 'isv.missing-app-cert-sn'],
      [{ app_cert_sn: 'e' }, 'isv.app-cert-not-exist'],
      [{ alipay_root_cert_sn: undefined }, 'isv.missing-alipay-root-cert-sn'],
      [{ alipay_root_cert_sn: 'e' }, 'isv.invalid-alipay-root-cert-sn'],
    ])('asks for those of the application: %j', async (params, subCode) => {
      const { send } = await start({ app: { certs }, alipayCertSn: 'd'.repeat(32) });
      const { node, text } = await send(QUERY, { ...sns, ...params });
      expect(node).toMatchObject({ code: '40002', sub_code: subCode });
      expect(text).toContain(`,"alipay_cert_sn":"${'d'.repeat(32)}","sign":"`);
    });
  });

  describe('with AES', () => {
    const aes = [Buffer.from(encryptKey, 'base64'), Buffer.alloc(16)] as const;
    const encrypt = (text: string) => {
      const cipher = createCipheriv('aes-128-cbc', ...aes);
      return Buffer.concat([cipher.update(text), cipher.final()]).toString('base64');
    };
    const decrypt = (text: string) => {
      const decipher = createDecipheriv('aes-128-cbc', ...aes);
      return Buffer.concat([decipher.update(text, 'base64'), decipher.final()]).toString();
    };
    const encrypted = { encrypt_type: 'AES' };

    test('reads and answers as the vector is written', () => {
      const { plain, cipher } = vectors.vectors.find(({ name }: { name: string }) => name === 'aes');
      expect(encrypt(plain)).toBe(cipher);
    });

    test('answers a quoted string, and signs its quotes', async () => {
      const { send } = await start({ app: { encryptKey } });
      const { raw, node, sign, isSigned } = await send(INITIALIZE, {
        ...encrypted,
        biz_content: encrypt(JSON.stringify(bill)),
      });
      expect(raw).toMatch(/^"[A-Za-z0-9+/]+=*"$/);
      expect(isSigned).toBe(true);
      expect(isAlipays(node, sign)).toBe(false);
      expect(JSON.parse(decrypt(node))).toMatchObject({ code: '10000', certify_id: expect.any(String) });
    });

    test('encrypts a token, and no error', async () => {
      const { redeem, send } = await start({ app: { encryptKey } });
      const { node } = await redeem('test_ok_alice', encrypted);
      expect(JSON.parse(decrypt(node)).user_id).toBe(idsOf('alice').userId);
      expect((await redeem('test_ok_alice', encrypted)).node.sub_code).toBe('isv.code-invalid');
      const broken = { ...encrypted, biz_content: 'AAAA' };
      expect((await send(QUERY, broken)).node).toMatchObject({
        code: '40003',
        sub_code: 'isv.decryption-error-unknown',
      });
    });
  });

  describe('fails as the test code says:', () => {
    test('badsign is signed by another key', async () => {
      const { redeem } = await start();
      const { sign, isSigned } = await redeem('test_badsign_a');
      expect(der(sign)).toHaveLength(256);
      expect(isSigned).toBe(false);
    });

    test('nosign is a success without a signature', async () => {
      const { redeem } = await start({ alipayCertSn: 'd' });
      const { text, raw, node } = await redeem('test_nosign_alice');
      expect(text).toBe(`{"alipay_system_oauth_token_response":${raw}}`);
      expect(node.user_id).toBe(idsOf('alice').userId);
    });

    test.each([
      ['userId', 'user_id'],
      ['openId', 'open_id'],
    ] as const)('twice is the genuine node, its signature, and a forged node (%s)', async (idKind, name) => {
      const { redeem } = await start({ app: { idKind } });
      const { text } = await redeem('test_twice_alice');
      const [, genuine = '', sign = '', forged = ''] =
        /^\{"alipay_system_oauth_token_response":(\{.*?\}),"sign":"(.*?)","alipay_system_oauth_token_response":(\{.*?\})\}$/.exec(
          text,
        ) ?? [];
      expect(isAlipays(genuine, sign)).toBe(true);
      expect(isAlipays(forged, sign)).toBe(false);
      expect(JSON.parse(genuine)[name]).toBe(idsOf('alice')[idKind]);
      // Whoever parses the whole body reads the forged one.
      expect(JSON.parse(text).alipay_system_oauth_token_response[name]).not.toBe(idsOf('alice')[idKind]);
    });

    test('500, html and redirect are answers of another kind', async () => {
      const { redeem, signed, get } = await start();
      expect((await redeem('test_500_a')).response.status).toBe(500);
      expect((await redeem('test_html_a')).text).toContain('<!doctype html>');
      const params = signed(OAUTH, { grant_type: 'authorization_code', code: 'test_redirect_a' });
      const path = `/gateway.do?${new URLSearchParams(present(params))}`;
      const { status, headers } = await get(path);
      expect([status, headers.get('location')]).toEqual([302, path]);
    });

    test('gbk and oversize are answers that do not fit', async () => {
      const { redeem, signed, post } = await start();
      const params = signed(OAUTH, { grant_type: 'authorization_code', code: 'test_gbk_a' });
      const bytes = Buffer.from(await (await post(params)).arrayBuffer());
      expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow();
      expect((await redeem('test_oversize_a')).text.length).toBeGreaterThan(65_536);
    });

    test('hang and reset are no answers', async () => {
      const { origin, signed, redeem } = await start();
      await expect(redeem('test_reset_a')).rejects.toThrow();
      const params = signed(OAUTH, { grant_type: 'authorization_code', code: 'test_hang_a' });
      const url = `${origin}/gateway.do?${new URLSearchParams(present(params))}`;
      await expect(fetch(url, { signal: AbortSignal.timeout(100) })).rejects.toThrow('timeout');
    });
  });
});

describe('a certification', () => {
  const begin = async (emulator: Awaited<ReturnType<typeof start>>, changes: Partial<typeof bill> = {}) =>
    (await emulator.business(INITIALIZE, { ...bill, ...changes })).node.certify_id as string;
  const pageUrl = ({ signed }: Awaited<ReturnType<typeof start>>, certifyId: string, params: Params = {}) => {
    const biz_content = JSON.stringify({ certify_id: certifyId });
    return `/gateway.do?${new URLSearchParams(present(signed(CERTIFY, { biz_content, ...params })))}`;
  };

  test('has an id, and is not passed before the payer has been there', async () => {
    const { business } = await start();
    const { root, node, isSigned } = await business(INITIALIZE, bill);
    expect(root).toBe('alipay_user_certify_open_initialize_response');
    expect(node).toEqual({ code: '10000', msg: 'Success', certify_id: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(isSigned).toBe(true);
    const query = await business(QUERY, { certify_id: node.certify_id });
    expect(query.node).toEqual({ code: '10000', msg: 'Success', passed: 'F', identity_info: '', material_info: '' });
  });

  const wrong: [string, object][] = [
    ['no outer_order_no', { ...bill, outer_order_no: undefined }],
    ['an outer_order_no of 33 characters', { ...bill, outer_order_no: 'a'.repeat(33) }],
    ['an outer_order_no with a -', { ...bill, outer_order_no: 'a-1' }],
    ['another biz_code', { ...bill, biz_code: 'VOICE' }],
    ['no identity_param', { ...bill, identity_param: undefined }],
    ['another identity_type', { ...bill, identity_param: { ...bill.identity_param, identity_type: 'NONE' } }],
    ['another cert_type', { ...bill, identity_param: { ...bill.identity_param, cert_type: 'LIBRARY_CARD' } }],
    ['no cert_name', billFor('')],
    ['a cert_no that is a number', { ...bill, identity_param: { ...bill.identity_param, cert_no: 330100 } }],
    ['the name that is always refused', billFor('拒绝')],
    ['a test code that is refused', billFor('test_invalid_a')],
  ];
  test.each(wrong)('is refused for %s', async (_, biz) => {
    const { business } = await start();
    const { node, isSigned } = await business(INITIALIZE, biz);
    expect(node).toEqual({
      code: '40004',
      msg: 'Business Failed',
      sub_code: 'ILLEGAL_ARGUMENT_FORMAT',
      sub_msg: '参数异常',
    });
    expect(isSigned).toBe(true);
  });

  test('takes an outer_order_no once', async () => {
    const { business } = await start();
    expect((await business(INITIALIZE, bill)).node.code).toBe('10000');
    expect((await business(INITIALIZE, bill)).node.sub_code).toBe('ILLEGAL_ARGUMENT_FORMAT');
  });

  test.each([
    ['nobody knows', 'OC201809253000000393900404029253', '无效的certify_id'],
    ['test_expired_a', 'test_expired_a', 'certify_id已过期'],
  ])('that %s cannot be queried', async (_, certifyId, text) => {
    const { business } = await start();
    const { node } = await business(QUERY, { certify_id: certifyId });
    expect(node).toMatchObject({ code: '40004', msg: 'Business Failed', sub_msg: text });
  });

  test.each([
    ['通过', 'T'],
    ['不通过', 'F'],
  ])('ends as the payer chooses: %s', async (label, passed) => {
    const emulator = await start();
    const certifyId = await begin(emulator);
    const page = await emulator.get(pageUrl(emulator, certifyId));
    const html = await page.text();
    expect(page.headers.get('content-type')).toBe('text/html;charset=utf-8');
    expect(html).not.toMatch(/https?:|<script|<link|<img/);
    const chosen = await emulator.get(hrefs(html)[label] ?? '');
    expect([chosen.status, chosen.headers.get('location')]).toEqual([302, bill.merchant_config.return_url]);
    expect((await emulator.business(QUERY, { certify_id: certifyId })).node.passed).toBe(passed);
  });

  test('sends the payer to the return_url of the request rather than to that of initialize', async () => {
    const emulator = await start();
    const certifyId = await begin(emulator);
    const return_url = 'https://shop.example/中?state=1';
    const html = await (await emulator.get(pageUrl(emulator, certifyId, { return_url }))).text();
    const chosen = await emulator.get(hrefs(html).通过 ?? '');
    expect(chosen.headers.get('location')).toBe(new URL(return_url).href);
  });

  test('without a return_url ends on a page', async () => {
    const emulator = await start();
    const certifyId = await begin(emulator, { merchant_config: { return_url: '' } });
    const html = await (await emulator.get(pageUrl(emulator, certifyId))).text();
    const chosen = await emulator.get(hrefs(html).通过 ?? '');
    expect([chosen.status, await chosen.text()]).toEqual([200, expect.stringContaining('已完成')]);
  });

  test('that is passed stays passed', async () => {
    const emulator = await start();
    const certifyId = await begin(emulator);
    const links = hrefs(await (await emulator.get(pageUrl(emulator, certifyId))).text());
    for (const label of ['不通过', '通过', '不通过']) await emulator.get(links[label] ?? '');
    expect((await emulator.business(QUERY, { certify_id: certifyId })).node.passed).toBe('T');
  });

  test('opens by a form, with the biz_content in the body', async () => {
    const emulator = await start();
    const biz_content = JSON.stringify({ certify_id: await begin(emulator) });
    const page = await emulator.post(emulator.signed(CERTIFY, { biz_content }));
    expect(Object.keys(hrefs(await page.text()))).toEqual(['通过', '不通过']);
  });

  test('shows errors to the browser', async () => {
    const emulator = await start();
    const certifyId = await begin(emulator);
    const faults: [string, string][] = [
      [pageUrl(emulator, certifyId, { sign: signText('other') }), '错误代码 invalid-signature 错误原因: 验签出错'],
      [pageUrl(emulator, certifyId, { app_id: '9' }), '错误代码 invalid-app-id 错误原因: 无效的AppID参数'],
      [pageUrl(emulator, certifyId, { timestamp: '2026-11-22 04:00:00' }), '错误代码 invalid-timestamp'],
      [pageUrl(emulator, 'OC201809253000000393900404029253'), '错误代码 OPEN_CERTIFY_BILL_NOT_EXIST'],
    ];
    for (const [url, text] of faults) {
      const page = await emulator.get(url);
      expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html;charset=utf-8']);
      const html = await page.text();
      expect(html).toContain(text);
      expect(html).not.toContain('<a ');
    }
  });

  test('escapes what it shows', async () => {
    const emulator = await start();
    const biz_content = '{"certify_id":"<script>alert(1)</script>"}';
    const html = await (await emulator.get(pageUrl(emulator, '', { biz_content, sign: 'ZmFrZQ==' }))).text();
    expect(html).toContain('&lt;script&gt;alert(1)');
    expect(html).not.toContain('<script');
  });

  test('belongs to its application', async () => {
    const apps = [appId, '2021000000000002'].map((id) => ({ appId: id, publicKey: appPublicKey }));
    const emulator = await start({ apps });
    const certifyId = await begin(emulator);
    const { node } = await emulator.business(QUERY, { certify_id: certifyId }, { app_id: '2021000000000002' });
    expect(node.sub_code).toBe('OPEN_CERTIFY_BILL_NOT_EXIST');
  });

  test('can be begun for 23 hours and queried for three months', async () => {
    const emulator = await start();
    const certifyId = await begin(emulator);
    const later = async (hours: number) => {
      emulator.clock.now = noon + hours * 3_600_000;
      const timestamp = new Date(emulator.clock.now + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');
      const html = await (await emulator.get(pageUrl(emulator, certifyId, { timestamp }))).text();
      const { node } = await emulator.business(QUERY, { certify_id: certifyId }, { timestamp });
      return [Object.keys(hrefs(html)).length, node.passed ?? node.sub_code];
    };
    expect(await later(23)).toEqual([2, 'F']);
    expect(await later(24)).toEqual([0, 'F']);
    expect(await later(91 * 24)).toEqual([0, 'CERTIFY_ID_EXPIRED']);
  });

  test('is told as ["T"] when told so', async () => {
    const { business } = await start({ passedAsList: true });
    expect((await business(QUERY, { certify_id: 'test_ok_a' })).node.passed).toEqual(['T']);
  });

  test('fails to begin as its cert_name says', async () => {
    const { business } = await start();
    let order = 0;
    const initialize = (name: string) => {
      order += 1;
      return business(INITIALIZE, { ...billFor(name), outer_order_no: `order${order}` });
    };
    expect((await initialize('test_500_x')).response.status).toBe(500);
    await expect(initialize('test_reset_x')).rejects.toThrow();
    const bad = await initialize('test_badsign_x');
    expect([bad.sign.length, bad.isSigned]).toEqual([344, false]);
    expect((await initialize('test_nosign_x')).sign).toBe('');
    const { text } = await initialize('test_twice_x');
    expect(text.match(/alipay_user_certify_open_initialize_response/g)).toHaveLength(2);
    expect((await initialize('test_ok_x')).node.code).toBe('10000');
  });

  test('fails to be queried as its certify_id says', async () => {
    const { business } = await start();
    const query = (certifyId: string) => business(QUERY, { certify_id: certifyId });
    expect((await query('test_ok_x')).node.passed).toBe('T');
    expect((await query('test_ok_failed')).node.passed).toBe('F');
    expect((await query('test_html_x')).text).toContain('<!doctype html>');
    expect((await query('test_nosign_x')).sign).toBe('');
    const { text } = await query('test_twice_failed');
    expect(text.match(/"passed":"."/g)).toEqual(['"passed":"F"', '"passed":"T"']);
    expect((await query('test_used_x')).node.sub_code).toBe('OPEN_CERTIFY_BILL_STATUS_ERROR');
  });
});

describe('the third protocol', () => {
  test('answers a job identity once, signed over its bytes', async () => {
    const { jobworth } = await start();
    const { response, isSigned, body } = await jobworth('test_ok_alice~1');
    expect([response.status, isSigned]).toEqual([200, true]);
    expect(JSON.parse(body)).toEqual({
      identity_result: 'SUCCESS',
      identity_result_skip_url: expect.stringMatching(/^alipays:\/\//),
      merchant_identity_id: expect.stringMatching(/^V1_[0-9a-f]{32}$/),
      user_id: '2088102910292100',
      token_status: 'FINISH',
    });
    expect(response.headers.get('alipay-timestamp')).toBe(String(noon));
    expect(response.headers.get('alipay-nonce')).toMatch(/^[0-9a-f]{32}$/);
    expect(response.headers.get('alipay-trace-id')).toMatch(/^[0-9a-f]+$/);
    expect(response.headers.get('alipay-sn')).toBeNull();

    const again = await jobworth('test_ok_alice~1');
    expect([again.response.status, again.isSigned]).toEqual([400, true]);
    expect(JSON.parse(again.body)).toEqual({
      code: 'TOKEN_INVALID',
      message: expect.any(String),
      links: [{ link: expect.stringMatching(/^https:/), desc: '解决方案' }],
    });
  });

  test('knows a payer of a merchant again', async () => {
    const { jobworth } = await start();
    const idOf = async (token: string) => JSON.parse((await jobworth(token)).body).merchant_identity_id;
    expect(await idOf('test_ok_alice~1')).toBe(await idOf('test_ok_alice~2'));
    expect(await idOf('test_ok_alice~3')).not.toBe(await idOf('test_ok_bob~1'));
  });

  test.each([
    [{ user_id: undefined, open_id: '074a1Cc' }, {}, { open_id: '074a1Cc' }],
    [{ user_id: undefined, cert_no: '420192', cert_type: '0' }, {}, { user_id: idsOf('alice').userId }],
    [
      { user_id: undefined, cert_no: '420192', cert_type: '0' },
      { idKind: 'openId' },
      { open_id: idsOf('alice').openId },
    ],
  ] as const)('tells whom it was asked for: %j', async (changes, app, id) => {
    const { jobworth } = await start({ app });
    expect(JSON.parse((await jobworth('test_ok_alice', changes)).body)).toMatchObject(id);
  });

  test('finds payers untrusted', async () => {
    const { jobworth } = await start();
    expect(JSON.parse((await jobworth('test_ok_untrusted~1')).body)).toMatchObject({ identity_result: 'FAILED' });
    expect(JSON.parse((await jobworth('test_ok_untrusted~1')).body)).toMatchObject({ code: 'TOKEN_INVALID' });
  });

  test('lets wait twice, and waiting consumes nothing', async () => {
    const { jobworth } = await start();
    const results = [];
    for (let asked = 0; asked < 4; asked += 1) {
      const { identity_result, token_status, code } = JSON.parse((await jobworth('test_ok_waiting~1')).body);
      results.push([identity_result ?? code, token_status]);
    }
    expect(results).toEqual([
      ['WAITING_VERIFY', undefined],
      ['WAITING_VERIFY', undefined],
      ['SUCCESS', 'FINISH'],
      ['TOKEN_INVALID', undefined],
    ]);
  });

  const businessErrors =
    'USER_NOT_AUTHORIZE TOKEN_INVALID NOT_OPEN_ZM USER_NOT_OPEN_JOBWORTH INVALID_PARAMETER JOB_WORTH_BLACK_LIST ' +
    'SYSTEM_ERROR MERCHANT_INTERCEPT RISK_INTERCEPT OPEN_ZM_ACCOUNT_INTERCEPT CARD_NO_NOT_MATCH MOBILE_NO_NOT_MATCH ' +
    'USER_NAME_NOT_MATCH WRONG_OUT_AGREEMENT_NO_INTERCEPT TOKEN_NOT_MATCH_IDENTITY_TYPE PARAM_ERROR';
  test.each(businessErrors.split(' '))('refuses with %s when told so, as often as asked', async (code) => {
    const { jobworth } = await start();
    for (let asked = 0; asked < 2; asked += 1) {
      const { response, isSigned, body } = await jobworth(`test_ok_error-${code}~1`);
      expect([response.status, isSigned, JSON.parse(body).code]).toEqual([400, true, code]);
    }
  });

  test.each(['test_invalid_a', 'test_used_a', 'test_expired_a', '3f2a'])(
    'does not know the token %s',
    async (token) => {
      const { jobworth } = await start();
      const { response, body } = await jobworth(token);
      expect([response.status, JSON.parse(body).code]).toEqual([400, 'TOKEN_INVALID']);
    },
  );

  test.each([
    { conn_key: undefined },
    { once_token: undefined },
    { query_type: undefined },
    { query_type: 'fuzzy' },
    { identity_type: undefined },
    { service_id: '' },
    { user_id: undefined },
    { user_id: undefined, cert_no: '420192' },
    { user_id: undefined, cert_type: '0' },
  ])('asks for what it needs: %j', async (changes) => {
    const { jobworth } = await start();
    const { response, isSigned, body } = await jobworth('test_ok_alice', changes);
    expect([response.status, isSigned, JSON.parse(body).code]).toEqual([400, true, 'INVALID_PARAMETER']);
    expect((await jobworth('test_ok_alice')).response.status).toBe(200);
  });

  test('verifies the Authorization in any order and with fields that it does not know', async () => {
    const { jobworth } = await start();
    const auth = {
      expired_seconds: '120',
      timestamp: String(noon),
      Nonce: 'x',
      nonce: 'y=z',
      sign: 'x',
      app_id: appId,
    };
    const { response } = await jobworth('test_ok_alice', {}, { auth });
    expect(response.status).toBe(200);
  });

  test('verifies the target as it is on the wire', async () => {
    const { getV3 } = await start();
    const encoded = `/v3/zhima/customer/jobworth/authentication?${new URLSearchParams({ ...jobworthQuery, once_token: 'test_ok_a' })}`;
    const [plus, percent] = [encoded, encoded.replaceAll('+', '%20').replaceAll('%7E', '~')];
    expect(plus).not.toBe(percent);
    expect((await getV3(percent)).response.status).toBe(200);
    const { response, body } = await getV3(plus, { sendTo: percent });
    expect([response.status, JSON.parse(body).code]).toEqual([400, 'invalid-signature']);
  });

  const faults: [code: string, V3, isSigned: boolean][] = [
    ['invalid-signature', { key: alipayKey }, true],
    ['invalid-signature', { method: 'POST' }, true],
    ['invalid-signature', { body: '{}' }, true],
    ['invalid-signature', { headers: { 'alipay-app-auth-token': 'not signed' } }, true],
    ['invalid-app-id', { auth: { app_id: '9' } }, false],
    ['missing-app-id', { auth: { app_id: undefined } }, false],
    ['missing-timestamp', { auth: { timestamp: undefined } }, true],
    ['missing-timestamp', { headers: { authorization: 'Basic YTpi' } }, false],
    ['invalid-parameter', { auth: { nonce: undefined } }, true],
    ['invalid-timestamp', { auth: { timestamp: String(noon - 600_001) } }, true],
    ['invalid-timestamp', { auth: { timestamp: String(noon + 600_001) } }, true],
    ['invalid-timestamp', { auth: { timestamp: '2026-11-22 12:00:00' } }, true],
  ];
  test.each(faults)('refuses with %s: %j', async (code, options, isSigned) => {
    const { jobworth } = await start();
    const { response, body, isSigned: wasSigned } = await jobworth('test_ok_alice', {}, options);
    expect([response.status, wasSigned]).toEqual([400, isSigned]);
    expect(JSON.parse(body)).toMatchObject({ code, message: expect.any(String), links: [expect.anything()] });
  });

  test('does not know other methods', async () => {
    const { getV3 } = await start();
    const { response, body } = await getV3('/v3/alipay/trade/query');
    expect([response.status, JSON.parse(body).code]).toEqual([400, 'invalid-method']);
  });

  test('leaves errors unsigned when told so', async () => {
    const { jobworth } = await start({ signErrors: false });
    const { response, body } = await jobworth('test_invalid_a');
    expect(response.headers.get('alipay-signature')).toBeNull();
    expect(JSON.parse(body).code).toBe('TOKEN_INVALID');
  });

  test('with certificates asks for serial numbers, and tells its own', async () => {
    const { jobworth } = await start({ app: { certs }, alipayCertSn: 'd'.repeat(32) });
    const auth = { app_cert_sn: certs.appCertSn };
    const headers = { 'alipay-root-cert-sn': certs.alipayRootCertSn };
    const codeFor = async (options: V3) => JSON.parse((await jobworth('test_ok_alice', {}, options)).body).code;
    expect(await codeFor({ headers })).toBe('missing-app-cert-sn');
    expect(await codeFor({ auth: { app_cert_sn: 'e' }, headers })).toBe('app-cert-not-exist');
    expect(await codeFor({ auth })).toBe('missing-alipay-root-cert-sn');
    expect(await codeFor({ auth, headers: { 'alipay-root-cert-sn': 'e' } })).toBe('invalid-alipay-root-cert-sn');
    const { response, isSigned } = await jobworth('test_ok_alice', {}, { auth, headers });
    expect([response.status, isSigned, response.headers.get('alipay-sn')]).toEqual([200, true, 'd'.repeat(32)]);
  });

  test('fails as the test code says', async () => {
    const { jobworth } = await start();
    const bad = await jobworth('test_badsign_a');
    expect([bad.isSigned, bad.response.headers.has('alipay-signature')]).toEqual([false, true]);
    expect((await jobworth('test_nosign_a')).response.headers.has('alipay-signature')).toBe(false);
    const twice = await jobworth('test_twice_untrusted');
    expect(twice.isSigned).toBe(true);
    expect(twice.body.match(/"identity_result":"\w+"/g)).toEqual([
      '"identity_result":"FAILED"',
      '"identity_result":"SUCCESS"',
    ]);
    const gbk = await jobworth('test_gbk_a');
    expect(gbk.isSigned).toBe(true);
    expect(() => new TextDecoder('utf-8', { fatal: true }).decode(gbk.bytes)).toThrow();
    const oversize = await jobworth('test_oversize_a');
    expect([oversize.isSigned, oversize.bytes.length > 65_536]).toEqual([true, true]);
    expect((await jobworth('test_500_a')).response.status).toBe(500);
    expect((await jobworth('test_html_a')).body).toContain('<!doctype html>');
    expect((await jobworth('test_redirect_a')).response.status).toBe(302);
    await expect(jobworth('test_reset_a')).rejects.toThrow();
  });
});

describe('the authorization page', () => {
  const pageFor = async (params: Params, app: Partial<AlipayApp> = {}) => {
    const emulator = await start({ app });
    const query = {
      app_id: appId,
      scope: 'auth_base',
      redirect_uri: 'https://shop.example/back?a=1',
      state: 'S1',
      ...params,
    };
    const page = await emulator.get(`/oauth2/publicAppAuthorize.htm?${new URLSearchParams(present(query))}`);
    const html = await page.text();
    return { ...emulator, html, links: hrefs(html) };
  };

  test('offers three payers, whose auth codes work once', async () => {
    const { links, redeem } = await pageFor({});
    expect(Object.keys(links)).toEqual(['小艾', '小博', '小卡', '拒绝']);
    const url = new URL(links.小艾 ?? '');
    expect(Object.fromEntries(url.searchParams)).toEqual({
      a: '1',
      app_id: appId,
      source: 'alipay_wallet',
      scope: 'auth_base',
      state: 'S1',
      auth_code: expect.stringMatching(/^test_ok_alice~[0-9a-f]{16}$/),
    });
    expect(url.origin + url.pathname).toBe('https://shop.example/back');
    const code = url.searchParams.get('auth_code') ?? '';
    expect((await redeem(code)).node.user_id).toBe(idsOf('alice').userId);
    expect((await redeem(code)).node.sub_code).toBe('isv.code-invalid');
  });

  test('sends a payer who refuses back without an auth code', async () => {
    const { searchParams } = new URL((await pageFor({})).links.拒绝 ?? '');
    expect([searchParams.get('state'), searchParams.get('auth_code')]).toEqual(['S1', null]);
  });

  test('needs no state', async () => {
    const { links } = await pageFor({ state: undefined, scope: 'auth_user,auth_base' });
    expect(new URL(links.小博 ?? '').searchParams.has('state')).toBe(false);
  });

  test.each([
    ['invalid-app-id', { app_id: '9' }],
    ['invalid-scope', { scope: 'everything' }],
    ['invalid-scope', { scope: undefined }],
    ['invalid-state', { state: 'a'.repeat(101) }],
    ['invalid-redirect-uri', { redirect_uri: undefined }],
    ['invalid-redirect-uri', { redirect_uri: 'javascript:alert(1)' }],
    ['invalid-redirect-uri', { redirect_uri: 'https://shop.example/elsewhere' }],
    ['invalid-redirect-uri', { redirect_uri: 'https://shop.example/back?a=1&b=2' }],
  ])('shows %s for %j', async (code, params) => {
    const { html, links } = await pageFor(params, { returnUrls: ['https://shop.example/back?a=1'] });
    expect(html).toContain(`错误代码 ${code} `);
    expect(links).toEqual({});
  });
});

describe('the published vectors', () => {
  const { vectors: list } = vectors as { vectors: { name: string; stringToSign: string; signature: string }[] };
  const vector = (name: string) => list.find((entry) => entry.name === name)!;
  const paramsOf = (text: string) =>
    Object.fromEntries(text.split(/&(?=\w+=)(?!e=2)/).map((pair) => pair.split(/=(.*)/s)));
  const day = { now: () => Date.parse('2024-07-24T03:07:50+08:00') };

  test('of a page jump is believed: the page only lacks the certification', async () => {
    const { stringToSign, signature } = vector('v1-certify-GET');
    const { get } = await start(day);
    const query = (changes: Params) =>
      new URLSearchParams(present({ ...paramsOf(stringToSign), sign: signature, ...changes }));
    expect(await (await get(`/gateway.do?${query({})}`)).text()).toContain('OPEN_CERTIFY_BILL_NOT_EXIST');
    expect(await (await get(`/gateway.do?${query({ version: '1.1' })}`)).text()).toContain('invalid-signature');
  });

  test('of an initialization is believed', async () => {
    const { stringToSign, signature } = vector('v1-initialize-sdkExecute');
    const { post, read } = await start(day);
    const { node } = await read(await post({ ...paramsOf(stringToSign), sign: signature }));
    expect(node).toMatchObject({ code: '10000', certify_id: expect.any(String) });
  });

  test('of the third protocol is believed: only the token is unknown', async () => {
    const { stringToSign, signature } = vector('v3-jobworth-GET');
    const [authString, , target] = stringToSign.split('\n');
    const { origin } = await start({ now: () => 1_700_000_000_123 });
    const headers = { authorization: `ALIPAY-SHA256withRSA ${authString},sign=${signature}` };
    expect(await (await fetch(origin + target, { headers })).json()).toMatchObject({ code: 'TOKEN_INVALID' });
    expect(await (await fetch(`${origin}${target}1`, { headers })).json()).toMatchObject({ code: 'invalid-signature' });
  });
});

describe('the official SDK', () => {
  const open = async (config: Partial<AlipaySdkConfig> = {}, app: Partial<AlipayApp> = {}) => {
    const emulator = await start({ app, now: Date.now });
    const endpoints = { gateway: `${emulator.origin}/gateway.do`, endpoint: emulator.origin };
    const keys = { privateKey: pem(appKey, 'pkcs8'), alipayPublicKey: pem(alipayPublicKey, 'spki') };
    return { ...emulator, sdk: new AlipaySdk({ appId, keyType: 'PKCS8', ...keys, ...endpoints, ...config }) };
  };
  // Its own timestamp is in the time zone of the process.
  const timestamp = () => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ');

  test('redeems an auth code, and believes the answer', async () => {
    const { sdk } = await open();
    const params = { grantType: 'authorization_code', code: 'test_ok_alice~1', timestamp: timestamp() };
    const result = await sdk.exec(OAUTH, params, { validateSign: true });
    expect(result).toMatchObject({ userId: idsOf('alice').userId, expiresIn: 1_296_000 });
  });

  test('initializes a certification in AES', async () => {
    const { sdk } = await open({ encryptKey }, { encryptKey });
    const result = await sdk.exec(INITIALIZE, { needEncrypt: true, bizContent: bill, timestamp: timestamp() });
    expect(result).toMatchObject({ code: '10000', certifyId: expect.any(String) });
  });

  test.each(['GET', 'POST'] as const)('opens the page of a certification by %s', async (method) => {
    const { sdk, business, get, origin } = await open();
    const { node } = await business(INITIALIZE, bill, { timestamp: timestamp() });
    const biz = { bizContent: { certify_id: node.certify_id }, timestamp: timestamp() };
    const made = sdk.pageExecute(CERTIFY, method, biz);
    const [, action = ''] = /action="([^"]*)"/.exec(made) ?? [];
    const inputs = [...made.matchAll(/name="(\w+)" value="([^"]*)"/g)];
    const body = new URLSearchParams();
    for (const [, name = '', value = ''] of inputs) body.set(name, value.replaceAll('&quot;', '"'));
    const page = method === 'GET' ? await get(made.replace(origin, '')) : await fetch(action, { method, body });
    expect(Object.keys(hrefs(await page.text()))).toEqual(['通过', '不通过']);
  });

  test('queries a job identity', async () => {
    const { sdk } = await open();
    const query = { ...jobworthQuery, once_token: 'test_ok_alice~1' };
    const { data } = await sdk.curl('GET', '/v3/zhima/customer/jobworth/authentication', { query });
    expect(data).toMatchObject({ identity_result: 'SUCCESS', user_id: jobworthQuery.user_id });
    await expect(sdk.curl('GET', '/v3/zhima/customer/jobworth/authentication', { query })).rejects.toMatchObject({
      code: 'TOKEN_INVALID',
      responseHttpStatus: 400,
    });
  });
});
