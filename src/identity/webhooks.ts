/**
 * Sends each app the events of its sessions: at least once, in no order, until the app acknowledges with a 2xx. Events
 * come from the store, under a lease, so that any instance sends them and another one takes over. Every app has
 * connections and places of its own: one that is slow delays no other app.
 */
import { randomBytes } from 'node:crypto';
import type { z } from 'zod';
import { egressConfig, isLoopbackBehindProxy } from '../channels/egress.ts';
import { endpointAddress, isProtected } from '../lib/address.ts';
import { openUpstream, type Upstream } from '../lib/exchange.ts';
import { createLineBudget } from '../lib/line-budget.ts';
import type { Log } from '../lib/log.ts';
import type { Resolver } from '../lib/resolver.ts';
import { type Metrics, measureUpstream } from '../metrics.ts';
import { createSignWebhook, type SignWebhook, webhookKey } from '../security/webhook-signature.ts';
import type { WebhookEvent } from '../store/event-model.ts';
import type { Store } from '../store/store.ts';
import { measureBacklog } from './webhook-backlog.ts';

export const webhookConfig = egressConfig
  .extend({
    url: endpointAddress
      .refine(isProtected, 'is http://. https:// is required (http:// only to this machine).')
      .describe('The address of the app, which acknowledges with a 2xx'),
    key: webhookKey.describe('What requests to the app are signed with'),
  })
  .strict()
  .refine(({ url, proxy }) => !isLoopbackBehindProxy(url, proxy), {
    path: ['proxy'],
    error: 'an address on this machine cannot be reached through it. Remove proxy, or name another url.',
  });
type WebhookConfig = z.output<typeof webhookConfig>;

/** Events of one app that an instance sends at the same time. */
const IN_FLIGHT = 4;
/** For the whole exchange. */
const DEADLINE_MS = 5_000;
/** Longer than an event is sent and its end stored. */
const LEASE_MS = 15_000;
/** Fallback interval: a notification can be lost, and an event that is due again notifies of nothing. */
const POLL_MS = 2_000;
/** With the pauses between them about nine hours; the store gives up an event after a day in any case. */
const MAX_ATTEMPTS = 20;
const MAX_PAUSE_MS = 3_600_000;
const MAX_REPLY_BYTES = 16_384;
/** Lines per second and app about attempts that failed. */
const LINES_PER_SECOND = 1;

/** The pause after a failed attempt: twice as long each time, and half of it random. */
const pauseAfter = (attempt: number): number =>
  Math.min(1_000 * 2 ** (attempt - 1), MAX_PAUSE_MS) * (0.5 + Math.random() / 2);

/** Milliseconds. */
interface WebhookTimes {
  readonly pauseAfter: (attempt: number) => number;
  readonly leaseMs: number;
  readonly pollMs: number;
  /** Between two reads of how many events wait. */
  readonly backlogMs?: number;
}
const usualTimes: WebhookTimes = { pauseAfter, leaseMs: LEASE_MS, pollMs: POLL_MS };

interface Deps {
  readonly apps: readonly { readonly id: string; readonly webhook?: WebhookConfig | undefined }[];
  readonly store: Pick<Store, 'claimEvents' | 'acknowledgeEvent' | 'retryEvent' | 'eventBacklog' | 'watch'>;
  readonly log: Log;
  readonly metrics: Pick<Metrics, 'webhooks' | 'webhookBacklog' | 'webhookOldest' | 'upstream'>;
  readonly resolver?: Resolver | undefined;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Tests have shorter ones. */
  readonly times?: WebhookTimes;
}

export interface Webhooks {
  /** Takes no further event; resolves when those under way are acknowledged, or due again. */
  stop(): Promise<void>;
}

/** The sender of one app. */
interface Sender {
  readonly appId: string;
  readonly url: URL;
  readonly upstream: Upstream;
  readonly sign: SignWebhook;
}

/** What an app receives. Neither the identity nor the query code: it reads those with its own credentials. */
const bodyOf = ({ id, appId, clientReferenceId, status, occurredAt, expiresAt }: WebhookEvent): string =>
  JSON.stringify({
    id,
    type: 'payer.authentication',
    appId,
    clientReferenceId,
    status,
    occurredAt: occurredAt.toISOString(),
    expiresAt: expiresAt.toISOString(),
  });

