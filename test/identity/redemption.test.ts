/** Redemption as callers see it: over HTTP, through the whole service, against an emulated DaxPay. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { createApp } from '../../src/app.ts';
import { openSources } from '../../src/channels/registry.ts';
import { type FileConfig, loadConfig } from '../../src/config.ts';
import { startDaxpay } from '../../src/emulators/daxpay.ts';
import type { Emulator } from '../../src/emulators/emulator.ts';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { listen } from '../../src/http/server.ts';
import { createLog } from '../../src/lib/log.ts';
import { generateVaultKeys, openVault } from '../../src/security/vault.ts';
import { createStore } from '../../src/store/create-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import type { Store } from '../../src/store/store.ts';
import {
  AUTH_RESULT,
  AUTHENTICATE,
  AUTHENTICATE_AND_SET,
  consoleToken,
  type ServiceOptions,
  startService,
} from '../support/service.ts';

/** What can be asked of a service, wherever it runs. */
interface Asked {
  graphql(
    query: string,
    variables: Record<string, unknown>,
  ): Promise<{ status: number; data: unknown; errors: unknown }>;
}

/** An answer without errors; the field is all that the operation selects. */
const ask = async (service: Asked, query: string, variables: Record<string, unknown>) => {
  const { status, data, errors } = await service.graphql(query, variables);
  expect({ status, errors }).toEqual({ status: 200, errors: undefined });
  return Object.values(data as object)[0];
};
const authenticate = (service: Asked, input: object) =>
  ask(service, AUTHENTICATE, { input: { channel: 'wechat_pay', ...input } });
const authenticateAndSet = (service: Asked, input: object) =>
  ask(service, AUTHENTICATE_AND_SET, { input: { channel: 'wechat_pay', ...input } });
const authResult = (service: Asked, queryCode: string, waitSeconds = 0) =>
  ask(service, AUTH_RESULT, { queryCode, waitSeconds });

const start = async (options: ServiceOptions = {}) => {
  const service = await startService(options);
  onTestFinished(() => service.close());
  return service;
};

const startUpstream = async (options: { port?: number; now?: () => number } = {}): Promise<Emulator> => {
  const upstream = await startDaxpay({ apps: [{ appId: 'demo', secret: '123456' }], consoleToken, ...options });
  onTestFinished(() => upstream.close());
  return upstream;
};

/** Short enough to wait for, long enough for a busy machine. */
const quick = { deadlineMs: 500, patienceMs: 3_000, leaseMs: 1_500, sweepEveryMs: 100 };

const closedPort = async (): Promise<number> => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
};

