/**
 * The load, a process of its own: keep-alive connections that each send the next request when the last was answered
 * (a closed model, which finds the peak), or requests at a given rate, however long the answers take (an open model,
 * which finds the latency). It gets jobs as messages, and answers each with a `LoadResult`.
 */
import { readFileSync } from 'node:fs';
import { Connection } from './lib/connection.ts';
import type { LoadJob, LoadResult } from './lib/load-job.ts';
import { bodiesOf, type Stored, workloads } from './lib/workloads.ts';

/** Enough that a request of the open model rarely waits for a connection; when it does, the wait is part of its latency. */
const OPEN_CONNECTIONS = 512;

const requestOf = (body: string, host: string, headers: Readonly<Record<string, string>>): Buffer => {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.from(
    `POST /graphql HTTP/1.1\r\nhost: ${host}\r\ncontent-type: application/json\r\naccept: application/json\r\n` +
      `${lines.join('')}content-length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
};

/** The bodies of each workload, which go on where the last job ended. */
const prepared = new Map<string, { bodies: readonly string[]; next: number }>();

/** The requests of a job, over and over; but codes are new ones each time, since a code that was used is a duplicate. */
const requestsOf = ({ dataFile, workload, url, headers }: LoadJob): (() => Buffer) => {
  const key = `${dataFile} ${workload}`;
  const make = () => bodiesOf(workload, JSON.parse(readFileSync(dataFile, 'utf8')) as Stored);
  const data = prepared.get(key) ?? { bodies: make(), next: 0 };
  prepared.set(key, data);
  const { host } = new URL(url);
  return () => {
    if (data.next === data.bodies.length) {
      data.next = 0;
      if (workload === 'authenticate') data.bodies = make();
    }
    const body = data.bodies[data.next] ?? '';
    data.next += 1;
    return requestOf(body, host, headers);
  };
};

/** Milliseconds of each request, and how many answers lacked what a right one has. */
class Tally {
  readonly latencies: number[] = [];
  failures = 0;
  sample = '';
  readonly #mark: Buffer;

  constructor(job: LoadJob) {
    this.#mark = Buffer.from(workloads[job.workload].mark);
  }

  add(answer: Buffer, latency: number): void {
    this.latencies.push(latency);
    if (answer.includes(this.#mark)) return;
    this.failures += 1;
    this.sample = answer.toString('utf8', 0, 1_000);
  }
}

const runClosed = async (job: LoadJob, tally: Tally): Promise<void> => {
  const next = requestsOf(job);
  const port = Number(new URL(job.url).port);
  const until = performance.now() + job.seconds * 1_000;
  const one = () =>
    new Promise<void>((resolve) => {
      const connection = new Connection(port);
      const send = () => {
        const sentAt = performance.now();
        connection.send(next(), (answer) => {
          const now = performance.now();
          tally.add(answer, now - sentAt);
          if (now < until) return send();
          connection.close();
          resolve();
        });
      };
      send();
    });
  await Promise.all(Array.from({ length: job.connections }, one));
};

/** Latency counts from when a request was due, so that a server that stalls is charged for those that wait meanwhile. */
const runOpen = async (job: LoadJob, rate: number, tally: Tally): Promise<void> => {
  const next = requestsOf(job);
  const port = Number(new URL(job.url).port);
  const all = Array.from({ length: OPEN_CONNECTIONS }, () => new Connection(port));
  const idle = [...all];
  const waiting: number[] = [];
  const startedAt = performance.now();
  const total = Math.floor(rate * job.seconds);
  const send = (connection: Connection, dueAt: number) =>
    connection.send(next(), (answer) => {
      tally.add(answer, performance.now() - dueAt);
      const dueNext = waiting.shift();
      if (dueNext === undefined) idle.push(connection);
      else send(connection, dueNext);
    });
  let due = 0;
  // An overloaded server is left alone after twice the time; what waits then is not counted.
  const giveUpAt = startedAt + job.seconds * 2_000;
  while (tally.latencies.length < total && performance.now() < giveUpAt) {
    const now = performance.now();
    for (; due < total && startedAt + (due * 1_000) / rate <= now; due += 1) {
      const dueAt = startedAt + (due * 1_000) / rate;
      const connection = idle.pop();
      if (connection) send(connection, dueAt);
      else waiting.push(dueAt);
    }
    await new Promise((resolve) => setImmediate(resolve));
  }
  for (const connection of all) connection.close();
};

const run = async (job: LoadJob): Promise<LoadResult> => {
  const tally = new Tally(job);
  const startedAt = performance.now();
  const cpuBefore = process.cpuUsage();
  await (job.rate === undefined ? runClosed(job, tally) : runOpen(job, job.rate, tally));
  const seconds = (performance.now() - startedAt) / 1_000;
  const { user, system } = process.cpuUsage(cpuBefore);
  const sorted = Float64Array.from(tally.latencies).sort();
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  const { failures, sample } = tally;
  const loadBusy = (user + system) / 1e6 / seconds;
  return { requests: sorted.length, seconds, p50: at(0.5), p99: at(0.99), failures, sample, loadBusy };
};

process.on('message', (job: LoadJob) => {
  run(job).then(
    (result) => process.send?.(result),
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
});
process.once('disconnect', () => process.exit());
