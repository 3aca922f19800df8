/** Answers while the store fails: to repeat the call, and nothing of the cause. */
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { VaultError } from '../../src/security/vault.ts';
import type { Store } from '../../src/store/store.ts';
import { completeSource } from '../support/services/complete-source.ts';
import {
  AUTH_RESULT,
  AUTHENTICATE,
  AUTHENTICATE_AND_SET,
  type Service,
  startService,
} from '../support/services/service.ts';

const canary = 'canary7f3a';
const channelId = 'ali_pay';
const INITIALIZE = `mutation ($input: PayerInitializeCertificationInput!) { initializeIdentityCertification(input: $input) {
  __typename ... on PayerCertificationInitialized { certifyId } ... on PayerFailure { code message } ... on PayerServiceBusy { retryAfterSeconds } } }`;
const CHECK = `query ($certifyId: ID!) { identityCertification(certifyId: $certifyId) {
  __typename ... on PayerCertification { status } ... on PayerFailure { code message } ... on PayerServiceBusy { retryAfterSeconds } } }`;
const PAYER = 'query ($id: ID!) { payerIdentity(id: $id) { openId certification { status } } }';
const document = { type: 'IDENTITY_CARD', holderName: '张三', number: '11010519491231002X' };
const payer = { method: 'FACE', document };
const message = 'The service cannot store or read results now; nothing was used up. Repeat the call.';
const unavailable = { code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 2 };
const unavailableMember = { __typename: 'PayerServiceBusy', ...unavailable, message };

/** How the methods named here fail now. */
const failures = new Map<string, Error>();
const breakable = (store: Store): Store =>
  new Proxy(store, {
    get(target, method, receiver) {
      const failure = failures.get(String(method));
      return failure ? () => Promise.reject(failure) : Reflect.get(target, method, receiver);
    },
  });
const breakStore = (method: keyof Store, failure = new Error(`disk of ${canary} is full`)) =>
  failures.set(method, failure);

let service: Service;
let identityId = '';
let codes = 0;
const newCode = () => {
  codes += 1;
  return `ok_${codes}`;
};

beforeAll(async () => {
  service = await startService({
    sources: { complete: completeSource('upstream') },
    config: { defaultApp: 'shop', apps: [{ id: 'shop', channels: { [channelId]: 'complete' } }] },
    wrap: breakable,
  });
  const { data } = await service.graphql(AUTHENTICATE, { input: { channelId, authCode: newCode() } });
  identityId = data.authenticate.identity.id;
});
afterAll(() => service.close());
afterEach(() => {
  failures.clear();
  expect(service.logLines.join('')).not.toContain(canary);
});

const initialize = async (input = {}) =>
  (await service.graphql(INITIALIZE, { input: { ...payer, ...input } })).data.initializeIdentityCertification;
const check = async (certifyId: string) => (await service.graphql(CHECK, { certifyId })).data.identityCertification;

describe('authResult', () => {
  const poll = (queryCode: string) => service.graphql(AUTH_RESULT, { queryCode });
  const kept = async () => {
    const input = { channelId, authCode: newCode() };
    return (await service.graphql(AUTHENTICATE_AND_SET, { input })).data.authenticateAndSet.queryCode as string;
  };
  const waiting = async () => {
    const queryCode = `query-code-of-a-payer-to-come-${newCode().replace(' ', '-')}`;
    await service.store.openSession({ queryCode, stateId: newCode(), appId: 'shop', channelId });
    return queryCode;
  };

  test.each([
    ['its session cannot be read', 'session', kept],
    ['its poll cannot be counted', 'countPoll', waiting],
  ] as const)('P6: authResult is PayerServiceBusy when %s, and succeeds afterwards', async (_, method, prepare) => {
    const queryCode = await prepare();
    breakStore(method);
    const { status, data, errors } = await poll(queryCode);
    expect({ status, errors }).toEqual({ status: 200, errors: undefined });
    const traceId = expect.stringMatching(/^[0-9a-f]{32}$/);
    expect(data.authResult).toEqual({ ...unavailableMember, traceId });
    expect(service.logLines.at(-1)).toContain('the store failed');
    failures.clear();
    expect((await poll(queryCode)).data.authResult.__typename).toMatch(/^PayerAuth(Succeeded|Waiting)$/);
  });

  test('authResult is INTERNAL_SERVER_ERROR when a result does not open', async () => {
    const queryCode = await kept();
    breakStore('session', new VaultError());
    const { errors } = await service.graphql(AUTH_RESULT, { queryCode });
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  });
});

describe('certification is SERVICE_UNAVAILABLE', () => {
  test.each(['addCertification', 'identities'] as const)(
    'initializing a certification is SERVICE_UNAVAILABLE when %s fails',
    async (method) => {
      breakStore(method);
      expect(await initialize({ identityId })).toEqual(unavailableMember);
      failures.clear();
      expect(await initialize({ identityId })).toMatchObject({ certifyId: expect.any(String) });
    },
  );

  test.each(['certification', 'updateCertification'] as const)(
    'checking a certification is SERVICE_UNAVAILABLE when %s fails',
    async (method) => {
      const { certifyId } = await initialize();
      breakStore(method);
      expect(await check(certifyId)).toEqual(unavailableMember);
      failures.clear();
      expect(await check(certifyId)).toMatchObject({ status: 'PASSED' });
    },
  );

  test('a certification is no SERVICE_UNAVAILABLE when a payer does not open', async () => {
    breakStore('identities', new VaultError());
    const { errors } = await service.graphql(INITIALIZE, { input: { ...payer, identityId } });
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  });
});

describe('a payer is SERVICE_UNAVAILABLE in its own place', () => {
  const inPlace = (path: readonly (string | number)[]) => [{ message, path, extensions: unavailable }];

  test('payerIdentity is SERVICE_UNAVAILABLE when the store fails', async () => {
    breakStore('identities');
    const { status, data, errors } = await service.graphql(PAYER, { id: identityId });
    expect([status, data]).toEqual([200, { payerIdentity: null }]);
    expect(errors).toMatchObject(inPlace(['payerIdentity']));
  });

  test('only the certification of a payer is SERVICE_UNAVAILABLE when only that cannot be read', async () => {
    breakStore('certificationsOf');
    const { data, errors } = await service.graphql(PAYER, { id: identityId });
    expect(data).toEqual({ payerIdentity: { openId: 'open', certification: null } });
    expect(errors).toMatchObject(inPlace(['payerIdentity', 'certification']));
  });

  test('a payer that does not open is INTERNAL_SERVER_ERROR', async () => {
    breakStore('identities', new VaultError());
    const { errors } = await service.graphql(PAYER, { id: identityId });
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR' } }]);
  });
});
