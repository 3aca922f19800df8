/** Every answer with a traceId has one log line, which says what the operator needs. */
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { type FailureCode, failureMember } from '../../src/failure-codes.ts';
import { VaultError } from '../../src/security/vault.ts';
import { operationFor } from '../support/schema/contract.ts';
import { AUTH_RESULT, AUTHENTICATE, AUTHENTICATE_AND_SET, startService } from '../support/services/service.ts';
import { authenticate, newCode, newQueryCode, provocations } from './provocations.ts';
import { logOf, type Stage, startStage } from './stage.ts';

let stage: Stage;
beforeAll(async () => {
  stage = await startStage();
});
afterAll(() => stage.close());

/** The lines that name a trace, in any field. */
const linesOf = (logLines: readonly string[], traceId: string) =>
  logLines.filter((line) => line.includes(traceId)).map((line) => JSON.parse(line));

const fields = [
  'level',
  'time',
  'msg',
  'traceId',
  'operation',
  'appId',
  'channelId',
  'source',
  'state',
  'code',
  'durationMs',
  'upstreamCode',
  'claimedCode',
  'upstreamTraceId',
  'missingScope',
  'clientReferenceId',
  'signed',
  'count',
  'error',
];

const table = Object.entries(provocations).flatMap(([code, list]) =>
  list.map((provocation, position) => ({
    title: position === 0 ? code : `${code}, provoked another way (${position})`,
    code: code as FailureCode,
    provocation,
  })),
);

describe('a failure has exactly one line, found by its traceId:', () => {
  test.each(table)(
    '$title has exactly one line, found by its traceId',
    async ({ code, provocation: { at = 'plain', provoke, line, silent = [] } }) => {
      const answer = await provoke(stage);
      expect(answer).toMatchObject({ __typename: failureMember(code), code });
      expect(answer.traceId).toMatch(/^[0-9a-f]{32}$/);
      const lines = linesOf(logOf(stage, at), answer.traceId);
      expect(lines).toMatchObject([{ traceId: answer.traceId, code, durationMs: expect.any(Number), ...line }]);
      const logged = Object.keys(lines[0]);
      expect(logged.filter((name) => !fields.includes(name))).toEqual([]);
      expect(silent.filter((name) => logged.includes(name))).toEqual([]);
    },
  );
});

let traces = 0;
/** A trace of the caller's own, and the header that names it. */
const newTrace = () => {
  traces += 1;
  const traceId = `${'a'.repeat(24)}${traces.toString(16).padStart(8, '0')}`;
  return { traceId, headers: { traceparent: `00-${traceId}-00f067aa0ba902b7-01` } };
};

