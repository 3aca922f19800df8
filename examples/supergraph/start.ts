/** `npm run supergraph`: payer-identity in sandbox mode, orders of another team, and a gateway in front, on this machine. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ask, startGateway } from './gateway.ts';
import { startOrders } from './orders.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));

const AUTHENTICATE = `mutation {
  authenticate(input: { channelId: "wechat_pay", authCode: "test_ok_alice" }) {
    __typename
    ... on PayerAuthenticated { identity { id } }
    ... on PayerFailure { code message }
  }
}`;
const ORDERS = '{ orders { id amount payer { id openId channel { title } } } }';

/** The port that a variable names, or the default; 0 is any free one. */
const readPort = async (variable: string, fallback: number): Promise<number> => {
  const port = Number(process.env[variable] ?? fallback);
  const server = createServer().listen({ port, host: '127.0.0.1' });
  await once(server, 'listening').catch((error: unknown) => {
    throw new Error(`Port ${port} cannot be used. Set ${variable} to another one, or to 0 for any.`, { cause: error });
  });
  server.close();
  return port;
};

const running: (() => unknown)[] = [];

/** Ends what was started, the last first. */
const stop = async () => {
  for (const close of running.splice(0).reverse()) await close();
};

/** The service as a process of its own, with a database that is deleted at the end. */
const startPayerIdentity = async (port: number) => {
  const dataDir = mkdtempSync(join(tmpdir(), 'supergraph-'));
  running.push(() => rmSync(dataDir, { recursive: true, force: true }));
  // In a process group of its own: Ctrl-C reaches this process alone, which then ends that one.
  const { CONFIG: _, NODE_ENV: __, ...env } = process.env;
  const child = spawn(process.execPath, ['src/main.ts'], {
    cwd: root,
    detached: true,
    env: { ...env, HOST: '127.0.0.1', PORT: `${port}`, DATA_DIR: dataDir, LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const kill = () => child.kill('SIGTERM');
  process.on('exit', kill);
  const exited = once(child, 'exit');
  running.push(() => (kill() ? exited : undefined));
  return { name: 'payer-identity', url: await greetedUrl(child), exited };
};

const greetedUrl = (child: ChildProcess): Promise<string> =>
  new Promise((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const [, url] = /GraphQL +(\S+)\n/.exec(text) ?? [];
      if (url) resolve(url);
    });
    child.once('exit', () => reject(new Error('payer-identity did not start')));
  });

const start = async () => {
  const ports = {
    gateway: await readPort('PORT', 4_000),
    payerIdentity: await readPort('PAYER_IDENTITY_PORT', 4_001),
    orders: await readPort('ORDERS_PORT', 4_002),
  };
  const payerIdentity = await startPayerIdentity(ports.payerIdentity);
  const orders = await startOrders(ports.orders);
  running.push(orders.close);
  const gateway = await startGateway(ports.gateway, [payerIdentity, orders]);
  running.push(gateway.close);

  await ask(gateway.url, AUTHENTICATE);
  const answer = { data: await ask(gateway.url, ORDERS) };
  console.log(`
The supergraph is running; Ctrl-C ends it. The explorer is the same address in a browser.

  Gateway          ${gateway.url}
  payer-identity   ${payerIdentity.url}
  orders           ${orders.url}

alice has authenticated, bob has not: of a payer who is not known, the id alone is not null.

${ORDERS}

${JSON.stringify(answer, null, 2)}
`);
  await payerIdentity.exited;
  // Not when it is this process that ended it.
  if (running.length > 0) throw new Error('payer-identity has ended');
};

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => void stop().then(() => process.exit(0)));

start().catch(async (error: unknown) => {
  process.exitCode = 1;
  console.error(`The supergraph cannot run: ${error instanceof Error ? error.message : error}`);
  await stop();
});
