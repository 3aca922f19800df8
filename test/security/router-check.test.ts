/** Which credentials identify the router, alone and together. */
import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { RequestHead } from '../../src/security/request-head.ts';
import { createRouterCheck, routerConfig } from '../../src/security/router-check.ts';
import {
  defaultCovered,
  NOW,
  postHead,
  sha256Digest,
  signaturesFixture,
  signWith,
  withHeaders,
} from '../support/signers/http-signer.ts';

const secrets = ['old-router-secret-0123456789abcdef', 'new-router-secret-0123456789abcdef'];
const hiveSecret = 'hive-router-secret-0123456789abcde';
const subject = 'URI:spiffe://example.org/router';
const everything = {
  secrets,
  certificateSubjects: [subject],
  signatures: signaturesFixture,
  hive: { secrets: [hiveSecret] },
};

const checkWith = (config: object) => createRouterCheck(routerConfig.parse(config), () => NOW * 1_000);

const operation = { query: '{ __typename }' };
const body = Buffer.from(JSON.stringify(operation));
const head = postHead(body.toString());
const hmac = createHmac('sha256', hiveSecret).update(body).digest('base64');
const signedByHive = { ...operation, extensions: { 'hmac-signature': hmac } };

const withSecret = (secret: string) => withHeaders(head, { 'router-authorization': secret });
const withNames = (...certificateNames: string[]): RequestHead => ({
  ...head,
  peer: { ...head.peer, certificateNames },
});
const withDigest = (digest: string, covered = true) => {
  const sent = withHeaders(head, { 'content-digest': digest });
  return signWith(
    { covered: [...defaultCovered(sent), ...(covered ? [['content-digest', digest] as const] : [])] },
    sent,
  );
};

describe('one credential is enough', () => {
  const check = checkWith(everything);

  test.each<[string, RequestHead]>([
    ['the old secret', withSecret(secrets[0] ?? '')],
    ['the new secret', withSecret(secrets[1] ?? '')],
    ['a certificate', withNames('DNS:other', subject)],
    ['a signature', signWith()],
  ])('%s is enough, and the body is not read', (_, sent) => {
    expect(check.checkHead(sent)).toBe('router');
  });

  test('the HMAC of Hive in the body is enough', () => {
    expect(check.checkHead(head)).toBe('pending');
    expect(check.checkBody(head, body, signedByHive)).toBe(true);
    expect(check.checkBody(head, body, operation)).toBe(false);
  });
});

describe('what is not configured opens nothing', () => {
  const sent = {
    secrets: withSecret(secrets[0] ?? ''),
    certificateSubjects: withNames(subject),
    signatures: signWith(),
    hive: head,
  };
  type Name = keyof typeof everything;
  const names = Object.keys(everything) as Name[];
  const only = (name: Name) => checkWith({ [name]: everything[name] });

  test.each(
    names.flatMap((configured) =>
      names.filter((name) => name !== configured).map((name) => [configured, name] as const),
    ),
  )('with %s alone configured, %s is no credential', (configured, name) => {
    const check = only(configured);
    expect(check.checkHead(sent[name])).toBe(configured === 'hive' ? 'pending' : 'stranger');
    if (configured !== 'hive') expect(check.checkBody(sent[name], body, signedByHive)).toBe(false);
    expect(check.checkBody(sent[name], body, operation)).toBe(false);
  });

  test.each([{}, { secrets: undefined }, { secrets: [] }, { hive: { secrets: [] } }, { hive: { secrets: ['short'] } }])(
    '%j is no configuration of the router',
    (config) => {
      expect(routerConfig.safeParse(config).success).toBe(false);
    },
  );
});

describe('a secret', () => {
  const check = checkWith({ secrets });

  test('a secret is compared as a whole', () => {
    const [secret = ''] = secrets;
    for (const sent of [
      '',
      'undefined',
      secret.slice(1),
      `${secret}x`,
      ` ${secret}`,
      secret.toUpperCase(),
      secrets.join(),
    ])
      expect(check.checkHead(withSecret(sent))).toBe('stranger');
    expect(check.checkHead(head)).toBe('stranger');
  });
});

