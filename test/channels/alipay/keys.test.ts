/** Keys and certificates as they are read: what starts, and what is refused with the setting, the cause and the fix. */
import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { alipayKeys, keyConfig, keyFaults, verifierOf } from '../../../src/channels/alipay/keys.ts';
import { openSources } from '../../../src/channels/registry.ts';
import { makeCertificate, newRsaKey, pemOf, toPem } from '../../support/signers/certificates.ts';
import vectors from '../../vectors/alipay.json' with { type: 'json' };

const appKey = newRsaKey();
const alipayKey = newRsaKey();
const publicOf = (key: KeyObject) => createPublicKey(key);
const good = { privateKey: pemOf(appKey), alipayPublicKey: pemOf(publicOf(alipayKey)) };

/** Why the service does not start with these settings; undefined when it does. */
const refusal = async (settings: object): Promise<string | undefined> => {
  try {
    await openSources({ alipay: { type: 'alipay', appId: '2021000000000001', ...settings } }).close();
    return undefined;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    for (const value of Object.values(settings).filter((value) => typeof value === 'string' && value !== ''))
      expect(error.message).not.toContain(String(value).slice(0, 40));
    return error.message;
  }
};
const refusedFor = (setting: string, message: string | RegExp) => {
  const start = `Source alipay: ${setting}: `;
  return typeof message === 'string'
    ? expect.stringMatching(new RegExp(`^${[start, message].join('').replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}`))
    : expect.stringMatching(new RegExp(`^${start}${message.source}`));
};

const der = (key: KeyObject, type: 'pkcs1' | 'pkcs8' | 'spki') => key.export({ format: 'der', type });
const ec = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
const ed25519 = generateKeyPairSync('ed25519');
const pss = generateKeyPairSync('rsa-pss', { modulusLength: 2_048 });
const dsa = generateKeyPairSync('dsa', { modulusLength: 2_048, divisorLength: 256 });
const small = newRsaKey(1_024);
const authority = makeCertificate({ name: 'C=CN,O=Ant Financial,CN=R1', isAuthority: true });
const appCertificate = makeCertificate({ name: 'O=Shop,CN=app', key: appKey, issuer: authority });

/** Made with `openssl ecparam -genkey -name SM2` for this test only; Node names no kind for such a key. */
const SM2_KEY = `-----BEGIN SM2 PARAMETERS-----
BggqgRzPVQGCLQ==
-----END SM2 PARAMETERS-----
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqBHM9VAYItBG0wawIBAQQgZZ3VUG7kp2iHCulj
xACDxLnI2ZzO9/OqZ36fvvnYKTGhRANCAAS+PpfmSAQ6sFTth+/ujjSC9FT5ZwCB
iOM1UlZEMgircr/y/4Z4VfTOhXntEL2o30T1uJNVCEFcSonf6xTNW04j
-----END PRIVATE KEY-----`;

