/** Every part of a signed call and of a signed reply by itself: what is sent to Alipay, and which replies are accepted. */
import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { alipayKeys, keyConfig } from '../../../src/channels/alipay/keys.ts';
import { callRequest, type GatewayOptions, judgeCall, signedPage } from '../../../src/channels/alipay/v1.ts';
import { getRequest, judgeGet, replyTextToSign } from '../../../src/channels/alipay/v3.ts';
import { PayerIdentityError } from '../../../src/failure.ts';
import vectors from '../../vectors/alipay.json' with { type: 'json' };
import pems from '../../vectors/alipay-certificates.json' with { type: 'json' };

const der = (base64: string) => Buffer.from(base64, 'base64');
const privateKey = createPrivateKey({ key: der(vectors.appPrivateKeyPkcs8DerBase64), format: 'der', type: 'pkcs8' });
const appPublicKey = createPublicKey(privateKey);
const alipayKey = createPrivateKey({ key: der(vectors.alipayPrivateKeyPkcs8DerBase64), format: 'der', type: 'pkcs8' });
const alipayPublicKey = createPublicKey(alipayKey);
const { note: _, ...certificatePems } = pems;
const certificates = keyConfig.certificates.unwrap().parse(certificatePems);
const bare = alipayKeys({ privateKey, alipayPublicKey });
const certified = alipayKeys({ privateKey, certificates });
const { app = '', alipayRoot = '' } = certified.serialNumbers ?? {};
const [alipay = ''] = certified.verifiers.keys();

const NOW_MS = Date.parse('2024-07-23T19:07:50Z');
const encryptKey = Buffer.alloc(16, 7);
const settings: GatewayOptions = { appId: 'app-1', keys: bare, gatewayUrl: 'https://alipay.test/gateway.do' };
const every: GatewayOptions = { ...settings, keys: certified, appAuthToken: 'token-of-a-merchant', encryptKey };

const rsa2 = (text: string | Buffer, key: KeyObject) => sign('RSA-SHA256', Buffer.from(text), key).toString('base64');
const isOurs = (text: string, signature = '') => verify('RSA-SHA256', Buffer.from(text), appPublicKey, der(signature));
const outcome = (judge: () => unknown): unknown => {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof PayerIdentityError)) throw error;
    const claimed = error.claimedCode && `(claimed: ${error.claimedCode})`;
    return [error.code, error.upstreamCode, claimed].filter((part) => part !== undefined).join(' ');
  }
};

describe('keys', () => {
  test.each(['pkcs1', 'pkcs8'] as const)('a private key in %s is read as PEM and as bare base64', (type) => {
    const written = [
      String(privateKey.export({ format: 'pem', type })),
      privateKey.export({ format: 'der', type }).toString('base64'),
    ];
    for (const text of written) expect(keyConfig.privateKey.parse(text).equals(privateKey)).toBe(true);
  });

  test('a public key is read as PEM and as bare base64', () => {
    const written = [
      String(alipayPublicKey.export({ format: 'pem', type: 'spki' })),
      vectors.alipayPublicKeySpkiDerBase64,
    ];
    for (const text of written) expect(keyConfig.alipayPublicKey.parse(text)?.equals(alipayPublicKey)).toBe(true);
  });

  test('options without a key to verify replies with are refused', () => {
    const missing = 'alipay needs alipayPublicKey or certificates';
    expect(() => alipayKeys({ privateKey })).toThrow(missing);
    for (const name of ['app', 'alipay'] as const)
      expect(() => alipayKeys({ privateKey, certificates: { ...certificates, [name]: [] } })).toThrow(missing);
  });
});