/** Takes connections to an upstream, and passes nothing on before it is opened. */
const startGate = async (origin: string) => {
  const { promise: opened, resolve: open } = Promise.withResolvers<void>();
  const { promise: knocked, resolve: knock } = Promise.withResolvers<void>();
  const sockets = new Set<Socket>();
  const server = createServer(async (client) => {
    const track = (socket: Socket) => {
      sockets.add(socket);
      // A side that breaks off is what some tests are about.
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    };
    track(client);
    knock();
    await opened;
    const upstream = connect(Number(new URL(origin).port), '127.0.0.1');
    track(upstream);
    client.pipe(upstream).pipe(client);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { origin: `http://127.0.0.1:${port}`, knocked, open };
};

/** A service whose calls stay in flight until the gate is opened. */
const startGated = async (options: ServiceOptions = {}) => {
  const upstream = await startUpstream();
  const gate = await startGate(upstream.origin);
  const service = await start({ ...options, source: { baseUrl: gate.origin, ...options.source } });
  return { service, upstream, gate };
};

/** Keeps the service from writing, as another process that holds the database does. */
const lock = (file: string): (() => void) => {
  const db = new DatabaseSync(file);
  onTestFinished(() => db.close());
  db.exec('BEGIN IMMEDIATE');
  return () => db.exec('ROLLBACK');
};

const keys = generateVaultKeys();

interface OwnService {
  readonly folder: string;
  readonly upstream: Emulator;
  readonly config?: Partial<FileConfig>;
  readonly now?: () => number;
  /** Puts trouble between the service and its store. */
  readonly wrap?: (store: Store, file: string) => Store;
}

/** The service on a database that outlives it. */
const startOn = async ({ folder, upstream, config = {}, now = Date.now, wrap = (store) => store }: OwnService) => {
  const loaded = await loadConfig({ PORT: '0', DATA_DIR: folder }, async () => ({
    defaultApp: 'demo',
    apps: [{ id: 'demo', channels: { ali_pay: 'daxpay', wechat_pay: 'daxpay' } }],
    sources: { daxpay: { type: 'daxpay', baseUrl: upstream.origin, appId: 'demo', secret: '123456' } },
    ...config,
  }));
  const log = createLog('silent');
  const file = join(folder, 'payer-identity.sqlite');
  const vault = openVault(keys);
  const store = createStore(openSqlite({ file, now }), { vault, times: loaded.times });
  const sources = openSources(loaded.sources);
  const app = await createApp(loaded, { store: wrap(store, file), sources, vault, log });
  const server = await listen(app.handle, { host: '127.0.0.1', port: 0, log });
  let running = true;
  const stop = async () => {
    if (!running) return;
    running = false;
    await server.close(500);
    await app.close();
    await sources.close();
    await store.close();
  };
  onTestFinished(stop);
  const graphql: Asked['graphql'] = async (query, variables) => {
    const response = await fetch(`${server.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', connection: 'close' },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data: unknown; errors: unknown };
    return { status: response.status, data, errors };
  };
  return { graphql, stop };
};

const temporaryFolder = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-restart-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
};

const uniqueQueryCode = (() => {
  let made = 0;
  return () => {
    made += 1;
    return `query-code-of-test-${made}`;
  };
})();

describe('an auth code', () => {
  test('is sent once and answered alike, however many ask at the same time', async () => {
    const service = await start();
    const calls = Array.from({ length: 20 }, () => authenticate(service, { authCode: 'test_ok_alice' }));
    const answers = await Promise.all(calls);
    expect(answers[0]).toMatchObject({
      __typename: 'Authenticated',
      identity: { openId: idsOf('alice').openid, appId: 'demo', channel: { id: 'wechat_pay' } },
      accessToken: idsOf('alice').accessToken,
    });
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toEqual(answers[0]);
    expect(service.upstream.ledger).toHaveLength(1);
  });

  test('is awaited by duplicates that come while it is in flight', async () => {
    const { service, upstream, gate } = await startGated();
    const first = authenticate(service, { authCode: 'test_ok_alice' });
    await gate.knocked;
    const duplicates = Array.from({ length: 9 }, () => authenticate(service, { authCode: 'test_ok_alice' }));
    await delay(50);
    expect(upstream.ledger).toHaveLength(0);
    gate.open();
    const answers = await Promise.all([first, ...duplicates]);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0].__typename).toBe('Authenticated');
    expect(upstream.ledger).toHaveLength(1);
  });

  test('that is in flight for longer than a duplicate has patience is OUTCOME_PENDING to it', async () => {
    const { service, upstream, gate } = await startGated({ config: { times: { patienceMs: 200 } } });
    const first = authenticate(service, { authCode: 'test_ok_alice' });
    await gate.knocked;
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toMatchObject({
      __typename: 'AuthenticationIndeterminate',
      code: 'OUTCOME_PENDING',
    });
    gate.open();
    const answer = await first;
    expect(answer.__typename).toBe('Authenticated');
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toEqual(answer);
    expect(upstream.ledger).toHaveLength(1);
  });

  test('is redeemed to the end for a caller that hangs up, who reads the outcome later', async () => {
    const { service, upstream, gate } = await startGated();
    const hangUp = new AbortController();
    const input = { channel: 'wechat_pay', authCode: 'test_ok_alice' };
    const call = fetch(`${service.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ query: AUTHENTICATE, variables: { input } }),
      signal: hangUp.signal,
    });
    await gate.knocked;
    hangUp.abort();
    await expect(call).rejects.toThrow();
    gate.open();
    expect(await authenticate(service, input)).toMatchObject({ __typename: 'Authenticated' });
    expect(upstream.ledger).toHaveLength(1);
  });

  test('that the channel refuses is refused again without being sent again', async () => {
    const service = await start();
    const input = { channel: 'ali_pay', authCode: 'test_invalid_1' };
    const refused = { __typename: 'AuthCodeRejected', code: 'AUTH_CODE_REFUSED' };
    expect(await authenticate(service, input)).toMatchObject(refused);
    expect(await authenticate(service, input)).toMatchObject(refused);
    expect(service.upstream.ledger).toHaveLength(1);
  });

  test('whose claim was taken over before it was sent is not sent by the one that was late', async () => {
    const [folder, upstream] = [temporaryFolder(), await startUpstream()];
    let aheadMs = 0;
    const loseTheLease = (store: Store): Store => ({
      ...store,
      async claim(wish) {
        const verdict = await store.claim(wish);
        aheadMs += 60_000;
        expect(await store.claim(wish)).toMatchObject({ kind: 'CLAIMED' });
        return verdict;
      },
    });
    const service = await startOn({ folder, upstream, now: () => Date.now() + aheadMs, wrap: loseTheLease });
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toMatchObject({ code: 'OUTCOME_PENDING' });
    expect(upstream.ledger).toHaveLength(0);
  });
});

