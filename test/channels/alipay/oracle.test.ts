/**
 * The official SDK as an independent oracle. It is a development dependency only: its transport sends one-time codes
 * twice and its checks can be bypassed (docs/decisions), but what it signs, Alipay accepts.
 */
import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { AlipaySdk } from 'alipay-sdk';
import { describe, expect, test } from 'vitest';
import { CERTIFY } from '../../../src/channels/alipay/certify.ts';
import { alipayKeys, keyConfig, verifierOf } from '../../../src/channels/alipay/keys.ts';
import { infoStr } from '../../../src/channels/alipay/native.ts';
import { signedPage, textToSign } from '../../../src/channels/alipay/v1.ts';
import { replyTextToSign, requestTextToSign } from '../../../src/channels/alipay/v3.ts';
import vectors from '../../vectors/alipay.json' with { type: 'json' };
import certificates from '../../vectors/alipay-certificates.json' with { type: 'json' };

const appId = '2021000000000001';
const pem = (base64: string, label: string) =>
  `-----BEGIN ${label}-----\n${base64.match(/.{1,64}/g)?.join('\n')}\n-----END ${label}-----`;
const privateKey = createPrivateKey(pem(vectors.appPrivateKeyPkcs8DerBase64, 'PRIVATE KEY'));
const alipayPublicKey = createPublicKey(pem(vectors.alipayPublicKeySpkiDerBase64, 'PUBLIC KEY'));
const keys = alipayKeys({ privateKey, alipayPublicKey });

const sdkConfig = {
  appId,
  privateKey: vectors.appPrivateKeyPkcs8DerBase64,
  keyType: 'PKCS8' as const,
  alipayPublicKey: vectors.alipayPublicKeySpkiDerBase64,
};
const sdk = new AlipaySdk(sdkConfig);
const rsa2 = (text: string | Buffer) => sign('RSA-SHA256', Buffer.from(text), privateKey).toString('base64');
const timestamp = '2024-07-24 03:07:50';
const certifyId = 'OC201809253000000393900404029253';

describe('v1', () => {
  const inForm = (html: string) => {
    const [, action = ''] = /action="([^"]+)"/.exec(html) ?? [];
    const inputs = [...html.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]+)"/g)].map(
      ([, name = '', value = '']) => [name, value.replaceAll('&quot;', '"')],
    );
    return { ...Object.fromEntries(new URL(action).searchParams), ...Object.fromEntries(inputs) };
  };
  const made: Record<string, () => Record<string, string>> = {
    'pageExecute GET': () =>
      Object.fromEntries(
        new URL(sdk.pageExecute(CERTIFY, 'GET', { timestamp, bizContent: { certify_id: certifyId } })).searchParams,
      ),
    'pageExecute POST': () =>
      inForm(sdk.pageExecute(CERTIFY, 'POST', { timestamp, bizContent: { certify_id: certifyId } })),
    sdkExecute: () =>
      Object.fromEntries(
        new URLSearchParams(
          sdk.sdkExecute(
            'alipay.user.certify.open.initialize',
            {
              timestamp,
              bizContent: { outer_order_no: 'Z1', identity_param: { cert_name: '张三 & "四"', cert_no: '1+2=3' } },
            },
            { bizContentAutoSnakeCase: false },
          ),
        ),
      ),
  };

  test.each(Object.keys(made))('the SDK signs the text of %s with the same signature as we do', (name) => {
    const parameters = made[name]?.() ?? {};
    expect(parameters.sign).toBe(rsa2(textToSign(parameters)));
    expect(textToSign({ ...parameters, timestamp: '2024-07-24 03:07:51' })).not.toBe(textToSign(parameters));
  });

  test('our page carries a signature that the SDK makes for the same parameters', () => {
    const settings = { appId, keys, gatewayUrl: 'https://openapi.alipay.com/gateway.do' };
    const page = signedPage(
      settings,
      CERTIFY,
      { bizContent: { certify_id: certifyId }, returnUrl: 'https://a.example/b?c=d&e=中' },
      Date.parse('2024-07-23T19:07:50Z'),
    );
    const { sign: ours, ...parameters } = Object.fromEntries(new URL(page.url).searchParams);
    expect(parameters.timestamp).toBe(timestamp);
    const { app_id, method, charset, sign_type, version, biz_content, ...rest } = parameters;
    const theirs = new URL(
      new AlipaySdk({ ...sdkConfig, appId: app_id ?? '' }).pageExecute(method ?? '', 'GET', {
        ...rest,
        // The SDK adds a parameter of its own, and signs it; an empty one would not be signed by us.
        bizContent: JSON.parse(biz_content ?? ''),
      }),
    ).searchParams;
    expect({ charset, sign_type, version }).toEqual({ charset: 'utf-8', sign_type: 'RSA2', version: '1.0' });
    const sent = Object.fromEntries(theirs);
    expect(rsa2(textToSign(sent))).toBe(sent.sign);
    const { alipay_sdk: _, sign: __, ...same } = sent;
    expect(rsa2(textToSign(same))).toBe(ours);
    expect(Object.fromEntries(new URL(page.form.action).searchParams)).not.toHaveProperty('biz_content');
    expect(page.form.fields).toEqual([{ name: 'biz_content', value: biz_content }]);
  });
});

