/** TLS in this process: client certificates, versions, configuration. */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { connect as connectPlain } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ConnectionOptions, connect, TLSSocket } from 'node:tls';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { ConfigError, type FileConfig, loadConfig } from '../../src/config/load.ts';
import { tlsConfig } from '../../src/http/tls.ts';
import { generateVaultKeys } from '../../src/security/vault.ts';
import { type Service, startService } from '../support/services/service.ts';
import vectors from '../vectors/tls.json' with { type: 'json' };

const { ca, clients, server } = vectors;

const { cert, key } = server;
const secret = 'router-secret-0123456789-abcdefghij';
const router = {
  secrets: [secret],
  certificateSubjects: ['URI:spiffe://example.org/router', 'CN=router-by-name'],
};

let service: Service;
beforeAll(async () => {
  service = await startService({ config: { router, tls: { cert, key, clientCa: ca } } });
});
afterAll(() => service.close());

interface Ask extends ConnectionOptions {
  readonly path?: string;
  readonly secret?: string;
}

/** One request on a connection of its own. */
const ask = async ({ path = '/graphql', secret, ...tls }: Ask = {}) => {
  const sent = request(`${service.url}${path}`, {
    method: path === '/graphql' ? 'POST' : 'GET',
    ca,
    agent: false,
    headers: { 'content-type': 'application/json', ...(secret && { 'router-authorization': secret }) },
    ...tls,
  });
  sent.end(path === '/graphql' ? '{"query":"{ _service { sdl } }"}' : undefined);
  const [response] = await once(sent, 'response');
  const { socket } = response;
  if (!(socket instanceof TLSSocket)) throw new Error('Not over TLS');
  const connection = { protocol: socket.getProtocol(), resumed: socket.isSessionReused() };
  const body = JSON.parse((await response.setEncoding('utf8').toArray()).join(''));
  return { status: response.statusCode, ...connection, body };
};

const refusal = {
  status: 401,
  body: { errors: [{ message: expect.any(String), extensions: { code: 'UNAUTHENTICATED' } }] },
};

test('the URL of a server with TLS begins with https', () => {
  expect(service.url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
});

test.each([[['h2', 'http/1.1']], [['http/1.1']]])('a client that offers %j gets HTTP/1.1', async (ALPNProtocols) => {
  const { hostname, port } = new URL(service.url);
  const socket = connect({ host: hostname, port: Number(port), ca, ALPNProtocols });
  await once(socket, 'secureConnect');
  expect(socket.alpnProtocol).toBe('http/1.1');
  socket.destroy();
});

test('a client that offers h2 alone is refused by TLS', async () => {
  const { hostname, port } = new URL(service.url);
  const socket = connect({ host: hostname, port: Number(port), ca, ALPNProtocols: ['h2'] });
  const [error] = await once(socket, 'error');
  expect(error).toMatchObject({ code: 'ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL' });
});

describe('a client', () => {
  test.each(['router', 'named'] as const)('a client with the certificate of %s is the router', async (name) => {
    const { status, body } = await ask({ cert: clients[name].cert, key: clients[name].key });
    expect(status).toBe(200);
    expect(body.data._service.sdl).toContain('type PayerIdentity');
  });

  test.each(['stranger', 'expired', 'serverOnly', 'tricky'] as const)(
    'a client with the certificate of %s is 401',
    async (name) => {
      const { cert, key } = clients[name];
      expect(await ask({ cert, key })).toMatchObject(refusal);
    },
  );

  test.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'a client that resumes a session of %s has the identity of that session',
    async (maxVersion) => {
      for (const [client, status] of [
        [clients.router, 200],
        [clients.stranger, 401],
        [{}, 401],
      ] as const) {
        const { hostname, port } = new URL(service.url);
        const socket = connect({ host: hostname, port: Number(port), ca, maxVersion, ...client });
        const tickets = once(socket, 'session');
        await once(socket, 'secureConnect');
        const [session] = await tickets;
        socket.destroy();
        expect(await ask({ maxVersion, session, ...client })).toMatchObject({
          status,
          protocol: maxVersion,
          resumed: true,
        });
      }
    },
  );

  test('a client without a certificate is 401, unless it sends the secret', async () => {
    expect(await ask()).toMatchObject(refusal);
    expect(await ask({ secret: `${secret}x` })).toMatchObject(refusal);
    expect((await ask({ secret })).status).toBe(200);
  });

  test('a client with an invalid certificate is accepted by its secret', async () => {
    const { cert, key } = clients.expired;
    expect((await ask({ cert, key, secret })).status).toBe(200);
  });

  test('/livez needs no client certificate', async () => {
    expect(await ask({ path: '/livez' })).toMatchObject({ status: 200, body: { status: 'live' } });
    expect(await ask({ path: '/readyz' })).toMatchObject({ status: 200, body: { status: 'ready' } });
  });

  test.each(['TLSv1.2', 'TLSv1.3'] as const)('a client can connect with %s', async (version) => {
    const { cert, key } = clients.router;
    const answer = await ask({ cert, key, minVersion: version, maxVersion: version });
    expect(answer).toMatchObject({ status: 200, protocol: version });
  });

  test.each(['TLSv1', 'TLSv1.1'] as const)('a client cannot connect with %s', async (version) => {
    // OpenSSL offers the old versions at its lowest security level alone.
    const old = { minVersion: version, maxVersion: version, ciphers: 'DEFAULT:@SECLEVEL=0' };
    await expect(ask({ ...old, secret })).rejects.toThrow(/alert|protocol/i);
  });

  test('a client that does not speak TLS is disconnected, and other clients are served', async () => {
    const { hostname, port } = new URL(service.url);
    const socket = connectPlain(Number(port), hostname);
    socket.on('error', () => {});
    const closed = once(socket, 'close');
    socket.write('POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-length: 0\r\n\r\n');
    let received = '';
    socket.on('data', (text) => {
      received += text;
    });
    await closed;
    expect(received).not.toContain('200 OK');
    expect((await ask({ path: '/livez' })).status).toBe(200);
  });
});

