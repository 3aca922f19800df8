import { createPrivateKey, createPublicKey, sign, verify } from 'node:crypto';
import { expect, test } from 'vitest';
import { alipayKeys } from '../../../src/channels/alipay/keys.ts';
import { judgeCall, textToSign } from '../../../src/channels/alipay/v1.ts';
import { judgeGet, replyTextToSign, requestTextToSign } from '../../../src/channels/alipay/v3.ts';
import vectors from '../../vectors/alipay.json' with { type: 'json' };

const der = (base64: string) => Buffer.from(base64, 'base64');
const key = (base64: string) => createPrivateKey({ key: der(base64), format: 'der', type: 'pkcs8' });
const publicKey = (base64: string) => createPublicKey({ key: der(base64), format: 'der', type: 'spki' });
const appKey = key(vectors.appPrivateKeyPkcs8DerBase64);
const alipayKey = key(vectors.alipayPrivateKeyPkcs8DerBase64);
const keys = alipayKeys({ privateKey: appKey, alipayPublicKey: publicKey(vectors.alipayPublicKeySpkiDerBase64) });
const vector = (name: string) => {
  const found = vectors.vectors.find((candidate) => candidate.name === name);
  if (!found) throw new Error(name);
  return found as {
    stringToSign: string;
    signature: string;
    body: string;
    headers: Record<string, string>;
    key: string;
    plain: string;
    cipher: string;
  };
};
const rsa2 = (text: string | Buffer) => sign('RSA-SHA256', Buffer.from(text), appKey).toString('base64');

test.each(['v1-certify-GET', 'v1-initialize-sdkExecute'])(
  '%s: our text and signature are the published ones, and those of a changed text differ',
  (name) => {
    const { stringToSign, signature } = vector(name);
    // Values hold & and =, so the parameters are cut out by their known names.
    const names = ['alipay_sdk', 'app_id', 'biz_content', 'charset', 'method', 'sign_type', 'timestamp', 'version'];
    const cuts = names.flatMap((parameter) => {
      const at = stringToSign.search(new RegExp(`(?:^|&)${parameter}=`));
      return at < 0 ? [] : [{ parameter, at: at + (stringToSign[at] === '&' ? 1 : 0) }];
    });
    cuts.sort((left, right) => left.at - right.at);
    const parameters = Object.fromEntries(
      cuts.map(({ parameter, at }, position) => {
        const end = (cuts[position + 1]?.at ?? stringToSign.length + 1) - 1;
        return [parameter, stringToSign.slice(at + parameter.length + 1, end)];
      }),
    );
    expect(textToSign({ version: '', sign: 'ignored', empty: '', ...parameters })).toBe(stringToSign);
    expect(rsa2(textToSign(parameters))).toBe(signature);
    const twin = stringToSign.replace('2021000000000001', '2021000000000002');
    expect(verify('RSA-SHA256', Buffer.from(twin), publicKey(vectors.appPublicKeySpkiDerBase64), der(signature))).toBe(
      false,
    );
  },
);

test('v3-jobworth-GET: our text and signature are the published ones', () => {
  const { stringToSign, signature } = vector('v3-jobworth-GET');
  const [authorization = '', method = '', target = ''] = stringToSign.split('\n');
  expect(requestTextToSign(authorization, method, target, undefined)).toBe(stringToSign);
  expect(rsa2(stringToSign)).toBe(signature);
  expect(rsa2(stringToSign.replace('3f2a', '3f2b'))).not.toBe(signature);
});

test('v3-response: accepted unchanged, and refused with any byte changed', () => {
  const { stringToSign, signature, body, headers } = vector('v3-response');
  expect(replyTextToSign('1700000000123', 'abcdef0123456789', Buffer.from(body)).toString()).toBe(stringToSign);
  const reply = { status: 200, headers: { ...headers, 'alipay-signature': signature }, body: Buffer.from(body) };
  expect(judgeGet(keys, reply)).toEqual({
    kind: 'SUCCESS',
    value: { identity_result: 'SUCCESS', token_status: 'FINISH' },
  });
  for (let at = 0; at < reply.body.length; at += 1) {
    const changed = Buffer.from(reply.body);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(() => judgeGet(keys, { ...reply, body: changed })).toThrow(
      expect.objectContaining({ code: 'REPLY_UNVERIFIED' }),
    );
  }
  const { 'alipay-signature': _, ...unsigned } = reply.headers;
  expect(() => judgeGet(keys, { ...reply, headers: unsigned })).toThrow(
    expect.objectContaining({ code: 'REPLY_UNVERIFIED' }),
  );
});

test('aes: an encrypted node is verified first and decrypted then', () => {
  const { key: base64, plain, cipher } = vector('aes');
  const settings = { appId: 'a', keys, gatewayUrl: 'https://openapi.alipay.com/gateway.do', encryptKey: der(base64) };
  const signed = (node: string, signature = sign('RSA-SHA256', Buffer.from(node), alipayKey).toString('base64')) => ({
    status: 200,
    headers: {},
    body: Buffer.from(`{"a_b_response":${node},"sign":"${signature}"}`),
  });
  expect(judgeCall(settings, 'a.b', signed(`"${cipher}"`), new Map())).toEqual(JSON.parse(plain));
  const withoutQuotes = sign('RSA-SHA256', Buffer.from(cipher), alipayKey).toString('base64');
  expect(() => judgeCall(settings, 'a.b', signed(`"${cipher}"`, withoutQuotes), new Map())).toThrow(
    expect.objectContaining({ code: 'REPLY_UNVERIFIED' }),
  );
});
