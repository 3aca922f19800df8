/** `npm run supergraph`, as a process of its own: what it prints is true, and it ends what it started. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import chromium from '@sparticuz/chromium';
import { chromium as driver } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test, vi } from 'vitest';
import { freePort } from '../../src/emulators/free-port.ts';
import { idsOf } from '../../src/emulators/test-codes.ts';
import { childEnv } from '../support/services/child-env.ts';

// Three servers start, and a browser.
vi.setConfig({ testTimeout: 90_000, hookTimeout: 90_000 });

const root = new URL('../../', import.meta.url);
const anyPorts = { PORT: '0', PAYER_IDENTITY_PORT: '0', ORDERS_PORT: '0' };

/** The command of package.json with these variables. */
const start = (env: Record<string, string>) => {
  const { scripts } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8'));
  const [, file = ''] = /^node (\S+)$/.exec(scripts.supergraph) ?? [];
  const child = spawn(process.execPath, [file], {
    cwd: root,
    env: childEnv(env),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output.err += text;
  });
  const ended = once(child, 'close');
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  return { child, output, ended, stop };
};

const read = ({ out }: { out: string }) => {
  const urlOf = (name: string) => new RegExp(`${name} +(http://\\S+)\n`).exec(out)?.[1] ?? '';
  const [, query = '', answer = ''] = /\n\n(\{ .*? \})\n\n(\{\n.*\n\})\n\n/s.exec(out) ?? [];
  return { gateway: urlOf('Gateway'), payerIdentity: urlOf('payer-identity'), orders: urlOf('orders'), query, answer };
};

const startAndRead = async (env: Record<string, string> = anyPorts) => {
  const started = start(env);
  await vi.waitUntil(() => read(started.output).answer || started.output.err, { timeout: 60_000 });
  if (started.output.err) throw new Error(started.output.err);
  return { ...started, printed: read(started.output) };
};

const ask = async (url: string, query: string) => {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query }),
  });
  return response.json();
};

const alice = { id: 'pid_g74uq5ZuXjpEJrFizFbDh9', openId: idsOf('alice').openid, channel: { title: '微信支付' } };
const bob = { id: 'pid_kXX8amA6IOlEUgXqRRx-cU', openId: null, channel: null };

describe('npm run supergraph', () => {
  const folders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('supergraph-'));
  const startWithFolder = async () => {
    const before = folders();
    const started = await startAndRead();
    return { ...started, folder: join(tmpdir(), folders().find((name) => !before.includes(name)) ?? '') };
  };
  // The test of SIGTERM ends it.
  let shared: Awaited<ReturnType<typeof startWithFolder>>;
  beforeAll(async () => {
    shared = await startWithFolder();
  });
  afterAll(() => shared?.stop());

  test('the supergraph prints a federated query and the answer that the gateway gives to it, again and again', async () => {
    const { gateway, query, answer } = shared.printed;
    expect(JSON.parse(answer)).toEqual({
      data: {
        orders: [
          { id: 'order-3', amount: 4_900, payer: bob },
          { id: 'order-2', amount: 12_800, payer: alice },
          { id: 'order-1', amount: 1_990, payer: alice },
        ],
      },
    });
    for (let i = 0; i < 3; i += 1) expect(await ask(gateway, query)).toEqual(JSON.parse(answer));
    const extended = `{ payerIdentity(id: "${alice.id}") { lastAuthenticatedAt orders { id } } }`;
    expect(await ask(gateway, extended)).toEqual({
      data: {
        payerIdentity: {
          lastAuthenticatedAt: expect.stringMatching(/^\d{4}-/),
          orders: [{ id: 'order-2' }, { id: 'order-1' }],
        },
      },
    });
  });

  test("the gateway's explorer works in a browser and loads nothing from elsewhere", async () => {
    const { gateway, query } = shared.printed;
    const browser = await driver.launch({
      executablePath: await chromium.executablePath(),
      args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-component-update'],
    });
    onTestFinished(() => browser.close());
    const page = await browser.newPage();
    const elsewhere: string[] = [];
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (/^https?:$/.test(protocol) && origin !== new URL(gateway).origin) elsewhere.push(request.url());
    });
    await page.goto(`${gateway}?query=${encodeURIComponent(query)}`);
    await page.getByRole('button', { name: /execute query/i }).click();
    await page.getByText(alice.openId).first().waitFor();
    expect(elsewhere).toEqual([]);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'the supergraph ends with 0 on %s, closes its three ports and deletes its database',
    async (signal) => {
      const { child, ended, printed, output, stop, folder } = signal === 'SIGTERM' ? shared : await startWithFolder();
      onTestFinished(stop);
      expect(readdirSync(folder)).toContain('payer-identity.sqlite');
      child.kill(signal);
      expect((await ended)[0]).toBe(0);
      for (const url of [printed.gateway, printed.payerIdentity, printed.orders])
        await expect(fetch(url)).rejects.toThrow();
      expect(existsSync(folder)).toBe(false);
      expect(output.err).toBe('');
    },
  );

  test('the supergraph ends with 1 when payer-identity has ended', async () => {
    const { child, printed, ended, output, stop } = await startAndRead();
    onTestFinished(stop);
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8').trim().split(' ');
    expect(children).toHaveLength(1);
    process.kill(Number(children[0]), 'SIGTERM');
    expect((await ended)[0]).toBe(1);
    expect(output.err).toMatch(/payer-identity has ended/);
    await expect(fetch(printed.gateway)).rejects.toThrow();
  });

  test.each(Object.keys(anyPorts))('the supergraph says to set %s when that port is taken', async (variable) => {
    const port = await freePort();
    const other = createServer().listen(port, '127.0.0.1');
    onTestFinished(() => void other.close());
    const { ended, output, stop } = start({ ...anyPorts, [variable]: `${port}` });
    onTestFinished(stop);
    expect((await ended)[0]).toBe(1);
    expect(output.err).toBe(
      `The supergraph cannot run: Port ${port} cannot be used. Set ${variable} to another one, or to 0 for any.\n`,
    );
  });
});