describe('a configuration', () => {
  const load = (config: Partial<FileConfig>) =>
    loadConfig({}, async () => ({
      defaultApp: 'demo',
      apps: [{ id: 'demo', channels: {} }],
      sources: {},
      ...config,
    }));

  test('a configuration with certificateSubjects and without clientCa is refused', async () => {
    const { certificateSubjects } = router;
    for (const config of [
      { router: { certificateSubjects } },
      { router: { certificateSubjects }, tls: { cert, key } },
    ]) {
      const error: unknown = await load(config).catch((thrown: unknown) => thrown);
      expect(error).toBeInstanceOf(ConfigError);
      expect(String(error)).toMatch(/tls\.clientCa/);
    }
  });

  test('a configuration can name files of certificates and keys', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'payer-identity-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const fileWith = (name: string, text: string) => {
      writeFileSync(join(folder, name), `${text}\n`);
      return join(folder, name);
    };
    const tls = {
      cert: { $file: fileWith('server.crt', cert) },
      key: { $file: fileWith('server.key', key) },
      clientCa: { $file: fileWith('ca.crt', ca) },
    };
    const keys = generateVaultKeys();
    const apps = [{ id: 'demo', channels: {} }];
    const CONFIG = fileWith(
      'config.json',
      JSON.stringify({ defaultApp: 'demo', apps, sources: {}, router, tls, keys }),
    );
    const config = await loadConfig({ CONFIG }, () => Promise.reject(new Error('no sandbox here')));
    expect(config).toMatchObject({ router, tls: { cert, key, clientCa: ca } });
  });

  test('a configuration without clientCa requests no client certificate', async () => {
    expect((await load({ tls: { cert, key } })).tls).toEqual({ cert, key, minVersion: 'TLSv1.2' });
  });

  test.each<[string, object]>([
    ['no certificate', { key }],
    ['no key', { cert }],
    ['the key of another certificate', { cert, key: clients.router.key }],
    ['a key where the certificate belongs', { cert: key, key }],
    ['a certificate where the key belongs', { cert, key: cert }],
    ['a path where the certificate belongs', { cert: './server.crt', key }],
    ['a key as CA', { cert, key, clientCa: key }],
    ['an empty CA', { cert, key, clientCa: '' }],
    ['TLS 1.1', { cert, key, minVersion: 'TLSv1.1' }],
    ['an unknown option', { cert, key, rejectUnauthorized: false }],
  ])('a configuration with %s is refused without repeating it', (_, tls) => {
    const { success, error } = tlsConfig.safeParse(tls);
    expect(success).toBe(false);
    for (const issue of error?.issues ?? []) expect(issue.message).not.toMatch(/BEGIN|MI[A-Z]/);
  });
});
