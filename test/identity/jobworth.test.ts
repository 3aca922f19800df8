import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';

const JOBWORTH = `query ($input: PayerJobworthInput!) { jobworthAuthentication(input: $input) { __typename
  ... on PayerJobworthAnswered { confirmed merchantIdentityId resultUrl userId openId authorizationStatus }
  ... on PayerJobworthPending { pollAfterSeconds resultUrl }
  ... on PayerFailure { code message traceId } ... on PayerInvalidInput { fields { path message } } } }`;

let service: SandboxService;
beforeAll(async () => {
  service = await startSandboxService((config) => ({ ...config, times: { deadlineMs: 1_500, leaseMs: 4_000 } }));
});
afterAll(() => service.close());

const query = {
  agreementId: 'agreement-1',
  match: 'EXACT',
  jobIdentityType: '04',
  serviceId: '2019120400000000000004450100',
  subject: { openId: '074a1CcTG1LelxKe4xQC0zgNdId0nxi95b5lsNpazWYoCo5' },
};
const citizen = (number: string) => ({ type: 'IDENTITY_CARD', number });
const ask = async (onceToken: string, input: Record<string, unknown> = {}) =>
  (await service.graphql(JOBWORTH, { input: { ...query, onceToken, ...input } })).data.jobworthAuthentication;
const sent = (onceToken: string) =>
  service.emulators.alipay.ledger.filter(({ url }) => url.searchParams.get('once_token') === onceToken).length;

describe('a once token', () => {
  test('a once token buys one final answer, which is stored: the same query gets it again and nothing is sent', async () => {
    const first = await ask('test_ok_alice~1');
    expect(first).toMatchObject({ __typename: 'PayerJobworthAnswered', confirmed: true });
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
    expect(await ask('test_ok_alice~3', { subject: { openId: 'somebody else' } })).toMatchObject({
      __typename: 'PayerAuthorizationRejected',
      code: 'ONCE_TOKEN_USED',
    });
    expect(await ask('test_ok_alice~3', { match: 'FUZZY' })).toMatchObject({ code: 'ONCE_TOKEN_USED' });
    expect(sent('test_ok_alice~3')).toBe(1);
  });

  test('a query whose field is null is the same query without it, and not the one with the text undefined', async () => {
    const token = 'test_ok_alice~6';
    const first = await ask(token);
    expect(first).toMatchObject({ confirmed: true });
    expect(await ask(token, { subject: { ...query.subject, userId: null, document: null } })).toEqual(first);
    expect(await ask(token, { agreementId: 'undefined' })).toMatchObject({ code: 'ONCE_TOKEN_USED' });
    expect(sent(token)).toBe(1);
  });

  test('a once token can be queried again while the answer is not final', async () => {
    const token = 'test_ok_waiting~4';
    expect(await ask(token)).toMatchObject({ __typename: 'PayerJobworthPending', pollAfterSeconds: 5 });
    expect(await ask(token)).toMatchObject({ __typename: 'PayerJobworthPending' });
    expect(await ask(token)).toMatchObject({ __typename: 'PayerJobworthAnswered', confirmed: true });
    expect(await ask(token)).toMatchObject({ __typename: 'PayerJobworthAnswered', confirmed: true });
    expect(sent(token)).toBe(3);
  });

  test('a once token that Zhima clearly refused can be used when the reason is gone', async () => {
    const token = 'test_ok_error-USER_NOT_AUTHORIZE~5';
    expect(await ask(token)).toMatchObject({
      __typename: 'PayerAuthorizationRejected',
      code: 'JOBWORTH_NOT_AUTHORIZED',
    });
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
    [{ subject: {} }, 'subject'],
    [{ subject: { userId: null, openId: null, document: null } }, 'subject'],
    [{ subject: { userId: '2088', openId: 'o' } }, 'subject'],
    [{ subject: { openId: 'o', document: citizen('11010519491231002X') } }, 'subject'],
    [{ subject: { document: citizen('110105194912310021') } }, 'subject.document.number'],
    [{ subject: { document: citizen('') } }, 'subject.document.number'],
    [{ subject: { userId: '' } }, 'subject.userId'],
    [{ subject: { userId: 'x'.repeat(65) } }, 'subject.userId'],
    [{ subject: { openId: 'x'.repeat(129) } }, 'subject.openId'],
    [{ agreementId: '' }, 'agreementId'],
    [{ onceToken: 'x'.repeat(129) }, 'onceToken'],
    [{ jobIdentityType: '' }, 'jobIdentityType'],
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
      __typename: 'PayerInvalidInput',
      code: 'CHANNEL_UNSUPPORTED',
      fields: [{ path: 'appId' }],
    });
  });
});