describe('a call of v1', () => {
  const common = {
    ...{ app_id: 'app-1', method: 'a.b', format: 'JSON', charset: 'utf-8', sign_type: 'RSA2' },
    ...{ timestamp: '2024-07-24 03:07:50', version: '1.0' },
  };
  const ofEvery = {
    ...common,
    ...{ app_auth_token: 'token-of-a-merchant', app_cert_sn: app, alipay_root_cert_sn: alipayRoot },
  };
  const build = async (of: GatewayOptions, content: Parameters<typeof callRequest>[2]) => {
    const { method, path, headers, body } = await callRequest(of, 'a.b', content, NOW_MS);
    const { sign: signature, ...query } = Object.fromEntries(new URL(path, 'https://x').searchParams);
    const fields = Object.fromEntries(new URLSearchParams(body));
    const names = Object.keys({ ...query, ...fields }).sort();
    const text = names.map((name) => `${name}=${{ ...query, ...fields }[name]}`).join('&');
    expect(isOurs(text, signature)).toBe(true);
    return { method, path: path.split('?')[0], headers, query, fields };
  };

  test('a call has the protocol in its query and its content in its body, all of it signed', async () => {
    const parameters = { grant_type: 'authorization_code', code: 'a&b=c 中' };
    expect(await build(settings, { parameters })).toEqual({
      ...{ method: 'POST', path: '/gateway.do', query: common, fields: parameters },
      headers: { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8', accept: 'application/json' },
    });
    const bizContent = { certify_id: 'x', 名: '张三' };
    expect(await build(settings, { bizContent })).toMatchObject({
      fields: { biz_content: JSON.stringify(bizContent) },
    });
  });

  test('a call names configured certificates and merchant, and encryption if it has content to encrypt', async () => {
    expect((await build(every, { parameters: { code: 'c' } })).query).toEqual(ofEvery);
    expect((await build(every, { bizContent: { a: 1 } })).query).toEqual({ ...ofEvery, encrypt_type: 'AES' });
  });

  test('a call that cannot be signed fails with nothing sent', async () => {
    const { privateKey: unfit } = generateKeyPairSync('x25519');
    const failure = { name: 'ExchangeError', sent: false };
    const of = { ...settings, keys: { ...bare, privateKey: unfit } };
    await expect(callRequest(of, 'a.b', { parameters: { code: 'c' } }, NOW_MS)).rejects.toMatchObject(failure);
    await expect(getRequest(of, '/v3/x', {}, { nowMs: 17, nonce: 'n' })).rejects.toMatchObject(failure);
  });

  test('a call is encrypted as the published vector is', async () => {
    const { key, plain, cipher } = vectors.vectors.find(({ name }) => name === 'aes') as Record<string, string>;
    const bizContent: object = JSON.parse(plain ?? '');
    expect(JSON.stringify(bizContent)).toBe(plain);
    const { fields } = await build({ ...settings, encryptKey: der(key ?? '') }, { bizContent });
    expect(fields).toEqual({ biz_content: cipher });
  });

  test('a page is signed, and never encrypted', () => {
    const page = signedPage(
      every,
      'a.b',
      { bizContent: { certify_id: 'x' }, returnUrl: 'https://shop.test/back?a=b' },
      NOW_MS,
    );
    const { sign: signature, ...sent } = Object.fromEntries(new URL(page.url).searchParams);
    const query = { ...ofEvery, return_url: 'https://shop.test/back?a=b' };
    const content = { biz_content: '{"certify_id":"x"}' };
    expect(sent).toEqual({ ...query, ...content });
    const names = Object.keys(sent).sort();
    expect(isOurs(names.map((name) => `${name}=${sent[name]}`).join('&'), signature)).toBe(true);
    expect(page.url.split('?')[0]).toBe(settings.gatewayUrl);
    expect(page.form.action.split('?')[0]).toBe(settings.gatewayUrl);
    const inForm = Object.fromEntries(new URL(page.form.action).searchParams);
    expect(inForm).toEqual({ ...query, sign: signature });
    expect(page.form.fields).toEqual([{ name: 'biz_content', value: content.biz_content }]);
    const without = signedPage(settings, 'a.b', { bizContent: {}, returnUrl: undefined }, NOW_MS).url;
    expect(new URL(without).searchParams.has('return_url')).toBe(false);
  });
});

describe('a reply of v1', () => {
  const node = '{"code":"10000","user_id":"2088"}';
  const value = { code: '10000', user_id: '2088' };
  const judge = (body: string, of: GatewayOptions = settings) =>
    outcome(() =>
      judgeCall(
        of,
        'a.b',
        { status: 200, headers: {}, body: Buffer.from(body) },
        new Map([['isv.code-invalid', 'AUTH_CODE_INVALID']]),
      ),
    );
  const signed = (text: string, name = 'a_b_response', more = '') =>
    `{"${name}":${text},"sign":"${rsa2(text, alipayKey)}"${more}}`;

  test('a signed reply is accepted', () => {
    expect(judge(signed(node))).toEqual(value);
    expect(judge(signed('{"user_id":"2088"}'))).toEqual({ user_id: '2088' });
    expect(judge(`{"sign":"${rsa2(node, alipayKey)}","a_b_response":${node}}`)).toEqual(value);
  });

  test('a reply whose slashes were escaped after signing is accepted', () => {
    const signature = rsa2('{"url":"https://a/b"}', alipayKey);
    expect(judge(`{"a_b_response":{"url":"https:\\/\\/a\\/b"},"sign":"${signature}"}`)).toEqual({ url: 'https://a/b' });
  });

  test('names the certificate of Alipay in certificate mode', () => {
    const certificateMode = { ...settings, keys: certified };
    expect(judge(signed(node, undefined, `,"alipay_cert_sn":"${alipay}"`), certificateMode)).toEqual(value);
    for (const more of ['', ',"alipay_cert_sn":""', `,"alipay_cert_sn":"${app}"`, ',"alipay_cert_sn":null'])
      expect(judge(signed(node, undefined, more), certificateMode)).toBe(
        'REPLY_UNVERIFIED (claimed: CERTIFICATE_UNKNOWN)',
      );
  });

  test.each([
    `{"a_b_response":${node}}`,
    `{"a_b_response":${node},"sign":""}`,
    `{"a_b_response":${node},"sign":null}`,
    `{"a_b_response":${node},"sign":["${rsa2(node, alipayKey)}"]}`,
    `{"a_b_response":${node},"sign":"${rsa2(node, privateKey)}"}`,
    `{"a_b_response":"AAAA","sign":"${rsa2('{}', alipayKey)}"}`,
    `{"a_b_response":"AAAA"}`,
  ])('a reply is unverified as %s', (body) => expect(judge(body)).toBe('REPLY_UNVERIFIED'));

  test.each([
    '{}',
    signed(node, 'a_c_response'),
    signed(node, 'a.b_response'),
    signed(node, 'a_b_response', ',"error_response":{}'),
    signed(node, 'a_b_response', ',"more":1'),
    signed('"text"'),
    signed('[]'),
    signed('{"code":10000}'),
  ])('a reply is malformed as %s', (body) => expect(judge(body)).toBe('REPLY_MALFORMED'));

  test('an encrypted reply that does not decrypt to JSON is malformed', () => {
    expect(judge(signed('"AAAA"'), { ...settings, encryptKey })).toBe('REPLY_MALFORMED');
    expect(judge(signed(node), { ...settings, encryptKey })).toEqual(value);
  });

  test.each([
    ['"code":"40004","sub_code":"isv.code-invalid"', 'AUTH_CODE_INVALID', 'isv.code-invalid'],
    ['"code":"40004","sub_code":"isv.other"', 'OUTCOME_UNKNOWN', 'isv.other'],
    ['"code":"40004"', 'OUTCOME_UNKNOWN', '40004'],
    ['"code":"20000","sub_code":"isp.unknown-error"', 'OUTCOME_UNKNOWN', 'isp.unknown-error'],
    [
      '"code":"40006","sub_code":"isv.insufficient-isv-permissions"',
      'CHANNEL_MISCONFIGURED',
      'isv.insufficient-isv-permissions',
    ],
    ...['20001', '40001', '40002', '40003', '40006'].map((code) => [`"code":"${code}"`, 'CHANNEL_MISCONFIGURED', code]),
  ])(
    'a reply with %s is a refusal, whose reason is claimed unless its signature is right',
    (members = '', code, reason) => {
      const certificateMode = { ...settings, keys: certified };
      for (const name of ['a_b_response', 'error_response']) {
        const text = `{${members}}`;
        const [right, wrong] = [rsa2(text, alipayKey), rsa2(text, privateKey)];
        expect(judge(signed(text, name))).toBe(`${code} ${reason}`);
        expect(judge(signed(text, name, `,"alipay_cert_sn":"${alipay}"`), certificateMode)).toBe(`${code} ${reason}`);
        const claims = [
          judge(`{"${name}":${text}}`),
          judge(`{"${name}":${text},"sign":""}`),
          judge(`{"${name}":${text},"sign":"${wrong}"}`),
          judge(`{"${name}":${text},"sign":"${right}"}`, certificateMode),
          judge(`{"${name}":${text},"sign":"${right}","alipay_cert_sn":"${app}"}`, certificateMode),
          judge(`{"${name}":${text}}`, certificateMode),
        ];
        expect([...new Set(claims)]).toEqual([`${code} (claimed: ${reason})`]);
      }
    },
  );

  test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
    'a reply with the code %s is an unknown refusal',
    (word) => {
      for (const members of [`"code":"40004","sub_code":"${word}"`, `"code":"${word}"`])
        expect(judge(signed(`{${members}}`))).toMatch(/^OUTCOME_UNKNOWN/);
    },
  );

  describe('in GBK', () => {
    // 乗 is 81 5C and 亄 is 81 7B: a backslash and a brace by their second bytes. 81 30 81 30 and 94 39 DA 33 are of four
    // bytes, the latter beyond the BMP and two units of text.
    const text = Buffer.from('815c817b813081309439da33d6d0', 'hex');
    const shown = '乗亄\u0080\u{1f4a9}中';
    const around = (before: string, after: string) => Buffer.concat([Buffer.from(before), text, Buffer.from(after)]);
    const node = around('{"code":"10000","msg":"', String.raw`","url":"a\/b"}`);
    const value = { code: '10000', msg: shown, url: 'a/b' };
    const reply = (of: Buffer, over = of, key = alipayKey) =>
      Buffer.concat([Buffer.from('{"a_b_response":'), of, Buffer.from(`,"sign":"${rsa2Bytes(over, key)}"}`)]);
    const rsa2Bytes = (bytes: Buffer, key: KeyObject) => sign('RSA-SHA256', bytes, key).toString('base64');
    const judgeAs = (type: string | undefined, body: Buffer) =>
      outcome(() => judgeCall(settings, 'a.b', { status: 200, headers: { 'content-type': type }, body }, new Map()));
    const gbk = 'text/html;charset=GBK';

    test.each([gbk, 'text/html; charset=gbk', 'text/html;charset="GB2312"', 'text/html; a=b; charset=gb18030; c=d'])(
      'a GBK reply of the content type %s is verified over its bytes and decoded',
      (type) => expect(judgeAs(type, reply(node))).toEqual(value),
    );

    test('a GBK reply is verified with slashes escaped after signing, and no byte within a character counts as one', () => {
      const unescaped = around('{"code":"10000","msg":"', '","url":"a/b"}');
      expect(judgeAs(gbk, reply(node, unescaped))).toEqual(value);
      const slashed = around('{"msg":"', '/x"}');
      slashed.set([0x81, 0x5c], slashed.length - 6);
      expect(judgeAs(gbk, reply(slashed))).toHaveProperty('msg', expect.stringMatching(/乗\/x$/));
    });

    test('a GBK reply with another signature or a changed byte is unverified', () => {
      expect(judgeAs(gbk, reply(node, node, privateKey))).toBe('REPLY_UNVERIFIED');
      const changed = Buffer.from(node);
      changed[node.indexOf(text) + text.length - 1] = 0xd1;
      expect(judgeAs(gbk, reply(changed, node))).toBe('REPLY_UNVERIFIED');
    });

    test('a refusal in GBK has its reason', () => {
      const refusal = around('{"code":"40006","sub_msg":"', '"}');
      expect(judgeAs(gbk, reply(refusal))).toBe('CHANNEL_MISCONFIGURED 40006');
      expect(judgeAs(gbk, reply(refusal, refusal, privateKey))).toBe('CHANNEL_MISCONFIGURED (claimed: 40006)');
    });

    test.each([undefined, 'text/html', 'text/html;charset=utf-8', 'text/html;charset=gbk2', 'text/html;x-charset=gbk'])(
      'a GBK reply whose content type does not name GBK (%s) is malformed',
      (type) => expect(judgeAs(type, reply(node))).toBe('REPLY_MALFORMED HTTP_200'),
    );

    test('bytes that are not GBK are malformed', () => {
      for (const bytes of ['ff', '81', '8120', '8130'])
        expect(judgeAs(gbk, reply(Buffer.from(`7b2261223a22${bytes}227d`, 'hex')))).toBe('REPLY_MALFORMED HTTP_200');
    });
  });

  test('a reply in UTF-8 is read as UTF-8 under every content type, which is not signed', () => {
    // In GBK the last byte of 中 would take the backslash with it, and the quote behind would end the text.
    const body = Buffer.from(signed(String.raw`{"code":"10000","msg":"中\"","user_id":"2088"}`));
    for (const type of ['text/html;charset=utf-8', 'text/html;charset=GBK'])
      expect(
        outcome(() => judgeCall(settings, 'a.b', { status: 200, headers: { 'content-type': type }, body }, new Map())),
      ).toEqual({
        ...{ code: '10000', msg: '中"', user_id: '2088' },
      });
  });

  test('error_response is a refusal, also with the code of a success', () => {
    expect(judge(signed(node, 'error_response'))).toBe('OUTCOME_UNKNOWN 10000');
    expect(judge(signed('{}', 'error_response'))).toBe('OUTCOME_UNKNOWN');
  });
});

