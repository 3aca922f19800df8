/** Tokens that must be refused, for each known reason. */
import { createHmac } from 'node:crypto';
import { CompactSign, EncryptJWT, generateKeyPair, SignJWT } from 'jose';
import { audience, type Issuer, startIssuer } from './issuer.ts';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const seconds = (offset: number) => Math.floor(Date.now() / 1_000) + offset;

const goodClaims = (issuer: Issuer, sub = 'alice') => ({ iss: issuer.issuer, aud: audience, sub, exp: seconds(300) });
const withPart = (token: string, at: number, part: unknown) =>
  token
    .split('.')
    .map((own, i) => (i === at ? encode(part) : own))
    .join('.');
const signedByStranger = async (issuer: Issuer, header: (jwk: object) => object) => {
  const stranger = await startIssuer();
  await stranger.close();
  return stranger.sign(goodClaims(issuer), { kid: undefined, ...header(stranger.newest().jwk) });
};

/** Signs claims as they are given. */
const signedText = (issuer: Issuer, write: (claims: string) => string): Promise<string> =>
  new CompactSign(Buffer.from(write(JSON.stringify(goodClaims(issuer)))))
    .setProtectedHeader({ alg: 'ES256', kid: issuer.newest().kid })
    .sign(issuer.newest().privateKey);

/** Each differs in one thing from a token that is accepted. */
export const forgeries: [name: string, make: (issuer: Issuer) => Promise<string>][] = [
  ['expired', (issuer) => issuer.sign({ exp: seconds(-60) })],
  ['not valid yet', (issuer) => issuer.sign({ nbf: seconds(60) })],
  ['without an end', (issuer) => issuer.sign({ exp: null })],
  ['without a subject', (issuer) => issuer.sign({ sub: null })],
  ['with an empty subject', (issuer) => issuer.sign({ sub: '' })],
  ['with half a character as its subject', (issuer) => issuer.sign({ sub: '\ud800' })],
  ['with a number as its subject', (issuer) => issuer.sign({ sub: 7 })],
  ['with a number as its scope', (issuer) => issuer.sign({ scope: 7 })],
  ['for another audience', (issuer) => issuer.sign({ aud: 'somebody-else' })],
  ['for no audience', (issuer) => issuer.sign({ aud: null })],
  ['of another issuer', (issuer) => issuer.sign({ iss: 'https://issuer.example' })],
  ['of no issuer', (issuer) => issuer.sign({ iss: null })],
  ['under an unknown key id', (issuer) => issuer.sign({}, { kid: 'key-9' })],
  [
    'with an extension that must be understood',
    (issuer) => issuer.sign({}, { crit: ['x-new'], 'x-new': 1 }, { 'x-new': true }),
  ],
  [
    'not signed: alg none',
    async (issuer) => `${encode({ alg: 'none', kid: 'key-1' })}.${(await issuer.sign()).split('.')[1]}.`,
  ],
  [
    'signed by HMAC with the public key as the secret',
    async (issuer) => {
      const signed = `${encode({ alg: 'HS256', kid: 'key-1' })}.${(await issuer.sign()).split('.')[1]}`;
      return `${signed}.${createHmac('sha256', await issuer.pem())
        .update(signed)
        .digest('base64url')}`;
    },
  ],
  [
    'signed by HMAC with the published key as the secret',
    async (issuer) => {
      const signed = `${encode({ alg: 'HS256', kid: 'key-1' })}.${(await issuer.sign()).split('.')[1]}`;
      return `${signed}.${createHmac('sha256', JSON.stringify(issuer.newest().jwk)).update(signed).digest('base64url')}`;
    },
  ],
  ['signed by a key that it brings along', (issuer) => signedByStranger(issuer, (jwk) => ({ jwk }))],
  ['signed by a stranger under our key id', (issuer) => signedByStranger(issuer, () => ({ kid: 'key-1' }))],
  [
    'signed by a key that lies elsewhere',
    (issuer) => signedByStranger(issuer, () => ({ jku: `${issuer.issuer}/theirs`, kid: 'x' })),
  ],
  [
    'signed with an algorithm that is not allowed',
    async (issuer) => {
      const { privateKey } = await generateKeyPair('RS256');
      return new SignJWT(goodClaims(issuer)).setProtectedHeader({ alg: 'RS256', kid: 'key-1' }).sign(privateKey);
    },
  ],
  [
    'a token within a token',
    async (issuer) => `${(await issuer.sign({}, { cty: 'JWT' })).split('.')[0]}.${encode(await issuer.sign())}.AAAA`,
  ],
  [
    'of other claims than were signed',
    async (issuer) => withPart(await issuer.sign(), 1, goodClaims(issuer, 'mallory')),
  ],
  [
    'of another header than was signed',
    async (issuer) => withPart(await issuer.sign(), 0, { alg: 'ES256', kid: 'key-1', typ: 'JWT' }),
  ],
  ['with its signature cut off', async (issuer) => (await issuer.sign()).split('.').slice(0, 2).join('.')],
  ['with an empty signature', async (issuer) => `${(await issuer.sign()).split('.').slice(0, 2).join('.')}.`],
  [
    'encrypted, for a key that anybody has',
    async (issuer) => {
      const { publicKey } = await generateKeyPair('ECDH-ES');
      const header = { alg: 'ECDH-ES', enc: 'A256GCM', kid: 'key-1' };
      return new EncryptJWT(goodClaims(issuer)).setProtectedHeader(header).encrypt(publicKey);
    },
  ],
  ['with two subjects', (issuer) => signedText(issuer, (claims) => claims.replace('{', '{"sub":"mallory",'))],
  [
    'with one subject spelled in two ways',
    (issuer) => signedText(issuer, (claims) => claims.replace('{', '{"s\\u0075b":"mallory",')),
  ],
  [
    'with two values of a name within a claim',
    (issuer) => signedText(issuer, (claims) => claims.replace('{', '{"apps":{"id":"a","id":"b"},')),
  ],
  ['over 8 KiB', (issuer) => issuer.sign({ padding: 'x'.repeat(8_192) })],
  ['three dots', async () => '...'],
  ['empty', async () => ''],
];
