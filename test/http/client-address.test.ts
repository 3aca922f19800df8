/** The address of the router's client, from the configured header. */
import { expect, onTestFinished, test } from 'vitest';
import { clientAddress } from '../../src/http/client-address.ts';
import { startSandboxService } from '../support/services/sandbox.ts';

const header = 'x-forwarded-for';
const addressIn = (value: string | undefined) =>
  clientAddress(
    {
      ...{ method: 'POST', target: '/graphql', path: '/graphql', peer: { certificateNames: [], encrypted: false } },
      headers: { [header]: value },
      signal: new AbortController().signal,
      readBody: () => Promise.reject(new Error('not read')),
    },
    header,
  );

test.each([
  ['203.0.113.7', '203.0.113.7'],
  ['2001:db8::7', '2001:db8::7'],
  ['198.51.100.1, 203.0.113.7', '203.0.113.7'],
  ['forged by the client,203.0.113.7 ', '203.0.113.7'],
])("the last address in %j is the client's", (value, address) => {
  expect(addressIn(value)).toBe(address);
});

test.each([
  undefined,
  '',
  ' ',
  '203.0.113.7,',
  '203.0.113.7, unknown',
  '203.0.113.7:443',
  '[2001:db8::7]',
  '203.0.113.256',
  '0x7f.1',
  '203.0.113.7\u0000',
  'for=203.0.113.7',
])('%j holds no address of a client', (value) => {
  expect(addressIn(value)).toBeUndefined();
});

/** UnionPay wants the payer's address. */
const redeemUnionPay = async (http: object, headers: Record<string, string>, input: object, sandbox = true) => {
  const service = await startSandboxService((config) => ({ ...config, http }), { sandbox });
  onTestFinished(() => service.close());
  const response = await fetch(`${service.origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({
      query: `mutation($input: PayerAuthenticateInput!) { authenticate(input: $input) {
        __typename ... on PayerFailure { code } ... on PayerInvalidInput { fields { path } } } }`,
      variables: { input: { channelId: 'union_pay', authCode: 'test_ok_anna', ...input } },
    }),
  });
  const { data } = (await response.json()) as { data: { authenticate: object } };
  return { answer: data.authenticate, sent: service.emulators.jucai.ledger.map(({ body }) => body).join() };
};

test('a channel that requires the address gets the one that the router sends', async () => {
  const { answer, sent } = await redeemUnionPay(
    { clientAddressHeader: 'X-Forwarded-For' },
    { 'x-forwarded-for': '198.51.100.1, 203.0.113.7' },
    {},
  );
  expect(answer).toEqual({ __typename: 'PayerAuthenticated' });
  expect(sent).toContain('203.0.113.7');
  expect(sent).not.toContain('198.51.100.1');
});

test("an address in the input has precedence over the router's", async () => {
  const { answer, sent } = await redeemUnionPay(
    { clientAddressHeader: 'x-forwarded-for' },
    { 'x-forwarded-for': '203.0.113.7' },
    { clientIp: '192.0.2.9' },
  );
  expect(answer).toEqual({ __typename: 'PayerAuthenticated' });
  expect(sent).toContain('192.0.2.9');
  expect(sent).not.toContain('203.0.113.7');
});

test('a page that calls the sandbox, which no router stands before, leaves its address out', async () => {
  const { answer, sent } = await redeemUnionPay({}, { 'x-forwarded-for': '203.0.113.7' }, {});
  expect(answer).toEqual({ __typename: 'PayerAuthenticated' });
  expect(sent).toContain('127.0.0.1');
  expect(sent).not.toContain('203.0.113.7');
});

test('a header that is not configured is not used', async () => {
  const { answer } = await redeemUnionPay({}, { 'x-forwarded-for': '203.0.113.7' }, {}, false);
  expect(answer).toEqual({ __typename: 'PayerInvalidInput', code: 'INPUT_INVALID', fields: [{ path: 'clientIp' }] });
});
