/** Compares what the servers answer before they are measured: only equal answers may be compared. */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { headersOf, type Target } from './measure.ts';
import type { Stage } from './stage.ts';
import { bodiesOf, type Stored } from './workloads.ts';

export const ask = async (stage: Stage, { row, server }: Target, body: string): Promise<unknown> => {
  const headers = { 'content-type': 'application/json', accept: 'application/json', ...headersOf(row, stage) };
  const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
  return response.json();
};

/** A redeemed payer's id is random: the rest is compared. */
const withoutIds = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer).replace(/"pid_[\w-]{22}"/g, '"pid"'));

/** Throws when a server answers one of the operations otherwise than the first server that is asked. */
export const checkAnswers = async (stage: Stage, targets: readonly Target[]): Promise<void> => {
  const stored = JSON.parse(readFileSync(stage.dataFile, 'utf8')) as Stored;
  const workloads = new Set(targets.flatMap(({ row }) => row.workloads));
  for (const workload of workloads) {
    const [body = ''] = bodiesOf(workload, stored);
    let expected: unknown;
    for (const target of targets.filter(({ row }) => row.workloads.includes(workload))) {
      const answer = await ask(stage, target, body);
      const compared = workload === 'authenticate' ? withoutIds(answer) : answer;
      expected ??= compared;
      if (!isDeepStrictEqual(compared, expected))
        throw new Error(
          `${target.row.name} answers ${workload} with ${JSON.stringify(answer)}, and not ${JSON.stringify(expected)}`,
        );
    }
  }
};
