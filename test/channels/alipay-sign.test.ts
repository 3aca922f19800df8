/** Every part of a signed call and of a signed reply by itself: what Alipay is sent, and what of Alipay is believed. */
import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { alipayKeys, keyConfig } from '../../src/channels/alipay-keys.ts';
import { buildCall, buildPage, type GatewaySettings, judgeCall } from '../../src/channels/alipay-v1.ts';
import { buildGet, judgeReply, replyTextToSign } from '../../src/channels/alipay-v3.ts';
import { PayerIdentityError } from '../../src/failure.ts';
import vectors from '../vectors/alipay.json' with { type: 'json' };
import pems from '../vectors/alipay-certificates.json' with { type: 'json' };

const der = (base64: string) => Buffer.from(base64, 'base64');
const privateKey = createPrivateKey({ key: der(vectors.appPrivateKeyPkcs8DerBase64), format: 'der', type: 'pkcs8' });
const appPublicKey = createPublicKey(privateKey);
const alipayKey = createPrivateKey({ key: der(vectors.alipayPrivateKeyPkcs8DerBase64), format: 'der', type: 'pkcs8' });
const alipayPublicKey = createPublicKey(alipayKey);
const { note: _, ...certificatePems } = pems;
const certificates = keyConfig.certificates.unwrap().parse(certificatePems);
const bare = alipayKeys({ privateKey, alipayPublicKey });
const certified = alipayKeys({ privateKey, certificates });
const { app = '', alipay = '', alipayRoot = '' } = certified.serialNumbers ?? {};

const NOW_MS = Date.parse('2024-07-23T19:07:50Z');
const encryptKey = Buffer.alloc(16, 7);
const settings: GatewaySettings = { appId: 'app-1', keys: bare, gatewayUrl: 'https://alipay.test/gateway.do' };
const every: GatewaySettings = { ...settings, keys: certified, appAuthToken: 'token-of-a-merchant', encryptKey };

const rsa2 = (text: string | Buffer, key: KeyObject) => sign('RSA-SHA256', Buffer.from(text), key).toString('base64');
const isOurs = (text: string, signature = '') => verify('RSA-SHA256', Buffer.from(text), appPublicKey, der(signature));
const outcome = (judge: () => unknown): unknown => {
  try {
    return judge();
  } catch (error) {
    if (!(error instanceof PayerIdentityError)) throw error;
    return [error.code, error.upstreamCode].filter((part) => part !== undefined).join(' ');
  }
};

