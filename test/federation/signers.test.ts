/** Routers that sign their requests, in front of a subgraph that requires it. */
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { composeServices } from '@apollo/composition';
import { createGatewayRuntime } from '@graphql-hive/gateway-runtime';
import { buildHTTPExecutor } from '@graphql-tools/executor-http';
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { FileConfig } from '../../src/config/load.ts';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { readBlocks } from '../support/markdown.ts';
import { grafbase, runGrafbase, startGrafbase } from '../support/schema/grafbase.ts';
import { AUTHENTICATE, type GraphqlAnswer, type Service, startService } from '../support/services/service.ts';
import { publicPem } from '../support/signers/http-signer.ts';

const sdl = readFileSync(new URL('../../schema/subgraph.graphql', import.meta.url), 'utf8');

/** Passes bytes on as they are, and remembers them. */
const startRelay = async (to: string) => {
  const exchanged = { requests: '', replies: '' };
  const server = createServer((socket) => {
    const { hostname, port } = new URL(to);
    const upstream = connect(Number(port), hostname);
    socket.on('data', (bytes) => {
      exchanged.requests += bytes.toString();
    });
    upstream.on('data', (bytes) => {
      exchanged.replies += bytes.toString();
    });
    for (const [from, into] of [
      [socket, upstream],
      [upstream, socket],
    ] as const)
      from.on('error', () => into.destroy()).pipe(into);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/graphql`,
    exchanged,
    statuses: () => [...exchanged.replies.matchAll(/HTTP\/1\.1 (\d+) /g)].map(([, status]) => Number(status)),
    close: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
};

type Relay = Awaited<ReturnType<typeof startRelay>>;
type Ask = (body: object) => Promise<Pick<GraphqlAnswer, 'data' | 'errors'>>;

const startBehindRelay = async (router: FileConfig['router']) => {
  const service = await startService({ config: { router } });
  const relay = await startRelay(service.url);
  return { service, relay };
};

let codes = 0;
/** Redeems a new code through a router; answers what the router answers. */
const authenticate = (ask: Ask) => {
  codes += 1;
  const input = { channelId: 'wechat_pay', authCode: `test_ok_alice~${codes}` };
  return ask({ query: AUTHENTICATE, variables: { input } });
};

const expectThrough = async (ask: Ask, service: Service) => {
  const before = service.upstream.ledger.length;
  const { data, errors } = await authenticate(ask);
  expect(errors).toBeUndefined();
  expect(data.authenticate).toMatchObject({
    __typename: 'PayerAuthenticated',
    identity: { openId: idsOf('alice').openid, channel: { id: 'wechat_pay', title: '微信支付' } },
  });
  expect(service.upstream.ledger).toHaveLength(before + 1);
};

const expectRefused = async (ask: Ask, { service, relay }: { service: Service; relay: Relay }) => {
  const before = { redeemed: service.upstream.ledger.length, answered: relay.statuses().length };
  const { data, errors } = await authenticate(ask);
  expect(data?.authenticate ?? null).toBeNull();
  expect(errors).toHaveLength(1);
  expect(service.upstream.ledger).toHaveLength(before.redeemed);
  expect(relay.statuses().slice(before.answered)).toEqual([401]);
};

/** Replays a request that was recorded between router and subgraph, and returns the status. */
const repeat = async (service: Service, recorded: string): Promise<number> => {
  const [head = '', body = ''] = recorded.split('\r\n\r\n');
  const [, ...lines] = head.split('\r\n');
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname);
  const fields = lines.filter((line) => !/^connection:/i.test(line));
  socket.end(`POST /graphql HTTP/1.1\r\nconnection: close\r\n${fields.join('\r\n')}\r\n\r\n${body}`);
  return Number((await socket.setEncoding('utf8').toArray()).join('').split(' ')[1]);
};

const strangers = [
  '{"query":"{ _service { sdl } }"}',
  '{"query":"{ _entities(representations: []) { __typename } }"}',
  '{"query":"{ __schema { types { name } } }"}',
  '{"query":"{ __typename }","extensions":{"hmac-signature":""}}',
  '[]',
  '{',
  '',
];
/** Asks without a signature, and answers every status. */
const askUnsigned = ({ service }: { service: Service }) =>
  Promise.all(
    strangers.map(async (body) => {
      const headers = { 'content-type': 'application/json' };
      return (await fetch(`${service.url}/graphql`, { method: 'POST', headers, body })).status;
    }),
  );

describe('Hive Gateway, which signs operations', () => {
  const secret = randomBytes(32).toString('base64');
  const nextSecret = randomBytes(32).toString('base64');
  let behind: Awaited<ReturnType<typeof startBehindRelay>>;
  beforeAll(async () => {
    behind = await startBehindRelay({ hive: { secrets: [secret, nextSecret] } });
  });
  afterAll(async () => {
    await behind.service.close();
    await behind.relay.close();
  });

  const startHive = (hmacSignature?: { secret: string }): Ask => {
    const subgraph = { name: 'payer-identity', url: behind.relay.url, typeDefs: parse(sdl) };
    const { supergraphSdl = '', errors } = composeServices([subgraph]);
    expect(errors).toBeUndefined();
    const gateway = createGatewayRuntime({
      supergraph: () => supergraphSdl,
      logging: false,
      // Hive loads its HTTP transport by name from a package of its own; this is what that one is made of.
      transports: {
        http: {
          getSubgraphExecutor: ({ transportEntry }) => buildHTTPExecutor({ endpoint: transportEntry.location ?? '' }),
        },
      },
      ...(hmacSignature && { hmacSignature }),
    });
    onTestFinished(async () => {
      await gateway.dispose();
    });
    return async (body) => {
      const response = await gateway.fetch('http://gateway/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      return response.json();
    };
  };

  test('Hive Gateway is accepted with either secret', async () => {
    await expectThrough(startHive({ secret }), behind.service);
    await expectThrough(startHive({ secret: nextSecret }), behind.service);
  });

  test('Hive Gateway is accepted without variables, and with variables of every kind', async () => {
    const ask = startHive({ secret });
    expect(await ask({ query: '{ __typename payerChannels(appId: "demo") { capabilities } }' })).not.toHaveProperty(
      'errors',
    );
    const input = { channelId: 'wechat_pay', authCode: 'test_ok_支付宝"\\\n😀', appId: null };
    const { data, errors } = await ask({ query: AUTHENTICATE, variables: { input } });
    expect({ errors, type: data.authenticate.__typename }).toEqual({ errors: undefined, type: expect.any(String) });
  });

  test('Hive Gateway is refused with another secret, and without one', async () => {
    await expectRefused(startHive({ secret: randomBytes(32).toString('base64') }), behind);
    await expectRefused(startHive(), behind);
  });

  test('only Hive Gateway gets an answer', async () => {
    expect(new Set(await askUnsigned(behind))).toEqual(new Set([401]));
  });

  test('a recorded request of Hive Gateway can be replayed, but with no other operation', async () => {
    const { exchanged } = behind.relay;
    const start = exchanged.requests.length;
    await startHive({ secret })({ query: '{ payerChannels(appId: "demo") { capabilities } }' });
    const recorded = exchanged.requests.slice(start);
    expect(await repeat(behind.service, recorded)).toBe(200);
    expect(await repeat(behind.service, recorded.replace('payerChannels', 'payerChannelz'))).toBe(401);
  });
});

if (!grafbase)
  process.stderr.write(`SKIPPED: no Grafbase for ${process.platform} ${process.arch}, its tests did not run\n`);

describe.skipIf(!grafbase)('Grafbase, which signs HTTP messages', () => {
  const ed25519 = generateKeyPairSync('ed25519');
  const p256 = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ofPage = generateKeyPairSync('ed25519');
  const shared = randomBytes(32);
  const pkcs8 = (key: typeof ed25519.privateKey) => key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const files = {
    'ed25519.pem': pkcs8(ed25519.privateKey),
    'p256.pem': pkcs8(p256.privateKey),
    'shared.json': JSON.stringify({ kty: 'oct', alg: 'HS256', kid: 'shared', k: shared.toString('base64url') }),
    'grafbase-1.pem': pkcs8(ofPage.privateKey),
    'other.pem': pkcs8(generateKeyPairSync('ed25519').privateKey),
  };
  const covered = 'derived_components = ["method", "authority", "request_target"]';

  let behind: Awaited<ReturnType<typeof startBehindRelay>>;
  beforeAll(async () => {
    behind = await startBehindRelay({
      signatures: {
        keys: [
          { id: 'ed25519', algorithm: 'ed25519', key: publicPem(ed25519.publicKey) },
          { id: 'grafbase-1', algorithm: 'ed25519', key: publicPem(ofPage.publicKey) },
          { id: 'p256', algorithm: 'ecdsa-p256-sha256', key: publicPem(p256.publicKey) },
          { id: 'shared', algorithm: 'hmac-sha256', key: shared.toString('base64') },
        ],
      },
    });
  });
  afterAll(async () => {
    await behind.service.close();
    await behind.relay.close();
  });

  const askerOf = ({ url, close }: Awaited<ReturnType<typeof runGrafbase>>): Ask => {
    onTestFinished(close);
    return async (body) => {
      const headers = { 'content-type': 'application/json' };
      const response = await fetch(url, { method: 'POST', headers, body: JSON.stringify(body) });
      return (await response.json()) as GraphqlAnswer;
    };
  };
  const startSigning = async (...signatures: string[]): Promise<Ask> =>
    askerOf(await startGrafbase({ sdl, subgraphUrl: behind.relay.url, signatures, files }));

  test('Grafbase is accepted with the block about signatures of docs/routers.md', { timeout: 40_000 }, async () => {
    const block = readBlocks('routers.md').find(({ text }) =>
      text.includes('[subgraphs.payer-identity.message_signatures]'),
    );
    const subgraph = ['[subgraphs.payer-identity]', 'schema_path = "schema.graphql"', `url = "${behind.relay.url}"`];
    const gateway = await runGrafbase({
      config: [...subgraph, block?.text ?? ''],
      files: { ...files, 'schema.graphql': sdl },
    });
    await expectThrough(askerOf(gateway), behind.service);
  });

  test.each([
    ['ed25519', 'ed25519.pem'],
    ['p256', 'p256.pem'],
    ['shared', 'shared.json'],
  ])('Grafbase is accepted with the key %s', { timeout: 40_000 }, async (id, file) => {
    const ask = await startSigning(`key.file = "${file}"`, `key.id = "${id}"`, covered, 'expiry = "30s"');
    await expectThrough(ask, behind.service);
  });

  test.each([
    ['another key of that name', ['key.file = "other.pem"', 'key.id = "ed25519"', covered]],
    ['an unknown key id', ['key.file = "ed25519.pem"', 'key.id = "other"', covered]],
    ['the key of another algorithm', ['key.file = "p256.pem"', 'key.id = "ed25519"', covered]],
    ['a signature that does not cover the host', ['key.file = "ed25519.pem"', 'key.id = "ed25519"']],
  ])('Grafbase is refused with %s', { timeout: 40_000 }, async (_, signatures) => {
    await expectRefused(await startSigning(...signatures), behind);
  });

  test('only Grafbase gets an answer', async () => {
    expect(new Set(await askUnsigned(behind))).toEqual(new Set([401]));
  });

  test('a recorded request of Grafbase can be replayed, even with another body of the same length, but to no other host', {
    timeout: 40_000,
  }, async () => {
    const { exchanged } = behind.relay;
    const ask = await startSigning('key.file = "ed25519.pem"', 'key.id = "ed25519"', covered);
    const start = exchanged.requests.length;
    await ask({ query: '{ payerChannels(appId: "demo") { capabilities } }' });
    const recorded = exchanged.requests.slice(start);
    expect(await repeat(behind.service, recorded)).toBe(200);
    // No digest is covered, so the body is only as long as it was: what comes back is GraphQL's own refusal.
    expect(await repeat(behind.service, recorded.replace('payerChannels', 'payerChannelz'))).toBe(400);
    expect(await repeat(behind.service, recorded.replace(/^content-length: .*$/im, 'content-length: 9'))).toBe(401);
    expect(await repeat(behind.service, recorded.replace(/^host: .*$/im, 'host: elsewhere'))).toBe(401);
    expect(await repeat(behind.service, recorded.replace(/^signature: /im, 'x-signature: '))).toBe(401);
  });
});
