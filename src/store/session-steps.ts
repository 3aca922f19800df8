/** What a payer's page and the caller who started a session say about it, beside codes. Each function is one transaction. */
import type { Vault } from '../security/vault.ts';
import type { StoreClock } from './clock.ts';
import type { Transaction } from './engine/engine.ts';
import type { Cancellation, StepReport, StepVerdict } from './model.ts';
import { queryCodeTopic } from './redemptions.ts';
import { type SessionRow, sessionColumns } from './rows.ts';
import { codesUntil, isOf, queryCodeIndex, stateIndex } from './sessions.ts';
import { announceEnd } from './webhook-events.ts';

interface StepDeps {
  readonly vault: Vault;
  readonly clock: StoreClock;
}

const lockSession = (db: Transaction, column: 'query_code_index' | 'state_index', index: Uint8Array) =>
  sessionColumns.first(db, `SELECT ${sessionColumns.list} FROM sessions WHERE ${column} = $1 FOR UPDATE`, [index]);

/** Only whether codes may still be written counts: a session that has succeeded shows its success, and no step. */
export const reportStep = async (
  db: Transaction,
  { vault, clock }: StepDeps,
  { stateId, appId, channelId, step }: StepReport,
): Promise<StepVerdict> => {
  const row = await lockSession(db, 'state_index', stateIndex(vault, stateId));
  if (!row || !isOf(row, { appId, channelId }) || codesUntil(row) <= (await clock.read(db)))
    return { kind: 'NO_SESSION' };
  if (row.step === 'CANCELLED') return { kind: 'SESSION_CANCELLED' };
  if (row.attempts_left === 0 && row.failure_code) return { kind: 'SESSION_SPENT' };
  // A repeated report writes nothing and wakes no reader.
  if (row.step !== step) await change(db, row, 'step = $2', step);
  return { kind: 'REPORTED', codesUntil: new Date(codesUntil(row) + row.skew) };
};

/**
 * A code that is pending goes on: its success is shown, and its failure is final. A session that has ended stays as it
 * is, so that its reader is not answered two ends.
 */
export const cancelSession = async (
  db: Transaction,
  { vault, clock }: StepDeps,
  { queryCode, appId, traceId }: Cancellation,
): Promise<void> => {
  const row = await lockSession(db, 'query_code_index', queryCodeIndex(vault, queryCode));
  if (!row || row.app_id !== appId || row.step === 'CANCELLED') return;
  if (row.attempts_left === 0 || row.codes_until <= (await clock.read(db))) return;
  const failure = "failure_code = 'SESSION_CANCELLED', failure_trace_id = $2";
  await change(db, row, `step = 'CANCELLED', ${failure}`, traceId);
  await announceEnd(db, { queryCodeIndex: row.query_code_index });
};

const change = async (db: Transaction, row: SessionRow, set: string, value: string): Promise<void> => {
  await db.all(`UPDATE sessions SET ${set} WHERE query_code_index = $1`, [row.query_code_index, value]);
  await db.wake(queryCodeTopic(row.query_code_index));
};
