/** Medians of rounds, their spread, and their ratios to the limit. */
import type { Cell, Measured, Sample } from './measure.ts';
import type { WorkloadName } from './options.ts';
import { limitOf } from './servers.ts';

export const median = (values: readonly number[]): number => {
  const sorted = values.toSorted((left, right) => left - right);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] = [sorted[sorted.length % 2 ? middle : middle - 1], sorted[middle]];
  return (low + high) / 2;
};

/** The difference between the highest and the lowest round, as a share of the median. */
const spreadOf = (values: readonly number[]): number => (Math.max(...values) - Math.min(...values)) / median(values);

const all = (samples: readonly Sample[], key: keyof Sample): number[] => samples.flatMap((sample) => sample[key] ?? []);

const middle = (samples: readonly Sample[], key: keyof Sample): number | undefined => {
  const values = all(samples, key);
  return values.length > 0 ? median(values) : undefined;
};

export interface Result {
  readonly name: string;
  readonly title: string;
  readonly workload: WorkloadName;
  /** Requests a second: median, spread, and the ratio to the limit's. */
  readonly throughput: number;
  readonly spread: number;
  readonly ratio: number;
  /** Microseconds of CPU for a request, and the ratio of the limit's to it: above 1 is cheaper than the limit. */
  readonly cpu: number | undefined;
  readonly cpuRatio: number | undefined;
  readonly p50: number;
  readonly p99: number;
  readonly loadBusy: number;
}

const resultOf = ({ row, workload, samples }: Cell, limit: readonly Sample[]): Result => {
  const throughputs = all(samples, 'throughput');
  const cpu = middle(samples, 'cpu');
  const limitCpu = middle(limit, 'cpu');
  return {
    name: row.name,
    title: row.title,
    workload,
    throughput: median(throughputs),
    spread: spreadOf(throughputs),
    ratio: median(throughputs) / median(all(limit, 'throughput')),
    cpu,
    cpuRatio: cpu === undefined || limitCpu === undefined ? undefined : limitCpu / cpu,
    p50: middle(samples, 'p50') ?? 0,
    p99: middle(samples, 'p99') ?? 0,
    loadBusy: middle(samples, 'loadBusy') ?? 0,
  };
};

export const resultsOf = ({ cells }: Measured): Result[] =>
  cells.map((cell) => {
    const limit = cells.find(({ row, workload }) => row.name === limitOf(workload) && workload === cell.workload);
    return resultOf(cell, limit?.samples ?? []);
  });
