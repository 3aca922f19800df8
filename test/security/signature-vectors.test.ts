/** The router's signature check accepts the signatures of RFC 9421 and of Grafbase. */
import { constants, createHmac, createPublicKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { createRouterSignatureCheck, signaturesConfig } from '../../src/security/router-signature.ts';
import { openKey, signatureKey } from '../../src/security/router-signature-keys.ts';
import { publicPem } from '../support/signers/http-signer.ts';
import published from '../vectors/http-signatures.json' with { type: 'json' };

const peer = { certificateNames: [], encrypted: false };
const parseKeys = (keys: unknown) => signaturesConfig.parse({ keys });

/** One character of a text made another one. */
const changed = (text: string, at: number) =>
  `${text.slice(0, at)}${text[at] === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;

describe('the signatures of RFC 9421', () => {
  const { keys, request, vectors, refused, response } = published;
  const check = (at: number) => createRouterSignatureCheck({ ...parseKeys(keys), components: [] }, () => at * 1_000);
  const headOf = ({ signature, signatureInput }: (typeof vectors)[number], changes: Record<string, string> = {}) => ({
    ...request,
    headers: { ...request.headers, signature, 'signature-input': signatureInput, ...changes },
    peer,
  });

  test.each(vectors)('the signature of RFC 9421 $section is accepted', (vector) => {
    expect(check(vector.created)(headOf(vector))).toBe(true);
  });

  test.each(vectors)('the signature of RFC 9421 $section with one character changed is refused', (vector) => {
    const at = vector.signature.indexOf(':') + 5;
    expect(check(vector.created)(headOf(vector, { signature: changed(vector.signature, at) }))).toBe(false);
  });

  test.each(vectors)('the signature of RFC 9421 $section with another creation time is refused', (vector) => {
    const input = vector.signatureInput.replace('1618884473', '1618884474');
    expect(check(vector.created)(headOf(vector, { 'signature-input': input }))).toBe(false);
  });

  test.each(vectors.slice(1))('the signature of RFC 9421 $section with another content type is refused', (vector) => {
    expect(check(vector.created)(headOf(vector, { 'content-type': 'text/json' }))).toBe(false);
  });

  test('the signature of RFC 9421 B.2.2 is refused, since it covers a component with a parameter', () => {
    expect(check(refused.created)(headOf(refused))).toBe(false);
  });

  test('the signature of RFC 9421 B.2.4 is accepted by its algorithm, and refused when changed', () => {
    const key = keys.find(({ id }) => id === response.key);
    const verify = openKey(signatureKey.parse(key));
    const signature = Buffer.from(response.signature, 'base64');
    expect(verify(Buffer.from(response.base), signature)).toBe(true);
    expect(verify(Buffer.from(response.base.replace('200', '201')), signature)).toBe(false);
  });
});

describe('a request as Grafbase sends it', () => {
  test.each(published.grafbase.requests)(
    'a request as Grafbase sends it is accepted when signed with $key.algorithm',
    ({ key, created, request }) => {
      const check = createRouterSignatureCheck(parseKeys([key]), () => created * 1_000);
      expect(check({ ...request, peer })).toBe(true);
      expect(check({ ...request, target: '/graphql?x=2', peer })).toBe(false);
      expect(check({ ...request, peer: { ...peer, encrypted: true } })).toBe(false);
    },
  );
});

const ed25519 = generateKeyPairSync('ed25519');
/** Has as many bits as an RSA key needs. Made beforehand, since that takes a while. */
const dsa = createPublicKey({
  key: Buffer.from(
    'MIIDRjCCAjkGByqGSM44BAEwggIsAoIBAQC8aueCzCSZ/kr2yzHOkXM2D9CpOb0wb9BLc2EoCuHVAeccouxV8a+5O3f0tLKrRZw6vxeDU43iHc6Uq2/9OiMoozd5lrl/ghMZBB227lyghSGGfZOz5zc6z7T3dxPm4O6f0kFhHFuU9DNq74DfzTs+l1icDMTApqIjIgbeWh+FVGlawCF9qU9h18cjhclC5aSvZOh/YwkFGwVQbHsVotSfln+k3wqws0jHQrgR/DJy/mUam3chD10tzimQssuPb/sA/EjPbJwMi2Fk7CIgMc2zTD4RCOjz3cmEqT0jC8U2j1ibgJeTwsHYo3r9yEs16dkMuGOKOsHIYrepoJlzBwbVAiEA81TtDg8VGKCR5d0BM2xNoSDs2gNLOEWODs5/Ja51qmkCggEAMR+FjLqoRS65ZFdWNo/LJTtdc8S8CwfRGA6F96zBRdLsC7xh+XJTffkowsPocnxv0AQ3RtyIdn0+qkQ4Ba5jRJAYVG5s0b53A+WOvqs9d+rAbCQTsNLR13PoNTMxHQB40KmaohTaFRjb+MGUs9JqXiDwe4oTB5K47sxCmy8967C/7fy1cj6BPUGUz9iTlFwVAEk8KZx38WZsoSAjniTgTeRj62sjUFE15nUUbf3gQ3mMll0S96Ig24ao7ToZMGt06Yh7ScWu646S+Dsp/oqCb39kYp9MjgEN69v/0djmXWGFXaTcf8X3CRiuLKD+Jf74Vrs74BEuOH/fed+y2UZWJgOCAQUAAoIBAAwcI6xdLi+u0sH+H2CpdD9xdDKSLlQ48mum1T04MFN65dPqgkAduQ5zvpc5yCkmVVvsEDPJlu1hK8oeRFwikgNH+ANxOoypUG4Q2td16DY55ekhItDRWrH08LWTeVnj9wcgbb5tioeYS7Wv6fZBSyDfMYGEaZ0bnLALR8NhGP+S/+LyFYicWsK/D79yxsPHrLHQpyv0c3ZpLlEHV9OLkCwz73YwVw8pg/moWvBdrBJi0ENv2TgId89wYQ+taJrPpaTKnXSLGISU8MNKSq6JuV2mYDTMDIKDBm96Sd+Yt36kHmkMrSciTs00cxy/0h8NRCwjicvE4O6qDctyQCZL6Pg=',
    'base64',
  ),
  format: 'der',
  type: 'spki',
});

describe('keys', () => {
  const refused = (key: object) => expect(signatureKey.safeParse({ id: 'a', ...key }).success).toBe(false);
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  test('a key must be public and of its algorithm', () => {
    const isFine = (algorithm: string, key: string) => signatureKey.safeParse({ id: 'a', algorithm, key }).success;
    expect(isFine('ed25519', publicPem(ed25519.publicKey))).toBe(true);
    expect(isFine('ecdsa-p256-sha256', publicPem(p256.publicKey))).toBe(true);
    refused({ algorithm: 'ed25519', key: ed25519.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() });
    refused({ algorithm: 'ed25519', key: publicPem(p256.publicKey) });
    refused({ algorithm: 'ecdsa-p384-sha384', key: publicPem(p256.publicKey) });
    refused({ algorithm: 'ecdsa-p256-sha256', key: publicPem(ed25519.publicKey) });
    refused({
      algorithm: 'rsa-pss-sha512',
      key: publicPem(generateKeyPairSync('rsa', { modulusLength: 1_024 }).publicKey),
    });
    refused({ algorithm: 'rsa-pss-sha512', key: publicPem(p256.publicKey) });
    refused({ algorithm: 'rsa-pss-sha512', key: publicPem(dsa) });
    refused({ algorithm: 'hmac-sha256', key: publicPem(ed25519.publicKey) });
    refused({ algorithm: 'hmac-sha256', key: randomBytes(31).toString('base64') });
    refused({ algorithm: 'none', key: '' });
    refused({ algorithm: 'ed25519', key: '' });
  });

  test('an RSA key can be for every use or for PSS alone', () => {
    for (const type of ['rsa', 'rsa-pss'] as const) {
      // The two overloads are declared apart.
      const { publicKey, privateKey } =
        type === 'rsa'
          ? generateKeyPairSync(type, { modulusLength: 2_048 })
          : generateKeyPairSync(type, { modulusLength: 2_048 });
      const key = signatureKey.parse({ id: 'a', algorithm: 'rsa-pss-sha512', key: publicPem(publicKey) });
      const signed = Buffer.from('signed');
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      expect(openKey(key)(signed, sign('sha512', signed, { key: privateKey, padding, saltLength: 64 }))).toBe(true);
      expect(openKey(key)(signed, sign('sha512', signed, { key: privateKey, padding, saltLength: 32 }))).toBe(false);
    }
  });

  test('an HMAC key refuses signatures of any other length', () => {
    const secret = randomBytes(32);
    const verify = openKey({ id: 'a', algorithm: 'hmac-sha256', key: secret.toString('base64') });
    const signed = Buffer.from('signed');
    const good = createHmac('sha256', secret).update(signed).digest();
    expect(verify(signed, good)).toBe(true);
    for (const other of [good.subarray(1), Buffer.concat([good, good]), Buffer.alloc(0)])
      expect(verify(signed, other)).toBe(false);
  });

  test('two keys with one id are refused', () => {
    const key = { id: 'a', algorithm: 'ed25519', key: publicPem(ed25519.publicKey) };
    expect(signaturesConfig.safeParse({ keys: [key, key] }).success).toBe(false);
    expect(signaturesConfig.safeParse({ keys: [key, { ...key, id: 'b' }] }).success).toBe(true);
    expect(signaturesConfig.safeParse({ keys: [] }).success).toBe(false);
    expect(signaturesConfig.safeParse({ keys: [key], components: [] }).success).toBe(false);
    expect(signaturesConfig.safeParse({ keys: [key], components: ['@status'] }).success).toBe(false);
  });
});
