/** The way of a payer through a gateway: started with a challenge and a reference, declined, cancelled, and authorized after all. */
import { expect } from 'vitest';
import type { Operation } from './operation.ts';
import { challenge, reference, returnUrl, type Session, verifier, type World } from './world.ts';

const place = { channelId: 'ali_pay', appId: 'shop' };
const START = `mutation($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) { __typename
  ... on PayerAuthenticationStarted { queryCode state authorizeUrl authorizeQr expiresAt }
  ... on PayerAuthenticationStartedWithoutPage { queryCode state authCodeKind instruction infoStr expiresAt }
  ... on PayerFailure { code } ... on PayerInvalidInput { fields { path } } } }`;
const started = {
  startAuthentication: {
    __typename: 'PayerAuthenticationStarted',
    ...{ queryCode: 'text', state: 'text', authorizeUrl: 'text', authorizeQr: 'text', expiresAt: 'text' },
  },
};
const invalid = (path: string) => ({ __typename: 'PayerInvalidInput', code: 'INPUT_INVALID', fields: [{ path }] });

const REPORT = `__typename ... on PayerAuthStepReported { expiresAt } ... on PayerFailure { code }
  ... on PayerInvalidInput { fields { path } }`;
const RESULT = `__typename ... on PayerAuthWaiting { step attemptsLeft clientReferenceId lastFailure { __typename code traceId } }
  ... on PayerAuthSucceeded { identity { id orderCount points } }
  ... on PayerAuthFailed { clientReferenceId failure { __typename code message traceId } }
  ... on PayerFailure { code }`;
const CANCEL = `mutation($input: PayerCancelAuthenticationInput!) { cancelAuthentication(input: $input) { ${RESULT} } }`;
const SET = `mutation($input: PayerAuthenticateAndSetInput!) { authenticateAndSet(input: $input) { __typename
  ... on PayerAuthResultStored { queryCode expiresAt } ... on PayerFailure { code } ... on PayerInvalidInput { fields { path } } } }`;

/** Every gateway gives another code to the same session: the first one is stored, and all are answered with that. */
const set =
  (of: (world: World) => Session, code: string, more: object = {}): NonNullable<Operation['variables']> =>
  (world, fresh) => ({ input: { ...place, state: of(world).state, authCode: fresh(code), ...more } });

