/** Processes on their core, and what they have used of the machine. */
import { type ChildProcess, fork, type StdioOptions, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

/** Ended with this process, however that ends. */
const children = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of children) child.kill('SIGKILL');
});

const remember = (child: ChildProcess): ChildProcess => {
  children.add(child);
  return child.once('exit', () => children.delete(child));
};

/** Without taskset (macOS, small containers) nothing is pinned, and the report says so. */
export const canPin: boolean = spawnSync('taskset', ['-c', '0', 'true']).status === 0;

const pinned = (core: string): { readonly command: string; readonly prefix: string[] } =>
  canPin ? { command: 'taskset', prefix: ['-c', core, process.execPath] } : { command: process.execPath, prefix: [] };

export interface Server {
  readonly url: string;
  readonly pid: number;
  /** Of `performance.now()`. */
  readonly startedAt: number;
  /** The operator's port, where there is one. */
  readonly metricsUrl: string | undefined;
  /** `SIGTERM`: the process ends by itself, and writes its profile. */
  stop(signal?: 'SIGKILL' | 'SIGTERM'): Promise<void>;
}

const addressIn = (log: string, event: string): string | undefined =>
  new RegExp(`"url":"(http:[^"]+)","msg":"${event}"`).exec(log)?.[1];

const START_MS = 60_000;

interface ServerOptions {
  readonly core: string;
  /** Gets what the process prints: a file, so that no other process has to read it meanwhile. */
  readonly logFile: string;
  readonly env: Readonly<Record<string, string>>;
  /** Of node. */
  readonly flags?: readonly string[];
}

/** Starts `node <script>`; resolves when it has printed its address. */
export const startServer = async (
  script: string,
  { core, logFile, env, flags = [] }: ServerOptions,
): Promise<Server> => {
  const startedAt = performance.now();
  const log = openSync(logFile, 'w');
  const { command, prefix } = pinned(core);
  const options = {
    cwd: root,
    env: { PATH: process.env.PATH, NODE_ENV: 'production', PORT: '0', ...env },
    stdio: ['ignore', log, log] as StdioOptions,
  };
  const child = remember(spawn(command, [...prefix, ...flags, script], options));
  closeSync(log);
  const stop = async (signal: 'SIGKILL' | 'SIGTERM' = 'SIGKILL') => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill(signal);
    await ended;
  };
  while (performance.now() - startedAt < START_MS && child.exitCode === null) {
    const text = readFileSync(logFile, 'utf8');
    const url = addressIn(text, 'listening');
    if (url !== undefined) return { url, pid: child.pid ?? 0, startedAt, metricsUrl: addressIn(text, 'metrics'), stop };
    await delay(5);
  }
  await stop();
  throw new Error(`${script} did not start: ${readFileSync(logFile, 'utf8').slice(-2_000)}`);
};

/** Starts a process that talks to this one by messages. */
export const startHelper = (script: string, core: string): ChildProcess => {
  const { command, prefix } = pinned(core);
  const path = fileURLToPath(new URL(`../${script}`, import.meta.url));
  return remember(fork(path, { execPath: command, execArgv: prefix, env: { PATH: process.env.PATH } }));
};

const read = (path: string): string | undefined => {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
};

/** Linux counts in hundredths of a second. https://man7.org/linux/man-pages/man5/proc_pid_stat.5.html */
const TICK_MS = 10;

/** CPU time of all threads of a process so far, in milliseconds. Undefined where there is no /proc. */
export const cpuMsOf = (pid: number): number | undefined => {
  const fields = read(`/proc/${pid}/stat`)?.split(') ')[1]?.split(' ');
  return fields && (Number(fields[11]) + Number(fields[12])) * TICK_MS;
};

/** Resident memory in MiB, now and at its highest. */
export const memoryOf = (pid: number): { readonly rss: number; readonly peak: number } | undefined => {
  const status = read(`/proc/${pid}/status`);
  const mib = (name: string) => Number(new RegExp(`${name}:\\s+(\\d+) kB`).exec(status ?? '')?.[1]) / 1_024;
  return status === undefined ? undefined : { rss: mib('VmRSS'), peak: mib('VmHWM') };
};
