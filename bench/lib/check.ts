/** Compares what the servers answer before they are measured: only equal answers may be compared. */
import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { headersOf, type Target } from './measure.ts';
import type { Stage } from './stage.ts';
import { bodiesOf, type Stored } from './workloads.ts';

const ask = async (stage: Pick<Stage, 'token'>, { row, server }: Target, body: string): Promise<unknown> => {
  const headers = { 'content-type': 'application/json', accept: 'application/json', ...headersOf(row, stage) };
  const response = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body });
  return response.json();
};

/** Each server redeems a code of its own, for a payer of its own: what is left is compared. */
const withoutPayer = (answer: unknown): unknown =>
  JSON.parse(JSON.stringify(answer).replaceAll(/"(?:pid_[\w-]{22}|o[0-9a-f]{32})"/g, '"a payer"'));

/** Throws when a server answers one of the operations otherwise than the first server that is asked. */
export const checkAnswers = async (
  stage: Pick<Stage, 'dataFile' | 'token'>,
  targets: readonly Target[],
): Promise<void> => {
  const stored = JSON.parse(readFileSync(stage.dataFile, 'utf8')) as Stored;
  for (const workload of new Set(targets.flatMap(({ row }) => row.workloads))) {
    const bodies = bodiesOf(workload, stored);
    const redeems = workload === 'authenticate';
    let expected: unknown;
    for (const [at, target] of targets.filter(({ row }) => row.workloads.includes(workload)).entries()) {
      const answer = await ask(stage, target, bodies[redeems ? at : 0] ?? '');
      const compared = redeems ? withoutPayer(answer) : answer;
      expected ??= compared;
      if (!isDeepStrictEqual(compared, expected))
        throw new Error(
          `${target.row.name} answers ${workload} with ${JSON.stringify(answer)}, and not ${JSON.stringify(expected)}`,
        );
    }
  }
};
