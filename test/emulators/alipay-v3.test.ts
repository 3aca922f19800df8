import { describe, expect, test } from 'vitest';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { alipayKey, appId, certs, jobworthQuery, noon, start, type V3 } from './alipay-requests.ts';

describe('the third protocol', () => {
  test('the emulated v3 answers a once token once, signed over its bytes', async () => {
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

  test('the emulated v3 returns the same id for the same payer of a merchant', async () => {
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
  ] as const)('the emulated v3 returns the id of the requested payer: %j', async (changes, app, id) => {
    const { jobworth } = await start({ app });
    expect(JSON.parse((await jobworth('test_ok_alice', changes)).body)).toMatchObject(id);
  });

  test('the emulated v3 answers FAILED for the payer `unconfirmed`', async () => {
    const { jobworth } = await start();
    expect(JSON.parse((await jobworth('test_ok_unconfirmed~1')).body)).toMatchObject({ identity_result: 'FAILED' });
    expect(JSON.parse((await jobworth('test_ok_unconfirmed~1')).body)).toMatchObject({ code: 'TOKEN_INVALID' });
  });

  test('the emulated v3 answers `waiting` twice, which consumes nothing', async () => {
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
  test.each(businessErrors.split(' '))('the emulated v3 refuses the token of %s each time', async (code) => {
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
  ])('the emulated v3 requires its parameters: %j', async (changes) => {
    const { jobworth } = await start();
    const { response, isSigned, body } = await jobworth('test_ok_alice', changes);
    expect([response.status, isSigned, JSON.parse(body).code]).toEqual([400, true, 'INVALID_PARAMETER']);
    expect((await jobworth('test_ok_alice')).response.status).toBe(200);
  });

  test('the emulated v3 accepts the fields of the Authorization in any order, unknown ones too', async () => {
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

  test('the emulated v3 verifies the request target as it is on the wire', async () => {
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
  test.each(faults)('the emulated v3 refuses with %s: %j', async (code, options, isSigned) => {
    const { jobworth } = await start();
    const { response, body, isSigned: wasSigned } = await jobworth('test_ok_alice', {}, options);
    expect([response.status, wasSigned]).toEqual([400, isSigned]);
    expect(JSON.parse(body)).toMatchObject({ code, message: expect.any(String), links: [expect.anything()] });
  });

  test('the emulated v3 refuses other methods', async () => {
    const { getV3 } = await start();
    const { response, body } = await getV3('/v3/alipay/trade/query');
    expect([response.status, JSON.parse(body).code]).toEqual([400, 'invalid-method']);
  });

  test('the emulated v3 leaves errors unsigned with signErrors: false', async () => {
    const { jobworth } = await start({ signErrors: false });
    const { response, body } = await jobworth('test_invalid_a');
    expect(response.headers.get('alipay-signature')).toBeNull();
    expect(JSON.parse(body).code).toBe('TOKEN_INVALID');
  });

  test('the emulated v3 with certificates requires serial numbers, and returns its own', async () => {
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

  test('the emulated v3 fails as the test code says', async () => {
    const { jobworth } = await start();
    const bad = await jobworth('test_badsign_a');
    expect([bad.isSigned, bad.response.headers.has('alipay-signature')]).toEqual([false, true]);
    expect((await jobworth('test_nosign_a')).response.headers.has('alipay-signature')).toBe(false);
    const twice = await jobworth('test_twice_unconfirmed');
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
