/** Bearer tokens of callers: valid ones, forgeries, and the keys of the issuer. */
import { setTimeout } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { sharedResolver } from '../../src/lib/resolver.ts';
import { createBearerCheck } from '../../src/security/caller-token.ts';
import { jwtConfig } from '../../src/security/caller-token-config.ts';
import { KeysUnavailable } from '../../src/security/issuer-keys.ts';
import { runs } from '../support/runs.ts';
import { type Service, startService } from '../support/services/service.ts';
import { forgeries } from '../support/signers/forgeries.ts';
import { audience, type Issuer, startIssuer } from '../support/signers/issuer.ts';

const silent = createLog('silent');

let issuer: Issuer;
const open = (options: object = {}, now = () => performance.now()) => {
  const config = { issuer: issuer.issuer, audience, algorithms: ['ES256'], jwksUrl: issuer.jwksUrl, ...options };
  return createBearerCheck(jwtConfig.parse(config), { log: silent, resolver: sharedResolver, now });
};
const bearer = async (claims?: Record<string, unknown>, header?: Record<string, unknown>) =>
  `Bearer ${await issuer.sign(claims, header)}`;
const seconds = (offset: number) => Math.floor(Date.now() / 1_000) + offset;

beforeEach(async () => {
  issuer = await startIssuer();
});
afterEach(async () => {
  vi.useRealTimers();
  await issuer.close();
});

describe('a valid token', () => {
  test('a valid token identifies its caller and scopes, for every app', async () => {
    const caller = await open()(await bearer({ scope: 'openid payer:read payer:token payer:everything' }));
    expect(caller).toEqual({ id: `jwt:${issuer.issuer}|alice`, scopes: new Set(['payer:read', 'payer:token']) });
  });

  test('a valid token can list its scopes in another claim', async () => {
    const caller = await open({ scopesClaim: 'permissions' })(await bearer({ permissions: ['payer:certify'] }));
    expect(caller?.scopes).toEqual(new Set(['payer:certify']));
  });

  test('a token without scopes has none', async () => {
    expect((await open()(await bearer()))?.scopes).toEqual(new Set());
  });

  test.each([
    ['those it lists', ['shop', 'bar'], ['shop', 'bar']],
    ['the one it names', 'shop', ['shop']],
    ['none when it says none', undefined, []],
  ])('where apps are claimed, a token is for %s', async (_, apps, expected) => {
    expect((await open({ appsClaim: 'apps' })(await bearer({ apps })))?.apps).toEqual(new Set(expected));
  });

  test('a token with the audience among several is valid', async () => {
    expect(await open()(await bearer({ aud: ['other', audience] }))).toBeDefined();
  });

  test.each(['bearer', 'BEARER', 'Bearer  '])('a token after the scheme %s is read', async (scheme) => {
    expect(await open()(`${scheme} ${await issuer.sign()}`)).toBeDefined();
  });

  test('a token is valid within the clock tolerance and no later', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 });
    const check = open({ clockToleranceSeconds: 5 });
    expect(await check(await bearer({ exp: seconds(-4) }))).toBeDefined();
    expect(await check(await bearer({ exp: seconds(-5) }))).toBeUndefined();
    expect(await check(await bearer({ nbf: seconds(5) }))).toBeDefined();
    expect(await check(await bearer({ nbf: seconds(6) }))).toBeUndefined();
  });
});

describe('a token is refused that is', () => {
  test.each(forgeries)('a token is refused that is %s', async (_, make) => {
    const check = open();
    const token = await make(issuer);
    expect(await check(`Bearer ${token}`)).toBeUndefined();
    expect(await check(await bearer())).toBeDefined();
  });

  test('a token of another type than configured is refused', async () => {
    const check = open({ type: 'at+jwt' });
    expect(await check(await bearer({}, { typ: 'JWT' }))).toBeUndefined();
    expect(await check(await bearer())).toBeUndefined();
    expect(await check(await bearer({}, { typ: 'at+jwt' }))).toBeDefined();
  });

  test.each(['Basic YTpi', 'Bearer', 'DPoP x.y.z', ''])(
    'a header without a bearer token is refused: %s',
    async (authorization) => {
      expect(await open()(authorization)).toBeUndefined();
    },
  );

  test.each(['x%s', '%s x', '%s,', '%s=', '%s %s'])(
    'a token with other characters around it is not read: %s',
    async (pattern) => {
      const authorization = pattern.replaceAll('%s', await bearer());
      expect(await open()(authorization)).toBeUndefined();
    },
  );

  test('a token with any character changed is refused', async () => {
    const check = open({ jwksUrl: undefined, jwks: issuer.jwks() });
    const token = await issuer.sign({ scope: 'payer:read' });
    const bytes = (text: string) => text.split('.').map((part) => Buffer.from(part, 'base64url').toString('hex'));
    await fc.assert(
      fc.asyncProperty(fc.nat(token.length - 1), fc.constantFrom(...'ABCZabcz0189-_.'), async (at, character) => {
        const changed = token.slice(0, at) + character + token.slice(at + 1);
        // The last character of base64 may have bits that stand for nothing.
        if (bytes(changed).join() === bytes(token).join()) return;
        expect(await check(`Bearer ${changed}`)).toBeUndefined();
      }),
      { numRuns: runs(2_000) },
    );
  });
});

