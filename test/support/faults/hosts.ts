/** The services that the fault suite runs against, and the places where a secret could have leaked. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { expect, onTestFinished, vi } from 'vitest';
import type { FileConfig } from '../../../src/config/load.ts';
import type { Emulator } from '../../../src/emulators/emulator.ts';
import { startSandbox } from '../../../src/emulators/sandbox.ts';
import { allScopes } from '../../../src/security/caller.ts';
import { generateVaultKeys } from '../../../src/security/vault.ts';
import { childEnv } from '../services/child-env.ts';
import { startSandboxService } from '../services/sandbox.ts';
import { audience, startIssuer } from '../signers/issuer.ts';
import type { FaultHost } from './calls.ts';
import { mark } from './operations.ts';
import { startFaultUpstreams } from './upstreams.ts';

export type Canaries = Readonly<Record<string, string>>;
export type Places = Record<string, Buffer>;

export interface Host extends FaultHost {
  readonly configured: Canaries;
  /** Ends the service; returns its output, metrics and database files. */
  stop(): Promise<Places>;
}

const root = fileURLToPath(new URL('../../..', import.meta.url));

const runOn = async (file: string, sql: string): Promise<void> => {
  const db = new DatabaseSync(file, { timeout: 5_000 });
  db.exec(sql);
  db.close();
};

const readDatabase = (folder: string): Places =>
  Object.fromEntries(
    readdirSync(folder)
      .filter((name) => name.includes('.sqlite'))
      .map((name) => [name, readFileSync(join(folder, name))]),
  );

const requestsOf = (ledgers: Emulator['ledger'][]): string =>
  JSON.stringify(
    ledgers.flatMap((ledger) =>
      ledger.map(({ rawUrl, headers, body }) => [
        decodeURIComponent(rawUrl.replaceAll('+', ' ')),
        headers,
        body,
        decodeURIComponent(body.replaceAll(/%(?![0-9A-F]{2})/g, '')),
      ]),
    ),
  );

/** The secrets of all sources; of a private key two lines. */
const secretsOf = ({ sources }: FileConfig): Canaries =>
  Object.fromEntries(
    Object.entries(sources).flatMap(([name, { secret, appSecret, apiKey, privateKey, resultHolder }]) => {
      const lines = String(privateKey ?? '').split('\n');
      const { headers = {} } = (resultHolder ?? {}) as { headers?: Record<string, string> };
      const all = {
        secret,
        appSecret,
        apiKey,
        keyLine: lines[4],
        otherKeyLine: lines[20],
        console: headers.accesstoken,
      };
      return Object.entries(all).flatMap(([kind, value]) =>
        typeof value === 'string' ? [[`${name} ${kind}`, value]] : [],
      );
    }),
  );

/** Runs `node src/main.ts`; its URLs are read from its log. */
const spawnService = (configPath: string, dataDir: string) => {
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: root,
    env: childEnv({ CONFIG: configPath, PORT: '0', DATA_DIR: dataDir }),
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  onTestFinished(() => void (child.exitCode ?? child.kill('SIGKILL')));
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text: string) => {
      output[name] += text;
    });
  const closed = once(child, 'close');
  return {
    urlOf: (event: string) =>
      vi.waitFor(() => {
        const url = new RegExp(`"url":"(http:[^"]+)","msg":"${event}"`).exec(output.stdout)?.[1];
        if (!url) throw new Error(`not yet: ${output.stderr}`);
        return url;
      }, 20_000),
    async stop(): Promise<Places> {
      child.kill('SIGTERM');
      const [code] = await closed;
      expect(code).toBe(0);
      return { stdout: Buffer.from(output.stdout), stderr: Buffer.from(output.stderr) };
    },
  };
};

