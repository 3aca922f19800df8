/** An issuer of tokens: real keys, and a server that publishes them. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose';

export const audience = 'payer-identity';

const newKey = async (kid: string) => {
  const { publicKey, privateKey } = await generateKeyPair('ES256', { extractable: true });
  return {
    kid,
    privateKey,
    publicKey,
    jwk: { ...(await exportJWK(publicKey)), kty: 'EC' as const, kid, alg: 'ES256', use: 'sig' },
  };
};

export const startIssuer = async () => {
  let keys = [await newKey('key-1')];
  let answer: (() => { status: number; body: string; headers?: Record<string, string> }) | 'hang' | 'cut' | undefined;
  let fetches = 0;
  const server = createServer((_, response) => {
    fetches += 1;
    if (answer === 'hang') return;
    const good = JSON.stringify({ keys: keys.map(({ jwk }) => jwk) });
    if (answer === 'cut') {
      response.writeHead(200, { 'content-length': good.length }).write(good.slice(0, -20));
      return setTimeout(() => response.destroy(), 20);
    }
    const { status, body, headers } = answer?.() ?? { status: 200, body: good };
    return response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const newest = () => keys.at(-1)!;

  return {
    issuer: origin,
    jwksUrl: `${origin}/jwks`,
    jwks: () => ({ keys: keys.map(({ jwk }) => jwk) }),
    fetches: () => fetches,
    newest,
    /** How the server answers from now on. Undefined: with its keys; cut: with a part of them. */
    answerWith(wanted: typeof answer) {
      answer = wanted;
    },
    /** Signs with a new key from now on. The old one is published further only with `keep`. */
    async rotate({ keep = true } = {}) {
      const next = await newKey(`key-${Number(newest().kid.slice(4)) + 1}`);
      keys = keep ? [...keys, next] : [next];
    },
    pem: () => exportSPKI(newest().publicKey),
    /** A token of `alice`, valid for five minutes, but for the claims that are given; null leaves a claim out. */
    sign(
      claims: Record<string, unknown> = {},
      header: Record<string, unknown> = {},
      crit: Record<string, boolean> = {},
    ): Promise<string> {
      const now = Math.floor(Date.now() / 1_000);
      const all = { iss: origin, aud: audience, sub: 'alice', iat: now, exp: now + 300, ...claims };
      const given = Object.fromEntries(Object.entries(all).filter(([, value]) => value !== null));
      return new SignJWT(given as JWTPayload)
        .setProtectedHeader({ alg: 'ES256', kid: newest().kid, ...header })
        .sign(newest().privateKey, { crit });
    },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

export type Issuer = Awaited<ReturnType<typeof startIssuer>>;