describe('keys', () => {
  const schema = z.object(keyConfig).partial();
  const issues = (given: object) => schema.safeParse(given).error?.issues.map(({ message }) => message);

  test.each(['pkcs1', 'pkcs8'] as const)('may be private ones in %s, as PEM or as bare base64', (type) => {
    const written = [
      String(privateKey.export({ format: 'pem', type })),
      privateKey.export({ format: 'der', type }).toString('base64'),
    ];
    for (const text of written) expect(keyConfig.privateKey.parse(text).equals(privateKey)).toBe(true);
  });

  test('may be public ones, as PEM or as bare base64', () => {
    const written = [
      String(alipayPublicKey.export({ format: 'pem', type: 'spki' })),
      vectors.alipayPublicKeySpkiDerBase64,
    ];
    for (const text of written) expect(keyConfig.alipayPublicKey.parse(text)?.equals(alipayPublicKey)).toBe(true);
  });

  test('that are none are named', () => {
    for (const text of ['', 'x', '-----BEGIN PRIVATE KEY-----', vectors.alipayPublicKeySpkiDerBase64])
      expect(issues({ privateKey: text })).toEqual(['an RSA private key as PEM, or as base64 of PKCS#1 or PKCS#8']);
    for (const text of ['', 'x', '-----BEGIN PUBLIC KEY-----'])
      expect(issues({ alipayPublicKey: text })).toEqual(['an RSA public key as PEM or base64']);
    for (const text of ['', 'x', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----'])
      expect(issues({ certificates: { ...certificatePems, app: text } })).toEqual(['certificates as PEM']);
  });

  test('to verify with have to be there', () => {
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
    ...{
      app_auth_token: 'token-of-a-merchant',
      app_cert_sn: app,
      alipay_root_cert_sn: alipayRoot,
      encrypt_type: 'AES',
    },
  };
  const build = async (of: GatewaySettings, content: Parameters<typeof buildCall>[2]) => {
    const { method, path, headers, body } = await buildCall(of, 'a.b', content, NOW_MS);
    const { sign: signature, ...query } = Object.fromEntries(new URL(path, 'https://x').searchParams);
    const fields = Object.fromEntries(new URLSearchParams(body));
    const names = Object.keys({ ...query, ...fields }).sort();
    const text = names.map((name) => `${name}=${{ ...query, ...fields }[name]}`).join('&');
    expect(isOurs(text, signature)).toBe(true);
    return { method, path: path.split('?')[0], headers, query, fields };
  };

  test('has the protocol in its query and its content in its body, all of it signed', async () => {
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

  test('names certificates, merchant and encryption where there are any', async () => {
    expect((await build(every, { parameters: { code: 'c' } })).query).toEqual(ofEvery);
  });

  test('is encrypted as Alipay has it', async () => {
    const { key, plain, cipher } = vectors.vectors.find(({ name }) => name === 'aes') as Record<string, string>;
    const bizContent: object = JSON.parse(plain ?? '');
    expect(JSON.stringify(bizContent)).toBe(plain);
    const { fields } = await build({ ...settings, encryptKey: der(key ?? '') }, { bizContent });
    expect(fields).toEqual({ biz_content: cipher });
  });

  test('as a page is signed, and never encrypted', () => {
    const page = buildPage(every, 'a.b', { certify_id: 'x' }, 'https://shop.test/back?a=b', NOW_MS);
    const { sign: signature, ...sent } = Object.fromEntries(new URL(page.url).searchParams);
    const { encrypt_type: _, ...protocol } = ofEvery;
    const query = { ...protocol, return_url: 'https://shop.test/back?a=b' };
    const content = { biz_content: '{"certify_id":"x"}' };
    expect(sent).toEqual({ ...query, ...content });
    const names = Object.keys(sent).sort();
    expect(isOurs(names.map((name) => `${name}=${sent[name]}`).join('&'), signature)).toBe(true);
    expect(page.url.split('?')[0]).toBe(settings.gatewayUrl);
    expect(page.form.action.split('?')[0]).toBe(settings.gatewayUrl);
    const inForm = Object.fromEntries(new URL(page.form.action).searchParams);
    expect(inForm).toEqual({ ...query, sign: signature });
    expect(page.form.fields).toEqual([{ name: 'biz_content', value: content.biz_content }]);
    const without = buildPage(settings, 'a.b', {}, undefined, NOW_MS).url;
    expect(new URL(without).searchParams.has('return_url')).toBe(false);
  });
});

describe('a reply of v1', () => {
  const node = '{"code":"10000","user_id":"2088"}';
  const value = { code: '10000', user_id: '2088' };
  const judge = (body: string, of: GatewaySettings = settings) =>
    outcome(() =>
      judgeCall(
        of,
        'a.b',
        { status: 200, headers: {}, body: Buffer.from(body) },
        { 'isv.code-invalid': 'AUTH_CODE_INVALID' },
      ),
    );
  const signed = (text: string, name = 'a_b_response', more = '') =>
    `{"${name}":${text},"sign":"${rsa2(text, alipayKey)}"${more}}`;

  test('is believed when it is signed', () => {
    expect(judge(signed(node))).toEqual(value);
    expect(judge(signed('{"user_id":"2088"}'))).toEqual({ user_id: '2088' });
    expect(judge(`{"sign":"${rsa2(node, alipayKey)}","a_b_response":${node}}`)).toEqual(value);
  });

  test('is believed when its slashes were escaped after signing', () => {
    const signature = rsa2('{"url":"https://a/b"}', alipayKey);
    expect(judge(`{"a_b_response":{"url":"https:\\/\\/a\\/b"},"sign":"${signature}"}`)).toEqual({ url: 'https://a/b' });
  });

  test('names the certificate of Alipay in certificate mode', () => {
    const certificateMode = { ...settings, keys: certified };
    expect(judge(signed(node, undefined, `,"alipay_cert_sn":"${alipay}"`), certificateMode)).toEqual(value);
    for (const more of ['', ',"alipay_cert_sn":""', `,"alipay_cert_sn":"${app}"`, ',"alipay_cert_sn":null'])
      expect(judge(signed(node, undefined, more), certificateMode)).toBe('REPLY_UNVERIFIED');
  });

  test.each([
    `{"a_b_response":${node}}`,
    `{"a_b_response":${node},"sign":""}`,
    `{"a_b_response":${node},"sign":null}`,
    `{"a_b_response":${node},"sign":["${rsa2(node, alipayKey)}"]}`,
    `{"a_b_response":${node},"sign":"${rsa2(node, privateKey)}"}`,
    `{"a_b_response":{"code":"40004","sub_code":"isv.code-invalid"},"sign":"${rsa2('{}', alipayKey)}"}`,
  ])('is not believed as %s', (body) => expect(judge(body)).toBe('REPLY_UNVERIFIED'));

  test.each([
    '{}',
    signed(node, 'a_c_response'),
    signed(node, 'a.b_response'),
    signed(node, 'a_b_response', ',"error_response":{}'),
    signed(node, 'a_b_response', ',"more":1'),
    signed('"text"'),
    signed('[]'),
    signed('{"code":10000}'),
  ])('makes no sense as %s', (body) => expect(judge(body)).toBe('REPLY_MALFORMED'));

  test('that is not what was encrypted makes no sense', () => {
    expect(judge(signed('"AAAA"'), { ...settings, encryptKey })).toBe('REPLY_MALFORMED');
    expect(judge(signed(node), { ...settings, encryptKey })).toEqual(value);
  });

  test.each([
    ['"code":"40004","sub_code":"isv.code-invalid"', 'AUTH_CODE_INVALID isv.code-invalid'],
    ['"code":"40004","sub_code":"isv.other"', 'OUTCOME_UNKNOWN isv.other'],
    ['"code":"40004"', 'OUTCOME_UNKNOWN 40004'],
    ['"code":"20000","sub_code":"isp.unknown-error"', 'OUTCOME_UNKNOWN isp.unknown-error'],
    ...['20001', '40001', '40002', '40003', '40006'].map((code) => [
      `"code":"${code}"`,
      `CHANNEL_MISCONFIGURED ${code}`,
    ]),
  ])('with %s is a refusal, signed or not', (members = '', expected) => {
    for (const name of ['a_b_response', 'error_response']) {
      expect(judge(`{"${name}":{${members}}}`)).toBe(expected);
      expect(judge(`{"${name}":{${members}},"sign":""}`)).toBe(expected);
      expect(judge(signed(`{${members}}`, name))).toBe(expected);
    }
  });

  test('in the place of an error is one, whatever it says', () => {
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
  type Headers = Parameters<typeof judgeReply>[1]['headers'];
  const judge = (status: number, text: string, headers: Headers = headersOf(text), keys = bare) =>
    outcome(() => judgeReply(keys, { status, headers, body: Buffer.from(text) }));

  test('asks with everything signed in its Authorization', async () => {
    const query = { b: 'x y', none: undefined, a: '中' };
    const plain = await buildGet(settings, '/v3/x', query, 17, 'nonce-1');
    expect(plain).toEqual({
      method: 'GET',
      path: '/v3/x?b=x+y&a=%E4%B8%AD',
      headers: {
        accept: 'application/json',
        authorization: expect.stringMatching(/^ALIPAY-SHA256withRSA app_id=app-1,nonce=nonce-1,timestamp=17,sign=/),
        'alipay-request-id': 'nonce-1',
      },
    });
    const { path, headers = {} } = await buildGet(every, '/v3/x', query, 17, 'nonce-1');
    const [, parts = '', signature] = /^\S+ (.+),sign=(.+)$/.exec(headers.authorization ?? '') ?? [];
    expect(parts).toBe(`app_id=app-1,app_cert_sn=${app},nonce=nonce-1,timestamp=17`);
    expect(isOurs(`${parts}\nGET\n${path}\n\ntoken-of-a-merchant\n`, signature)).toBe(true);
    expect(headers).toMatchObject({
      'alipay-app-auth-token': 'token-of-a-merchant',
      'alipay-root-cert-sn': alipayRoot,
    });
  });

  test('believes a success only when it is signed', () => {
    expect(judge(200, body)).toEqual({ kind: 'SUCCESS', value: { identity_result: 'SUCCESS' } });
    expect(judge(200, body, {})).toBe('REPLY_UNVERIFIED');
    for (const unsigned of ['', 'null'])
      expect(judge(200, body, headersOf(body, { 'alipay-signature': unsigned }))).toBe('REPLY_UNVERIFIED');
    expect(judge(200, body, headersOf(`${body} `))).toBe('REPLY_UNVERIFIED');
    for (const name of ['alipay-timestamp', 'alipay-nonce'])
      expect(judge(200, body, headersOf(body, { [name]: '' }))).toBe('REPLY_UNVERIFIED');
  });

  test('has a missing time and nonce signed as empty', () => {
    const signature = rsa2(replyTextToSign('', '', Buffer.from(body)), alipayKey);
    expect(judge(200, body, { 'alipay-signature': signature })).toMatchObject({ kind: 'SUCCESS' });
  });

  test('names the certificate of Alipay in certificate mode', () => {
    expect(judge(200, body, headersOf(body, { 'alipay-sn': alipay }), certified)).toMatchObject({ kind: 'SUCCESS' });
    expect(judge(200, body, headersOf(body, { 'alipay-sn': app }), certified)).toBe('REPLY_UNVERIFIED');
    expect(judge(200, body, headersOf(body), certified)).toBe('REPLY_UNVERIFIED');
  });

  test.each([400, 403, 500, 599])('takes status %i for an error, signed or not, and never wrongly signed', (status) => {
    const error = '{"code":"SYSTEM_ERROR","message":"x"}';
    expect(judge(status, error)).toEqual({ kind: 'ERROR', code: 'SYSTEM_ERROR', signed: true });
    expect(judge(status, error, {})).toEqual({ kind: 'ERROR', code: 'SYSTEM_ERROR', signed: false });
    for (const none of ['', 'null', ['one', 'two']]) {
      const headers = { ...headersOf(error), 'alipay-signature': none };
      expect(judge(status, error, headers)).toEqual({ kind: 'ERROR', code: 'SYSTEM_ERROR', signed: false });
    }
    expect(judge(status, error, headersOf(body))).toBe('REPLY_UNVERIFIED');
    expect(judge(status, '{}')).toBe('REPLY_MALFORMED');
  });

  test.each([201, 302, 399, 600])('makes no sense of status %i', (status) => {
    expect(judge(status, '{"code":"SYSTEM_ERROR"}')).toBe(`REPLY_MALFORMED HTTP_${status}`);
  });
});