describe('an upstream that does not answer', () => {
  const unknown = { __typename: 'AuthenticationIndeterminate', code: 'OUTCOME_UNKNOWN' };

  test('makes the outcome unknown at the deadline, for good, and is not asked again', async () => {
    const service = await start({ config: { times: quick } });
    const startedAt = performance.now();
    expect(await authenticate(service, { authCode: 'test_hang_1' })).toMatchObject(unknown);
    const elapsedMs = performance.now() - startedAt;
    expect(elapsedMs).toBeGreaterThan(quick.deadlineMs - 50);
    expect(elapsedMs).toBeLessThan(quick.deadlineMs + 1_000);
    expect(await authenticate(service, { authCode: 'test_hang_1' })).toMatchObject(unknown);
    expect(service.upstream.ledger).toHaveLength(1);
  });

  test('gives every duplicate the same stored answer, whose traceId finds the exchange in the logs', async () => {
    const service = await start({ config: { times: quick } });
    const calls = Array.from({ length: 3 }, () => authenticate(service, { authCode: 'test_hang_1' }));
    const [first, ...others] = await Promise.all(calls);
    const repeated = await authenticate(service, { authCode: 'test_hang_1' });
    for (const other of [...others, repeated]) expect(other).toEqual(first);
    expect(service.logLines.filter((line) => line.includes(first.traceId))).not.toEqual([]);
  });

  test('but resets the connection after reading is not asked again either', async () => {
    const service = await start();
    expect(await authenticate(service, { authCode: 'test_reset_1' })).toMatchObject(unknown);
    expect(await authenticate(service, { authCode: 'test_reset_1' })).toMatchObject(unknown);
    expect(service.upstream.ledger).toHaveLength(1);
  });

  test('until the answer is late, changes nothing by answering', async () => {
    const { service, upstream, gate } = await startGated({ config: { times: quick } });
    expect(await authenticate(service, { authCode: 'test_ok_late' })).toMatchObject(unknown);
    gate.open();
    await delay(200);
    expect(await authenticate(service, { authCode: 'test_ok_late' })).toMatchObject(unknown);
    expect(upstream.ledger.length).toBeLessThanOrEqual(1);
  });
});

