/** `--rate`: latency of an open model, in which requests arrive at a given rate and do not wait for earlier answers. */
import { type Measured, measure, say, type Target } from './measure.ts';
import type { Options, WorkloadName } from './options.ts';
import type { Section } from './section.ts';
import type { Stage } from './stage.ts';
import { median, resultsOf } from './statistics.ts';

const shares = [0.5, 0.8] as const;

export interface RateResult {
  readonly name: string;
  readonly title: string;
  readonly workload: WorkloadName;
  /** Of the peak of the same server. */
  readonly share: number;
  /** Requests a second. */
  readonly rate: number;
  /** Milliseconds: medians of the rounds. */
  readonly p50: number;
  readonly p99: number;
}

/** Each server at shares of the peak that it has shown itself, in interleaved rounds. */
export const measureRates = async (
  stage: Stage,
  targets: readonly Target[],
  measured: Measured,
  options: Options,
): Promise<RateResult[]> => {
  const cases = resultsOf(measured).flatMap(({ name, title, workload, throughput }) =>
    shares.map((share) => ({ name, title, workload, share, rate: throughput * share })),
  );
  const { connections, seconds } = options;
  const rounds: { p50: number; p99: number }[][] = cases.map(() => []);
  for (let round = 0; round < options.rounds; round += 1)
    for (const [at, { name, workload, rate }] of cases.entries()) {
      const target = targets.find(({ row }) => row.name === name);
      if (!target) continue;
      const { p50, p99 } = await measure(stage, target, workload, { seconds, connections, rate });
      rounds[at]?.push({ p50, p99 });
      say(`${workload} ${round + 1}/${options.rounds} ${name} at ${Math.round(rate)}/s: p99 ${p99.toFixed(1)} ms`);
    }
  return cases.map((one, at) => ({
    ...one,
    p50: median((rounds[at] ?? []).map(({ p50 }) => p50)),
    p99: median((rounds[at] ?? []).map(({ p99 }) => p99)),
  }));
};

export const rateSection = (results: readonly RateResult[]): Section => ({
  title: 'Latency at a given rate, in ms',
  head: ['', 'workload', 'share of its peak', 'requests a second', 'p50', 'p99'],
  rows: results.map(({ title, workload, share, rate, p50, p99 }) => [
    title,
    workload,
    `${share * 100} %`,
    String(Math.round(rate)),
    p50.toFixed(2),
    p99.toFixed(2),
  ]),
});
