/** The bounds of bearer tokens, tokens under a key that is not known yet, and the log line of a refused token. */
import { generateKeyPairSync } from 'node:crypto';
import { CompactSign } from 'jose';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { sharedResolver } from '../../src/lib/resolver.ts';
import { createBearerCheck } from '../../src/security/caller-token.ts';
import { jwtConfig } from '../../src/security/caller-token-config.ts';
import { audience, type Issuer, startIssuer } from '../support/signers/issuer.ts';

let issuer: Issuer;
let lines: string[];
beforeEach(async () => {
  issuer = await startIssuer();
  lines = [];
});
afterEach(async () => {
  vi.useRealTimers();
  await issuer.close();
});

const open = (options: object = {}) => {
  const { issuer: name, jwksUrl } = issuer;
  const config = jwtConfig.parse({ issuer: name, audience, algorithms: ['ES256'], jwksUrl, ...options });
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const check = createBearerCheck(config, { log, resolver: sharedResolver, now: () => 0 });
  return (token: string) => check(`Bearer ${token}`);
};
const logged = () => lines.map((line) => JSON.parse(line));

describe('the length of a token', () => {
  /** A valid token of exactly so many characters. Base64 has no texts of some lengths, so two parts are padded. */
  const tokenOf = async (length: number): Promise<string> => {
    const missing = length - (await issuer.sign({ padding: '' }, { more: '' })).length;
    for (const more of ['', 'x', 'xx'])
      for (let count = Math.floor(missing * 0.75); count >= missing * 0.75 - 6; count -= 1) {
        const token = await issuer.sign({ padding: 'x'.repeat(count) }, { more });
        if (token.length === length) return token;
      }
    throw new Error(`No token has ${length} characters`);
  };

  test('a token of 8,192 characters is read, and one of 8,193 is refused', async () => {
    const check = open();
    expect(await check(await tokenOf(8_192))).toBeDefined();
    expect(await check(await tokenOf(8_193))).toBeUndefined();
  });
});

describe('a token under a key that is not known yet', () => {
  test('a token with the audience among several is valid as soon as its key is published', async () => {
    const check = open();
    await check(await issuer.sign());
    await issuer.rotate();
    expect(await check(await issuer.sign({ aud: ['other', audience] }))).toBeDefined();
  });

  test('a token that has expired within the clock tolerance is valid, and at its end no key is looked for', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: 1_800_000_000_000 });
    const check = open({ clockToleranceSeconds: 5 });
    await check(await issuer.sign());
    await issuer.rotate();
    const expired = (seconds: number) => issuer.sign({ exp: 1_800_000_000 - seconds });
    expect(await check(await expired(5))).toBeUndefined();
    expect(issuer.fetches()).toBe(1);
    expect(await check(await expired(4))).toBeDefined();
    expect(issuer.fetches()).toBe(2);
  });

  test('a token without a key id is valid as soon as a key of its algorithm is published', async () => {
    const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({ format: 'jwk' });
    const publish = () => (issuer.fetches() === 1 ? { keys: [rsaKey] } : issuer.jwks());
    issuer.answerWith(() => ({ status: 200, body: JSON.stringify(publish()) }));
    const check = open({ algorithms: ['ES256', 'RS256'] });
    expect(await check(await issuer.sign({}, { kid: undefined }))).toBeDefined();
    expect(issuer.fetches()).toBe(2);
  });
});

describe('the log line of a refused token', () => {
  test('the log states the code of the check that a token does not pass, and no error', async () => {
    expect(await open()(await issuer.sign({ exp: 1 }))).toBeUndefined();
    expect(logged()).toEqual([
      { level: 'info', time: expect.any(String), code: 'ERR_JWT_EXPIRED', msg: 'a token was refused' },
    ]);
  });

  test('the log states the error of a token whose claims are no JSON with unique names', async () => {
    const claims = { iss: issuer.issuer, aud: audience, sub: 'alice', exp: Math.floor(Date.now() / 1_000) + 300 };
    const twice = JSON.stringify(claims).replace('{', '{"sub":"mallory",');
    const { kid, privateKey } = issuer.newest();
    const token = await new CompactSign(Buffer.from(twice)).setProtectedHeader({ alg: 'ES256', kid }).sign(privateKey);
    expect(await open()(token)).toBeUndefined();
    expect(logged()).toEqual([
      {
        ...{ level: 'info', time: expect.any(String), msg: 'a token was refused' },
        error: { name: 'SyntaxError', at: expect.any(Array) },
      },
    ]);
  });
});