describe('an upstream that cannot be reached', () => {
  const unreachable = { __typename: 'ChannelUnavailable', code: 'CHANNEL_UNREACHABLE', retryAfterSeconds: 2 };

  test('costs no code: when it is back the same call succeeds', async () => {
    const port = await closedPort();
    const service = await start({ source: { baseUrl: `http://127.0.0.1:${port}` } });
    const input = { authCode: 'test_ok_alice', queryCode: uniqueQueryCode() };
    expect(await authenticate(service, input)).toMatchObject(unreachable);
    expect(await authenticate(service, input)).toMatchObject(unreachable);
    expect(await authResult(service, input.queryCode)).toMatchObject({ status: 'WAITING' });
    const upstream = await startUpstream({ port });
    expect(await authenticate(service, input)).toMatchObject({ __typename: 'Authenticated' });
    expect(await authResult(service, input.queryCode)).toMatchObject({ status: 'SUCCESS' });
    expect(upstream.ledger).toHaveLength(1);
  });

  test('tells every duplicate that nothing was sent', async () => {
    const service = await start({ source: { baseUrl: `http://127.0.0.1:${await closedPort()}` } });
    const calls = Array.from({ length: 10 }, () => authenticate(service, { authCode: 'test_ok_alice' }));
    for (const answer of await Promise.all(calls)) expect(answer).toMatchObject(unreachable);
  });

  test('at first, but within the deadline, is sent exactly one request', async () => {
    const port = await closedPort();
    const service = await start({ source: { baseUrl: `http://127.0.0.1:${port}` } });
    let refusals = 0;
    let upstream: Promise<Emulator> | undefined;
    const onRefusal = (message: unknown) => {
      if (Number((message as { connectParams: { port: string } }).connectParams.port) !== port) return;
      refusals += 1;
      upstream ??= startUpstream({ port });
    };
    subscribe('undici:client:connectError', onRefusal);
    onTestFinished(() => void unsubscribe('undici:client:connectError', onRefusal));
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toMatchObject({ __typename: 'Authenticated' });
    expect(refusals).toBe(1);
    expect((await upstream)?.ledger).toHaveLength(1);
  });
});