/** A token of an issuer whose key set the service fetches. */
const startCaller = async () => {
  const issuer = await startIssuer();
  onTestFinished(() => issuer.close());
  const caller = mark();
  const token = await issuer.sign({ sub: caller, scope: allScopes.join(' ') });
  return { caller, token, jwt: { issuer: issuer.issuer, audience, algorithms: ['ES256'], jwks: issuer.jwks() } };
};

const readMetrics = async (url: string): Promise<Buffer> => Buffer.from(await (await fetch(url)).arrayBuffer());

/** `node src/main.ts` with a configuration file. */
export const startProcess = async (): Promise<Host> => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-canaries-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const sandbox = await startSandbox('http://127.0.0.1:4001');
  onTestFinished(() => sandbox.close().catch(() => {}));
  const upstreams = await startFaultUpstreams();
  const config = upstreams.extend(sandbox.config);
  const routerSecret = 'R'.repeat(8) + generateVaultKeys().index.slice(0, 32);
  const keys = generateVaultKeys();
  const sealKey = keys.seal[0]?.key ?? '';
  const { caller, token, jwt } = await startCaller();
  const whole = { ...config, router: { secrets: [routerSecret] }, callers: { jwt }, keys, metrics: { port: 0 } };
  writeFileSync(join(folder, 'config.json'), JSON.stringify(whole));
  const service = spawnService(join(folder, 'config.json'), join(folder, 'data'));
  const url = await service.urlOf('listening');
  const metricsUrl = await service.urlOf('metrics');
  const file = join(folder, 'data', 'payer-identity.sqlite');
  const ledgers = () => [...Object.values(sandbox.emulators).map(({ ledger }) => ledger), ...upstreams.ledgers()];
  return {
    url,
    headers: { 'router-authorization': routerSecret, authorization: `Bearer ${token}` },
    returnUrl: 'http://127.0.0.1:4001/payer?channel=ali_pay',
    requests: () => requestsOf(ledgers()),
    run: (sql) => runOn(file, sql),
    closeUpstreams: async () => void (await Promise.all([sandbox.close(), upstreams.close()])),
    configured: {
      ...secretsOf(config),
      routerSecret,
      indexKey: keys.index,
      sealKey,
      sealKeyInHex: Buffer.from(sealKey, 'base64').toString('hex'),
      caller,
      tokenClaims: token.split('.')[1] ?? '',
      tokenSignature: token.split('.')[2] ?? '',
    },
    async stop() {
      const metrics = await readMetrics(metricsUrl);
      return { metrics, ...(await service.stop()), ...readDatabase(dirname(file)) };
    },
  };
};

/** The service in this process: the errors that it logs are searched to their full depth. */
export const startHere = async (): Promise<Host> => {
  const upstreams = await startFaultUpstreams();
  let configured: Canaries = {};
  const service = await startSandboxService((config) => {
    const extended = upstreams.extend(config);
    configured = secretsOf(extended);
    return extended;
  });
  const ledgers = () => [...Object.values(service.emulators).map(({ ledger }) => ledger), ...upstreams.ledgers()];
  const closeUpstreams = async () => {
    await Promise.all(Object.values(service.emulators).map((emulator) => emulator.close()));
    await upstreams.close();
  };
  return {
    url: service.origin,
    headers: {},
    returnUrl: service.returnUrl('ali_pay'),
    configured,
    closeUpstreams,
    requests: () => requestsOf(ledgers()),
    run: (sql) => runOn(service.file, sql),
    async stop() {
      const metrics = await readMetrics(`${service.origin}/metrics`);
      const database = readDatabase(dirname(service.file));
      const graphs = service.errors.map((error) => {
        const shown = inspect(error, { depth: null, showHidden: true, maxArrayLength: null, maxStringLength: null });
        return `${shown}\n${error instanceof Error && error.stack}`;
      });
      expect(graphs.length).toBeGreaterThan(20);
      await service.close().catch(() => {});
      const log = Buffer.from(service.logLines.join(''));
      return { metrics, log, errors: Buffer.from(graphs.join('\n')), ...database };
    },
  };
};
