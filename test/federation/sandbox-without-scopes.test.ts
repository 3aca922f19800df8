/** SCOPES_IN_SDL=false, as the tutorials of @apollo/gateway begin: it asks a running sandbox for its schema. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApolloGateway, IntrospectAndCompose } from '@apollo/gateway';
import { expect, onTestFinished, test, vi } from 'vitest';
import { childEnv } from '../support/services/child-env.ts';

// Each test starts a process.
vi.setConfig({ testTimeout: 90_000 });

const root = fileURLToPath(new URL('../..', import.meta.url));
const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** `npm start` in an environment of its own. */
const start = (env: Record<string, string>) => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-'));
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: root,
    env: childEnv({ PORT: '0', DATA_DIR: folder, LOG_LEVEL: 'warn', ...env }),
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
  onTestFinished(async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  });
  return { output, ended };
};

const greeting = async (env: Record<string, string>) => {
  const { output } = start(env);
  await vi.waitUntil(() => /^Next: /m.test(output.out) || output.err, { timeout: 60_000 });
  expect(output.err).toBe('');
  return { text: output.out, url: /GraphQL +(\S+)\n/.exec(output.out)?.[1] ?? '' };
};

/** Composes live, and answers the schema that the gateway has then. */
const composeLive = async (url: string) => {
  const supergraphSdl = new IntrospectAndCompose({ subgraphs: [{ name: 'payer-identity', url }], logger: quiet });
  const gateway = new ApolloGateway({ supergraphSdl, logger: quiet });
  onTestFinished(() => gateway.stop().catch(() => {}));
  return (await gateway.load()).schema;
};

test('with SCOPES_IN_SDL=false @apollo/gateway composes the running sandbox, which says so in its greeting', async () => {
  const { text, url } = await greeting({ SCOPES_IN_SDL: 'false' });
  expect(text).toMatch(/Schema +without @requiresScopes \(SCOPES_IN_SDL=false\)/);
  const schema = await composeLive(url);
  expect(Object.keys(schema.getQueryType()?.getFields() ?? {})).toContain('payerIdentity');
});

test('without SCOPES_IN_SDL @apollo/gateway refuses the running sandbox, whose greeting names the switch', async () => {
  const { text, url } = await greeting({});
  expect(text).toMatch(/Schema +with @requiresScopes; SCOPES_IN_SDL=false for gateways that refuse it/);
  await expect(composeLive(url)).rejects.toThrow(/requiresScopes.* is for: SECURITY but is unsupported/);
});

test.each([
  [{ SCOPES_IN_SDL: 'no' }, /SCOPES_IN_SDL: is not a value that it takes. Write one of: true, false\./],
  [{ SCOPES_IN_SDL: 'false', CONFIG: 'payer-identity.json' }, /Set callers\.scopesInSdl in the file that CONFIG names/],
])('the service does not start with %j, and says what to set', async (env, message) => {
  const { output, ended } = start(env);
  expect((await ended)[0]).toBe(1);
  expect(output.err).toMatch(message);
});
