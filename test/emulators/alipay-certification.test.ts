import { describe, expect, test } from 'vitest';
import { testCodeKinds } from '../../src/emulators/test-codes.ts';
import {
  appId,
  appPublicKey,
  bill,
  billFor,
  CERTIFY,
  hrefs,
  INITIALIZE,
  noon,
  type Params,
  present,
  QUERY,
  signText,
  start,
} from './alipay-requests.ts';

describe('a certification', () => {
  const begin = async (emulator: Awaited<ReturnType<typeof start>>, changes: Partial<typeof bill> = {}) =>
    (await emulator.business(INITIALIZE, { ...bill, ...changes })).node.certify_id as string;
  const pageUrl = ({ signed }: Awaited<ReturnType<typeof start>>, certifyId: string, params: Params = {}) => {
    const biz_content = JSON.stringify({ certify_id: certifyId });
    return `/gateway.do?${new URLSearchParams(present(signed(CERTIFY, { biz_content, ...params })))}`;
  };

  test('a certification has an id, and is not passed before the payer has chosen', async () => {
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
  test.each(wrong)('initialize is refused for %s', async (_, biz) => {
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

  test('initialize accepts an outer_order_no once', async () => {
    const { business } = await start();
    expect((await business(INITIALIZE, bill)).node.code).toBe('10000');
    expect((await business(INITIALIZE, bill)).node.sub_code).toBe('ILLEGAL_ARGUMENT_FORMAT');
  });

  test.each([
    ['does not exist', 'OC201809253000000393900404029253', '无效的certify_id'],
    ['test_expired_a', 'test_expired_a', 'certify_id已过期'],
  ])('a certification that %s cannot be queried', async (_, certifyId, text) => {
    const { business } = await start();
    const { node } = await business(QUERY, { certify_id: certifyId });
    expect(node).toMatchObject({ code: '40004', msg: 'Business Failed', sub_msg: text });
  });

  test.each([
    ['通过', 'T'],
    ['不通过', 'F'],
  ])('a certification ends as the payer chooses: %s', async (label, passed) => {
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

  test('the return_url of the request outranks that of initialize', async () => {
    const emulator = await start();
    const certifyId = await begin(emulator);
    const return_url = 'https://shop.example/中?state=1';
    const html = await (await emulator.get(pageUrl(emulator, certifyId, { return_url }))).text();
    const chosen = await emulator.get(hrefs(html).通过 ?? '');
    expect(chosen.headers.get('location')).toBe(new URL(return_url).href);
  });

  test('a certification without a return_url ends on a page', async () => {
    const emulator = await start();
    const certifyId = await begin(emulator, { merchant_config: { return_url: '' } });
    const html = await (await emulator.get(pageUrl(emulator, certifyId))).text();
    const chosen = await emulator.get(hrefs(html).通过 ?? '');
    expect([chosen.status, await chosen.text()]).toEqual([200, expect.stringContaining('已完成')]);
  });

  test('a certification that has passed stays passed', async () => {
    const emulator = await start();
    const certifyId = await begin(emulator);
    const links = hrefs(await (await emulator.get(pageUrl(emulator, certifyId))).text());
    for (const label of ['不通过', '通过', '不通过']) await emulator.get(links[label] ?? '');
    expect((await emulator.business(QUERY, { certify_id: certifyId })).node.passed).toBe('T');
  });

  test('the certification page offers every fault, and a query is answered like one of that test code until the next choice', async () => {
    const emulator = await start();
    const { get, signed, origin } = emulator;
    const certifyId = await begin(emulator);
    const html = await (await get(pageUrl(emulator, certifyId))).text();
    const faults = [...html.matchAll(/<form action="([^"]+)">(.*?)<button>[^<]+<code>([^<]+)</g)].map(
      ([, action = '', inputs = '', code = '']) => {
        const fields = [...inputs.matchAll(/name="(\w+)" value="(\w+)"/g)].map(([, name = '', value = '']) => [
          name,
          value,
        ]);
        return { code, href: `${action}?${new URLSearchParams(fields)}` };
      },
    );
    const kinds = Object.keys(testCodeKinds).filter((kind) => kind !== 'ok');
    expect(faults.map(({ code }) => code).toSorted()).toEqual(
      [
        ...[2, 4, 30].map((seconds) => `test_ok_alice_delay_${seconds}s`),
        ...kinds.map((kind) => `test_${kind}_alice`),
      ].toSorted(),
    );
    const seen = async (id: string): Promise<unknown> => {
      const query = new URLSearchParams(present(signed(QUERY, { biz_content: JSON.stringify({ certify_id: id }) })));
      const url = `${origin}/gateway.do?${query}`;
      try {
        const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(500) });
        return [response.status, await response.text()];
      } catch (error) {
        return error instanceof Error && error.name;
      }
    };
    const outcomes = new Set<string>();
    for (const { code, href } of faults) {
      expect((await get(href)).status).toBe(302);
      const [asked, likeOne] = await Promise.all([seen(certifyId), seen(code)]);
      expect({ code, asked }).toEqual({ code, asked: likeOne });
      outcomes.add(JSON.stringify(asked));
    }
    // The delays and the answer that never comes are one to a client that waits half a second.
    expect(outcomes.size).toBe(faults.length - 3);
    await get(hrefs(html).通过 ?? '');
    expect((await emulator.business(QUERY, { certify_id: certifyId })).node.passed).toBe('T');
  });

  test('the certification page opens by a form, with the biz_content in the body', async () => {
    const emulator = await start();
    const biz_content = JSON.stringify({ certify_id: await begin(emulator) });
    const page = await emulator.post(emulator.signed(CERTIFY, { biz_content }));
    expect(Object.keys(hrefs(await page.text()))).toEqual(['通过', '不通过']);
  });

  test('the certification page shows errors to the browser', async () => {
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

  test('the certification page escapes its texts', async () => {
    const emulator = await start();
    const biz_content = '{"certify_id":"<script>alert(1)</script>"}';
    const html = await (await emulator.get(pageUrl(emulator, '', { biz_content, sign: 'ZmFrZQ==' }))).text();
    expect(html).toContain('&lt;script&gt;alert(1)');
    expect(html).not.toContain('<script');
  });

  test('a certification belongs to its application', async () => {
    const apps = [appId, '2021000000000002'].map((id) => ({ appId: id, publicKey: appPublicKey }));
    const emulator = await start({ apps });
    const certifyId = await begin(emulator);
    const { node } = await emulator.business(QUERY, { certify_id: certifyId }, { app_id: '2021000000000002' });
    expect(node.sub_code).toBe('OPEN_CERTIFY_BILL_NOT_EXIST');
  });

  test('a certification can be begun for 23 hours and queried for three months', async () => {
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

  test('the result is ["T"] with passedAsList', async () => {
    const { business } = await start({ passedAsList: true });
    expect((await business(QUERY, { certify_id: 'test_ok_a' })).node.passed).toEqual(['T']);
  });

  test('initialize fails as the test code in cert_name says', async () => {
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

  test('a query fails as the test code in certify_id says', async () => {
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
