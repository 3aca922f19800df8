/** Root fields of the subgraph through a gateway, and what other subgraphs add below them. */
import { expect } from 'vitest';
import type { Operation } from './operation.ts';
import { certify, type Payer, returnUrl, type World } from './world.ts';

const own = ({ channel, appId, openId, userId, id, ref }: Payer) => ({ id, ref, appId, openId, userId, channel });
const OWN = 'id ref appId openId userId channel { id title }';
const tierOf = ({ openId }: Payer) => (openId ? `gold of ${openId.slice(0, 3)}` : null);

const FAILURE = '... on PayerFailure { code message traceId }';
const channels = ['ali_pay', 'wechat_pay'];
const titled = (world: World) => [world.bob.channel, world.alice.channel];
const job = {
  appId: 'shop',
  agreementId: 'agreement',
  match: 'EXACT',
  jobIdentityType: '04',
  serviceId: 'service',
  subject: { userId: 'u' },
};

const message = (code: string) => ({ code, message: expect.any(String), traceId: 'text' });

export const queries: readonly Operation[] = [
  { name: '`__typename`', query: '{ __typename }', data: () => ({ __typename: 'Query' }) },
  {
    name: '`payerChannels`',
    query: '{ payerChannels { channel { id title } capabilities } }',
    data: (world) => ({ payerChannels: titled(world).map((channel) => ({ channel, capabilities: ['AUTHENTICATE'] })) }),
  },
  {
    name: '`payerChannels` aliased, of another app',
    query: '{ a: payerChannels(appId: "shop") { channel { id } } b: payerChannels { channel { id } } }',
    data: () => ({ a: [{ channel: { id: 'ali_pay' } }], b: channels.map((id) => ({ channel: { id } })) }),
  },
  {
    name: '`payerChannels` → a field of `orders`',
    query: '{ payerChannels { channel { id title feeRate } } }',
    data: (world) => ({
      payerChannels: titled(world).map((channel) => ({ channel: { ...channel, feeRate: `0.6 % of ${channel.id}` } })),
    }),
  },
  {
    name: '`payerChannels` of an unknown app',
    query: '{ payerChannels(appId: "nope") { channel { id } } }',
    data: () => ({ payerChannels: null }),
    codes: ['APP_UNKNOWN'],
  },
  {
    name: '`payerIdentity`, every field',
    query: `query($id: ID!) { payerIdentity(id: $id) { ${OWN} unionId subAppId subOpenId firstAuthenticatedAt lastAuthenticatedAt certification { status } } }`,
    variables: ({ alice }) => ({ id: alice.id }),
    data: ({ alice }) => ({
      payerIdentity: {
        ...own(alice),
        ...{ unionId: null, subAppId: null, subOpenId: null, certification: null },
        ...{ firstAuthenticatedAt: 'text', lastAuthenticatedAt: 'text' },
      },
    }),
  },
  {
    name: '`payerIdentity`, missing',
    query: '{ payerIdentity(id: "pid_nobody") { id openId } }',
    data: () => ({ payerIdentity: null }),
  },
  {
    name: '`payerIdentity`, id too long',
    query: `{ payerIdentity(id: "${'x'.repeat(129)}") { id } }`,
    data: () => ({ payerIdentity: null }),
  },
  {
    name: '`payerIdentity` → fields of `orders`, `points` and `loyalty`',
    query: 'query($id: ID!) { payerIdentity(id: $id) { id orderCount points tier } }',
    variables: ({ alice }) => ({ id: alice.id }),
    data: ({ alice }) => ({
      payerIdentity: { id: alice.id, orderCount: alice.id.length, points: alice.ref.length, tier: tierOf(alice) },
    }),
  },
  {
    name: '`payerIdentity`, four aliases',
    query:
      'query($a: ID!, $b: ID!) { a: payerIdentity(id: $a) { id } b: payerIdentity(id: $b) { id } c: payerIdentity(id: $a) { openId } d: payerIdentity(id: $b) { userId } }',
    variables: ({ alice, bob }) => ({ a: alice.id, b: bob.id }),
    data: ({ alice, bob }) => ({
      a: { id: alice.id },
      b: { id: bob.id },
      c: { openId: alice.openId },
      d: { userId: bob.userId },
    }),
  },
  {
    name: '`payerIdentity`, 21 aliases, one more than the limit',
    query: `query($id: ID!) { ${Array.from({ length: 21 }, (_, i) => `a${i}: payerIdentity(id: $id) { id }`).join(' ')} }`,
    variables: ({ alice }) => ({ id: alice.id }),
    data: () => Object.fromEntries(Array.from({ length: 21 }, (_, i) => [`a${i}`, null])),
    codes: ['TOO_MANY_ROOT_FIELDS'],
  },
  {
    name: '`payerIdentity`, 16 aliases below it',
    query: `query($id: ID!) { payerIdentity(id: $id) { ${Array.from({ length: 16 }, (_, i) => `a${i}: openId`).join(' ')} } }`,
    variables: ({ alice }) => ({ id: alice.id }),
    data: ({ alice }) => ({
      payerIdentity: Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`a${i}`, alice.openId])),
    }),
  },
  {
    name: '`identityCertification`, known',
    query: `query($id: ID!) { identityCertification(certifyId: $id, appId: "shop") { __typename ... on PayerCertification { status certifyId startedAt checkedAt } ${FAILURE} } }`,
    variables: ({ certifyId }) => ({ id: certifyId }),
    data: () => ({
      identityCertification: {
        ...{ __typename: 'PayerCertification', status: 'PASSED' },
        ...{ certifyId: 'text', startedAt: 'text', checkedAt: 'text' },
      },
    }),
  },
  {
    name: '`identityCertification`, unknown',
    query: `{ identityCertification(certifyId: "unknown", appId: "shop") { __typename ${FAILURE} } }`,
    data: () => ({
      identityCertification: { __typename: 'PayerCertificationRejected', ...message('CERTIFY_ID_UNKNOWN') },
    }),
  },
  {
    name: '`jobworthAuthentication`, variables',
    query: `query($input: PayerJobworthInput!) { jobworthAuthentication(input: $input) { __typename ... on PayerJobworthAnswered { confirmed authorizationStatus } ${FAILURE} } }`,
    variables: (_, fresh) => ({ input: { ...job, onceToken: fresh('ok') } }),
    data: () => ({
      jobworthAuthentication: { __typename: 'PayerJobworthAnswered', confirmed: true, authorizationStatus: 'FINISH' },
    }),
  },
  {
    name: '`jobworthAuthentication`, an enum in the document',
    query: `query($token: String!) { jobworthAuthentication(input: { appId: "shop", agreementId: "agreement", match: EXACT, jobIdentityType: "04", serviceId: "service", subject: { userId: "u" }, onceToken: $token }) { __typename ... on PayerJobworthAnswered { confirmed } } }`,
    variables: (_, fresh) => ({ token: fresh('ok') }),
    data: () => ({ jobworthAuthentication: { __typename: 'PayerJobworthAnswered', confirmed: true } }),
  },
  {
    name: '`jobworthAuthentication`, two subjects',
    query:
      '{ jobworthAuthentication(input: { appId: "shop", agreementId: "agreement", match: EXACT, jobIdentityType: "04", serviceId: "service", subject: { userId: "u", openId: "o" }, onceToken: "t" }) { __typename ... on PayerInvalidInput { code } } }',
    data: () => ({ jobworthAuthentication: { __typename: 'PayerInvalidInput', code: 'INPUT_INVALID' } }),
  },
];

