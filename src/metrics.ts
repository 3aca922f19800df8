/** The metrics for operators. Every label comes from a closed set: no ids, no values that a caller chooses. */
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';
import { ExchangeError, type Send } from './lib/exchange.ts';

/** Buckets in seconds: from a look-up of an identity to a long poll. */
const DURATIONS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 8, 10, 25, 30];

export type Metrics = ReturnType<typeof createMetrics>;

/** The instruments, in a registry of their own. */
export const createMetrics = () => {
  const registry = new Registry();
  const registers = [registry];
  const instruments = {
    registry,
    requests: new Histogram({
      name: 'payer_identity_http_request_seconds',
      help: 'HTTP requests by route and status, and how long they took.',
      labelNames: ['route', 'status'],
      buckets: DURATIONS,
      registers,
    }),
    refusals: new Counter({
      name: 'payer_identity_http_refusals_total',
      help: 'Connections, requests and operations that were refused as a whole, by error code.',
      labelNames: ['code'],
      registers,
    }),
    operations: new Histogram({
      name: 'payer_identity_operation_seconds',
      help: 'Root fields by outcome (a member of the result, or the code of a failure), and how long they took.',
      labelNames: ['field', 'outcome'],
      buckets: DURATIONS,
      registers,
    }),
    redemptions: new Counter({
      name: 'payer_identity_redemptions_total',
      help: 'Auth codes and once tokens that were sent to an upstream, by source and the state in which they ended.',
      labelNames: ['source', 'state'],
      registers,
    }),
    upstream: new Histogram({
      name: 'payer_identity_upstream_seconds',
      help: 'HTTP exchanges with upstreams by source and result (answered, unanswered, unsent), and how long they took.',
      labelNames: ['source', 'result'],
      buckets: DURATIONS,
      registers,
    }),
    webhooks: new Counter({
      name: 'payer_identity_webhook_events_total',
      help: 'Attempts to send an event to the webhook of an app, by result (acknowledged, failed, given_up).',
      labelNames: ['result'],
      registers,
    }),
    webhookBacklog: new Gauge({
      name: 'payer_identity_webhook_events_waiting',
      help: 'Events that apps have not acknowledged yet, of all instances, 10,000 at most; read from the store every 15 s.',
      registers,
    }),
    webhookOldest: new Gauge({
      name: 'payer_identity_webhook_oldest_event_seconds',
      help: 'How long ago the first of these events was written; 0 without one.',
      registers,
    }),
    references: new Counter({
      name: 'payer_identity_entity_references_total',
      help: 'Entity references that were requested, by entity and result (found, missing, bad, refused over the ceiling, failed).',
      labelNames: ['entity', 'result'],
      registers,
    }),
    prepared: new Counter({
      name: 'payer_identity_prepared_operations_total',
      help: 'Requests by how they met the prepared operations (hit; miss: Apollo Server has answered; left: begun, and left to it).',
      labelNames: ['result'],
      registers,
    }),
    waiters: new Gauge({
      name: 'payer_identity_waiting_readers',
      help: 'Readers that wait for a result now.',
      registers,
    }),
  };
  // From 0 on: Prometheus sees no increase in a series that begins with its first event, and one that is given up may be alone.
  for (const result of ['acknowledged', 'failed', 'given_up']) instruments.webhooks.inc({ result }, 0);
  return instruments;
};

/** Times the exchanges of a source. */
export const measureUpstream =
  ({ upstream }: Pick<Metrics, 'upstream'>) =>
  (source: string, send: Send): Send =>
  async (request, cancellation) => {
    const end = upstream.startTimer({ source });
    try {
      const reply = await send(request, cancellation);
      end({ result: 'answered' });
      return reply;
    } catch (error) {
      end({ result: error instanceof ExchangeError && !error.sent ? 'unsent' : 'unanswered' });
      throw error;
    }
  };

/** Adds prom-client's metrics of the process: event loop lag, memory, garbage collection, CPU. */
export const measureProcess = ({ registry }: Metrics): void => collectDefaultMetrics({ register: registry });