describe('v3', () => {
  const body = '{"identity_result":"SUCCESS"}';
  const headersOf = (text: string, more: Record<string, string> = {}) => ({
    'alipay-timestamp': '17',
    'alipay-nonce': 'n',
    'alipay-signature': rsa2(replyTextToSign('17', 'n', Buffer.from(text)), alipayKey),
    ...more,
  });
  type Headers = Parameters<typeof judgeGet>[1]['headers'];
  const judge = (status: number, text: string, headers: Headers = headersOf(text), keys = bare) =>
    outcome(() => judgeGet(keys, { status, headers, body: Buffer.from(text) }));

  test('a v3 request has a signature over all its parts in Authorization', async () => {
    const query = { b: 'x y', none: undefined, a: '中' };
    const plain = await getRequest(settings, '/v3/x', query, { nowMs: 17, nonce: 'nonce-1' });
    expect(plain).toEqual({
      method: 'GET',
      path: '/v3/x?b=x+y&a=%E4%B8%AD',
      headers: {
        accept: 'application/json',
        authorization: expect.stringMatching(/^ALIPAY-SHA256withRSA app_id=app-1,nonce=nonce-1,timestamp=17,sign=/),
        'alipay-request-id': 'nonce-1',
      },
    });
    const { path, headers = {} } = await getRequest(every, '/v3/x', query, { nowMs: 17, nonce: 'nonce-1' });
    const [, parts = '', signature] = /^\S+ (.+),sign=(.+)$/.exec(headers.authorization ?? '') ?? [];
    expect(parts).toBe(`app_id=app-1,app_cert_sn=${app},nonce=nonce-1,timestamp=17`);
    expect(isOurs(`${parts}\nGET\n${path}\n\ntoken-of-a-merchant\n`, signature)).toBe(true);
    expect(headers).toMatchObject({
      'alipay-app-auth-token': 'token-of-a-merchant',
      'alipay-root-cert-sn': alipayRoot,
    });
  });

  test('a v3 success is accepted only with a right signature', () => {
    expect(judge(200, body)).toEqual({ kind: 'SUCCESS', value: { identity_result: 'SUCCESS' } });
    expect(judge(200, body, {})).toBe('REPLY_UNVERIFIED');
    for (const unsigned of ['', 'null'])
      expect(judge(200, body, headersOf(body, { 'alipay-signature': unsigned }))).toBe('REPLY_UNVERIFIED');
    expect(judge(200, body, headersOf(`${body} `))).toBe('REPLY_UNVERIFIED');
    for (const name of ['alipay-timestamp', 'alipay-nonce'])
      expect(judge(200, body, headersOf(body, { [name]: '' }))).toBe('REPLY_UNVERIFIED');
  });

  test('a v3 reply without time and nonce is signed with empty ones', () => {
    const signature = rsa2(replyTextToSign('', '', Buffer.from(body)), alipayKey);
    expect(judge(200, body, { 'alipay-signature': signature })).toMatchObject({ kind: 'SUCCESS' });
  });

  test('names the certificate of Alipay in certificate mode', () => {
    expect(judge(200, body, headersOf(body, { 'alipay-sn': alipay }), certified)).toMatchObject({ kind: 'SUCCESS' });
    const unknown = 'REPLY_UNVERIFIED (claimed: CERTIFICATE_UNKNOWN)';
    expect(judge(200, body, headersOf(body, { 'alipay-sn': app }), certified)).toBe(unknown);
    expect(judge(200, body, headersOf(body), certified)).toBe(unknown);
  });

  test.each([400, 403, 500, 599])(
    'a v3 reply with status %i is an error, and reports whether its signature is right',
    (status) => {
      const error = '{"code":"SYSTEM_ERROR","message":"x"}';
      expect(judge(status, error)).toEqual({ kind: 'ERROR', code: 'SYSTEM_ERROR', signed: true });
      expect(judge(status, error, {})).toEqual({ kind: 'ERROR', code: 'SYSTEM_ERROR', signed: false });
      for (const none of ['', 'null', ['one', 'two']]) {
        const headers = { ...headersOf(error), 'alipay-signature': none };
        expect(judge(status, error, headers)).toEqual({ kind: 'ERROR', code: 'SYSTEM_ERROR', signed: false });
      }
      const claimed = { kind: 'ERROR', code: 'SYSTEM_ERROR', signed: false };
      expect(judge(status, error, headersOf(body))).toEqual(claimed);
      expect(judge(status, error, headersOf(error), certified)).toEqual(claimed);
      expect(judge(status, error, headersOf(error, { 'alipay-sn': alipay }), certified)).toEqual({
        ...claimed,
        signed: true,
      });
      expect(judge(status, '{}')).toBe('REPLY_MALFORMED');
    },
  );

  test.each([201, 302, 399, 600])('a v3 reply with status %i is malformed', (status) => {
    expect(judge(status, '{"code":"SYSTEM_ERROR"}')).toBe(`REPLY_MALFORMED HTTP_${status}`);
  });
});
