import { AlipaySdk, type AlipaySdkConfig } from 'alipay-sdk';
import { describe, expect, test } from 'vitest';
import type { AlipayApp } from '../../src/emulators/alipay.ts';
import { idsOf } from '../../src/emulators/test-codes.ts';
import {
  alipayPublicKey,
  appId,
  appKey,
  bill,
  CERTIFY,
  encryptKey,
  hrefs,
  INITIALIZE,
  jobworthQuery,
  OAUTH,
  type Params,
  pem,
  present,
  start,
  vectors,
} from './alipay-requests.ts';

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

  test('the authorization page offers three payers, whose auth codes work once', async () => {
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

  test('the authorization page sends a payer who refuses back without an auth code', async () => {
    const { searchParams } = new URL((await pageFor({})).links.拒绝 ?? '');
    expect([searchParams.get('state'), searchParams.get('auth_code')]).toEqual(['S1', null]);
  });

  test('the authorization page accepts a request without a state', async () => {
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
  ])('the authorization page shows %s for %j', async (code, params) => {
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

  test('the emulator verifies the published vector of a page jump: only the certification is missing', async () => {
    const { stringToSign, signature } = vector('v1-certify-GET');
    const { get } = await start(day);
    const query = (changes: Params) =>
      new URLSearchParams(present({ ...paramsOf(stringToSign), sign: signature, ...changes }));
    expect(await (await get(`/gateway.do?${query({})}`)).text()).toContain('OPEN_CERTIFY_BILL_NOT_EXIST');
    expect(await (await get(`/gateway.do?${query({ version: '1.1' })}`)).text()).toContain('invalid-signature');
  });

  test('the emulator verifies the published vector of an initialization', async () => {
    const { stringToSign, signature } = vector('v1-initialize-sdkExecute');
    const { post, read } = await start(day);
    const { node } = await read(await post({ ...paramsOf(stringToSign), sign: signature }));
    expect(node).toMatchObject({ code: '10000', certify_id: expect.any(String) });
  });

  test('the emulator verifies the published vector of the third protocol: only the token is unknown', async () => {
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

  test('the official SDK redeems an auth code, and verifies the answer', async () => {
    const { sdk } = await open();
    const params = { grantType: 'authorization_code', code: 'test_ok_alice~1', timestamp: timestamp() };
    const result = await sdk.exec(OAUTH, params, { validateSign: true });
    expect(result).toMatchObject({ userId: idsOf('alice').userId, expiresIn: 1_296_000 });
  });

  test('the official SDK initializes a certification in AES', async () => {
    const { sdk } = await open({ encryptKey }, { encryptKey });
    const result = await sdk.exec(INITIALIZE, { needEncrypt: true, bizContent: bill, timestamp: timestamp() });
    expect(result).toMatchObject({ code: '10000', certifyId: expect.any(String) });
  });

  test.each(['GET', 'POST'] as const)('the official SDK opens the page of a certification by %s', async (method) => {
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

  test('the official SDK queries a job identity', async () => {
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
