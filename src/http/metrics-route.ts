import type { Metrics } from '../metrics.ts';
import { type Handler, reply } from './edge.ts';
import { toGet } from './methods.ts';

/** GET /metrics: every metric in the text format of Prometheus. */
export const exposeMetrics = ({ registry }: Metrics): Handler =>
  toGet(async () => reply(200, registry.contentType, await registry.metrics()));
