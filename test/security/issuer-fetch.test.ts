/** The request for the keys of an issuer, and keys of the configuration. */
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { createResolver, type Resolver, sharedResolver } from '../../src/lib/resolver.ts';
import { createBearerCheck } from '../../src/security/caller-token.ts';
import { jwtConfig } from '../../src/security/caller-token-config.ts';
import { KeysUnavailable } from '../../src/security/issuer-keys.ts';
import { audience, type Issuer, startIssuer } from '../support/signers/issuer.ts';

let issuer: Issuer;
beforeAll(async () => {
  issuer = await startIssuer();
});
afterAll(() => issuer.close());

/** Another server that publishes the issuer's keys, with the status that a request gets. */
const startServer = async (statusFor: (request: IncomingMessage) => number) => {
  const server = createServer((request, response) => {
    response.writeHead(statusFor(request), { 'content-type': 'application/json' }).end(JSON.stringify(issuer.jwks()));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
};

const open = (options: object, resolver: Resolver = sharedResolver) => {
  const lines: string[] = [];
  const log = createLog('info', { write: (line) => void lines.push(line) });
  const config = jwtConfig.parse({ issuer: issuer.issuer, audience, algorithms: ['ES256'], ...options });
  const check = createBearerCheck(config, { log, resolver, now: () => performance.now() });
  return {
    check: (token: string) => check(`Bearer ${token}`),
    codes: () => lines.map((line) => JSON.parse(line).code),
  };
};

describe('the request for the keys', () => {
  test.each([201, 404, 503])(
    'keys that come with HTTP %i are not used, and the log states the status',
    async (status) => {
      await using server = await startServer(() => status);
      const { check, codes } = open({ jwksUrl: `http://127.0.0.1:${server.port}/jwks` });
      await expect(check(await issuer.sign())).rejects.toThrow(KeysUnavailable);
      expect(codes()).toEqual([`HTTP_${status}`]);
    },
  );

  test('the keys are requested by their path and query, as JSON or as a key set', async () => {
    const accept = 'application/json, application/jwk-set+json';
    await using server = await startServer(({ method, url, headers }) =>
      method === 'GET' && url === '/tenant/jwks?version=2' && headers.accept === accept ? 200 : 406,
    );
    const { check } = open({ jwksUrl: `http://127.0.0.1:${server.port}/tenant/jwks?version=2` });
    expect(await check(await issuer.sign())).toBeDefined();
  });

  test('the host of the keys is looked up by the resolver of the service', async () => {
    await using server = await startServer(() => 200);
    const elsewhere = { ...createResolver(), resolve: () => Promise.reject(new Error('no such host')) };
    const jwksUrl = `http://127.0.0.1:${server.port}/jwks`;
    await expect(open({ jwksUrl }, elsewhere).check(await issuer.sign())).rejects.toThrow(KeysUnavailable);
    expect(await open({ jwksUrl }, createResolver()).check(await issuer.sign())).toBeDefined();
  });
});

test('a token under a key that the configuration lacks is refused with that reason in the log', async () => {
  const { check, codes } = open({ jwks: issuer.jwks() });
  expect(await check(await issuer.sign({}, { kid: 'key-9' }))).toBeUndefined();
  expect(codes()).toEqual(['ERR_JWKS_NO_MATCHING_KEY']);
});
