import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { request as requestPlain } from 'node:http';
import { request as requestTls } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { startDaxpay } from '../src/emulators/daxpay.ts';
import { idsOf } from '../src/emulators/test-codes.ts';
import { generateVaultKeys } from '../src/security/vault.ts';
import { readBlocks } from './support/markdown.ts';
import { childEnv } from './support/services/child-env.ts';
import { AUTH_RESULT, AUTHENTICATE_AND_SET } from './support/services/service.ts';
import tlsVectors from './vectors/tls.json' with { type: 'json' };

const root = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'payer-identity-start-'));
const children: ChildProcess[] = [];
afterAll(() => {
  for (const child of children) if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

let folders = 0;
const newDataDir = () => {
  folders += 1;
  return join(folder, `data-${folders}`, 'deeper');
};

/** `node src/main.ts` with this environment and nothing of ours but the PATH. */
const start = (env: Record<string, string>) => {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: root,
    env: childEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  children.push(child);
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.err += text;
  });
  // 'close' comes after the last of the output.
  const ended = once(child, 'close');
  return { child, output, ended };
};

const until = async <T>(found: () => T | undefined, child: ChildProcess, output: { err: string }): Promise<T> => {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const value = found();
    if (value !== undefined) return value;
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`it did not start: ${output.err}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
};

/** Asks a service that was started, and ends it. */
const clientOf = ({ child, ended }: ReturnType<typeof start>, url: string, headers: Record<string, string> = {}) => ({
  url,
  async graphql(query: string, variables: object = {}) {
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ query, variables }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: tests assert the shape that they select
    return (await response.json()) as { data: any; errors?: unknown };
  },
  /** Answers its exit code and how long it took. */
  async stop(signal: 'SIGTERM' | 'SIGINT' = 'SIGTERM') {
    const startedAt = performance.now();
    child.kill(signal);
    const [code] = await Promise.race([ended, delay(18_000, ['it did not end'], { ref: false })]);
    return { code, tookMs: performance.now() - startedAt };
  },
});

/** Starts sandbox mode and waits for its greeting. */
const startSandboxMode = async (dataDir: string) => {
  const started = start({ PORT: '0', DATA_DIR: dataDir });
  const { child, output } = started;
  const greeted = () => (/\n {2}curl [^\n]*\n[^\n]*'\n/.test(output.out) ? output.out : undefined);
  const greeting = await until(greeted, child, output);
  const url = /GraphQL\s+(http:\/\/\S+)\/graphql/.exec(greeting)?.[1];
  if (!url) throw new Error(`the greeting names no URL: ${greeting}`);
  return { output, greeting, ...clientOf(started, url) };
};

describe('node src/main.ts in sandbox mode', () => {
  // One process for what it takes no other one to see; the last of these tests ends it.
  const dataDir = newDataDir();
  let running: Awaited<ReturnType<typeof startSandboxMode>>;
  beforeAll(async () => {
    running = await startSandboxMode(dataDir);
  }, 30_000);

  test('sandbox mode greets with addresses that answer and a curl command that works as printed', async () => {
    const { greeting, url } = running;
    expect(greeting).toMatch(/sandbox/);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);

    for (const address of greeting.match(/http:\/\/\S+\/explorer|http:\/\/\S+\/(?=\n)/g) ?? []) {
      const response = await fetch(address, { headers: { accept: 'text/html' } });
      expect({ address, status: response.status }).toEqual({ address, status: 200 });
    }

    // Log lines may come before it or after it.
    const command = /^ {2}(curl .*\\\n.*')$/m.exec(greeting)?.[1] ?? '';
    const { stdout } = await promisify(execFile)('bash', ['-c', command], { timeout: 5_000 });
    expect(JSON.parse(stdout)).toEqual({
      data: {
        authenticate: {
          __typename: 'PayerAuthenticated',
          identity: { id: expect.stringMatching(/^pid_/), openId: idsOf('alice').openid },
        },
      },
    });
  });

  test('sandbox mode says where it stores results', () => {
    expect(running.greeting).toContain(dataDir);
  });

  test('sandbox mode stores its keys where only this user can read them', () => {
    expect((statSync(join(dataDir, 'keys.json')).mode & 0o777).toString(8)).toBe('600');
    expect((statSync(dataDir).mode & 0o777).toString(8)).toBe('700');
  });

  test('the service does not start on a port that is taken', async () => {
    const { port } = new URL(running.url);
    const { ended, output } = start({ PORT: port, DATA_DIR: newDataDir() });
    const [code] = await ended;
    expect(code).toBe(1);
    expect(output.err).toMatch(/^payer-identity cannot start: .*EADDRINUSE/);
    expect(output.err).toContain(port);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'sandbox mode ends with 0 on %s, within 15 s, and logs it',
    async (signal) => {
      const { stop, output, url } = signal === 'SIGTERM' ? running : await startSandboxMode(newDataDir());
      await fetch(`${url}/livez`);
      const { code, tookMs } = await stop(signal);
      expect(code).toBe(0);
      expect(tookMs).toBeLessThan(15_000);
      expect(output.out).toMatch(/"msg":"stopping"/);
      expect(output.err).toBe('');
      await expect(fetch(`${url}/livez`)).rejects.toThrow();
    },
  );

  test('sandbox mode started again on the same data reads the results of the first time', async () => {
    const dataDir = newDataDir();
    const first = await startSandboxMode(dataDir);
    const input = { channelId: 'wechat_pay', authCode: 'test_ok_alice' };
    const kept = await first.graphql(AUTHENTICATE_AND_SET, { input });
    const { queryCode } = kept.data.authenticateAndSet;
    const before = await first.graphql(AUTH_RESULT, { queryCode });
    expect(before.data.authResult.identity.openId).toBe(idsOf('alice').openid);
    await first.stop();
    const keys = readFileSync(join(dataDir, 'keys.json'), 'utf8');

    const second = await startSandboxMode(dataDir);
    const after = await second.graphql(AUTH_RESULT, { queryCode });
    expect(after).toEqual(before);
    expect(readFileSync(join(dataDir, 'keys.json'), 'utf8')).toBe(keys);
    // The emulator has forgotten the code; we have not.
    const replayed = await second.graphql(
      'mutation($input: PayerAuthenticateInput!) { authenticate(input: $input) { ... on PayerFailure { code } } }',
      { input },
    );
    expect(replayed.data.authenticate).toEqual({ code: 'AUTH_CODE_USED' });
    await second.stop();
  });

  test('P8: sandbox mode writes nothing of a payer in plain text to its data', async () => {
    const dataDir = newDataDir();
    const { graphql, stop, output } = await startSandboxMode(dataDir);
    const input = { channelId: 'wechat_pay', authCode: 'test_ok_alice', queryCode: 'plain-text-query-code' };
    await graphql('mutation($input: PayerAuthenticateInput!) { authenticate(input: $input) { __typename } }', {
      input,
    });
    await stop();
    const written = readdirSync(dataDir).map((name) => readFileSync(join(dataDir, name), 'latin1'));
    const { openid, accessToken } = idsOf('alice');
    for (const secret of [input.authCode, input.queryCode, openid, accessToken]) {
      expect(written.filter((text) => text.includes(secret))).toEqual([]);
      // The greeting shows a code that works; the log shows none.
      expect(output.out.split('\n').filter((line) => line.startsWith('{') && line.includes(secret))).toEqual([]);
    }
  });
});

describe('node src/main.ts with a configuration file', () => {
  const routerSecret = 'router-secret-0123456789-abcdefghij';

  /** In production, as far as that goes on loopback, with an emulated DaxPay and secrets from the environment. */
  const startConfigured = async (changes: object = {}) => {
    const upstream = await startDaxpay({ apps: [{ appId: 'M1', secret: 'upstream-secret' }] });
    onTestFinished(() => upstream.close());
    const dataDir = newDataDir();
    const path = join(folder, `production-${folders}.json`);
    const source = { type: 'daxpay', baseUrl: upstream.origin, appId: 'M1', secret: { $env: 'UPSTREAM_SECRET' } };
    const config = {
      defaultApp: 'shop',
      apps: [{ id: 'shop', channels: { ali_pay: 'upstream' } }],
      sources: { upstream: source },
      router: { secrets: [{ $env: 'ROUTER_SECRET' }] },
      keys: generateVaultKeys(),
      times: { deadlineMs: 1_500 },
      http: { drainDelayMs: 200 },
      metrics: { port: 0 },
      ...changes,
    };
    writeFileSync(path, JSON.stringify(config));
    const secrets = { ROUTER_SECRET: routerSecret, UPSTREAM_SECRET: 'upstream-secret' };
    const started = start({ PORT: '0', DATA_DIR: dataDir, CONFIG: path, NODE_ENV: 'production', ...secrets });
    const { child, output } = started;
    const url = await until(() => /"url":"(http:[^"]+)","msg":"listening"/.exec(output.out)?.[1], child, output);
    return { output, dataDir, ...clientOf(started, url, { 'router-authorization': routerSecret }) };
  };

  test('a configured service serves the router alone, and neither greets nor generates keys', async () => {
    const { url, graphql, stop, output, dataDir } = await startConfigured();
    const input = { channelId: 'ali_pay', authCode: 'test_ok_alice' };
    const { data } = await graphql(AUTHENTICATE_AND_SET, { input });
    expect(data.authenticateAndSet).toMatchObject({ __typename: 'PayerAuthResultStored' });
    const anybody = await fetch(`${url}/graphql`, { method: 'POST', body: '{}' });
    expect(anybody.status).toBe(401);
    expect(output.out).not.toMatch(/sandbox|curl/);
    expect(readdirSync(dataDir)).not.toContain('keys.json');
    expect(await stop()).toMatchObject({ code: 0 });
  });

  test('a configured service has metrics on a port of its own, and not on the port that the router calls', async () => {
    const { url, graphql, stop, output } = await startConfigured();
    await graphql('{ __typename }');
    const metricsUrl = /"url":"(http:[^"]+\/metrics)"/.exec(output.out)?.[1] ?? '';
    const counted = await (await fetch(metricsUrl)).text();
    expect(counted).toMatch(/^payer_identity_http_request_seconds_count\{route="\/graphql",status="200"\} 1$/m);
    expect(counted).toMatch(/^nodejs_eventloop_lag_p99_seconds [\d.e-]+$/m);
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
    expect((await fetch(new URL('/graphql', metricsUrl))).status).toBe(404);
    await stop();
  });

  test('a configured service has its door on a port of its own, which closes with it', async () => {
    const door = { publicUrl: 'https://pay.example.com', port: 0 };
    const { url, stop, output } = await startConfigured({ door });
    const doorUrl = /"url":"(http:[^"]+)","msg":"the door is open"/.exec(output.out)?.[1] ?? '';
    expect(doorUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    for (const path of ['/w/shop/ticket', '/graphql', '/livez', '/metrics'])
      expect((await fetch(`${doorUrl}${path}`)).status).toBe(404);
    expect((await fetch(`${url}/w/shop/ticket`)).status).toBe(404);
    expect(await stop()).toMatchObject({ code: 0 });
    await expect(fetch(doorUrl)).rejects.toThrow();
  });

  test('the doors of docs/operations.md, behind a proxy and with TLS of its own, are configurations that open', async () => {
    const doors = readBlocks('operations.md').flatMap(({ text }) =>
      text.startsWith('{ "door"') ? [JSON.parse(text).door as Record<string, unknown>] : [],
    );
    expect(doors.map(({ tls }) => tls !== undefined)).toEqual([false, true]);
    for (const { tls, ...door } of doors) {
      const { ca, server } = tlsVectors;
      const own = { cert: server.cert, key: server.key };
      const here = { ...door, host: '127.0.0.1', port: 0, ...(tls !== undefined && { tls: own }) };
      const { stop, output } = await startConfigured({ door: here });
      const doorUrl = /"url":"(https?:[^"]+)","msg":"the door is open"/.exec(output.out)?.[1] ?? '';
      expect(doorUrl).toMatch(tls ? /^https:/ : /^http:/);
      const sent = (tls ? requestTls : requestPlain)(`${doorUrl}/w/shop/ticket`, tls ? { ca } : {}).end();
      const [response] = await once(sent, 'response');
      response.resume();
      expect(response.statusCode).toBe(404);
      if (tls) await expect(fetch(doorUrl.replace('https', 'http'))).rejects.toThrow();
      expect(await stop()).toMatchObject({ code: 0 });
    }
  });

  test('a configured service ends within 15 s while a reader waits for a result, and answers the reader', async () => {
    const { graphql, stop } = await startConfigured();
    const queryCode = 'a-query-code-that-hangs';
    // The channel never answers this code, so a reader waits for the deadline.
    const input = { channelId: 'ali_pay', authCode: 'test_hang_1', queryCode };
    const redeeming = graphql(AUTHENTICATE_AND_SET, { input });
    await new Promise((resolve) => setTimeout(resolve, 300));
    const waiting = graphql(AUTH_RESULT, { queryCode, waitSeconds: 25 });
    await new Promise((resolve) => setTimeout(resolve, 200));
    const { code, tookMs } = await stop();
    expect(code).toBe(0);
    expect(tookMs).toBeLessThan(15_000);
    expect((await redeeming).data.authenticateAndSet).toMatchObject({ code: 'OUTCOME_UNKNOWN' });
    expect((await waiting).data.authResult).toMatchObject({ __typename: 'PayerAuthWaiting' });
  });
});

describe('node src/main.ts that cannot start exits with 1 and says what to set', () => {
  /** B15: nothing is left behind, neither a database nor keys. */
  const fails = async (env: Record<string, string>) => {
    const dataDir = newDataDir();
    const { ended, output } = start({ PORT: '0', DATA_DIR: dataDir, ...env });
    const [code] = await ended;
    expect(code).toBe(1);
    expect(output.out).toBe('');
    expect(output.err).toMatch(/^payer-identity cannot start: /);
    expect(output.err).not.toMatch(/^\s+at /m);
    expect(existsSync(dataDir)).toBe(false);
    return output.err;
  };

  const wechat = { type: 'wechat', appId: 'wx0000000000000001', appSecret: { $file: 'wechat.secret' } };
  const withWechat = (name: string): string => {
    const path = join(folder, name);
    const config = {
      defaultApp: 'shop',
      apps: [{ id: 'shop', channels: { wechat_pay: 'wechat' } }],
      sources: { wechat },
      router: { secrets: ['router-secret-0123456789-abcdefghij'] },
      keys: generateVaultKeys(),
    };
    writeFileSync(path, JSON.stringify(config));
    return path;
  };

  test('the service does not start with a fault of a source, and leaves no database and no keys behind', async () => {
    const message = await fails({ CONFIG: withWechat('source.json') });
    expect(message).toMatch(/sources\.wechat\.appSecret.*wechat\.secret does not exist/);
  });

  test('a fault that is found when the sources are opened leaves no database and no keys behind either', async () => {
    writeFileSync(join(folder, 'wechat.secret'), 'the secret of an official account');
    const path = withWechat('gone.json');
    // Checked, and removed before the sources read it for themselves, as tools that decrypt it do.
    const remove = `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const read = fs.readFileSync;
fs.readFileSync = (file, ...options) => {
  const text = read(file, ...options);
  if (file === process.env.CONFIG) fs.rmSync(file);
  return text;
};
syncBuiltinESMExports();`;
    const NODE_OPTIONS = `--import data:text/javascript,${encodeURIComponent(remove)}`;
    expect(await fails({ CONFIG: path, NODE_OPTIONS })).toMatch(/gone\.json does not exist \(ENOENT\)/);
  });

  test('the service does not start in production without CONFIG', async () => {
    expect(await fails({ NODE_ENV: 'production' })).toMatch(/Set CONFIG to a configuration file with router\.secrets/);
  });

  test('the service does not start on an address of the network without CONFIG', async () => {
    expect(await fails({ HOST: '0.0.0.0' })).toMatch(/Set CONFIG/);
  });

  test('the service does not start with a secret that is too short, which it does not repeat', async () => {
    const path = join(folder, 'config.json');
    const secret = 'short-canary';
    writeFileSync(
      path,
      JSON.stringify({
        defaultApp: 'shop',
        apps: [{ id: 'shop', channels: {} }],
        sources: {},
        router: { secrets: [secret] },
        keys: generateVaultKeys(),
      }),
    );
    const message = await fails({ CONFIG: path });
    expect(message).toMatch(/router\.secrets\.0/);
    expect(message).not.toContain(secret);
  });

  test('the service does not start with a configuration that does not exist', async () => {
    expect(await fails({ CONFIG: join(folder, 'nowhere.json') })).toMatch(/nowhere\.json/);
  });
});