/** Begins to send. An app without a webhook has no sender. */
export const startWebhooks = (deps: Deps): Webhooks => {
  const stopping = new AbortController();
  const senders = deps.apps.flatMap(({ id, webhook }) => (webhook ? [openSender(deps, id, webhook)] : []));
  const running = senders.map((sender) => run(deps, sender, stopping.signal));
  const backlog = senders.length > 0 ? measureBacklog({ ...deps, everyMs: deps.times?.backlogMs }) : undefined;
  return {
    async stop() {
      stopping.abort();
      await Promise.all([...running, backlog?.stop()]);
      await Promise.all(senders.map(({ upstream }) => upstream.close()));
    },
  };
};

const openSender = (
  { metrics, resolver }: Deps,
  appId: string,
  { url: address, key, proxy, ca }: WebhookConfig,
): Sender => {
  const url = new URL(address);
  const egress = { proxy, ca, ...(resolver && { resolver }) };
  const upstream = openUpstream(url.origin, { ...egress, connections: IN_FLIGHT, maxReplyBytes: MAX_REPLY_BYTES });
  const send = measureUpstream(metrics)('webhook', upstream.send);
  return { appId, url, upstream: { ...upstream, send }, sign: createSignWebhook(key) };
};

const run = async (deps: Deps, sender: Sender, stopping: AbortSignal): Promise<void> => {
  const { store, log, times = usualTimes } = deps;
  const budget = createLineBudget(LINES_PER_SECOND, (count) =>
    log.warn('webhook events were not acknowledged, more than the log has lines for', { appId: sender.appId, count }),
  );
  const underWay = new Set<Promise<void>>();
  const watch = store.watch({ webhooksOf: sender.appId });
  stopping.addEventListener('abort', watch.close, { once: true });
  const take = async (limit: number): Promise<readonly WebhookEvent[]> => {
    try {
      return await store.claimEvents({ appId: sender.appId, limit, leaseMs: times.leaseMs });
    } catch (error) {
      if (budget.take()) log.warn('webhook events could not be read', { appId: sender.appId, error });
      return [];
    }
  };
  while (!stopping.aborted) {
    const free = IN_FLIGHT - underWay.size;
    const events = await take(free);
    for (const event of events) {
      const delivery = deliver(deps, sender, budget, event).finally(() => underWay.delete(delivery));
      underWay.add(delivery);
    }
    if (stopping.aborted) break;
    if (underWay.size === IN_FLIGHT) await Promise.race(underWay);
    else await watch.changed(times.pollMs);
  }
  await Promise.all(underWay);
  watch.close();
};

/** Sends an event once, and stores how that ended. Never rejects. */
const deliver = async (deps: Deps, sender: Sender, budget: { take(): boolean }, event: WebhookEvent): Promise<void> => {
  const { store, log, metrics, times = usualTimes } = deps;
  const fields = { appId: event.appId, clientReferenceId: event.clientReferenceId, state: event.status };
  const failure = await send(deps, sender, event);
  try {
    if (!failure) {
      await store.acknowledgeEvent(event.lease);
      return metrics.webhooks.inc({ result: 'acknowledged' });
    }
    const afterMs = Math.round(times.pauseAfter(event.attempt));
    const verdict = await store.retryEvent(event.lease, { afterMs, maxAttempts: MAX_ATTEMPTS });
    if (verdict === 'GIVEN_UP') {
      metrics.webhooks.inc({ result: 'given_up' });
      return log.error('a webhook event was given up', { ...fields, ...failure, count: event.attempt });
    }
    metrics.webhooks.inc({ result: 'failed' });
    if (budget.take())
      log.warn('a webhook event was not acknowledged', { ...fields, ...failure, count: event.attempt });
  } catch (error) {
    // Its lease ends by itself, and then it is sent again.
    log.warn('the end of a webhook event could not be stored', { ...fields, error });
  }
};

/** Undefined when the app has acknowledged, else what the log shows of it. */
const send = async (
  { now }: Deps,
  { url, upstream, sign }: Sender,
  event: WebhookEvent,
): Promise<{ readonly code?: string; readonly error?: unknown } | undefined> => {
  const body = bodyOf(event);
  const nonce = randomBytes(16).toString('base64url');
  const headers = sign({ url, body, created: Math.floor(now() / 1_000), nonce });
  try {
    const request = { method: 'POST', path: url.pathname + url.search, headers, body } as const;
    const { status } = await upstream.send(request, { deadline: AbortSignal.timeout(DEADLINE_MS) });
    return status >= 200 && status < 300 ? undefined : { code: `HTTP_${status}` };
  } catch (error) {
    return { error };
  }
};
