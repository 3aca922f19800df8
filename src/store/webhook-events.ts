/**
 * The outbox of webhooks: that a session has ended is written in the transaction in which it ends, and stays until the
 * app has acknowledged it, or until it is given up. An instance that sends an event has a lease on it; when the lease is
 * over, another one sends it again. Every function is part of one transaction.
 */
import { NOW, SKEW } from './clock.ts';
import { bytes, columns, computed, integer, nullable, type RowOf, text, textOf } from './engine/columns.ts';
import type { Db, Transaction } from './engine/engine.ts';
import type {
  EventBacklog,
  EventClaim,
  EventLease,
  EventRetry,
  RetryVerdict,
  WebhookEvent,
  WebhookStatus,
} from './event-model.ts';
import { isState, isStep, newId } from './rows.ts';

/** How long an event is sent again at most, in milliseconds. */
const GIVE_UP_MS = 86_400_000;

/** So many events are counted at most, so that the statement stays cheap while an app is down. */
const MOST_COUNTED = 10_000;

export const webhookTopic = (appId: string): string => `webhook ${appId}`;

const isStatus = (value: string): value is WebhookStatus => /^(?:SUCCEEDED|HELD|FAILED|CANCELLED|EXPIRED)$/.test(value);

const endColumns = columns({
  app_id: computed(text, 's.app_id'),
  client_reference_id: computed(text, 's.client_reference_id'),
  attempts_left: computed(integer, 's.attempts_left'),
  codes_until: computed(integer, 's.codes_until'),
  expires_at: computed(integer, 's.expires_at'),
  step: computed(nullable(textOf(isStep)), 's.step'),
  state: computed(nullable(textOf(isState)), 'r.state'),
  now: computed(integer, NOW),
});
type EndRow = RowOf<typeof endColumns>;

/** How a session has ended; undefined while it has not. */
const statusOf = ({ state, step, attempts_left, codes_until, expires_at, now }: EndRow): WebhookStatus | undefined => {
  if (state === 'CLAIMED' || state === 'SENT') return undefined;
  if (state === 'SUCCEEDED') return state;
  if (step === 'CANCELLED') return step;
  const hasFailed = state === 'REJECTED' || state === 'INDETERMINATE';
  if (hasFailed) return attempts_left === 0 || codes_until <= now ? 'FAILED' : undefined;
  if (expires_at <= now) return 'EXPIRED';
  return state === 'HELD' ? state : undefined;
};

/**
 * Writes the event of a session that has ended, once; that its result is held comes before the end. Called after every
 * change of a session that may end it, by a transaction that has the session's lock. Does nothing for a session of which
 * no event is due.
 */
export const announceEnd = async (
  db: Transaction,
  session: { readonly queryCodeIndex: Uint8Array } | { readonly redemptionId: string },
): Promise<void> => {
  const [condition, key] =
    'redemptionId' in session
      ? ['s.redemption_id = $1', session.redemptionId]
      : ['s.query_code_index = $1', session.queryCodeIndex];
  const row = await endColumns.first(
    db,
    `SELECT ${endColumns.list} FROM sessions s LEFT JOIN redemptions r ON r.id = s.redemption_id
     WHERE ${condition} AND s.webhook_due = 1`,
    [key],
  );
  const status = row && statusOf(row);
  if (!status) return;
  await db.all(
    `INSERT INTO webhook_events (id, app_id, client_reference_id, status, occurred_at, readable_until, due_at, give_up_at)
     VALUES ($1, $2, $3, $4, now_ms(), $5, ${NOW}, ${NOW} + $6)`,
    [newId('evt'), row.app_id, row.client_reference_id, status, row.expires_at, GIVE_UP_MS],
  );
  if (status !== 'HELD') await db.all(`UPDATE sessions AS s SET webhook_due = 0 WHERE ${condition}`, [key]);
  await db.wake(webhookTopic(row.app_id));
};

const dueColumns = columns({ query_code_index: bytes });

const latestIs = (...states: readonly string[]) =>
  `EXISTS (SELECT 1 FROM redemptions WHERE id = redemption_id AND state IN ('${states.join("', '")}'))`;

