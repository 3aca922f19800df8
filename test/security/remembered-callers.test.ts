/** A verified token is not verified again while it would be valid; test/security/caller-token.test.ts has the verification. */
import { createLocalJWKSet } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { sharedResolver } from '../../src/lib/resolver.ts';
import type { Caller } from '../../src/security/caller.ts';
import { createBearerCheck } from '../../src/security/caller-token.ts';
import { jwtConfig } from '../../src/security/caller-token-config.ts';
import type { KeySet } from '../../src/security/issuer-key-set.ts';
import { rememberCallers } from '../../src/security/remembered-callers.ts';
import { audience, type Issuer, startIssuer } from '../support/signers/issuer.ts';

const keySet = (): KeySet => ({ keyFor: createLocalJWKSet({ keys: [] }), kids: new Set() });
const keys = keySet();
const alice: Caller = { id: 'jwt:issuer|alice', scopes: new Set(['payer:read']) };
const NOW = 1_800_000_000;
const setNow = (seconds: number) => vi.setSystemTime(seconds * 1_000);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: NOW * 1_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const remember = (characters = 1_000) => rememberCallers({ clockToleranceSeconds: 5, characters });
const verified = (payload: { exp?: number; nbf?: number } = { exp: NOW + 60 }) => ({ keys, payload, caller: alice });

describe('a remembered caller', () => {
  test('a remembered caller is found by its token alone', () => {
    const callers = remember();
    callers.add('token', verified());
    expect(callers.find('token', keys)).toBe(alice);
    expect(callers.find('token ', keys)).toBeUndefined();
    expect(callers.find('Token', keys)).toBeUndefined();
    expect(callers.find('', keys)).toBeUndefined();
  });

  test('a remembered caller is found until the second in which its token expires, with the clock tolerance', () => {
    const callers = remember();
    callers.add('token', verified({ exp: NOW + 60 }));
    setNow(NOW + 64.999);
    expect(callers.find('token', keys)).toBe(alice);
    setNow(NOW + 65);
    expect(callers.find('token', keys)).toBeUndefined();
    setNow(NOW);
    expect(callers.find('token', keys)).toBeUndefined();
  });

  test('a remembered caller is not found while its token is not valid yet, after a step of the clock', () => {
    const callers = remember();
    const payload = { exp: NOW + 60, nbf: NOW - 10 };
    callers.add('token', verified(payload));
    setNow(NOW - 15);
    expect(callers.find('token', keys)).toBe(alice);
    setNow(NOW - 16);
    expect(callers.find('token', keys)).toBeUndefined();
  });

  test('a token that does not expire is not remembered as valid', () => {
    const callers = remember();
    callers.add('token', verified({}));
    expect(callers.find('token', keys)).toBeUndefined();
  });

  test('a remembered caller is forgotten with the set of keys that has verified its token', () => {
    const callers = remember();
    callers.add('token', verified());
    expect(callers.find('token', keySet())).toBeUndefined();
    expect(callers.find('token', keys)).toBeUndefined();
  });

  test('callers are remembered up to a number of characters of their tokens, the latest of them', () => {
    const callers = remember(30);
    for (const token of ['token-a---', 'token-b---', 'token-c---']) callers.add(token, verified());
    expect(callers.find('token-a---', keys)).toBe(alice);
    callers.add('token-d---', verified());
    expect(['a', 'b', 'c', 'd'].map((one) => callers.find(`token-${one}---`, keys) === alice)).toEqual([
      ...[false, true, true, true],
    ]);
    callers.add('x'.repeat(31), verified());
    expect(callers.find('token-d---', keys)).toBeUndefined();
    expect(callers.find('x'.repeat(31), keys)).toBeUndefined();
  });

  test('a token that is verified again counts once', () => {
    const callers = remember(20);
    for (let time = 0; time < 10; time += 1) callers.add('token-a---', verified());
    callers.add('token-b---', verified());
    expect(callers.find('token-a---', keys)).toBe(alice);
    // Found too late, it makes room.
    expect(callers.find('token-b---', keySet())).toBeUndefined();
    callers.add('token-c---', verified());
    expect(callers.find('token-a---', keys)).toBe(alice);
  });

  test('100,000 tokens take the memory of those that are remembered', () => {
    const callers = remember(8_388_608);
    const token = (index: number) => `${index}`.padStart(800, '-');
    for (let index = 0; index < 100_000; index += 1) callers.add(token(index), verified());
    const isRemembered = (index: number) => callers.find(token(index), keys) !== undefined;
    expect([100_000 - 10_485, 99_999].map(isRemembered)).toEqual([true, true]);
    expect([0, 100_000 - 10_486].map(isRemembered)).toEqual([false, false]);
  });
});

