/** Writes what a run found into bench/results, as JSON and as the Markdown of docs/performance.md. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Measured } from './measure.ts';
import type { Options } from './options.ts';
import { canPin, root } from './processes.ts';
import { type Section, table } from './section.ts';
import type { Result } from './statistics.ts';

const folder = fileURLToPath(new URL('../results/', import.meta.url));

const commit = (): string => {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' }).trim();
  } catch {
    return 'unknown';
  }
};

const fixed = (value: number | undefined, digits = 2): string =>
  value === undefined || !Number.isFinite(value) ? '–' : value.toFixed(digits);

/** A row for each server, a column for each workload. */
const sectionOf = (title: string, results: readonly Result[], show: (result: Result) => string): Section => {
  const workloads = [...new Set(results.map(({ workload }) => workload))];
  const titles = [...new Map(results.map(({ name, title }) => [name, title]))];
  const cell = (server: string, workload: string) => {
    const result = results.find(({ name, workload: other }) => name === server && other === workload);
    return result ? show(result) : '';
  };
  return {
    title,
    head: ['', ...workloads],
    rows: titles.map(([name, title]) => [title, ...workloads.map((workload) => cell(name, workload))]),
  };
};

export const sectionsOf = (results: readonly Result[], { memory }: Measured): Section[] => [
  sectionOf('Throughput, as a ratio to the limit', results, ({ ratio }) => fixed(ratio)),
  sectionOf("CPU time for a request: the limit's as a ratio to it", results, ({ cpuRatio }) => fixed(cpuRatio)),
  sectionOf(
    'Requests a second, with the spread of the rounds',
    results,
    ({ throughput, spread }) => `${Math.round(throughput)} ± ${fixed(spread * 50, 0)} %`,
  ),
  sectionOf('CPU time of the server for a request, in µs', results, ({ cpu }) => fixed(cpu, 0)),
  sectionOf('Latency at the peak, p50 / p99 in ms', results, ({ p50, p99 }) => `${fixed(p50, 1)} / ${fixed(p99, 1)}`),
  {
    title: 'Resident memory after all workloads, and at its highest, in MiB',
    head: ['', 'resident', 'highest'],
    rows: [...new Map(results.map(({ name, title }) => [name, title]))].map(([name, title]) => [
      title,
      fixed(memory[name]?.rss, 0),
      fixed(memory[name]?.peak, 0),
    ]),
  },
];

const notesOf = (options: Options, results: readonly Result[]): string[] => {
  const [server, load] = options.cores;
  const busy = results.filter(({ loadBusy }) => loadBusy > 0.95);
  return [
    ...(canPin ? [] : ['- There is no taskset here: nothing was pinned to a core.']),
    ...(server === load ? ['- Server and load shared a core: only the CPU times compare.'] : []),
    ...(busy.length > 0 && server !== load
      ? [
          `- The load's core was full at ${busy.map(({ name, workload }) => `${name} ${workload}`).join(', ')}: there the CPU times compare, and the throughput of the server may be higher.`,
        ]
      : []),
  ];
};

interface Report {
  readonly name: string;
  readonly options: Options;
  readonly results?: readonly Result[];
  readonly sections: readonly Section[];
  readonly data: unknown;
}

/** Returns the path of the Markdown. */
export const writeReport = ({ name, options, results = [], sections, data }: Report): string => {
  mkdirSync(folder, { recursive: true });
  const at = new Date().toISOString();
  const machine = `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}, load average ${fixed(loadavg()[0], 1)}`;
  const command = `npm run bench${process.argv.length > 2 ? ` -- ${process.argv.slice(2).join(' ')}` : ''}`;
  const path = join(folder, `${at.replaceAll(':', '-').slice(0, 19)}-${name}`);
  const head = `\`${command}\`, ${at.slice(0, 16)}Z, commit ${commit()}, ${machine}`;
  const notes = notesOf(options, results);
  const text = [head, ...(notes.length > 0 ? [notes.join('\n')] : []), ...sections.map(table)].join('\n\n');
  writeFileSync(`${path}.md`, text);
  writeFileSync(`${path}.json`, JSON.stringify({ at, command, commit: commit(), machine, options, data }, null, 2));
  return `${path}.md`;
};