describe('the infoStr of an app', () => {
  const pid = '2088123456789012';
  const targetId = '0123456789abcdef0123456789abcdef';
  const ours = infoStr({ appId, pid, keys }, targetId);
  const parameters = Object.fromEntries(new URLSearchParams(ours));

  test('the infoStr has the parameters of the document in the order of its sample, then the signature', () => {
    expect(ours.slice(0, ours.indexOf('&sign='))).toBe(
      `apiname=com.alipay.account.auth&app_id=${appId}&app_name=mc&auth_type=AUTHACCOUNT&biz_type=openservice` +
        `&method=alipay.open.auth.sdk.code.get&pid=${pid}&product_id=APP_FAST_LOGIN&scope=kuaijie&sign_type=RSA2` +
        `&target_id=${targetId}`,
    );
    expect(ours).toMatch(/&sign=(?:[A-Za-z0-9]|%2B|%2F|%3D){344,}$/);
  });

  test('the signature is the one that node:crypto verifies with the public key of the app', () => {
    const publicKey = createPublicKey(pem(vectors.appPublicKeySpkiDerBase64, 'PUBLIC KEY'));
    const { sign: signature = '', ...signed } = parameters;
    const text = Object.entries(signed)
      .map((pair) => pair.join('='))
      .join('&');
    const isRight = (of: string) => verify('RSA-SHA256', Buffer.from(of), publicKey, Buffer.from(signature, 'base64'));
    expect(isRight(text)).toBe(true);
    for (const altered of [text.replace(targetId, targetId.replace('0', '1')), text.replace(pid, '2088123456789013')])
      expect(isRight(altered)).toBe(false);
  });

  test('the SDK makes the same signature for the same parameters', () => {
    const { sign: signature, ...signed } = parameters;
    const { sign: theirs, ...sent } = Object.fromEntries(
      new URLSearchParams(sdk.sdkExecute(signed.method ?? '', signed)),
    );
    // The SDK adds parameters of its own and signs them: it signs as we do.
    expect(rsa2(textToSign(sent))).toBe(theirs);
    expect(sent).toMatchObject(signed);
    expect(rsa2(textToSign(signed))).toBe(signature);
  });
});

describe('v3', () => {
  test('a request of the SDK carries the signature that we make for the same authorization and target', async () => {
    let seen: { authorization: string; url: string } | undefined;
    const privateAlipay = createPrivateKey(pem(vectors.alipayPrivateKeyPkcs8DerBase64, 'PRIVATE KEY'));
    const body = '{"identity_result":"SUCCESS","token_status":"FINISH"}';
    const server = createServer((request, response) => {
      seen = { authorization: request.headers.authorization ?? '', url: request.url ?? '' };
      const signed = replyTextToSign('1700000000123', 'abcdef0123456789', Buffer.from(body));
      response
        .writeHead(200, {
          'content-type': 'application/json',
          'alipay-timestamp': '1700000000123',
          'alipay-nonce': 'abcdef0123456789',
          'alipay-signature': sign('RSA-SHA256', signed, privateAlipay).toString('base64'),
        })
        .end(body);
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    try {
      const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const reply = await new AlipaySdk({ ...sdkConfig, endpoint }).curl(
        'GET',
        '/v3/zhima/customer/jobworth/authentication',
        { query: { conn_key: 'A B+C/中~*', once_token: '3f2a' } },
      );
      // The SDK verified a reply that was signed over our text.
      expect(reply.data).toEqual({ identity_result: 'SUCCESS', token_status: 'FINISH' });
    } finally {
      server.close();
    }
    const [, auth = '', theirs] = /^ALIPAY-SHA256withRSA (.+),sign=(.+)$/.exec(seen?.authorization ?? '') ?? [];
    expect(rsa2(requestTextToSign(auth, 'GET', seen?.url ?? '', undefined))).toBe(theirs);
  });
});

test('certificate mode names the certificates as the SDK does', () => {
  const parsed = keyConfig.certificates.parse({
    app: certificates.app,
    alipay: certificates.alipay,
    alipayRoot: certificates.alipayRoot,
  });
  const ours = alipayKeys({ privateKey, certificates: parsed });
  const { config } = new AlipaySdk({
    ...sdkConfig,
    appCertContent: certificates.app,
    alipayPublicCertContent: certificates.alipay,
    alipayRootCertContent: certificates.alipayRoot,
  });
  expect(ours.serialNumbers).toEqual({ app: config.appCertSn, alipayRoot: config.alipayRootCertSn });
  expect([...ours.verifiers.keys()]).toEqual([config.alipayCertSn]);
  expect(ours.serialNumbers?.alipayRoot).toMatch(/^[0-9a-f]{32}_[0-9a-f]{32}$/);
  expect(verifierOf(ours, config.alipayCertSn)?.equals(alipayPublicKey)).toBe(true);
});