describe('a bearer token', () => {
  let issuer: Issuer;
  beforeEach(async () => {
    issuer = await startIssuer();
  });
  afterEach(() => issuer.close());

  const open = (options: object = {}, now = () => 0) => {
    const config = { issuer: issuer.issuer, audience, algorithms: ['ES256'], jwks: issuer.jwks(), ...options };
    const deps = { log: createLog('silent'), resolver: sharedResolver, now };
    return createBearerCheck(jwtConfig.parse(config), deps);
  };
  /** Each verification makes another caller. */
  const isSameCaller = async (check: ReturnType<typeof open>, authorization: string) => {
    const [first, second] = [await check(authorization), await check(authorization)];
    return first !== undefined && first === second;
  };

  test('a bearer token is verified once', async () => {
    const check = open();
    const authorization = `Bearer ${await issuer.sign({ scope: 'payer:read' })}`;
    const caller = await check(authorization);
    expect(caller?.scopes).toEqual(new Set(['payer:read']));
    expect(await check(authorization)).toBe(caller);
    expect(await check(authorization.replace('Bearer', 'bearer'))).toBe(caller);
  });

  test('a bearer token is refused from the second in which it expires, after it was verified', async () => {
    const check = open({ clockToleranceSeconds: 0 });
    const authorization = `Bearer ${await issuer.sign({ exp: NOW + 10 })}`;
    expect(await isSameCaller(check, authorization)).toBe(true);
    setNow(NOW + 9.999);
    expect(await check(authorization)).toBeDefined();
    setNow(NOW + 10);
    expect(await check(authorization)).toBeUndefined();
  });

  test('a bearer token is refused as soon as the keys in use lack its key, after it was verified', async () => {
    let now = 0;
    const check = open({ jwks: undefined, jwksUrl: issuer.jwksUrl, jwksMaxAgeMs: 60_000 }, () => now);
    const authorization = `Bearer ${await issuer.sign()}`;
    expect(await isSameCaller(check, authorization)).toBe(true);
    await issuer.rotate({ keep: false });
    now = 60_001;
    expect(await check(authorization)).toBeUndefined();
    expect(await check(`Bearer ${await issuer.sign()}`)).toBeDefined();
  });

  test('a bearer token of another issuer or audience, or that is altered, is refused beside a verified one', async () => {
    const check = open();
    const token = await issuer.sign();
    const [head, , signature] = token.split('.');
    const others = [
      await issuer.sign({ iss: 'https://other.example' }),
      await issuer.sign({ aud: 'other' }),
      await issuer.sign({ sub: null }),
      `${token}x`,
      token.slice(0, -1),
      `${head}.${Buffer.from('{"sub":"mallory"}').toString('base64url')}.${signature}`,
    ];
    expect(await isSameCaller(check, `Bearer ${token}`)).toBe(true);
    for (const other of [...others, ...others]) expect(await check(`Bearer ${other}`)).toBeUndefined();
    expect(await isSameCaller(check, `Bearer ${token}`)).toBe(true);
  });

  test('a bearer token stays remembered while invalid ones are refused', async () => {
    const check = open();
    const authorization = `Bearer ${await issuer.sign()}`;
    const caller = await check(authorization);
    const refused = (await issuer.sign({ aud: 'other', padding: 'x'.repeat(5_000) })).slice(0, -4);
    for (let index = 0; index < 2_000; index += 1)
      expect(await check(`Bearer ${refused}${`${index}`.padStart(4, '0')}`)).toBeUndefined();
    expect(await check(authorization)).toBe(caller);
  });
});
