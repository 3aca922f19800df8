/** Sessions as their readers see them: what a query code stands for, and how soon it may be polled again. */
import type { Vault } from '../security/vault.ts';
import { NOW } from './clock.ts';
import { bytes, columns, integer, nullable, text } from './engine/columns.ts';
import type { Db, SqlRow, Transaction } from './engine/engine.ts';
import type { Redemption, Session, StoreTimes, WatchSubject } from './model.ts';
import { queryCodeTopic, redemptionTopic } from './redemptions.ts';
import {
  type ClockRow,
  clockColumns,
  hasFailed,
  hex,
  isPending,
  outcomeColumns,
  payerColumns,
  shownSessionColumns,
} from './rows.ts';
import { readRedemption } from './sealed.ts';
import { queryCodeIndex, stateIndex } from './sessions.ts';
import { webhookTopic } from './webhook-events.ts';

interface ReadDeps {
  readonly vault: Vault;
  readonly times: Pick<StoreTimes, 'resultTtlMs'>;
}

const ofSession = shownSessionColumns.of('s');
const ofRedemption = outcomeColumns.of('r');
const ofPayer = payerColumns.of('i');

/** The redemption that a row shows; undefined when its outcome has expired, or its payer was erased. */
const shownBy = (vault: Vault, row: SqlRow, { now, skew }: ClockRow, withoutToken: boolean): Redemption | undefined => {
  const outcome = ofRedemption.read(row);
  // A pending redemption is read until it has ended.
  if (!outcome || (outcome.outcome_until <= now && !isPending(outcome))) return undefined;
  const payer = ofPayer.read(row);
  return outcome.state === 'SUCCEEDED' && !payer
    ? undefined
    : readRedemption(vault, outcome, { payer, skew, withoutToken });
};

const REDEMPTION = `SELECT ${ofRedemption.list}, ${ofPayer.list}, ${clockColumns.list}
  FROM redemptions AS r LEFT JOIN identities AS i ON i.id = r.identity_id WHERE r.id = $1`;

/** Undefined when there is no such redemption, or its outcome has expired. */
export const findRedemption = async (db: Db, vault: Vault, id: string): Promise<Redemption | undefined> => {
  const [row] = await db.all(REDEMPTION, [id]);
  return row && shownBy(vault, row, clockColumns.read(row), false);
};

const sessionOf = (row: SqlRow, { vault, times }: ReadDeps): Session | undefined => {
  const session = ofSession.read(row);
  if (!session || session.expires_at + times.resultTtlMs <= session.now) return undefined;
  const bound = ofRedemption.read(row);
  // A pending code may still succeed: the session is over when that one is.
  const isExpired = session.expires_at <= session.now && !(bound && isPending(bound));
  if (isExpired && bound && !hasFailed(bound)) return undefined;
  const redemption = bound && !isExpired ? shownBy(vault, row, session, true) : undefined;
  if (bound && !redemption && !isExpired) return undefined;
  const { failure_code: failureCode, failure_trace_id: traceId } = session;
  return {
    appId: session.app_id,
    channelId: redemption?.channelId ?? (session.channel_id || undefined),
    clientReferenceId: session.client_reference_id ?? undefined,
    step: session.step ?? undefined,
    expiresAt: new Date(session.expires_at + (isExpired ? times.resultTtlMs : 0) + session.skew),
    isExpired,
    redemption,
    attemptsLeft: session.codes_until > session.now && session.step !== 'CANCELLED' ? session.attempts_left : 0,
    lastFailure: failureCode === null || traceId === null ? undefined : { failureCode, traceId },
  };
};

const SESSIONS = `SELECT ${ofSession.list}, ${ofRedemption.list}, ${ofPayer.list} FROM sessions AS s
  LEFT JOIN redemptions AS r ON r.id = s.redemption_id LEFT JOIN identities AS i ON i.id = r.identity_id
  WHERE s.query_code_index`;

/** One session that cannot be read must not fail the others of its batch. */
const orError = <T>(read: () => T): T | Error => {
  try {
    return read();
  } catch (error) {
    if (error instanceof Error) return error;
    throw error;
  }
};

const bySession = columns({ s_query_code_index: bytes });

/**
 * The sessions of query codes, in their order, in one statement. Undefined when a query code is unknown, shows a payer
 * that was erased, or has expired: with a result at once, without one `resultTtlMs` later. One that cannot be read is an
 * error in its own place.
 */
export const findSessions = async (
  db: Db,
  deps: ReadDeps,
  queryCodes: readonly string[],
): Promise<(Session | Error | undefined)[]> => {
  const [only] = queryCodes;
  if (only !== undefined && queryCodes.length === 1) {
    const [row] = await db.all(`${SESSIONS} = $1`, [queryCodeIndex(deps.vault, only)]);
    return [row && orError(() => sessionOf(row, deps))];
  }
  const keys = new Map(queryCodes.map((queryCode) => [queryCode, hex(queryCodeIndex(deps.vault, queryCode))]));
  const indexes = Array.from(new Set(keys.values()), (key) => Buffer.from(key, 'hex'));
  const rows = await db.all(`${SESSIONS} in_blobs($1)`, [indexes]);
  const found = new Map<string, Session | Error | undefined>();
  for (const row of rows)
    found.set(
      hex(bySession.read(row).s_query_code_index),
      orError(() => sessionOf(row, deps)),
    );
  return queryCodes.map((queryCode) => found.get(keys.get(queryCode) ?? ''));
};

const pageColumns = columns({ return_url: nullable(text) });

/** An ended session has a page too: the page is where its payer can begin again. */
export const findReturnUrl = async (db: Db, vault: Vault, stateId: string): Promise<string | undefined> => {
  const row = await pageColumns.first(db, `SELECT ${pageColumns.list} FROM sessions WHERE state_index = $1`, [
    stateIndex(vault, stateId),
  ]);
  return row?.return_url ?? undefined;
};

/** The topic that changes of the subject wake. */
export const topicOf = (vault: Vault, subject: WatchSubject): string => {
  if ('queryCode' in subject) return queryCodeTopic(queryCodeIndex(vault, subject.queryCode));
  return 'webhooksOf' in subject ? webhookTopic(subject.webhooksOf) : redemptionTopic(subject.redemptionId);
};

const pollColumns = columns({ poll_interval_ms: integer });
/** The interval before the first poll, as the table has it. Milliseconds. */
const FIRST_INTERVAL_MS = 5_000;

/** Counts a poll, and returns the interval before the next one. Each poll that comes sooner makes it 5 seconds longer, up to a minute. */
export const countPoll = async (
  db: Transaction,
  vault: Vault,
  queryCode: string,
): Promise<{ readonly pollAfterMs: number }> => {
  const row = await pollColumns.first(
    db,
    `UPDATE sessions SET polled_at = ${NOW}, poll_interval_ms =
       CASE WHEN ${NOW} < polled_at + poll_interval_ms AND poll_interval_ms < 60000
         THEN poll_interval_ms + 5000 ELSE poll_interval_ms END
     WHERE query_code_index = $1 RETURNING ${pollColumns.list}`,
    [queryCodeIndex(vault, queryCode)],
  );
  return { pollAfterMs: row?.poll_interval_ms ?? FIRST_INTERVAL_MS };
};