describe('privateKey', () => {
  const pkcs8 = der(appKey, 'pkcs8').toString('base64');
  const pem = pemOf(appKey);
  test.each<[what: string, text: string]>([
    ['PEM of PKCS#8', pem],
    ['PEM of PKCS#1', appKey.export({ format: 'pem', type: 'pkcs1' }).toString()],
    ['bare base64 of PKCS#8', pkcs8],
    ['bare base64 of PKCS#1', der(appKey, 'pkcs1').toString('base64')],
    ['CRLF', pem.replaceAll('\n', '\r\n')],
    ['CR alone', pem.replaceAll('\n', '\r')],
    ['spaces in place of line breaks', pem.replaceAll('\n', ' ')],
    ['no line breaks', pem.replaceAll('\n', '')],
    ['line breaks written as \\n', pem.replaceAll('\n', '\\n')],
    ['indented lines', pem.replaceAll('\n', '\n    ')],
    ['no-break spaces and a byte order mark', `\ufeff\u00a0${pkcs8.slice(0, 70)}\u00a0\r\n${pkcs8.slice(70)} \u200b`],
    ['the frame of PKCS#1 around PKCS#8', toPem(der(appKey, 'pkcs8'), 'RSA PRIVATE KEY')],
    ['text around the frame', `Bag Attributes\n  friendlyName: app\n${pem}# the end`],
  ])('privateKey is read from %s', async (_, privateKey) => {
    expect(keyConfig.privateKey.parse(privateKey).equals(appKey)).toBe(true);
    expect(await refusal({ ...good, privateKey })).toBeUndefined();
  });

  const kinds: [what: string, text: string, message: string | RegExp][] = [
    ['an EC key', pemOf(ec.privateKey), /it is a key of another kind \(prime256v1\); RSA2 needs an RSA key: make/],
    ['an EC key in SEC1', String(ec.privateKey.export({ format: 'pem', type: 'sec1' })), /.*\(prime256v1\)/],
    ['an Ed25519 key', pemOf(ed25519.privateKey), /it is a key of another kind \(ed25519\)/],
    ['an Ed25519 key in base64', der(ed25519.privateKey, 'pkcs8').toString('base64'), /.*\(ed25519\)/],
    ['an RSASSA-PSS key', pemOf(pss.privateKey), /it is a key of another kind \(rsa-pss\)/],
    ['a DSA key', pemOf(dsa.privateKey), /it is a key of another kind \(dsa\)/],
    ['an SM2 key', SM2_KEY, /it is a key of another kind \((SM2|SM2 or some other kind)\)/],
    ['1,024 bits', pemOf(small), 'it is an RSA key of 1024 bits; RSA2 needs 2048: make an RSA key'],
    ['a public key', good.alipayPublicKey, "it is a public key: give the application's private key"],
    ['a public key in base64', der(publicOf(appKey), 'spki').toString('base64'), 'it is a public key: '],
    ['a certificate', appCertificate.pem, "it is a certificate: give the application's private key here"],
    [
      'a key under a passphrase',
      String(appKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' })),
      'it is under a passphrase: give it without one',
    ],
    [
      'a key under a passphrase in the old form',
      String(appKey.export({ format: 'pem', type: 'pkcs1', cipher: 'aes-256-cbc', passphrase: 'x' })),
      'it is under a passphrase: ',
    ],
    [
      'a key under a passphrase in base64',
      appKey.export({ format: 'der', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'x' }).toString('base64'),
      'it is under a passphrase: ',
    ],
    ['two keys', pem + pemOf(alipayKey), 'it holds several keys: give one'],
    ['a key and a certificate', pem + appCertificate.pem, 'it holds several keys: give one'],
    [
      'a PEM without its end',
      pem.slice(0, -30),
      'is no key that can be read. Give an RSA private key as PEM, or as base64',
    ],
    [
      'a second PEM without its end',
      `${pem}${pem.slice(0, 300)}`,
      'is no key that can be read. Give an RSA private key as PEM, or as base64',
    ],
    [
      'garbage behind the base64',
      `${pkcs8.slice(0, -4)}AAAAAAAA`,
      'is no key that can be read. Give an RSA private key as PEM, or as base64',
    ],
    [
      'half of the base64',
      pkcs8.slice(0, 800),
      'is no key that can be read. Give an RSA private key as PEM, or as base64',
    ],
    [
      'a character that is no base64',
      `${pkcs8.slice(0, 99)}#${pkcs8.slice(100)}`,
      'is no key that can be read. Give an RSA private key as PEM',
    ],
    ['nothing', '', 'is no key that can be read. Give an RSA private key as PEM, or as base64 of PKCS#1 or PKCS#8'],
  ];
  test.each(kinds)('privateKey is refused when it is %s', async (_, privateKey, message) => {
    expect(await refusal({ ...good, privateKey })).toEqual(refusedFor('privateKey', message));
  });

  test('a privateKey that does not verify its own signature, as with one digit changed, is refused', async () => {
    // The modulus begins behind the headers of PKCS#1.
    const bytes = der(appKey, 'pkcs1');
    bytes[40] = (bytes[40] ?? 0) ^ 4;
    expect(await refusal({ ...good, privateKey: bytes.toString('base64') })).toEqual(
      refusedFor('privateKey', 'it is a damaged RSA key: copy it again'),
    );
  });
});

describe('alipayPublicKey', () => {
  const pem = good.alipayPublicKey;
  const spki = der(publicOf(alipayKey), 'spki').toString('base64');
  test.each<[what: string, text: string]>([
    ['PEM', pem],
    ['PEM of PKCS#1', publicOf(alipayKey).export({ format: 'pem', type: 'pkcs1' }).toString()],
    ['bare base64', spki],
    ['bare base64 of PKCS#1', der(publicOf(alipayKey), 'pkcs1').toString('base64')],
    ['base64 in lines with CRLF', `${spki.slice(0, 64)}\r\n${spki.slice(64)}\r\n`],
    ['line breaks written as \\r\\n', pem.replaceAll('\n', '\\r\\n')],
  ])('alipayPublicKey is read from %s', async (_, alipayPublicKey) => {
    expect(keyConfig.alipayPublicKey.parse(alipayPublicKey)?.equals(publicOf(alipayKey))).toBe(true);
    expect(await refusal({ ...good, alipayPublicKey })).toBeUndefined();
  });

  const own = "it is the public half of privateKey, the application's own: give Alipay's";
  const kinds: [what: string, text: string, message: string | RegExp][] = [
    ["the application's own", pemOf(publicOf(appKey)), own],
    ["the application's own in base64", der(publicOf(appKey), 'spki').toString('base64'), own],
    ["the application's own in PKCS#1", der(publicOf(appKey), 'pkcs1').toString('base64'), own],
    ['a private key', pemOf(alipayKey), 'it is a private key: give the public key of Alipay'],
    ["the application's private key in base64", der(appKey, 'pkcs8').toString('base64'), 'it is a private key: '],
    ['a private key in PKCS#1', der(alipayKey, 'pkcs1').toString('base64'), 'it is a private key: '],
    ['an EC key', pemOf(ec.publicKey), /it is a key of another kind \(prime256v1\)/],
    ['an Ed25519 key', pemOf(ed25519.publicKey), /it is a key of another kind \(ed25519\)/],
    ['a DSA key', pemOf(dsa.publicKey), /it is a key of another kind \(dsa\)/],
    ['1,024 bits', pemOf(publicOf(small)), 'it is an RSA key of 1024 bits; RSA2 needs 2048: '],
    ['a certificate', appCertificate.pem, 'it is a certificate: give app, alipay and alipayRoot in certificates'],
    ['two keys', pem + pemOf(publicOf(appKey)), 'it holds several keys: give one'],
    [
      'garbage behind the base64',
      `${spki.slice(0, -4)}AAAAAAAAAAAA`,
      'is no key that can be read. Give an RSA public key as PEM or base64.',
    ],
    ['nothing', '', 'is no key that can be read. Give an RSA public key as PEM or base64.'],
  ];
  test.each(kinds)('alipayPublicKey is refused when it is %s', async (_, alipayPublicKey, message) => {
    expect(await refusal({ ...good, alipayPublicKey })).toEqual(refusedFor('alipayPublicKey', message));
  });

  test('an alipayPublicKey with one digit changed is refused when its modulus has a small factor', async () => {
    const whole = Buffer.from(vectors.alipayPublicKeySpkiDerBase64, 'base64');
    const refused = await Promise.all(
      Array.from({ length: 40 }, async (_, position) => {
        const bytes = Buffer.from(whole);
        bytes[40 + 5 * position] = (bytes[40 + 5 * position] ?? 0) ^ 2;
        return await refusal({ ...good, alipayPublicKey: bytes.toString('base64') });
      }),
    );
    expect(
      refused.filter((message) => message?.endsWith('it is a damaged RSA key: copy it again')).length,
    ).toBeGreaterThan(30);
    expect(await refusal({ ...good, alipayPublicKey: whole.toString('base64') })).toBeUndefined();
  });

  test('alipayPublicKey and certificates are refused together, and so are neither', async () => {
    const certificates = { app: appCertificate.pem, alipay: appCertificate.pem, alipayRoot: authority.pem };
    const { privateKey } = good;
    const message = refusedFor(
      'alipayPublicKey',
      'needs one of two. Write either alipayPublicKey or certificates, and not both.',
    );
    expect(await refusal({ ...good, certificates })).toEqual(message);
    expect(await refusal({ privateKey })).toEqual(message);
  });

  test('the public half of privateKey as alipayPublicKey is refused, as in the public report', async () => {
    const settings = {
      privateKey: vectors.appPrivateKeyPkcs8DerBase64,
      alipayPublicKey: vectors.appPublicKeySpkiDerBase64,
    };
    expect(await refusal(settings)).toEqual(refusedFor('alipayPublicKey', own));
  });
});

describe('certificates', () => {
  const rootNames = { intermediate: 'C=CN,O=Ant Financial,CN=Class 2 R1', foreign: 'C=US,O=Elsewhere,CN=Root' };
  const intermediate = makeCertificate({ name: rootNames.intermediate, issuer: authority, isAuthority: true });
  const alipayCertificate = makeCertificate({ name: 'O=Shop,CN=alipay', key: alipayKey, issuer: intermediate });
  const direct = makeCertificate({ name: 'O=Shop,CN=alipay', key: alipayKey, issuer: authority });
  const next = makeCertificate({ name: 'O=Shop,CN=alipay', issuer: authority });
  const foreignRoot = makeCertificate({ name: rootNames.foreign, isAuthority: true });
  const foreign = makeCertificate({ name: 'O=Shop,CN=alipay', key: alipayKey, issuer: foreignRoot });
  const ecRoot = makeCertificate({ name: 'C=CN,O=Ant Financial,CN=E1', key: ec.privateKey, isAuthority: true });
  const set = { app: appCertificate.pem, alipay: direct.pem, alipayRoot: authority.pem };
  const withSet = (changes: Partial<typeof set>) =>
    refusal({ privateKey: good.privateKey, certificates: { ...set, ...changes } });

  test.each<[what: string, changes: Partial<typeof set>]>([
    ['issued by the root', {}],
    ['issued by an authority that stands in the same file', { alipay: alipayCertificate.pem + intermediate.pem }],
    ['issued by an authority that stands in front of it', { alipay: intermediate.pem + alipayCertificate.pem }],
    [
      "issued by an authority of Alipay's that no file holds, as in the downloads of today",
      { alipay: alipayCertificate.pem },
    ],
    ['two of Alipay, old and new', { alipay: direct.pem + next.pem }],
    ['roots of other kinds beside the RSA root', { alipayRoot: ecRoot.pem + authority.pem + foreignRoot.pem }],
    ['CRLF and text around the frames', { alipay: `subject=alipay\r\n${direct.pem.replaceAll('\n', '\r\n')}` }],
    ["an old certificate beside the application's", { app: makeCertificate({ name: 'O=Shop,CN=app' }).pem + set.app }],
  ])('certificates are accepted with %s', async (_, changes) => expect(await withSet(changes)).toBeUndefined());

  const otherApp = makeCertificate({ name: 'O=Shop,CN=app', issuer: authority });
  const csr = toPem(Buffer.from('3003020100', 'hex'), 'CERTIFICATE REQUEST');
  const broken = Buffer.from(direct.pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');
  const at = broken.indexOf('alipay');
  broken[at] = (broken[at] ?? 0) ^ 1;
  const faults: [what: string, changes: Partial<typeof set>, setting: string, message: string | RegExp][] = [
    ['app of another key', { app: otherApp.pem }, 'app', 'it does not belong to privateKey: give the certificate'],
    [
      'app and root swapped',
      { app: set.alipayRoot, alipayRoot: set.app },
      'app',
      /.*certificates\.alipayRoot: .* swapped/,
    ],
    ['app and alipay swapped', { app: set.alipay, alipay: set.app }, 'app', /.*certificates\.alipay: .* swapped/],
    [
      "the application's in Alipay's place",
      { alipay: set.app },
      'alipay',
      "it holds the application's own certificate",
    ],
    ["the application's among Alipay's", { alipay: set.alipay + set.app }, 'alipay', "it holds the application's own"],
    ["the root in Alipay's place", { alipay: set.alipayRoot }, 'alipay', 'it holds certificates of authorities only'],
    [
      "Alipay's in the place of the root",
      { alipayRoot: set.alipay },
      'alipayRoot',
      'it holds a certificate that is not of an',
    ],
    ['no RSA root', { alipayRoot: ecRoot.pem }, 'alipayRoot', 'it holds no RSA root: give the whole file'],
    [
      'one of a foreign authority',
      { alipay: foreign.pem },
      'alipay',
      'its issuer is no authority of certificates.alipayRoot',
    ],
    [
      'one of a foreign authority, with it',
      { alipay: foreign.pem + foreignRoot.pem },
      'alipay',
      'its signatures do not lead',
    ],
    [
      'one that only itself has signed',
      { alipay: makeCertificate({ name: 'O=X,CN=x' }).pem },
      'alipay',
      'its signatures',
    ],
    [
      'one signed by another key under the name of the root',
      { alipay: makeCertificate({ name: 'CN=a', issuer: { name: authority.name, key: newRsaKey() } }).pem },
      'alipay',
      'its signatures do not lead to certificates.alipayRoot',
    ],
    ['one with a letter changed', { alipay: toPem(broken, 'CERTIFICATE') }, 'alipay', 'its signatures do not lead'],
    [
      'a second one of a foreign authority',
      { alipay: direct.pem + foreign.pem },
      'alipay',
      'its issuer is no authority',
    ],
    [
      'an EC certificate of Alipay',
      { alipay: makeCertificate({ name: 'CN=a', key: ec.privateKey, issuer: authority }).pem },
      'alipay',
      /it is a key of another kind \(prime256v1\)/,
    ],
    [
      '1,024 bits',
      { alipay: makeCertificate({ name: 'CN=a', key: small, issuer: authority }).pem },
      'alipay',
      'it is an RSA key of 1024 bits',
    ],
    ['a private key', { app: good.privateKey }, 'app', 'it holds a private key: give certificates alone'],
    ['a private key behind it', { app: set.app + good.privateKey }, 'app', 'it holds a private key: '],
    ['a public key', { alipay: good.alipayPublicKey }, 'alipay', 'it holds a public key: give certificates, or'],
    ['a request for a certificate', { app: csr }, 'app', 'it is a request for a certificate: '],
    [
      'one without its end',
      { app: set.app.slice(0, -30) },
      'app',
      'is no certificate that can be read. Give certificates as PEM.',
    ],
    [
      'one of two damaged',
      { alipay: set.alipay + toPem(Buffer.alloc(90, 48), 'CERTIFICATE') },
      'alipay',
      'is no certificate that can be read. Give certificates as PEM.',
    ],
    ['nothing', { alipayRoot: '' }, 'alipayRoot', 'is no certificate that can be read. Give certificates as PEM.'],
  ];
  test.each(faults)('certificates are refused with %s', async (_, changes, setting, message) => {
    expect(await withSet(changes)).toEqual(refusedFor(`certificates.${setting}`, message));
  });

  const parse = (changes: Partial<typeof set>) => ({
    privateKey: appKey,
    certificates: keyConfig.certificates.unwrap().parse({ ...set, ...changes }),
  });

  test('every certificate of Alipay verifies replies, by its serial number; those of authorities do not', () => {
    const keys = alipayKeys(parse({ alipay: alipayCertificate.pem + intermediate.pem + next.pem }));
    expect(keys.verifiers.size).toBe(2);
    const [first = '', second = ''] = keys.verifiers.keys();
    expect([first, second]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.stringMatching(/^[0-9a-f]{32}$/)]);
    expect(verifierOf(keys, first)?.equals(publicOf(alipayKey))).toBe(true);
    expect(verifierOf(keys, second)?.equals(publicOf(next.key))).toBe(true);
    expect(verifierOf(keys, undefined)).toBeUndefined();
    expect(verifierOf(keys, '')).toBeUndefined();
    expect(verifierOf(keys, first.toUpperCase())).toBeUndefined();
  });

  test('a bare key verifies replies that name any certificate, or none', () => {
    const keys = alipayKeys({ privateKey: appKey, alipayPublicKey: publicOf(alipayKey) });
    for (const named of [undefined, '', 'x']) expect(verifierOf(keys, named)?.equals(publicOf(alipayKey))).toBe(true);
    expect(keys.expiring).toEqual([]);
  });

  test('expiring has the end of the certificates in use: of several of Alipay the last', () => {
    const late = new Date('2040-01-02T03:04:05Z');
    const lasting = makeCertificate({ name: 'O=Shop,CN=alipay', issuer: authority, validTo: late });
    for (const alipay of [direct.pem + lasting.pem, lasting.pem + direct.pem]) {
      const { expiring } = alipayKeys(parse({ alipay }));
      expect(expiring.map(({ setting }) => setting)).toEqual(['certificates.app', 'certificates.alipay']);
      expect(expiring[1]).toMatchObject({ validTo: late });
      expect(expiring[0]?.validFrom.getTime()).toBeLessThan(Date.now());
    }
  });

  test('certificates that fit have no fault', () => expect(keyFaults(parse({}))).toEqual([]));
});
