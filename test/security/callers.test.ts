import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { allScopes } from '../../src/security/caller.ts';
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
  test('a caller is nobody, and may do nothing that needs a scope', async () => {
    expect(await open({}).identify(head(), undefined)).toEqual(anonymous);
  });

  test('a caller may do what the router may', async () => {
    const caller = await open({ router: ['payer:read'] }).identify(head(), undefined);
    expect(caller).toEqual({ id: 'router', scopes: new Set(['payer:read']) });
  });

  test('a caller is the same where tokens and claims are configured', async () => {
    expect(await open({ jwt: jwt(), claims: {} }).identify(head(), {})).toEqual(anonymous);
  });

  test('everybody may do everything in sandbox mode', async () => {
    expect(await sandboxCallers.identify(head(), undefined)).toEqual({ id: 'sandbox', scopes: new Set(allScopes) });
  });

  test('a scope that there is not cannot be given', () => {
    expect(callersConfig.safeParse({ router: ['payer:everything'] }).success).toBe(false);
  });
});

describe('claims that the router forwards', () => {
  const payload = { iss: 'https://issuer.example', sub: 'alice', scope: 'payer:read payer:certify', apps: ['shop'] };

  test('are believed where they are configured', async () => {
    const caller = await open({ claims: { appsClaim: 'apps' } }).identify(head(), forwarded(payload));
    expect(caller).toEqual({
      id: 'claims:https://issuer.example|alice',
      scopes: new Set(['payer:read', 'payer:certify']),
      apps: new Set(['shop']),
    });
  });

  test('are not believed where they are not', async () => {
    expect(await open({}).identify(head(), forwarded(payload))).toEqual(anonymous);
    expect(await open({ jwt: jwt() }).identify(head(), forwarded(payload))).toEqual(anonymous);
  });

  test('may lie elsewhere, and nowhere else then', async () => {
    const callers = open({ claims: { path: 'claims' } });
    expect((await callers.identify(head(), { claims: payload }))?.id).toBe('claims:https://issuer.example|alice');
    expect(await callers.identify(head(), forwarded(payload))).toEqual(anonymous);
  });

  test.each([
    ['no extensions', undefined],
    ['empty extensions', {}],
    ['no claims in them', { jwt: {} }],
    ['null', forwarded(null)],
    ['extensions that are no object', 'jwt.payload'],
    ['a list of extensions', [{ jwt: { payload } }]],
  ])('are absent in %s', async (_, extensions) => {
    expect(await open({ claims: {} }).identify(head(), extensions)).toEqual(anonymous);
  });

  test.each(['__proto__', 'constructor.prototype', 'toString'])(
    'are not found in what every object has: %s',
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
  ])('are not valid %s', async (_, claims) => {
    expect(await open({ claims: { appsClaim: 'apps' } }).identify(head(), forwarded(claims))).toBeUndefined();
  });

  test('of two issuers are of two callers, whatever their subjects', async () => {
    const callers = open({ claims: {} });
    const idOf = async (iss: string, sub: string) => (await callers.identify(head(), forwarded({ iss, sub })))?.id;
    expect(await idOf('a', 'b|c')).not.toBe(await idOf('a|b', 'c'));
    expect(await idOf('', 'a|b')).not.toBe(await idOf('a', 'b'));
  });
});

describe('a token and claims together', () => {
  const claims = forwarded({ sub: 'mallory', scope: 'payer:token' });

  test('are of the caller of the token', async () => {
    const authorization = `Bearer ${await issuer.sign({ scope: 'payer:read' })}`;
    const caller = await open({ jwt: jwt(), claims: {} }).identify(head({ authorization }), claims);
    expect(caller).toEqual({ id: `jwt:${issuer.issuer}|alice`, scopes: new Set(['payer:read']) });
  });

  test('are of nobody when the token is not valid', async () => {
    const authorization = `Bearer ${await issuer.sign({ exp: 1 })}`;
    expect(await open({ jwt: jwt(), claims: {} }).identify(head({ authorization }), claims)).toBeUndefined();
  });

  test('never make one caller of two who have the same name', async () => {
    const callers = open({ jwt: jwt(), claims: {} });
    const authorization = `Bearer ${await issuer.sign()}`;
    const byToken = await callers.identify(head({ authorization }), undefined);
    const byClaims = await callers.identify(head(), forwarded({ iss: issuer.issuer, sub: 'alice' }));
    expect(byToken?.id).not.toBe(byClaims?.id);
  });

  test('are of the claims where tokens are none of our business', async () => {
    const caller = await open({ claims: {} }).identify(head({ authorization: 'Bearer whatever' }), claims);
    expect(caller?.id).toBe('claims:|mallory');
  });
});