describe('a result that is kept', () => {
  test('is told to the holder of the query code alone', async () => {
    const service = await start();
    const kept = await authenticateAndSet(service, { authCode: 'test_ok_alice' });
    expect(kept).toEqual({
      __typename: 'AuthResultKept',
      queryCode: expect.stringMatching(/^[\w-]{43}$/),
      expiresAt: expect.any(String),
    });
    const { openid, accessToken } = idsOf('alice');
    const result = await authResult(service, kept.queryCode);
    expect(result).toMatchObject({ status: 'SUCCESS', identity: { openId: openid }, failure: null });
    expect(result).toMatchObject({ expiresAt: kept.expiresAt, pollAfterSeconds: null });
    expect(JSON.stringify([kept, result])).not.toContain(accessToken);
    expect(await authResult(service, `${kept.queryCode}x`)).toMatchObject({ status: 'NOT_EXIST', identity: null });
  });

  test('has a query code of its own each time none is given', async () => {
    const service = await start();
    const codes = await Promise.all(
      Array.from({ length: 20 }, (_, index) => authenticateAndSet(service, { authCode: `test_ok_alice~${index}` })),
    );
    expect(new Set(codes.map(({ queryCode }) => queryCode)).size).toBe(20);
  });

  test('is read with the query code that authenticate was given as well', async () => {
    const service = await start();
    const queryCode = uniqueQueryCode();
    const { identity } = await authenticate(service, { authCode: 'test_ok_alice', queryCode });
    expect(await authResult(service, queryCode)).toMatchObject({ status: 'SUCCESS', identity: { id: identity.id } });
  });

  test('is REJECTED when the channel refuses the code', async () => {
    const service = await start();
    const [queryCode, channel] = [uniqueQueryCode(), 'ali_pay'];
    const refused = { __typename: 'AuthCodeRejected', code: 'AUTH_CODE_REFUSED' };
    const answer = await authenticateAndSet(service, { channel, authCode: 'test_invalid_1', queryCode });
    expect(answer).toMatchObject(refused);
    expect(await authResult(service, queryCode)).toMatchObject({
      status: 'REJECTED',
      identity: null,
      failure: { ...refused, traceId: answer.traceId },
      pollAfterSeconds: null,
    });
  });

  test('is WAITING while the exchange runs, and INDETERMINATE when it came to nothing', async () => {
    const { service, gate } = await startGated({ config: { times: { ...quick, deadlineMs: 1_000, leaseMs: 2_000 } } });
    const queryCode = uniqueQueryCode();
    const setting = authenticateAndSet(service, { authCode: 'test_ok_alice', queryCode });
    await gate.knocked;
    expect(await authResult(service, queryCode)).toMatchObject({
      status: 'WAITING',
      identity: null,
      pollAfterSeconds: 5,
    });
    const doubt = { __typename: 'AuthenticationIndeterminate', code: 'OUTCOME_UNKNOWN' };
    expect(await setting).toMatchObject(doubt);
    expect(await authResult(service, queryCode)).toMatchObject({ status: 'INDETERMINATE', failure: doubt });
  });

  test('is told to whoever waits as soon as it exists', async () => {
    const { service, gate } = await startGated();
    const queryCode = uniqueQueryCode();
    const setting = authenticateAndSet(service, { authCode: 'test_ok_alice', queryCode });
    await gate.knocked;
    const waiting = Array.from({ length: 5 }, () => authResult(service, queryCode, 20));
    await delay(300);
    const openedAt = performance.now();
    gate.open();
    for (const result of await Promise.all(waiting)) expect(result).toMatchObject({ status: 'SUCCESS' });
    expect(performance.now() - openedAt).toBeLessThan(2_000);
    await setting;
  });

  test('is WAITING to whoever has waited long enough', async () => {
    const { service, gate } = await startGated();
    const queryCode = uniqueQueryCode();
    const setting = authenticateAndSet(service, { authCode: 'test_ok_alice', queryCode });
    await gate.knocked;
    const startedAt = performance.now();
    expect(await authResult(service, queryCode, 1)).toMatchObject({ status: 'WAITING' });
    expect(performance.now() - startedAt).toBeGreaterThan(950);
    expect(performance.now() - startedAt).toBeLessThan(2_500);
    gate.open();
    await setting;
  });

  test('does NOT_EXIST once its time is over, and its code stays used', async () => {
    const service = await start({ config: { times: { ...quick, resultTtlMs: quick.leaseMs + 1 } } });
    const { queryCode } = await authenticateAndSet(service, { authCode: 'test_ok_alice' });
    expect(await authResult(service, queryCode)).toMatchObject({ status: 'SUCCESS' });
    await delay(quick.leaseMs + 100);
    const gone = { status: 'NOT_EXIST', identity: null, failure: null, expiresAt: null, pollAfterSeconds: null };
    expect(await authResult(service, queryCode)).toEqual(gone);
    expect(await authResult(service, 'never-heard-of-this-one')).toEqual(gone);
    const again = { __typename: 'AuthCodeRejected', code: 'AUTH_CODE_USED' };
    expect(await authenticateAndSet(service, { authCode: 'test_ok_alice', queryCode })).toMatchObject(again);
    expect(service.upstream.ledger).toHaveLength(1);
  });
});