const RESULT = `__typename
  ... on PayerAuthWaiting { expiresAt }
  ... on PayerAuthSucceeded { identity { ${OWN} } expiresAt }
  ... on PayerAuthFailed { failure { __typename code ... on PayerAuthorizationRejected { message } } }
  ${FAILURE}`;

export const results: readonly Operation[] = [
  {
    name: '`authResult`, succeeded; a variable with a default',
    query: `query($queryCode: String!, $wait: Int = 0) { authResult(queryCode: $queryCode, waitSeconds: $wait) { ${RESULT} } }`,
    variables: ({ queryCodes }) => ({ queryCode: queryCodes.alice }),
    data: ({ alice }) => ({
      authResult: { __typename: 'PayerAuthSucceeded', identity: own(alice), expiresAt: 'text' },
    }),
  },
  {
    name: '`authResult`, failed; through the interface',
    query: `query($queryCode: String!) { authResult(queryCode: $queryCode) { ${RESULT} } }`,
    variables: ({ queryCodes }) => ({ queryCode: queryCodes.refused }),
    data: () => ({
      authResult: {
        __typename: 'PayerAuthFailed',
        failure: { __typename: 'PayerAuthorizationRejected', code: 'AUTH_CODE_REFUSED', message: expect.any(String) },
      },
    }),
  },
  {
    name: '`authResult`, unknown',
    query: `query($queryCode: String!) { authResult(queryCode: $queryCode) { ${RESULT} } }`,
    variables: ({ queryCodes }) => ({ queryCode: queryCodes.unknown }),
    data: () => ({ authResult: { __typename: 'PayerAuthNotFound', ...message('QUERY_CODE_UNKNOWN') } }),
  },
  {
    name: '`authResult`, waiting',
    query: `query($queryCode: String!) { authResult(queryCode: $queryCode, waitSeconds: 1) { ${RESULT} } }`,
    variables: ({ queryCodes }) => ({ queryCode: queryCodes.waiting }),
    data: () => ({ authResult: { __typename: 'PayerAuthWaiting', expiresAt: 'text' } }),
  },
  {
    name: '`authResult`, a wait that is too long',
    query: `query($queryCode: String!) { authResult(queryCode: $queryCode, waitSeconds: 26) { __typename ... on PayerInvalidInput { code fields { path } } } }`,
    variables: ({ queryCodes }) => ({ queryCode: queryCodes.waiting }),
    data: () => ({
      authResult: { __typename: 'PayerInvalidInput', code: 'INPUT_INVALID', fields: [{ path: 'waitSeconds' }] },
    }),
  },
  {
    name: '`authResult` → fields of `orders`, `points` and `loyalty`',
    query:
      'query($queryCode: String!) { authResult(queryCode: $queryCode) { ... on PayerAuthSucceeded { identity { orderCount points tier } } } }',
    variables: ({ queryCodes }) => ({ queryCode: queryCodes.alice }),
    data: ({ alice }) => ({
      authResult: { identity: { orderCount: alice.id.length, points: alice.ref.length, tier: tierOf(alice) } },
    }),
  },
  {
    name: 'two `authResult`',
    query:
      'query($a: String!, $b: String!) { a: authResult(queryCode: $a) { __typename } b: authResult(queryCode: $b) { __typename } }',
    variables: ({ queryCodes }) => ({ a: queryCodes.alice, b: queryCodes.refused }),
    data: () => ({ a: { __typename: 'PayerAuthSucceeded' }, b: { __typename: 'PayerAuthFailed' } }),
  },
  {
    name: '`authResult` and `identityCertification`',
    query:
      'query($queryCode: String!, $id: ID!) { authResult(queryCode: $queryCode) { __typename } identityCertification(certifyId: $id, appId: "shop") { __typename } }',
    variables: ({ queryCodes, certifyId }) => ({ queryCode: queryCodes.alice, id: certifyId }),
    data: () => ({
      authResult: { __typename: 'PayerAuthSucceeded' },
      identityCertification: { __typename: 'PayerCertification' },
    }),
  },
  {
    name: '`payerIdentity`, `payerChannels` and `authResult`',
    query:
      'query($queryCode: String!, $id: ID!) { authResult(queryCode: $queryCode) { __typename } payerIdentity(id: $id) { openId } payerChannels { channel { id } } }',
    variables: ({ queryCodes, alice }) => ({ queryCode: queryCodes.alice, id: alice.id }),
    data: ({ alice }) => ({
      authResult: { __typename: 'PayerAuthSucceeded' },
      payerIdentity: { openId: alice.openId },
      payerChannels: channels.map((id) => ({ channel: { id } })),
    }),
  },
  {
    name: '`orders`, `authResult` and `payerChannels`',
    query:
      'query($queryCode: String!) { orders { id payer { openId } } authResult(queryCode: $queryCode) { __typename } payerChannels { channel { id } } }',
    variables: ({ queryCodes }) => ({ queryCode: queryCodes.unknown }),
    data: ({ alice, bob }) => ({
      orders: [
        { id: 'o1', payer: { openId: alice.openId } },
        { id: 'o2', payer: { openId: bob.openId } },
        { id: 'o3', payer: null },
      ],
      authResult: { __typename: 'PayerAuthNotFound' },
      payerChannels: channels.map((id) => ({ channel: { id } })),
    }),
  },
];

