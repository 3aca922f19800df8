/** A subscription as the endpoint answers it: a stream of events that ends with its client, with its time, or with the service. */

import { createContext, type Services } from '../graphql/context.ts';
import type { SubscriptionRequest, Subscriptions } from '../graphql/subscriptions.ts';
import type { Caller } from '../security/caller.ts';
import { baseHeaders, type EdgeReply, type EdgeRequest } from './edge.ts';
import { traced, traceIdOf } from './trace-context.ts';

/** How long a stream lasts at most: then its client subscribes again, with credentials that are valid then. */
const STREAM_MS = 600_000;
/** The connection carries nothing after it; a proxy in between does not hold events back. */
const streamHeaders = {
  ...baseHeaders,
  'content-type': 'text/event-stream; charset=utf-8',
  'x-accel-buffering': 'no',
  connection: 'close',
};

async function* untilEnd(events: AsyncIterable<string>, end: () => void) {
  try {
    yield* events;
  } finally {
    end();
  }
}

interface StreamOptions {
  readonly subscriptions: Subscriptions;
  readonly services: Services;
  readonly clientAddressOf: (request: EdgeRequest) => string | undefined;
}

/** `running` has a promise for each open stream, which resolves when it has ended. */
export const createOpenStream =
  ({ subscriptions, services, clientAddressOf }: StreamOptions, running: Set<Promise<unknown>>) =>
  async (request: EdgeRequest, asked: SubscriptionRequest, caller: Caller): Promise<EdgeReply> => {
    const traceId = traceIdOf(request.headers.traceparent);
    const clientIp = clientAddressOf(request);
    const signal = AbortSignal.any([request.signal, AbortSignal.timeout(STREAM_MS)]);
    const call = { caller, traceId, clientIp, signal, prolong() {} };
    const ended = Promise.withResolvers<void>();
    running.add(ended.promise);
    const end = () => {
      running.delete(ended.promise);
      ended.resolve();
    };
    signal.addEventListener('abort', end, { once: true });
    const events = await subscriptions.stream(asked, createContext(services, call));
    return traced({ status: 200, headers: streamHeaders, body: '', stream: untilEnd(events, end) }, traceId);
  };