export const sessions: readonly Operation[] = [
  {
    name: '`startAuthentication` with `clientReferenceId` and `codeChallenge`',
    query: START,
    variables: () => ({ input: { ...place, returnUrl, clientReferenceId: reference, codeChallenge: challenge } }),
    data: () => started,
  },
  {
    name: '`startAuthentication`, `clientReferenceId` as a number',
    query: START,
    variables: () => ({ input: { ...place, returnUrl, clientReferenceId: 4711 } }),
    data: () => started,
  },
  {
    name: '`startAuthentication`, a `codeChallenge` that is no digest',
    query: START,
    variables: () => ({ input: { ...place, returnUrl, codeChallenge: verifier } }),
    data: () => ({ startAuthentication: invalid('codeChallenge') }),
  },
  {
    name: '`startAuthentication` without a channel',
    query: START,
    variables: () => ({ input: { appId: place.appId, returnUrl } }),
    data: () => started,
  },
  {
    name: '`startAuthentication`, the channel null',
    query: START,
    variables: () => ({ input: { channelId: null, appId: place.appId, returnUrl } }),
    data: () => started,
  },
  {
    name: '`startAuthentication` on a channel without a page',
    query: START,
    variables: () => ({ input: { channelId: 'wechat_pay' } }),
    data: () => ({
      startAuthentication: {
        ...{ __typename: 'PayerAuthenticationStartedWithoutPage', authCodeKind: 'PAGE', infoStr: null },
        ...{ queryCode: 'text', state: 'text', expiresAt: 'text', instruction: expect.any(String) },
      },
    }),
  },
  {
    name: '`payerChannels` with the kind of auth code',
    query: '{ payerChannels(appId: "shop") { channel { id } capabilities authCodeKind } }',
    data: () => ({
      payerChannels: [
        { channel: { id: 'ali_pay' }, capabilities: expect.arrayContaining(['AUTHORIZE']), authCodeKind: 'PAGE' },
      ],
    }),
  },
  {
    name: '`reportAuthenticationStep`, an enum in the variables',
    query: `mutation($input: PayerReportAuthenticationStepInput!) { reportAuthenticationStep(input: $input) { ${REPORT} } }`,
    variables: ({ sessions: { declined } }) => ({ input: { ...place, state: declined.state, step: 'DECLINED' } }),
    data: () => ({ reportAuthenticationStep: { __typename: 'PayerAuthStepReported', expiresAt: 'text' } }),
  },
  {
    name: '`reportAuthenticationStep`, an enum in the document',
    query: `mutation($state: String!) { reportAuthenticationStep(input: { channelId: "ali_pay", appId: "shop", state: $state, step: DECLINED }) { ${REPORT} } }`,
    variables: ({ sessions: { declined } }) => ({ state: declined.state }),
    data: () => ({ reportAuthenticationStep: { __typename: 'PayerAuthStepReported', expiresAt: 'text' } }),
  },
  {
    name: '`reportAuthenticationStep` by a state of another app',
    query: `mutation($input: PayerReportAuthenticationStepInput!) { reportAuthenticationStep(input: $input) { ${REPORT} } }`,
    variables: ({ sessions: { declined } }) => ({
      input: { channelId: 'ali_pay', state: declined.state, step: 'OPENED' },
    }),
    data: () => ({ reportAuthenticationStep: invalid('state') }),
  },
  {
    name: '`authResult` after a refused code and a payer who declined',
    query: `query($queryCode: String!) { authResult(queryCode: $queryCode) { ${RESULT} } }`,
    variables: ({ sessions: { declined } }) => ({ queryCode: declined.queryCode }),
    data: () => ({
      authResult: {
        ...{ __typename: 'PayerAuthWaiting', step: 'DECLINED', attemptsLeft: 4, clientReferenceId: reference },
        lastFailure: { __typename: 'PayerAuthorizationRejected', code: 'AUTH_CODE_REFUSED', traceId: 'text' },
      },
    }),
  },
  {
    name: '`authenticateAndSet` without the verifier',
    query: SET,
    variables: set(({ sessions: { challenged } }) => challenged, 'ok_stranger'),
    data: () => ({ authenticateAndSet: invalid('codeVerifier') }),
  },
  {
    name: '`authenticateAndSet` with the verifier',
    query: SET,
    variables: set(({ sessions: { challenged } }) => challenged, 'ok_payer', { codeVerifier: verifier }),
    data: () => ({ authenticateAndSet: { __typename: 'PayerAuthResultStored', queryCode: null, expiresAt: 'text' } }),
  },
  {
    name: '`cancelAuthentication` of a session that waits',
    query: CANCEL,
    variables: ({ sessions: { cancelled } }) => ({ input: { queryCode: cancelled.queryCode } }),
    data: () => ({
      cancelAuthentication: {
        ...{ __typename: 'PayerAuthFailed', clientReferenceId: reference },
        failure: {
          ...{ __typename: 'PayerSessionEnded', code: 'SESSION_CANCELLED', traceId: 'text' },
          message: expect.any(String),
        },
      },
    }),
  },
  {
    name: '`cancelAuthentication` that comes too late → fields of `orders` and `points`',
    query: CANCEL,
    variables: ({ queryCodes }) => ({ input: { queryCode: queryCodes.alice } }),
    data: ({ alice }) => ({
      cancelAuthentication: {
        __typename: 'PayerAuthSucceeded',
        identity: { id: alice.id, orderCount: alice.id.length, points: alice.ref.length },
      },
    }),
  },
  {
    name: '`cancelAuthentication` of an unknown query code',
    query: CANCEL,
    variables: ({ queryCodes }) => ({ input: { queryCode: queryCodes.unknown } }),
    data: () => ({ cancelAuthentication: { __typename: 'PayerAuthNotFound', code: 'QUERY_CODE_UNKNOWN' } }),
  },
  {
    name: 'a code for a session that was cancelled',
    query: SET,
    variables: set(({ sessions: { cancelled } }) => cancelled, 'ok_late'),
    data: () => ({ authenticateAndSet: { __typename: 'PayerSessionEnded', code: 'SESSION_CANCELLED' } }),
  },
];
