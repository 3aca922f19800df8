/** The first protocol of the emulated Alipay, against requests that are signed by hand. */
import { createCipheriv, createDecipheriv } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { idsOf } from '../../src/emulators/test-codes.ts';
import {
  alipayKey,
  appPublicKey,
  bill,
  certs,
  der,
  encryptKey,
  INITIALIZE,
  isAlipays,
  OAUTH,
  type Params,
  pem,
  present,
  QUERY,
  signParams,
  start,
  vectors,
} from './alipay-requests.ts';

describe('the first protocol', () => {
  test('the emulated v1 answers an auth code with its user_id, signed over the node as sent', async () => {
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

  test('the emulated v1 returns open_id and union_id to applications that get them', async () => {
    const { redeem } = await start({ app: { idKind: 'openId', unionId: true } });
    const { node } = await redeem('test_ok_alice~1');
    expect(node).toMatchObject({ open_id: idsOf('alice').openId, union_id: expect.stringMatching(/^[\w-]{43}$/) });
    expect(node).not.toHaveProperty('user_id');
    expect(node).not.toHaveProperty('alipay_user_id');
  });

  test('the emulated v1 accepts keys as PEM', async () => {
    const app = { publicKey: pem(appPublicKey, 'spki') };
    const { redeem } = await start({ app, privateKey: pem(alipayKey, 'pkcs8') });
    const { isSigned } = await redeem('test_ok_alice~1');
    expect(isSigned).toBe(true);
  });

  test.each(['test_invalid_a', 'test_used_a', 'test_expired_a', 'what?', ''])(
    'the emulated v1 refuses the code "%s"',
    async (code) => {
      const { redeem } = await start();
      const { text, sign, isSigned } = await redeem(code);
      const node =
        '{"code":"40002","msg":"Invalid Arguments","sub_code":"isv.code-invalid","sub_msg":"授权码code无效"}';
      expect(text).toBe(`{"error_response":${node},"sign":"${sign}"}`);
      expect(isSigned).toBe(true);
    },
  );

  test('the emulated gateway leaves errors unsigned with signErrors: false', async () => {
    const { redeem, send } = await start({ signErrors: false });
    expect((await redeem('test_invalid_a')).text).toMatch(/^\{"error_response":\{[^{}]*\}\}$/);
    expect((await send(OAUTH, { version: '2.0' })).text).not.toContain('"sign"');
    expect((await redeem('test_ok_a')).isSigned).toBe(true);
  });

  test('the emulated v1 accepts a code once', async () => {
    const { redeem } = await start();
    expect((await redeem('test_ok_alice~1')).node.user_id).toBe(idsOf('alice').userId);
    expect((await redeem('test_ok_alice~1')).node.sub_code).toBe('isv.code-invalid');
    expect((await redeem('test_ok_alice~2')).node.user_id).toBe(idsOf('alice').userId);
  });

  test('the emulated v1 reads no oauth parameters from a biz_content', async () => {
    const { business } = await start();
    const { root, node } = await business(OAUTH, { grant_type: 'authorization_code', code: 'test_ok_alice' });
    expect([root, node.sub_code]).toEqual(['error_response', 'isv.grant-type-invalid']);
  });

  test('the emulated v1 accepts all parameters in the query', async () => {
    const { signed, get, read } = await start();
    const params = present(signed(OAUTH, { grant_type: 'authorization_code', code: 'test_ok_alice' }));
    const { node } = await read(await get(`/gateway.do?${new URLSearchParams(params)}`));
    expect(node.user_id).toBe(idsOf('alice').userId);
  });

  test('the emulated v1 prefers the parameter in the query, and reads no body but a form', async () => {
    const { origin, signed, read } = await start();
    const params = present(signed(OAUTH, { grant_type: 'authorization_code', code: 'test_ok_alice' }));
    const url = `${origin}/gateway.do?${new URLSearchParams(params)}`;
    const postWith = (body: string | URLSearchParams) => fetch(url, { method: 'POST', body }).then(read);
    const other = 'code=test_ok_bob&extra=1';
    expect((await postWith(new URLSearchParams({ code: 'test_ok_bob' }))).node.user_id).toBe(idsOf('alice').userId);
    // Not a form: fetch sends it as text. A form with the same bytes has a parameter that is not signed.
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
    test.each(faults)(
      'the emulated v1 refuses, by the code of the real gateway: %s',
      async (_, params, code, subCode) => {
        const { send } = await start();
        const { response, root, node, isSigned } = await send(QUERY, params);
        expect(response.status).toBe(200);
        const method = 'method' in params ? params.method : QUERY;
        expect(root).toBe(method ? `${method.replaceAll('.', '_')}_response` : 'error_response');
        expect(node).toMatchObject({ code, sub_code: subCode });
        expect(isSigned).toBe(true);
      },
    );

    test.each([
      [{ app_id: '2021000000000009' }, '40002', 'isv.invalid-app-id'],
      [{ app_id: undefined }, '40001', 'isv.missing-app-id'],
    ])('the emulated v1 refuses an unknown application first, without a signature', async (params, code, subCode) => {
      const { send } = await start();
      const { text, node, root } = await send(QUERY, { ...params, sign: 'ZmFrZQ==', version: '9' });
      expect(root).toBe('alipay_user_certify_open_query_response');
      expect(node).toMatchObject({ code, sub_code: subCode });
      expect(text).not.toContain('"sign"');
    });

    test('the emulated v1 refuses a signature by another key, and quotes the text that it verified', async () => {
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

    test.each(['charset', 'sign_type', 'code', 'timestamp'])(
      'the emulated v1 refuses a signature that leaves out %s',
      async (name) => {
        const { signed, post, read, common } = await start();
        const params = { grant_type: 'authorization_code', code: 'test_ok_alice' };
        const all: Params = { ...common(OAUTH), ...params };
        const { node } = await read(
          await post(signed(OAUTH, { ...params, sign: signParams({ ...all, [name]: undefined }) })),
        );
        expect(node.sub_code).toBe('isv.invalid-signature');
      },
    );

    test('the emulated v1 refuses a signature in base64url, and a missing one', async () => {
      const { send, signed } = await start();
      const { sign } = signed(QUERY, {});
      for (const wrong of [sign.replaceAll('+', '-').replaceAll('/', '_'), '*', 'ZmFrZQ=='])
        expect((await send(QUERY, { sign: wrong })).node.sub_code).toBe('isv.invalid-signature');
    });

    test('the emulated v1 refuses a charset in the body', async () => {
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

  test.each(['2026-11-22 11:50:00', '2026-11-22 12:10:00'])(
    'the emulated v1 accepts a timestamp ten minutes off: %s',
    async (timestamp) => {
      const { redeem } = await start();
      expect((await redeem('test_ok_alice', { timestamp })).node).toHaveProperty('user_id');
    },
  );

  describe('with certificates', () => {
    const sns = { app_cert_sn: certs.appCertSn, alipay_root_cert_sn: certs.alipayRootCertSn };

    test('the emulated v1 names its certificate between the node and the signature', async () => {
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
    ])('the emulated v1 requires the serial numbers of the application: %j', async (params, subCode) => {
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

    test('the emulated AES matches the published vector', () => {
      const { plain, cipher } = vectors.vectors.find(({ name }: { name: string }) => name === 'aes');
      expect(encrypt(plain)).toBe(cipher);
    });

    test('an encrypted answer is a quoted string, signed with its quotes', async () => {
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

    test('the emulated v1 refuses encryption without a biz_content, and encrypts no error', async () => {
      const { redeem, send } = await start({ app: { encryptKey } });
      expect((await redeem('test_ok_alice', encrypted)).node.sub_code).toBe('isv.invalid-encrypt-type');
      expect((await redeem('test_ok_alice')).node.user_id).toBe(idsOf('alice').userId);
      const broken = { ...encrypted, biz_content: 'AAAA' };
      expect((await send(QUERY, broken)).node).toMatchObject({
        code: '40003',
        sub_code: 'isv.decryption-error-unknown',
      });
    });
  });

  describe('fails as the test code says:', () => {
    test('the code badsign is answered with a signature by another key', async () => {
      const { redeem } = await start();
      const { sign, isSigned } = await redeem('test_badsign_a');
      expect(der(sign)).toHaveLength(256);
      expect(isSigned).toBe(false);
    });

    test('the code nosign is answered without a signature', async () => {
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
      // A client that parses the whole body reads the forged one.
      expect(JSON.parse(text).alipay_system_oauth_token_response[name]).not.toBe(idsOf('alice')[idKind]);
    });

    test('the codes 500, html and redirect are answered with other replies', async () => {
      const { redeem, signed, get } = await start();
      expect((await redeem('test_500_a')).response.status).toBe(500);
      expect((await redeem('test_html_a')).text).toContain('<!doctype html>');
      const params = signed(OAUTH, { grant_type: 'authorization_code', code: 'test_redirect_a' });
      const path = `/gateway.do?${new URLSearchParams(present(params))}`;
      const { status, headers } = await get(path);
      expect([status, headers.get('location')]).toEqual([302, path]);
    });

    test('the codes gbk and oversize are answered with bytes beyond the encoding or the limit', async () => {
      const { redeem, signed, post } = await start();
      const params = signed(OAUTH, { grant_type: 'authorization_code', code: 'test_gbk_a' });
      const bytes = Buffer.from(await (await post(params)).arrayBuffer());
      expect(() => new TextDecoder('utf-8', { fatal: true }).decode(bytes)).toThrow();
      expect((await redeem('test_oversize_a')).text.length).toBeGreaterThan(65_536);
    });

    test('the codes hang and reset are not answered', async () => {
      const { origin, signed, redeem } = await start();
      await expect(redeem('test_reset_a')).rejects.toThrow();
      const params = signed(OAUTH, { grant_type: 'authorization_code', code: 'test_hang_a' });
      const url = `${origin}/gateway.do?${new URLSearchParams(present(params))}`;
      await expect(fetch(url, { signal: AbortSignal.timeout(100) })).rejects.toThrow('timeout');
    });
  });
});
