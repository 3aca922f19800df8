/**
 * The upstream of a run, on this machine: WeChat's endpoint for web pages, which answers at once with a payer of its
 * own for each code, and the issuer of bearer tokens. Sends its address and a token to the process that started it.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { audience } from './lib/setup.ts';

const { publicKey, privateKey } = await generateKeyPair('RS256');
const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'RS256', use: 'sig' }] });

const payerOf = (code: string | null) =>
  JSON.stringify({ access_token: `t${code}`, expires_in: 7_200, openid: `o${code}`, scope: 'snsapi_base' });

const server = createServer((request, response) => {
  const url = new URL(request.url ?? '', 'http://upstream');
  const body = url.pathname === '/jwks' ? jwks : payerOf(url.searchParams.get('code'));
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }).end(body);
});
server.keepAliveTimeout = 65_000;

server.listen(0, '127.0.0.1', async () => {
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const claims = { scope: 'payer:read payer:authenticate' };
  const token = await new SignJWT(claims)
    .setProtectedHeader({ alg: 'RS256', kid: 'bench' })
    .setIssuer(url)
    .setAudience(audience)
    .setSubject('bench')
    .setIssuedAt()
    .setExpirationTime('1d')
    .sign(privateKey);
  process.send?.({ url, token });
});
process.once('disconnect', () => process.exit());
