/** Callers' tokens while their issuer is unavailable, publishes faults, or changes its keys. */
import { generateKeyPairSync } from 'node:crypto';
import { exportJWK, generateKeyPair, type JWK } from 'jose';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { sharedResolver } from '../../src/lib/resolver.ts';
import { createBearerCheck } from '../../src/security/caller-token.ts';
import { jwtConfig } from '../../src/security/caller-token-config.ts';
import { KeysUnavailable } from '../../src/security/issuer-keys.ts';
import { audience, type Issuer, startIssuer } from '../support/signers/issuer.ts';

const MAX_AGE_MS = 60_000;
const STALE_MS = 3_600_000;
const COOLDOWN_MS = 5_000;

let issuer: Issuer;
let now: number;
let lines: string[];
beforeEach(async () => {
  issuer = await startIssuer();
  [now, lines] = [0, []];
});
afterEach(() => issuer.close());

type Verdict = 'valid' | 'refused' | 'undetermined';

/** A check whose clock is `now`, and what it answers to tokens. */
const open = (options: object = {}) => {
  // Long enough for a machine under load.
  const times = { jwksMaxAgeMs: MAX_AGE_MS, jwksStaleMs: STALE_MS, jwksCooldownMs: COOLDOWN_MS, jwksTimeoutMs: 1_000 };
  const { issuer: name, jwksUrl } = issuer;
  const config = jwtConfig.parse({ issuer: name, audience, algorithms: ['ES256'], jwksUrl, ...times, ...options });
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const check = createBearerCheck(config, { log, resolver: sharedResolver, now: () => now });
  return async (token: string): Promise<Verdict> => {
    try {
      return (await check(`Bearer ${token}`)) ? 'valid' : 'refused';
    } catch (error) {
      if (error instanceof KeysUnavailable) return 'undetermined';
      throw error;
    }
  };
};
type Check = ReturnType<typeof open>;

const codes = () => lines.map((line) => JSON.parse(line).code).filter((code) => code !== undefined);
const withKeys = (keys: readonly unknown[]) => () => ({ status: 200, body: JSON.stringify({ keys }) });
const newKey = async (alg = 'ES256'): Promise<JWK> =>
  exportJWK((await generateKeyPair(alg, { extractable: true })).publicKey);
/** Made once: that takes long. */
const rsaKey = generateKeyPairSync('rsa', { modulusLength: 2_048 }).publicKey.export({ format: 'jwk' });
const newPrivateKey = async () => exportJWK((await generateKeyPair('ES256', { extractable: true })).privateKey);
const own = () => issuer.jwks().keys[0]!;

