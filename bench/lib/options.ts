/** What a run of the bench was asked for on its command line. */
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';

export const workloadNames = ['e1', 'e10', 'e100', 'poll', 'authenticate'] as const;
export type WorkloadName = (typeof workloadNames)[number];

export interface Options {
  readonly quick: boolean;
  readonly growth: boolean;
  readonly rate: boolean;
  readonly postgres: boolean;
  /** Where the service spends its time. */
  readonly profile: boolean;
  readonly rounds: number;
  /** Of one measurement; before it, the same load runs for `warmSeconds` once. */
  readonly seconds: number;
  readonly warmSeconds: number;
  /** That the closed model keeps busy. */
  readonly connections: number;
  /** Stored identities. */
  readonly rows: number;
  readonly sessions: number;
  /** With --growth: over how many the memory is observed. */
  readonly requests: number;
  /** The core of the servers, and that of the load. */
  readonly cores: readonly [server: string, load: string];
  /** Absent: all. */
  readonly servers: readonly string[] | undefined;
  readonly workloads: readonly WorkloadName[];
  /** Added to every fsync of the servers. */
  readonly fsyncMs: number;
  /** Merged into the service's configuration file: a switch to be measured. */
  readonly set: Record<string, unknown>;
}

const flags = {
  quick: { type: 'boolean', default: false },
  growth: { type: 'boolean', default: false },
  rate: { type: 'boolean', default: false },
  postgres: { type: 'boolean', default: false },
  profile: { type: 'boolean', default: false },
  rounds: { type: 'string' },
  seconds: { type: 'string' },
  warm: { type: 'string' },
  connections: { type: 'string' },
  rows: { type: 'string' },
  sessions: { type: 'string' },
  requests: { type: 'string' },
  cores: { type: 'string' },
  servers: { type: 'string' },
  workloads: { type: 'string' },
  'fsync-ms': { type: 'string', default: '0' },
  set: { type: 'string', default: '{}' },
} as const;

/** The cores that this process may use, such as those of `0-1,4`: a container, or taskset, may have left it few. */
const coresOfThisProcess = (): string[] => {
  try {
    const list = /Cpus_allowed_list:\s+(\S+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '';
    return list.split(',').flatMap((range) => {
      const [first = 0, last = first] = range.split('-').map(Number);
      return Array.from({ length: last - first + 1 }, (_, at) => String(first + at));
    });
  } catch {
    return [];
  }
};

const number = (text: string | undefined, otherwise: number, flag: string): number => {
  const value = text === undefined ? otherwise : Number(text);
  if (!(value >= 0)) throw new Error(`--${flag} takes a number`);
  return value;
};

const workloadsIn = (text: string | undefined): readonly WorkloadName[] => {
  if (text === undefined) return workloadNames;
  const asked = text.split(',');
  const unknown = asked.find((name) => !workloadNames.some((known) => known === name));
  if (unknown !== undefined) throw new Error(`--workloads has ${workloadNames.join(', ')}, and not ${unknown}`);
  return workloadNames.filter((name) => asked.includes(name));
};

export const readOptions = (args: readonly string[]): Options => {
  const { values } = parseArgs({ args: [...args], options: flags });
  const { quick, growth, rate, postgres, profile } = values;
  const [serverCore = '0', loadCore = serverCore] = values.cores?.split(',') ?? coresOfThisProcess();
  return {
    quick,
    growth,
    rate,
    postgres,
    profile,
    rounds: number(values.rounds, 3, 'rounds'),
    seconds: number(values.seconds, quick ? 1.2 : 5, 'seconds'),
    warmSeconds: number(values.warm, quick ? 2.5 : 4, 'warm'),
    connections: number(values.connections, 64, 'connections'),
    rows: number(values.rows, growth ? 1_000_000 : 100_000, 'rows'),
    sessions: number(values.sessions, quick ? 2_000 : 4_000, 'sessions'),
    requests: number(values.requests, 1_000_000, 'requests'),
    cores: [serverCore, loadCore],
    servers: values.servers?.split(',') ?? (quick ? ['limit', 'ours'] : undefined),
    workloads: workloadsIn(values.workloads),
    fsyncMs: number(values['fsync-ms'], 0, 'fsync-ms'),
    set: JSON.parse(values.set) as Record<string, unknown>,
  };
};