const AUTHENTICATE = `mutation($input: PayerAuthenticateInput!) { authenticate(input: $input) { __typename ... on PayerAuthenticated { identity { ${OWN} } } ${FAILURE} ... on PayerInvalidInput { fields { path } } } }`;
const wechat = (authCode: string) => ({ input: { channelId: 'wechat_pay', authCode } });

export const mutations: readonly Operation[] = [
  {
    name: '`authenticate`, ok',
    query: AUTHENTICATE,
    variables: (_, fresh) => wechat(fresh('test_ok_alice')),
    data: ({ alice }) => ({ authenticate: { __typename: 'PayerAuthenticated', identity: own(alice) } }),
  },
  {
    name: '`authenticate`, refused',
    query: AUTHENTICATE,
    variables: (_, fresh) => ({ input: { channelId: 'ali_pay', appId: 'shop', authCode: fresh('refused_x') } }),
    data: () => ({ authenticate: { __typename: 'PayerAuthorizationRejected', ...message('AUTH_CODE_REFUSED') } }),
  },
  {
    name: '`authenticate`, input not valid',
    query: AUTHENTICATE,
    variables: () => wechat(''),
    data: () => ({
      authenticate: { __typename: 'PayerInvalidInput', ...message('INPUT_INVALID'), fields: [{ path: 'authCode' }] },
    }),
  },
  {
    name: '`authenticate`, fragments on union, interface and entity',
    query: `mutation($input: PayerAuthenticateInput!) { authenticate(input: $input) { ...Outcome } }
      fragment Outcome on PayerAuthenticateResult { __typename ...Done ...Failed }
      fragment Done on PayerAuthenticated { identity { ...Who } accessToken { value } }
      fragment Failed on PayerFailure { code }
      fragment Who on PayerIdentity { id openId }`,
    variables: (_, fresh) => wechat(fresh('test_ok_alice')),
    data: ({ alice }) => ({
      authenticate: {
        __typename: 'PayerAuthenticated',
        identity: { id: alice.id, openId: alice.openId },
        accessToken: expect.toSatisfy((token) => token === null || typeof token.value === 'string'),
      },
    }),
  },
  {
    name: '`authenticate` → fields of `orders`, `points` and `loyalty`',
    query:
      'mutation($input: PayerAuthenticateInput!) { authenticate(input: $input) { ... on PayerAuthenticated { identity { orderCount points tier } } } }',
    variables: (_, fresh) => wechat(fresh('test_ok_alice')),
    data: ({ alice }) => ({
      authenticate: { identity: { orderCount: alice.id.length, points: alice.ref.length, tier: tierOf(alice) } },
    }),
  },
  {
    name: '`authenticateAndSet`',
    query: `mutation($input: PayerAuthenticateAndSetInput!) { authenticateAndSet(input: $input) { __typename ... on PayerAuthResultStored { queryCode expiresAt } } }`,
    variables: (_, fresh) => wechat(fresh('test_ok_alice')),
    data: () => ({ authenticateAndSet: { __typename: 'PayerAuthResultStored', queryCode: 'text', expiresAt: 'text' } }),
  },
  {
    name: '`startAuthentication`',
    query: `mutation($input: PayerStartAuthenticationInput!) { startAuthentication(input: $input) { __typename ... on PayerAuthenticationStarted { queryCode state authorizeUrl authorizeQr expiresAt } ${FAILURE} } }`,
    variables: () => ({ input: { channelId: 'ali_pay', appId: 'shop', returnUrl } }),
    data: () => ({
      startAuthentication: {
        __typename: 'PayerAuthenticationStarted',
        ...{ queryCode: 'text', state: 'text', authorizeUrl: 'text', authorizeQr: 'text', expiresAt: 'text' },
      },
    }),
  },
  {
    name: '`initializeIdentityCertification`',
    query: `mutation($input: PayerInitializeCertificationInput!) { initializeIdentityCertification(input: $input) { __typename ... on PayerCertificationInitialized { certifyId } ${FAILURE} } }`,
    variables: () => ({ input: { ...certify, appId: 'shop' } }),
    data: () => ({
      initializeIdentityCertification: { __typename: 'PayerCertificationInitialized', certifyId: 'text' },
    }),
  },
  {
    name: '`startIdentityCertification`',
    query: `mutation($input: PayerStartCertificationInput!) { startIdentityCertification(input: $input) { __typename ... on PayerCertificationStarted { url deepLink qr form { action fields { name } html } } ${FAILURE} } }`,
    variables: ({ certifyId }) => ({ input: { certifyId, appId: 'shop', returnUrl } }),
    data: () => ({
      startIdentityCertification: {
        __typename: 'PayerCertificationStarted',
        ...{ url: 'text', deepLink: 'text', qr: 'text' },
        form: { action: 'https://channel.example/certify', fields: [{ name: 'id' }], html: 'text' },
      },
    }),
  },
  {
    name: 'a mutation of `orders` → its payer',
    query:
      'mutation($id: ID!) { placeOrder(payerId: $id) { __typename ... on OrderPlaced { order { id payer { id openId tier } } } } }',
    variables: ({ alice }) => ({ id: alice.id }),
    data: ({ alice }) => ({
      placeOrder: {
        __typename: 'OrderPlaced',
        order: { id: 'placed', payer: { id: alice.id, openId: alice.openId, tier: tierOf(alice) } },
      },
    }),
  },
  {
    name: 'mutations of two subgraphs in one operation',
    query:
      'mutation($id: ID!, $input: PayerAuthenticateInput!) { placeOrder(payerId: $id) { ... on OrderPlaced { order { payer { userId } } } } authenticate(input: $input) { ... on PayerAuthenticated { identity { id } } } again: placeOrder(payerId: $id) { __typename } }',
    variables: ({ bob }, fresh) => ({ id: bob.id, ...wechat(fresh('test_ok_alice')) }),
    data: ({ alice, bob }) => ({
      placeOrder: { order: { payer: { userId: bob.userId } } },
      authenticate: { identity: { id: alice.id } },
      again: { __typename: 'OrderPlaced' },
    }),
  },
];