describe('a query code', () => {
  const taken = { __typename: 'InvalidInput', code: 'QUERY_CODE_TAKEN', fields: [{ path: 'queryCode' }] };

  test('belongs to its first writer; the second is not even sent, and keeps its auth code', async () => {
    const service = await start();
    const queryCode = uniqueQueryCode();
    await authenticateAndSet(service, { authCode: 'test_ok_alice', queryCode });
    expect(await authenticateAndSet(service, { authCode: 'test_ok_bob', queryCode })).toMatchObject(taken);
    expect(await authenticate(service, { authCode: 'test_ok_bob', queryCode })).toMatchObject(taken);
    expect(service.upstream.ledger).toHaveLength(1);
    expect(await authResult(service, queryCode)).toMatchObject({ identity: { openId: idsOf('alice').openid } });
    expect(await authenticate(service, { authCode: 'test_ok_bob' })).toMatchObject({ __typename: 'Authenticated' });
  });

  test('has one writer of 50 that come at once, and one request is sent', async () => {
    const service = await start();
    const queryCode = uniqueQueryCode();
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, index) =>
        authenticateAndSet(service, { authCode: `test_ok_p${index}`, queryCode }),
      ),
    );
    expect(answers.filter(({ __typename }) => __typename === 'AuthResultKept')).toHaveLength(1);
    expect(answers.filter(({ code }) => code === 'QUERY_CODE_TAKEN')).toHaveLength(49);
    expect(service.upstream.ledger).toHaveLength(1);
    const winner = answers.findIndex(({ __typename }) => __typename === 'AuthResultKept');
    expect(await authResult(service, queryCode)).toMatchObject({ identity: { openId: idsOf(`p${winner}`).openid } });
  });

  test('other than the first gets nothing for a used auth code, and nothing is sent', async () => {
    const service = await start();
    const authCode = 'test_ok_alice';
    const used = { __typename: 'AuthCodeRejected', code: 'AUTH_CODE_USED' };
    await authenticateAndSet(service, { authCode, queryCode: uniqueQueryCode() });
    const other = uniqueQueryCode();
    expect(await authenticateAndSet(service, { authCode, queryCode: other })).toMatchObject(used);
    expect(await authenticateAndSet(service, { authCode })).toMatchObject(used);
    expect(await authenticate(service, { authCode })).toMatchObject(used);
    expect(await authResult(service, other)).toMatchObject({ status: 'NOT_EXIST' });
    expect(service.upstream.ledger).toHaveLength(1);
  });

  test('does not make a payer page and a trusted caller one: the second of the two is refused', async () => {
    const service = await start();
    const used = { __typename: 'AuthCodeRejected', code: 'AUTH_CODE_USED' };
    const alice = { authCode: 'test_ok_alice', queryCode: uniqueQueryCode() };
    await authenticateAndSet(service, alice);
    expect(await authenticate(service, alice)).toMatchObject(used);
    const bob = { authCode: 'test_ok_bob', queryCode: uniqueQueryCode() };
    await authenticate(service, bob);
    expect(await authenticateAndSet(service, bob)).toMatchObject(used);
    expect(service.upstream.ledger).toHaveLength(2);
  });

  test('lets the same call of a payer page be repeated', async () => {
    const service = await start();
    const input = { authCode: 'test_ok_alice', queryCode: uniqueQueryCode() };
    const first = await authenticateAndSet(service, input);
    expect(await authenticateAndSet(service, input)).toEqual(first);
    expect(service.upstream.ledger).toHaveLength(1);
  });
});

