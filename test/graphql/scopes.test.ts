/** Every caller gets exactly the fields and calls that its scopes allow. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { allScopes, type Scope } from '../../src/security/caller.ts';
import {
  allScopeSets,
  coordinates,
  declaredScopes,
  operationFor,
  promisedPaths,
  refusedScopes,
  shownBy,
} from '../support/schema/contract.ts';
import {
  type ContractCall,
  prepareCalls,
  type ScopedService,
  startScopedService,
  type Who,
} from '../support/services/scoped-service.ts';
import { AUTH_RESULT, AUTHENTICATE } from '../support/services/service.ts';

let scoped: ScopedService;
let calls: ContractCall[];
beforeAll(async () => {
  scoped = await startScopedService();
  calls = await prepareCalls(scoped);
});
afterAll(() => scoped.close());

const ask = async (query: string, variables: Record<string, unknown>, who: Who = {}) =>
  scoped.service.graphql(query, variables, await scoped.as(who));
const anonymously = (query: string, variables: Record<string, unknown>) => scoped.service.graphql(query, variables);

const shownTo = async ({ root, field, variables }: ContractCall, scopes?: readonly Scope[]) => {
  const { data, errors } = await ask(operationFor(root, field), variables(), scopes && { scopes });
  expect(errors).toBeUndefined();
  return shownBy(root, field, data);
};
const input = (more: object = {}) => ({ input: { channelId: 'ali_pay', ...more } });
let codes = 0;
const newCode = () => {
  codes += 1;
  return `scopes_${codes}`;
};

describe('what the contract declares is what the service does:', () => {
  test('with all scopes every field of the contract is returned by some call', async () => {
    const shown = new Set<string>();
    for (const call of calls) for (const { coordinate } of await shownTo(call)) shown.add(coordinate);
    const missing = coordinates.filter((coordinate) => !shown.has(coordinate));
    expect(missing.toSorted()).toEqual([
      // It takes an upstream that refuses the app: test/graphql/authenticate.test.ts.
      ...['PayerChannelMisconfigured.code', 'PayerChannelMisconfigured.message', 'PayerChannelMisconfigured.traceId'],
      // A refusal is what a missing scope shows; the calls below look at it.
      ...[
        'PayerNotAllowed.code',
        'PayerNotAllowed.message',
        'PayerNotAllowed.requiredScope',
        'PayerNotAllowed.traceId',
      ],
      // Takes two calls at once: test/identity/redemption.test.ts.
      ...['PayerOutcomePending.code', 'PayerOutcomePending.message', 'PayerOutcomePending.retryAfterSeconds'],
      'PayerOutcomePending.traceId',
      // test/http/subscriptions.test.ts
      'Subscription.authResult',
    ]);
  });

  test('every scope is named in the contract: declared where a refusal is null, described where it is PayerNotAllowed', () => {
    expect(Object.fromEntries(declaredScopes)).toEqual({
      ...{ 'Query.payerIdentity': 'payer:read', 'PayerAuthSucceeded.identity': 'payer:read' },
      'PayerAuthenticated.accessToken': 'payer:token',
      ...Object.fromEntries(
        ['ref', 'openId', 'userId', 'unionId', 'subAppId', 'subOpenId']
          .concat('firstAuthenticatedAt', 'lastAuthenticatedAt', 'certification')
          .map((name) => [`PayerIdentity.${name}`, 'payer:read']),
      ),
    });
    expect(Object.fromEntries(refusedScopes)).toEqual({
      'Mutation.authenticate': 'payer:authenticate',
      'Mutation.initializeIdentityCertification': 'payer:certify',
      'Mutation.startIdentityCertification': 'payer:certify',
      'Query.identityCertification': 'payer:certify',
      'Query.jobworthAuthentication': 'payer:jobworth',
    });
    expect(new Set([...declaredScopes.values(), ...refusedScopes.values()])).toEqual(new Set(allScopes));
    expect([...declaredScopes.keys()].filter((coordinate) => !coordinates.includes(coordinate))).toEqual([]);
  });

  test('with any set of scopes exactly those fields are returned whose scopes it has', async () => {
    for (const call of calls) {
      const everything = await shownTo(call);
      for (const scopes of allScopeSets) {
        const paths = (await shownTo(call, scopes)).map(({ path }) => path);
        expect(paths, `${call.name} with ${scopes.join(' ') || 'no scopes'}`).toEqual(
          promisedPaths(everything, scopes),
        );
      }
    }
  }, 60_000);

  test('a caller without credentials gets the fields that need no scope', async () => {
    for (const { name, root, field, variables } of calls) {
      const { data } = await anonymously(operationFor(root, field), variables());
      const everything = await shownTo({ name, root, field, variables });
      expect(
        shownBy(root, field, data).map(({ path }) => path),
        name,
      ).toEqual(promisedPaths(everything, []));
    }
  });
});

describe('a call without its scope', () => {
  const needing = (scope: Scope) => calls.filter(({ root, field }) => refusedScopes.get(`${root}.${field}`) === scope);

  test.each(['payer:authenticate', 'payer:certify', 'payer:jobworth'] as const)(
    'a call without its scope is PayerNotAllowed with that scope: %s',
    async (missing) => {
      expect(needing(missing)).not.toEqual([]);
      const scopes = allScopes.filter((scope) => scope !== missing);
      for (const { root, field, variables } of needing(missing)) {
        const { data } = await ask(operationFor(root, field), variables(), { scopes });
        const traceId = expect.stringMatching(/^[0-9a-f]{32}$/);
        const message = expect.any(String);
        expect(data[field]).toEqual({
          ...{ __typename: 'PayerNotAllowed', code: 'NOT_ALLOWED', message, traceId },
          requiredScope: missing,
        });
      }
    },
  );

  test('a call that is PayerNotAllowed uses no code up: with the scope it succeeds', async () => {
    const authCode = newCode();
    const refused = await ask(AUTHENTICATE, input({ authCode }), { sub: 'bob', scopes: [] });
    expect(refused.data.authenticate.__typename).toBe('PayerNotAllowed');
    const { data } = await ask(AUTHENTICATE, input({ authCode }));
    expect(data.authenticate.__typename).toBe('PayerAuthenticated');
  });

  test('a scope in other case is no scope', async () => {
    const scopes = ['PAYER:AUTHENTICATE', 'payer', 'payer:*', 'payer:authenticate:shop'] as unknown as Scope[];
    const { data } = await ask(AUTHENTICATE, input({ authCode: newCode() }), { scopes });
    expect(data.authenticate.__typename).toBe('PayerNotAllowed');
  });
});

describe('a caller that acts for another app', () => {
  const foreign: Who = { sub: 'bar', apps: ['bar'] };
  let payer: { id: string; openId: string; userId: string };
  const session = 'query-code-of-the-shop';
  const notFound = {
    ...{ __typename: 'PayerAuthNotFound', code: 'QUERY_CODE_UNKNOWN' },
    message: 'The query code is unknown, has expired, or is not for this caller to read.',
    traceId: expect.stringMatching(/^[0-9a-f]{32}$/),
  };
  beforeAll(async () => {
    const { data } = await ask(AUTHENTICATE, input({ authCode: newCode(), queryCode: session }));
    payer = data.authenticate.identity;
  });

  test('a caller of another app is PayerNotAllowed, and may do the same for its own app', async () => {
    for (const { root, field, variables } of calls) {
      if (!refusedScopes.has(`${root}.${field}`)) continue;
      const { data } = await ask(operationFor(root, field), variables(), foreign);
      expect(data[field].__typename, field).toBe('PayerNotAllowed');
    }
    const own = await ask(AUTHENTICATE, input({ authCode: newCode(), appId: 'bar' }), foreign);
    expect(own.data.authenticate).toMatchObject({ __typename: 'PayerAuthenticated', identity: { openId: 'open' } });
  });

  test('a caller of another app gets the same answer for a query code of the app and for one that was never used', async () => {
    const variables = (queryCode: string) => ({ queryCode, waitSeconds: 25 });
    const ofShop = await ask(AUTH_RESULT, variables(session), foreign);
    const unknown = await ask(AUTH_RESULT, variables('query-code-of-nobody-at-all'), foreign);
    for (const answer of [ofShop, unknown]) {
      expect({ status: answer.status, errors: answer.errors }).toEqual({ status: 200, errors: undefined });
      expect(answer.data.authResult).toEqual(notFound);
    }
    const own = await ask(AUTH_RESULT, variables(session));
    expect(own.data.authResult.__typename).toBe('PayerAuthSucceeded');
  });

  test.each(['waits', 'was refused', 'was cancelled'])(
    'a caller of another app gets the same answer for a session that %s and for none',
    async (state) => {
      const start = `mutation($input: PayerStartAuthenticationInput!) {
      startAuthentication(input: $input) { ... on PayerAuthenticationStarted { queryCode } } }`;
      const started = await ask(start, input({ returnUrl: 'https://shop.example/payer' }));
      const { queryCode } = started.data.startAuthentication;
      const cancel = operationFor('Mutation', 'cancelAuthentication');
      if (state === 'was refused') await ask(AUTHENTICATE, input({ authCode: `refused_${newCode()}`, queryCode }));
      if (state === 'was cancelled') await ask(cancel, { input: { queryCode } });
      const own = await ask(AUTH_RESULT, { queryCode, waitSeconds: 0 });
      expect(own.data.authResult).toMatchObject(
        state === 'was cancelled'
          ? { __typename: 'PayerAuthFailed', failure: { code: 'SESSION_CANCELLED' } }
          : { __typename: 'PayerAuthWaiting', attemptsLeft: state === 'waits' ? 5 : 4 },
      );
      const { data } = await ask(AUTH_RESULT, { queryCode, waitSeconds: 25 }, foreign);
      expect(data.authResult).toEqual(notFound);
      const cancelled = await ask(cancel, { input: { queryCode } }, foreign);
      expect(cancelled.data.cancelAuthentication).toMatchObject({ __typename: 'PayerAuthNotFound' });
      const { data: after } = await ask(AUTH_RESULT, { queryCode, waitSeconds: 0 });
      expect(after.authResult, 'nothing was cancelled').toMatchObject({
        __typename: own.data.authResult.__typename,
      });
    },
  );

  test('a caller of another app gets the same answer for a certification of the app and for none', async () => {
    const QUERY = operationFor('Query', 'identityCertification');
    const { certifyId } = calls.find(({ name }) => name === 'identityCertification ok')!.variables();
    const ofShop = await ask(QUERY, { certifyId, appId: 'bar' }, foreign);
    const unknown = await ask(QUERY, { certifyId: 'unknown', appId: 'bar' }, foreign);
    const { traceId: _, ...refusal } = ofShop.data.identityCertification;
    expect(unknown.data.identityCertification).toMatchObject(refusal);
    expect(refusal.code).toBe('CERTIFY_ID_UNKNOWN');
  });

  const ENTITIES = `query($representations: [_Any!]!) {
    _entities(representations: $representations) { ... on PayerIdentity { id ref channel { id } appId openId lastAuthenticatedAt } }
  }`;
  const refBy = (kind: string, id: string) => ({ ref: `ali_pay/shop/${kind}/${id}` });
  const keys = (): [string, object, object][] => [
    ['id', { id: payer.id }, { id: 'pid_nobody' }],
    ['ref with openId', refBy('openId', payer.openId), refBy('openId', 'nobody')],
    ['ref with userId', refBy('userId', payer.userId), refBy('userId', 'nobody')],
  ];

  test.each([
    ['acts for another app', foreign],
    ['has every scope but payer:read', { scopes: allScopes.filter((scope) => scope !== 'payer:read') }],
    ['has no app', { apps: [] }],
    ['has no scope', { scopes: [] }],
  ])('a caller that %s gets the same answer for a payer by any key and for none', async (_, who) => {
    for (const [name, known, unknown] of keys()) {
      const find = (key: object, as: Who) =>
        ask(ENTITIES, { representations: [{ __typename: 'PayerIdentity', ...key }] }, as);
      expect(await find(known, who), name).toEqual(await find(unknown, who));
      expect((await find(known, who)).data._entities).toEqual([null]);
      const whole = { id: payer.id, ref: 'ali_pay/shop/openId/open', openId: 'open' };
      expect((await find(known, {})).data._entities).toMatchObject([whole]);
    }
    const byId = operationFor('Query', 'payerIdentity');
    const [known, unknown] = [await ask(byId, { id: payer.id }, who), await ask(byId, { id: 'pid_nobody' }, who)];
    expect(known).toEqual(unknown);
    expect(known.data).toEqual({ payerIdentity: null });
  });

  test('a caller of another app resolves channels as every caller does', async () => {
    const query =
      '{ _entities(representations: [{ __typename: "PayerChannel", id: "ali_pay" }]) { ... on PayerChannel { id } } }';
    expect((await anonymously(query, {})).data._entities).toEqual([{ id: 'ali_pay' }]);
  });
});

describe('an auth code that another caller has redeemed', () => {
  const callers: Who[] = ['alice', 'bob', 'carol', 'dave'].map((sub) => ({ sub }));
  /** Everything that makes a call another call: who, for which app, and under which query code. */
  const bindings = callers.flatMap((who) =>
    ['shop', 'bar'].flatMap((appId) => [undefined, 'own'].map((queryCode) => ({ who, appId, queryCode }))),
  );
  let queryCodes = 0;
  const redeem = async (authCode: string, { who, appId, queryCode }: (typeof bindings)[number]) => {
    queryCodes += 1;
    const own = queryCode && { queryCode: `query-code-number-${queryCodes}` };
    const { data } = await ask(AUTHENTICATE, input({ authCode, appId, ...own }), who);
    return data.authenticate;
  };

  // 670 codes make ten thousand calls, in about a minute: CROSS_BOUND_CODES=670 vitest run test/graphql/scopes.test.ts
  const codesToTry = Number(process.env.CROSS_BOUND_CODES ?? 48);

  test('P1: a code that another caller has redeemed is AUTH_CODE_USED, without identity and token', async () => {
    let refusals = 0;
    for (let i = 0; i < codesToTry; i += 1) {
      const authCode = newCode();
      const first = bindings[i % bindings.length]!;
      expect((await redeem(authCode, first)).accessToken.value).toBe('token-canary');
      const others = bindings.filter((binding) => binding !== first);
      for (const answer of await Promise.all(others.map((other) => redeem(authCode, other)))) {
        const { __typename, code, ...rest } = answer;
        expect({ __typename, code }).toEqual({ __typename: 'PayerAuthorizationRejected', code: 'AUTH_CODE_USED' });
        expect(JSON.stringify(rest)).not.toMatch(/canary|pid_|open|union/);
        refusals += 1;
      }
    }
    expect(refusals).toBe(codesToTry * 15);
  }, 120_000);

  test('a caller that repeats its call with more scopes gets more fields', async () => {
    const variables = input({ authCode: newCode() });
    const little = await ask(AUTHENTICATE, variables, { scopes: ['payer:authenticate'] });
    expect(little.data.authenticate).toMatchObject({
      accessToken: null,
      identity: { id: expect.stringMatching(/^pid_/), appId: 'shop', channel: { id: 'ali_pay' }, openId: null },
    });
    const more = await ask(AUTHENTICATE, variables);
    const { id } = little.data.authenticate.identity;
    expect(more.data.authenticate).toMatchObject({
      accessToken: { value: 'token-canary' },
      identity: { id, openId: 'open' },
    });
  });
});