/** What a plain service answers to an operation, and the lines of its trace. */
const traced = async (query: string, variables: Record<string, unknown>) => {
  const { plain } = stage;
  const { traceId, headers } = newTrace();
  const response = await fetch(`${plain.origin}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  // biome-ignore lint/suspicious/noExplicitAny: tests assert the shape
  const { data, errors } = (await response.json()) as any;
  return { traceId, data, errors, lines: linesOf(plain.logLines, traceId) };
};

/** Makes a method of the store fail while something is done. */
const breaking = async <T>(
  method: 'identities' | 'session' | 'certificationsOf',
  error: Error,
  work: () => Promise<T>,
) => {
  const { store } = stage.plain;
  const whole = store[method];
  Object.assign(store, { [method]: () => Promise.reject(error) });
  return work().finally(() => Object.assign(store, { [method]: whole }));
};

describe('a success has one line that says where it happened:', () => {
  test.each([
    ['authenticate', AUTHENTICATE, () => ({ channelId: 'ali_pay', authCode: newCode('ok') })],
    ['authenticateAndSet', AUTHENTICATE_AND_SET, () => ({ channelId: 'ali_pay', authCode: newCode('ok') })],
    [
      'startAuthentication',
      'mutation ($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) { __typename } }',
      () => ({ channelId: 'ali_pay', returnUrl: stage.plain.returnUrl('ali_pay') }),
    ],
    [
      'initializeIdentityCertification',
      'mutation ($input: PayerInitializeCertificationInput!) { initializeIdentityCertification(input: $input) { __typename } }',
      () => ({
        method: 'FACE',
        document: { type: 'IDENTITY_CARD', holderName: '张三', number: '11010519491231002X' },
      }),
    ],
    [
      'startIdentityCertification',
      'mutation ($input: PayerStartCertificationInput!) { startIdentityCertification(input: $input) { __typename } }',
      () => ({ certifyId: '0'.repeat(32) }),
    ],
    [
      'jobworthAuthentication',
      'query ($input: PayerJobworthInput!) { jobworthAuthentication(input: $input) { __typename } }',
      () => ({
        onceToken: newCode('ok'),
        agreementId: 'a',
        match: 'EXACT',
        jobIdentityType: '04',
        serviceId: 's',
        subject: { userId: 'u' },
      }),
    ],
  ])('a successful %s has one line with its app, channel and source', async (operation, query, input) => {
    const { traceId, lines } = await traced(query, { input: input() });
    const place = { appId: 'demo', channelId: 'ali_pay', source: 'alipay' };
    expect(lines).toMatchObject([{ level: 'info', traceId, operation, ...place, durationMs: expect.any(Number) }]);
    expect(lines[0]).not.toHaveProperty('code');
  });
});

test.each(['reportAuthenticationStep', 'cancelAuthentication'])(
  'a successful %s has one line with the app and channel of the session',
  async (operation) => {
    const { plain } = stage;
    const input = { channelId: 'ali_pay', appId: 'demo-other', returnUrl: plain.returnUrl('ali_pay') };
    const started = await traced(operationFor('Mutation', 'startAuthentication'), { input });
    const { state, queryCode } = started.data.startAuthentication;
    const variables =
      operation === 'cancelAuthentication'
        ? { input: { queryCode } }
        : { input: { channelId: 'ali_pay', appId: 'demo-other', state, step: 'DECLINED' } };
    const { lines, traceId } = await traced(operationFor('Mutation', operation), variables);
    const line = { level: 'info', msg: 'a call was answered', traceId, operation, channelId: 'ali_pay' };
    expect(lines).toMatchObject([{ ...line, appId: 'demo-other', durationMs: expect.any(Number) }]);
    expect(lines[0].state).toBe(operation === 'cancelAuthentication' ? undefined : 'DECLINED');
    expect(JSON.stringify(lines)).not.toContain(queryCode);
    expect(JSON.stringify(lines)).not.toContain(state);
  },
);

describe('the outcome of an earlier call', () => {
  test('the outcome that a repeated call gets is found by its traceId, and the repetition by its own', async () => {
    const input = { channelId: 'wechat_pay', authCode: newCode('invalid') };
    const first = await traced(AUTHENTICATE, { input });
    const again = await traced(AUTHENTICATE, { input });
    expect(again.data.authenticate).toEqual(first.data.authenticate);
    expect(first.data.authenticate.traceId).toBe(first.traceId);
    expect(linesOf(stage.plain.logLines, first.traceId)).toMatchObject([{ upstreamCode: expect.any(String) }]);
    const { code } = first.data.authenticate;
    expect(again.lines).toMatchObject([{ msg: 'an earlier outcome was read', code, state: 'REJECTED' }]);
  });

  test('the outcome that authResult reads is found by the traceId of the call that redeemed the code', async () => {
    const queryCode = newQueryCode();
    const input = { channelId: 'wechat_pay', authCode: newCode('reset'), queryCode };
    const first = await traced(AUTHENTICATE_AND_SET, { input });
    const read = await traced(AUTH_RESULT, { queryCode });
    expect(read.data.authResult).toMatchObject({
      __typename: 'PayerAuthWaiting',
      lastFailure: { __typename: 'PayerOutcomeUnknown', traceId: first.traceId },
    });
    const line = { operation: 'authenticateAndSet', code: 'OUTCOME_UNKNOWN', state: 'INDETERMINATE' };
    expect(linesOf(stage.plain.logLines, first.traceId)).toMatchObject([line]);
    expect(read.lines).toEqual([]);
  });
});

describe('a send whose instance is gone', () => {
  test.each(['the sweep', 'a duplicate'])(
    'a send whose instance has gone has its line when %s ends it',
    async (noticed) => {
      const service = await startService({ config: { times: { sweepEveryMs: 30_000 } } });
      onTestFinished(() => service.close());
      const { traceId } = newTrace();
      const claim = { source: 'daxpay', upstreamAppId: 'daxpay demo', kind: 'authCode' as const, code: newCode('ok') };
      const bound = { ...claim, binding: ['sandbox'], appId: 'demo', channelId: 'wechat_pay', traceId };
      const verdict = await service.store.claim(bound);
      if (verdict.kind !== 'CLAIMED') throw new Error(verdict.kind);
      await service.store.markSent(verdict.lease);
      const db = new DatabaseSync(service.file);
      db.exec('UPDATE redemptions SET lease_until = 1');
      db.close();
      if (noticed === 'the sweep') await service.store.sweep();
      const answer = await authenticate(service, { authCode: claim.code });
      expect(answer).toMatchObject({ code: 'OUTCOME_UNKNOWN', traceId });
      const place = { appId: 'demo', channelId: 'wechat_pay', source: 'daxpay' };
      const ended = { state: 'INDETERMINATE', code: 'OUTCOME_UNKNOWN' };
      expect(linesOf(service.logLines, traceId)).toMatchObject([{ msg: 'a send was left behind', ...place, ...ended }]);
    },
  );

  test('a send of a session that was left behind is found by the clientReferenceId', async () => {
    const service = await startService({ config: { times: { sweepEveryMs: 30_000 } } });
    onTestFinished(() => service.close());
    const { traceId } = newTrace();
    const place = { appId: 'demo', channelId: 'wechat_pay' };
    const session = { queryCode: newQueryCode(), stateId: `state-${traceId}` };
    await service.store.openSession({ ...session, ...place, clientReferenceId: 'order-4711' });
    const claim = { source: 'daxpay', upstreamAppId: 'daxpay demo', kind: 'authCode' as const, code: newCode('ok') };
    const bound = { ...claim, ...place, binding: ['sandbox'], traceId, session: { stateId: session.stateId } };
    const verdict = await service.store.claim(bound);
    if (verdict.kind !== 'CLAIMED') throw new Error(verdict.kind);
    await service.store.markSent(verdict.lease);
    const db = new DatabaseSync(service.file);
    db.exec('UPDATE redemptions SET lease_until = 1');
    db.close();
    await service.store.sweep();
    expect(linesOf(service.logLines, 'order-4711')).toMatchObject([{ msg: 'a send was left behind', traceId }]);
  });
});

describe('an error names the traceId that finds its one line:', () => {
  const masked = 'a resolver failed unexpectedly';

  test('an error of this service at a root field names the traceId of its line', async () => {
    const read = () => traced('{ payerIdentity(id: "x") { id } }', {});
    const { traceId, errors, lines } = await breaking('identities', new VaultError(), read);
    expect(errors).toMatchObject([{ extensions: { code: 'INTERNAL_SERVER_ERROR', traceId } }]);
    const error = { name: 'VaultError' };
    expect(lines).toMatchObject([{ level: 'error', msg: masked, operation: 'payerIdentity', traceId, error }]);
  });

  test('an unavailable store below a root field that succeeded names the traceId of its line', async () => {
    const query = `mutation ($input: PayerAuthenticateInput!) { authenticate(input: $input) {
      ... on PayerAuthenticated { identity { certification { status } } } } }`;
    const input = { channelId: 'ali_pay', authCode: newCode('ok') };
    const ask = () => traced(query, { input });
    const { traceId, errors, lines } = await breaking('certificationsOf', new Error('gone'), ask);
    expect(errors).toMatchObject([{ extensions: { code: 'SERVICE_UNAVAILABLE', traceId } }]);
    const line = { level: 'warn', msg: 'a code was redeemed', state: 'SUCCEEDED', code: 'SERVICE_UNAVAILABLE' };
    expect(lines).toMatchObject([{ ...line, operation: 'authenticate', error: { name: 'Error' } }]);
  });

  test('authResult without the store names the traceId of its line', async () => {
    const read = () => traced(AUTH_RESULT, { queryCode: newQueryCode() });
    const { traceId, data, errors, lines } = await breaking('session', new RangeError('gone'), read);
    expect(errors).toBeUndefined();
    const failure = { __typename: 'PayerServiceBusy', code: 'SERVICE_UNAVAILABLE', retryAfterSeconds: 2, traceId };
    expect(data.authResult).toMatchObject(failure);
    const line = { level: 'warn', msg: 'the store failed', operation: 'authResult', error: { name: 'RangeError' } };
    expect(lines).toMatchObject([line]);
  });

  test('an app of payerChannels that is not configured is an error with the traceId of its line, which does not name it', async () => {
    const query = '{ payerChannels(appId: "no-such-app") { capabilities } }';
    const { traceId, data, errors, lines } = await traced(query, {});
    expect(data).toEqual({ payerChannels: null });
    expect(errors).toMatchObject([{ path: ['payerChannels'], extensions: { code: 'APP_UNKNOWN', traceId } }]);
    expect(lines).toMatchObject([{ level: 'info', msg: 'a call was refused', operation: 'payerChannels', traceId }]);
    expect(JSON.stringify([errors, lines])).not.toContain('no-such-app');
  });

  test('entities that cannot be looked up have one line, however many they are', async () => {
    const query = 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }';
    const of = ['a', 'b', 'c'].map((id) => ({ __typename: 'PayerIdentity', id }));
    const { traceId, errors, lines } = await breaking('identities', new Error('gone'), () => traced(query, { of }));
    const error = { extensions: { code: 'SERVICE_UNAVAILABLE', traceId } };
    expect(errors).toMatchObject([error, error, error]);
    expect(lines).toMatchObject([{ operation: '_entities', code: 'SERVICE_UNAVAILABLE', count: 3 }]);
  });

  test('a representation that is not a key is an error of the request, without a traceId and a line', async () => {
    const query = 'query ($of: [_Any!]!) { _entities(representations: $of) { __typename } }';
    for (const key of [{}, { ref: 'not-a-ref' }]) {
      const { errors, lines } = await traced(query, { of: [{ __typename: 'PayerIdentity', ...key }] });
      expect(errors[0].extensions).toEqual({ code: 'BAD_REPRESENTATION' });
      expect(lines).toEqual([]);
    }
  });
});

describe('what callers write', () => {
  test.each(['<script>', 'a"}\n{"level":60', '__proto__', 'constructor', 'x'.repeat(32)])(
    'an app or a channel that is not configured is not logged: %j',
    async (name) => {
      const answers = [{ appId: name }, { channelId: name }].map((input) => authenticate(stage.plain, input));
      for (const { traceId } of await Promise.all(answers)) {
        const lines = linesOf(stage.plain.logLines, traceId);
        expect(lines).toHaveLength(1);
        expect(JSON.stringify(lines)).not.toContain(JSON.stringify(name));
      }
    },
  );
});

describe('a flood of calls that are refused before they do anything', () => {
  const refusals = 400;
  const flood = async (headers: object) => {
    const { service } = stage.scoped;
    const before = service.logLines.length;
    const input = { channelId: 'no-such-channel', authCode: 'x' };
    for (let sent = 0; sent < refusals; sent += 20)
      await Promise.all(Array.from({ length: 20 }, () => service.graphql(AUTHENTICATE_AND_SET, { input }, headers)));
    await delay(1_100);
    const lines = service.logLines.slice(before).map((line) => JSON.parse(line));
    const [about, leftOut] = [lines.filter(({ traceId }) => traceId), lines.filter(({ traceId }) => !traceId)];
    return { about, leftOut: leftOut.reduce((sum, { count }) => sum + count, 0) };
  };

  test('refused calls of a caller with credentials have a line each', async () => {
    const { about, leftOut } = await flood(await stage.scoped.as());
    expect([about.length, leftOut]).toEqual([refusals, 0]);
  });

  test('refused calls of callers without credentials have 100 lines a second, and one that counts the others', async () => {
    const startedAt = performance.now();
    const { about, leftOut } = await flood({});
    const seconds = Math.ceil((performance.now() - startedAt) / 1_000);
    expect(about.length).toBeLessThanOrEqual(100 * seconds);
    expect(about.length).toBeGreaterThanOrEqual(100);
    expect(about.length + leftOut).toBe(refusals);
  });
});