describe('a DaxPay that keeps the results', () => {
  const keep = ({ origin }: Emulator, token = consoleToken) => ({
    baseUrl: origin,
    keeper: { queryUrl: `${origin}/assist/channel/auth/queryAuthResult`, headers: { accesstoken: token } },
  });
  const paths = ({ ledger }: Emulator) => ledger.map(({ url }) => url.pathname.split('/').at(-1));

  test('is handed the query code, and asked for the identity once', async () => {
    const upstream = await startUpstream();
    const service = await start({ source: keep(upstream) });
    const kept = await authenticateAndSet(service, { authCode: 'test_ok_alice' });
    expect(kept).toMatchObject({ __typename: 'AuthResultKept', queryCode: expect.stringMatching(/^[\w-]{43}$/) });
    const [request] = upstream.ledger;
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ queryCode: kept.queryCode, authCode: 'test_ok_alice' });
    const success = { status: 'SUCCESS', identity: { openId: idsOf('alice').openid } };
    expect(await authResult(service, kept.queryCode)).toMatchObject(success);
    expect(await authResult(service, kept.queryCode)).toMatchObject(success);
    expect(paths(upstream)).toEqual(['authAndSet', 'queryAuthResult']);
  });

  test('is sent a code once, however many pages repeat the call', async () => {
    const upstream = await startUpstream();
    const service = await start({ source: keep(upstream) });
    const input = { authCode: 'test_ok_alice', queryCode: uniqueQueryCode() };
    const answers = await Promise.all(Array.from({ length: 10 }, () => authenticateAndSet(service, input)));
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(paths(upstream)).toEqual(['authAndSet']);
  });

  test('still answers authenticate with the identity itself', async () => {
    const upstream = await startUpstream();
    const service = await start({ source: keep(upstream) });
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toMatchObject({ __typename: 'Authenticated' });
    expect(paths(upstream)).toEqual(['auth']);
  });

  test('refuses a code: REJECTED', async () => {
    const upstream = await startUpstream();
    const service = await start({ source: keep(upstream) });
    const [queryCode, channel] = [uniqueQueryCode(), 'ali_pay'];
    const input = { channel, authCode: 'test_expired_1', queryCode };
    expect(await authenticateAndSet(service, input)).toMatchObject({ __typename: 'AuthCodeRejected' });
    expect(await authResult(service, queryCode)).toMatchObject({ status: 'REJECTED' });
    expect(paths(upstream)).toEqual(['authAndSet']);
  });

  test('does not answer when the code is sent: INDETERMINATE, and not sent again', async () => {
    const upstream = await startUpstream();
    const service = await start({ source: keep(upstream), config: { times: quick } });
    const input = { authCode: 'test_hang_1', queryCode: uniqueQueryCode() };
    const unknown = { __typename: 'AuthenticationIndeterminate', code: 'OUTCOME_UNKNOWN' };
    expect(await authenticateAndSet(service, input)).toMatchObject(unknown);
    expect(await authenticateAndSet(service, input)).toMatchObject(unknown);
    expect(await authResult(service, input.queryCode)).toMatchObject({ status: 'INDETERMINATE' });
    expect(paths(upstream)).toEqual(['authAndSet']);
  });

  test('cannot be read for now: the result is WAITING and stays readable', async () => {
    const upstream = await startUpstream();
    const service = await start({ source: keep(upstream, 'a session that has ended') });
    const { queryCode } = await authenticateAndSet(service, { authCode: 'test_ok_alice' });
    expect(await authResult(service, queryCode)).toMatchObject({ status: 'WAITING', pollAfterSeconds: 5 });
    expect(await authResult(service, queryCode)).toMatchObject({ status: 'WAITING' });
    expect(paths(upstream)).toEqual(['authAndSet', 'queryAuthResult', 'queryAuthResult']);
  });

  test('has forgotten the result: INDETERMINATE, for good', async () => {
    let atMs = Date.now();
    const upstream = await startUpstream({ now: () => atMs });
    const service = await start({ source: keep(upstream) });
    const { queryCode } = await authenticateAndSet(service, { authCode: 'test_ok_alice' });
    atMs += 6 * 60_000;
    const forgotten = { status: 'INDETERMINATE', failure: { code: 'OUTCOME_UNKNOWN' } };
    expect(await authResult(service, queryCode)).toMatchObject(forgotten);
    atMs -= 6 * 60_000;
    expect(await authResult(service, queryCode)).toMatchObject(forgotten);
  });
});

describe('a store that cannot write', () => {
  test('stops a redemption before anything is sent, and the same call succeeds afterwards', async () => {
    const service = await start();
    const unlock = lock(service.file);
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toMatchObject({
      __typename: 'ChannelUnavailable',
      code: 'SERVICE_UNAVAILABLE',
      retryAfterSeconds: 2,
    });
    expect(service.upstream.ledger).toHaveLength(0);
    unlock();
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toMatchObject({ __typename: 'Authenticated' });
    expect(service.upstream.ledger).toHaveLength(1);
  });

  test('after a claim stops a redemption before anything is sent', async () => {
    const [folder, upstream] = [temporaryFolder(), await startUpstream()];
    let unlock: (() => void) | undefined;
    const lockAfterClaim = (store: Store, file: string): Store => ({
      ...store,
      async claim(wish) {
        const verdict = await store.claim(wish);
        unlock = lock(file);
        return verdict;
      },
    });
    const service = await startOn({ folder, upstream, wrap: lockAfterClaim });
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toMatchObject({
      __typename: 'ChannelUnavailable',
      code: 'SERVICE_UNAVAILABLE',
    });
    unlock?.();
    expect(upstream.ledger).toHaveLength(0);
  });

  test('makes an outcome unknown that it cannot keep, and the code is not sent again', async () => {
    const { service, upstream, gate } = await startGated({ config: { times: quick } });
    const unknown = { __typename: 'AuthenticationIndeterminate', code: 'OUTCOME_UNKNOWN' };
    const call = authenticate(service, { authCode: 'test_ok_alice' });
    await gate.knocked;
    const unlock = lock(service.file);
    gate.open();
    expect(await call).toMatchObject(unknown);
    unlock();
    expect(await authenticate(service, { authCode: 'test_ok_alice' })).toMatchObject(unknown);
    expect(upstream.ledger.length).toBeLessThanOrEqual(1);
  });

  test('and cannot release a code that was not sent still answers with an expected failure', async () => {
    const port = await closedPort();
    const service = await start({ source: { baseUrl: `http://127.0.0.1:${port}` } });
    let unlock: (() => void) | undefined;
    const onRefusal = (message: unknown) => {
      if (Number((message as { connectParams: { port: string } }).connectParams.port) === port)
        unlock ??= lock(service.file);
    };
    subscribe('undici:client:connectError', onRefusal);
    onTestFinished(() => void unsubscribe('undici:client:connectError', onRefusal));
    const { data, errors } = await service.graphql(AUTHENTICATE, {
      input: { channel: 'wechat_pay', authCode: 'test_ok_alice' },
    });
    unlock?.();
    expect(errors).toBeUndefined();
    expect(data.authenticate.code).toMatch(
      /^(SERVICE_UNAVAILABLE|CHANNEL_UNREACHABLE|OUTCOME_UNKNOWN|OUTCOME_PENDING)$/,
    );
  });
});

