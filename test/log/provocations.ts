/** For every code of the failure list a call that the real service answers with it, and what its log line has to say. */
import { DatabaseSync } from 'node:sqlite';
import { expect } from 'vitest';
import type { FailureCode } from '../../src/failure-codes.ts';
import type { LogFields } from '../../src/lib/log.ts';
import { operationFor, type Root } from '../support/schema/contract.ts';
import type { SandboxService } from '../support/services/sandbox.ts';
import { type Moment, newNonce, signed, timeOf } from '../support/signers/app-signer.ts';
import type { Part, Stage } from './stage.ts';

type Input = Readonly<Record<string, unknown>>;

export interface Answer {
  readonly __typename?: string;
  readonly code: string;
  readonly traceId: string;
  // biome-ignore lint/suspicious/noExplicitAny: tests assert the shape that they select
  readonly [field: string]: any;
}

export interface Provocation {
  readonly at?: Part;
  readonly provoke: (stage: Stage) => Promise<Answer>;
  readonly line: Partial<Record<keyof LogFields, unknown>>;
  /** Fields that the line must not have. */
  readonly silent?: readonly (keyof LogFields)[];
}

let calls = 0;
export const newCode = (kind: string, payer = 'logged'): string => {
  calls += 1;
  return `test_${kind}_${payer}~${calls}`;
};
export const newQueryCode = (): string => `query-code-${newNonce()}`;

type At = Pick<Stage['plain'], 'graphql'> | Stage['scoped']['service'];
const ask = async (at: At, root: Root, field: string, variables: Record<string, unknown>): Promise<Answer> =>
  (await at.graphql(operationFor(root, field), variables)).data[field];
const mutate = (at: At, field: string, input: Input) => ask(at, 'Mutation', field, { input });
export const authenticate = (at: At, input: Input) =>
  mutate(at, 'authenticate', { authCode: newCode('ok'), channelId: 'wechat_pay', ...input });

const start = (at: SandboxService, channelId: string, input: Input = {}) =>
  mutate(at, 'startAuthentication', { channelId, returnUrl: at.returnUrl(channelId), ...input });

const initialize = (at: At, holderName = '张三', input: Input = {}) => {
  const document = { type: 'IDENTITY_CARD', holderName, number: '11010519491231002X' };
  return mutate(at, 'initializeIdentityCertification', { method: 'FACE', document, ...input });
};
const check = (at: At, variables: Record<string, unknown>) => ask(at, 'Query', 'identityCertification', variables);

const authorization = {
  ...{ agreementId: 'agreement', match: 'EXACT', jobIdentityType: '04', serviceId: 's' },
  subject: { userId: 'u' },
};
const jobworth = (at: At, onceToken: string, input: Input = {}) =>
  ask(at, 'Query', 'jobworthAuthentication', { input: { ...authorization, onceToken, ...input } });

/** Asks until the answer has the code. */
const until = async (code: FailureCode, again: () => Promise<Answer>): Promise<Answer> => {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await again();
    if (answer.code === code || attempt === 10) return answer;
  }
};

const word = expect.stringMatching(/^[\w.-]+$/);
const cause = { name: expect.any(String), at: expect.any(Array) };
const place = (appId: string, channelId: string, source: string) => ({ appId, channelId, source });
const wechat = place('demo', 'wechat_pay', 'wechat');
const unionPay = place('demo', 'union_pay', 'jucai');
const alipay = place('demo', 'ali_pay', 'alipay');

const exchange = (line: Provocation['line'], input: Input): Provocation => ({
  provoke: ({ plain }) => authenticate(plain, input),
  line: { operation: 'authenticate', ...line },
});
const byUnionPay = (kind: string): Provocation =>
  exchange(
    { ...unionPay, upstreamCode: word, state: 'REJECTED' },
    { channelId: 'union_pay', authCode: newCode(kind), clientIp: '127.0.0.1', channelOptions: { terminalId: 't' } },
  );
