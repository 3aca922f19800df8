import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';

const JOBWORTH = `query ($input: PayerJobworthInput!) { jobworthAuthentication(input: $input) { __typename
  ... on PayerJobworthAnswered { trusted merchantIdentityId resultUrl userId openId tokenStatus }
  ... on PayerJobworthPending { pollAfterSeconds resultUrl }
  ... on PayerFailure { code message traceId } ... on PayerInvalidInput { fields { path message } } } }`;

let service: SandboxService;
beforeAll(async () => {
  service = await startSandboxService((config) => ({ ...config, times: { deadlineMs: 1_500, leaseMs: 4_000 } }));
});
afterAll(() => service.close());

const query = {
  connKey: 'agreement-1',
  queryType: 'exact',
  identityType: '04',
  serviceId: '2019120400000000000004450100',
  openId: '074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5',
};
const ask = async (onceToken: string, input: Record<string, unknown> = {}) =>
  (await service.graphql(JOBWORTH, { input: { ...query, onceToken, ...input } })).data.jobworthAuthentication;
const sent = (onceToken: string) =>
  service.emulators.alipay.ledger.filter(({ url }) => url.searchParams.get('once_token') === onceToken).length;

describe('a once token', () => {
  test('a once token buys one final answer, which is stored: the same query gets it again and nothing is sent', async () => {
    const first = await ask('test_ok_alice~1');
    expect(first).toMatchObject({ __typename: 'PayerJobworthAnswered', trusted: true });
    expect(await ask('test_ok_alice~1')).toEqual(first);
    expect(sent('test_ok_alice~1')).toBe(1);
  });

  test('P1: a once token in 20 queries at once is sent once', async () => {
    const answers = await Promise.all(Array.from({ length: 20 }, () => ask('test_ok_alice~2')));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(sent('test_ok_alice~2')).toBe(1);
  });

  test('the answer of a once token is given to no other query', async () => {
    await ask('test_ok_alice~3');
    expect(await ask('test_ok_alice~3', { openId: 'somebody else' })).toMatchObject({
      __typename: 'PayerJobworthRejected',
      code: 'ONCE_TOKEN_USED',
    });
    expect(await ask('test_ok_alice~3', { queryType: 'dim' })).toMatchObject({ code: 'ONCE_TOKEN_USED' });
    expect(sent('test_ok_alice~3')).toBe(1);
  });

  test('a query whose field is null is the same query without it, and not the one with the text undefined', async () => {
    const token = 'test_ok_alice~6';
    const first = await ask(token);
    expect(first).toMatchObject({ trusted: true });
    expect(await ask(token, { userId: null, certNo: null, certType: null })).toEqual(first);
    expect(await ask(token, { userId: 'undefined' })).toMatchObject({ code: 'ONCE_TOKEN_USED' });
    expect(sent(token)).toBe(1);
  });

  test('a once token can be queried again while the answer is not final', async () => {
    const token = 'test_ok_waiting~4';
    expect(await ask(token)).toMatchObject({ __typename: 'PayerJobworthPending', pollAfterSeconds: 5 });
    expect(await ask(token)).toMatchObject({ __typename: 'PayerJobworthPending' });
    expect(await ask(token)).toMatchObject({ __typename: 'PayerJobworthAnswered', trusted: true });
    expect(await ask(token)).toMatchObject({ __typename: 'PayerJobworthAnswered', trusted: true });
    expect(sent(token)).toBe(3);
  });

  test('a once token that Zhima clearly refused can be used when the reason is gone', async () => {
    const token = 'test_ok_error-USER_NOT_AUTHORIZE~5';
    expect(await ask(token)).toMatchObject({ __typename: 'PayerJobworthRejected', code: 'JOBWORTH_NOT_AUTHORIZED' });
    await ask(token);
    expect(sent(token)).toBe(2);
  });

  test.each(['hang', 'reset', '500', 'html', 'gbk', 'redirect', 'oversize', 'badsign', 'nosign', 'twice'])(
    'P3: a once token whose answer was lost to %s is indeterminate for good',
    async (kind) => {
      const token = `test_${kind}_x`;
      const first = await ask(token);
      expect(first).toMatchObject({ __typename: 'PayerOutcomeUnknown' });
      expect(await ask(token)).toMatchObject({ __typename: 'PayerOutcomeUnknown', code: first.code });
      expect(sent(token)).toBe(1);
    },
  );
});

describe('bad input', () => {
  test.each([
    [{ openId: null }, 'userId'],
    [{ openId: null, certNo: '11010519491231002X' }, 'userId'],
    [{ certNo: '11010519491231002X' }, 'certType'],
    [{ certType: '0' }, 'certType'],
    [{ certNo: '110105194912310021', certType: '0' }, 'certNo'],
    [{ certNo: 'G12345678', certType: '6' }, 'certType'],
    [{ connKey: '' }, 'connKey'],
    [{ onceToken: 'x'.repeat(129) }, 'onceToken'],
    [{ identityType: '' }, 'identityType'],
    [{ serviceId: 'x'.repeat(65) }, 'serviceId'],
    [{ appId: 'demo-nobody' }, 'appId'],
  ])(
    'the bad input %o is refused with the name of the field, without the value, and nothing is sent',
    async (input, path) => {
      const before = service.emulators.alipay.ledger.length;
      const answer = await ask('test_ok_bad', input);
      expect(answer.__typename).toBe('PayerInvalidInput');
      expect(answer.fields.map((field: { path: string }) => field.path)).toContain(path);
      expect(JSON.stringify(answer)).not.toContain('4912310');
      expect(service.emulators.alipay.ledger).toHaveLength(before);
    },
  );

  test('a query for an app without Zhima is CHANNEL_UNSUPPORTED', async () => {
    expect(await ask('test_ok_x', { appId: 'demo-daxpay' })).toMatchObject({
      __typename: 'PayerChannelUnavailable',
      code: 'CHANNEL_UNSUPPORTED',
    });
  });
});

test.each([
  ['0', '11010519491231002x', '11010519491231002X'],
  ['1', 'e 12345678', 'E12345678'],
])('a document of type %s with the number %s is sent as it is printed', async (certType, typed, printed) => {
  const token = `test_ok_alice~${certType}-number`;
  expect(await ask(token, { openId: null, certNo: typed, certType })).toMatchObject({ trusted: true });
  expect(service.emulators.alipay.ledger.at(-1)?.url.searchParams.get('cert_no')).toBe(printed);
  // Spelled as it is printed it is the same call, and not sent again.
  expect(await ask(token, { openId: null, certNo: printed, certType })).toMatchObject({ trusted: true });
  expect(sent(token)).toBe(1);
});

test('a document’s number is sent, and logged nowhere', async () => {
  const certNo = '11010519491231002X';
  await ask('test_ok_alice~9', { openId: null, certNo, certType: '0' });
  expect(service.emulators.alipay.ledger.at(-1)?.url.searchParams.get('cert_no')).toBe(certNo);
  expect(service.logLines.join('')).not.toContain(certNo);
});
