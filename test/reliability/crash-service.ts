/** The service as a process that can be killed, and an upstream that answers late. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { Agent, createServer, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { FileConfig } from '../../src/config/load.ts';
import { generateVaultKeys, type VaultKeys } from '../../src/security/vault.ts';
import { childEnv } from '../support/services/child-env.ts';

const main = fileURLToPath(new URL('../../src/main.ts', import.meta.url));
/** Long enough for a machine that runs other tests. */
const START_MS = 60_000;

const endless = { perSecond: 1_000_000, burst: 1_000_000 };
const routerSecret = 'the secret that the router of the crash test sends';

export interface CrashService {
  /** Reads the database, also while no process runs. */
  readonly file: string;
  /** Starts a process on the store of the last one; resolves when it listens. */
  start(): Promise<void>;
  /** Ends the process with SIGKILL. */
  kill(): Promise<void>;
  isUp(): boolean;
  /** The answer's body, or undefined when no process runs or it died during the call. */
  ask(query: string, variables: object): Promise<string | undefined>;
  /** The status of /readyz. */
  readiness(): Promise<number>;
  close(): Promise<void>;
}

/** What several instances share; without it an instance has a SQLite file of its own. */
export interface Shared {
  readonly store: string;
  readonly keys: VaultKeys;
}

export const openCrashService = (
  upstreamOrigin: string,
  times: NonNullable<FileConfig['times']>,
  shared: Shared | { readonly keys: VaultKeys } = { keys: generateVaultKeys() },
  app: Partial<FileConfig['apps'][number]> = {},
): CrashService => {
  const folder = mkdtempSync(join(tmpdir(), 'payer-identity-crash-'));
  const configFile = join(folder, 'config.json');
  const config: FileConfig = {
    defaultApp: 'demo',
    apps: [{ id: 'demo', channels: { ali_pay: 'daxpay', wechat_pay: 'daxpay' }, ...app }],
    sources: { daxpay: { type: 'daxpay', baseUrl: upstreamOrigin, appId: 'demo', secret: '123456' } },
    router: { secrets: [routerSecret] },
    callers: { router: ['payer:authenticate', 'payer:read', 'payer:token'] },
    // These tests make more calls at once than a router does.
    limits: { rates: { caller: endless, app: endless, channel: endless }, bulkheads: { trusted: { running: 10_000 } } },
    ...shared,
    times,
  };
  writeFileSync(configFile, JSON.stringify(config), { mode: 0o600 });
  const dataDir = join(folder, 'data');
  let process: ChildProcess | undefined;
  let url: string | undefined;

  /** Reads the log up to the line with the address, and on to the end: a full pipe would block the process. */
  const listening = ({ stdout }: ChildProcess): Promise<string> =>
    new Promise((resolve, reject) => {
      let log = '';
      stdout?.setEncoding('utf8').on('data', (text: string) => {
        if (log.includes('"listening"')) return;
        log += text;
        const line = log.split('\n').find((line) => line.includes('"listening"') && line.endsWith('}'));
        if (line) resolve((JSON.parse(line) as { url: string }).url);
      });
      stdout?.once('end', () => reject(new Error('The process ended before it listened')));
    });

  const kill = async () => {
    url = undefined;
    if (!process) return;
    const child = process;
    process = undefined;
    if (child.exitCode !== null || child.signalCode !== null) throw new Error('The process ended by itself');
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  };

  return {
    file: join(dataDir, 'payer-identity.sqlite'),
    async start() {
      process = spawn(globalThis.process.execPath, [main], {
        env: childEnv({ CONFIG: configFile, DATA_DIR: dataDir, PORT: '0', HOST: '127.0.0.1' }),
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const tooLate = delay(START_MS, undefined, { ref: false }).then(() => {
        throw new Error(`The process does not listen after ${START_MS} ms`);
      });
      url = await Promise.race([listening(process), tooLate]);
    },
    kill,
    isUp: () => url !== undefined,
    async ask(query, variables) {
      if (!url) return undefined;
      try {
        const response = await fetch(`${url}/graphql`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'router-authorization': routerSecret },
          body: JSON.stringify({ query, variables }),
        });
        return await response.text();
      } catch {
        return undefined;
      }
    },
    readiness: async () => (await fetch(`${url}/readyz`)).status,
    async close() {
      try {
        await kill();
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  };
};

const readText = async (message: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

/** A proxy before an upstream that forwards each request at once and delays the answer. */
export const startSlowProxy = async (
  origin: string,
  answerAfterMs: () => number,
  onAnswered: (tookMs: number) => void = () => undefined,
) => {
  const agent = new Agent({ keepAlive: true });
  let held = 0;
  const forward = async (method: string, path: string, headers: object, body: string) => {
    const call = request(origin + path, { method, agent, headers: { ...headers } }).end(body);
    const [reply] = (await once(call, 'response')) as [IncomingMessage];
    return { status: reply.statusCode ?? 502, headers: reply.headers, body: await readText(reply) };
  };
  const server = createServer(async (message, response) => {
    const askedAt = performance.now();
    try {
      const { method = 'GET', url = '/', headers } = message;
      const reply = await forward(method, url, headers, await readText(message));
      held += 1;
      await delay(answerAfterMs()).finally(() => {
        held -= 1;
      });
      response.writeHead(reply.status, reply.headers).end(reply.body);
      onAnswered(performance.now() - askedAt);
    } catch {
      response.destroy();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    /** Answers of the upstream that have not been passed on yet: their codes are spent. */
    held: () => held,
    async close() {
      agent.destroy();
      const closed = once(server, 'close');
      server.close();
      server.closeAllConnections();
      await closed;
    },
  };
};
