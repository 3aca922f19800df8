/** clientReferenceId: what the caller calls a session, from its start to its result and in the log, and nowhere else. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SandboxService, startSandboxService } from '../support/services/sandbox.ts';
import { AUTH_RESULT, AUTHENTICATE, AUTHENTICATE_AND_SET } from '../support/services/service.ts';

const START = `mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) { __typename
  ... on PayerAuthenticationStarted { queryCode state authorizeUrl }
  ... on PayerFailure { code message traceId } ... on PayerInvalidInput { fields { path message } } } }`;

let service: SandboxService;
beforeAll(async () => {
  service = await startSandboxService();
});
afterAll(() => service.close());

const ask = async (query: string, variables: Record<string, unknown>) =>
  Object.values((await service.graphql(query, variables)).data)[0] as Record<string, string>;
const start = (input: Record<string, unknown>) =>
  ask(START, { input: { channelId: 'union_pay', returnUrl: service.returnUrl('union_pay'), ...input } });
const set = (input: Record<string, unknown>) =>
  ask(AUTHENTICATE_AND_SET, { input: { channelId: 'union_pay', clientIp: '127.0.0.1', ...input } });
const result = (queryCode: string | undefined) => ask(AUTH_RESULT, { queryCode });

let names = 0;
const newName = () => {
  names += 1;
  return `ref${names}`;
};
/** The log lines after so many. */
const linesSince = (count: number) => service.logLines.slice(count).map((line) => JSON.parse(line));

describe('the reference of a session', () => {
  test('authResult returns it while the session waits, when it has succeeded and when it has failed', async () => {
    const clientReferenceId = `order/${newName()}:1`;
    const first = await start({ clientReferenceId });
    expect(await result(first.queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting', clientReferenceId });
    await set({ authCode: `test_invalid_${newName()}`, state: first.state });
    expect(await result(first.queryCode)).toMatchObject({ __typename: 'PayerAuthWaiting', clientReferenceId });
    await set({ authCode: `test_ok_${newName()}`, state: first.state });
    expect(await result(first.queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded', clientReferenceId });

    const second = await start({ clientReferenceId });
    for (let count = 0; count < 5; count += 1)
      await set({ authCode: `test_invalid_${newName()}`, state: second.state });
    expect(await result(second.queryCode)).toMatchObject({ __typename: 'PayerAuthFailed', clientReferenceId });
  });

  test('it is null where the caller gave none, and for a query code of the caller', async () => {
    for (const none of [{}, { clientReferenceId: null }])
      expect((await result((await start(none)).queryCode)).clientReferenceId).toBeNull();
    const { queryCode } = await set({ authCode: `test_ok_${newName()}` });
    expect(await result(queryCode)).toMatchObject({ __typename: 'PayerAuthSucceeded', clientReferenceId: null });
  });

  test('a whole number is taken as its digits', async () => {
    expect(await result((await start({ clientReferenceId: 20261126 })).queryCode)).toMatchObject({
      clientReferenceId: '20261126',
    });
  });

  test('every call of the session has it in its log line', async () => {
    const [clientReferenceId, before] = [newName(), service.logLines.length];
    const { state, queryCode } = await start({ clientReferenceId });
    const [refused, granted] = [`test_invalid_${newName()}`, `test_ok_${newName()}`];
    await set({ authCode: refused, state });
    await set({ authCode: refused, state });
    await set({ authCode: `test_ok_${newName()}`, state, codeVerifier: 'v'.repeat(43) });
    await set({ authCode: granted, state });
    await set({ authCode: granted, state });
    await set({ authCode: `test_ok_${newName()}`, state });
    await set({ authCode: `test_ok_${newName()}`, queryCode });
    const place = { channelId: 'union_pay', clientIp: '127.0.0.1' };
    await ask(AUTHENTICATE, { input: { ...place, authCode: `test_ok_${newName()}`, queryCode } });
    const lines = linesSince(before);
    expect(lines.map(({ operation, code }) => [operation, code])).toEqual([
      ['startAuthentication', undefined],
      ['authenticateAndSet', 'AUTH_CODE_INVALID'],
      ['authenticateAndSet', 'AUTH_CODE_INVALID'],
      ['authenticateAndSet', 'INPUT_INVALID'],
      ['authenticateAndSet', undefined],
      ['authenticateAndSet', undefined],
      ['authenticateAndSet', undefined],
      ['authenticateAndSet', 'QUERY_CODE_TAKEN'],
      ['authenticate', 'QUERY_CODE_TAKEN'],
    ]);
    for (const line of lines) expect(line).toMatchObject({ clientReferenceId });
  });

  test('a read of the session that fails has it in its line', async () => {
    const clientReferenceId = newName();
    const { queryCode } = await start({ clientReferenceId });
    const [{ countPoll }, before] = [service.store, service.logLines.length];
    Object.assign(service.store, { countPoll: () => Promise.reject(new Error('gone')) });
    await result(queryCode).finally(() => Object.assign(service.store, { countPoll }));
    expect(linesSince(before)).toMatchObject([
      { operation: 'authResult', code: 'SERVICE_UNAVAILABLE', clientReferenceId },
    ]);
  });

  test('the payer’s browser does not see it: neither in the authorize URL nor in an answer to the state', async () => {
    const clientReferenceId = `secret-looking-${newName()}`;
    const { state, authorizeUrl } = await start({ clientReferenceId });
    const answers = [];
    for (const kind of ['invalid', 'ok', 'ok'])
      answers.push(await set({ authCode: `test_${kind}_${newName()}`, state }));
    expect(JSON.stringify([authorizeUrl, answers])).not.toContain(clientReferenceId);
  });
});

describe('the form of a reference', () => {
  const ascii = String.fromCharCode(...Array.from({ length: 94 }, (_, index) => 33 + index));

  test.each(['!', ascii, 'x'.repeat(128)])('%j is taken and comes back as it is', async (clientReferenceId) => {
    expect((await result((await start({ clientReferenceId })).queryCode)).clientReferenceId).toBe(clientReferenceId);
    expect(service.logLines.filter((line) => JSON.parse(line).clientReferenceId === clientReferenceId)).not.toEqual([]);
  });

  test.each([
    ['empty', ''],
    ['of 129 characters', 'x'.repeat(129)],
    ['with a blank', 'a b'],
    ['with a line break', 'a\nb'],
    ['with a line break at its end', 'a\n'],
    ...[
      '\0',
      '\t',
      '\r',
      '\u001B',
      '\u007F',
      '\u0085',
      '\u00A0',
      '\u200B',
      '\u202E',
      '\u2028',
      '\uFEFF',
      '订',
      '😀',
      '\uD800',
    ].map((one) => [`with ${JSON.stringify(one)}`, `a${one}b`]),
  ])('one %s is refused, opens no session and is not logged', async (_, clientReferenceId) => {
    const before = service.logLines.length;
    expect(await start({ clientReferenceId })).toMatchObject({
      __typename: 'PayerInvalidInput',
      code: 'INPUT_INVALID',
      fields: [{ path: 'clientReferenceId' }],
    });
    expect(linesSince(before)).toMatchObject([{ operation: 'startAuthentication', code: 'INPUT_INVALID' }]);
    expect(linesSince(before)[0]).not.toHaveProperty('clientReferenceId');
  });
});
