import type { Metrics } from '../metrics.ts';
import type { EdgeReply } from './edge.ts';

/** Times a request, and counts it where it is refused. `route`: of a closed set. */
export const measureRequest = async (
  metrics: Pick<Metrics, 'requests' | 'refusals'>,
  route: string,
  answer: () => Promise<EdgeReply>,
): Promise<EdgeReply> => {
  const measure = metrics.requests.startTimer({ route });
  const answered = await answer().catch((error: unknown) => {
    measure({ status: 500 });
    throw error;
  });
  measure({ status: answered.status });
  if (answered.refusal !== undefined) metrics.refusals.inc({ code: answered.refusal });
  return answered;
};
