import type { Metrics } from '../metrics.ts';
import { type Handler, refuse, reply } from './edge.ts';

/** GET /metrics: every metric in the text format of Prometheus. */
export const exposeMetrics =
  ({ registry }: Metrics): Handler =>
  async ({ method }) => {
    if (method !== 'GET' && method !== 'HEAD')
      return refuse(405, 'METHOD_NOT_ALLOWED', 'Metrics are answered to GET only', { allow: 'GET, HEAD' });
    return reply(200, registry.contentType, await registry.metrics());
  };
