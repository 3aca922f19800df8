/** Which caller a request has, by token, forwarded claims or neither. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { allScopes, isShared } from '../../src/security/caller.ts';
import { callersConfig, createCallers, sandboxCallers } from '../../src/security/callers.ts';
import { audience, type Issuer, startIssuer } from '../support/signers/issuer.ts';

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(() => issuer.close());

const head = (headers: Record<string, string> = {}) => ({
  method: 'POST',
  target: '/graphql',
  headers,
  peer: { certificateNames: [], encrypted: false },
});
const open = (config: object) => createCallers(callersConfig.parse(config), createLog('silent'));
const jwt = () => ({ issuer: issuer.issuer, audience, algorithms: ['ES256'], jwks: issuer.jwks() });
const forwarded = (payload: unknown) => ({ jwt: { payload } });
const anonymous = { id: 'anonymous', scopes: new Set() };

describe('without credentials', () => {
  test('a caller without credentials is anonymous and has no scope', async () => {
    expect(await open({}).identify(head(), undefined)).toEqual(anonymous);
  });

  test('a caller without credentials has the scopes that the configuration grants to the router', async () => {
    const caller = await open({ router: ['payer:read'] }).identify(head(), undefined);
    expect(caller).toEqual({ id: 'router', scopes: new Set(['payer:read']) });
  });

  test('a caller without credentials is anonymous where tokens and claims are configured', async () => {
    expect(await open({ jwt: jwt(), claims: {} }).identify(head(), {})).toEqual(anonymous);
  });

  test('in sandbox mode every caller has every scope', async () => {
    expect(await sandboxCallers.identify(head(), undefined)).toEqual({ id: 'sandbox', scopes: new Set(allScopes) });
  });

  test('callers without credentials share their id, and others have one of their own', async () => {
    const authorization = `Bearer ${await issuer.sign()}`;
    const withToken = await open({ jwt: jwt() }).identify(head({ authorization }), undefined);
    const withClaims = await open({ claims: {} }).identify(head(), forwarded({ sub: 'alice' }));
    expect([withToken, withClaims].map((caller) => isShared(caller!))).toEqual([false, false]);
    const without = await Promise.all(
      [{}, { router: ['payer:read'] }].map((config) => open(config).identify(head(), {})),
    );
    expect(without.map((caller) => isShared(caller!))).toEqual([true, true]);
  });

  test('an unknown scope cannot be configured', () => {
    expect(callersConfig.safeParse({ router: ['payer:everything'] }).success).toBe(false);
  });
});

describe('claims that the router forwards', () => {
  const payload = { iss: 'https://issuer.example', sub: 'alice', scope: 'payer:read payer:certify', apps: ['shop'] };

  test('forwarded claims identify the caller where they are configured', async () => {
    const caller = await open({ claims: { appsClaim: 'apps' } }).identify(head(), forwarded(payload));
    expect(caller).toEqual({
      id: 'claims:https://issuer.example|alice',
      scopes: new Set(['payer:read', 'payer:certify']),
      apps: new Set(['shop']),
    });
  });

  test('forwarded claims are ignored where they are not configured', async () => {
    expect(await open({}).identify(head(), forwarded(payload))).toEqual(anonymous);
    expect(await open({ jwt: jwt() }).identify(head(), forwarded(payload))).toEqual(anonymous);
  });

  test('forwarded claims are read at the configured path only', async () => {
    const callers = open({ claims: { path: 'claims' } });
    expect((await callers.identify(head(), { claims: payload }))?.id).toBe('claims:https://issuer.example|alice');
    expect(await callers.identify(head(), forwarded(payload))).toEqual(anonymous);
  });

  test.each([
    ['no extensions', undefined],
    ['empty extensions', {}],
    ['no claims in them', { jwt: {} }],
    ['null', forwarded(null)],
    ['null where they would be members', { jwt: null }],
    ['extensions that are no object', 'jwt.payload'],
    ['a list of extensions', [{ jwt: { payload } }]],
  ])('forwarded claims are absent in %s', async (_, extensions) => {
    expect(await open({ claims: {} }).identify(head(), extensions)).toEqual(anonymous);
  });

  test.each(['__proto__', 'constructor.prototype', 'toString'])(
    'inherited members are no forwarded claims: %s',
    async (path) => {
      expect(await open({ claims: { path } }).identify(head(), {})).toEqual(anonymous);
    },
  );

  test.each([
    ['without a subject', { ...payload, sub: undefined }],
    ['with an empty subject', { ...payload, sub: '' }],
    ['with a subject that is no text', { ...payload, sub: ['alice'] }],
    ['with an issuer that could end the subject', { ...payload, iss: 'a|b' }],
    ['with scopes that are neither text nor list', { ...payload, scope: { 'payer:read': true } }],
    ['with a list of scopes that are no texts', { ...payload, scope: [['payer:read']] }],
    ['with apps that are no texts', { ...payload, apps: [7] }],
    ['that are a text', 'alice'],
    ['that are a list', [payload]],
  ])('forwarded claims are invalid %s', async (_, claims) => {
    expect(await open({ claims: { appsClaim: 'apps' } }).identify(head(), forwarded(claims))).toBeUndefined();
  });

  test('claims of two issuers are two callers for any subjects', async () => {
    const callers = open({ claims: {} });
    const idOf = async (iss: string, sub: string) => (await callers.identify(head(), forwarded({ iss, sub })))?.id;
    expect(await idOf('a', 'b|c')).not.toBe(await idOf('a|b', 'c'));
    expect(await idOf('', 'a|b')).not.toBe(await idOf('a', 'b'));
  });
});

describe('a token and claims together', () => {
  const claims = forwarded({ sub: 'mallory', scope: 'payer:token' });

  test('a token decides over forwarded claims', async () => {
    const authorization = `Bearer ${await issuer.sign({ scope: 'payer:read' })}`;
    const caller = await open({ jwt: jwt(), claims: {} }).identify(head({ authorization }), claims);
    expect(caller).toEqual({ id: `jwt:${issuer.issuer}|alice`, scopes: new Set(['payer:read']) });
  });

  test('a token is verified with the keys that its issuer publishes', async () => {
    const { jwks: _, ...others } = jwt();
    const authorization = `Bearer ${await issuer.sign()}`;
    const caller = await open({ jwt: { ...others, jwksUrl: issuer.jwksUrl } }).identify(
      head({ authorization }),
      undefined,
    );
    expect(caller?.id).toBe(`jwt:${issuer.issuer}|alice`);
  });

  test('forwarded claims do not replace an invalid token', async () => {
    const authorization = `Bearer ${await issuer.sign({ exp: 1 })}`;
    expect(await open({ jwt: jwt(), claims: {} }).identify(head({ authorization }), claims)).toBeUndefined();
  });

  test('a token and a claim with the same subject are two callers', async () => {
    const callers = open({ jwt: jwt(), claims: {} });
    const authorization = `Bearer ${await issuer.sign()}`;
    const byToken = await callers.identify(head({ authorization }), undefined);
    const byClaims = await callers.identify(head(), forwarded({ iss: issuer.issuer, sub: 'alice' }));
    expect(byToken?.id).not.toBe(byClaims?.id);
  });

  test('forwarded claims identify the caller where tokens are not configured', async () => {
    const caller = await open({ claims: {} }).identify(head({ authorization: 'Bearer whatever' }), claims);
    expect(caller?.id).toBe('claims:|mallory');
  });
});