/** Results of a fetch that prove nothing about keys. */
const faults: [name: string, make: () => Promise<Parameters<Issuer['answerWith']>[0]>][] = [
  ['HTTP 500', async () => () => ({ status: 500, body: '{}' })],
  ['HTTP 200 with HTML', async () => () => ({ status: 200, body: '<html><body>Sign in</body></html>' })],
  ['HTTP 204', async () => () => ({ status: 204, body: '' })],
  ['a redirect', async () => () => ({ status: 302, body: '', headers: { location: '/elsewhere' } })],
  [
    'more than 64 KiB',
    async () => () => ({ status: 200, body: JSON.stringify({ keys: [own()], x: 'x'.repeat(65_536) }) }),
  ],
  ['no answer', async () => 'hang'],
  ['a connection that breaks in the middle', async () => 'cut'],
  ['half of the JSON', async () => () => ({ status: 200, body: JSON.stringify(issuer.jwks()).slice(0, -5) })],
  ['nothing', async () => () => ({ status: 200, body: '' })],
  ['null', async () => () => ({ status: 200, body: 'null' })],
  [
    'bytes that are not UTF-8',
    async () => () => ({ status: 200, body: JSON.stringify({ keys: [own()] }).replace('"', '\ud800"') }),
  ],
  ['an empty set', async () => withKeys([])],
  ['no set', async () => () => ({ status: 200, body: '{"error":"unavailable"}' })],
  ['a set that is no list', async () => () => ({ status: 200, body: '{"keys":{}}' })],
  ['keys that are not objects', async () => withKeys(['key', null, 7])],
  ['two sets in one', async () => () => ({ status: 200, body: `{"keys":[],"keys":${JSON.stringify([own()])}}` })],
  ['only a key for encryption', async () => withKeys([{ ...(await newKey()), kid: 'e', use: 'enc' }])],
  ['only a key for another algorithm', async () => withKeys([{ ...rsaKey, kid: 'r', alg: 'RS256' }])],
  ['only a key on another curve', async () => withKeys([{ ...(await newKey('ES384')), kid: 'c' }])],
  ['only a key of an unknown type', async () => withKeys([{ kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA', kid: 'a' }])],
  ['only a key that must not verify', async () => withKeys([{ ...(await newKey()), kid: 'k', key_ops: ['encrypt'] }])],
  ['a shared key beside the good one', async () => withKeys([own(), { kty: 'oct', k: 'c2VjcmV0', kid: 'o' }])],
  ['a private key beside the good one', async () => withKeys([own(), { ...(await newPrivateKey()), kid: 'p' }])],
  ['a broken key beside the good one', async () => withKeys([own(), { ...(await newKey()), x: 'AAAA', kid: 'b' }])],
  ['a key without half of it', async () => withKeys([own(), { kty: 'EC', crv: 'P-256', x: own().x, kid: 'h' }])],
  ['two keys with the id of the good one', async () => withKeys([{ ...(await newKey()), kid: own().kid }, own()])],
  ['101 keys', async () => withKeys(Array.from({ length: 101 }, () => own()))],
];
describe('keys that were good stay in use while the issuer answers', () => {
  test.each(faults)(
    'good keys stay in use while the issuer answers %s, and new tokens are not refused',
    async (_, make) => {
      const check = open();
      const token = await issuer.sign();
      expect(await check(token)).toBe('valid');
      issuer.answerWith(await make());
      // The first call after the keys are due asks again; the others do not wait.
      now += MAX_AGE_MS + 1;
      expect(await check(token)).toBe('valid');
      const fetched = issuer.fetches();
      expect(await Promise.all(Array.from({ length: 20 }, () => check(token)))).toEqual(Array(20).fill('valid'));
      expect(issuer.fetches()).toBe(fetched);
      expect(await check(await issuer.sign({}, { kid: 'key-9' }))).toBe('undetermined');
      issuer.answerWith(undefined);
      await issuer.rotate();
      now += COOLDOWN_MS;
      expect(await check(await issuer.sign())).toBe('valid');
    },
  );

  test('good keys stay in use for jwksStaleMs while the issuer does not answer, and not a millisecond longer', async () => {
    const check = open();
    const token = await issuer.sign();
    expect(await check(token)).toBe('valid');
    issuer.answerWith(() => ({ status: 500, body: '' }));
    for (const age of [MAX_AGE_MS + 1, STALE_MS / 2, STALE_MS]) {
      now = age;
      expect(await check(token)).toBe('valid');
    }
    now = STALE_MS + 1;
    expect(await check(token)).toBe('undetermined');
    now = STALE_MS * 10;
    expect(await check(token)).toBe('undetermined');
    issuer.answerWith(undefined);
    expect(await check(token)).toBe('valid');
  });

  test('an issuer that does not answer delays only the first caller, by jwksTimeoutMs at most', async () => {
    const check = open();
    const token = await issuer.sign();
    await check(token);
    issuer.answerWith('hang');
    now = MAX_AGE_MS + 1;
    await check(token);
    const before = performance.now();
    for (let i = 0; i < 50; i += 1) expect(await check(token)).toBe('valid');
    expect(performance.now() - before).toBeLessThan(900);
  });
});

describe('a fault of the issuer', () => {
  test.each(faults)('an answer with a fault leaves the service without keys: %s', async (_, make) => {
    issuer.answerWith(await make());
    const check = open();
    const token = await issuer.sign();
    expect(await check(token)).toBe('undetermined');
    issuer.answerWith(undefined);
    expect(await check(token)).toBe('valid');
  });

  test('a fault of the issuer is logged once with its reason, and once when it ends', async () => {
    const check = open();
    const token = await issuer.sign();
    await check(token);
    issuer.answerWith(withKeys([own(), { kty: 'oct', k: 'c2VjcmV0LWNhbmFyeQ', kid: 'o' }]));
    for (let i = 0; i < 3; i += 1) {
      now += MAX_AGE_MS + 1;
      await check(token);
      await check(await issuer.sign({}, { kid: `unknown-${i}` }));
    }
    expect(codes()).toEqual(['SECRET_KEY']);
    issuer.answerWith(undefined);
    now += STALE_MS;
    await check(token);
    expect(lines.at(-1)).toContain('publishes its keys again');
    expect(lines.join('')).not.toMatch(/canary|unknown-|c2VjcmV0/);
  });
});

describe('a set that holds more than tokens need is good', () => {
  test.each<[string, () => Promise<JWK[]>]>([
    [
      'keys for encryption and for other algorithms',
      async () => [
        { ...rsaKey, kid: 'e', use: 'enc', alg: 'RSA-OAEP' },
        { ...rsaKey, kid: 'r', alg: 'RS256' },
        { kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA', kid: 'a' },
      ],
    ],
    ['the same key twice', async () => [own()]],
    ['a key for encryption under the same id', async () => [{ ...rsaKey, kid: own().kid, use: 'enc' }]],
    ['unknown members', async () => [{ ...own(), kid: 'z', 'x-color': 'blue', x5t: 'AAAA' }]],
  ])('a key set with %s is good', async (_, others) => {
    issuer.answerWith(withKeys([...(await others()), own()]));
    expect(await open()(await issuer.sign())).toBe('valid');
  });

  test('a key set with a short RSA key is not used', async () => {
    const short = generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey.export({ format: 'jwk' });
    issuer.answerWith(withKeys([own(), { ...short, kid: 's' }]));
    expect(await open({ algorithms: ['ES256', 'RS256'] })(await issuer.sign())).toBe('undetermined');
    expect(codes()).toEqual(['WEAK_KEY']);
  });
});

describe('a new key', () => {
  test('a new key verifies at once, also right after a fetch', async () => {
    const check = open();
    const before = await issuer.sign();
    expect(await check(before)).toBe('valid');
    await issuer.rotate();
    expect(await check(await issuer.sign())).toBe('valid');
    expect(await check(before)).toBe('valid');
    expect(issuer.fetches()).toBe(2);
  });

  test('a new key verifies for 50 simultaneous callers with one fetch', async () => {
    const check = open();
    await check(await issuer.sign());
    await issuer.rotate();
    const tokens = await Promise.all(Array.from({ length: 50 }, () => issuer.sign()));
    expect(await Promise.all(tokens.map(check))).toEqual(Array(50).fill('valid'));
    expect(issuer.fetches()).toBe(2);
  });

  test('a new key that appears during a fetch is not refused by the result of that fetch', async () => {
    const check = open();
    await check(await issuer.sign());
    let next: string | undefined;
    const old = issuer.jwks();
    // The issuer has answered with its old keys when the token arrives.
    issuer.answerWith(() => ({ status: 200, body: JSON.stringify(next === undefined ? old : issuer.jwks()) }));
    const madeUp = check(await issuer.sign({}, { kid: 'key-9' }));
    await issuer.rotate();
    next = await issuer.sign();
    expect(await check(next)).toBe('valid');
    expect(await madeUp).toBe('refused');
  });

  test('a new key is undetermined and not refused while the issuer is unavailable, and verifies afterwards', async () => {
    const check = open();
    await check(await issuer.sign());
    issuer.answerWith('hang');
    await issuer.rotate();
    const token = await issuer.sign();
    expect(await check(token)).toBe('undetermined');
    issuer.answerWith(undefined);
    now += COOLDOWN_MS;
    expect(await check(token)).toBe('valid');
  });

  test('a new key is fetched in the background before the old set is too old', async () => {
    const check = open({ jwksMaxAgeMs: 1_400 });
    const first = await issuer.sign();
    await check(first);
    await issuer.rotate({ keep: false });
    await expect.poll(issuer.fetches, { timeout: 5_000 }).toBe(2);
    // The issuer has counted the request before its answer has arrived.
    await expect.poll(() => check(first)).toBe('refused');
  });
});

describe('a key that a good set no longer has', () => {
  test('a key that the latest set lacks stops verifying for every caller', async () => {
    const check = open();
    const old = await issuer.sign();
    await check(old);
    await issuer.rotate({ keep: false });
    expect(await check(await issuer.sign())).toBe('valid');
    expect(await Promise.all(Array.from({ length: 20 }, () => check(old)))).toEqual(Array(20).fill('refused'));
    expect(issuer.fetches()).toBeLessThanOrEqual(3);
  });
});

describe('key ids that strangers make up', () => {
  const flood = async (check: Check, count: number): Promise<Verdict[]> => {
    const verdicts: Verdict[] = [];
    for (let i = 0; i < count; i += 1)
      verdicts.push(await check(await issuer.sign({}, { kid: `made-up-${now}-${i}` })));
    return verdicts;
  };

  test('made-up key ids cost 5 fetches, and one more each jwksCooldownMs, and none is valid', async () => {
    const check = open();
    const token = await issuer.sign();
    await check(token);
    const verdicts = await flood(check, 200);
    expect(verdicts).toEqual([...Array(5).fill('refused'), ...Array(195).fill('undetermined')]);
    expect(issuer.fetches()).toBe(6);
    now += COOLDOWN_MS;
    expect(await flood(check, 200)).toEqual(['refused', ...Array(199).fill('undetermined')]);
    expect(issuer.fetches()).toBe(7);
    expect(await check(token)).toBe('valid');
  });

  test('simultaneous made-up key ids cost two fetches', async () => {
    const check = open();
    await check(await issuer.sign());
    const tokens = await Promise.all(Array.from({ length: 200 }, (_, i) => issuer.sign({}, { kid: `made-up-${i}` })));
    expect(await Promise.all(tokens.map(check))).not.toContain('valid');
    expect(issuer.fetches()).toBeLessThanOrEqual(3);
  });

  test('made-up key ids leave a real rotation undetermined for jwksCooldownMs at most, and never refused', async () => {
    const check = open();
    await check(await issuer.sign());
    await flood(check, 20);
    await issuer.rotate();
    const token = await issuer.sign();
    expect(await check(token)).toBe('undetermined');
    now += COOLDOWN_MS;
    await flood(check, 20);
    expect(await check(token)).toBe('valid');
  });

  test('a made-up key id that becomes a real one is not refused then', async () => {
    const check = open();
    await check(await issuer.sign());
    for (let i = 0; i < 10; i += 1) await check(await issuer.sign({}, { kid: 'key-2' }));
    expect(issuer.fetches()).toBe(2);
    await issuer.rotate();
    const token = await issuer.sign();
    expect(await check(token)).toBe('undetermined');
    now += COOLDOWN_MS;
    expect(await check(token)).toBe('valid');
  });

  test.each([
    ['of another issuer', { iss: 'https://other.example' }],
    ['for another audience', { aud: 'other' }],
    ['that has expired', { exp: 1 }],
    ['without an end', { exp: null }],
  ])('a made-up key id costs no fetch in a token %s, which no key makes valid', async (_, claims) => {
    const check = open();
    await check(await issuer.sign());
    for (let i = 0; i < 20; i += 1)
      expect(await check(await issuer.sign(claims, { kid: `made-up-${i}` }))).toBe('refused');
    expect(issuer.fetches()).toBe(1);
  });

  test('a key id that is not a string is refused without a fetch', async () => {
    const check = open();
    await check(await issuer.sign());
    const [, payload, signature] = (await issuer.sign()).split('.');
    for (const kid of [7, null, {}, ['key-1'], true]) {
      const header = Buffer.from(JSON.stringify({ alg: 'ES256', kid })).toString('base64url');
      expect(await check(`${header}.${payload}.${signature}`)).toBe('refused');
    }
    expect(issuer.fetches()).toBe(1);
  });
});