describe('the names in a certificate', () => {
  const check = checkWith({ certificateSubjects: [subject, 'CN=router'] });

  test('names in a certificate are compared character by character', () => {
    expect(check.checkHead(withNames('CN=router'))).toBe('router');
    for (const name of [
      '',
      'CN=Router',
      'router',
      'CN=router2',
      `${subject}/x`,
      subject.toUpperCase(),
      'DNS:router',
      '__proto__',
    ])
      expect(check.checkHead(withNames(name))).toBe('stranger');
    expect(check.checkHead(withNames())).toBe('stranger');
  });

  test.each(['router', 'CN=', 'O=Example', 'IP Address:127.0.0.1', ''])(
    '%j cannot be configured as the name of a certificate',
    (name) => {
      expect(routerConfig.safeParse({ certificateSubjects: [name] }).success).toBe(false);
    },
  );
});

describe('a digest of the body', () => {
  const check = checkWith({ signatures: signaturesFixture });
  const digest = sha256Digest(body.toString());
  const sha512 = 'sha-512=:WZDPaVn/7XgHaAy8pmojAkGWoRx2UFChF41A2svX+TaPm+AbwAgBWnrIiYllu7BNNyealdVLvRwEmTHWXvJwew==:';
  const published = Buffer.from('{"hello": "world"}');

  test('a digest must match the body, covered by the signature or not', () => {
    for (const covered of [true, false]) {
      const sent = withDigest(digest, covered);
      expect(check.checkHead(sent)).toBe('pending');
      expect(check.checkBody(sent, body, operation)).toBe(true);
      expect(check.checkBody(sent, Buffer.concat([body, Buffer.from(' ')]), operation)).toBe(false);
      expect(check.checkBody(sent, Buffer.alloc(0), operation)).toBe(false);
    }
  });

  test('a covered digest cannot be replaced by that of another body', () => {
    const other = Buffer.from('{"query":"{ __schem__ }"}');
    const sent = withHeaders(withDigest(digest), { 'content-digest': sha256Digest(other.toString()) });
    expect(check.checkHead(sent)).toBe('stranger');
    expect(check.checkBody(sent, other, operation)).toBe(false);
  });

  test('the SHA-512 digest of RFC 9421 is accepted', () => {
    expect(check.checkBody(withDigest(sha512), published, {})).toBe(true);
    expect(check.checkBody(withDigest(`${sha512}, ${sha256Digest(published.toString())}`), published, {})).toBe(true);
    expect(check.checkBody(withDigest(`${sha512}, ${digest}`), published, {})).toBe(false);
  });

  test('a digest of an unknown algorithm is accepted beside one of a known algorithm', () => {
    expect(check.checkBody(withDigest(`md5=:AAAA:, ${digest}`), body, operation)).toBe(true);
  });

  test.each([
    '',
    'sha-256',
    'sha-256=x',
    'sha-256=::',
    'md5=:AAAA:',
    `${digest}, ${digest}`,
    `${digest};a=1`,
    digest.replace('=:', ':'),
    digest.toUpperCase(),
  ])('a digest written %j is refused', (written) => {
    const sent = withDigest(written);
    expect(check.checkHead(sent)).toBe('pending');
    expect(check.checkBody(sent, body, operation)).toBe(false);
  });

  test('a covered digest can be required', () => {
    const strict = checkWith({
      signatures: { ...signaturesFixture, components: [...signaturesFixture.components, 'content-digest'] },
    });
    expect(strict.checkHead(signWith())).toBe('stranger');
    expect(strict.checkHead(withDigest(digest, false))).toBe('stranger');
    expect(strict.checkBody(withDigest(digest), body, operation)).toBe(true);
  });

  test('a digest without a signature is no credential', () => {
    const sent = withHeaders(head, { 'content-digest': digest });
    expect(check.checkHead(sent)).toBe('stranger');
    expect(check.checkBody(sent, body, operation)).toBe(false);
  });
});