describe('a restart', () => {
  test('loses no result, and sends no code again', async () => {
    const [folder, upstream] = [temporaryFolder(), await startUpstream()];
    const before = await startOn({ folder, upstream });
    const identified = await authenticate(before, { authCode: 'test_ok_alice' });
    const refused = await authenticate(before, { channel: 'ali_pay', authCode: 'test_invalid_1' });
    const kept = await authenticateAndSet(before, { authCode: 'test_ok_bob' });
    const result = await authResult(before, kept.queryCode);
    expect([identified.__typename, refused.__typename, result.status]).toEqual([
      'Authenticated',
      'AuthCodeRejected',
      'SUCCESS',
    ]);
    await before.stop();

    const after = await startOn({ folder, upstream });
    expect(await authenticate(after, { authCode: 'test_ok_alice' })).toEqual(identified);
    expect(await authenticate(after, { channel: 'ali_pay', authCode: 'test_invalid_1' })).toMatchObject({
      code: refused.code,
    });
    expect(await authResult(after, kept.queryCode)).toEqual(result);
    expect(await authenticateAndSet(after, { authCode: 'test_ok_carol', queryCode: kept.queryCode })).toMatchObject({
      code: 'QUERY_CODE_TAKEN',
    });
    expect(upstream.ledger).toHaveLength(3);
  });

  test('keeps a payer the same payer', async () => {
    const [folder, upstream] = [temporaryFolder(), await startUpstream()];
    const before = await startOn({ folder, upstream });
    const { identity } = await authenticate(before, { authCode: 'test_ok_alice~1' });
    await before.stop();
    const after = await startOn({ folder, upstream });
    expect(await authenticate(after, { authCode: 'test_ok_alice~2' })).toMatchObject({
      identity: { id: identity.id, firstAuthenticatedAt: identity.firstAuthenticatedAt },
    });
  });

  test('without the channel leaves what its upstream keeps WAITING', async () => {
    const [folder, upstream] = [temporaryFolder(), await startUpstream()];
    const queryUrl = `${upstream.origin}/assist/channel/auth/queryAuthResult`;
    const daxpay = { type: 'daxpay', baseUrl: upstream.origin, appId: 'demo', secret: '123456' };
    const keeper = { queryUrl, headers: { accesstoken: consoleToken } };
    const before = await startOn({ folder, upstream, config: { sources: { daxpay: { ...daxpay, keeper } } } });
    const { queryCode } = await authenticateAndSet(before, { authCode: 'test_ok_alice' });
    await before.stop();
    const after = await startOn({
      folder,
      upstream,
      config: { apps: [{ id: 'demo', channels: { ali_pay: 'daxpay' } }] },
    });
    expect(await authResult(after, queryCode)).toMatchObject({ status: 'WAITING' });
  });
});