/** Writes the events of up to `limit` sessions whose time is over; returns how many. */
export const announceOverdue = async (db: Transaction, limit: number): Promise<number> => {
  const due = await dueColumns.all(
    db,
    `SELECT ${dueColumns.list} FROM sessions WHERE webhook_due = 1 AND codes_until <= ${NOW}
       AND (${latestIs('REJECTED', 'INDETERMINATE')} OR expires_at <= ${NOW} AND NOT ${latestIs('CLAIMED', 'SENT')})
     ORDER BY codes_until LIMIT $1 FOR UPDATE SKIP LOCKED`,
    [limit],
  );
  for (const { query_code_index } of due) await announceEnd(db, { queryCodeIndex: query_code_index });
  return due.length;
};

const eventColumns = columns({
  id: text,
  app_id: text,
  client_reference_id: text,
  status: textOf(isStatus),
  occurred_at: integer,
  readable_until: computed(integer, `readable_until + ${SKEW}`),
  attempts: integer,
});

/** Takes a lease on up to `limit` events of an app that are due. */
export const claimEvents = async (
  db: Transaction,
  { appId, limit, leaseMs }: EventClaim,
  owner: string,
): Promise<WebhookEvent[]> => {
  const rows = await eventColumns.all(
    db,
    `UPDATE webhook_events SET owner = $1, attempts = attempts + 1, due_at = ${NOW} + $2 WHERE id IN
       (SELECT id FROM webhook_events WHERE app_id = $3 AND due_at <= ${NOW} ORDER BY due_at LIMIT $4
        FOR UPDATE SKIP LOCKED)
     RETURNING ${eventColumns.list}`,
    [owner, leaseMs, appId, limit],
  );
  return rows.map((row) => ({
    lease: { eventId: row.id, owner },
    id: row.id,
    appId: row.app_id,
    clientReferenceId: row.client_reference_id,
    status: row.status,
    occurredAt: new Date(row.occurred_at),
    expiresAt: new Date(row.readable_until),
    attempt: row.attempts,
  }));
};

/** Deletes an event that the app has acknowledged. False when the lease is lost. */
export const acknowledgeEvent = async (db: Transaction, { eventId, owner }: EventLease): Promise<boolean> =>
  (await db.all('DELETE FROM webhook_events WHERE id = $1 AND owner = $2 RETURNING id', [eventId, owner])).length > 0;

/** Makes an event due again, or deletes it when it was sent often or long enough. */
export const retryEvent = async (
  db: Transaction,
  { eventId, owner }: EventLease,
  { afterMs, maxAttempts }: EventRetry,
): Promise<RetryVerdict> => {
  const givenUp = await db.all(
    `DELETE FROM webhook_events WHERE id = $1 AND owner = $2 AND (attempts >= $3 OR give_up_at <= ${NOW}) RETURNING id`,
    [eventId, owner, maxAttempts],
  );
  if (givenUp.length > 0) return 'GIVEN_UP';
  // The last attempt is made when the event is given up by its age.
  const retried = await db.all(
    `UPDATE webhook_events SET owner = NULL,
       due_at = CASE WHEN ${NOW} + $3 < give_up_at THEN ${NOW} + $3 ELSE give_up_at END
     WHERE id = $1 AND owner = $2 RETURNING id`,
    [eventId, owner, afterMs],
  );
  return retried.length > 0 ? 'RETRIED' : 'LEASE_LOST';
};

const backlogColumns = columns({
  count: computed(integer, `(SELECT count(*) FROM (SELECT id FROM webhook_events LIMIT ${MOST_COUNTED}) AS counted)`),
  // Every event is given up equally long after it was written, and that is what the index has.
  written_at: computed(nullable(integer), `(SELECT min(give_up_at) - ${GIVE_UP_MS} FROM webhook_events)`),
  now: computed(integer, NOW),
});

/** The events that are not acknowledged yet. */
export const eventBacklog = async (db: Db): Promise<EventBacklog> => {
  const row = await backlogColumns.first(db, `SELECT ${backlogColumns.list}`);
  if (row?.written_at == null) return { count: 0, oldestMs: 0 };
  return { count: row.count, oldestMs: Math.max(0, row.now - row.written_at) };
};
