/** The members and errors in which the contract 1.0 states what was wrong: one of each that no other suite looks at. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type ScopedService, startScopedService } from '../support/services/scoped-service.ts';
import { AUTH_RESULT, AUTHENTICATE, AUTHENTICATE_AND_SET } from '../support/services/service.ts';

const traceId = expect.stringMatching(/^[0-9a-f]{32}$/);

let scoped: ScopedService;
beforeAll(async () => {
  scoped = await startScopedService({}, { defaultApp: 'shop', apps: apps() });
});
afterAll(() => scoped.close());

const apps = () => {
  const channels = { ali_pay: 'complete' };
  return [
    { id: 'shop', channels },
    { id: 'bar', channels },
    { id: 'strict', channels, sessions: 'required' as const, returnUrls: ['https://shop.example/payer'] },
    { id: 'signing', channels, signature: { keys: [{ secret: 'a key of a merchant, of 32 bytes' }] } },
  ];
};
const ask = async (query: string, variables: Record<string, unknown>, who = {}) => {
  const { status, data, errors } = await scoped.service.graphql(query, variables, await scoped.as(who));
  return { status, data, errors };
};

describe('authResult', () => {
  const stored = async () => {
    const input = { channelId: 'ali_pay', authCode: `ok_${Math.random()}` };
    return (await ask(AUTHENTICATE_AND_SET, { input })).data.authenticateAndSet.queryCode as string;
  };

  test.each([-1, 26, -2_147_483_648, 2_147_483_647])(
    'authResult with a wait of %i seconds is a PayerInvalidInput that names waitSeconds',
    async (waitSeconds) => {
      const startedAt = performance.now();
      for (const queryCode of [await stored(), 'query-code-that-was-never-used']) {
        const { status, data, errors } = await ask(AUTH_RESULT, { queryCode, waitSeconds });
        expect({ status, errors }).toEqual({ status: 200, errors: undefined });
        expect(data.authResult).toEqual({
          ...{ __typename: 'PayerInvalidInput', code: 'INPUT_INVALID', traceId },
          message: 'The input is not valid; see fields.',
          fields: [{ path: 'waitSeconds', message: '0 to 25' }],
        });
      }
      expect(performance.now() - startedAt).toBeLessThan(5_000);
    },
  );

  test.each([0, 25, null])('authResult with a wait of %s seconds reads what is there at once', async (waitSeconds) => {
    const { data } = await ask(AUTH_RESULT, { queryCode: await stored(), waitSeconds });
    expect(data.authResult).toMatchObject({ __typename: 'PayerAuthSucceeded', identity: { openId: 'open' } });
  });
});

describe('payerChannels', () => {
  const CHANNELS = 'query ($appId: ID) { payerChannels(appId: $appId) { channel { id } capabilities } }';
  const every = ['AUTHENTICATE', 'AUTHORIZE', 'CERTIFY', 'JOBWORTH'];

  test.each([undefined, null, 'shop', 'bar'])('payerChannels of the app %s lists its channels', async (appId) => {
    const { data, errors } = await ask(CHANNELS, { appId });
    expect(errors).toBeUndefined();
    expect(data.payerChannels).toEqual([{ channel: { id: 'ali_pay' }, capabilities: every }]);
  });

  test.each(['no-such-app', '', '__proto__', 'x'.repeat(33)])(
    'payerChannels of an app that is not configured is null with the error APP_UNKNOWN: %j',
    async (appId) => {
      const { status, data, errors } = await ask(CHANNELS, { appId });
      expect({ status, data }).toEqual({ status: 200, data: { payerChannels: null } });
      expect(errors).toEqual([
        {
          message: 'No app has this id.',
          ...{ path: ['payerChannels'], locations: expect.any(Array), extensions: { code: 'APP_UNKNOWN', traceId } },
        },
      ]);
    },
  );

  test('an app that is not configured leaves the other fields of the query whole', async () => {
    const query = '{ mine: payerChannels { channel { id } } other: payerChannels(appId: "none") { capabilities } }';
    const { data, errors } = await ask(query, {});
    expect(data).toEqual({ mine: [{ channel: { id: 'ali_pay' } }], other: null });
    expect(errors).toMatchObject([{ path: ['other'], extensions: { code: 'APP_UNKNOWN' } }]);
  });
});

describe('PayerNotAllowed', () => {
  const call = (appId: string, more: object = {}) => ({
    input: { channelId: 'ali_pay', appId, authCode: `ok_${Math.random()}`, ...more },
  });

  test('PayerNotAllowed names the scope that the caller lacks', async () => {
    const { data } = await ask(AUTHENTICATE, call('shop'), { scopes: ['payer:read'] });
    const refusal = { __typename: 'PayerNotAllowed', code: 'NOT_ALLOWED', requiredScope: 'payer:authenticate' };
    expect(data.authenticate).toMatchObject(refusal);
  });

  test('PayerNotAllowed names the scope when the caller has it for another app', async () => {
    const { data } = await ask(AUTHENTICATE, call('shop'), { apps: ['bar'] });
    expect(data.authenticate).toMatchObject({ code: 'NOT_ALLOWED', requiredScope: 'payer:authenticate' });
  });

  test('PayerNotAllowed names no scope where none would help: the signature of an app is missing', async () => {
    const { data } = await ask(AUTHENTICATE, call('signing'));
    const refusal = { __typename: 'PayerNotAllowed', code: 'SIGNATURE_MISSING', requiredScope: null };
    expect(data.authenticate).toMatchObject(refusal);
  });

  test("PayerNotAllowed names no scope where none would help: the app's policy wants a state", async () => {
    const query = AUTHENTICATE_AND_SET.replace('code message traceId', 'code ... on PayerNotAllowed { requiredScope }');
    const { data } = await ask(query, call('strict'));
    expect(data.authenticateAndSet).toEqual({
      __typename: 'PayerNotAllowed',
      code: 'NOT_ALLOWED',
      requiredScope: null,
    });
  });
});

describe('the subject of a job query', () => {
  const JOBWORTH = `query ($input: PayerJobworthInput!) { jobworthAuthentication(input: $input) {
    __typename ... on PayerFailure { code } ... on PayerInvalidInput { fields { path message } } } }`;
  const query = { agreementId: 'c', match: 'EXACT', jobIdentityType: '04', serviceId: 's' };
  const document = { type: 'PASSPORT', number: 'E12345678' };
  const asked = async (subject: object) => {
    const input = { ...query, onceToken: `ok_${Math.random()}`, subject };
    const { status, data, errors } = await ask(JOBWORTH, { input });
    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
    return data.jobworthAuthentication;
  };

  test.each([
    ['none', {}],
    ['none but nulls', { userId: null, openId: null, document: null }],
    ['two', { userId: 'u', openId: 'o' }],
    ['two, of which one is a document', { userId: 'u', document }],
    ['all three', { userId: 'u', openId: 'o', document }],
  ])('a job query whose subject has %s is a PayerInvalidInput that names subject', async (_, subject) => {
    const message = 'exactly one of userId, openId and document';
    expect(await asked(subject)).toEqual({
      ...{ __typename: 'PayerInvalidInput', code: 'INPUT_INVALID', fields: [{ path: 'subject', message }] },
    });
  });

  test.each([
    ['userId', { userId: 'u' }],
    ['openId', { openId: 'o', userId: null }],
    ['document', { document, openId: null }],
  ])('a job query whose subject has a %s alone is answered', async (_, subject) => {
    expect(await asked(subject)).toEqual({ __typename: 'PayerJobworthAnswered' });
  });

  test.each([
    ['userId', { userId: 'x'.repeat(65) }],
    ['openId', { openId: '' }],
    ['document.number', { document: { ...document, number: '' } }],
  ])('an invalid subject is named by its place: subject.%s', async (path, subject) => {
    const { fields } = await asked(subject);
    expect(fields).toEqual([{ path: `subject.${path}`, message: expect.any(String) }]);
  });
});