describe('the keys of the issuer', () => {
  test('keys are fetched once for many simultaneous tokens', async () => {
    const check = open();
    const tokens = await Promise.all(Array.from({ length: 50 }, (_, i) => bearer({ sub: `caller ${i}` })));
    expect((await Promise.all(tokens.map(check))).every((caller) => caller !== undefined)).toBe(true);
    expect(issuer.fetches()).toBe(1);
  });

  test('keys are fetched once more for a new key', async () => {
    const check = open();
    const before = await bearer();
    await check(before);
    await issuer.rotate();
    const after = await Promise.all(Array.from({ length: 20 }, () => bearer()));
    expect((await Promise.all(after.map(check))).every((caller) => caller !== undefined)).toBe(true);
    expect(await check(before)).toBeDefined();
    expect(issuer.fetches()).toBe(2);
  });

  test('withdrawn keys verify until they are too old, and no longer', async () => {
    let now = 0;
    const check = open({ jwksMaxAgeMs: 60_000 }, () => now);
    const old = await bearer();
    await check(old);
    await issuer.rotate({ keep: false });
    now = 59_999;
    expect(await check(old)).toBeDefined();
    now = 60_001;
    expect(await check(old)).toBeUndefined();
  });

  test.each([
    ['an error', () => ({ status: 500, body: '{}' })],
    ['a redirect', () => ({ status: 302, body: '' })],
    ['no JSON', () => ({ status: 200, body: '<html>' })],
    ['no keys', () => ({ status: 200, body: '{"keys":"none"}' })],
    ['more than 64 KiB', () => ({ status: 200, body: ' '.repeat(65_537) })],
    ['nothing at all', 'hang' as const],
  ])('keys are unavailable while the issuer answers %s, and available afterwards', async (_, answer) => {
    issuer.answerWith(answer);
    const check = open({ jwksTimeoutMs: 300 });
    const token = await bearer();
    await expect(check(token)).rejects.toThrow(KeysUnavailable);
    issuer.answerWith(undefined);
    expect(await check(token)).toBeDefined();
  });

  test('fetched keys verify without the issuer', async () => {
    const check = open();
    await check(await bearer());
    issuer.answerWith(() => ({ status: 500, body: '' }));
    expect(await check(await bearer({ sub: 'bob' }))).toBeDefined();
  });

  test('keys can stand in the configuration', async () => {
    const check = open({ jwksUrl: undefined, jwks: issuer.jwks() });
    expect(await check(await bearer())).toBeDefined();
    await issuer.rotate();
    expect(await check(await bearer())).toBeUndefined();
    expect(issuer.fetches()).toBe(0);
  });
});

describe('over HTTP', () => {
  let service: Service;
  let published: Issuer;
  beforeAll(async () => {
    published = await startIssuer();
    const { issuer, jwksUrl } = published;
    const times = { jwksMaxAgeMs: 1, jwksStaleMs: 301, jwksTimeoutMs: 300 };
    const jwt = { issuer, audience, algorithms: ['ES256' as const], jwksUrl, ...times };
    service = await startService({ sandbox: false, config: { callers: { jwt } } });
  });
  afterAll(async () => {
    await service.close();
    await published.close();
  });

  /** The status stands in the answer only for clients that accept the media type which shows it. */
  const showing = 'application/graphql-response+json';
  const post = async (authorization: string | undefined, accept = 'application/json') => {
    const response = await fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept, ...(authorization !== undefined && { authorization }) },
      body: JSON.stringify({ query: '{ payerChannels { capabilities } }' }),
    });
    const { status, headers } = response;
    // biome-ignore lint/suspicious/noExplicitAny: tests assert the shape that they select
    return { status, headers, body: status === 431 ? undefined : ((await response.json()) as any) };
  };

  test('a request with a valid token is served, and so is one without a token', async () => {
    expect((await post(`Bearer ${await published.sign()}`)).status).toBe(200);
    expect((await post(undefined)).status).toBe(200);
  });

  test.each(forgeries)('a request with a token that is %s is 401 before GraphQL runs', async (name, make) => {
    const { status, headers, body } = await post(`Bearer ${await make(published)}`, showing);
    // What is too long for a header does not come so far.
    if (name === 'over 8 KiB') return expect(status).toBe(431);
    expect(status).toBe(401);
    expect(headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
    expect(body).toEqual({ errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  test('a request with an invalid token is 200 for a client of application/json, and its code is UNAUTHENTICATED', async () => {
    const { status, body } = await post('Bearer ...');
    expect(status).toBe(200);
    expect(body).toEqual({ errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } }] });
  });

  test('a token is 503 and not 401 while keys are unavailable and the last ones are too old', async () => {
    const authorization = `Bearer ${await published.sign()}`;
    published.answerWith(() => ({ status: 500, body: '' }));
    expect((await post(authorization)).status).toBe(200);
    await setTimeout(310);
    const { status, headers, body } = await post(authorization, showing);
    published.answerWith(undefined);
    expect({ status, retryAfter: headers.get('retry-after') }).toEqual({ status: 503, retryAfter: '2' });
    expect(body.errors).toMatchObject([{ extensions: { code: 'CALLER_KEYS_UNAVAILABLE' } }]);
    expect((await post(authorization)).status).toBe(200);
  });

  test('P8: tokens and their subjects are not logged', async () => {
    const token = await published.sign({ sub: 'subject-canary', scope: 'scope-canary' });
    await post(`Bearer ${token}`);
    await post(`Bearer ${token}x`);
    await post(`Bearer ${await published.sign({ sub: 'subject-canary', exp: 1 })}`);
    const log = service.logLines.join('');
    expect(log).toContain('ERR_JWT_EXPIRED');
    expect(log).not.toMatch(/canary/);
    for (const part of token.split('.')) expect(log).not.toContain(part);
  });
});
