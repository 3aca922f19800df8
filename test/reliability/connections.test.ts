/**
 * What a connection for each exchange costs, compared with reused connections (which give replies to the wrong payer,
 * see hostile-hop.test.ts), and with undici's `reset` alone, which notices nothing that comes before the request or
 * after the reply. Measured in turn, with the upstream in a process of its own; CONNECTION_ROUNDS sets the length.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { type Dispatcher, Pool } from 'undici';
import { expect, onTestFinished, test } from 'vitest';
import { openUpstream } from '../../src/lib/exchange.ts';
import vectors from '../vectors/tls.json' with { type: 'json' };

const ROUNDS = Number(process.env.CONNECTION_ROUNDS ?? 1);
const CALLS = 100;
/** At the same time. */
const CLIENTS = 4;

const startUpstream = async () => {
  const child = fork(new URL('../support/upstreams/upstream-process.ts', import.meta.url));
  onTestFinished(() => void child.kill());
  const [{ http, https }] = await once(child, 'message');
  return { plain: `http://127.0.0.1:${http}`, TLS: `https://127.0.0.1:${https}` };
};

interface Client {
  call(): Promise<unknown>;
  close(): Promise<unknown>;
}

const undiciClient = (origin: string, reset: boolean): Client => {
  const connect = { timeout: 2_000, ca: vectors.ca };
  const pool = new Pool(origin, { connections: 50, pipelining: 1, allowH2: false, connect });
  const options: Dispatcher.RequestOptions = { method: 'POST', path: '/', body: '{}', reset };
  return { call: async () => (await pool.request(options)).body.text(), close: () => pool.destroy() };
};

const ours = (origin: string): Client => {
  const { send, close } = openUpstream(origin, { ca: [vectors.ca] });
  const call = () => send({ method: 'POST', path: '/', body: '{}' }, { deadline: AbortSignal.timeout(5_000) });
  return { call, close };
};

const clients = {
  'reused (undici)': (origin: string) => undiciClient(origin, false),
  'one each (undici, reset)': (origin: string) => undiciClient(origin, true),
  'one each (ours)': ours,
};

const measure = async ({ call }: Client) => {
  const latencies: number[] = [];
  const before = process.cpuUsage();
  const client = async () => {
    for (let count = 0; count < CALLS / CLIENTS; count += 1) {
      const startedAt = performance.now();
      await call();
      latencies.push(performance.now() - startedAt);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const { user, system } = process.cpuUsage(before);
  return { latencies, cpuMs: (user + system) / 1_000 };
};

test.each(['plain', 'TLS'] as const)(
  'the cost of a connection for each exchange is measured, %s',
  async (kind) => {
    const origin = (await startUpstream())[kind];
    const measured = Object.entries(clients).map(([name, open]) => ({
      name,
      client: open(origin),
      latencies: [] as number[],
      cpuMs: 0,
    }));
    for (const { client } of measured) await measure(client);
    for (let round = 0; round < ROUNDS; round += 1) {
      for (const each of measured) {
        const { latencies, cpuMs } = await measure(each.client);
        each.latencies.push(...latencies);
        each.cpuMs += cpuMs;
      }
    }
    for (const { client } of measured) await client.close();
    for (const { name, latencies, cpuMs } of measured) {
      latencies.sort((left, right) => left - right);
      const at = (share: number) => (latencies[Math.floor(latencies.length * share)] ?? 0).toFixed(2);
      const cpu = (cpuMs / latencies.length).toFixed(2);
      console.log(`${kind}, ${name}: p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, ${cpu} ms of CPU for each`);
      expect(latencies).toHaveLength(ROUNDS * CALLS);
    }
  },
  60_000 + ROUNDS * 5_000,
);
