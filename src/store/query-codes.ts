/** Sessions as their readers see them: what a query code stands for, and how soon it may be polled again. */
import type { Vault } from '../security/vault.ts';
import { NOW } from './clock.ts';
import { columns, integer, nullable, text } from './engine/columns.ts';
import type { Db, Transaction } from './engine/engine.ts';
import type { Session, StoreTimes, WatchSubject } from './model.ts';
import { queryCodeTopic, readUnexpired, redemptionRow, redemptionTopic } from './redemptions.ts';
import { hasFailed, isPending, sessionColumns } from './rows.ts';
import { queryCodeIndex, stateIndex } from './sessions.ts';
import { webhookTopic } from './webhook-events.ts';

interface ReadDeps {
  readonly vault: Vault;
  readonly times: Pick<StoreTimes, 'resultTtlMs'>;
}

/**
 * Undefined when the query code is unknown, shows a payer that was erased, or has expired: with a result at once,
 * without one `resultTtlMs` later.
 */
export const findSession = async (
  db: Db,
  { vault, times }: ReadDeps,
  queryCode: string,
): Promise<Session | undefined> => {
  const row = await sessionColumns.first(
    db,
    `SELECT ${sessionColumns.list} FROM sessions WHERE query_code_index = $1`,
    [queryCodeIndex(vault, queryCode)],
  );
  if (!row || row.expires_at + times.resultTtlMs <= row.now) return undefined;
  const bound = row.redemption_id === null ? undefined : await redemptionRow(db, row.redemption_id);
  // A pending code may still succeed: the session is over when that one is.
  const isExpired = row.expires_at <= row.now && !(bound && isPending(bound));
  if (isExpired && bound && !hasFailed(bound)) return undefined;
  const redemption = bound && !isExpired ? await readUnexpired(db, vault, bound) : undefined;
  if (bound && !redemption && !isExpired) return undefined;
  const { failure_code: failureCode, failure_trace_id: traceId } = row;
  return {
    appId: row.app_id,
    channelId: redemption?.channelId ?? (row.channel_id || undefined),
    clientReferenceId: row.client_reference_id ?? undefined,
    step: row.step ?? undefined,
    expiresAt: new Date(row.expires_at + (isExpired ? times.resultTtlMs : 0) + row.skew),
    isExpired,
    redemption,
    attemptsLeft: row.codes_until > row.now && row.step !== 'CANCELLED' ? row.attempts_left : 0,
    lastFailure: failureCode === null || traceId === null ? undefined : { failureCode, traceId },
  };
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
