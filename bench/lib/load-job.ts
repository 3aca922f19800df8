/** A job of the load process, and starting that process. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import type { WorkloadName } from './options.ts';
import { startHelper } from './processes.ts';

export interface LoadJob {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly workload: WorkloadName;
  /** The ids and query codes, as JSON. */
  readonly dataFile: string;
  readonly seconds: number;
  /** Of the closed model. */
  readonly connections: number;
  /** Requests a second of the open model; absent: the closed one, as many as the connections get answered. */
  readonly rate?: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly p50: number;
  readonly p99: number;
  /** Answers that lack what a right one has, and the last of them. */
  readonly failures: number;
  readonly sample: string;
  /** The share of its core that the load has used: near 1, the load was measured and not the server. */
  readonly loadBusy: number;
}

export interface Load {
  run(job: LoadJob): Promise<LoadResult>;
  stop(): void;
}

const nextMessage = async (child: ChildProcess): Promise<unknown> => {
  const over = new AbortController();
  const ended = once(child, 'exit', { signal: over.signal }).then(() =>
    Promise.reject(new Error('The load has ended')),
  );
  ended.catch(() => undefined);
  try {
    const [message] = await Promise.race([once(child, 'message', { signal: over.signal }), ended]);
    return message;
  } finally {
    over.abort();
  }
};

export const startLoad = (core: string): Load => {
  const child = startHelper('load.ts', core);
  return {
    async run(job) {
      const answer = nextMessage(child);
      child.send(job);
      const result = (await answer) as LoadResult;
      if (result.failures > 0)
        throw new Error(
          `${result.failures} of ${result.requests} answers to ${job.workload} were wrong: ${result.sample}`,
        );
      return result;
    },
    stop: () => void child.kill('SIGKILL'),
  };
};