/** The query that Zhima received last, without what every query of this file has. */
const wire = () => {
  const sentLast = Object.fromEntries(service.emulators.alipay.ledger.at(-1)?.url.searchParams ?? []);
  const { conn_key, once_token, identity_type, service_id, ...own } = sentLast;
  return own;
};

describe('on the wire', () => {
  test.each([
    ['EXACT', 'exact'],
    ['FUZZY', 'dim'],
  ])('match %s is sent as query_type %s', async (match, queryType) => {
    await ask(`test_ok_alice~match-${match}`, { match });
    expect(wire()).toEqual({ query_type: queryType, open_id: query.subject.openId });
  });

  test.each([
    [{ userId: '20881029102921' }, { user_id: '20881029102921' }],
    [{ openId: 'an-open-id' }, { open_id: 'an-open-id' }],
    [{ document: citizen('11010519491231002X') }, { cert_no: '11010519491231002X', cert_type: '0' }],
  ])('the subject %o is sent as %o and by no other parameter', async (subject, sentAs) => {
    await ask(`test_ok_alice~subject-${Object.keys(subject)}`, { subject });
    expect(wire()).toEqual({ query_type: 'exact', ...sentAs });
  });

  test.each([
    ['IDENTITY_CARD', '0', '11010519491231002x', '11010519491231002X'],
    ['PASSPORT', '1', 'e 12345678', 'E12345678'],
    ['HOME_RETURN_PERMIT', '2', 'h12345678', 'H12345678'],
    ['TRAVEL_PERMIT_HK_MC', '3', 'C１２３４５６７８', 'C12345678'],
    ['TRAVEL_PERMIT_TAIWAN', '4', 'T 1234 5678', 'T12345678'],
    ['DOCUMENT_HK_MC', '5', 'a123456(7)', 'A123456(7)'],
  ])(
    'a document %s is sent as cert_type %s, and its number %s as it is printed',
    async (type, certType, typed, printed) => {
      const token = `test_ok_alice~${type}-number`;
      const named = (number: string) => ask(token, { subject: { document: { type, number } } });
      expect(await named(typed)).toMatchObject({ confirmed: true });
      expect(wire()).toEqual({ query_type: 'exact', cert_no: printed, cert_type: certType });
      // Spelled as it is printed it is the same call, and not sent again.
      expect(await named(printed)).toMatchObject({ confirmed: true });
      expect(sent(token)).toBe(1);
    },
  );

  test.each([
    [{ match: 'exact' }, '$input.match', 'PayerJobworthMatch'],
    [
      { subject: { document: { type: '0', number: 'E12345678' } } },
      '$input.subject.document.type',
      'PayerJobworthDocumentType',
    ],
  ])(
    '%o has a word of the wire instead of one of the contract: an error with its place, and nothing is sent',
    async (input, place, type) => {
      const before = service.emulators.alipay.ledger.length;
      const answer = await service.graphql(JOBWORTH, { input: { ...query, onceToken: 'test_ok_word', ...input } });
      expect(answer.data).toBeUndefined();
      expect(answer.errors).toEqual([
        expect.objectContaining({
          extensions: { code: 'BAD_USER_INPUT' },
          message: `${place} does not fit its type. Expected a value of the enum "${type}".`,
        }),
      ]);
      expect(service.emulators.alipay.ledger).toHaveLength(before);
    },
  );
});

test('a document’s number is sent, and logged nowhere', async () => {
  const number = '11010519491231002X';
  await ask('test_ok_alice~9', { subject: { document: citizen(number) } });
  expect(wire()).toMatchObject({ cert_no: number });
  expect(service.logLines.join('')).not.toContain(number);
});