const refusedJob = (upstreamCode: string): Provocation => ({
  provoke: ({ plain }) => jobworth(plain, newCode('ok', `error-${upstreamCode}`)),
  line: { operation: 'jobworthAuthentication', ...alipay, upstreamCode },
});

const merchantKey = { secret: 'the key of demo-signed in sandbox mode' };
const signedCall = (moment: Partial<Moment> = {}) =>
  signed({ appId: 'demo-signed', authCode: newCode('ok') }, { ...merchantKey, ...moment });
const bySigner = (input: () => Input): Provocation => ({
  provoke: ({ plain }) => authenticate(plain, input()),
  line: { operation: 'authenticate', ...place('demo-signed', 'wechat_pay', 'wechat') },
});

/** The answer while a method of the store fails. */
const without = async (
  { plain: { store } }: Stage,
  method: 'claim' | 'certification',
  work: () => Promise<Answer>,
): Promise<Answer> => {
  const whole = store[method];
  Object.assign(store, { [method]: () => Promise.reject(new Error('gone')) });
  return work().finally(() => Object.assign(store, { [method]: whole }));
};

export const provocations: Readonly<Record<FailureCode, readonly Provocation[]>> = {
  AUTH_CODE_INVALID: [byUnionPay('invalid')],
  AUTH_CODE_USED: [
    byUnionPay('used'),
    {
      provoke: async ({ plain }) => {
        const authCode = newCode('ok');
        await authenticate(plain, { authCode });
        return mutate(plain, 'authenticateAndSet', { authCode, channelId: 'wechat_pay' });
      },
      line: { operation: 'authenticateAndSet', ...wechat },
    },
  ],
  AUTH_CODE_EXPIRED: [byUnionPay('expired')],
  AUTH_CODE_REFUSED: [
    exchange(
      { ...place('demo-daxpay', 'ali_pay', 'daxpay'), upstreamCode: word, state: 'REJECTED' },
      { appId: 'demo-daxpay', channelId: 'ali_pay', authCode: newCode('invalid') },
    ),
  ],
  AUTH_CODE_SNAPSHOT: [exchange({ ...wechat, state: 'REJECTED' }, { authCode: newCode('ok', 'snapshot') })],
  OUTCOME_UNKNOWN: [exchange({ ...wechat, state: 'INDETERMINATE', error: cause }, { authCode: newCode('reset') })],
  OUTCOME_PENDING: [
    {
      provoke: async ({ plain }) => {
        const authCode = newCode('hang');
        const first = authenticate(plain, { authCode });
        const second = await until('OUTCOME_PENDING', () => authenticate(plain, { authCode }));
        await first;
        return second;
      },
      line: { operation: 'authenticate', ...wechat },
    },
  ],
  REPLY_UNVERIFIED: [
    exchange({ ...alipay, state: 'INDETERMINATE' }, { channelId: 'ali_pay', authCode: newCode('badsign') }),
    {
      provoke: ({ plain }) => jobworth(plain, newCode('badsign')),
      line: { operation: 'jobworthAuthentication', ...alipay, state: 'INDETERMINATE' },
    },
  ],
  REPLY_MALFORMED: [
    exchange({ ...wechat, upstreamCode: 'HTTP_500', state: 'INDETERMINATE' }, { authCode: newCode('500') }),
  ],
  CERTIFY_ID_UNKNOWN: [
    {
      provoke: ({ plain }) => check(plain, { certifyId: '0'.repeat(32) }),
      line: { operation: 'identityCertification', ...alipay },
    },
    {
      provoke: async ({ plain }) => {
        const certifyId = newNonce();
        await plain.store.addCertification({ certifyId, appId: 'demo', channelId: 'ali_pay', identityId: null });
        return check(plain, { certifyId });
      },
      line: { operation: 'identityCertification', ...alipay, upstreamCode: word },
    },
  ],
  CERTIFY_ID_EXPIRED: [
    {
      provoke: async ({ plain }) => {
        const certifyId = newNonce();
        await plain.store.addCertification({ certifyId, appId: 'expired', channelId: 'ali_pay', identityId: null });
        return check(plain, { appId: 'expired', certifyId });
      },
      line: {
        operation: 'identityCertification',
        ...place('expired', 'ali_pay', 'expired'),
        upstreamCode: 'CERTIFY_ID_EXPIRED',
      },
    },
  ],
  CERTIFICATION_REFUSED: [
    {
      provoke: ({ plain }) => initialize(plain, '拒绝'),
      line: { operation: 'initializeIdentityCertification', ...alipay, upstreamCode: 'ILLEGAL_ARGUMENT_FORMAT' },
    },
  ],
  ONCE_TOKEN_INVALID: [
    {
      provoke: ({ plain }) => jobworth(plain, newCode('invalid')),
      line: { operation: 'jobworthAuthentication', ...alipay, upstreamCode: 'TOKEN_INVALID' },
    },
  ],
  ONCE_TOKEN_USED: [
    {
      provoke: async ({ plain }) => {
        const token = newCode('ok');
        await jobworth(plain, token);
        return jobworth(plain, token, { match: 'FUZZY' });
      },
      line: { operation: 'jobworthAuthentication', ...alipay },
    },
  ],
  JOBWORTH_NOT_AUTHORIZED: [refusedJob('USER_NOT_AUTHORIZE')],
  JOBWORTH_NOT_OPENED: [refusedJob('NOT_OPEN_ZM')],
  JOBWORTH_BLOCKED: [refusedJob('RISK_INTERCEPT')],
  JOBWORTH_MISMATCH: [refusedJob('CARD_NO_NOT_MATCH')],
  JOBWORTH_REFUSED: [refusedJob('PARAM_ERROR')],
  CHANNEL_UNREACHABLE: [
    exchange({ ...place('dead', 'wechat_pay', 'dead'), error: cause }, { appId: 'dead' }),
    {
      provoke: ({ plain }) => initialize(plain, undefined, { appId: 'dead' }),
      line: { operation: 'initializeIdentityCertification', ...place('dead', 'ali_pay', 'dead-alipay'), error: cause },
    },
  ],
  CHANNEL_NO_ANSWER: ['500', 'badsign', 'hang'].map((kind) => ({
    provoke: ({ plain }) => initialize(plain, newCode(kind)),
    line: { operation: 'initializeIdentityCertification', ...alipay, error: cause },
  })),
  CHANNEL_BUSY: [
    {
      provoke: ({ plain }) => jobworth(plain, newCode('ok'), { appId: 'busy' }),
      line: {
        operation: 'jobworthAuthentication',
        ...place('busy', 'ali_pay', 'busy'),
        upstreamCode: 'app-call-limited',
      },
    },
  ],
  CHANNEL_MISCONFIGURED: [
    exchange({ ...place('wrong', 'wechat_pay', 'wrong'), upstreamCode: '40125' }, { appId: 'wrong' }),
  ],
  CHANNEL_UNSUPPORTED: [
    {
      provoke: ({ plain }) => jobworth(plain, newCode('ok'), { appId: 'demo-daxpay' }),
      line: { operation: 'jobworthAuthentication', appId: 'demo-daxpay' },
      silent: ['channelId', 'source'],
    },
    {
      provoke: ({ plain }) => initialize(plain, undefined, { appId: 'demo-daxpay' }),
      line: { operation: 'initializeIdentityCertification', appId: 'demo-daxpay' },
    },
  ],
  CHANNEL_SUSPENDED: [
    {
      at: 'narrow',
      provoke: ({ narrow }) => until('CHANNEL_SUSPENDED', () => authenticate(narrow, { appId: 'dead' })),
      line: { operation: 'authenticate', ...place('dead', 'wechat_pay', 'dead') },
    },
  ],
  RATE_LIMITED: [
    {
      at: 'narrow',
      provoke: ({ narrow }) =>
        until('RATE_LIMITED', () => authenticate(narrow, { appId: 'demo-daxpay', authCode: newCode('invalid') })),
      line: { operation: 'authenticate', ...place('demo-daxpay', 'wechat_pay', 'daxpay') },
    },
  ],
  OVERLOADED: [
    {
      at: 'narrow',
      provoke: async ({ narrow }) => {
        const first = authenticate(narrow, { authCode: newCode('hang') });
        const second = await until('OVERLOADED', () => authenticate(narrow, {}));
        await first;
        return second;
      },
      line: { operation: 'authenticate', ...wechat },
    },
  ],
  SERVICE_UNAVAILABLE: [
    {
      provoke: (stage) => without(stage, 'claim', () => authenticate(stage.plain, {})),
      line: { operation: 'authenticate', ...wechat, error: cause },
    },
    {
      provoke: (stage) => without(stage, 'certification', () => check(stage.plain, { certifyId: newNonce() })),
      line: { operation: 'identityCertification', ...alipay, error: cause },
    },
  ],
  INPUT_INVALID: [
    exchange(wechat, { authCode: '' }),
    {
      provoke: ({ plain }) => ask(plain, 'Query', 'authResult', { queryCode: newQueryCode(), waitSeconds: 26 }),
      line: { operation: 'authResult' },
    },
    {
      provoke: ({ plain }) => initialize(plain, ''),
      line: { operation: 'initializeIdentityCertification', ...alipay },
    },
    {
      provoke: ({ plain }) => mutate(plain, 'startIdentityCertification', { certifyId: '-' }),
      line: { operation: 'startIdentityCertification', ...alipay },
    },
    {
      provoke: ({ plain }) =>
        mutate(plain, 'startAuthentication', { channelId: 'ali_pay', returnUrl: 'https://other.example' }),
      line: { operation: 'startAuthentication', ...alipay },
    },
    {
      provoke: ({ plain }) => jobworth(plain, newCode('ok'), { subject: {} }),
      line: { operation: 'jobworthAuthentication', ...alipay },
    },
    {
      provoke: ({ plain }) =>
        mutate(plain, 'authenticateAndSet', { channelId: 'wechat_pay', authCode: newCode('ok'), state: 'not one' }),
      line: { operation: 'authenticateAndSet', ...wechat },
      silent: ['clientReferenceId'],
    },
    {
      async provoke({ plain }) {
        const bound = { codeChallenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM', clientReferenceId: 'order-1' };
        const { state } = await start(plain, 'wechat_pay', bound);
        return mutate(plain, 'authenticateAndSet', { channelId: 'wechat_pay', authCode: newCode('ok'), state });
      },
      line: { operation: 'authenticateAndSet', ...wechat, clientReferenceId: 'order-1' },
    },
  ],
  APP_UNKNOWN: [{ ...exchange({}, { appId: 'no-such-app' }), silent: ['appId', 'channelId', 'source'] }],
  CHANNEL_UNKNOWN: [
    { ...exchange({ appId: 'demo' }, { channelId: 'no-such-channel' }), silent: ['channelId', 'source'] },
  ],
  QUERY_CODE_TAKEN: [
    {
      provoke: async ({ plain }) => {
        const queryCode = newQueryCode();
        await authenticate(plain, { queryCode });
        return mutate(plain, 'authenticateAndSet', { channelId: 'wechat_pay', authCode: newCode('ok'), queryCode });
      },
      line: { operation: 'authenticateAndSet', ...wechat },
    },
  ],
  SESSION_EXPIRED: [
    {
      async provoke({ plain }) {
        const { state } = await start(plain, 'wechat_pay');
        const db = new DatabaseSync(plain.file);
        db.exec('DELETE FROM sessions');
        db.close();
        return mutate(plain, 'authenticateAndSet', { channelId: 'wechat_pay', authCode: newCode('ok'), state });
      },
      line: { operation: 'authenticateAndSet', ...wechat },
    },
  ],
  SESSION_SPENT: [
    {
      async provoke({ plain }) {
        const { state } = await start(plain, 'union_pay');
        const set = (kind: string) => {
          const input = { channelId: 'union_pay', authCode: newCode(kind), clientIp: '127.0.0.1', state };
          return mutate(plain, 'authenticateAndSet', input);
        };
        for (let count = 1; count <= 5; count += 1) await set('invalid');
        return set('ok');
      },
      line: { operation: 'authenticateAndSet', ...unionPay },
    },
  ],
  SESSION_CANCELLED: [
    {
      async provoke({ plain }) {
        const { state, queryCode } = await start(plain, 'wechat_pay');
        await ask(plain, 'Mutation', 'cancelAuthentication', { input: { queryCode } });
        return mutate(plain, 'authenticateAndSet', { channelId: 'wechat_pay', authCode: newCode('ok'), state });
      },
      line: { operation: 'authenticateAndSet', ...wechat },
    },
    {
      async provoke({ plain }) {
        const { state, queryCode } = await start(plain, 'wechat_pay');
        await ask(plain, 'Mutation', 'cancelAuthentication', { input: { queryCode } });
        return mutate(plain, 'reportAuthenticationStep', { channelId: 'wechat_pay', state, step: 'DECLINED' });
      },
      line: { operation: 'reportAuthenticationStep', state: 'DECLINED', ...wechat },
    },
  ],
  QUERY_CODE_UNKNOWN: [
    ...['Query.authResult', 'Mutation.cancelAuthentication'].map((field): Provocation => {
      const [root = '', operation = ''] = field.split('.');
      return {
        provoke({ plain }) {
          const variables = { queryCode: newQueryCode() };
          return ask(plain, root as Root, operation, root === 'Query' ? variables : { input: variables });
        },
        line: { operation },
        silent: ['appId', 'channelId', 'source'],
      };
    }),
    {
      at: 'scoped',
      provoke: async ({ scoped: { service, as } }) => {
        const queryCode = newQueryCode();
        const everything = await as();
        const input = { channelId: 'ali_pay', authCode: newCode('ok'), queryCode };
        await service.graphql(operationFor('Mutation', 'authenticate'), { input }, everything);
        const query = operationFor('Query', 'authResult');
        const { data } = await service.graphql(query, { queryCode }, await as({ sub: 'bar', apps: ['bar'] }));
        return data.authResult;
      },
      // Which app the query code belongs to is for the operator to know.
      line: { operation: 'authResult', appId: 'shop', channelId: 'ali_pay' },
    },
  ],
  NOT_ALLOWED: [
    {
      at: 'scoped',
      provoke: ({ scoped }) => authenticate(scoped.service, { channelId: 'ali_pay' }),
      line: {
        operation: 'authenticate',
        ...place('shop', 'ali_pay', 'complete'),
        missingScope: 'payer:authenticate',
      },
    },
    {
      at: 'scoped',
      provoke: ({ scoped }) => jobworth(scoped.service, newCode('ok'), { appId: 'bar' }),
      line: {
        operation: 'jobworthAuthentication',
        ...place('bar', 'ali_pay', 'complete'),
        missingScope: 'payer:jobworth',
      },
    },
    {
      at: 'scoped',
      provoke: ({ scoped }) => check(scoped.service, { certifyId: '0' }),
      line: {
        operation: 'identityCertification',
        ...place('shop', 'ali_pay', 'complete'),
        missingScope: 'payer:certify',
      },
    },
  ],
  SIGNATURE_MISSING: [bySigner(() => ({ appId: 'demo-signed' }))],
  SIGNATURE_INVALID: [bySigner(() => ({ ...signedCall(), authCode: newCode('ok') }))],
  REQUEST_TIME_INVALID: [bySigner(() => signedCall({ signedAt: timeOf(Date.now() - 3_600_000) }))],
  NONCE_USED: [
    {
      ...bySigner(() => ({})),
      provoke: async ({ plain }) => {
        const nonce = newNonce();
        await authenticate(plain, signedCall({ nonce }));
        return authenticate(plain, signedCall({ nonce }));
      },
    },
  ],
};
