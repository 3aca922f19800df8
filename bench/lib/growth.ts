/**
 * `--growth`: what a lookup and a poll cost at 10,000, 1,000,000 and more stored identities, the memory over a million
 * requests, and start-up and memory beside Apollo standalone with the same schema.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { addSessions, growTo } from './data.ts';
import { measure, say, startRows, type Target } from './measure.ts';
import type { Options, WorkloadName } from './options.ts';
import { memoryOf, type Server } from './processes.ts';
import type { Section } from './section.ts';
import { type Row, rowsFor } from './servers.ts';
import type { Stage } from './stage.ts';
import { median } from './statistics.ts';

const workloads: readonly WorkloadName[] = ['e1', 'e10', 'poll'];

interface Size {
  readonly rows: number;
  readonly name: string;
  readonly workload: WorkloadName;
  readonly throughput: number;
  readonly cpu: number | undefined;
}

const measureSize = async (stage: Stage, targets: readonly Target[], rows: number, options: Options) => {
  const found: Size[] = [];
  const { connections, seconds, warmSeconds } = options;
  for (const workload of workloads) {
    for (const target of targets) await measure(stage, target, workload, { seconds: warmSeconds, connections });
    const samples = targets.map((): { throughput: number; cpu: number | undefined }[] => []);
    for (let round = 0; round < options.rounds; round += 1)
      for (const [at, target] of targets.entries())
        samples[at]?.push(await measure(stage, target, workload, { seconds, connections }));
    for (const [at, { row }] of targets.entries()) {
      const own = samples[at] ?? [];
      const throughput = median(own.map((sample) => sample.throughput));
      const cpu = median(own.flatMap((sample) => sample.cpu ?? []));
      found.push({ rows, name: row.name, workload, throughput, cpu });
      say(`${rows} rows, ${workload} ${row.name}: ${Math.round(throughput)}/s, ${Math.round(cpu)} µs`);
    }
  }
  return found;
};

const measureMemory = async (stage: Stage, target: Target, { requests: total, connections }: Options) => {
  const points: { readonly requests: number; readonly rss: number }[] = [];
  let requests = 0;
  for (let turn = 0; requests < total; turn += 1) {
    requests += (await measure(stage, target, turn % 2 === 0 ? 'e1' : 'poll', { seconds: 10, connections })).requests;
    points.push({ requests, rss: memoryOf(target.server.pid)?.rss ?? 0 });
    say(`${requests} requests: ${Math.round(points.at(-1)?.rss ?? 0)} MiB`);
  }
  return points;
};

const until = async (isReady: () => Promise<boolean>): Promise<void> => {
  while (!(await isReady().catch(() => false))) await delay(2);
};

/** The service is ready when /readyz says so; Apollo, which has no such probe, when it answers an operation. */
const isReady = async ({ url, metricsUrl }: Server): Promise<boolean> => {
  if (metricsUrl !== undefined) return (await fetch(metricsUrl.replace('/metrics', '/readyz'))).ok;
  const headers = { 'content-type': 'application/json' };
  return (await fetch(`${url}/graphql`, { method: 'POST', headers, body: '{"query":"{ __typename }"}' })).ok;
};

const STARTS = 5;

const measureStarts = async (stage: Stage, rows: readonly Row[]) => {
  const starts = rows.map((row) => ({ row, readyMs: [] as number[], rss: [] as number[] }));
  for (let start = 0; start < STARTS; start += 1)
    for (const { row, readyMs, rss } of starts) {
      const startedAt = performance.now();
      const server = await stage.start(row);
      await until(() => isReady(server));
      readyMs.push(performance.now() - startedAt);
      rss.push(memoryOf(server.pid)?.rss ?? 0);
      await stage.end(row);
    }
  return starts.map(({ row, readyMs, rss }) => ({ title: row.title, readyMs: median(readyMs), rss: median(rss) }));
};

export const measureGrowth = async (stage: Stage, options: Options) => {
  const rows = rowsFor({ ...options, servers: ['limit', 'ours', 'apollo'], workloads });
  const starts = await measureStarts(
    stage,
    rows.filter(({ name }) => name !== 'limit'),
  );
  const sizes = [...new Set([10_000, 1_000_000, options.rows])].filter((size) => size <= options.rows);
  const found: Size[] = [];
  let queryCodes: readonly string[] = [];
  for (const [at, size] of sizes.entries()) {
    say(`Storing ${size} identities`);
    const ids = await growTo(stage.setup, sizes[at - 1] ?? 0, size);
    queryCodes = queryCodes.length > 0 ? queryCodes : await addSessions(stage.setup, options.sessions);
    stage.store({ ids, queryCodes });
    const targets = await startRows(stage, rows);
    found.push(...(await measureSize(stage, targets, size, options)));
  }
  const [ours] = await startRows(
    stage,
    rows.filter(({ name }) => name === 'ours'),
  );
  const memory = ours ? await measureMemory(stage, ours, options) : [];
  return { starts, sizes: found, memory };
};

type Growth = Awaited<ReturnType<typeof measureGrowth>>;

export const growthSections = ({ starts, sizes, memory }: Growth): Section[] => [
  {
    title: 'Stored identities: requests a second, and µs of CPU for a request',
    head: ['', 'workload', ...new Set(sizes.map(({ rows }) => rows.toLocaleString('en')))],
    rows: [...Map.groupBy(sizes, ({ name, workload }) => `${name} ${workload}`).values()].map((group) => [
      group[0]?.name ?? '',
      group[0]?.workload ?? '',
      ...group.map(({ throughput, cpu }) => `${Math.round(throughput)}, ${Math.round(cpu ?? 0)} µs`),
    ]),
  },
  {
    title: 'Resident memory of the service over requests, half of them e1 and half polls, in MiB',
    head: ['requests', 'resident'],
    rows: memory.map(({ requests, rss }) => [requests.toLocaleString('en'), rss.toFixed(0)]),
  },
  {
    title: `From the start of the process until it is ready (median of ${STARTS}), and its resident memory then`,
    head: ['', 'ms', 'MiB'],
    rows: starts.map(({ title, readyMs, rss }) => [title, readyMs.toFixed(0), rss.toFixed(0)]),
  },
];
