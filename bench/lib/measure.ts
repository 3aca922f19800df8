/** Measures every row at every workload in interleaved rounds, so that what the machine does meanwhile falls on all alike. */
import type { LoadJob, LoadResult } from './load-job.ts';
import type { Options, WorkloadName } from './options.ts';
import { cpuMsOf, memoryOf, type Server } from './processes.ts';
import type { Row } from './servers.ts';
import type { Stage } from './stage.ts';

export interface Sample {
  /** Requests a second. */
  readonly throughput: number;
  /** Microseconds of the server process's CPU time for a request; undefined where that cannot be read. */
  readonly cpu: number | undefined;
  readonly p50: number;
  readonly p99: number;
  readonly loadBusy: number;
}

export interface Cell {
  readonly row: Row;
  readonly workload: WorkloadName;
  readonly samples: Sample[];
}

export interface Measured {
  readonly cells: readonly Cell[];
  /** MiB of each row's process at the end, by the row's name. */
  readonly memory: Readonly<Record<string, { readonly rss: number; readonly peak: number } | undefined>>;
}

export interface Target {
  readonly row: Row;
  readonly server: Server;
}

export const say = (text: string): void => void process.stderr.write(`${text}\n`);

export const startRows = async (stage: Stage, rows: readonly Row[]): Promise<Target[]> => {
  const targets: Target[] = [];
  for (const row of rows) targets.push({ row, server: await stage.start(row) });
  return targets;
};

type Slice = Pick<LoadJob, 'seconds' | 'connections' | 'rate'>;

export const headersOf = (row: Row, stage: Pick<Stage, 'token'>): Record<string, string> =>
  row.headers?.(stage.token) ?? {};

/** One measurement: the load's result, and the server's CPU time for a request meanwhile. */
export const measure = async (
  stage: Stage,
  { row, server }: Target,
  workload: WorkloadName,
  slice: Slice,
): Promise<Sample & Pick<LoadResult, 'requests'>> => {
  const before = cpuMsOf(server.pid);
  const job = { url: server.url, headers: headersOf(row, stage), workload, dataFile: stage.dataFile, ...slice };
  const { requests, seconds, p50, p99, loadBusy } = await stage.load.run(job);
  const after = cpuMsOf(server.pid);
  const cpu = before === undefined || after === undefined ? undefined : ((after - before) * 1_000) / requests;
  return { requests, throughput: requests / seconds, cpu, p50, p99, loadBusy };
};

export const measureAll = async (stage: Stage, targets: readonly Target[], options: Options): Promise<Measured> => {
  const cells: Cell[] = [];
  const { connections, seconds, warmSeconds } = options;
  // One workload after the other: `authenticate`, the last, changes what is stored.
  for (const workload of options.workloads) {
    const taking = targets.filter(({ row }) => row.workloads.includes(workload));
    const own = taking.map((target) => ({ target, cell: { row: target.row, workload, samples: [] as Sample[] } }));
    for (const { target } of own) await measure(stage, target, workload, { seconds: warmSeconds, connections });
    for (let round = 0; round < options.rounds; round += 1)
      for (const { target, cell } of own) {
        const sample = await measure(stage, target, workload, { seconds, connections });
        cell.samples.push(sample);
        say(`${workload} ${round + 1}/${options.rounds} ${cell.row.name}: ${Math.round(sample.throughput)}/s`);
      }
    cells.push(...own.map(({ cell }) => cell));
  }
  const memory = Object.fromEntries(targets.map(({ row, server }) => [row.name, memoryOf(server.pid)]));
  return { cells, memory };
};
